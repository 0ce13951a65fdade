"""How Deep Security Manager is read."""

from kanmon.readers.dsm.reader import PARTS, PROBES, connect

__all__ = ["PARTS", "PROBES", "connect"]
