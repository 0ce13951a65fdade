"""Where a component could stop: of releases that no row tells apart one stands for all."""

from __future__ import annotations

from kanmon.knowledge import load
from kanmon.knowledge.compatibility import At, Rules
from kanmon.knowledge.releases import DeepSecurityRelease
from kanmon.planning.estate import Component, Estate
from kanmon.planning.make import make
from kanmon.planning.waypoints import goal_of, line_of, lines_between, nsx_releases, waypoints
from kanmon.versions import DeepSecurity, Nsx


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


def test_no_release_beyond_the_goal_is_a_stop_of_nsx() -> None:
    """An NSX that is to end at 3.2.3.1 does not pass by 4.2; of NSX-V each release is one."""
    stops = [one.version for one in nsx_releases(At(Nsx.parse("NSX-T 3.2.3.1")))]
    lines = {(one.product, one.numbers[:2]) for one in stops if isinstance(one, Nsx)}
    assert lines == {("NSX-V", (6, 4)), ("NSX-T", (3, 1)), ("NSX-T", (3, 2))}
    assert Nsx.parse("NSX-T 3.2.4.3") not in stops


def test_from_seven_to_nine_a_vcenter_and_its_hosts_stop_at_eight() -> None:
    """No row leads from 7.0 to 9.1; by way of 8.0 the guide and the matrix do."""
    vcenter, hosts = Component("vcenter", "vc"), Component("esxi", "vc")
    today = {vcenter: (goal_of("vcenter", "7.0 U3t"),), hosts: (goal_of("esxi", "7.0 U3s"),)}
    goal = {one: goal_of(one.kind, "9.1.1.0") for one in today}
    stops = {one: waypoints(one.kind, value, goal[one]) for one, value in today.items()}
    plan = make(Estate(today, goal, waypoints=stops), Rules())
    assert not plan.dead_ends
    way = [(move.component.kind, move.to.version.line) for move in plan.moves]  # type: ignore[union-attr] # vSphere's
    assert way == [("vcenter", "8.0"), ("esxi", "8.0"), ("vcenter", "9.1"), ("esxi", "9.1")]
