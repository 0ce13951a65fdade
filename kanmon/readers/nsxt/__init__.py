"""How NSX-T is read."""

from kanmon.readers.nsxt.inventory import PARTS, PROBES, connect

__all__ = ["PARTS", "PROBES", "connect"]
