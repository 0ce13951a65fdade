"""VC-ALARM-001, VC-TASK-001 and VC-SNAP-001: what lies about in a vCenter before a change."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kanmon.check import Outcome, Severity
from kanmon.errors import TargetLost
from kanmon.facts import Unread
from kanmon.facts.vcenter.management import Activity
from tests.checks.vcenter_facts import (
    OTHERS,
    QUESTION,
    ago,
    alarm,
    node_vm,
    snapshot,
    task,
    upkeep,
)
from tests.facts_by_hand import (
    DSM,
    NOW,
    NSXV,
    VC_MAIN,
    VM_UUID,
    computer,
    environment,
    host,
    moment,
    second_host,
)
from tests.judging import answered, judged, missed, told

VCENTER = environment(VC_MAIN).vcenter[0]
HOST = "esx-01.example.jp (host-21)"


def notes(judgement) -> dict[str, str]:
    return {note.subject: note.text for note in judgement.notes}


# Alarms


def alarms(*open_ones):
    """The check on these alarms."""
    hosts = (host(), second_host())
    return judged("VC-ALARM-001", vcenter=VCENTER, vcenter_alarms=open_ones, vcenter_hosts=hosts)


def test_no_alarm_passes():
    """Without an alarm every host counts as examined, so silence is no gap."""
    judgement = alarms()
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 2


@pytest.mark.parametrize(
    ("acknowledged", "word"), [(False, "not acknowledged"), (True, "acknowledged")]
)
def test_a_red_alarm_asks_for_a_sign_off(acknowledged, word):
    """To acknowledge an alarm mends nothing; the finding says whether somebody did."""
    judgement = alarms(alarm(acknowledged=acknowledged))
    found = f"red alarm 'Host memory' since 2026-11-23 07:00 UTC, {word}"
    assert told(judgement) == [(HOST, found, "no red alarm")]
    assert judgement.weight is Severity.WARNING


def test_yellow_alarms_are_noted():
    """A yellow one fails nothing and stands beside."""
    judgement = alarms(alarm(status="yellow"))
    assert judgement.outcome is Outcome.PASS
    assert notes(judgement)[HOST].startswith("yellow alarm 'Host memory'")


def test_a_status_that_nobody_knows_is_no_yellow():
    """A word that is neither green, gray nor yellow is told as a finding."""
    assert alarms(alarm(status="purple")).outcome is Outcome.FAIL


def test_an_alarm_of_something_else_is_examined_too():
    """A datastore's alarm counts its datastore beside the hosts."""
    one = alarm(entity="datastore-9", entity_name="ds")
    judgement = alarms(one, alarm(), alarm(name="Host CPU"))
    assert judgement.examined == 3
    assert len(judgement.findings) == 3


# Tasks and questions


def activity(*tasks, questions=(), vms=5):
    """The check on what is under way."""
    facts = Activity(vms, tasks, questions)
    return judged("VC-TASK-001", vcenter=VCENTER, vcenter_activity=facts)


def test_a_quiet_vcenter_passes():
    """Every VM was asked."""
    judgement = activity()
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 5


@pytest.mark.parametrize(
    ("one", "subject", "found"),
    [
        (
            task(),
            "vdi-01: VirtualMachine.clone (task-7)",
            "running since 2026-11-23 08:55 UTC",
        ),
        (
            task(entity_name=None, state="queued"),
            "vc-main: VirtualMachine.clone (task-7)",
            "queued since 2026-11-23 08:55 UTC",
        ),
    ],
)
def test_a_task_asks_for_a_sign_off(one, subject, found):
    """Running or queued, with its object or vCenter's own."""
    judgement = activity(one)
    assert told(judgement) == [(subject, found, "no task under way")]
    assert judgement.weight is Severity.WARNING


def test_a_question_asks_for_a_sign_off():
    """A VM that waits for an answer is named with what it asks."""
    judgement = activity(questions=(QUESTION,))
    found = "it asks: Did you move it or copy it?"
    assert told(judgement) == [("vdi-01 (vm-101)", found, "no question")]


# Snapshots

NODE = "dsm1-vm (vc-main vm-401)"
NOWHERE = "no vCenter lists it: physical, elsewhere, without VMware Tools, or hidden from us"


def snapshots(*vms, computers=(), named=(VC_MAIN, NSXV, DSM), others=OTHERS, more=None):
    """The check on these and the other VMs of vc-main, and on those of more vCenters."""
    return judged(
        "VC-SNAP-001",
        all_vcenter_upkeep={"vc-main": (*vms, *others), **(more or {})},
        all_dsm_computers=computers if isinstance(computers, dict) else {"dsm": computers},
        environment=environment(*named),
        moment=moment(),
    )


def test_a_clean_vm_of_the_change_passes():
    """Only the VMs of the change are judged; the notes say which is which."""
    judgement = snapshots(node_vm(), upkeep())
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 5
    assert notes(judgement) == {
        NODE: "it is dsm-1",
        "dsm2 (vc-main vm-402)": "it is dsm-2",
        "sql1 (vc-main vm-403)": "it is dsm-db",
        "nsxv-main (vc-main vm-404)": "it is nsxv-main",
        "vc-main (vc-main vm-405)": "it is vc-main",
    }


def test_a_machine_that_no_vcenter_lists_is_undetermined():
    """A hidden VM may have any snapshot: only a person's word helps."""
    judgement = snapshots(node_vm(), others=())
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.examined == 5
    assert sorted(missed(judgement)) == [
        ("dsm-2 (dsm2.example.jp)", NOWHERE),
        ("dsm-db (sql1.example.jp)", NOWHERE),
        ("nsxv-main (nsxv-main.example.jp)", NOWHERE),
        ("vc-main (vc-main.example.jp)", NOWHERE),
    ]
    assert answered("VC-SNAP-001", judgement).outcome is Outcome.ATTESTED


def test_a_machine_may_be_in_any_vcenter():
    """A node that the other vCenter lists is found there, and judged there."""
    elsewhere = node_vm(snapshots=(snapshot(days=9),))
    judgement = snapshots(upkeep(), more={"vc-other": (elsewhere,)})
    assert [subject for subject, *_ in told(judgement)] == ["dsm1-vm (vc-other vm-401)"]


def test_a_vcenter_that_was_not_read_is_named():
    """The machines that it may list are unknown, whatever a person says; others are judged."""
    down = Unread(TargetLost("connect", "vc-other: down").message)
    judgement = snapshots(node_vm(), more={"vc-other": down})
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [("vc-other", down.reason)]
    assert answered("VC-SNAP-001", judgement) == judgement


def test_without_a_vcenter_there_is_nothing_to_judge():
    """An environment that names none has no VM of the change."""
    judgement = judged(
        "VC-SNAP-001",
        all_vcenter_upkeep={},
        all_dsm_computers={},
        environment=environment(DSM),
        moment=moment(),
    )
    assert judgement.outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    "changes",
    [
        {"host_name": "DSM1.example.jp."},
        {"host_name": "dsm1"},
        {"host_name": None, "address": "dsm1.example.jp"},
    ],
)
def test_a_vm_is_known_by_what_its_guest_says(changes):
    """Host name in any spelling, with or without its domain, or the address."""
    assert notes(snapshots(node_vm(**changes)))[NODE] == "it is dsm-1"


@pytest.mark.parametrize(
    "changes", [{"host_name": "dsm1.other.jp"}, {"host_name": "dsm11"}, {"host_name": None}]
)
def test_another_machine_is_not_taken_for_it(changes):
    """A name in another domain, a longer one, and silence are other machines."""
    judgement = snapshots(node_vm(**changes))
    assert ("dsm-1 (dsm1.example.jp)", NOWHERE) in missed(judgement)


def test_a_number_is_no_short_name():
    """The first part of an IP address is nobody's host name."""
    database = DSM.replace("sql1.example.jp", "10.1.2.3")
    judgement = snapshots(upkeep(host_name="10"), named=(VC_MAIN, database))
    assert ("dsm-db (10.1.2.3)", NOWHERE) in missed(judgement)


def test_a_vm_is_known_by_the_computer_of_a_manager():
    """The manager knows the BIOS uuid of the computer at a node's address."""
    at_node = computer(host_name="dsm1.example.jp", last_ip="192.0.2.11", vm_uuid=VM_UUID.upper())
    silent = node_vm(host_name=None, address=None)
    assert notes(snapshots(silent, computers=(at_node,)))[NODE] == "it is dsm-1"


def test_a_manager_that_was_not_read_is_undetermined():
    """Without its computers nobody can say which VM is whose."""
    judgement = snapshots(node_vm(), computers={"dsm": Unread("down")})
    assert judgement.outcome is Outcome.UNDETERMINED


def test_an_old_snapshot_asks_for_a_sign_off():
    """The oldest is told, and how many more there are."""
    vm = node_vm(snapshots=(snapshot(hours=73), snapshot(days=9), snapshot(hours=1)))
    judgement = snapshots(vm)
    found = "snapshot 'before patch' of 2026-11-14 09:00 UTC, and 1 more"
    assert told(judgement) == [(NODE, found, "none older than 72 h")]
    assert judgement.weight is Severity.WARNING
    assert answered("VC-SNAP-001", judgement) == judgement


@pytest.mark.parametrize(
    ("hours", "outcome"), [(71.9, Outcome.PASS), (72, Outcome.PASS), (72.1, Outcome.FAIL)]
)
def test_the_age_that_is_accepted(hours, outcome):
    """At the tolerance a snapshot is young enough, beyond it no longer."""
    assert snapshots(node_vm(snapshots=(snapshot(hours=hours),))).outcome is outcome


def test_the_operator_decides_the_age():
    """A lower tolerance of the environment makes the same snapshot old."""
    vm = node_vm(snapshots=(snapshot(hours=5),))
    lower = "[tolerances]\nsnapshot_hours = 4\n"
    judgement = snapshots(vm, named=(VC_MAIN, NSXV, DSM, lower))
    assert told(judgement)[0][2] == "none older than 4 h"


def test_a_snapshot_from_the_future_is_undetermined():
    """Where clocks disagree no age can be told."""
    vm = node_vm(snapshots=(snapshot(minutes=-2),))
    judgement = snapshots(vm)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert snapshots(node_vm(snapshots=(snapshot(seconds=-60),))).outcome is Outcome.PASS


@pytest.mark.parametrize(("needed", "outcome"), [(True, Outcome.FAIL), (None, "undetermined")])
def test_consolidation(needed, outcome):
    """Disks that need it ask for a sign-off; where vCenter does not say, nobody can."""
    judgement = snapshots(node_vm(consolidation_needed=needed))
    assert judgement.outcome == outcome


def test_other_vms_are_noted():
    """What the change does not name is counted, the first of them by name."""
    old = [upkeep(moref=f"vm-{n}", name=f"p{n}", snapshots=(snapshot(days=4),)) for n in range(7)]
    judgement = snapshots(node_vm(), upkeep(consolidation_needed=True), *old)
    assert judgement.outcome is Outcome.PASS
    assert notes(judgement)["other VMs with snapshots older than 72 h"] == (
        "p0 (vc-main vm-0), p1 (vc-main vm-1), p2 (vc-main vm-2), p3 (vc-main vm-3), "
        "p4 (vc-main vm-4) and 2 more"
    )
    assert notes(judgement)["other VMs that need consolidation"] == "print-01 (vc-main vm-500)"


def test_the_moment_is_that_of_the_run():
    """Facts that are judged again later are judged by the time at which they were read."""
    assert ago(hours=1) == NOW - timedelta(hours=1)
    judgement = judged(
        "VC-SNAP-001",
        all_vcenter_upkeep={"vc-main": (node_vm(snapshots=(snapshot(hours=1),)),)},
        all_dsm_computers={"dsm": ()},
        environment=environment(VC_MAIN, DSM),
        moment=moment(now=NOW + timedelta(hours=72)),
    )
    assert judgement.outcome is Outcome.FAIL
