"""What the board of a simulated estate accepts: a file of waivers like any other."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta

from kanmon.environment.opening import opened
from kanmon.gate import accepted
from lab.estate import Estate
from lab.world.world import load, make
from tests.running import HOME

OWN = """
[[waiver]]
check = "ESX-STATE-001"
subject = "esx-07.example.jp (host-107)"
reason = "waits for a part"
approver = "Hanako Sato"
ticket = "CHG1-W1"
expires = 2099-01-01
"""


def test_a_world_without_waivers_has_no_file_of_them():
    """It accepts nothing."""
    assert Estate(make("w", {"title": "", "linux": [{"slug": "x"}]})).waivers() == ""


def test_the_worlds_waivers_hold_from_today_on():
    """Each has its own last day, some weeks ahead, and the keys of a waiver."""
    found = tomllib.loads(Estate(load("demo")).waivers())["waiver"]
    assert len(found) == len(load("demo").waiver)
    day = datetime.now(UTC).date() + timedelta(days=90)
    assert {one["expires"] for one in found} <= {day, day - timedelta(days=1)}
    assert set(found[0]) == {"check", "subject", "reason", "approver", "ticket", "expires"}


def test_they_stand_before_those_of_the_file(tmp_path):
    """Whoever copies the environment of a lab and writes waivers beside it has both."""
    (tmp_path / "copy.waivers.toml").write_text(OWN, encoding="utf-8")
    with opened(HOME / "envs" / "demo.toml") as estate:
        path = accepted.beside(tmp_path / "copy.toml")
        both = accepted.load(path, estate.environment, estate.waived)
        alone = accepted.load(path, estate.environment)
    assert both
    assert alone
    assert [one.check for one in both.each][-1] == "ESX-STATE-001"
    assert len(both.each) == len(load("demo").waiver) + 1
    assert [one.check for one in alone.each] == ["ESX-STATE-001"]
