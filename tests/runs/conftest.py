"""Runs that several files look at, each made once: in the test's own process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import Ended, judge, world
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
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of all steps of a world like the demo's, before any of them."""
    home = tmp_path_factory.mktemp("before")
    ended = judge(home / "reports", "--env", world(home))
    assert ended.status == 0, ended.output
    assert ended.directory
    return ended.directory


@pytest.fixture(scope="session")
def _released(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return Release.made(tmp_path_factory.mktemp("released"))


@pytest.fixture
def release(_released: Release) -> Iterator[Release]:
    """A checkout of kanmon as it is now, which a test may change."""
    yield _released
    _released.restore()
