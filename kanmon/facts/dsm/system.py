"""What a Deep Security Manager tells of itself: alerts, packages, schedule, connectors and more.

``/api`` (20.0), SOAP and ``/rest`` each tell another part of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kanmon.text import Message


@dataclass(frozen=True, slots=True)
class Alert:
    """An open alert; one that somebody dismissed is not read.

    Attributes:
        severity: as the manager words it, lower case, e.g. "warning" or "critical".
        raised: aware, UTC.
        targets: urns of what it is about, e.g. "urn:tmds:core::0:manager-node/1".
        node: the manager's number of the node that it is about, None where it is about none.
    """

    id: int
    name: str
    severity: str
    raised: datetime
    targets: tuple[str, ...]
    node: int | None


@dataclass(frozen=True, slots=True)
class RelayUpdate:
    """Whether a relay has the updates that it hands out.

    Attributes:
        computer: the manager's number of the relay.
        current: they are the newest that the manager knows.
        detail: what the manager said, in one line.
    """

    computer: int
    current: bool
    detail: Message


@dataclass(frozen=True, slots=True)
class Task:
    """A scheduled task.

    Attributes:
        type: e.g. "check-for-security-updates".
        next_run: aware, UTC; None where the manager names no next run.
        once: it runs once and never again.
    """

    name: str
    type: str
    enabled: bool
    next_run: datetime | None
    once: bool


@dataclass(frozen=True, slots=True)
class Schedule:
    """The scheduled tasks.

    Attributes:
        untold: why no interface tells of them; empty where one does.
    """

    untold: Message
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class Switch:
    """A setting that lets software or agents change by themselves.

    Attributes:
        name: one of ``SWITCHES``.
    """

    name: str
    on: bool


@dataclass(frozen=True, slots=True)
class Switches:
    """Those of ``SWITCHES`` that an interface tells.

    Attributes:
        untold: why the others are not told; empty where all are.
    """

    untold: Message
    told: tuple[Switch, ...]


SWITCHES = (
    "upgrade of Windows agents on activation",
    "upgrade of Linux agents on activation",
    "automatic download of software",
)


@dataclass(frozen=True, slots=True)
class SelfProtection:
    """Where agents guard themselves against whoever works on their machine.

    Attributes:
        untold: why no interface tells of it; empty where one does.
        policies: names of those whose own setting switches it on; what is below one has it too.
        computers: likewise, by the name and number that a report shows.
    """

    untold: Message
    policies: tuple[str, ...]
    computers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Connector:
    """A connection of the manager to a vCenter; its users and passwords are not kept.

    Attributes:
        nsx: address of the NSX manager, None where the connector has none.
    """

    id: int
    name: str
    vcenter: str
    nsx: str | None


@dataclass(frozen=True, slots=True)
class Connectors:
    """The connectors to vCenters.

    Attributes:
        untold: why no interface tells of them; empty where one does.
    """

    untold: Message
    items: tuple[Connector, ...]


@dataclass(frozen=True, slots=True)
class Package:
    """A software package that the manager knows.

    Attributes:
        name: as the manager calls it, e.g. "Agent-RedHat_EL7-20.0.0-877.x86_64.zip".
        kind: "Agent", "KernelSupport", "Appliance" or another word in its place; empty where the
            name is of no known form.
        token: the system in the name, e.g. "RedHat_EL7"; empty where it has none.
        platform: the system in words, empty likewise.
        architecture: "64-bit", "32-bit" or another word; empty where it is not told.
        version: e.g. "20.0.0-877".
        imported: it lies in the manager, so that agents can be upgraded with it.
    """

    name: str
    kind: str
    token: str
    platform: str
    architecture: str
    version: str
    imported: bool


@dataclass(frozen=True, slots=True)
class Packages:
    """What is imported.

    Attributes:
        source: "soap" (every package), or "api" (those of agents only, by the manager's words for
            platforms).
        platforms: those that the source "api" lists, with packages or without.
    """

    source: str
    platforms: tuple[str, ...]
    items: tuple[Package, ...]
