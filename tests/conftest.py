"""Whole processes that many tests look at, and why some tests were left out."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from kanmon.redaction import afresh
from lab.world.world import WORLDS
from tests.page_by_hand import NAMES
from tests.running import Ended, run, world

# A busy machine is slow, and no test is about time.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

SAID = "GO: the change may start"
"""What a machine may be called to speak a verdict."""


LONG = ("tests/runs/", "tests/report/", "tests/evidence/")
"""Rooms whose files take longest: workers that begin with them end together."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


@pytest.fixture(autouse=True)
def _own_secrets() -> Iterator[None]:
    """No secret of one test is known in another, nor looked for in its texts."""
    with afresh():
        yield


@pytest.fixture(scope="session")
def blocked_run(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """The blocked demo as a whole process: its page is the one that pytest-html makes."""
    return run(tmp_path_factory.mktemp("blocked"), "--env", "demo-blocked")


@pytest.fixture(scope="session")
def hostile_run(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """The blocked demo as a whole process, in Japanese, with hostile names of machines."""
    machines = tomllib.loads((WORLDS / "demo-blocked.toml").read_text(encoding="utf-8"))["machine"]
    for machine in machines:
        if machine["name"] == "lnx-lost":
            machine["name"] = f"lnx-lost\n{SAID}\n\u202e"
    lost = {"dsm": "dsm", "protection": "agent", "online": False, "os": "Linux"}
    machines += [{"name": name, **lost} for name in NAMES]
    home = tmp_path_factory.mktemp("hostile")
    env = world(home, "demo-blocked", machine=machines)
    return run(home / "reports", "--env", env, "--lang", "ja")


@pytest.fixture(scope="session")
def stopped_run(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """The demo as a whole process that its operator stops after the first check."""
    return run(tmp_path_factory.mktemp("stopped"), "--env", "demo", "-p", "tests.stopping")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each reason, with the number of tests: pytest's own has one for each test."""
    reports = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in reports)
    if reasons:
        terminalreporter.section("tests left out", sep="-")
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count:4}: {reason}")
