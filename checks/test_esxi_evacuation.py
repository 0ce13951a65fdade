"""Whether hosts can be emptied, one after the other."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

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
)
from kanmon.environment.targets import VCenter
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer
from kanmon.facts.run import Moment
from kanmon.facts.vcenter.clusters import AGENT_MANAGER, Cluster, RunningVm, Tie
from kanmon.facts.vcenter.inventory import Host
from kanmon.judging.evacuation import NOTHING, Load, bound, fits, loads, need
from kanmon.judging.hosts import moving, open_ends, releases, runs
from kanmon.judging.records import Occupancy
from kanmon.knowledge import load
from kanmon.knowledge.vmotion import VmotionTie
from kanmon.matching import is_vcls, vcls_by_name
from kanmon.planning.course import Planned
from kanmon.planning.estate import Component
from kanmon.text import Text, shortened

AUTOMATIC = "fullyAutomated"


class Figure(NamedTuple):
    """A figure of ``kanmon.judging.evacuation.Need`` that has to find room."""

    name: str
    what: str
    scale: int
    severity: Severity | None = None


FIGURES = (
    Figure("memory", Text("GiB of memory that is used or guaranteed"), 1024),
    Figure("cpu", Text("GHz of CPU that are used or guaranteed"), 1000),
    Figure("consumed", Text("GiB of memory that VMs consume"), 1024, Severity.WARNING),
)

SHOWN = 5
"""VMs of a host that a finding names."""


@check(
    "ESX-EVAC-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=VSPHERE,
    phases=("pre",),
    remediation="Make room in the named cluster (switch off or move VMs, bring hosts back into "
    "service, give them vMotion), take away what ties the named VMs to their host or switch them "
    "off for the upgrade, and let DRS move VMs by itself or schedule operators for manual vMotion. "
    "Where VMs that no other host can take (on a host without a cluster, with a device or a disk "
    "of their host) are to be shut down with it, have the finding waived.",
    refs=("table:vmotion_ties",),
)
def test_any_host_can_be_emptied(
    vcenter: VCenter,
    occupancy: Occupancy,
    all_dsm_computers: dict[str, tuple[Computer, ...] | Unread],
    planned: Planned,
    moment: Moment,
    judge: Judge,
) -> None:
    """Each cluster can lose any one host: the others have room, and no VM is tied to it.

    A host is upgraded when nothing runs on it. Where a VM cannot leave, or the others have no room,
    the upgrade stands still in the middle of the window, with hosts of two releases in one cluster.
    Room is what is used or guaranteed now, without appliances, which go down with their host, and
    without VMs that a device or disk of their host ties: that these go down too a board accepts by
    a waiver. A cluster that has arrived is not evacuated again.
    """
    if not _moves_hosts(planned, moment, vcenter.slug):
        judge.not_applicable(Text("the step moves no host of {slug}", slug=vcenter.slug))
    done = _done(occupancy, _arrived(planned, moment, vcenter.slug, occupancy.vcenter_hosts))
    clusters = [one for one in occupancy.vcenter_clusters if one.members - done]
    hosts = [host for host in occupancy.vcenter_hosts if host.moref not in done]
    moved = [vm for vm in occupancy.vcenter_running if vm.host not in done]
    running = [vm for vm in moved if not is_vcls(vm)]
    appliances = _staying(running, all_dsm_computers)
    whole = loads(clusters, hosts, running, appliances)
    tied = [*chain.from_iterable(map(_tied_vms, _whole(whole, hosts)))]
    down = {vm.moref for vm, tie in tied if _goes_down(tie)}
    found = loads(clusters, hosts, running, appliances | down)
    judge(
        examined=len(clusters) + len(hosts) + len(running),
        of=Text("clusters, hosts and running VMs of {slug}", slug=vcenter.slug),
        problems=[
            *_problems(found, hosts, running),
            *(_tied(vm.label, tie) for vm, tie in tied),
        ],
        notes=[*_left_to_vcenter(vcenter, moved), *(n for one in whole for n in _notes(one))],
    )


def _arrived(planned: Planned, moment: Moment, slug: str, hosts: Sequence[Host]) -> set[str]:
    """Hosts that the steps ahead leave as they are; none where nobody knows what these do."""
    if open_ends(planned, moment, slug) or not releases(planned, moment, slug):
        return set()
    ahead = moving(planned, moment, slug, hosts)
    return {host.moref for host in hosts if runs(host) and host.moref not in ahead}


def _done(occupancy: Occupancy, arrived: Collection[str]) -> frozenset[str]:
    """The hosts of clusters of which every host has arrived: nothing has to leave them."""
    whole = (one.members for one in occupancy.vcenter_clusters if one.members.issubset(arrived))
    return frozenset[str]().union(*whole)


def _moves_hosts(planned: Planned, moment: Moment, slug: str) -> bool:
    """Whether the step moves hosts of a vCenter, as far as anybody can say."""
    part = Component("esxi", slug)
    estate = planned.plan.estate
    if planned.unjudged(moment, slug) or part not in estate.today:
        return True
    if moment.step is None:
        return not estate.arrived(part, estate.today[part])
    if planned.declared and planned.declared.refused:
        return True
    step = planned.step(moment.step)
    return step is not None and any(move.component == part for move in step.moves)


def _staying(
    running: Sequence[RunningVm], computers: dict[str, tuple[Computer, ...] | Unread]
) -> set[str]:
    """Appliances: what the agent manager deployed, and what a manager calls one."""
    uuids = {
        one.vm_uuid
        for part in computers.values()
        if not isinstance(part, Unread)
        for one in part
        if one.kind == "appliance" and one.vm_uuid
    }
    return {
        vm.moref
        for vm in running
        if vm.managed_by == AGENT_MANAGER or (vm.bios_uuid or "").lower() in uuids
    }


def _problems(
    found: Sequence[Load], hosts: Sequence[Host], running: Sequence[RunningVm]
) -> Iterator[Problem]:
    """What keeps hosts from being emptied, and of what nobody can say it."""
    seen = frozenset[str]().union(*(one.cluster.members for one in found))
    for host in hosts:
        if host.moref not in seen:
            yield Unknown(host.label, Text("vCenter shows it in no cluster any more"))
    for vm in running:
        yield from _unclear(vm, seen)
    for one in found:
        yield from _unread(one.cluster, hosts)
    for one in _whole(found, hosts):
        yield from _cluster(one, hosts)
        yield from _large(one)


def _whole(found: Iterable[Load], hosts: Iterable[Host]) -> list[Load]:
    """Clusters of which every host was read; what the others have room for nobody knows."""
    read = {host.moref for host in hosts}
    return [one for one in found if one.cluster.members <= read]


def _unread(cluster: Cluster, hosts: Iterable[Host]) -> Iterator[Unknown]:
    """That nobody can say what a cluster has room for."""
    if missing := cluster.members - {host.moref for host in hosts}:
        reason = Text("of its hosts {hosts} could not be read", hosts=", ".join(sorted(missing)))
        yield Unknown(cluster.label, reason)


def _unclear(vm: RunningVm, hosts: Collection[str]) -> Iterator[Unknown]:
    """Why nobody can say what becomes of a VM."""
    if vm.connection_state != "connected":
        yield Unknown(
            vm.label,
            Text("vCenter calls the VM {connection_state}", connection_state=vm.connection_state),
        )
    elif vm.host not in hosts:
        yield Unknown(vm.label, Text("vCenter does not list its host {host}", host=vm.host))
    elif need(vm) is None:
        yield Unknown(vm.label, Text("vCenter has no statistics of it"))
    elif isinstance(vm.ties, Unread):
        yield Unknown(vm.label, vm.ties.reason)
    else:
        yield from (Unknown(vm.label, reason) for reason in vm.untold)


def _cluster(found: Load, hosts: Sequence[Host]) -> Iterator[Problem]:
    """What keeps a cluster from losing one host, whichever it is."""
    cluster = found.cluster
    subject = cluster.label
    by_moref = {host.moref: host for host in hosts}
    for host in found.blind:
        yield Unknown(by_moref[host].label, Text("vCenter has no statistics of it"))
    alone = [host for host in found.leaving if not found.serving - {host}]
    if alone:
        name, count = by_moref[alone[0]].name, len(found.moving)
        vms = shortened(sorted(vm.label for vm in found.moving), SHOWN)
        seen = Text(
            "no host that vMotion leads to beside {name}, on which {count} VMs run: {vms}",
            name=name,
            count=count,
            vms=vms,
        )
        if all(one.vmotion for one in cluster.hosts):
            seen = Text(
                "no host in service beside {name}, on which {count} VMs run: {vms}",
                name=name,
                count=count,
                vms=vms,
            )
        yield Finding(subject, seen, Text("a host that can take them"))
        return
    for one in cluster.hosts:
        if one.host in found.leaving and not one.vmotion:
            here = sum(vm.host == one.host for vm in found.moving)
            seen = Text("vMotion is not enabled on it, and {here} VMs run there", here=here)
            yield Finding(by_moref[one.host].label, seen, Text("vMotion enabled"))
    yield from _room(found, subject, by_moref)
    for rule, count in found.crowded() if cluster.drs else ():
        seen = Text(
            "rule {name} keeps {count} running VMs apart on {hosts} hosts",
            name=rule.name,
            count=count,
            hosts=len(found.serving),
        )
        yield _tied(subject, Tie("apart", seen))
    if found.moving and cluster.drs != AUTOMATIC:
        seen = Text(
            "DRS is {drs}: {count} VMs wait for a hand",
            drs=cluster.drs or Text("off"),
            count=len(found.moving),
        )
        yield Finding(
            subject,
            seen,
            Text("{automatic}, or hands", automatic=AUTOMATIC),
            severity=Severity.WARNING,
        )


def _room(found: Load, subject: str, by_moref: dict[str, Host]) -> Iterator[Finding]:
    """What is lacking without the host that hurts most."""
    losses = found.losses()
    for figure in FIGURES if losses else ():
        lacking = {host: getattr(loss, figure.name) for host, loss in losses.items()}
        worst = max(lacking, key=lacking.__getitem__)
        if lacking[worst] > 0:
            seen = Text(
                "without {name} the others lack {amount:.1f} {what}",
                name=by_moref[worst].name,
                amount=lacking[worst] / figure.scale,
                what=figure.what,
            )
            yield Finding(subject, seen, Text("room for all of it"), severity=figure.severity)


def _tied_vms(found: Load) -> Iterator[tuple[RunningVm, Tie]]:
    """Everything that keeps VMs on their host, where their cluster has another one."""
    for vm in found.moving:
        if not isinstance(vm.ties, Unread) and found.beside(vm):
            yield from ((vm, tie) for tie in bound(vm, vm.ties, found))


def _goes_down(tie: Tie) -> bool:
    """Whether the VM has to be switched off with its host: then it needs no room elsewhere."""
    row = load(VmotionTie).get(tie.kind)
    return row is not None and row.shutdown


def _large(found: Load) -> Iterator[Finding]:
    """VMs that no single host could take.

    Where all the others together lack room, the cluster is told, and not each VM of it.
    """
    losses = found.losses()
    for vm in found.moving:
        if isinstance(vm.ties, Unread) or vm.untold or not found.elsewhere(vm):
            continue
        loss = losses[vm.host or ""]
        if max(loss.cpu, loss.memory) <= 0 and not fits(vm, vm.ties, found):
            yield Finding(vm.label, _too_large(vm), Text("room for it on one other host"))


def _too_large(vm: RunningVm) -> str:
    own = need(vm) or NOTHING
    return Text(
        "no host that it may move to has {memory:.1f} GiB of memory and {cpu:.1f} GHz of CPU left",
        memory=own.memory / 1024,
        cpu=own.cpu / 1000,
    )


def _tied(subject: str, tie: Tie) -> Problem:
    row = load(VmotionTie).get(tie.kind)
    if row is None:
        return Unknown(
            subject,
            Text(
                "no row of vmotion_ties says what comes of {kind}: {what}",
                kind=tie.kind,
                what=tie.what,
            ),
        )
    severity = Severity.WARNING if row.by_hand else None
    seen = Text("{tie}: {what}", tie=row.tie, what=tie.what)
    return Finding(subject, seen, row.expected, row.citation, severity=severity)


def _left_to_vcenter(vcenter: VCenter, vms: Sequence[RunningVm]) -> Iterator[Note]:
    if services := sum(map(is_vcls, vms)):
        text = Text("{count} VMs of vCLS move or end by vCenter's own hand", count=services)
        yield Note(vcenter.slug, text)
    yield from vcls_by_name(vcenter.slug, vms)


def _notes(found: Load) -> Iterator[Note]:
    subject = found.cluster.label
    if found.staying:
        names = ", ".join(sorted(vm.name for vm in found.staying))
        yield Note(subject, Text("appliances that go down with their host: {names}", names=names))
    for rule, count in () if found.cluster.drs else found.crowded():
        text = Text(
            "DRS is off, so nothing keeps {count} VMs apart as the rule {name} wants",
            count=count,
            name=rule.name,
        )
        yield Note(subject, text)
    if found.cluster.admission_control and found.moving:
        text = Text("admission control of HA is on: it may keep DRS from emptying a host")
        yield Note(subject, text)
