"""Simulated NSX-V."""

from lab.nsxv.server import servers

__all__ = ["servers"]
