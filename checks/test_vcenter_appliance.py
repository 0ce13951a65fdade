"""The machine of a vCenter: how it is deployed, its backup, and its room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from kanmon.check import (
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
from kanmon.facts.run import Moment
from kanmon.facts.vcenter.appliance import Appliance, Backup, Partition, Storage
from kanmon.facts.vcenter.inventory import About
from kanmon.knowledge import Citation
from kanmon.knowledge.appliances import PartitionLimit
from kanmon.knowledge.lookup import deployments, partition_limits
from kanmon.planning.course import Planned
from kanmon.planning.estate import Component
from kanmon.text import Text
from kanmon.versions import VSphere

PATIENT = ("PENDING", "RUNNING", "BLOCKED", "INPROGRESS", "NONE")
"""How the appliance calls a backup job that has no result yet."""


@check(
    "VC-PSC-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("vsphere-target",),
    phases=("pre",),
    remediation="Plan the migration of a vCenter on Windows to an appliance: the installer has a "
    "procedure of its own for it. With an external Platform Services Controller plan its "
    "convergence and decommissioning into the change, or converge it before.",
    refs=("table:vcenter_deployments",),
)
def test_deployment_is_one_that_the_upgrade_takes(
    vcenter: VCenter,
    vcenter_about: About,
    all_vcenter_appliance: dict[str, Appliance | Unread],
    planned: Planned,
    judge: Judge,
) -> None:
    """No external PSC, no Windows vCenter, no external database stands in the way of 7.0.

    7.0 exists as an appliance with everything in it. A vCenter on Windows cannot be upgraded at
    all; an external Platform Services Controller is drawn in, which moves the address that every
    product which logs in through it knows. An appliance of 6.5 or later has no external database.
    """
    promised = planned.promised("vsphere-target", Component("vcenter", vcenter.slug))
    if promised is None:
        judge.not_applicable(Text("vsphere-target is not to move it"))
    target = VSphere.parse(str(promised.version))
    rows = deployments(target)
    if not rows:
        judge.not_applicable(Text("{target} takes every deployment", target=target))
    windows = vcenter_about.os_type.startswith("win")
    word = "Windows" if windows else known(all_vcenter_appliance[vcenter.slug]).deployment
    row = rows.get(word)
    if row is None:
        judge.undetermined(
            Text("no row of vcenter_deployments knows a deployment {word}", word=repr(word))
        )
    severity = Severity.WARNING if row.outcome == "changes" else None
    wrong = Finding(
        vcenter.where,
        Text("{deployment}: {effect}", deployment=word, effect=row.effect),
        Text("an appliance with everything in it"),
        row.citation,
        severity,
    )
    judge(
        examined=1,
        of=Text("deployments of vCenter"),
        problems=[] if row.outcome == "stays" else [wrong],
        rests_on=[row.citation],
    )


@check(
    "VC-BKP-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=VSPHERE,
    phases=("pre",),
    remediation="Run a file-based backup from the management interface (port 5480, Backup) and see "
    "it end in success. Where it is backed up in another way, or kanmon cannot see the jobs, "
    "attest the backup in an [[attestation]] of VC-BKP-001.",
    refs=("https://developer.broadcom.com/xapis/vsphere-automation-api (backup job details)",),
)
def test_backup_is_recent(
    vcenter: VCenter,
    vcenter_backups: tuple[Backup, ...],
    environment: Environment,
    moment: Moment,
    judge: Judge,
) -> None:
    """A file-based backup of vCenter finished successfully within the allowed age.

    The upgrade deploys a new appliance and moves the data over; when that ends half way and the old
    one was changed meanwhile, the backup is the only way back.
    """
    hours = environment.tolerances.backup_hours
    oldest = moment.now - timedelta(hours=hours)
    latest = moment.now + timedelta(seconds=environment.tolerances.clock_seconds)
    of = Text("file-based backups of {slug}", slug=vcenter.slug)
    seen = sorted(vcenter_backups, key=lambda job: job.id)
    good = any(_ended_between(job, oldest, latest) for job in seen)
    problems = (
        []
        if good
        else [
            _no_backup(vcenter, seen, oldest, Text("one within {hours} hours", hours=f"{hours:g}"))
        ]
    )
    failed = [
        Note(job.id, Text("this backup is {status}", status=job.status))
        for job in seen[-1:]
        if _bad(job)
    ]
    judge(examined=1, of=of, problems=problems, notes=failed if good else [])


def _ended_between(job: Backup, oldest: datetime, latest: datetime) -> bool:
    ended = job.ended
    return job.status == "SUCCEEDED" and ended is not None and oldest <= ended <= latest


def _bad(job: Backup) -> bool:
    return job.status not in ("SUCCEEDED", *PATIENT)


def _no_backup(
    vcenter: VCenter, jobs: Sequence[Backup], oldest: datetime, expected: str
) -> Problem:
    """What is said of a vCenter without a successful backup of the allowed age."""
    for job in reversed(jobs):
        old = job.ended is not None and job.ended < oldest
        if not old and (doubt := _doubt(job)):
            return Unknown(vcenter.where, doubt)
    if not jobs:
        reason = Text("it knows no job of a file-based backup: is it backed up in another way?")
        return Unknown(vcenter.where, reason)
    ends = [job.ended for job in jobs if job.status == "SUCCEEDED" and job.ended]
    good = (
        Text("last success {ends} UTC", ends=f"{max(ends):%Y-%m-%d %H:%M}")
        if ends
        else Text("no successful backup")
    )
    last = Text("last job {id} {status}", id=jobs[-1].id, status=jobs[-1].status)
    return Finding(vcenter.where, Text.joined(", ", (good, last)), expected)


def _doubt(job: Backup) -> str:
    """Why a job that is not known to be old may be a good one after all; empty where it is none."""
    if job.status == "SUCCEEDED":
        if job.ended is None:
            return Text("backup {id} has no end: do the clocks agree?", id=job.id)
        return Text("backup {id} ended {ended}: do the clocks agree?", id=job.id, ended=job.ended)
    if _bad(job) and job.status != "FAILED":
        return Text(
            "backup {id} has the status {status}, which nobody knows", id=job.id, status=job.status
        )
    return ""


@check(
    "VC-DISK-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=VSPHERE,
    phases=("pre",),
    remediation="Free the named partition or enlarge its disk (KB 2145603); stage 2 of the "
    "installer tells how much the export needs and lets another directory be chosen for it. Look "
    "on the appliance how full a partition without a sample is (df -h), and attest it.",
    refs=("table:partition_limits",),
)
def test_appliance_has_room_for_the_export(
    vcenter: VCenter,
    vcenter_storage: Storage,
    judge: Judge,
) -> None:
    """The appliance's partitions have the free space that the upgrade's export needs.

    The upgrade writes the configuration and the database of the old appliance onto its own disks
    before it moves them. No text says how much that takes: a partition that is nearly full is a
    warning, and one with no room left stops the upgrade. For one that the appliance does not
    measure a named person may answer.
    """
    partitions = vcenter_storage.partitions
    judge(
        examined=1 if isinstance(partitions, Unread) else len(partitions),
        of=Text("file systems of {slug}", slug=vcenter.slug),
        problems=_full(partitions),
        rests_on=_limits(partitions),
        notes=[Note(vcenter.where, text) for text in _rooms(partitions)],
    )


def _full(partitions: Sequence[Partition] | Unread) -> Iterator[Problem]:
    """Partitions that are too full, or may be; of those without a sample a person may know."""
    if isinstance(partitions, Unread):
        yield Unknown("partitions", partitions.reason)
        return
    for one in partitions:
        subject, rows = f"partition {one.name}", partition_limits(one.name)
        if not rows:
            yield Unknown(subject, Text("no row of partition_limits says how full it may be"))
        elif not any(row.percent for row in rows):
            continue
        elif one.used is None or not one.total:
            reason = Text("the appliance has no sample of it: look how full it is (df -h)")
            yield Unknown(subject, reason)
        else:
            yield from _over(subject, 100 * one.used / one.total, rows)


def _over(subject: str, used: float, rows: Sequence[PartitionLimit]) -> Iterator[Finding]:
    """The gravest of the limits that a partition has reached, in percent of its size."""
    row = next((row for row in rows if row.percent and used >= row.percent), None)
    if row:
        yield Finding(
            subject,
            Text("{used:.0f} % used", used=used),
            Text("less than {percent} % used", percent=row.percent),
            row.citation,
            Severity.named(row.weight),
        )


def _limits(partitions: Sequence[Partition] | Unread) -> list[Citation]:
    """The rows that the partitions were compared with."""
    named = [] if isinstance(partitions, Unread) else partitions
    rows = [row for one in named for row in partition_limits(one.name)]
    return list(dict.fromkeys(row.citation for row in rows))


def _rooms(partitions: Sequence[Partition] | Unread) -> Iterator[str]:
    """Each partition with the space that it has left."""
    if isinstance(partitions, Unread):
        return
    told = [
        Text(
            "{name} {free:.1f} of {total:.1f} GiB",
            name=one.name,
            free=(one.total - one.used) / 2**20,
            total=one.total / 2**20,
        )
        for one in partitions
        if one.used is not None and one.total
    ]
    if told:
        yield Text("free: {told}", told=Text.joined(", ", told))
