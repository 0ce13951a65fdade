"""A pytest plugin for runs whose signing key is lost on the way."""

from pathlib import Path

import pytest


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Lose the key after it was tried, before the run is signed."""
    Path(session.config.getoption("--sign-key")).unlink()
