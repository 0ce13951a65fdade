"""Simulated database servers."""

from lab.database.server import servers

__all__ = ["servers"]
