"""Runs that several files look at, each made once: in the test's own process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.running import Ended, judge
from tests.runs.released import Release


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """The demo's estate, which was made ready, judged whole."""
    return judge(tmp_path_factory.mktemp("demo"), "--env", "demo")


@pytest.fixture(scope="session")
def blocked(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """The blocked demo's estate, judged whole."""
    return judge(tmp_path_factory.mktemp("blocked"), "--env", "demo-blocked")


@pytest.fixture(scope="session")
def _released(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return Release.made(tmp_path_factory.mktemp("released"))


@pytest.fixture
def release(_released: Release) -> Iterator[Release]:
    """A checkout of kanmon as it is now, which a test may change."""
    yield _released
    _released.restore()
