"""What clusters forbid while hosts and vCenter are upgraded."""

from collections.abc import Iterator, Mapping, Sequence

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
from kanmon.facts.vcenter.clusters import Cluster, Rule, RunningVm
from kanmon.facts.vcenter.deployment import Naming
from kanmon.facts.vcenter.management import VmUpkeep
from kanmon.judging.evacuation import in_service
from kanmon.judging.own_vm import own_vms
from kanmon.judging.records import Occupancy
from kanmon.text import Text, shortened

AUTOMATIC = "fullyAutomated"
SPARE = 2
"""Hosts of a rule that leave one for its VMs while the other one is upgraded."""
SHOWN = 5


@check(
    "VC-RULE-001",
    severity=Severity.WARNING,
    attestable=Attestable.CONFIGURATION,
    steps=VSPHERE,
    phases=("pre",),
    remediation="Give the named rule another host or make it a preference for the window; plan "
    "another way back than a snapshot for VMs that share disks; take automation from the VM of "
    "vCenter (an override of its own) while vCenter itself is upgraded, and give it back before "
    "hosts are emptied. Where no vCenter lists that VM, look where it runs, and attest it.",
    refs=(
        "https://docs.vmware.com (vSphere 6.5 upgrade guide, GUID-913F49FC)",
        "https://knowledge.broadcom.com/external/article/313527 (multi-writer disks)",
    ),
)
def test_clusters_leave_room_for_the_change(
    vcenter: VCenter,
    occupancy: Occupancy,
    all_vcenter_upkeep: dict[str, tuple[VmUpkeep, ...] | Unread],
    all_vcenter_clusters: dict[str, tuple[Cluster, ...] | Unread],
    all_vcenter_running: dict[str, tuple[RunningVm, ...] | Unread],
    all_vcenter_naming: dict[str, Naming | Unread],
    judge: Judge,
) -> None:
    """No rule, shared disk or automation of a cluster makes a part of the change impossible.

    A mandatory rule holds for high availability too: with two hosts of which one is upgraded, what
    fails on the other is started nowhere. A disk that several VMs write to has no snapshot to go
    back to. And DRS that moves vCenter's own VM in the midst of its upgrade ends that.
    """
    own = list(own_vms(vcenter, all_vcenter_naming[vcenter.slug], all_vcenter_upkeep))
    told = list(_rules(occupancy))
    judge(
        examined=len(occupancy.vcenter_clusters)
        + len(occupancy.vcenter_running)
        + max(1, len(own)),
        of=Text("clusters and running VMs of {slug}, and its own machine", slug=vcenter.slug),
        problems=[
            *(one for one in told if isinstance(one, Finding)),
            *_shared(occupancy.vcenter_running),
            *_own(vcenter, own, all_vcenter_clusters, all_vcenter_running),
        ],
        notes=[one for one in told if isinstance(one, Note)],
    )


def _rules(occupancy: Occupancy) -> Iterator[Finding | Note]:
    """Rules that place VMs on hosts; one that leaves no host at all is told by ESX-EVAC-001."""
    serving = {host.moref for host in occupancy.vcenter_hosts if in_service(host)}
    names = {host.moref: host.name for host in occupancy.vcenter_hosts}
    running = {vm.moref for vm in occupancy.vcenter_running}
    for cluster in occupancy.vcenter_clusters:
        for rule in cluster.rules:
            allowed = sorted(names[one] for one in _allowed(rule, cluster) & serving)
            count = len(running.intersection(rule.vms))
            if rule.kind == "apart" or not count or len(allowed) < SPARE:
                continue
            text = Text(
                "rule {name} is mandatory: {count} running VMs may be on {hosts} alone",
                name=rule.name,
                count=count,
                hosts=shortened(allowed, SHOWN),
            )
            if len(allowed) > SPARE:
                yield Note(cluster.label, text)
                continue
            yield Finding(
                cluster.label,
                Text(
                    "{said}; while one is upgraded, what fails on the other stays down", said=text
                ),
                Text("a third host that the rule allows, or a rule that is not mandatory"),
            )


def _allowed(rule: Rule, cluster: Cluster) -> frozenset[str]:
    named = frozenset(rule.hosts)
    return cluster.members & named if rule.kind == "on" else cluster.members - named


def _shared(running: Sequence[RunningVm]) -> Iterator[Problem]:
    for vm in running:
        if isinstance(vm.multi_writer, Unread):
            yield Unknown(vm.label, vm.multi_writer.reason)
        elif vm.multi_writer:
            yield Finding(
                vm.label,
                Text(
                    "{disks}: several VMs write to it; no snapshot, no clone, no move to another"
                    " datastore while it runs",
                    disks=", ".join(vm.multi_writer),
                ),
                Text("a way back that needs no snapshot"),
            )


def _own(
    vcenter: VCenter,
    own: Sequence[tuple[str, VmUpkeep]],
    clusters: Mapping[str, tuple[Cluster, ...] | Unread],
    running: Mapping[str, tuple[RunningVm, ...] | Unread],
) -> Iterator[Problem]:
    """Whether DRS may move the VM of a vCenter by itself."""
    subject = f"the machine of {vcenter.slug}"
    seen = 0
    for slug, upkeep in own:
        vms, listed = running[slug], clusters[slug]
        if isinstance(vms, Unread):
            yield Unknown(subject, vms.reason)
            return
        for vm in vms:
            if vm.moref == upkeep.moref:
                seen += 1
                yield from _automated(vm, listed)
    if not seen:
        reason = Text(
            "no vCenter of the environment lists the VM that it runs on: is that in a cluster that"
            " is fully automated?"
        )
        yield Unknown(subject, reason)


def _automated(vm: RunningVm, clusters: tuple[Cluster, ...] | Unread) -> Iterator[Problem]:
    if isinstance(clusters, Unread):
        yield Unknown(vm.label, clusters.reason)
        return
    cluster = next((one for one in clusters if vm.host in one.members), None)
    if cluster is None:
        yield Unknown(vm.label, Text("vCenter shows its host in no cluster"))
        return
    behaviour = next(
        (one.behaviour for one in cluster.overrides if one.vm == vm.moref), cluster.drs
    )
    if cluster.drs and behaviour == AUTOMATIC:
        found = Text("DRS of {cluster} may move it at any time", cluster=cluster.label)
        yield Finding(vm.label, found, Text("not fully automated while its vCenter is upgraded"))
