"""PLAN-PATH-002 and -003: the declared order, and the release at which both kinds of NSX meet."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from tests.checks.estates import (
    BRIDGE,
    GOOD,
    NSXT_EXTENSION,
    TARGETS,
    appliance,
    computers,
    ended,
    hosts_at,
    listed,
    nsxv_manager,
    rows,
    steps,
    two_vcenters,
    vcenter_at,
    without,
    world,
)
from tests.facts_by_hand import (
    DSM,
    OTHER_VCENTER_UUID,
    VC_MAIN,
    agent,
    compute_manager,
    extension,
    manager,
)
from tests.judging import missed, told

ORDER, MEETING = "PLAN-PATH-002", "PLAN-PATH-003"
SIGNED = "appliance below 12.0.0-682 on from NSX-T 2.5 and ESXi any"
WORKS = "vsphere-bridge, manager, agent, appliance, nsxt-build, nsx-migration, vsphere-target"
BOTH_AT_67 = {
    "abouts": {"vc-main": vcenter_at("6.7 U3")},
    "hosts": {"vc-main": hosts_at("6.7 U2")},
    "managers": {"dsm": manager(version="20.0.877")},
    "extensions": {"vc-main": (extension(), NSXT_EXTENSION)},
    "compute_managers": {"nsxt": (compute_manager(),)},
    **listed(*computers("20.0.0.877")),
}
"""The estate when NSX-T has been built beside NSX-V."""
NO_NSX = {
    "named": (VC_MAIN, DSM),
    "upgrade": without("nsx"),
    "extensions": {"vc-main": ()},
    **listed(agent()),
}


def order(*lines, **changes):
    """The check on an estate whose operator declares these steps."""
    return world(order=steps(*lines), **changes).judge(ORDER)


def test_no_declared_order_is_not_applicable():
    """Where the operator declares nothing, kanmon's own plan is in force."""
    judgement = world().judge(ORDER)
    assert judgement.outcome is Outcome.NOT_APPLICABLE
    assert "[[plan]]" in judgement.reason


def test_the_order_of_the_procedure_passes():
    """The procedure's order works, hop by hop, and the rows that it rests on are told."""
    judgement = world(order=GOOD).judge(ORDER)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 10)
    cited = {one.row for one in judgement.rests_on}
    assert "appliance 20.0 on NSX-T 3.1.2 and ESXi 7.0 U2" in cited


def test_nsx_before_the_appliance_is_refused():
    """An appliance that VMware has not signed cannot follow to NSX-T; a way that works is told."""
    judgement = order(
        BRIDGE, "manager", "agent", "nsxt-build", "appliance", "nsx-migration", "vsphere-target"
    )
    assert judgement.blocks
    wanted = f"another order; this one works: {WORKS}"
    found = "appliance 11.0.0-582 on NSX-T 3.1.2 and ESXi 6.7 U2: not supported"
    assert told(judgement) == [("nsxt-build: NSX of vc-main", found, wanted)]
    assert rows(judgement) == [SIGNED]


def test_the_migration_before_the_build_is_refused():
    """Nothing migrates to an NSX-T that does not stand yet."""
    judgement = order(
        BRIDGE, "manager", "agent", "appliance", "nsx-migration", "nsxt-build", "vsphere-target"
    )
    assert judgement.blocks
    assert told(judgement)[0][:2] == (
        "nsx-migration: NSX of vc-main",
        "the migration starts before NSX-T 3.1.2 is built: not supported",
    )


def test_vsphere_at_its_target_before_the_migration_is_refused():
    """While NSX-V 6.4.5 is attached, vCenter does not go to 7.0."""
    judgement = order(
        BRIDGE, "manager", "agent", "appliance", "nsxt-build", "vsphere-target", "nsx-migration"
    )
    assert judgement.blocks
    assert told(judgement)[0][0] == "vsphere-target: vCenter of vc-main"
    assert rows(judgement) == [
        "NSX-V 6.4.5 with vCenter from 7.0 below 8.0 and ESXi from 7.0 below 8.0"
    ]


def test_agents_before_the_manager_are_refused():
    """An agent is never newer than its manager, nor than the relay that serves it."""
    judgement = order(
        BRIDGE, "agent", "manager", "appliance", "nsxt-build", "nsx-migration", "vsphere-target"
    )
    assert judgement.blocks
    assert rows(judgement) == [
        "agent from 11.1 with manager from 11.0 below 11.1",
        "agent from 20.0 with relay below 20.0",
    ]


def test_no_bridge_is_refused():
    """At 6.5 NSX-T 3.1.2 cannot be built: neither vCenter nor hosts are known to it."""
    judgement = order("manager", "agent", "appliance", "nsxt-build", "nsx-migration")
    assert {subject for subject, _, _ in told(judgement)} == {"nsxt-build: NSX of vc-main"}
    assert judgement.blocks


@pytest.mark.parametrize(
    ("left_out", "component", "end"),
    [
        ("agent", "agent of dsm", "20.0.0-877"),
        ("vsphere-target", "vCenter of vc-main", "7.0 U2"),
    ],
)
def test_a_forgotten_step_is_named_by_what_it_would_move(left_out, component, end):
    """An order that leaves a component where it is does not arrive."""
    kept = [line for line in (BRIDGE, *WORKS.split(", ")[1:]) if line != left_out]
    judgement = order(*kept)
    assert judgement.blocks
    assert (component, "no declared step takes it there", end) in told(judgement)


def test_a_forgotten_migration_is_told_where_it_is_missed():
    """Without the migration NSX-V is still there when vCenter is to go to 7.0."""
    judgement = order(BRIDGE, "manager", "agent", "appliance", "nsxt-build", "vsphere-target")
    assert judgement.blocks
    assert told(judgement)[0][0] == "vsphere-target: vCenter of vc-main"


def test_an_order_that_is_done_has_nothing_to_examine():
    """At the end no hop of the order is left."""
    assert ended(order=GOOD).judge(ORDER).outcome is Outcome.NOT_APPLICABLE


def test_an_order_is_followed_from_where_the_estate_stands():
    """Half way the steps that are done are passed over, and the rest is judged."""
    half = world(order=GOOD, **BOTH_AT_67).judge(ORDER)
    assert (half.outcome, half.examined) == (Outcome.PASS, 3)


def test_the_second_of_two_equal_steps_is_judged():
    """A step that is done for one vCenter is the next one for another."""
    lines = (
        "manager",
        "agent",
        'vsphere-target; vcenters = ["vc-other"]',
        'vsphere-target; vcenters = ["vc-main"]',
    )
    second = two_vcenters(
        order=steps(*lines),
        step="vsphere-target",
        abouts={"vc-other": vcenter_at("7.0 U2", instance_uuid=OTHER_VCENTER_UUID)},
        hosts={"vc-other": hosts_at("7.0 U2")},
        **{key: value for key, value in NO_NSX.items() if key == "computers"},
        upgrade=without("nsx"),
        nsxv={"nsxv-main": nsxv_manager("6.4.8", "16724220")},
    )
    judgement = second.judge("IOP-NSX-VC-001", "vc-main")
    span = (
        "from NSX-V 6.4 below NSX-V 6.5 with vCenter from 7.0 below 8.0 and ESXi from 7.0 below 8.0"
    )
    assert span in {one.row for one in judgement.rests_on}
    assert second.judge("PLAN-PATH-001").outcome is Outcome.PASS


def test_an_unverified_no_along_the_order_is_a_warning():
    """Where only an unverified row speaks against a hop, the order asks for a sign-off."""
    eldest = {"nsxv": {"nsxv-main": nsxv_manager("6.4.6", "14819921")}}
    judgement = order("vsphere-target", upgrade=without("nsx", "deep_security"), **eldest)
    assert judgement.weight is Severity.WARNING
    assert set(rows(judgement)) >= {
        "NSX-V 6.4.6 with vCenter from 7.0 below 8.0 and ESXi from 7.0 below 8.0"
    }


def test_silence_beside_a_no_stays_silence():
    """At the hop that a row refuses, what no row answers is not told as a no."""
    undated = {"abouts": {"vc-main": vcenter_at("6.7 U3o, undated")}}
    judgement = order(BRIDGE, "manager", "agent", "appliance", "vsphere-target", **undated)
    assert [found for _, found, _ in told(judgement)] == [
        "NSX-V 6.4.5 with vCenter 7.0 U2: not supported"
    ]
    assert [subject for subject, _ in missed(judgement)] == ["vsphere-target: vCenter of vc-main"]


def test_silence_alone_is_undetermined():
    """A hop of which no row says anything is neither refused nor passed."""
    undated = {"abouts": {"vc-main": vcenter_at("6.7 U3o, undated")}}
    judgement = order("vsphere-target", "manager", "agent", **{**NO_NSX, **undated})
    assert judgement.outcome is Outcome.UNDETERMINED
    assert all("vCenter of vc-main" in subject for subject, _ in missed(judgement))


def test_no_order_is_promised_where_none_works():
    """Where kanmon finds no way either, none is told to work."""
    judgement = world(order=GOOD, abouts={"vc-main": vcenter_at("6.7 U3m")}).judge(ORDER)
    assert judgement.blocks
    assert {wanted for _, _, wanted in told(judgement)} == {
        "an order that works: kanmon finds none either (PLAN-PATH-001)"
    }


def test_both_kinds_meet_at_a_release_that_fits_both():
    """The plan stops at 6.7, where NSX-V 6.4.5 and NSX-T 3.1.2 are both at home."""
    judgement = world().judge(MEETING)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 1)
    assert {one.row for one in judgement.rests_on} == {
        "NSX-V 6.4.5 with vCenter 6.7 U3 and ESXi 6.7 U3",
        "NSX-V 6.4.5 with vCenter 6.7 U2c and ESXi 6.7 U2",
        "NSX-T 3.1.2 with vCenter 6.7 U3 and ESXi 6.7 U2",
    }


@pytest.mark.parametrize(
    ("release", "hosts", "against"),
    [
        ("6.5 U2", "6.5 U2", "NSX-T 3.1.2 with vCenter from 6.5 below 6.7"),
        ("7.0", "7.0", "NSX-V 6.4.5 with vCenter from 7.0 below 8.0"),
    ],
)
def test_a_meeting_at_a_release_of_one_kind_fails(release, hosts, against):
    """Where both are attached at 6.5 or at 7.0, one of them does not fit: the row is told."""
    there = {
        "abouts": {"vc-main": vcenter_at(release)},
        "hosts": {"vc-main": hosts_at(hosts)},
    }
    judgement = world(**{**BOTH_AT_67, **there}).judge(MEETING)
    assert judgement.blocks
    assert {subject for subject, _, _ in told(judgement)} == {"vCenter vc-main"}
    assert all(row.startswith(against) for row in rows(judgement))


def test_a_meeting_that_an_unverified_row_forbids_is_a_warning():
    """NSX-V 6.4.6 on 7.0 is said not to fit by nobody whose text was read."""
    there = {
        "abouts": {"vc-main": vcenter_at("7.0")},
        "hosts": {"vc-main": hosts_at("7.0")},
        "nsxv": {"nsxv-main": nsxv_manager("6.4.6", "14819921")},
    }
    judgement = world(**{**BOTH_AT_67, **there}).judge(MEETING)
    assert judgement.weight is Severity.WARNING


def test_a_meeting_of_which_no_row_speaks_is_undetermined():
    """Between two kinds of which no row knows one, nobody can say."""
    judgement = world(
        upgrade={**TARGETS, "nsx": "NSX-T 3.3.0"},
        order=steps("nsxt-build", "nsx-migration"),
        **{**BOTH_AT_67, "extensions": {"vc-main": (extension(),)}, "compute_managers": {}},
    ).judge(MEETING)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert all(reason.startswith("no row answers: NSX-T 3.3.0") for _, reason in missed(judgement))


def test_a_plan_that_does_not_come_to_the_migration_is_undetermined():
    """An order that is refused before has no such moment, and is not taken for a good one."""
    refused = world(order=steps("nsx-migration", "nsxt-build")).judge(MEETING)
    assert missed(refused) == [
        ("vCenter vc-main", "the plan does not come to the migration of its NSX")
    ]


def test_a_vcenter_without_nsx_goes_straight():
    """What has no NSX to bring along makes no stop, and its vCenter passes beside the other."""
    judgement = two_vcenters().judge(MEETING)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 2)


def test_a_needless_stop_is_told():
    """A stop at 6.7 of a vCenter without NSX costs a window, and nothing asks for it."""
    lines = (f'{BRIDGE}; vcenters = ["vc-main", "vc-other"]', *WORKS.split(", ")[1:])
    judgement = two_vcenters(order=steps(*lines)).judge(MEETING)
    assert judgement.blocks
    found = "vCenter stops at 6.7 U3 in vsphere-bridge"
    assert told(judgement) == [("vCenter vc-other", found, "straight to 7.0 U2")]


def test_a_needless_stop_of_hosts_is_told():
    """Hosts whose vCenter is at its end already have no reason to stop either."""
    stop = 'vsphere-bridge; esxi = "6.7 U3"; vcenters = ["vc-main"]'
    there = {"abouts": {"vc-main": vcenter_at("7.0 U2")}, "order": steps(stop, "vsphere-target")}
    judgement = world(**{**NO_NSX, **there}).judge(MEETING)
    found = "ESXi stops at 6.7 U3 in vsphere-bridge"
    assert told(judgement) == [("vCenter vc-main", found, "straight to 7.0 U2")]


def test_a_stop_where_there_is_no_nsx_is_the_operators_choice():
    """A bridge that names no vCenter is for all of them there; it asks for a sign-off, no more."""
    stop = 'vsphere-bridge; vcenter = "6.7 U3"; esxi = "6.7 U3"'
    judgement = world(**{**NO_NSX, "order": steps(stop, "vsphere-target")}).judge(MEETING)
    assert not judgement.blocks
    assert told(judgement)[0][1] == "vCenter stops at 6.7 U3 in vsphere-bridge"


def test_a_stop_that_the_way_needs_is_not_needless():
    """Where NSX-V stays at 6.7 for good, the release that is its end is no stop."""
    at_67 = {"vcenter": "6.7 U3", "esxi": "6.7 U2"}
    assert world(upgrade=at_67).judge(MEETING).outcome is Outcome.PASS


def test_no_vcenter_is_not_applicable():
    """An estate of managers alone has no NSX to move."""
    judgement = world(named=(DSM,), upgrade={"deep_security": "20.0"}, **listed(agent()))
    assert judgement.judge(MEETING).outcome is Outcome.NOT_APPLICABLE


def test_a_vcenter_that_could_not_be_read_is_undetermined():
    """Of an unread vCenter nobody knows which NSX is attached to it."""
    judgement = two_vcenters(extensions={"vc-other": Unread("vc-other: refused")}).judge(MEETING)
    assert missed(judgement) == [("vc-other", "vc-other: refused")]
    assert judgement.outcome is Outcome.UNDETERMINED


def test_an_appliance_that_is_signed_lets_nsx_go_first():
    """From 12.0.0-682 on the signature no longer forbids NSX before the appliance."""
    lines = (BRIDGE, "manager", "agent", "nsxt-build", "appliance", "nsx-migration")
    others = [one for one in computers() if one.kind != "appliance"]
    unsigned, signed = (
        order(*lines, "vsphere-target", **listed(*others, appliance(f"12.0.0.{build}")))
        for build in (681, 682)
    )
    assert rows(unsigned) == [SIGNED]
    assert unsigned.blocks
    assert SIGNED not in rows(signed)
    assert not signed.blocks
