"""IOP-TOOLS-ESX-001: VMware Tools of running guests beside the hosts that they will run on."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.versions import Tools
from tests.checks.estates import (
    STRANGE_BUILD,
    ended,
    hosts_at,
    rows,
    two_vcenters,
    vcenter_at,
    world,
)
from tests.facts_by_hand import VC_MAIN, about, host, orphan, vm
from tests.judging import missed, told

RUNS = "IOP-TOOLS-ESX-001"
VDI = "vdi-01 (vm-101)"
UNMANAGED = 2147483647
TO_7 = {"vcenter": "7.0 U2", "esxi": "7.0 U2"}


def guests(*vms, **changes):
    """The check before everything, on these VMs of a vCenter whose hosts go straight to 7.0."""
    facts = {"named": (VC_MAIN,), "extensions": {"vc-main": ()}, "upgrade": TO_7}
    return world(**{**facts, "vms": {"vc-main": vms}, **changes}).judge(RUNS)


def of(version, **changes):
    """The running guest with this release of VMware Tools."""
    return vm(tools_version=Tools.parse(version).number, **changes)


@pytest.mark.parametrize(
    ("version", "esxi", "outcome"),
    [
        ("10.1.0", "7.0 U2", Outcome.PASS),
        ("10.0.31", "7.0 U2", Outcome.FAIL),
        ("9.10.31", "7.0 U2", Outcome.FAIL),
        ("9.10.0", "6.7 U2", Outcome.PASS),
        ("9.9.31", "6.7 U2", Outcome.FAIL),
    ],
)
def test_the_floor_of_each_line(version, esxi, outcome):
    """10.1.0 for 7.0, 9.10.0 for 6.7: compared as numbers; unverified rows only warn."""
    judgement = guests(of(version), upgrade={"vcenter": "7.0 U2", "esxi": esxi})
    assert judgement.outcome is outcome
    assert judgement.examined == 1
    assert judgement.rests_on
    if outcome is Outcome.FAIL:
        found = f"VMware Tools {version} on ESXi {esxi}: not supported"
        assert told(judgement) == [(VDI, found, "supported")]
        assert rows(judgement)[0].startswith("Tools below")
        assert judgement.weight is Severity.WARNING


def test_every_release_on_the_way_counts():
    """Before everything the stop at 6.7 is judged with the end at 7.0; before a step its own."""
    old = {"vms": {"vc-main": (of("9.9.31"),)}}
    assert [row.rpartition(" on ")[2] for row in rows(world(**old).judge(RUNS))] == [
        "ESXi from 6.7 below 7.0",
        "ESXi from 7.0 below 8.0",
    ]
    bridge = world(step="vsphere-bridge", vms={"vc-main": (of("9.10.0"),)}).judge(RUNS)
    assert bridge.outcome is Outcome.PASS
    target = world(step="vsphere-target", vms={"vc-main": (of("9.10.0"),)}).judge(RUNS)
    assert target.outcome is Outcome.FAIL


@pytest.mark.parametrize(
    "changes",
    [
        {"tools_version": 0},
        {"tools_version": None},
        {"tools_version": 11333, "tools_status": "guestToolsNotInstalled"},
    ],
)
def test_no_tools_are_told(changes):
    """A guest without Tools has no clean shutdown: no table is needed to say that."""
    judgement = guests(vm(**changes))
    assert told(judgement) == [(VDI, "no VMware Tools", "Tools that the host supports")]
    assert judgement.weight is Severity.WARNING


@pytest.mark.parametrize("state", ["inaccessible", "orphaned", "invalid", "disconnected"])
def test_tools_of_a_vm_out_of_reach_are_unknown(state):
    """Nobody may say that it has none; a number that vCenter still has is judged."""
    lost = vm(connection_state=state, tools_version=None, tools_status=None)
    judgement = guests(lost)
    assert missed(judgement) == [(VDI, f"vCenter calls the VM {state}")]
    assert guests(of("11.2.5", connection_state=state)).outcome is Outcome.PASS


@pytest.mark.parametrize("status", ["guestToolsTooOld", "guestToolsBlacklisted"])
def test_tools_that_vcenter_refuses_today_are_told(status):
    """What vCenter itself says against Tools counts, whatever their number."""
    judgement = guests(vm(tools_status=status))
    assert told(judgement) == [(VDI, f"{status} on today's host", "Tools that it supports")]
    assert judgement.weight is Severity.WARNING


def test_tools_of_a_distribution_are_a_note():
    """open-vm-tools are the distribution's: nobody can judge their number, and that is told."""
    judgement = guests(vm(tools_version=UNMANAGED, tools_status="guestToolsUnmanaged"))
    assert told(judgement) == [
        (VDI, "Tools of its own distribution", "a yes of the distribution's vendor")
    ]
    assert judgement.weight is Severity.ADVICE


def test_tools_of_a_distribution_with_a_number_are_judged_by_it():
    """Where the distribution's Tools tell their release, the table answers."""
    judgement = guests(of("9.10.0", tools_status="guestToolsUnmanaged"))
    assert judgement.weight is Severity.WARNING


@pytest.mark.parametrize("number", [UNMANAGED, 1, 6144, 20480])
def test_a_number_of_no_release_is_undetermined(number):
    """A number that stands for no release is neither old nor new."""
    judgement = guests(vm(tools_version=number), of("11.2.5", moref="vm-102"))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert [subject for subject, _ in missed(judgement)] == [VDI]
    assert str(number) in missed(judgement)[0][1]
    assert judgement.examined == 2


def test_a_release_of_esxi_that_no_row_knows_is_undetermined():
    """Of hosts at 10.0 the tables say nothing, so no way leads there."""
    judgement = guests(of("11.2.5"), upgrade={"vcenter": "10.0", "esxi": "10.0"})
    assert judgement.outcome is Outcome.UNDETERMINED
    reason = "no way leads it to 10.0, so what it will stand beside nobody can say"
    assert ("ESXi of vc-main", reason) in missed(judgement)


def test_only_running_guests_count():
    """What is off, suspended or a template is not moved between hosts."""
    idle = (
        of("9.0.0", power_state="poweredOff"),
        of("9.0.0", power_state="suspended"),
        of("9.0.0", template=True),
        orphan(power_state="poweredOff"),
    )
    judgement = guests(*idle)
    assert (judgement.outcome, judgement.examined) == (Outcome.NOT_APPLICABLE, 0)


def test_a_step_that_is_done_does_not_pass_old_guests():
    """Where no later host is known, guests are judged by the hosts of today, not by none."""
    old = {"vms": {"vc-main": (of("9.0.0"),)}}
    assert ended(step="vsphere-target", **old).judge(RUNS).outcome is Outcome.FAIL
    assert ended(phase="post", **old).judge(RUNS).outcome is Outcome.FAIL


def test_hosts_that_stay_are_judged_as_they_are():
    """Where only Deep Security moves, guests stay on the hosts of today."""
    assert guests(of("9.10.0"), upgrade={}).outcome is Outcome.PASS


def test_guests_of_no_listed_host_are_undetermined():
    """A guest that runs while its vCenter lists no host runs on one that nobody knows."""
    judgement = guests(of("11.2.5"), hosts={"vc-main": ()})
    assert missed(judgement) == [(VDI, "no host is listed")]
    assert guests(hosts={"vc-main": ()}).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    "changes",
    [
        {"abouts": {"vc-main": about(build=STRANGE_BUILD)}},
        {"hosts": {"vc-main": (host(build=STRANGE_BUILD),)}},
        {"hosts": {"vc-main": Unread("vc-main: no hosts")}},
    ],
)
def test_a_vcenter_that_cannot_be_placed_is_undetermined(changes):
    """Where the vCenter is in no state, its guests have no host to be judged by."""
    judgement = guests(of("11.2.5"), **changes)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.examined == 2


def test_each_vcenter_is_judged_by_its_own_hosts():
    """Hosts of vc-other that go to 7.0 are none of vc-main's guests'."""
    same = {"vms": {"vc-main": (of("9.10.0"),), "vc-other": (of("9.10.0"),)}}
    both = two_vcenters(
        **same,
        upgrade={},
        abouts={"vc-other": vcenter_at("7.0 U2", instance_uuid="other")},
        hosts={"vc-other": hosts_at("7.0 U2")},
    )
    assert both.judge(RUNS, "vc-main").outcome is Outcome.PASS
    assert both.judge(RUNS, "vc-other").outcome is Outcome.FAIL
