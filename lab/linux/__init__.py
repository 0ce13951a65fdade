"""Simulated Linux hosts."""

from lab.linux.server import servers

__all__ = ["servers"]
