"""World files (``lab/worlds/*.toml``): what a simulated estate holds.

A machine is described once; vCenter, NSX, the manager and the machine itself each show their side.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lab.world.attestation import Attestation
from lab.world.database import DatabaseState
from lab.world.machine import Machine
from lab.world.manager import ManagerSystem
from lab.world.node import PRECHECK, NodeState
from lab.world.nsxt import NsxTState
from lab.world.nsxv import NsxVState
from lab.world.vcenter import Cluster, EsxHost, VCenter
from lab.world.waiver import Waiver

WORLDS = Path(__file__).parents[1] / "worlds"

Fault = Literal[
    "slow",  # every answer takes `seconds` longer
    "refused",  # nothing listens
    "silent",  # it accepts a connection and never answers
    "cut off",  # the connection is closed in the middle of every answer
    "half a page",  # bodies end early although their header promised more
    "wrong certificate",  # signed by a CA that nobody was told of
    "wrong password",  # every login is refused
    "weak rights",  # the account logs in and sees nothing
    "expired session",  # the session ends after the first answer that needs one
    "echo",  # it refuses whoever is logged in, and repeats in its words all that it was sent
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Misbehaviour(_Model):
    """A fault of one target (or of one manager node), by its slug."""

    target: str
    how: Fault
    seconds: float = 2.0


class NsxV(NsxVState):
    """An NSX-V manager; its clock is so many seconds fast, as those of other products."""

    slug: str
    clock: float = 0
    vcenter: str
    version: str = "6.4.5"
    build: str = "13282012"


class NsxT(NsxTState):
    """An NSX-T manager; one that is not registered has no compute manager yet."""

    slug: str
    vcenters: list[str]
    clock: float = 0
    registered: bool = True
    version: str = "3.1.2.0.0.17883596"
    management_status: str = "STABLE"
    control_status: str = "STABLE"


class DsmNode(_Model):
    """A manager node; a stopped one does not listen.

    Attributes:
        issued_to: name in its certificate; its slug where empty.
        agent_hash: how the certificate is signed that it shows to its agents.
    """

    slug: str
    issued_to: str = ""
    running: bool = True
    clock: float = 0
    version: str | None = None  # the manager's where None
    agent_hash: Literal["sha1", "sha256"] = "sha256"

    @property
    def to_agents(self) -> str:
        """What the server is called on which agents reach it."""
        return f"{self.slug}-agents"


class Dsm(_Model):
    """A Deep Security Manager: generation 11 offers SOAP and /rest, 20 offers /api too."""

    slug: str
    version: str
    nodes: list[DsmNode]
    database: str
    system: ManagerSystem = ManagerSystem()

    @property
    def generation(self) -> int:
        """Major version."""
        return int(self.version.split(".")[0])


class Database(DatabaseState):
    """A database server.

    Attributes:
        tls: the range of versions that it takes, lowest and highest.
        encryption: as its PRELOGIN says it; "strict" has TLS before any PRELOGIN (TDS 8).
        routes_to: "host:port" of the server to which it sends every login; none where empty.
        domain: whose accounts it takes, by NTLM, beside its own logins; none where empty.
    """

    slug: str
    product: Literal["sqlserver"] = "sqlserver"
    version: str
    level: str = "SP2"
    edition: str = "Standard Edition (64-bit)"
    tls: tuple[str, str] = ("TLSv1.2", "TLSv1.2")
    encryption: Literal["off", "on", "required", "not supported", "strict"] = "on"
    routes_to: str = ""
    domain: str = ""
    database: str = "dsm"
    state: str = "ONLINE"
    read_only: bool = False
    user_access: str = "MULTI_USER"
    recovery_model: str = "FULL"


class LinuxHost(NodeState):
    """A Linux host over SSH; sizes in GiB.

    Attributes:
        database_server: what its dsm.properties name, where that is not the manager's database.
    """

    slug: str
    node: str | None = None
    database_server: str | None = None
    os_id: str = "rhel"
    os_version: str = "7.9"
    os_name: str = "Red Hat Enterprise Linux Server 7.9 (Maipo)"
    kernel: str = "3.10.0-1160.el7.x86_64"
    memory: float = 32
    cores: int = 8
    heap: str = "8g"
    disk: float = 200
    disk_free: float = 120
    timezone: str = "Asia/Tokyo"


class ManagerHost(_Model):
    """The Windows host of a manager node; sizes in GiB.

    Attributes:
        service: the manager's.
        database_server: what its dsm.properties name, where that is not the manager's database.
        installers: names of the new manager's installers; ``old_installers`` of today's, None for
            the one of the manager's version.
        administrator: the account may read what is for administrators alone.
    """

    slug: str
    node: str
    transport: Literal["winrm", "ssh"] = "winrm"
    product: str = "Windows Server 2019 Standard"
    build: str = "17763"
    memory: float = 32
    cores: int = 8
    heap: str | None = "8g"
    disk: float = 200
    disk_free: float = 120
    service: Literal["running", "stopped", "absent"] = "running"
    database_server: str | None = None
    installers: list[str] = ["Manager-Windows-20.0.877.x64.exe"]
    old_installers: list[str] | None = None
    installer_bytes: int = 2**30
    installer_hours: float = 48
    installer_sha256: str | None = None
    prechecked: bool = True
    precheck: str = PRECHECK
    precheck_hours: float = 24
    clock: float = 0
    pending_restart: bool = False
    administrator: bool = True


class Fleet(_Model):
    """A ``[[windows]]`` table of the environment: the machines of a manager."""

    slug: str
    from_dsm: str
    transport: Literal["winrm", "ssh"] = "winrm"


class Change(_Model):
    """The change of the world's environment: its window is always some days ahead."""

    number: str
    in_days: int = 14
    hours: int = 8

    def window(self) -> tuple[datetime, datetime]:
        """Start and end, aware, UTC."""
        today = datetime.now(UTC).replace(hour=13, minute=0, second=0, microsecond=0)
        start = today + timedelta(days=self.in_days)
        return start, start + timedelta(hours=self.hours)


class World(_Model):
    """A whole world file.

    Attributes:
        attestation: what people answer for; for all that is open where it says nothing.
        after: they answer too for what is open only after the manager's step.
        waiver: what its board accepts.
    """

    name: str
    title: str
    change: Change | None = None
    upgrade: dict[str, str] = {}
    plan: list[dict[str, Any]] = []  # the order that the operator declares
    attestation: list[Attestation] | None = None
    after: bool = False
    waiver: list[Waiver] = []
    vcenter: list[VCenter] = []
    nsxv: list[NsxV] = []
    nsxt: list[NsxT] = []
    dsm: list[Dsm] = []
    database: list[Database] = []
    linux: list[LinuxHost] = []
    manager_host: list[ManagerHost] = []
    windows: list[Fleet] = []
    machine: list[Machine] = []
    misbehaviour: list[Misbehaviour] = []
    timeout: float | None = None  # seconds, in the environment file; its own where None
    username: str = "kanmon-ro"
    password: Annotated[str, Field(min_length=4)] = "Rd0nly-Lab-Passw0rd"  # noqa: S105 - of a simulated account

    @model_validator(mode="after")
    def _faults_have_an_owner(self) -> Self:
        if unknown := {fault.target for fault in self.misbehaviour} - self.slugs:
            raise ValueError(f"misbehaviour of nobody: {', '.join(sorted(unknown))}")
        return self

    @property
    def slugs(self) -> set[str]:
        """The slugs of every target and of every manager node."""
        nodes = [node for dsm in self.dsm for node in dsm.nodes]
        kinds = (self.vcenter, self.nsxv, self.nsxt, self.dsm, self.database, self.linux)
        return {
            one.slug
            for owners in (*kinds, self.manager_host, self.windows, nodes)
            for one in owners
        }

    @property
    def stopped_nodes(self) -> set[str]:
        """The slugs of the manager nodes that do not run."""
        return {node.slug for dsm in self.dsm for node in dsm.nodes if not node.running}

    @cached_property
    def machines(self) -> tuple[Machine, ...]:
        """Every machine, counted ones spelt out, in the order of the file."""
        return tuple(one for machine in self.machine for one in _spell_out(machine))

    @cached_property
    def addresses(self) -> dict[str, str]:
        """Loopback address of every Windows machine that a manager knows, by name."""
        dialled = [m for m in self.machines if m.dsm and m.windows]
        return {
            machine.name: f"127.{64 + index // 62500}.{index // 250 % 250}.{index % 250 + 2}"
            for index, machine in enumerate(dialled)
        }

    def of_vcenter(self, slug: str) -> list[Machine]:
        """The VMs of one vCenter."""
        return [machine for machine in self.machines if machine.vcenter == slug]

    def of_dsm(self, slug: str) -> list[Machine]:
        """The computers of one manager."""
        return [machine for machine in self.machines if machine.dsm == slug]

    def find_vcenter(self, slug: str) -> VCenter:
        """A vCenter by slug."""
        return next(vcenter for vcenter in self.vcenter if vcenter.slug == slug)

    def host_of(self, machine: Machine) -> tuple[Cluster, EsxHost] | None:
        """Cluster and host of a VM; None for a physical machine."""
        return self._placement.get(machine.name)

    @cached_property
    def _placement(self) -> dict[str, tuple[Cluster, EsxHost]]:
        placed: dict[str, tuple[Cluster, EsxHost]] = {}
        for vcenter in self.vcenter:
            clusters = {cluster.name: cluster for cluster in vcenter.clusters}
            for index, machine in enumerate(self.of_vcenter(vcenter.slug)):
                cluster = clusters[machine.cluster or vcenter.clusters[0].name]
                placed[machine.name] = (cluster, cluster.hosts[index % len(cluster.hosts)])
        return placed

    def vm_number(self, machine: Machine) -> int:
        """The number in a VM's moref, "vm-1000" and up."""
        return self._vm_numbers[machine.name]

    @cached_property
    def _vm_numbers(self) -> dict[str, int]:
        return {machine.name: 1000 + index for index, machine in enumerate(self.machines)}

    def computer_id(self, machine: Machine) -> int:
        """The manager's number for a machine, 1 and up."""
        return self._vm_numbers[machine.name] - 999

    def faults(self, slug: str) -> list[Misbehaviour]:
        """The faults of one target or manager node."""
        return [fault for fault in self.misbehaviour if fault.target == slug]


def _spell_out(machine: Machine) -> list[Machine]:
    if machine.count == 1:
        return [machine]
    width = max(2, len(str(machine.count)))
    return [
        machine.model_copy(update={"name": f"{machine.name}-{number:0{width}}", "count": 1})
        for number in range(1, machine.count + 1)
    ]


def load(name_or_path: str) -> World:
    """A world by its name in ``lab/worlds`` or by the path of its file.

    A world that names another one as its ``base`` has all of it but the tables that it has itself.

    Raises:
        FileNotFoundError: there is none.
        pydantic.ValidationError: the file does not describe a world.
    """
    path = _file(name_or_path)
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    if base := values.pop("base", None):
        values = {**tomllib.loads(_file(base).read_text(encoding="utf-8")), **values}
    return make(path.stem, values)


def _file(name_or_path: str) -> Path:
    path = Path(name_or_path)
    return path if path.suffix == ".toml" else WORLDS / f"{name_or_path}.toml"


def make(name: str, values: dict[str, Any]) -> World:
    """A world from plain values, as a world file holds them."""
    return World.model_validate({**values, "name": name})


def enlarge(world: World, *, vms: int = 0, computers: int = 0) -> World:
    """The world with more of the same: VMs in its first cluster, computers in its first manager."""
    extra: list[Machine] = []
    if vms:
        first = world.vcenter[0]
        cluster = first.clusters[0].name
        extra.append(Machine(name="bulk-vm", count=vms, vcenter=first.slug, cluster=cluster))
    if computers:
        extra.append(
            Machine(
                name="bulk-computer",
                count=computers,
                dsm=world.dsm[0].slug,
                protection="agent",
                os="Red Hat Enterprise 7 (64 bit) (3.10.0-1160.el7.x86_64)",
            )
        )
    return world.model_copy(update={"machine": [*world.machine, *extra]})
