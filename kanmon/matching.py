"""One machine, named differently by each product: matched by stable ids, never by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kanmon.check import Note, Unknown, known
from kanmon.environment.file import Environment
from kanmon.environment.targets import VCenter
from kanmon.errors import Undetermined
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer
from kanmon.facts.nsxt.inventory import ComputeManager
from kanmon.facts.vcenter.clusters import AGENT_MANAGER, RunningVm
from kanmon.facts.vcenter.inventory import About, Extension, Host, Vm
from kanmon.facts.vcenter.management import VmUpkeep
from kanmon.text import Text
from kanmon.versions import DeepSecurity, VersionError

NSXV_EXTENSION = "com.vmware.vShieldManager"
NSXT_EXTENSION = "com.vmware.nsx.management.nsxt"
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
VCLS_OWNERS = (AGENT_MANAGER, "VirtualCenter")
"""Keys of the extensions that the VMs of vCLS belong to."""
_VCLS = re.compile(rf"vCLS(?: \(\d+\)|-(?P<uuid>{_UUID}))")


@dataclass(frozen=True, slots=True)
class Guest:
    """A computer of a manager and the VM that it is.

    Attributes:
        vcenter: slug of the vCenter that lists the VM.
    """

    computer: Computer
    vcenter: str
    vm: Vm

    @property
    def subject(self) -> str:
        """What an operator can search for."""
        return f"{name(self.computer)} ({self.vcenter} {self.vm.moref})"


@dataclass(frozen=True, slots=True)
class Stray:
    """A computer that a manager calls a VM, of which no single VM could be found.

    Attributes:
        reason: why not.
    """

    computer: Computer
    reason: str

    @property
    def subject(self) -> str:
        """What an operator can search for."""
        return label(self.computer)


def name(computer: Computer) -> str:
    """The name that the manager's console shows."""
    return computer.display_name or computer.host_name


def label(computer: Computer) -> str:
    """What an operator can search for: the name and the manager's number."""
    return f"{name(computer)} (computer {computer.id})"


def installed(computers: Iterable[Computer]) -> tuple[dict[int, DeepSecurity], list[Unknown]]:
    """The version of what is installed on each computer, by its number; and what is no version."""
    versions: dict[int, DeepSecurity] = {}
    unclear: list[Unknown] = []
    for computer in computers:
        try:
            version = DeepSecurity.parse(computer.agent_version)
        except VersionError as error:
            unclear.append(Unknown(label(computer), error.message))
            continue
        if version.build is None:
            unclear.append(
                Unknown(label(computer), Text("which build of {version}?", version=version))
            )
        else:
            versions[computer.id] = version
    return versions, unclear


def guests(
    computers: Iterable[Computer],
    abouts: Mapping[str, About | Unread],
    vms: Mapping[str, tuple[Vm, ...] | Unread],
) -> Iterator[Guest | Stray]:
    """Each computer as the one VM with its uuid, or as a stray: none is left out.

    Args:
        computers: of a manager; 11.0 does not name the vCenter of a VM, 20.0 does.
        abouts: of every vCenter, by slug.
        vms: of every vCenter, by slug.

    Raises:
        Undetermined: a vCenter could not be read.
    """
    slugs: dict[str, str] = {}
    for slug, about in abouts.items():
        uuid = known(about).instance_uuid.lower()
        if uuid in slugs:
            raise Undetermined(
                Text(
                    "{first} and {second} are the same vCenter: both are {uuid}",
                    first=slugs[uuid],
                    second=slug,
                    uuid=uuid,
                )
            )
        slugs[uuid] = slug
    listed: dict[str, list[tuple[str, Vm]]] = {}
    for slug, part in vms.items():
        for vm in known(part):
            listed.setdefault((vm.bios_uuid or "").lower(), []).append((slug, vm))
    for computer in computers:
        found = listed.get(computer.vm_uuid.lower(), []) if computer.vm_uuid else []
        if computer.vcenter_uuid:
            here = slugs.get(computer.vcenter_uuid.lower())
            found = [(slug, vm) for slug, vm in found if slug == here]
        if len(found) == 1:
            yield Guest(computer, *found[0])
        elif found:
            places = ", ".join(f"{slug} {vm.moref}" for slug, vm in found)
            yield Stray(computer, f"several VMs have its uuid {computer.vm_uuid}: {places}")
        else:
            asked = ", ".join(vms) or "none is named"
            uuid = computer.vm_uuid or "that the manager does not tell"
            yield Stray(computer, f"no vCenter of the environment ({asked}) lists its uuid {uuid}")


def unplaced(
    found: Iterable[Guest | Stray], hosts: Mapping[str, tuple[Host, ...] | Unread]
) -> Iterator[Unknown]:
    """The VMs of which nobody can say on which host, hence in which cluster, they are.

    Raises:
        Undetermined: the hosts of a vCenter could not be read.
    """
    for one in found:
        if isinstance(one, Stray):
            yield Unknown(one.subject, one.reason)
        elif one.vm.host not in {host.moref for host in known(hosts[one.vcenter])}:
            yield Unknown(one.subject, f"{one.vcenter} does not list its host {one.vm.host}")


def protected_hosts(
    vcenter: VCenter, found: Iterable[Guest | Stray], hosts: Sequence[Host]
) -> list[Host]:
    """The hosts of every cluster with one of these VMs: an appliance, or one that it protects."""
    clusters = {host.moref: host.cluster for host in hosts}
    protected = {
        clusters.get(one.vm.host or "")
        for one in found
        if isinstance(one, Guest) and one.vcenter == vcenter.slug
    }
    return [host for host in hosts if host.cluster in protected]


def compute_managers(
    vcenter: VCenter, environment: Environment, managers: Sequence[ComputeManager]
) -> set[str]:
    """Ids of the compute managers of NSX-T that are this vCenter: morefs repeat in others."""
    if len(managers) == 1 and len(environment.vcenter) == 1:
        return {managers[0].id}
    return {one.id for one in managers if _spelt(one.server) == _spelt(vcenter.address)}


def strangers(environment: Environment, managers: Sequence[ComputeManager]) -> list[str]:
    """Servers that NSX-T has registered under an address that the environment does not know."""
    addresses = {_spelt(vcenter.address) for vcenter in environment.vcenter}
    if len(managers) == 1 and len(environment.vcenter) == 1:
        return []
    return sorted({one.server for one in managers if _spelt(one.server) not in addresses})


def is_vcls(vm: Vm | RunningVm) -> bool:
    """Whether a VM is one of the cluster services that vCenter has from 7.0 U1 on.

    vCenter makes them, moves them, takes them away and makes new ones: "vCLS (1)", from 7.0 U3 on
    "vCLS-" with a uuid (docs.vmware.com, vSphere Resource Management, GUID-96BD6016). Anybody may
    name a VM so, hence its owner counts: the agent manager, from 8.0 U3 on vCenter itself
    (knowledge.broadcom.com, 370219). Only of one whose configuration vCenter does not have is the
    name all that is told.
    """
    if not (named := _VCLS.fullmatch(vm.name)):
        return False
    return vm.managed_by in VCLS_OWNERS or (_without_owner(vm) and bool(named["uuid"]))


def _without_owner(vm: Vm | RunningVm) -> bool:
    """Whether vCenter has no configuration of a VM, in which its owner would stand."""
    return vm.managed_by is None and vm.bios_uuid is None


def vcls_by_name(slug: str, vms: Iterable[Vm | RunningVm]) -> Iterator[Note]:
    """The VMs that are taken for vCLS by their name alone."""
    for vm in vms:
        if is_vcls(vm) and _without_owner(vm):
            text = Text(
                "{vm} is taken for one of vCLS by its name: its owner is not told", vm=vm.label
            )
            yield Note(slug, text)


def unnamed_nsx(
    vcenter: VCenter, environment: Environment, extensions: Sequence[Extension]
) -> Iterator[Unknown]:
    """NSX managers that a vCenter knows and the environment does not: they are not absent."""
    registered = {extension.key for extension in extensions}
    named = {
        NSXV_EXTENSION: ("nsxv", [o.slug for o in environment.nsxv if o.vcenter == vcenter.slug]),
        NSXT_EXTENSION: ("nsxt", [o.slug for o in environment.nsxt if vcenter.slug in o.vcenters]),
    }
    for key, (kind, slugs) in named.items():
        if key in registered and not slugs:
            words = f'vcenter = "{vcenter.slug}"'
            if kind == "nsxt":
                words = f'vcenters = ["{vcenter.slug}"]'
            reason = Text(
                "it has {key} registered, but the environment names no {kind} for it: add "
                "[[{kind}]] with {words}",
                key=key,
                kind=kind,
                words=words,
            )
            yield Unknown(vcenter.slug, reason)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the environment reaches a machine of the change, which may be a VM.

    Attributes:
        slug: of the target or of the manager node.
        uuids: BIOS uuids of the computers that a manager knows at this address.
    """

    slug: str
    address: str
    uuids: frozenset[str]


def places(environment: Environment, computers: Sequence[Computer]) -> Iterator[Place]:
    """Every manager node, database, NSX manager and vCenter that the environment names."""
    named = [(node.slug, node.address) for dsm in environment.dsm for node in dsm.nodes]
    kinds = (environment.database, environment.nsxv, environment.nsxt, environment.vcenter)
    named += [(target.slug, target.address) for targets in kinds for target in targets]
    for slug, address in named:
        here = (one for one in computers if is_at(address, one.host_name, one.last_ip))
        yield Place(slug, address, frozenset(one.vm_uuid.lower() for one in here if one.vm_uuid))


def vms_of(place: Place, vms: Iterable[VmUpkeep]) -> list[VmUpkeep]:
    """The VMs that may be a machine: by BIOS uuid, or by what their guests say of themselves.

    None for a machine that is physical, is in another vCenter, or runs no VMware Tools; several
    where an address is used twice.
    """
    return [
        vm
        for vm in vms
        if (vm.bios_uuid or "").lower() in place.uuids
        or is_at(place.address, vm.host_name, vm.address)
    ]


def is_at(address: str, *told: str | None) -> bool:
    """Whether one of these is the address."""
    return any(_are_one(_spelt(address), _spelt(one)) for one in told if one)


def _are_one(one: str, other: str) -> bool:
    """Whether two addresses are the same; a name without a domain is that of any domain."""
    short = one[:1].isalpha() and ("." not in one or "." not in other)
    return one == other or (short and one.partition(".")[0] == other.partition(".")[0])


def _spelt(address: str) -> str:
    return address.lower().removesuffix(".")
