"""A plugin of pytest that stops a run after its first check, as an operator does."""

from __future__ import annotations


def pytest_runtest_logfinish() -> None:
    raise KeyboardInterrupt
