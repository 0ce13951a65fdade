"""What lies about in a vCenter before a change: alarms, tasks, snapshots."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kanmon.check import (
    ALL,
    VSPHERE,
    Attestable,
    Finding,
    Judge,
    Note,
    Problem,
    Severity,
    Unknown,
    check,
    known,
)
from kanmon.environment.file import Environment
from kanmon.environment.targets import VCenter
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer
from kanmon.facts.run import Moment
from kanmon.facts.vcenter.inventory import Host
from kanmon.facts.vcenter.management import Activity, Alarm, Snapshot, VmUpkeep
from kanmon.matching import Place, places, vms_of
from kanmon.text import Text, shortened

NAMED = 5
"""Objects that a note names before it counts."""
NOWHERE = Text("no vCenter lists it: physical, elsewhere, without VMware Tools, or hidden from us")


@check(
    "VC-ALARM-001",
    severity=Severity.WARNING,
    attestable=Attestable.MOMENTARY,
    steps=VSPHERE,
    phases=("pre", "post"),
    remediation="Remove the cause of each red alarm in vCenter; acknowledging it is not enough.",
    refs=("https://developer.broadcom.com (vSphere Web Services API, AlarmState)",),
)
def test_no_red_alarm_is_open(
    vcenter: VCenter,
    vcenter_alarms: tuple[Alarm, ...],
    vcenter_hosts: tuple[Host, ...],
    judge: Judge,
) -> None:
    """No red alarm is open; yellow ones are listed.

    vCenter itself says that something is broken. What was broken before the change cannot be told
    from what the change breaks, and a host or datastore in trouble is no place to evacuate to.
    """
    objects = {host.moref for host in vcenter_hosts} | {one.entity for one in vcenter_alarms}
    told = [(f"{one.entity_name} ({one.entity})", _alarm(one), one) for one in vcenter_alarms]
    judge(
        examined=len(objects),
        of=Text("hosts of {slug} and other objects with an alarm", slug=vcenter.slug),
        problems=[
            Finding(subject, text, Text("no red alarm"))
            for subject, text, one in told
            if one.status != "yellow"
        ],
        notes=[Note(subject, text) for subject, text, one in told if one.status == "yellow"],
    )


def _alarm(alarm: Alarm) -> str:
    found = Text(
        "{status} alarm '{name}' since {since}",
        status=alarm.status,
        name=alarm.name,
        since=_told(alarm.since),
    )
    if alarm.acknowledged:
        return Text("{alarm}, acknowledged", alarm=found)
    return Text("{alarm}, not acknowledged", alarm=found)


@check(
    "VC-TASK-001",
    severity=Severity.WARNING,
    attestable=Attestable.MOMENTARY,
    steps=VSPHERE,
    phases=("pre",),
    remediation="Wait for the named task to end or cancel it, and answer the question of the VM.",
    refs=("https://developer.broadcom.com (vSphere Web Services API, TaskManager.recentTask)",),
)
def test_nothing_is_under_way(vcenter: VCenter, vcenter_activity: Activity, judge: Judge) -> None:
    """No task is running and no VM waits on a question.

    The upgrade stops vCenter in the middle of a task, and half a clone or migration stays behind.
    A VM that waits for an answer stands still: its host cannot be evacuated.
    """
    found = [
        Finding(
            f"{one.entity_name or vcenter.slug}: {one.label}",
            Text("{state} since {since}", state=one.state, since=_told(one.since)),
            Text("no task under way"),
        )
        for one in vcenter_activity.tasks
    ]
    found += [
        Finding(
            f"{one.vm_name} ({one.vm})",
            Text("it asks: {text}", text=one.text[:200]),
            Text("no question"),
        )
        for one in vcenter_activity.questions
    ]
    judge(
        examined=vcenter_activity.vms + len(vcenter_activity.tasks),
        of=Text("VMs of {slug} and tasks that have not ended", slug=vcenter.slug),
        problems=found,
    )


@check(
    "VC-SNAP-001",
    severity=Severity.WARNING,
    attestable=Attestable.CONFIGURATION,
    steps=ALL,
    phases=("pre",),
    remediation="Remove the snapshot, or consolidate the disks, while nothing is changed yet; take "
    "the snapshot that the change itself asks for shortly before it. Of a machine that is no VM of "
    "these vCenters, name who says so in an [[attestation]] of VC-SNAP-001.",
    refs=("https://kb.vmware.com/s/article/1025279",),
)
def test_vms_of_the_change_have_no_old_snapshot(
    all_vcenter_upkeep: dict[str, tuple[VmUpkeep, ...] | Unread],
    all_dsm_computers: dict[str, tuple[Computer, ...] | Unread],
    environment: Environment,
    moment: Moment,
    judge: Judge,
) -> None:
    """No VM of the change has an old snapshot, none needs consolidation.

    A machine that writes much, as a database does while its schema is upgraded, fills its datastore
    by an old snapshot; and going back to it would go back further than the change. A machine of the
    change that no vCenter lists is physical or hidden from the account: a person has to say which.
    """
    if not all_vcenter_upkeep:
        judge.not_applicable(Text("the environment names no vCenter"))
    computers = [one for part in all_dsm_computers.values() for one in known(part)]
    every, unread = _every_vm(all_vcenter_upkeep)
    stands: dict[_Vm, list[str]] = {}
    missing: list[Place] = []
    for place in places(environment, computers):
        found = [one for one in every if vms_of(place, (one.upkeep,))]
        missing += [] if found else [place]
        for vm in found:
            stands.setdefault(vm, []).append(place.slug)
    problems = [one for vm in stands for one in _upkeep(vm, environment, moment)]
    untold = [Unknown(f"{place.slug} ({place.address})", NOWHERE) for place in missing]
    notes = [
        Note(vm.subject, Text("it is {slugs}", slugs=", ".join(slugs)))
        for vm, slugs in stands.items()
    ]
    others = [vm for vm in every if vm not in stands]
    judge(
        examined=len(stands) + len(missing) + len(unread),
        of=Text("machines of the change"),
        problems=[*problems, *untold, *unread],
        notes=[*notes, *_other_vms(others, environment, moment)],
    )


@dataclass(frozen=True, slots=True)
class _Vm:
    """A VM and the vCenter that lists it."""

    vcenter: str
    upkeep: VmUpkeep

    @property
    def subject(self) -> str:
        return f"{self.upkeep.name} ({self.vcenter} {self.upkeep.moref})"


def _every_vm(
    parts: Mapping[str, tuple[VmUpkeep, ...] | Unread],
) -> tuple[list[_Vm], list[Unknown]]:
    """The VMs of every vCenter, and the vCenters of which nobody knows them."""
    unread = [
        Unknown(slug, part.reason) for slug, part in parts.items() if isinstance(part, Unread)
    ]
    listed = [(slug, part) for slug, part in parts.items() if not isinstance(part, Unread)]
    return [_Vm(slug, vm) for slug, part in listed for vm in part], unread


def _upkeep(vm: _Vm, environment: Environment, moment: Moment) -> Iterator[Problem]:
    """What is wrong with a VM; of several snapshots the oldest is told."""
    hours = environment.tolerances.snapshot_hours
    if old := _old(vm, environment, moment):
        first = min(old, key=lambda one: one.created)
        found = Text(
            "snapshot '{name}' of {created}", name=first.name, created=_told(first.created)
        )
        if len(old) > 1:
            found = Text("{snapshot}, and {more} more", snapshot=found, more=len(old) - 1)
        yield Finding(vm.subject, found, Text("none older than {hours} h", hours=f"{hours:g}"))
    ahead = moment.now + timedelta(seconds=environment.tolerances.clock_seconds)
    if any(one.created > ahead for one in vm.upkeep.snapshots):
        yield Unknown(vm.subject, Text("it has a snapshot from the future: the clocks disagree"))
    if vm.upkeep.consolidation_needed:
        yield Finding(vm.subject, Text("its disks need consolidation"), Text("none needed"))
    elif vm.upkeep.consolidation_needed is None:
        yield Unknown(vm.subject, Text("vCenter does not say whether its disks need consolidation"))


def _old(vm: _Vm, environment: Environment, moment: Moment) -> list[Snapshot]:
    oldest = moment.now - timedelta(hours=environment.tolerances.snapshot_hours)
    return [one for one in vm.upkeep.snapshots if one.created < oldest]


def _other_vms(vms: Sequence[_Vm], environment: Environment, moment: Moment) -> Iterator[Note]:
    """What is known of VMs that the change does not name."""
    hours = environment.tolerances.snapshot_hours
    old = [vm.subject for vm in vms if _old(vm, environment, moment)]
    split_up = [vm.subject for vm in vms if vm.upkeep.consolidation_needed]
    if old:
        yield Note(f"other VMs with snapshots older than {hours:g} h", shortened(old, NAMED))
    if split_up:
        yield Note("other VMs that need consolidation", shortened(split_up, NAMED))


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
