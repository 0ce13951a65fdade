"""Simulated Deep Security Manager."""

from lab.dsm.server import servers

__all__ = ["servers"]
