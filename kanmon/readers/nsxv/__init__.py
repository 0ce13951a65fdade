"""How NSX-V is read."""

from kanmon.readers.nsxv.inventory import PARTS, PROBES, connect

__all__ = ["PARTS", "PROBES", "connect"]
