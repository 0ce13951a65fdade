"""What is read of a vCenter's own machine, and of the certificates of its hosts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kanmon.facts.common import Unread


@dataclass(frozen=True, slots=True)
class Appliance:
    """The appliance that a vCenter runs on (``appliance.system.version``).

    Attributes:
        deployment: its own word for where its Platform Services Controller is, e.g. "vCenter Server
            with an embedded Platform Services Controller".
        version: e.g. "6.7.0.40000".
    """

    deployment: str
    version: str
    build: str


@dataclass(frozen=True, slots=True)
class Backup:
    """A job of the file-based backup.

    Attributes:
        id: begins with its time, e.g. "20261122-210000-8307201".
        status: SUCCEEDED, FAILED, PENDING, RUNNING or BLOCKED; from 6.5 INPROGRESS and NONE.
        ended: aware, UTC; None while it has not ended.
    """

    id: str
    status: str
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class Partition:
    """A file system of the appliance.

    Attributes:
        name: the appliance's word for it: "root", "db", "log", "archive" and others.
        used, total: KiB; None where the appliance has no sample of the last hours.
    """

    name: str
    used: int | None
    total: int | None


@dataclass(frozen=True, slots=True)
class Storage:
    """How much room the appliance has.

    Attributes:
        health: of all file systems: green, yellow, orange, red or gray (no data).
        database_health: of those of the database, in the same words.
    """

    health: str | Unread
    database_health: str | Unread
    partitions: tuple[Partition, ...] | Unread


@dataclass(frozen=True, slots=True)
class Reading:
    """What the appliance says of the health of a part of itself beside its storage.

    Attributes:
        of: its own word for the part: "applmgmt", "load", "mem" or "swap".
        colour: green, yellow, orange, red or gray (no data).
    """

    of: str
    colour: str | Unread


@dataclass(frozen=True, slots=True)
class ServiceState:
    """How a service of the appliance fares (``appliance.vmon.service``).

    Attributes:
        startup: AUTOMATIC, MANUAL or DISABLED.
        state: STARTED, STARTING, STOPPED or STOPPING.
        health: HEALTHY, HEALTHY_WITH_WARNINGS or DEGRADED; None where the appliance tells none, as
            of a service that does not run.
    """

    startup: str
    state: str
    health: str | None


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the appliance, by the appliance's own name for it, e.g. "vpxd"."""

    name: str
    told: ServiceState | Unread

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"service {self.name}"


@dataclass(frozen=True, slots=True)
class CertificateInfo:
    """What vCenter says of a host's certificate (``HostCertificateManager.certificateInfo``).

    Attributes:
        not_before, not_after: aware, UTC; None where vCenter leaves them unset.
        status: good, expiring, expiringShortly, expirationImminent, expired or unknown.
    """

    subject: str | None
    issuer: str | None
    not_before: datetime | None
    not_after: datetime | None
    status: str


@dataclass(frozen=True, slots=True)
class HostCertificate:
    """The certificate of one host."""

    host: str
    host_name: str
    certificate: CertificateInfo | Unread

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.host_name} ({self.host})"
