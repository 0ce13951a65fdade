"""Where a component could stop: of releases that no row tells apart one stands for all."""

from __future__ import annotations

from kanmon.knowledge import load
from kanmon.knowledge.compatibility import At
from kanmon.knowledge.releases import DeepSecurityRelease
from kanmon.planning.waypoints import line_of, lines_between
from kanmon.versions import DeepSecurity


def at(text: str) -> At:
    return At(DeepSecurity.parse(text))


def test_builds_that_no_row_tells_apart_stand_once() -> None:
    """A way over each of them would be the same way again: a search over all does not end."""
    stops = lines_between("agent", (at("9.6.2.8000"),), at("21.0.0-1"))
    builds = [row for row in load(DeepSecurityRelease).rows if row.product == "agent"]
    assert len(builds) > 20
    assert len(stops) < 12
    assert {str(line_of(stop)) for stop in stops} == {"11.0", "12.0", "12.5", "20.0"}


def test_where_one_is_and_where_one_goes_is_no_stop() -> None:
    """Neither a build of today's line nor one of the goal's."""
    stops = lines_between("relay", (at("11.0.0-582"),), at("20.0.0-877"))
    assert {str(line_of(stop)) for stop in stops} == {"12.0", "12.5"}


def test_the_oldest_stands_for_its_line() -> None:
    """It leaves most ways open."""
    (first, *_) = lines_between("agent", (at("11.0.0-582"),), at("20.0.0-877"))
    assert str(first) == "12.0.0-481"
