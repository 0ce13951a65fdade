"""Fixtures of more than one reader's tests."""

from tests.readers.postgresql import cluster, usual

__all__ = ["cluster", "usual"]
