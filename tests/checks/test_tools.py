"""TOOLS-RUN-001 and TOOLS-POL-001 on facts made by hand: guests of vc-main."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.knowledge import load
from kanmon.knowledge.releases import ToolsRelease
from kanmon.versions import Tools
from tests.facts_by_hand import VC_MAIN, environment, tools_policy, vm
from tests.judging import judged, missed, told

VDI = "vdi-01 (vm-101)"
VCENTER = environment(VC_MAIN).vcenter[0]
UNMANAGED = 2147483647
AT_POWER_CYCLE = "upgradeAtPowerCycle"


def guests(*vms):
    """TOOLS-RUN-001 on these VMs."""
    return judged("TOOLS-RUN-001", vcenter=VCENTER, vcenter_vms=vms)


def policies(*vms):
    """TOOLS-POL-001 on these VMs."""
    return judged("TOOLS-POL-001", vcenter=VCENTER, vcenter_tools_policies=vms)


# TOOLS-RUN-001


@pytest.mark.parametrize("row", load(ToolsRelease).rows, ids=lambda row: row.release)
def test_running_tools_of_a_known_release_pass(row):
    """Every release of the table is known by the number that vSphere keeps."""
    assert Tools.from_number(row.number) == Tools.parse(row.release)
    judgement = guests(vm(tools_version=row.number))
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 1)


def test_scripts_of_tools_are_tools_that_run():
    """While the guest starts or stops, Tools execute scripts."""
    assert guests(vm(tools_running="guestToolsExecutingScripts")).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"tools_version": 0}, "no VMware Tools"),
        ({"tools_version": None}, "no VMware Tools"),
        ({"tools_status": "guestToolsNotInstalled"}, "no VMware Tools"),
        (
            {"tools_running": "guestToolsNotRunning"},
            "Tools do not run (guestToolsNotRunning)",
        ),
        ({"tools_running": "guestToolsDreaming"}, "Tools do not run (guestToolsDreaming)"),
        ({"tools_version": 11366}, "VMware Tools 11.3.6 (number 11366)"),
        ({"tools_version": 10336}, "VMware Tools 10.3.0 (number 10336)"),
        ({"tools_version": 6144}, "number 6144, which stands for no release"),
        ({"tools_version": UNMANAGED}, f"number {UNMANAGED}, which stands for no release"),
    ],
)
def test_what_is_wrong_is_told(changes, found):
    """Also a word or a number that nobody here knows: it is a sign-off, never green."""
    judgement = guests(vm(**changes))
    assert [(subject, seen) for subject, seen, _ in told(judgement)] == [(VDI, found)]
    assert judgement.weight is Severity.WARNING


def test_tools_of_a_distribution_are_noted_and_must_run():
    """VSphere keeps no release of them, which is told; whether they run is judged all the same."""
    own = {"tools_version": UNMANAGED, "tools_status": "guestToolsUnmanaged"}
    judgement = guests(vm(**own), vm(moref="vm-2", **own))
    assert judgement.outcome is Outcome.PASS
    assert [(note.subject, note.text[:13]) for note in judgement.notes] == [
        ("vc-main", "2 guests have")
    ]
    assert guests(vm(**own, tools_running="guestToolsNotRunning")).outcome is Outcome.FAIL


@pytest.mark.parametrize("number", [10336, 10346, 11366, 6144, 12 << 10 | 3 << 5 | 5])
def test_the_number_of_a_distributions_tools_does_not_count(number):
    """RHEL brings open-vm-tools 10.3.0, which VMware never released for it: RHEL maintains it."""
    own = {"tools_version": number, "tools_status": "guestToolsUnmanaged"}
    judgement = guests(vm(**own))
    assert judgement.outcome is Outcome.PASS
    assert [note.text[:13] for note in judgement.notes] == ["1 guests have"]
    assert "distribution" in judgement.notes[0].text


NEWEST = max(row.number for row in load(ToolsRelease).rows)


def test_releases_that_came_after_the_table_are_one_note():
    """13.3.5 and 14.0.0 are no fault of the guest; how many there are is told once."""
    newer = [13 << 10 | 3 << 5 | 5, 14 << 10, 13 << 10 | 3 << 5 | 5]
    machines = [vm(moref=f"vm-{place}", tools_version=one) for place, one in enumerate(newer)]
    judgement = guests(*machines, vm())
    assert judgement.outcome is Outcome.PASS
    (note,) = judgement.notes
    known = f"{Tools.from_number(NEWEST)}, the newest that the table knows"
    assert note.subject == "vc-main"
    assert note.text == f"3 guests have Tools newer than {known}: 13.3.5, 14.0.0"


def test_what_is_unknown_below_the_newest_is_a_finding():
    """To the number: one below the newest is unknown, one above it is newer."""
    assert load(ToolsRelease).get(str(NEWEST - 1)) is None
    assert guests(vm(tools_version=NEWEST - 1)).outcome is Outcome.FAIL
    assert guests(vm(tools_version=NEWEST)).notes == ()
    assert guests(vm(tools_version=NEWEST + 1)).outcome is Outcome.PASS
    off = guests(vm(tools_version=13 << 10, tools_running="guestToolsNotRunning"))
    assert off.outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"tools_running": None}, "vCenter does not say whether its Tools run"),
        ({"connection_state": "inaccessible"}, "vCenter calls the VM inaccessible"),
    ],
)
def test_what_vcenter_does_not_say_is_undetermined(changes, reason):
    """The guest is neither good nor bad."""
    judgement = guests(vm(**changes))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [(VDI, reason)]


def test_what_does_not_run_is_no_guest():
    """Switched off, suspended, a template: no Tools run in them."""
    idle = [
        vm(tools_version=0, **changes)
        for changes in (
            {"power_state": "poweredOff"},
            {"power_state": "suspended"},
            {"template": True},
        )
    ]
    assert guests(*idle).outcome is Outcome.NOT_APPLICABLE


def test_appliances_of_the_agent_manager_are_left_to_it():
    """They are counted in a note; another extension's VM is a guest like any other."""
    appliance = vm(moref="vm-2", managed_by="com.vmware.vim.eam", tools_version=0)
    judgement = guests(vm(), appliance)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 1)
    assert [note.text for note in judgement.notes] == [
        "1 appliances of com.vmware.vim.eam are left to it"
    ]
    assert guests(vm(managed_by="com.vmware.vcloud", tools_version=0)).outcome is Outcome.FAIL


# TOOLS-POL-001


@pytest.mark.parametrize("policy", ["manual", None])
def test_tools_that_a_hand_upgrades_pass(policy):
    """What was never set is manual."""
    judgement = policies(tools_policy(policy=policy))
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 1)


@pytest.mark.parametrize(
    ("number", "row"),
    [
        (11364, "below 11.3.5 with upgradeAtPowerCycle"),
        (11365, "from 11.3.5 below 13.0.0 with upgradeAtPowerCycle"),
        (13 << 10, None),
    ],
)
def test_windows_is_told_what_it_risks(number, row):
    """The risk changes at 11.3.5, and from 13.0.0 on no text tells one."""
    judgement = policies(tools_policy(policy=AT_POWER_CYCLE, tools_version=number))
    (finding,) = judgement.findings
    assert (finding.subject, finding.expected) == (VDI, "manual")
    assert finding.found.startswith(f"{AT_POWER_CYCLE} with VMware Tools")
    assert (finding.source and finding.source.row) == row
    assert [citation.row for citation in judgement.rests_on] == ([row] if row else [])
    assert judgement.weight is Severity.WARNING


@pytest.mark.parametrize("guest_id", ["rhel7_64Guest", None])
def test_others_are_told_without_the_risk_of_windows(guest_id):
    """An upgrade that nobody planned is one in any guest."""
    judgement = policies(tools_policy(policy=AT_POWER_CYCLE, guest_id=guest_id))
    (finding,) = judgement.findings
    assert finding.found == f"{AT_POWER_CYCLE} with VMware Tools 11.2.5"
    assert finding.source is None


@pytest.mark.parametrize(
    "guest_id", ["winNetStandardGuest", "windows9Server64Guest", "win2000Guest"]
)
def test_every_windows_is_one(guest_id):
    """As vSphere names old and new ones."""
    judgement = policies(tools_policy(policy=AT_POWER_CYCLE, guest_id=guest_id))
    assert judgement.findings[0].source is not None


def test_templates_do_not_count():
    """They are never started; whatever else is off may be started in the window."""
    assert policies(tools_policy(policy=AT_POWER_CYCLE, template=True)).outcome is (
        Outcome.NOT_APPLICABLE
    )


def test_a_number_of_no_release_is_told():
    """The policy is set, whatever the Tools are."""
    judgement = policies(tools_policy(policy=AT_POWER_CYCLE, tools_version=6144))
    assert "no known release" in judgement.findings[0].found


def test_a_policy_that_nobody_knows_is_undetermined():
    """A new word may well upgrade by itself."""
    judgement = policies(tools_policy(policy="upgradeAtFullMoon"))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [(VDI, "nobody here knows the policy upgradeAtFullMoon")]


@pytest.mark.parametrize(
    "changes",
    [
        {
            "policy": AT_POWER_CYCLE,
            "tools_version": UNMANAGED,
            "tools_status": "guestToolsUnmanaged",
        },
        {"policy": AT_POWER_CYCLE, "tools_version": 0},
        {"policy": AT_POWER_CYCLE, "tools_status": "guestToolsNotInstalled"},
        {"policy": None, "connection_state": "orphaned", "guest_id": None},
    ],
)
def test_what_upgrades_nothing_is_noted(changes):
    """There are no Tools of vSphere's in it, or it cannot be started."""
    judgement = policies(tools_policy(**changes), tools_policy(moref="vm-2", **changes))
    assert judgement.outcome is Outcome.PASS
    assert [note.text[:7] for note in judgement.notes] == ["2 VMs: "]
