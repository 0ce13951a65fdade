"""PLAN-HOP-001 and -002: each hop by itself, and by the dates of its builds."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from tests.checks.estates import (
    BRIDGE,
    HOSTS,
    TARGETS,
    VCENTER,
    appliance,
    computers,
    ended,
    hosts_at,
    listed,
    nsxv_manager,
    relay,
    rows,
    steps,
    vcenter_at,
    without,
    world,
)
from tests.facts_by_hand import DSM, VC_MAIN, about, agent, computer, manager
from tests.judging import missed, told

ALLOWED, IN_TIME = "PLAN-HOP-001", "PLAN-HOP-002"
U3M_TO_U2 = (
    "vCenter from 6.7 U3m (build 17712750) of 2021-03-18 to 7.0 U2 of 2021-03-09: not supported"
)
PLAIN = {
    "named": (VC_MAIN, DSM),
    "upgrade": without("nsx"),
    "extensions": {"vc-main": ()},
    **listed(agent()),
}
"""A vCenter without NSX and a manager without appliances."""


def at(vcenter, *hosts, **changes):
    """The plain estate with its vCenter and its hosts at these releases."""
    facts = {"abouts": {"vc-main": vcenter_at(vcenter)}, "hosts": {"vc-main": hosts_at(*hosts)}}
    return world(**{**PLAIN, **facts, **changes})


def test_the_hops_of_the_procedure_are_allowed():
    """Every component that moves goes by a hop that a row allows, and the rows are told."""
    judgement = world().judge(ALLOWED)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 7)
    assert "agent from 11.0 below 11.1 to 20.0" in {one.row for one in judgement.rests_on}


@pytest.mark.parametrize("check_id", [ALLOWED, IN_TIME])
def test_nothing_that_moves_is_not_applicable(check_id):
    """At the end there is no hop left to judge."""
    assert ended().judge(check_id).outcome is Outcome.NOT_APPLICABLE


def test_agents_of_10_do_not_go_straight_to_20():
    """10.x is no source of an upgrade to 20.0: the row is told, and it blocks."""
    fleet = listed(*computers(), agent(id=203, agent_version="10.0.0.3000"))
    judgement = world(**fleet).judge(ALLOWED)
    assert judgement.blocks
    found = "agent from 10.0.0-3000 to 20.0.0-877: not supported"
    assert told(judgement) == [("agent of dsm", found, "supported")]
    assert rows(judgement) == ["agent below 11.0 to 20.0"]


@pytest.mark.parametrize(
    ("version", "outcome", "weight"),
    [
        ("10.3.0.9999", Outcome.FAIL, Severity.BLOCKER),
        ("11.0.0.1", Outcome.PASS, None),
        ("11.0.0.9999", Outcome.PASS, None),
        ("11.1.0.1", Outcome.FAIL, Severity.WARNING),
        ("12.0.0.1", Outcome.PASS, None),
        ("20.0.0.876", Outcome.PASS, None),
    ],
)
def test_where_the_sources_of_20_begin(version, outcome, weight):
    """From 11.0 on an agent may go; 11.1 to 11.3 are left out by a row that is unverified."""
    judgement = world(**listed(*computers(), agent(id=203, agent_version=version))).judge(ALLOWED)
    assert (judgement.outcome, judgement.weight) == (outcome, weight)


def test_a_hop_inside_a_line_needs_no_row():
    """From one build of 20.0 to a later one there is no release to skip."""
    judgement = ended(upgrade={**TARGETS, "deep_security": "20.0.0-900"}).judge(ALLOWED)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 4)
    assert not judgement.rests_on


def test_a_manager_and_a_relay_of_10_are_told_apart():
    """Each kind of component has rows of its own."""
    old = {
        "managers": {"dsm": manager(version="10.0.3000")},
        **listed(computer(), appliance(), agent(), relay("10.0.0.3000")),
    }
    judgement = world(upgrade={"deep_security": "20.0"}, **old).judge(ALLOWED)
    assert {"manager below 11.0 to 20.0", "relay below 11.0 to 20.0"} <= set(rows(judgement))


def test_a_hop_of_which_no_row_speaks_is_undetermined():
    """No list of upgrades inside NSX-V or to a line above 20 was found."""
    v_to_v = world(upgrade={"nsx": "NSX-V 6.4.8"}).judge(ALLOWED)
    assert v_to_v.outcome is Outcome.UNDETERMINED
    reason = "no row answers: NSX from NSX-V 6.4.5 to NSX-V 6.4.8"
    assert missed(v_to_v) == [("NSX of vc-main", reason)]
    beyond = world(upgrade={"deep_security": "21.0"}).judge(ALLOWED)
    assert beyond.outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize(
    ("version", "weight"),
    [
        ("6.4.3", Severity.BLOCKER),
        ("6.4.4", None),
        ("6.4.6", None),
        ("6.4.7", Severity.WARNING),
        ("6.4.8", None),
    ],
)
def test_which_nsxv_can_be_migrated(version, weight):
    """Below 6.4.4 the coordinator refuses; of 6.4.7 the lists do not say why they leave it out."""
    judgement = world(nsxv={"nsxv-main": nsxv_manager(version)}).judge(ALLOWED)
    assert judgement.weight is weight
    subjects = {subject for subject, _, _ in told(judgement)}
    assert subjects == ({"NSX of vc-main"} if weight else set())


def test_a_refused_hop_of_the_declared_order_is_judged():
    """What the operator declares counts, up to the hop at which the order ends."""
    old = listed(*computers("10.0.0.3000"))
    judgement = world(order=steps("manager", "agent"), **old).judge(ALLOWED)
    assert "relay below 11.0 to 20.0" in rows(judgement)


def test_a_hop_to_a_newer_build_is_in_time():
    """From 6.7 U3 of August 2019 to 7.0 U2 of March 2021 nothing goes back."""
    judgement = at("6.7 U3", "6.7 U3").judge(IN_TIME)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 2)


def test_vcenter_is_refused_back_in_time():
    """6.7 U3m came out nine days after 7.0 U2: vCenter's upgrade refuses the pair."""
    judgement = at("6.7 U3m", "6.7 U3").judge(IN_TIME)
    assert judgement.blocks
    assert told(judgement) == [(VCENTER, U3M_TO_U2, "supported")]
    assert (judgement.findings[0].source.table, rows(judgement)) == (
        "release_date_rules",
        ["vCenter"],
    )


def test_both_numbers_of_a_vcenter_build_are_the_same_release():
    """What about shows and what the release notes print are one release with one day."""
    shown = at("6.7 U3m", "6.7 U3", abouts={"vc-main": about(build="17713310")}).judge(IN_TIME)
    assert shown.blocks
    assert rows(shown) == ["vCenter"]


def test_a_bridge_back_in_time_is_refused():
    """A declared stop at a release that came out before today's is a hop like any other."""
    stop = steps('vsphere-bridge; vcenter = "7.0 U1"; vcenters = ["vc-main"]', "vsphere-target")
    judgement = at("6.7 U3m", "6.7 U3", order=stop).judge(IN_TIME)
    assert judgement.blocks
    assert any("to 7.0 U1 of 2020-10-06" in found for _, found, _ in told(judgement))


def test_hosts_back_in_time_are_a_warning():
    """ESXi's installer goes through; that the result is not supported asks for a sign-off."""
    judgement = at("6.7 U3", "6.7 U3", "6.7 P05").judge(IN_TIME)
    assert judgement.outcome is Outcome.FAIL
    assert judgement.weight is Severity.WARNING
    assert rows(judgement) == ["ESXi"]
    assert judgement.findings[0].source.confidence == "documented"
    assert told(judgement)[0][0] == HOSTS


def test_the_day_itself_is_no_step_back():
    """A target that came out on the very day of what it replaces is in time."""
    of_that_day = {"vc-main": about(build="14836121")}
    same = at("6.7 U3", "6.5 U2", abouts=of_that_day, upgrade={"vcenter": "6.7 U3a"})
    assert (same.judge(IN_TIME).outcome, same.judge(IN_TIME).examined) == (Outcome.PASS, 1)
    earlier = at("6.7 U3", "6.5 U2", abouts=of_that_day, upgrade={"vcenter": "6.7 U3"})
    assert earlier.judge(IN_TIME).blocks


def test_a_build_without_a_day_is_undetermined():
    """Of 6.7 U3o the day is not known, so nobody can say whether the target is newer."""
    judgement = at("6.7 U3o, undated", "6.7 U3").judge(IN_TIME)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert [subject for subject, _ in missed(judgement)] == [VCENTER]
    assert "of no known day" in missed(judgement)[0][1]


def test_a_target_without_a_day_is_undetermined():
    """A target that no table lists has no day either."""
    judgement = at("6.7 U3", "6.7 U3", upgrade={**PLAIN["upgrade"], "esxi": "7.0 U9"})
    assert judgement.judge(IN_TIME).outcome is Outcome.UNDETERMINED


def test_only_vcenter_and_hosts_are_judged_by_dates():
    """Deep Security and NSX are told apart by versions, which have their own check."""
    judgement = world(upgrade={"deep_security": "20.0"}).judge(IN_TIME)
    assert judgement.outcome is Outcome.NOT_APPLICABLE
    assert world(order=steps(BRIDGE)).judge(IN_TIME).examined == 2
