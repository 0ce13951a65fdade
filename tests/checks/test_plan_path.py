"""PLAN-PATH-001: a way to the targets, and what must never fall out of it."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from tests.checks.estates import (
    FACTS,
    HOSTS,
    NSXT_EXTENSION,
    OTHER_DSM,
    OTHER_NSXT,
    STRANGE_BUILD,
    TARGETS,
    VCENTER,
    appliance,
    computers,
    ended,
    hosts_at,
    listed,
    nsxt_manager,
    nsxv_manager,
    relay,
    rows,
    steps,
    two_vcenters,
    vcenter_at,
    without,
    world,
)
from tests.facts_by_hand import (
    DSM,
    NSXT,
    NSXV,
    VC_MAIN,
    about,
    agent,
    compute_manager,
    computer,
    host,
    manager,
)
from tests.judging import missed, told

CLAIM = "PLAN-PATH-001"
NSXV_AND_7 = "NSX-V 6.4.5 with vCenter from 7.0 below 8.0 and ESXi from 7.0 below 8.0"
PATH_CHECKS = (
    "PLAN-PATH-001",
    "PLAN-PATH-002",
    "PLAN-PATH-003",
    "PLAN-HOP-001",
    "PLAN-HOP-002",
)
VCENTER_CHECKS = ("IOP-VC-ESX-001", "IOP-NSX-VC-001", "IOP-NSX-ESX-001", "IOP-TOOLS-ESX-001")
PLACED_BY_VCENTER = (*PATH_CHECKS, *VCENTER_CHECKS, "IOP-DSVA-NSX-001")
ANY_ORDER = steps("manager", "agent", "appliance", "nsxt-build", "nsx-migration", "vsphere-target")


def test_the_procedure_is_found():
    """From 6.5, NSX-V 6.4.5 and 11.0 a way leads to the targets, and its rows are told."""
    judgement = world().judge(CLAIM)
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 8
    rests_on = {one.row for one in judgement.rests_on}
    assert "NSX-V 6.4.5 to from NSX-T 3.1.1 below NSX-T 3.3" in rests_on
    assert "NSX-T 3.1.2 with vCenter 6.7 U3 and ESXi 6.7 U2" in rests_on


def test_an_estate_that_has_arrived_passes():
    """Where everything is at its target nothing is left to do, and all of it was looked at."""
    judgement = ended().judge(CLAIM)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 8)


def test_no_way_is_told_with_the_row_that_closes_it():
    """Without an NSX to go to, NSX-V 6.4.5 keeps vCenter and its hosts from 7.0."""
    judgement = world(upgrade=without("nsx")).judge(CLAIM)
    assert judgement.blocks
    assert NSXV_AND_7 in rows(judgement)
    assert {subject for subject, _, _ in told(judgement)} == {VCENTER, HOSTS}
    assert told(judgement)[0] == (
        VCENTER,
        "6.5 U2 (build 8307201), and no way on: NSX-V 6.4.5 with vCenter 7.0 U2",
        "a way to 7.0 U2",
    )


def test_a_late_patch_of_vcenter_is_a_dead_end():
    """6.7 U3m came out after 7.0 U2: no release in between is newer than it and older than that."""
    judgement = world(abouts={"vc-main": vcenter_at("6.7 U3m")}).judge(CLAIM)
    assert judgement.blocks
    subject, found, wanted = told(judgement)[0]
    assert (subject, wanted) == (VCENTER, "a way to 7.0 U2")
    assert "of 2021-03-18 to 7.0 U2 of 2021-03-09" in found
    assert judgement.findings[0].source.table == "release_date_rules"


def test_a_later_target_opens_the_way_again():
    """To 7.0 U2d, which came out half a year after 6.7 U3m, vCenter can go."""
    upgrade = {**TARGETS, "vcenter": "7.0 U2d"}
    judgement = world(abouts={"vc-main": vcenter_at("6.7 U3m")}, upgrade=upgrade).judge(CLAIM)
    assert not judgement.blocks


def test_hosts_that_go_back_in_time_only_ask_for_a_sign_off():
    """The installer of ESXi does not look at dates: a way on which hosts go back is a warning."""
    late = world(abouts={"vc-main": vcenter_at("6.7 U3")}, hosts={"vc-main": hosts_at("6.7 P05")})
    judgement = late.judge(CLAIM)
    assert judgement.weight is Severity.WARNING
    assert [one.source.table for one in judgement.findings] == ["release_date_rules"]
    assert {subject for subject, _, _ in told(judgement)} == {HOSTS}


def test_a_vcenter_without_a_date_is_undetermined():
    """Of 6.7 U3o no table gives the day: nobody can say whether 7.0 U2 is newer."""
    undated = world(abouts={"vc-main": vcenter_at("6.7 U3o, undated")}).judge(CLAIM)
    assert undated.outcome is Outcome.UNDETERMINED
    reasons = [reason for subject, reason in missed(undated) if subject == VCENTER]
    assert any("of no known day to 7.0 U2 of 2021-03-09" in reason for reason in reasons)


def test_a_target_that_no_row_knows_is_undetermined():
    """A release that stands in no table is neither refused nor allowed."""
    judgement = ended(upgrade={**TARGETS, "vcenter": "10.0"}).judge(CLAIM)
    assert judgement.outcome is Outcome.UNDETERMINED


def test_no_target_at_all_is_undetermined():
    """Where [upgrade] says nothing, nobody knows whether a way is needed."""
    judgement = world(upgrade={}).judge(CLAIM)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "[upgrade]" in judgement.reason


@pytest.mark.parametrize("kept", ["deep_security", "vcenter", "esxi", "nsx"])
def test_one_target_alone_is_judged_with_all_that_stays(kept):
    """A target for one product is judged against the others as they are today."""
    judgement = world(upgrade={kept: TARGETS[kept]}).judge(CLAIM)
    assert (judgement.outcome is Outcome.PASS) == (kept == "deep_security")
    assert judgement.examined == 8


def test_a_step_that_is_done_is_undetermined():
    """A run before a step in which nothing is left to do has taken the wrong step."""
    done = {"managers": {"dsm": manager(version="20.0.877")}}
    fleet = listed(computer(), appliance(), relay("20.0.0.877"), agent())
    judgement = world(step="manager", **done, **fleet).judge(CLAIM)
    assert judgement.outcome is Outcome.UNDETERMINED
    left = "vsphere-bridge, agent, appliance, nsxt-build, nsx-migration, vsphere-target"
    reason = f"the plan has nothing to do in it; its steps are: {left}"
    assert missed(judgement) == [("step manager", reason)]
    assert world(step="agent", **done, **fleet).judge(CLAIM).outcome is Outcome.PASS


def test_a_step_of_an_estate_that_has_arrived_is_undetermined():
    """At the end there is no step left, whichever the run names."""
    judgement = ended(step="vsphere-target").judge(CLAIM)
    assert missed(judgement)[0][1].endswith("its steps are: none, all is done")


def test_the_step_is_looked_up_in_the_order_that_is_in_force():
    """Where the operator declares an order, its steps count and not those of kanmon's plan."""
    order = steps("agent", "manager")
    assert missed(world(order=order, step="nsx-migration").judge(CLAIM))
    needless = 'vsphere-bridge; vcenter = "6.7 U3"; esxi = "6.7 U2"; vcenters = ["vc-main"]'
    unattached = {"named": (VC_MAIN, DSM), "extensions": {"vc-main": ()}, **listed(agent())}
    declared = world(
        upgrade=without("nsx"),
        order=steps(needless, "manager", "agent", "vsphere-target"),
        step="vsphere-bridge",
        **unattached,
    )
    assert declared.judge(CLAIM).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({"vcenter": "7.0"}, VCENTER),
        ({"deep_security": "12.0"}, "manager of dsm"),
        ({"nsx": "NSX-T 3.1.1"}, "NSX of vc-main"),
        ({"agent": "20.0.0-876"}, "agent of dsm"),
    ],
)
def test_what_is_newer_than_its_target_asks_for_a_sign_off(changes, subject):
    """Nothing goes back to an older target, so an operator hears of it; it does not block."""
    judgement = ended(upgrade={**TARGETS, **changes}).judge(CLAIM)
    assert judgement.weight is Severity.WARNING
    assert subject in {one for one, _, _ in told(judgement)}
    assert all("newer and stays as it is" in found for _, found, _ in told(judgement))


@pytest.mark.parametrize(
    "changes",
    [{"deep_security": "20.0"}, {"nsx": "NSX-T 3.1.2.0.0.17883596"}],
)
def test_a_build_of_the_target_is_not_newer_than_it(changes):
    """A target may be a line or a build: what lies in it has arrived, and that is all."""
    assert ended(upgrade={**TARGETS, **changes}).judge(CLAIM).outcome is Outcome.PASS


def test_a_fleet_that_is_half_at_the_target_line_has_a_way():
    """Builds of 20.0 beside older ones are no puzzle for a target that is the line 20.0."""
    mixed = listed(
        *computers(),
        agent(id=203, agent_version="20.0.0.877"),
        agent(id=204, agent_version="20.0.0.5137"),
    )
    upgrade = {**TARGETS, "deep_security": "20.0"}
    done = {"managers": {"dsm": manager(version="20.0.877")}}
    assert world(upgrade=upgrade, **done, **mixed).judge(CLAIM).outcome is Outcome.PASS


@pytest.mark.parametrize("nsx", ["NSX-T 3.1.2.1", "NSX-T 3.1.2.0.0.17883596"])
def test_a_target_more_precise_than_a_release_has_a_way(nsx):
    """A target that lies in the known release 3.1.2 cannot be reached by way of it."""
    assert world(upgrade={**TARGETS, "nsx": nsx}).judge(CLAIM).outcome is Outcome.PASS


@pytest.mark.parametrize("check_id", PLACED_BY_VCENTER)
@pytest.mark.parametrize(
    "changes",
    [
        {"abouts": {"vc-main": about(build=STRANGE_BUILD)}},
        {"hosts": {"vc-main": (host(), host(moref="host-22", build=STRANGE_BUILD))}},
        {"abouts": {"vc-main": Unread("vc-main: login refused")}},
        {"extensions": {"vc-main": Unread("vc-main: no extensions")}},
        {"nsxv": {"nsxv-main": Unread("nsxv-main: login refused")}},
        {
            "nsxt": {"nsxt": nsxt_manager("3.1.2")},
            "compute_managers": {"nsxt": (compute_manager(),)},
        },
        {"nsxv": {"nsxv-main": nsxv_manager("6.4.x")}},
        {"compute_managers": {"nsxt": Unread("nsxt: login refused")}},
        {"named": (VC_MAIN, NSXT, DSM)},
        {"extensions": {"vc-main": FACTS["extensions"]["vc-main"] + (NSXT_EXTENSION,)}},
    ],
    ids=[
        "strange vCenter",
        "strange host",
        "unread vCenter",
        "unread extensions",
        "unread NSX-V",
        "vague NSX-T",
        "odd NSX-V",
        "unread NSX-T",
        "NSX-V not named",
        "NSX-T that lists no vCenter",
    ],
)
def test_a_vcenter_that_cannot_be_placed_never_vanishes(check_id, changes):
    """A vCenter of which one thing is not known makes every claim about it undetermined."""
    judgement = world(order=ANY_ORDER, upgrade=without("nsx"), **changes).judge(check_id)
    assert judgement.outcome is Outcome.UNDETERMINED, judgement
    assert missed(judgement)


@pytest.mark.parametrize("check_id", [*PATH_CHECKS, "IOP-DSVA-NSX-001", "IOP-DSA-DSM-001"])
@pytest.mark.parametrize(
    "changes",
    [
        {"managers": {"dsm": Unread("dsm: login refused")}},
        {"managers": {"dsm": manager(version="20.0")}},
        {"managers": {"dsm": manager(version="20")}},
        {"computers": {"dsm": Unread("dsm: no computers")}},
        listed(*computers(), agent(id=203, agent_version="20.0.2")),
        listed(computer(), relay(), agent()),
        {"named": (VC_MAIN, DSM), "extensions": {"vc-main": ()}},
        {"named": (VC_MAIN, DSM), "extensions": {"vc-main": ()}, "vms": {"vc-main": ()}},
    ],
    ids=[
        "unread manager",
        "manager without a build",
        "vague manager",
        "unread computers",
        "vague agent",
        "no appliance listed",
        "appliance where no NSX is",
        "appliance nowhere",
    ],
)
def test_a_manager_that_cannot_be_placed_never_vanishes(check_id, changes):
    """A manager of which one thing is not known makes every claim about it undetermined."""
    judgement = world(
        order=steps("manager", "agent", "appliance"), upgrade={"deep_security": "20.0"}, **changes
    ).judge(check_id)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert {subject for subject, _ in missed(judgement)} <= {"dsm", "app-01 (computer 203)"}


def test_one_vcenter_of_two_that_cannot_be_placed_is_named():
    """The other vCenter is judged, and the one that could not be placed is told apart."""
    half = two_vcenters(abouts={"vc-other": Unread("vc-other: refused")})
    judgement = half.judge(CLAIM)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [("vc-other", "vc-other: refused")]


def test_an_nsxt_under_a_strange_address_is_told():
    """A registered server that is no vCenter's address leaves open whose NSX-T it is."""
    strange = {"nsxt": (compute_manager(server="192.0.2.1"), compute_manager())}
    judgement = world(compute_managers=strange).judge(CLAIM)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "192.0.2.1" in missed(judgement)[0][1]


def test_a_computer_of_no_single_vm_leaves_the_appliance_everywhere():
    """An appliance that matches no VM is judged beside every NSX, never beside none."""
    judgement = world(vms={"vc-main": ()}, upgrade={}).judge("IOP-DSVA-NSX-001")
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 1)


def test_two_managers_are_both_on_the_way():
    """A second manager of one estate is part of the path, with what hangs on it."""
    both = {
        "named": (VC_MAIN, NSXV, NSXT, DSM, OTHER_DSM),
        "managers": {"dsb": manager(version="10.0.3000")},
    }
    judgement = world(**both, computers={"dsb": ()}).judge(CLAIM)
    assert judgement.blocks
    assert {subject for subject, _, _ in told(judgement)} == {"manager of dsb"}


def test_two_nsx_managers_are_both_on_the_way():
    """NSX-T at two managers of one vCenter is judged at the versions of both."""
    both = {
        "named": (VC_MAIN, NSXT, OTHER_NSXT, DSM),
        "nsxt": {"nsxt-b": nsxt_manager("4.9.0.0.0.1")},
        "compute_managers": {"nsxt-b": (compute_manager(),)},
    }
    judgement = ended(**both).judge("IOP-NSX-VC-001")
    assert judgement.examined == 2
    assert [subject for subject, _ in missed(judgement)] == ["NSX 4.9.0.0.0.1 of vc-main now"]


def test_an_estate_of_managers_alone_is_judged():
    """Where no vCenter is named, Deep Security's way is judged by itself."""
    alone = world(named=(DSM,), upgrade={"deep_security": "20.0"}, **listed(agent()))
    judgement = alone.judge(CLAIM)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 2)


def test_the_targets_of_a_vcenter_without_hosts():
    """A vCenter that lists no host still has its own way."""
    judgement = world(hosts={"vc-main": ()}).judge(CLAIM)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 8)
