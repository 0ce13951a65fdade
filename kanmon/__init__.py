"""kanmon: the gate that an upgrade of a Deep Security, vSphere and NSX estate must pass."""

__version__ = "0.1.0"
