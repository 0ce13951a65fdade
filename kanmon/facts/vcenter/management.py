"""What is read of a vCenter's own upkeep: alarms, work under way, snapshots, licences, rights."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kanmon.facts.common import Unread


@dataclass(frozen=True, slots=True)
class Alarm:
    """A triggered alarm of an object (``rootFolder.triggeredAlarmState``).

    Attributes:
        name: of the alarm's definition.
        entity: managed object id of the object, e.g. "host-21".
        status: red or yellow; green and gray ones are not triggered.
        since: when it was triggered, aware, UTC.
        acknowledged: somebody took note of it; it is triggered all the same.
    """

    name: str
    entity: str
    entity_name: str
    status: str
    since: datetime
    acknowledged: bool


@dataclass(frozen=True, slots=True)
class Task:
    """A task that has not ended.

    Attributes:
        name: what it does, e.g. "VirtualMachine.migrate".
        entity_name: the object that it works on; None for one that works on none.
        state: queued or running.
        since: when it was started, or queued; aware, UTC.
    """

    moref: str
    name: str
    entity_name: str | None
    state: str
    since: datetime

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.name} ({self.moref})"


@dataclass(frozen=True, slots=True)
class Question:
    """A VM that waits for an answer."""

    vm: str
    vm_name: str
    text: str


@dataclass(frozen=True, slots=True)
class Activity:
    """What is under way.

    Attributes:
        vms: how many VMs were asked for a question.
        tasks: those among vCenter's recent ones that have not ended.
    """

    vms: int
    tasks: tuple[Task, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot of a VM; created is aware, UTC."""

    name: str
    created: datetime


@dataclass(frozen=True, slots=True)
class VmUpkeep:
    """A VM's snapshots, and what tells which machine it is.

    Attributes:
        bios_uuid, host_name, address: None where vCenter does not know them (the last two come from
            VMware Tools in the guest).
        consolidation_needed: None where vCenter does not say, as for a VM that is not connected.
        snapshots: of the whole tree.
    """

    moref: str
    name: str
    bios_uuid: str | None
    host_name: str | None
    address: str | None
    consolidation_needed: bool | None
    snapshots: tuple[Snapshot, ...]


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence, never with its whole key.

    Attributes:
        key_end: the last five characters of the key.
        edition: e.g. "vc.standard.instance", "eval" for an evaluation.
        product_version: of the product that it is for, e.g. "7.0"; None where it does not say.
        expires: aware, UTC; None for one that says no day: it does not expire, unless it is an
            evaluation.
    """

    key_end: str
    name: str
    edition: str
    product_version: str | None
    expires: datetime | None
    evaluation: bool


@dataclass(frozen=True, slots=True)
class Assignment:
    """The licence that something uses.

    Attributes:
        entity: managed object id of a host, or the instance uuid of a vCenter.
    """

    entity: str
    entity_name: str
    licence: Licence


@dataclass(frozen=True, slots=True)
class Licences:
    """The licences of a vCenter.

    Attributes:
        keys: every licence of the inventory; vCenter asks for the privilege Global.Licenses.
        assigned: those that are in use; the privilege System.View is enough.
    """

    keys: tuple[Licence, ...] | Unread
    assigned: tuple[Assignment, ...]


@dataclass(frozen=True, slots=True)
class SwitchConfig:
    """A distributed switch.

    Attributes:
        version: e.g. "6.5.0"; None where the product does not say.
        network_control: version of Network I/O Control, e.g. "version3"; None as above.
        hosts: morefs of the hosts that are members; None where the vCenter does not say.
    """

    moref: str
    name: str
    version: str | None
    network_control: str | None
    hosts: tuple[str, ...] | None

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.name} ({self.moref})"


@dataclass(frozen=True, slots=True)
class Role:
    """A role and its privileges, e.g. "System.Read"."""

    id: int
    name: str
    privileges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """The roles that the account has on a container or on a host.

    Attributes:
        kind: Folder, Datacenter, ComputeResource (a cluster too) or HostSystem.
    """

    moref: str
    kind: str
    name: str
    roles: tuple[int, ...]

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.name} ({self.moref})"


@dataclass(frozen=True, slots=True)
class Unseen:
    """An object that another one names and that the account cannot see.

    Attributes:
        named_by: name and managed object id of the one that names it.
    """

    moref: str
    named_by: str


@dataclass(frozen=True, slots=True)
class Rights:
    """What the account may do.

    Attributes:
        root: managed object id of the root folder, on which the privileges of vCenter itself are.
    """

    root: str
    roles: tuple[Role, ...]
    access: tuple[Access, ...]
    unseen: tuple[Unseen, ...]
