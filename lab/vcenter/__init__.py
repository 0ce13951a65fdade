"""Simulated vCenter."""

from lab.vcenter.server import servers

__all__ = ["servers"]
