"""How vCenter is read."""

from kanmon.readers.vcenter.inventory import PARTS, PROBES, connect

__all__ = ["PARTS", "PROBES", "connect"]
