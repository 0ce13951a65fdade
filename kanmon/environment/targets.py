"""The targets that an environment file names, one table for each kind."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    model_validator,
)


def _fingerprint(text: str) -> str:
    digits = text.removeprefix("sha256:").replace(":", "").lower()
    if not text.startswith("sha256:") or len(digits) != 64 or set(digits) - set("0123456789abcdef"):  # noqa: PLR2004 - hex digits of SHA-256
        raise ValueError("expected sha256: and 64 hex digits")
    return digits


def is_address(name: str) -> bool:
    """Whether a host is told by its IP address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _address(text: str) -> str:
    if not is_address(text) and re.search(r"[\s:/@\[\]]", text):
        raise ValueError("expected a host name or an IP address alone; a port has a key of its own")
    return text


def _usual_port(values: Any, key: str, ports: dict[str, int]) -> Any:
    """The values of a table with the port that its product or transport usually has."""
    if not isinstance(values, dict) or "port" in values:
        return values
    chosen = values.get(key)
    return (
        {**values, "port": ports[chosen]} if isinstance(chosen, str) and chosen in ports else values
    )


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Address = Annotated[str, StringConstraints(min_length=1), AfterValidator(_address)]
Port = Annotated[int, Field(ge=1, le=65535)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{64}$"), AfterValidator(str.lower)]
FilePattern = Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9_./*?-]+$")]
WindowsFolder = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]:(\\[A-Za-z0-9_. ()-]+)+$")]
WindowsPattern = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z]:(\\[A-Za-z0-9_. ()-]+)*\\[A-Za-z0-9_.*?-]+$")
]
Fingerprint = Annotated[
    str, AfterValidator(_fingerprint), PlainSerializer(lambda digits: f"sha256:{digits}")
]


class Model(BaseModel):
    """What a human writes: unknown keys and wrong types are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Endpoint(Model):
    """An address dialled over TLS, verified by a CA file, a pinned leaf or the system's CAs.

    Attributes:
        ca: path of a PEM file, relative to the environment file until it is loaded.
        fingerprint: SHA-256 of the leaf certificate, 64 lower-case hex digits once loaded.
        timeout: seconds for each network operation.
    """

    slug: Slug
    address: Address
    port: Port = 443
    ca: Text | None = None
    fingerprint: Fingerprint | None = None
    timeout: Annotated[float, Field(gt=0, le=600)] = 30.0

    @model_validator(mode="after")
    def _one_trust(self) -> Self:
        if self.ca and self.fingerprint:
            raise ValueError("give ca or fingerprint, not both")
        return self

    @property
    def where(self) -> str:
        """The address as an operator types it: "address:port"."""
        return f"{self.address}:{self.port}"


class VCenter(Endpoint):
    """A vCenter."""

    kind: ClassVar[str] = "vcenter"
    title: ClassVar[str] = "VMware vCenter Server"
    credential: Text


class NsxV(Endpoint):
    """An NSX-V manager and the vCenter that it belongs to."""

    kind: ClassVar[str] = "nsxv"
    title: ClassVar[str] = "VMware NSX for vSphere"
    credential: Text
    vcenter: Slug


class NsxT(Endpoint):
    """An NSX-T manager and the vCenters that are its compute managers."""

    kind: ClassVar[str] = "nsxt"
    title: ClassVar[str] = "VMware NSX-T"
    credential: Text
    vcenters: Annotated[list[Slug], Field(min_length=1)]


class DsmNode(Endpoint):
    """One node of a Deep Security Manager.

    Attributes:
        agent_port: on which agents reach it; that of the console and one where left out.
    """

    port: Port = 4119
    agent_port: Port | None = None

    @property
    def to_agents(self) -> int:
        """The port on which agents reach it."""
        return self.agent_port or self.port + 1


class Dsm(Model):
    """A Deep Security Manager: its nodes, in the order in which they are upgraded.

    Attributes:
        installer_checksum: SHA-256 of the new installer for Linux, as its vendor published it.
    """

    kind: ClassVar[str] = "dsm"
    title: ClassVar[str] = "Trend Micro Deep Security Manager"
    slug: Slug
    credential: Text
    tenant: Text | None = None
    nodes: Annotated[list[DsmNode], Field(min_length=1)]
    database: Slug
    installer_checksum: Sha256 | None = None

    @property
    def where(self) -> str:
        """Every node's address."""
        return ", ".join(node.where for node in self.nodes)


class Database(Endpoint):
    """The database that a manager uses.

    Attributes:
        port: of TLS; for Oracle that of a TCPS listener.
        database: its name; for Oracle the name of its service.
    """

    kind: ClassVar[str] = "database"
    product: Literal["sqlserver", "postgresql", "oracle"]
    port: Port = 0  # set from the product where the file does not give one
    database: Text = "dsm"
    credential: Text

    @property
    def title(self) -> str:
        """What a report calls the product."""
        titles = {
            "sqlserver": "Microsoft SQL Server",
            "postgresql": "PostgreSQL",
            "oracle": "Oracle Database",
        }
        return titles[self.product]

    @model_validator(mode="before")
    @classmethod
    def _has_a_port(cls, values: Any) -> Any:
        return _usual_port(
            values, "product", {"sqlserver": 1433, "postgresql": 5432, "oracle": 2484}
        )


class Linux(Model):
    """A Linux host over SSH; its host key is verified, by known_hosts file or by the key itself.

    Attributes:
        host_key: the line of ``ssh-keyscan`` without the host: "ssh-ed25519 AAAA...".
        known_hosts: path, relative to the environment file; the user's own where neither is given.
        node: slug of the manager node that runs on it.
        installer: pattern of the new manager's installer.
        old_installer: pattern of today's, for the way back; ``installer`` where left out.
        precheck: pattern of the report (CSV) that the installer's pre-check left.
    """

    kind: ClassVar[str] = "linux"
    title: ClassVar[str] = "Linux"
    slug: Slug
    address: Address
    port: Port = 22
    credential: Text
    host_key: Text | None = None
    known_hosts: Text | None = None
    node: Slug | None = None
    installer: FilePattern = "/root/Manager-Linux-*.sh"
    old_installer: FilePattern | None = None
    precheck: FilePattern | None = None
    timeout: Annotated[float, Field(gt=0, le=600)] = 30.0

    @property
    def where(self) -> str:
        """The address as an operator types it."""
        return f"{self.address}:{self.port}"


class WindowsMachine(Model):
    """A Windows machine that the environment names itself."""

    name: Text
    address: Address
    host_key: Text | None = None


class _ByTransport(Model):
    """What is reached over WinRM (HTTPS) or SSH, each at its usual port."""

    transport: Literal["winrm", "ssh"] = "winrm"
    port: Port = 0  # set from the transport where the file does not give one

    @model_validator(mode="before")
    @classmethod
    def _has_a_port(cls, values: Any) -> Any:
        chosen = {"transport": "winrm", **values} if isinstance(values, dict) else values
        return _usual_port(chosen, "transport", {"winrm": 5986, "ssh": 22})


class Windows(_ByTransport):
    """A fleet of Windows machines that share a credential and a way in.

    Attributes:
        from_dsm: slug of the manager whose computers (Windows, anti-malware on) are the fleet.
        machines: the fleet itself, where the environment names it.
        dial: what of the manager's record is dialled: its host name or its last used IP address.
        transport: "winrm" (HTTPS) or "ssh".
    """

    kind: ClassVar[str] = "windows"
    title: ClassVar[str] = "Windows machines"
    slug: Slug
    from_dsm: Slug | None = None
    machines: list[WindowsMachine] = []
    dial: Literal["host_name", "last_ip"] = "host_name"
    credential: Text
    ca: Text | None = None
    known_hosts: Text | None = None
    timeout: Annotated[float, Field(gt=0, le=600)] = 30.0

    @model_validator(mode="after")
    def _one_list(self) -> Self:
        if bool(self.from_dsm) == bool(self.machines):
            raise ValueError("give from_dsm, or machines, and not both")
        return self

    @property
    def where(self) -> str:
        """Where the list comes from, and the port."""
        source = f"computers of {self.from_dsm}" if self.from_dsm else f"{len(self.machines)} named"
        return f"{source}, {self.transport} port {self.port}"


class ManagerHost(_ByTransport):
    """The host of a manager node, on Windows: over WinRM (HTTPS) or SSH, by ``cmd``.

    One with ``platform = "linux"`` is a ``[[linux]]`` table with ``node``, and is taken for one.

    Attributes:
        node: slug of the manager node that runs on it.
        transport: "winrm" (HTTPS) or "ssh".
        folder: where the manager is installed.
        installer: pattern of the new manager's installer.
        old_installer: pattern of today's, for the way back; ``installer`` where left out.
        precheck: pattern of the report (CSV) that the installer's pre-check left.
    """

    kind: ClassVar[str] = "manager_host"
    title: ClassVar[str] = "Windows host of a manager"
    slug: Slug
    platform: Literal["windows", "linux"]
    node: Slug
    address: Address
    credential: Text
    ca: Text | None = None
    host_key: Text | None = None
    known_hosts: Text | None = None
    folder: WindowsFolder = r"C:\Program Files\Trend Micro\Deep Security Manager"
    installer: WindowsPattern = r"C:\kanmon\Manager-Windows-*.x64.exe"
    old_installer: WindowsPattern | None = None
    precheck: WindowsPattern | None = None
    timeout: Annotated[float, Field(gt=0, le=600)] = 30.0

    @property
    def where(self) -> str:
        """The address as an operator types it."""
        return f"{self.address}:{self.port}"


Target = VCenter | NsxV | NsxT | Dsm | Database | Linux | ManagerHost | Windows


class Targets(Model):
    """The tables of targets, one list for each kind."""

    vcenter: list[VCenter] = Field(default_factory=list)
    nsxv: list[NsxV] = Field(default_factory=list)
    nsxt: list[NsxT] = Field(default_factory=list)
    dsm: list[Dsm] = Field(default_factory=list)
    database: list[Database] = Field(default_factory=list)
    linux: list[Linux] = Field(default_factory=list)
    manager_host: list[ManagerHost] = Field(default_factory=list)
    windows: list[Windows] = Field(default_factory=list)

    @property
    def node_hosts(self) -> tuple[Linux | ManagerHost, ...]:
        """The machines on which manager nodes run."""
        return (*(one for one in self.linux if one.node), *self.manager_host)


KINDS = tuple(Targets.model_fields)


def place(address: str, port: int) -> str:
    """Address and port in one spelling: "VC.example.jp." is "vc.example.jp"."""
    name = address.lower().removesuffix(".")
    try:
        ip = ipaddress.ip_address(name)
    except ValueError:
        return f"{name}:{port}"
    return f"{getattr(ip, 'ipv4_mapped', None) or ip}:{port}"


def takes_key(target: Target) -> bool:
    """Whether a private key can log in there."""
    if isinstance(target, Windows | ManagerHost):
        return target.transport == "ssh"
    return isinstance(target, Linux)
