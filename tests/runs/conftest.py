"""Runs that several files look at, each made once: in the test's own process."""

from __future__ import annotations

import pytest

from tests.running import Ended, judge


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """The demo's estate, which was made ready, judged whole."""
    return judge(tmp_path_factory.mktemp("demo"), "--env", "demo")


@pytest.fixture(scope="session")
def blocked(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """The blocked demo's estate, judged whole."""
    return judge(tmp_path_factory.mktemp("blocked"), "--env", "demo-blocked")
