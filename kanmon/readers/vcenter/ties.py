"""What ties a running VM to its host: its devices, datastores, networks and settings.

Source: developer.broadcom.com, vSphere Web Services API, VirtualDevice and its subtypes.
"""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from pyVmomi import vim

from kanmon.errors import CouldNotRead, Denied
from kanmon.facts import Unread
from kanmon.facts.vcenter.clusters import FAULT_TOLERANCE, Tie
from kanmon.readers.vcenter.found import Found
from kanmon.readers.vcenter.session import RIGHTS, Session
from kanmon.text import Message, Text

_T = TypeVar("_T")

DEVICES = (
    "config.hardware.device",
    "config.cpuAffinity.affinitySet",
    "config.memoryAffinity.affinitySet",
    FAULT_TOLERANCE,
    "summary.config.vmPathName",
    "datastore",
)

device = vim.vm.device
REMOVABLE = (
    device.VirtualCdrom,
    device.VirtualFloppy,
    device.VirtualSerialPort,
    device.VirtualParallelPort,
    device.VirtualSCSIPassthrough,
)
"""Devices that may be backed by one of the host or of a client; a mouse is, too, and is none."""
MULTI_WRITER = "sharingMultiWriter"
TOOLS_IMAGES = ("/usr/lib/vmware/isoimages/", "/vmimages/tools-isoimages/")
"""Where a host keeps the installers of VMware Tools."""
NO_FAULT_TOLERANCE = (None, "notConfigured", "disabled")


@dataclass(frozen=True)
class _Place:
    """A datastore or a network, and the hosts that have it."""

    name: str
    hosts: frozenset[str]


@dataclass
class Places:
    """Where a VM could go.

    Attributes:
        beside: by host, the hosts of its cluster, itself included.
        datastores, networks: by moref.
        inner: by host, names of networks that exist within it alone: their switch has no uplink.
        lost: by moref, why a host, a datastore or a network could not be read: it ties whatever
            VM has to do with it to nobody knows what.
    """

    beside: dict[str, frozenset[str]] = field(default_factory=dict)
    datastores: dict[str, _Place] = field(default_factory=dict)
    networks: dict[str, _Place] = field(default_factory=dict)
    inner: dict[str, frozenset[str]] = field(default_factory=dict)
    lost: dict[str, CouldNotRead] = field(default_factory=dict)

    @classmethod
    def read(cls, session: Session) -> Places:
        """Of every host; what it says of its network is reduced as it comes."""
        places = cls()
        members: dict[str | None, set[str]] = {}
        wanted: dict[type, tuple[str, ...]] = {
            vim.HostSystem: ("parent", "config.network.vswitch", "config.network.portgroup"),
            vim.Datastore: ("name", "host"),
            vim.Network: ("name", "host"),
        }
        for one in session.walk(wanted):
            try:
                if isinstance(one.object, vim.HostSystem):
                    members.setdefault(one.reference("parent"), set()).add(one.moref)
                places.add(one)
            except CouldNotRead as error:
                places.lost[one.moref] = error
        for hosts_beside in members.values():
            places.beside |= dict.fromkeys(hosts_beside, frozenset(hosts_beside))
        return places

    def add(self, one: Found) -> None:
        """Keep where a datastore or a network is, and which networks a host keeps for itself.

        Raises:
            CouldNotRead: it does not tell that.
        """
        if isinstance(one.object, vim.HostSystem):
            self.inner[one.moref] = frozenset(_inner(one))
        elif isinstance(one.object, vim.Datastore):
            hosts = (_moref(m.key) for m in one.find("host", list) or () if _mounted(m))
            self.datastores[one.moref] = _Place(one.take("name", str), frozenset(hosts))
        else:
            hosts = (_moref(host) for host in one.find("host", list) or ())
            self.networks[one.moref] = _Place(one.take("name", str), frozenset(hosts))


def _inner(host: Found) -> Iterator[str]:
    switches = host.find("config.network.vswitch", list) or ()
    closed = {switch.key for switch in switches if not switch.pnic}
    for group in host.find("config.network.portgroup", list) or ():
        if group.vswitch in closed:
            yield str(group.spec.name)


def _mounted(mount: Any) -> bool:
    return mount.mountInfo.accessible is not False and mount.mountInfo.mounted is not False


@dataclass(frozen=True)
class Bonds:
    """What ties a VM to its host, and why there may be more, as ``RunningVm`` has both."""

    ties: tuple[Tie, ...] | Unread
    untold: tuple[Message, ...] = ()


@dataclass
class _Answers:
    """What came of the questions about a VM: one that has no answer hides none of the others."""

    untold: list[Message] = field(default_factory=list)

    def to(self, ask: Callable[[], Iterable[_T]]) -> list[_T]:
        """What a question comes to; nothing where it has no answer, which is kept."""
        try:
            return list(ask())
        except CouldNotRead as error:
            self.untold.append(error.message)
            return []


def bonds(found: Found, host: str | None, places: Places) -> Bonds:
    """What ties a VM to its host: every tie at once.

    Args:
        found: the VM with ``DEVICES``.
        host: moref of its host.
        places: of its vCenter.
    """
    try:
        devices = found.take("config.hardware.device", list)
    except CouldNotRead as error:
        return Bonds(Unread(error.message))
    answers = _Answers()
    if lost := places.lost.get(host or ""):
        answers.untold.append(lost.message)
    ties = [tie for one in devices for tie in answers.to(partial(_device, one))]
    ties += answers.to(partial(_affinity, found))
    ties += answers.to(partial(_fault_tolerance, found))
    stores = set(answers.to(partial(_home, found, places)))
    networks: set[str] = set()
    for one in devices:
        stores.update(answers.to(partial(_datastores, found, one)))
        networks.update(answers.to(partial(_networks, found, one)))
    for store in sorted(stores):
        ties += answers.to(partial(_on_datastore, found, store, host, places))
    for network in sorted(networks):
        ties += answers.to(partial(_on_network, found, network, host, places))
    return Bonds(tuple(ties), tuple(dict.fromkeys(answers.untold)))


def multi_writer(found: Found) -> tuple[str, ...] | Unread:
    """Labels of the disks of a VM that several VMs may write to.

    Args:
        found: the VM with ``DEVICES``.
    """
    try:
        devices = found.take("config.hardware.device", list)
    except CouldNotRead as error:
        return Unread(error.message)
    disks = (one for one in devices if isinstance(one, device.VirtualDisk))
    # Disks of some kinds, such as those of old formats, have no such setting at all.
    return tuple(
        _label(one) for one in disks if getattr(one.backing, "sharing", None) == MULTI_WRITER
    )


def _affinity(found: Found) -> Iterator[Tie]:
    for kind in ("cpu", "memory"):
        if found.find(f"config.{kind}Affinity.affinitySet", list):
            yield Tie("affinity", f"{kind} affinity")


def _fault_tolerance(found: Found) -> Iterator[Tie]:
    fault_tolerance = found.find(FAULT_TOLERANCE, str)
    if fault_tolerance not in NO_FAULT_TOLERANCE:
        yield Tie("fault tolerance", f"fault tolerance {fault_tolerance}")


def _on_datastore(found: Found, store: str, host: str | None, places: Places) -> Iterator[Tie]:
    tried = Text("read the datastore {moref} of {found}", moref=store, found=found.label)
    place = _place(tried, places, places.datastores, store)
    yield from _lacking("datastore", place, places.beside.get(host or "", frozenset()))


def _on_network(found: Found, network: str, host: str | None, places: Places) -> Iterator[Tie]:
    tried = Text("read the network {moref} of {found}", moref=network, found=found.label)
    place = _place(tried, places, places.networks, network)
    if place.name in places.inner.get(host or "", ()):
        yield Tie("internal switch", place.name)
    else:
        yield from _lacking("network", place, places.beside.get(host or "", frozenset()))


def _place(tried: str, places: Places, listed: Mapping[str, _Place], moref: str) -> _Place:
    if lost := places.lost.get(moref):
        raise lost
    if moref not in listed:
        raise Denied(tried, Text("it cannot be seen"), RIGHTS)
    return listed[moref]


def _lacking(kind: str, place: _Place, beside: frozenset[str]) -> Iterator[Tie]:
    """A tie where a host of the cluster lacks it."""
    if not beside <= place.hosts:
        yield Tie(kind, place.name, tuple(sorted(place.hosts & beside)))


def _device(one: Any) -> Iterator[Tie]:
    backing = one.backing
    label = _label(one)
    if isinstance(one, device.VirtualPCIPassthrough):
        shared = isinstance(backing, device.VirtualPCIPassthrough.VmiopBackingInfo)
        yield Tie("vgpu" if shared else "passthrough", label)
    elif isinstance(one, device.VirtualSriovEthernetCard):
        yield Tie("sriov", label)
    elif isinstance(one, device.VirtualSCSIController):
        if one.sharedBus != "noSharing":
            yield Tie("shared bus", f"{label} ({one.sharedBus})")
    elif isinstance(one, device.VirtualUSB):
        if one.connected or _connected(one):
            client = isinstance(backing, device.VirtualUSB.RemoteClientBackingInfo)
            yield Tie("client device" if client else "host usb", label)
    elif isinstance(one, REMOVABLE) and _connected(one):
        yield from _removable(one, label)


def _removable(one: Any, label: str) -> Iterator[Tie]:
    backing = one.backing
    if isinstance(backing, device.VirtualDevice.RemoteDeviceBackingInfo):
        yield Tie("client device", label)
    elif isinstance(backing, device.VirtualDevice.DeviceBackingInfo):
        yield Tie("host device", f"{label} on {backing.deviceName}")
    elif _tools_image(one):
        yield Tie("tools image", f"{label} on {backing.fileName}")


def _connected(one: Any) -> bool:
    """Whether a device is connected; one that cannot be disconnected is."""
    return one.connectable is None or bool(one.connectable.connected)


def _datastores(found: Found, one: Any) -> Iterator[str]:
    """Of a disk, or of a connected file such as the image of a CD."""
    file = isinstance(one.backing, device.VirtualDevice.FileBackingInfo)
    if file and _connected(one) and not _tools_image(one):
        yield _backed(found, one, one.backing.datastore)


def _home(found: Found, places: Places) -> set[str]:
    """Where its configuration is; of two datastores of one name, in two datacenters, both.

    Raises:
        CouldNotRead: no datastore of the VM has the name that its path tells.
    """
    path = found.take("summary.config.vmPathName", str)
    name = path.partition("]")[0].removeprefix("[")
    stores = set(map(_moref, found.take("datastore", list)))
    home = {one for one in stores & places.datastores.keys() if places.datastores[one].name == name}
    if not home:
        got = Text("it cannot be seen among the datastores of the VM")
        raise Denied(
            Text("read the datastore of {path} of {found}", path=path, found=found.label),
            got,
            RIGHTS,
        )
    return home


def _networks(found: Found, one: Any) -> Iterator[str]:
    """Of a connected adapter; networks of NSX-T have no moref here and reach every host of it.

    An adapter that is a function of a card of the host ties by itself, whatever its network.
    """
    card = device.VirtualEthernetCard
    if not isinstance(one, card) or isinstance(one, device.VirtualSriovEthernetCard):
        return
    if not _connected(one) or isinstance(one.backing, card.OpaqueNetworkBackingInfo):
        return
    if isinstance(one.backing, card.DistributedVirtualPortBackingInfo):
        yield _backed(found, one, one.backing.port.portgroupKey)
    else:
        yield _backed(found, one, getattr(one.backing, "network", None))


def _backed(found: Found, one: Any, backing: Any) -> str:
    """Moref of what a connected device is backed by.

    Raises:
        CouldNotRead: vCenter does not say what it is, so that nobody can say which hosts have it.
    """
    if not backing:
        tried = Text(
            "read what {label} of {found} is backed by", label=_label(one), found=found.label
        )
        raise CouldNotRead(
            tried, Text("it is connected, and vCenter left it unset"), Text("disconnect it")
        )
    return backing if isinstance(backing, str) else _moref(backing)


def _tools_image(one: Any) -> bool:
    """Whether a CD drive has the installer of VMware Tools, a file of the host on no datastore.

    Every host has this image; but vSphere migrates no VM in which Tools are being installed, and
    the image is connected as long as that is so.
    """
    backing = one.backing
    return (
        isinstance(one, device.VirtualCdrom)
        and isinstance(backing, device.VirtualCdrom.IsoBackingInfo)
        and not backing.datastore
        and backing.fileName.removeprefix("[]").strip().startswith(TOOLS_IMAGES)
    )


def _label(one: Any) -> str:
    return str(one.deviceInfo.label) if one.deviceInfo else Text("device {key}", key=one.key)


def _moref(managed: Any) -> str:
    return str(managed._GetMoId())  # noqa: SLF001 - pyvmomi's only way to a moref
