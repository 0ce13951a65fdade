"""Simulated NSX-T."""

from lab.nsxt.server import servers

__all__ = ["servers"]
