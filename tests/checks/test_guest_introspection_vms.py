"""GI-VM-001: the file driver in every running VM that an appliance protects."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.windows import Service
from tests.facts_by_hand import (
    DSM,
    INSTANCE_UUID,
    NSXT,
    OTHER_VCENTER_UUID,
    VC_MAIN,
    VC_OTHER,
    WINDOWS,
    about,
    agent,
    computer,
    environment,
    guest_tools,
    machine,
    orphan,
    vm,
    windows,
)
from tests.judging import judged, missed, told

VDI = "vdi-01 (vc-main vm-101)"
NAMED = """
[[windows]]
slug = "named"
machines = [{ name = "vdi-01", address = "vdi-01.example.jp" }]
credential = "ro"
"""
SECOND_DSM = DSM.replace("dsm", "dsb").replace("[dsb]", "[dsm]").replace("sql1", "sql2")
FLEET_OF_SECOND = WINDOWS.replace("fleet", "fleet-b").replace('"dsm"', '"dsb"')
P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED
NA = Outcome.NOT_APPLICABLE
AGREED = "all three call it protected"
MANAGED = "manager: active, Managed (Online)"
TOOLS = "vSphere: VMware Tools 11.2.5, guestToolsRunning"
STOPPED = f"the guest: driver vsepflt is STOPPED; {MANAGED}; {TOOLS}"
NO_AGENT = f"NSX-T: no file agent in it; {MANAGED}; {TOOLS}"
CONNECTED = "NSX-T: file agent 11.2.5.0, connected"


def driver(*vms, tools=None, machines=None, texts=(), **changes):
    """The check on these VMs of vc-main, with what NSX-T and the fleet of the manager tell."""
    estate = environment(
        VC_MAIN,
        VC_OTHER,
        DSM,
        *([NSXT] if tools is not None else []),
        *([WINDOWS] if machines is not None else []),
        *texts,
    )
    facts = {
        "dsm": estate.dsm[0],
        "dsm_computers": (computer(),),
        "all_vcenter_about": {
            "vc-main": about(),
            "vc-other": about(instance_uuid=OTHER_VCENTER_UUID),
        },
        "all_vcenter_vms": {"vc-main": vms, "vc-other": ()},
        "all_nsxt_guest_tools": {} if tools is None else {"nsxt": tools},
        "all_windows_machines": {} if machines is None else {"fleet": machines},
        "environment": estate,
    }
    return judged("GI-VM-001", **{**facts, **changes})


def desktop(state="RUNNING", **changes):
    """The machine vdi-01 of the fleet, with its file driver in this state."""
    answer = windows(services=(Service("vsepflt", state),))
    values = {"name": "vdi-01", "computer_id": 101, "agentless": True, "answer": answer}
    return machine(**{**values, **changes})


def test_a_connected_file_agent_passes():
    """What NSX-T sees connected is good; it asks for no fleet."""
    judgement = driver(vm(), tools=(guest_tools(),))
    assert judgement.outcome is P
    assert judgement.examined == 1


def test_a_running_driver_passes():
    """Where NSX-T does not know the VM, or is not there yet, the guest's own driver decides."""
    assert driver(vm(), machines=(desktop(),)).outcome is P
    assert driver(vm(), tools=(), machines=(desktop(),)).outcome is P


@pytest.mark.parametrize(
    ("changes", "outcome", "found"),
    [
        ({"file_agent_version": ""}, F, NO_AGENT),
        (
            {"svm_connectivity": False},
            F,
            f"NSX-T: file agent 11.2.5.0, not connected to the service VM; {MANAGED}; {TOOLS}",
        ),
        ({"svm_connectivity": None}, U, None),
        ({"file_agent_version": "", "svm_connectivity": None}, F, NO_AGENT),
    ],
)
def test_what_nsx_t_says_decides(changes, outcome, found):
    """A file agent that is absent or not connected blocks, even where the driver runs."""
    judgement = driver(vm(), tools=(guest_tools(**changes),), machines=(desktop(),))
    assert judgement.outcome is outcome
    assert [one[:2] for one in told(judgement)] == ([(VDI, found)] if found else [])
    assert judgement.weight is (Severity.BLOCKER if found else None)
    assert [subject for subject, _ in missed(judgement)] == ([] if found else [VDI])


@pytest.mark.parametrize("state", ["STOPPED", "ABSENT", "START_PENDING"])
def test_a_driver_that_does_not_run_fails(state):
    """A driver that is not installed, or stands still, hands no file to the appliance."""
    judgement = driver(vm(), machines=(desktop(state),))
    found = f"the guest: driver vsepflt is {state}; {MANAGED}; {TOOLS}"
    assert told(judgement) == [(VDI, found, AGREED)]
    assert judgement.blocks


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"appliance_status": "error", "appliance_messages": ("Offline",)}, "error, Offline"),
        ({"appliance_status": "warning", "appliance_messages": ()}, "warning"),
        ({"online": False}, "active, Managed (Online)"),
    ],
)
def test_a_manager_that_gave_the_vm_up_fails(changes, words):
    """NSX and vSphere see a guest in good health, and the manager does not protect it."""
    judgement = driver(vm(), tools=(guest_tools(),), dsm_computers=(computer(**changes),))
    assert told(judgement) == [(VDI, f"{CONNECTED}; manager: {words}; {TOOLS}", AGREED)]
    assert judgement.blocks


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tools_running": "guestToolsNotRunning"}, "VMware Tools 11.2.5, guestToolsNotRunning"),
        ({"tools_version": 0}, "no VMware Tools"),
        ({"tools_version": None}, "no VMware Tools"),
        (
            {"tools_version": 2147483647, "tools_running": "guestToolsNotRunning"},
            "VMware Tools of number 2147483647, guestToolsNotRunning",
        ),
    ],
)
def test_tools_that_vsphere_misses_are_a_disagreement(changes, words):
    """The driver works and the manager protects: that vSphere sees no Tools asks for a look."""
    judgement = driver(vm(**changes), tools=(guest_tools(),))
    assert told(judgement) == [(VDI, f"{CONNECTED}; {MANAGED}; vSphere: {words}", AGREED)]
    assert judgement.weight is Severity.WARNING


@pytest.mark.parametrize(
    "changes",
    [{"tools_running": "guestToolsExecutingScripts"}, {"tools_version": 2147483647}],
)
def test_tools_that_run_agree(changes):
    """Scripts of a power change run in Tools that run; open-vm-tools have no number of VMware's."""
    assert driver(vm(**changes), tools=(guest_tools(),)).outcome is P


def test_tools_of_which_vsphere_says_nothing_are_undetermined():
    """An unset state is no agreement; where another product sees a fault, that is told with it."""
    judgement = driver(vm(tools_running=None), tools=(guest_tools(),))
    unset = "vSphere: VMware Tools 11.2.5, state unset"
    assert missed(judgement) == [(VDI, unset)]
    bad = driver(vm(tools_running=None), tools=(guest_tools(file_agent_version=""),))
    assert told(bad) == [(VDI, f"NSX-T: no file agent in it; {MANAGED}; {unset}", AGREED)]


def test_a_fault_that_is_seen_is_told_although_the_driver_is_unknown():
    """A manager that lost the VM is a finding, whether or not anybody tells of its driver."""
    judgement = driver(vm(), dsm_computers=(computer(appliance_status="error"),))
    assert judgement.blocks


@pytest.mark.parametrize("state", ["poweredOff", "suspended"])
def test_a_vm_that_does_not_run_is_not_judged(state):
    """A VM that is off has no driver that could run."""
    judgement = driver(vm(power_state=state), tools=(guest_tools(file_agent_version=""),))
    assert judgement.outcome is NA
    assert judgement.examined == 0


def test_only_vms_of_an_appliance_are_judged():
    """A VM that its own agent alone protects needs no driver; one that both protect does."""
    alone = computer(agent_status="active", appliance_status="inactive")
    assert driver(vm(), dsm_computers=(alone, agent())).outcome is NA
    both = computer(agent_status="active")
    bad = driver(vm(), dsm_computers=(both,), tools=(guest_tools(file_agent_version=""),))
    assert bad.outcome is F


@pytest.mark.parametrize("order", [1, -1])
def test_two_answers_for_one_computer_do_not_hide_each_other(order):
    """Of two fleets that tell of one VM the bad answer counts; one without answer tells nothing."""
    good, bad = desktop(), desktop("STOPPED")
    judgement = driver(vm(), machines=(good, bad)[::order])
    assert told(judgement) == [(VDI, STOPPED, AGREED)]
    unread = desktop(answer=Unread("vdi-01: connection refused"))
    assert driver(vm(), machines=(good, unread)[::order]).outcome is P
    assert driver(vm(), machines=(bad, unread)[::order]).outcome is F
    assert driver(vm(), machines=(unread, unread)).outcome is U


def test_a_guest_of_which_nobody_tells_is_undetermined():
    """Neither NSX-T nor a fleet knows the VM: nobody can say that its driver works."""
    reason = "neither NSX-T nor a Windows fleet of the environment tells of its driver"
    for judgement in (
        driver(vm()),
        driver(vm(), tools=(), machines=()),
        driver(vm(), tools=(guest_tools(vm_uuid=OTHER_VCENTER_UUID),)),
    ):
        assert judgement.outcome is U
        assert missed(judgement) == [(VDI, reason)]


def test_a_machine_without_answer_is_undetermined():
    """A guest that did not answer keeps its reason."""
    silent = desktop(answer=Unread("vdi-01: connection refused"))
    judgement = driver(vm(), machines=(silent,))
    assert judgement.outcome is U
    assert missed(judgement) == [(VDI, "vdi-01: connection refused")]


def test_a_machine_that_the_environment_names_is_nobodys_computer():
    """Without the manager's number a machine cannot be matched: names are not trusted."""
    named = desktop(computer_id=None, agentless=None)
    parts = {"named": (named,)}
    assert driver(vm(), texts=(NAMED,), all_windows_machines=parts).outcome is U


def test_the_numbers_of_another_manager_are_not_ours():
    """Two managers number their computers from one: only our own fleet counts."""
    parts = {"fleet": (desktop("STOPPED"),), "fleet-b": (desktop(name="stranger"),)}
    texts = (SECOND_DSM, FLEET_OF_SECOND)
    judgement = driver(vm(), machines=(), texts=texts, all_windows_machines=parts)
    assert judgement.outcome is F
    only_theirs = {"fleet": (), "fleet-b": (desktop(name="stranger"),)}
    judgement = driver(vm(), machines=(), texts=texts, all_windows_machines=only_theirs)
    assert judgement.outcome is U


@pytest.mark.parametrize(
    "changes",
    [
        {"vm_uuid": "42010000-0000-4000-8000-00000000ffff"},
        {"vm_uuid": None},
        {"vcenter_uuid": OTHER_VCENTER_UUID},
    ],
)
def test_a_vm_that_no_vcenter_lists_is_undetermined(changes):
    """A protected VM that nobody can find may be running, without a driver."""
    judgement = driver(vm(), orphan(), tools=(guest_tools(),), dsm_computers=(computer(**changes),))
    assert judgement.outcome is U
    assert [subject for subject, _ in missed(judgement)] == ["vdi-01 (computer 101)"]


def test_a_copy_that_is_off_does_not_hide_the_vm():
    """Two VMs of one uuid, of which one is off: nobody can say which one is meant."""
    copy = vm(moref="vm-102", power_state="poweredOff", instance_uuid=OTHER_VCENTER_UUID)
    for order in ((vm(), copy), (copy, vm())):
        assert driver(*order, tools=(guest_tools(),)).outcome is U


@pytest.mark.parametrize("name", ["all_nsxt_guest_tools", "all_windows_machines"])
def test_an_unread_source_is_undetermined(name):
    """What NSX-T or the fleet did not tell is not taken for nothing."""
    slug = {"all_nsxt_guest_tools": "nsxt", "all_windows_machines": "fleet"}[name]
    judgement = driver(
        vm(), tools=(), machines=(), **{name: {slug: Unread(f"{slug}: login refused")}}
    )
    assert judgement.outcome is U
    assert judgement.reason == f"{slug}: login refused"


def test_uuids_are_matched_in_any_case():
    """One product writes uuids in capitals where another does not."""
    upper = guest_tools(vm_uuid=INSTANCE_UUID.upper(), file_agent_version="")
    assert driver(vm(), tools=(upper,)).outcome is F
    lower = guest_tools(file_agent_version="")
    assert driver(vm(instance_uuid=INSTANCE_UUID.upper()), tools=(lower,)).outcome is F


@pytest.mark.parametrize("order", [1, -1])
def test_two_nsx_t_that_disagree_do_not_hide_each_other(order):
    """Of two NSX-T that list the same VM, the good answer must not cover the bad one."""
    answers = [guest_tools(), guest_tools(file_agent_version="")][::order]
    second = NSXT.replace('slug = "nsxt"', 'slug = "nsxt-b"').replace("nsxt.ex", "nsxt-b.ex")
    parts = {"nsxt": (answers[0],), "nsxt-b": (answers[1],)}
    judgement = driver(vm(), tools=(), texts=(second,), all_nsxt_guest_tools=parts)
    assert told(judgement) == [(VDI, NO_AGENT, AGREED)]


def test_a_lost_vm_that_was_off_is_not_left_out():
    """Of a VM that vCenter cannot reach, the power state is the last one that it saw."""
    lost = vm(power_state="poweredOff", connection_state="inaccessible")
    judgement = driver(lost, tools=(guest_tools(),))
    assert judgement.outcome is U
    assert missed(judgement) == [(VDI, "vCenter calls the VM inaccessible")]
