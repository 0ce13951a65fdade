"""Where the new machine of a vCenter is put."""

from collections.abc import Iterator
from typing import Any

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
from kanmon.facts.run import Moment
from kanmon.facts.vcenter.deployment import PortGroup
from kanmon.facts.vcenter.hosts import Datastore
from kanmon.facts.vcenter.inventory import Host, Vm
from kanmon.judging.own_vm import own_vms
from kanmon.judging.records import AllRoom
from kanmon.knowledge.appliances import ApplianceSize
from kanmon.knowledge.lookup import appliance_size
from kanmon.planning.course import Planned
from kanmon.planning.estate import Component
from kanmon.text import Text, shortened

GB = 10**9
TAKEN = ("standard", "ephemeral")
"""Networks that the installer takes when it deploys straight to a host."""
SHOWN = 5


@check(
    "VC-ROOM-001",
    severity=Severity.WARNING,
    attestable=Attestable.CONFIGURATION,
    steps=VSPHERE,
    phases=("pre",),
    remediation="Make room on a datastore for the new appliance, which stands beside the old one "
    "until that is removed; have a standard or an ephemeral port group at hand where it is "
    "deployed straight to a host; reserve a temporary address with its records, and attest it.",
    refs=(
        "table:appliance_sizes",
        "https://docs.vmware.com (vSphere 7.0 vCenter upgrade guide, GUID-66836F60)",
    ),
)
def test_the_new_appliance_has_a_place(
    vcenter: VCenter,
    vcenter_hosts: tuple[Host, ...],
    vcenter_vms: tuple[Vm, ...],
    all_room: AllRoom,
    planned: Planned,
    moment: Moment,
    judge: Judge,
) -> None:
    """The new appliance has a size, a datastore, a port group and a temporary address.

    The upgrade deploys a second appliance beside the old one, under another address, and moves the
    data over. What is lacking for it is found out when the window has begun.
    """
    size = _size(vcenter, vcenter_hosts, vcenter_vms, planned, moment)
    if size is None:
        judge.not_applicable(Text("the step does not move {slug}", slug=vcenter.slug))
    known = None if isinstance(size, Unread) else size
    address = Text("which address is free for it, with records of the DNS in both directions?")
    judge(
        examined=4,
        of=Text("things that the new appliance of {slug} needs", slug=vcenter.slug),
        problems=[
            *_room(vcenter, size, all_room),
            Unknown(f"a temporary address for {vcenter.slug}", address),
        ],
        rests_on=[known.citation] if known else [],
        notes=[Note(vcenter.where, _told(known))] if known else [],
    )


def _size(
    vcenter: VCenter,
    hosts: tuple[Host, ...],
    vms: tuple[Vm, ...],
    planned: Planned,
    moment: Moment,
) -> ApplianceSize | Unread | None:
    """The size for what a vCenter manages, why nobody can say; None where it does not move."""
    for one in planned.unplaced(vcenter.slug):
        return Unread(one.reason)
    promised = planned.promised(moment.step, Component("vcenter", vcenter.slug))
    if promised is None:
        return None
    target: Any = promised.version
    count = sum(not vm.template for vm in vms)
    return appliance_size(target, len(hosts), count) or Unread(
        Text(
            "no row of appliance_sizes is for {hosts} hosts and {vms} VMs",
            hosts=len(hosts),
            vms=count,
        )
    )


def _told(size: ApplianceSize) -> str:
    return Text(
        "size {size} by its hosts and VMs: {cpus} CPUs, {memory} GB of memory, {storage} GB of"
        " disks",
        size=size.size,
        cpus=size.cpus,
        memory=size.memory,
        storage=size.storage,
    )


def _room(vcenter: VCenter, size: ApplianceSize | Unread, room: AllRoom) -> Iterator[Problem]:
    """What is lacking in the vCenters that list the VM of this one."""
    subject = f"room for the new appliance of {vcenter.slug}"
    naming = room.all_vcenter_naming[vcenter.slug]
    listed = dict.fromkeys(slug for slug, _ in own_vms(vcenter, naming, room.all_vcenter_upkeep))
    if not listed:
        reason = Text(
            "no vCenter of the environment lists the VM that it runs on: is there a datastore with"
            " room for another one, and a port group that the installer takes?"
        )
        yield Unknown(subject, reason)
    elif isinstance(size, Unread):
        yield Unknown(subject, size.reason)
    for slug in listed:
        if not isinstance(size, Unread):
            yield from _stores(subject, slug, room.all_vcenter_datastores[slug], size)
        yield from _groups(subject, slug, room.all_vcenter_port_groups[slug])


def _stores(
    subject: str, slug: str, stores: tuple[Datastore, ...] | Unread, size: ApplianceSize
) -> Iterator[Problem]:
    if isinstance(stores, Unread):
        yield Unknown(subject, stores.reason)
        return
    free = {one.label: one.free for one in stores if one.free is not None}
    if not free:
        yield Unknown(subject, Text("{slug} says of no datastore what is free on it", slug=slug))
    elif max(free.values()) < size.storage * GB:
        most = max(free, key=free.__getitem__)
        found = Text("{free} GB on {datastore}, the most", free=free[most] // GB, datastore=most)
        expected = Text("{storage} GB on one datastore", storage=size.storage)
        yield Finding(subject, found, expected, size.citation)


def _groups(subject: str, slug: str, groups: tuple[PortGroup, ...] | Unread) -> Iterator[Problem]:
    if isinstance(groups, Unread):
        yield Unknown(subject, groups.reason)
    elif not groups:
        yield Unknown(subject, Text("{slug} shows no network: may the account see it?", slug=slug))
    elif any(one.binding in TAKEN for one in groups):
        return
    elif untold := [one.name for one in groups if one.binding is None]:
        names = shortened(untold, SHOWN)
        yield Unknown(subject, Text("vCenter does not say of which kind {names} is", names=names))
    else:
        names = shortened([one.name for one in groups], SHOWN)
        yield Finding(
            subject,
            Text("no standard or ephemeral port group among {names}", names=names),
            Text("one, where it is deployed straight to a host"),
        )
