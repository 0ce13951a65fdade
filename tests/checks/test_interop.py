"""IOP-TOOLS-NSX-001: VMware Tools of the VMs that an appliance protects."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.errors import UsageError
from kanmon.facts import Unread
from kanmon.versions import Tools
from tests.facts_by_hand import (
    DSM,
    NSXT,
    OTHER_VCENTER_UUID,
    VC_MAIN,
    VC_OTHER,
    about,
    agent,
    computer,
    environment,
    orphan,
    vm,
)
from tests.judging import judged, missed, told

TARGET = "NSX-T 3.1.2"
WANTED = "Tools 10.3.10 or newer for NSX-T 3.1"
VDI = "vdi-01 (vc-main vm-101)"
OTHER_ABOUT = about(instance_uuid=OTHER_VCENTER_UUID)


def tools(*vms, computers=None, nsx=TARGET, **changes):
    """The check on these VMs of vc-main."""
    estate = environment(VC_MAIN, VC_OTHER, DSM, NSXT, **({"nsx": nsx} if nsx else {}))
    facts = {
        "dsm": estate.dsm[0],
        "dsm_computers": (computer(),) if computers is None else computers,
        "all_vcenter_about": {"vc-main": about(), "vc-other": OTHER_ABOUT},
        "all_vcenter_vms": {"vc-main": vms, "vc-other": ()},
        "environment": estate,
    }
    return judged("IOP-TOOLS-NSX-001", **{**facts, **changes})


def of(version, **changes):
    """The protected VM with this release of VMware Tools."""
    return vm(tools_version=Tools.parse(version).number, **changes)


def test_tools_of_a_vm_out_of_reach_are_unknown():
    """Nobody may say that it has none: no blocker, and no pass."""
    judgement = tools(vm(connection_state="inaccessible", tools_version=None, tools_status=None))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [(VDI, "vCenter calls the VM inaccessible")]


@pytest.mark.parametrize(
    ("version", "outcome"),
    [
        ("10.3.9", Outcome.FAIL),
        ("10.3.10", Outcome.PASS),
        ("10.3.5", Outcome.FAIL),
        ("10.2.31", Outcome.FAIL),
        ("10.4.0", Outcome.PASS),
        ("9.10.31", Outcome.FAIL),
        ("11.2.5", Outcome.PASS),
    ],
)
def test_the_floor(version, outcome):
    """10.3.10 is the floor, compared as numbers and not as text; the rule is unverified."""
    judgement = tools(of(version))
    assert judgement.outcome is outcome
    assert judgement.examined == 1
    assert [one.row for one in judgement.rests_on] == ["NSX-T 3.1"]
    if outcome is Outcome.FAIL:
        assert told(judgement) == [(VDI, f"Tools {version}", WANTED)]
        assert judgement.weight is Severity.WARNING


@pytest.mark.parametrize(
    "changes",
    [
        {"tools_version": 0},
        {"tools_version": None},
        {"tools_version": 11333, "tools_status": "guestToolsNotInstalled"},
    ],
)
def test_no_tools_at_all_block(changes):
    """A guest without VMware Tools has no thin agent: no table is needed to say that."""
    judgement = tools(vm(**changes))
    assert told(judgement) == [(VDI, "no VMware Tools", WANTED)]
    assert judgement.weight is Severity.BLOCKER


def test_tools_that_vsphere_does_not_manage_are_undetermined():
    """The number of such Tools says nothing of their release, high as it is."""
    judgement = tools(vm(tools_version=2147483647))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement)[0][0] == VDI


def test_a_vm_that_is_off_counts():
    """A protected VM that is off today is started after the migration."""
    assert tools(of("10.3.9", power_state="poweredOff")).outcome is Outcome.FAIL


def test_only_vms_of_an_appliance_are_judged():
    """A VM that its own agent alone protects needs no thin agent, nor does one without any."""
    with_agent = {"agent_status": "active", "agent_version": "11.0.0.582"}
    alone = [computer(appliance_status=one, **with_agent) for one in ("inactive", "not-supported")]
    old = of("9.10.0")
    assert tools(old, computers=(*alone, agent())).outcome is Outcome.NOT_APPLICABLE
    assert tools(old, computers=(computer(**with_agent),)).outcome is Outcome.FAIL
    assert tools(old, computers=()).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("status", ["active", "warning", "error"])
def test_an_appliance_in_trouble_still_protects(status):
    """A VM whose appliance reports trouble is a protected VM."""
    judgement = tools(of("9.10.0"), computers=(computer(appliance_status=status),))
    assert judgement.outcome is Outcome.FAIL


@pytest.mark.parametrize(
    "changes",
    [
        {"vm_uuid": "42010000-0000-4000-8000-00000000ffff"},
        {"vm_uuid": None},
        {"vcenter_uuid": OTHER_VCENTER_UUID},
        {"vcenter_uuid": "d7a1f0c4-0000-4000-8000-00000000ffff"},
    ],
)
def test_a_vm_that_no_vcenter_lists_is_undetermined(changes):
    """A protected VM that the vCenter in question does not list has Tools that nobody knows."""
    judgement = tools(of("11.2.5"), orphan(), computers=(computer(**changes),))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert [subject for subject, _ in missed(judgement)] == ["vdi-01 (computer 101)"]


def test_a_uuid_of_two_vms_is_undetermined():
    """A copy with the same uuid must not stand in for the VM itself."""
    judgement = tools(of("9.10.0"), of("11.2.5", moref="vm-102"))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "vc-main vm-101, vc-main vm-102" in missed(judgement)[0][1]


def test_one_uuid_in_two_vcenters():
    """The manager's word decides between vCenters; without it nobody can say which VM is meant."""
    both = {"vc-main": (of("9.10.0"),), "vc-other": (of("11.2.5"),)}
    assert tools(all_vcenter_vms=both).outcome is Outcome.FAIL
    there = (computer(vcenter_uuid=OTHER_VCENTER_UUID.upper()),)
    assert tools(all_vcenter_vms=both, computers=there).outcome is Outcome.PASS
    unnamed = (computer(vcenter_uuid=None),)
    assert tools(all_vcenter_vms=both, computers=unnamed).outcome is Outcome.UNDETERMINED


def test_uuids_are_matched_in_any_case():
    """One product writes uuids in capitals where another does not."""
    upper = computer(vm_uuid=computer().vm_uuid.upper())
    assert tools(of("9.10.0"), computers=(upper,)).outcome is Outcome.FAIL


def test_an_unread_vcenter_is_undetermined():
    """Where the VMs could not be read, the reason is told."""
    unread = {"vc-main": (of("11.2.5"),), "vc-other": Unread("vc-other: login refused")}
    judgement = tools(all_vcenter_vms=unread)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.reason == "vc-other: login refused"


def test_no_vcenter_is_undetermined():
    """An environment without any vCenter leaves protected VMs that nobody could look at."""
    judgement = tools(all_vcenter_vms={}, all_vcenter_about={})
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement)


@pytest.mark.parametrize("nsx", [None, "NSX-T 2.5.0", "NSX-V 6.4.5", "NSX 9.0.0"])
def test_a_target_without_a_row_is_undetermined(nsx):
    """Without a target, or with one that no row covers, nobody can say which Tools are needed."""
    assert tools(of("11.2.5"), nsx=nsx).outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize("nsx", [None, "NSX-V 6.4.5", TARGET])
def test_an_estate_without_appliances_is_asked_for_no_nsx(nsx):
    """Where the manager lists nothing under an appliance, no NSX and no row of it is needed."""
    judgement = tools(vm(), computers=(), nsx=nsx)
    assert judgement.outcome is Outcome.NOT_APPLICABLE


def test_a_protected_guest_needs_the_target():
    """Where an appliance protects one, a target that is left out leaves the claim open."""
    judgement = tools(vm(), nsx=None)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "upgrade.nsx" in judgement.reason


def test_a_target_that_is_no_version_is_told_to_the_operator():
    """A target without its product can mean two things: the environment file is refused."""
    with pytest.raises(UsageError, match=r"upgrade.nsx: .*expected NSX-T 3.1.2"):
        tools(of("11.2.5"), nsx="3.1.2")
