"""How Linux hosts are read."""

from kanmon.readers.linux.host import PARTS, PROBES, connect

__all__ = ["PARTS", "PROBES", "connect"]
