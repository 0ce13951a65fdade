"""What each host is made of, how it is set, and what it tells when it is asked.

Rights and emptiness: as in `inventory`. A host of which something is not told is
unread by itself, the others are not; every host has devices, disks and packages, so a list of them
that is empty is not believed. Properties come in pages; what only a call tells (packages, clock,
acceptance level) is asked of a few hosts at the same time.
"""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pyVmomi import vim
from pyVmomi.VmomiSupport import GetWsdlName

from kanmon.errors import CouldNotRead, Denied
from kanmon.facts import ClockReading, Unread
from kanmon.facts.vcenter.hosts import Clock, Datastore, HostAnswer, Issue, Settings
from kanmon.facts.vcenter.inventory import HostVibs, Switch, Vib
from kanmon.readers.transport.clock import asked_of
from kanmon.readers.transport.unread import or_unread
from kanmon.readers.vcenter.emptiness import some_hosts
from kanmon.readers.vcenter.found import Found, each
from kanmon.readers.vcenter.machines import (
    ADAPTERS,
    BOOT_DISK,
    HARDWARE,
    adapters_of,
    boot_disk_of,
    hardware_of,
    management_adapters,
)
from kanmon.readers.vcenter.session import RIGHTS, Session, required
from kanmon.text import Text

T = TypeVar("T")

HOSTS_AT_A_TIME = 5
"""How many hosts are asked by a call at the same time."""

HOSTS_OF_A_PAGE = 50
"""A host has tens of kilobytes of devices."""

DISKS_OF_A_PAGE = 10
"""A host has hundreds of kilobytes of disks and paths where a SAN is attached."""

IMAGE_MANAGER = "configManager.imageConfigManager"
CLOCK_MANAGER = "configManager.dateTimeSystem"

DATASTORE = (
    "name",
    "summary.type",
    "summary.freeSpace",
    "summary.accessible",
    "summary.maintenanceMode",
    "info",
)
NORMAL = "normal"
LONGEST = 300
"""Of the words of an error that is not ours."""
SETTINGS = ("config.lockdownMode", "config.dateTimeInfo", "config.service.service")

ISSUES = ("configIssue",)
MANAGEMENT = ("config.network.vnic", "config.virtualNicManagerInfo.netConfig")
SWITCH = ("name", "uuid", "summary.productInfo.version")

NTP = "ntpd"


def hardware(session: Session) -> tuple[HostAnswer[Any], ...]:
    """Machine, processors, memory and PCI devices of every host."""
    return _in_pages(session, HARDWARE, hardware_of, HOSTS_OF_A_PAGE)


def adapters(session: Session) -> tuple[HostAnswer[Any], ...]:
    """Network and storage adapters of every host, and which carry its management network."""
    return _in_pages(session, ADAPTERS, adapters_of, HOSTS_OF_A_PAGE)


def boot_disks(session: Session) -> tuple[HostAnswer[Any], ...]:
    """The disk that every host boots from."""
    return _in_pages(session, BOOT_DISK, boot_disk_of, DISKS_OF_A_PAGE)


def management_switches(session: Session) -> tuple[HostAnswer[tuple[Switch, ...]], ...]:
    """The distributed switches that carry the management network of every host.

    None where that network is on a standard switch, or on one of NSX-T.
    """
    found = session.inventory({vim.DistributedVirtualSwitch: SWITCH})
    switches = {uuid: _switch(one) for one in found if (uuid := _uuid(one))}
    return _in_pages(
        session, MANAGEMENT, lambda host: _management_switches(host, switches), HOSTS_OF_A_PAGE
    )


def _uuid(switch: Found) -> str | None:
    """By which hosts name a switch; of one that does not tell it the hosts on it are unread."""
    return _if_told(lambda: switch.find("uuid", str))


def _switch(found: Found) -> Switch:
    version = _if_told(lambda: found.find("summary.productInfo.version", str))
    return Switch(found.moref, found.called, version)


def _if_told(read: Callable[[], str | None]) -> str | None:
    told = or_unread(read)
    return None if isinstance(told, Unread) else told


def _management_switches(found: Found, switches: Mapping[str, Switch]) -> tuple[Switch, ...]:
    tried = Text("find the switches of the management network of {found}", found=found.label)
    adapters = management_adapters(found, tried)
    ports = [one.spec.distributedVirtualPort for one in adapters]
    uuids = {port.switchUuid for port in ports if port}
    if unseen := uuids - switches.keys():
        got = Text("{count} distributed switches that it is on cannot be seen", count=len(unseen))
        raise Denied(tried, got, RIGHTS)
    return tuple(switches[uuid] for uuid in sorted(uuids))


def settings(session: Session) -> tuple[HostAnswer[Settings], ...]:
    """Lockdown mode and time service of every host."""
    return _in_pages(session, SETTINGS, _settings_of, HOSTS_OF_A_PAGE)


def issues(session: Session) -> tuple[HostAnswer[tuple[Issue, ...]], ...]:
    """What vCenter says is wrong with the configuration of every host; of most it says nothing."""
    return _in_pages(session, ISSUES, _issues_of, HOSTS_OF_A_PAGE)


def _in_pages(
    session: Session, paths: Sequence[str], read: Callable[[Found], T], size: int
) -> tuple[HostAnswer[T], ...]:
    systems = session.inventory({vim.HostSystem: ("name",)})
    some_hosts(session, systems)
    objects = [one.object for one in systems]
    told: list[HostAnswer[T]] = []
    denied: list[Denied] = []
    for start in range(0, len(objects), size):
        for one in session.each(objects[start : start + size], "name", *paths):
            try:
                answer = answer_of(one, read, Denied)
            except Denied as error:
                denied.append(error)
                answer = Unread(error.message)
            told.append(HostAnswer(one.moref, one.called, answer))
    if denied and len(denied) == len(told):
        raise denied[0]
    return tuple(told)


def answer_of(found: Found, read: Callable[[Found], T], *through: type[CouldNotRead]) -> T | Unread:
    """What a host tells; that it tells nothing is no fault of another host.

    Raises:
        CouldNotRead: as ``through`` names it.
    """

    def told() -> T:
        try:
            return read(found)
        except CouldNotRead:
            raise
        except Exception as error:  # noqa: BLE001 - whatever is strange about one, others are not
            got = Text("{error}: {text}", error=type(error).__name__, text=str(error)[:LONGEST])
            raise CouldNotRead(Text("read {found}", found=found.label), got) from None

    return or_unread(told, *through)


def _settings_of(found: Found) -> Settings:
    told = found.take("config.dateTimeInfo", vim.host.DateTimeInfo)
    services = {one.key: one for one in found.take("config.service.service", list)}
    if NTP not in services:
        raise CouldNotRead(
            Text("read the services of {found}", found=found.label),
            Text("no {service} among {count}", service=NTP, count=len(services)),
        )
    ntp = services[NTP]
    return Settings(
        lockdown=found.take("config.lockdownMode", str),
        ntp_servers=tuple(told.ntpConfig.server) if told.ntpConfig else (),
        ntp_running=bool(ntp.running),
        ntp_policy=required(
            ntp,
            "policy",
            Text("read the service {service} of {found}", service=NTP, found=found.label),
        ),
    )


def _issues_of(found: Found) -> tuple[Issue, ...]:
    return tuple(map(_issue, found.find("configIssue", list) or ()))


def _issue(event: Any) -> Issue:
    """An event by its id: one of an extension has it as a value, the others are a type of event."""
    named = getattr(event, "eventTypeId", None) or GetWsdlName(type(event))
    words = event.fullFormattedMessage or getattr(event, "message", None) or ""
    return Issue(id=str(named), text=" ".join(words.split()) or str(named))


def datastores(session: Session) -> tuple[Datastore, ...]:
    """Every datastore; one that a host names and the account cannot see is an error."""
    found = session.inventory({vim.HostSystem: ("name", "datastore"), vim.Datastore: DATASTORE})
    systems = [one for one in found if isinstance(one.object, vim.HostSystem)]
    some_hosts(session, systems)
    stores = [one for one in found if isinstance(one.object, vim.Datastore)]
    listed = each(systems, lambda system: system.find("datastore", list) or ())
    named = {store for stores_of in listed for store in stores_of}
    if unseen := len(named - {one.object for one in stores}):
        got = Text("{unseen} datastores that hosts name cannot be seen", unseen=unseen)
        raise Denied(
            Text("read the datastores of {where}", where=session.target.where), got, RIGHTS
        )
    return each(stores, _datastore)


def _free(found: Found) -> int | None:
    """What is free on a datastore on which something can be put now."""
    state = found.find("summary.maintenanceMode", str) or NORMAL
    usable = found.find("summary.accessible", bool) and state == NORMAL
    return found.find("summary.freeSpace", int) if usable else None


def _datastore(found: Found) -> Datastore:
    # "info.vmfs" cannot be asked for: the property is declared with a type that has none.
    info = found.find("info", vim.Datastore.Info)
    volume = getattr(info, "vmfs", None)
    return Datastore(
        moref=found.moref,
        name=found.take("name", str),
        type=found.take("summary.type", str),
        vmfs=(volume.version or None) if volume else None,
        free=_free(found),
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """A time that was told, and when by this machine's own monotonic clock."""

    sent: float
    time: datetime
    got: float


def clock(session: Session) -> ClockReading:
    """The clock of the vCenter itself.

    Raises:
        CouldNotRead: its answer is no time with its zone.
    """
    tried = Text("ask {where} for its time", where=session.target.where)
    return asked_of(lambda: _time(tried, session.service.CurrentTime).time)


def clocks(session: Session) -> tuple[HostAnswer[Clock], ...]:
    """How far the clock of every host is ahead of vCenter's, which is asked once before."""
    tried = Text("ask {where} for its time", where=session.target.where)
    own = _time(tried, session.service.CurrentTime)

    def ahead(found: Found, system: Any) -> Clock:
        return _ahead(
            _time(Text("ask {found} for its time", found=found.label), system.QueryDateTime), own
        )

    return _asked(session, CLOCK_MANAGER, vim.host.DateTimeSystem, ahead)


def _time(tried: str, ask: Callable[[], Any]) -> _Told:
    sent = time.monotonic()
    told = ask()
    got = time.monotonic()
    if not isinstance(told, datetime) or told.tzinfo is None:
        raise CouldNotRead(tried, Text("{told}, expected a time with its zone", told=repr(told)))
    return _Told(sent, told, got)


def _ahead(host: _Told, own: _Told) -> Clock:
    """The difference, wide enough for the way of both questions and for seconds cut short."""
    ahead = (host.time - own.time).total_seconds()
    return Clock(
        least=ahead - (host.got - own.sent) - (0 if own.time.microsecond else 1),
        most=ahead - (host.sent - own.got) + (0 if host.time.microsecond else 1),
    )


def acceptance(session: Session) -> tuple[HostAnswer[str], ...]:
    """The acceptance level of every host: the least that its packages must have."""

    def level(found: Found, manager: Any) -> str:
        told = manager.QueryHostAcceptanceLevel()
        if not told:
            raise CouldNotRead(
                Text("ask {found} for its acceptance level", found=found.label),
                Text("an empty answer"),
            )
        return str(told)

    return _asked(session, IMAGE_MANAGER, vim.host.ImageConfigManager, level)


def vibs(session: Session) -> tuple[HostVibs, ...]:
    """The packages of every host."""
    told = _asked(session, IMAGE_MANAGER, vim.host.ImageConfigManager, _packages)
    return tuple(HostVibs(one.host, one.host_name, one.answer) for one in told)


def _packages(found: Found, manager: Any) -> tuple[Vib, ...]:
    packages = manager.FetchSoftwarePackages()
    tried = Text("read the packages of {found}", found=found.label)
    if not packages:
        raise CouldNotRead(tried, Text("none at all"))
    return tuple(
        Vib(
            name=required(package, "name", tried),
            version=required(package, "version", tried),
            vendor=required(package, "vendor", tried),
            acceptance_level=required(package, "acceptanceLevel", tried),
            depends=tuple(_relations(package.depends, tried)),
        )
        for package in packages
    )


def _relations(relations: Iterable[Any], tried: str) -> Iterable[str]:
    for one in relations:
        name = required(one, "name", tried)
        yield " ".join(word for word in (name, one.constraint, one.version) if word)


def _asked(
    session: Session, path: str, kind: type, ask: Callable[[Found, Any], T]
) -> tuple[HostAnswer[T], ...]:
    """What every host tells when the manager at a path is called."""
    systems = session.inventory({vim.HostSystem: ("name", path)})
    some_hosts(session, systems)
    return asked(systems, path, kind, ask)


def asked(
    systems: Sequence[Found], path: str, kind: type, ask: Callable[[Found, Any], T]
) -> tuple[HostAnswer[T], ...]:
    """What some hosts tell when the manager at a path is called, a few at the same time."""

    def told(found: Found) -> HostAnswer[T]:
        answer = answer_of(found, lambda one: ask(one, one.take(path, kind)))
        return HostAnswer(found.moref, found.called, answer)

    pool = ThreadPoolExecutor(HOSTS_AT_A_TIME)
    try:
        return tuple(pool.map(told, systems))
    finally:
        pool.shutdown(cancel_futures=True)


PARTS: dict[str, Callable[[Any], object]] = {
    "vibs": vibs,
    "hardware": hardware,
    "adapters": adapters,
    "boot_disks": boot_disks,
    "datastores": datastores,
    "management_switches": management_switches,
    "settings": settings,
    "issues": issues,
    "clock": clock,
    "clocks": clocks,
    "acceptance": acceptance,
}
