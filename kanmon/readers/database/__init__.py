"""How database servers are read."""

from kanmon.readers.database.reader import PARTS, PROBES, connect

__all__ = ["PARTS", "PROBES", "connect"]
