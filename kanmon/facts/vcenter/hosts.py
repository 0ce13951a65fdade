"""What hosts are made of and how they are set, each host by itself: one may tell, another not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from kanmon.facts.common import Unread

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class HostAnswer(Generic[T]):
    """What one host told.

    Attributes:
        host: managed object id, e.g. "host-21".
        host_name: its name.
        answer: what it told, or why nobody knows.
    """

    host: str
    host_name: str
    answer: T | Unread

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.host_name} ({self.host})"


@dataclass(frozen=True, slots=True)
class Cpu:
    """A processor package, by what CPUID says of it.

    Attributes:
        vendor: "intel", "amd" or another word of vSphere.
        family: with its extension, e.g. 0x06.
        model: with its extension, e.g. 0x55.
        description: e.g. "Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz".
        stepping: tells processors of one model apart, e.g. 7; None in facts of an earlier version.
    """

    vendor: str
    family: int
    model: int
    description: str
    stepping: int | None = None


@dataclass(frozen=True, slots=True)
class PciDevice:
    """A PCI device.

    Attributes:
        address: e.g. "0000:3b:00.0".
        ids: vendor and device, e.g. "8086:1572".
        subsystem: vendor and device of the subsystem, e.g. "8086:0006".
        name: as vSphere calls it; may be empty.
    """

    address: str
    ids: str
    subsystem: str
    name: str


@dataclass(frozen=True, slots=True)
class Hardware:
    """The machine of a host.

    Attributes:
        bios_version: None where the machine does not say.
        bios_date: likewise.
        cpus: one for each socket.
        cores: of all sockets.
        memory: bytes.
    """

    vendor: str
    model: str
    bios_version: str | None
    bios_date: date | None
    cpus: tuple[Cpu, ...]
    cores: int
    memory: int
    devices: tuple[PciDevice, ...]


@dataclass(frozen=True, slots=True)
class Adapter:
    """A network or storage adapter.

    Attributes:
        name: e.g. "vmnic0" or "vmhba1".
        address: of its PCI device; empty for one of software.
        driver: None where none has claimed it.
    """

    name: str
    kind: str
    address: str
    driver: str | None


@dataclass(frozen=True, slots=True)
class Adapters:
    """The adapters of a host.

    Attributes:
        management: names of the uplinks that carry the management network, or why nobody knows.
    """

    adapters: tuple[Adapter, ...]
    management: tuple[str, ...] | Unread


@dataclass(frozen=True, slots=True)
class BootDisk:
    """The disk that a host boots from, as its diagnostic partition shows it.

    Attributes:
        name: canonical, e.g. "naa.600508b1001c4d73" or "mpx.vmhba32:C0:T0:L0".
        size: bytes.
        adapters: names of the storage adapters that lead to it.
    """

    name: str
    size: int
    adapters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Datastore:
    """A datastore.

    Attributes:
        type: "VMFS", "NFS", "vsan", ...
        vmfs: version of a VMFS, e.g. "5.61"; None for another type, and where vCenter does not say.
        free: bytes; None for one that is not accessible or is in maintenance, where vCenter does
            not say, and in a run of a version that did not ask.
    """

    moref: str
    name: str
    type: str
    vmfs: str | None
    free: int | None = None

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.name} ({self.moref})"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a host is set.

    Attributes:
        lockdown: lockdownDisabled, lockdownNormal or lockdownStrict.
        ntp_servers: none where none is set.
        ntp_running: whether ntpd runs.
        ntp_policy: on, off or automatic (with its ports in the firewall).
    """

    lockdown: str
    ntp_servers: tuple[str, ...]
    ntp_running: bool
    ntp_policy: str


@dataclass(frozen=True, slots=True)
class Issue:
    """A configuration issue that vCenter has of a host (``configIssue``), as long as it lasts.

    Attributes:
        id: of the event that tells of it: its ``eventTypeId``, e.g.
            "esx.problem.storage.redundancy.lost", or its type, e.g. "RemoteTSMEnabledEvent".
        text: vCenter's own words; the id again where it has none.
    """

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Clock:
    """How far a host's clock is ahead of its vCenter's, in seconds; behind it is negative.

    Attributes:
        least: no less than this, given the time that the question took.
        most: no more than this.
    """

    least: float
    most: float
