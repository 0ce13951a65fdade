"""The state of an NSX-V manager: health, jobs, backups, alarms, and what bears on its migration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Component:
    """A service of the manager's own appliance (``summary/components``).

    Attributes:
        status: RUNNING or STOPPED.
        enabled: it is meant to run.
    """

    id: str
    name: str
    status: str
    enabled: bool

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.name} ({self.id})"


@dataclass(frozen=True, slots=True)
class State:
    """What the manager says of itself and of what it leans on.

    Attributes:
        sso_connected: registered with vCenter's single sign-on, and in touch with it.
        agent_manager: ESX Agent Manager of vCenter as NSX sees it: UP is good.
        controllers_upgradable: the controllers are older than the manager; False without any.
    """

    components: tuple[Component, ...]
    sso_connected: bool
    agent_manager: str
    controllers_upgradable: bool


@dataclass(frozen=True, slots=True)
class Job:
    """A job of NSX's task framework, one of the newest.

    Attributes:
        status: e.g. "COMPLETED"; the vendor publishes no list of values.
    """

    id: str
    name: str
    status: str

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.name} ({self.id})"


@dataclass(frozen=True, slots=True)
class Connection:
    """What the manager says of its connections to a prepared host; UP, DOWN or NOT_AVAILABLE.

    Attributes:
        host: moref.
        firewall: manager to firewall agent.
        control_plane: manager to control plane agent.
        controller: host to controllers; NOT_AVAILABLE where there are none.
    """

    host: str
    firewall: str
    control_plane: str
    controller: str


@dataclass(frozen=True, slots=True)
class HostRules:
    """Whether a host has the rules of the distributed firewall that were published last.

    Attributes:
        host: moref.
        status: "published" is good; the vendor publishes no list of values.
    """

    host: str
    name: str
    status: str

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.name} ({self.host})"


@dataclass(frozen=True, slots=True)
class Firewall:
    """Publication of the distributed firewall's rules; hosts without a firewall are not in it."""

    status: str
    hosts: tuple[HostRules, ...]


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup file of the manager.

    Attributes:
        size: in bytes; None where the manager does not show a number.
        created: aware, UTC.
    """

    name: str
    size: int | None
    created: datetime


@dataclass(frozen=True, slots=True)
class Backups:
    """Where and how often the manager is backed up; passwords and pass phrase are not looked at.

    Attributes:
        server: "" where no place for backups is set.
        frequency: e.g. "DAILY"; None without a schedule.
        excluded: tables that are left out, e.g. "AUDIT_LOGS".
        files: all that lie there; empty without a place.
    """

    server: str
    frequency: str | None
    excluded: tuple[str, ...]
    files: tuple[Backup, ...]


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm that is not resolved (``/services/systemalarms``).

    Attributes:
        code: of the event that raised it, e.g. 250024.
        severity: e.g. "High", "Critical", "Informational".
        module: NSX's name of the part that raised it.
        source: id or name of what it is about, e.g. "domain-c7".
        target: display name of the object, "" where NSX names none.
        time: aware, UTC.
    """

    id: str
    code: int
    severity: str
    module: str
    source: str
    target: str
    message: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """A system event; events do not close, a later one may say that it is over.

    Attributes:
        number: NSX's own, rising.
        source: id or name of what it is about.
        time: aware, UTC.
    """

    number: int
    code: int
    severity: str
    module: str
    source: str
    message: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Events:
    """System events of the codes that the table ``nsx_events`` knows, the newest first.

    Attributes:
        since: how far back they were read, aware, UTC.
    """

    since: datetime
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class TransportZone:
    """A transport zone.

    Attributes:
        mode: UNICAST_MODE, HYBRID_MODE or MULTICAST_MODE.
    """

    id: str
    name: str
    mode: str

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.name} ({self.id})"


@dataclass(frozen=True, slots=True)
class Networks:
    """What of the networks decides whether NSX-V can be migrated.

    Attributes:
        role: STANDALONE, PRIMARY, SECONDARY or TRANSIT, between several vCenters.
        vxlan_port: UDP.
        secondaries: addresses of the secondary managers of a primary one; None where the manager is
            none, and where the run that read it did not ask.
    """

    role: str
    vxlan_port: int
    zones: tuple[TransportZone, ...]
    secondaries: tuple[str, ...] | None = None
