"""What the tables say of VMware Tools that hosts bring along, and of their upgrade at power-on."""

from __future__ import annotations

from datetime import date

import pytest

from kanmon.knowledge import builds
from kanmon.knowledge.compatibility import At
from kanmon.knowledge.lookup import bundled_tools, tools_upgrade_race
from kanmon.planning.waypoints import goal_of
from kanmon.versions import Tools, VSphere


def brought(esxi: At) -> list[str]:
    return [row.release for row in bundled_tools(esxi)]


@pytest.mark.parametrize(
    ("esxi", "tools"),
    [
        ("6.5 U2", ["10.2.1"]),
        ("6.7 U1", ["10.3.2"]),
        ("6.7 U2", ["10.3.5"]),
        ("6.7 U3", ["10.3.10"]),
        ("7.0 U2", ["11.2.5"]),
        ("7.0 U2a", ["11.2.5"]),
    ],
)
def test_a_release_brings_the_tools_of_the_newest_build_up_to_it(esxi, tools):
    """7.0 U2a has no row of its own: it brings those of 7.0 U2, never those of a newer one."""
    assert brought(goal_of("esxi", esxi)) == tools


@pytest.mark.parametrize(
    ("build", "tools"),
    [
        ("10884925", ["10.3.5"]),
        ("13004031", ["10.3.5"]),
        ("13981272", ["10.3.5"]),
        ("15160138", ["10.3.21", "11.0.1"]),
        ("17700523", ["11.2.5"]),
    ],
)
def test_a_build_of_today_is_asked_by_its_day(build, tools):
    """6.5 P03 is 6.5 U2 by its version and brings 10.3.5 already; 6.7 P01 brings two releases."""
    assert brought(builds.esxi(build, "").at) == tools


def test_lines_do_not_mix():
    """6.5 U3 is newer than 6.7 U2, and its Tools are none of 6.7's."""
    assert brought(At(VSphere.parse("6.7 U2"), date(2019, 8, 1))) == ["10.3.5"]


@pytest.mark.parametrize(
    "esxi",
    [
        At(VSphere.parse("6.0"), date(2015, 3, 12)),
        At(VSphere.parse("6.7 U2")),
        At(VSphere.parse("6.7"), date(2018, 1, 1)),
    ],
)
def test_what_nobody_can_say_is_empty(esxi):
    """A line that the table of hosts has not, a release of no known day, one before the first."""
    assert brought(esxi) == []


def test_the_race_ends_with_13():
    """Below 11.3.5 the risk is high, then low, then nobody tells of one."""
    versions = ("11.3.4", "11.3.5", "12.5.0", "13.0.0")
    rows = [tools_upgrade_race(Tools.parse(one), "upgradeAtPowerCycle") for one in versions]
    assert [row and row.risk for row in rows] == ["high", "low", "low", None]
    assert tools_upgrade_race(Tools.parse("11.3.4"), "manual") is None
