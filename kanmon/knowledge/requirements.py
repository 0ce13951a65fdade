"""What rows about needs hold: what a version asks of machines, databases and certificates."""

import datetime as dt
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from kanmon.knowledge.rows import Amount, Count, Row, Text, Texts
from kanmon.knowledge.span_types import (
    DeepSecuritySpan,
    DeepSecurityVersion,
    NsxSpan,
    SqlServerVersion,
)


class ManagerSizing(Row):
    """What one manager node needs at a number of agents.

    Attributes:
        deep_security: line of the manager.
        agents_from: first number of agents of the band.
        agents_below: first number beyond it, None for no end.
    """

    table: ClassVar[str] = "manager_sizing"

    deep_security: DeepSecurityVersion
    agents_from: Count
    agents_below: Amount | None = None
    cores: Amount
    memory_gib: Amount
    heap_gib: Amount
    disk_gib: Amount

    @property
    def key(self) -> str:
        """Line and first number of agents."""
        return f"{self.deep_security} from {self.agents_from}"


class RelayFootprint(Row):
    """The memory that a relay takes on a manager node, on top of the node's own."""

    table: ClassVar[str] = "relay_footprint"

    deep_security: DeepSecurityVersion
    memory_gib: Amount

    @property
    def key(self) -> str:
        """Line of the relay."""
        return self.deep_security


class KernelReserve(Row):
    """How much less than the machine's memory its Linux kernel may report, in per cent of it."""

    table: ClassVar[str] = "memory_reserve"

    share_percent: Annotated[int, Field(gt=0, lt=100)]

    @property
    def key(self) -> str:
        """There is one row."""
        return "MemTotal"


class SqlServerTls12(Row):
    """Builds of SQL Server, from the first up to the one below, that all speak TLS 1.2 or all not.

    Attributes:
        line: e.g. "2014 SP1 CU".
        below: first build beyond them, None for no end.
        supported: None where no text says whether they speak it.
        crashes: their service ends by itself now and then since they have TLS 1.2, so that a
            handshake that once succeeded says nothing for them.
    """

    table: ClassVar[str] = "sqlserver_tls12"

    line: Text
    first: SqlServerVersion
    below: SqlServerVersion | None = None
    supported: bool | None = None
    crashes: bool = False

    @property
    def key(self) -> str:
        """The first build."""
        return self.first


class DatabaseTlsRule(Row):
    """Whether the database must speak TLS 1.2; of a table's rules the first that fits counts.

    Attributes:
        source_from: first line of today's manager, None for any and for a new installation.
        source_below: first line beyond, None for no end.
        target_from: first line of the manager that is installed, None for any.
        target_below: first line beyond, None for no end.
    """

    table: ClassVar[str] = "database_tls_rules"

    name: Text
    source_from: DeepSecurityVersion | None = None
    source_below: DeepSecurityVersion | None = None
    target_from: DeepSecurityVersion | None = None
    target_below: DeepSecurityVersion | None = None
    installation: Literal["new", "upgrade"]
    requirement: Literal["required", "recommended", "not required"]

    @property
    def key(self) -> str:
        """The name."""
        return self.name


class WindowsRoot(Row):
    """A root certificate that Windows needs, or that is often met beside those.

    Attributes:
        sha1: thumbprint, 40 upper-case hex digits.
        sha256: 64 upper-case hex digits.
        not_after: presence counts, not this: two of the required ones expired long ago.
        required: it is on the vendor's list.
        subject: in full, the most particular part first; a comma inside a part has a backslash.
        serial: hex digits, without leading zeros.
        signature_hash: of its signature by itself.
        computed_from: collections that held the certificate of which the thumbprint was computed.
    """

    table: ClassVar[str] = "windows_roots"

    sha1: Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{40}$")]
    common_name: Text
    not_after: dt.date
    required: bool
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{64}$")]
    subject: Text
    serial: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]+$")]
    signature_hash: Literal["md5", "sha1", "sha256", "sha384"]
    computed_from: Texts

    @property
    def key(self) -> str:
        """The thumbprint."""
        return self.sha1


class RelayFloor(Row):
    """The lowest relay of a line that can check the signature of agent packages.

    Attributes:
        platform: where the line's platforms differ, None for both.
        minimum: a build, or the line itself where every build of it can.
    """

    table: ClassVar[str] = "relay_integrity"

    line: DeepSecurityVersion
    platform: Literal["linux", "windows"] | None = None
    minimum: DeepSecurityVersion

    @property
    def key(self) -> str:
        """The line, and the platform where it matters."""
        return f"{self.line} {self.platform}" if self.platform else self.line


class Database(Row):
    """Whether managers take a database; of a table's rows the first that fits counts.

    Attributes:
        release: as it is sold, e.g. "2019".
        version: how the version that it reports begins, e.g. "15.0."; None where the product
            is known by its name or edition.
        state: "limited" where the vendor speaks of particular configurations only.
    """

    table: ClassVar[str] = "databases"

    product: Literal[
        "SQL Server",
        "SQL Server Express",
        "SQL Server Desktop Engine",
        "Azure SQL Database",
        "Azure SQL Managed Instance",
        "Azure SQL Edge",
        "Azure Synapse dedicated SQL pool",
        "Azure Synapse serverless SQL pool",
        "SQL database in Microsoft Fabric",
        "Oracle",
        "PostgreSQL",
    ]
    release: Text
    version: Text | None = None
    manager: DeepSecuritySpan
    state: Literal["supported", "limited", "not supported"]

    @property
    def key(self) -> str:
        """Product, release and managers."""
        return f"{self.product} {self.release} with manager {self.manager}"


class ManagerOs(Row):
    """Whether managers run on an operating system; of a table's rows the first that fits counts."""

    table: ClassVar[str] = "manager_os"

    os: Text
    manager: DeepSecuritySpan
    supported: bool

    @property
    def key(self) -> str:
        """System and managers."""
        return f"{self.os} with manager {self.manager}"


class WindowsSignature(Row):
    """What makes a Windows accept a kind of signature.

    Attributes:
        native: it does so without any update.
        updates: KB numbers; empty where it is native, or where no update helps.
        needs: all of the updates, or any of them (or a later cumulative one); None without any.
        system: CurrentBuildNumber, e.g. "14393"; None where the text names systems without it.
        build: first build of the system that has it, None where no text gives it.
    """

    table: ClassVar[str] = "windows_signatures"

    kind: Literal["SHA-2", "Azure Code Signing"]
    os: Text
    system: Text | None = None
    native: bool
    updates: Texts = ()
    needs: Literal["all", "any"] | None = None
    build: Text | None = None

    @property
    def key(self) -> str:
        """Kind, system, and updates where there is a second way."""
        return " ".join((self.kind, self.os, *self.updates))


class SecureBootKey(Row):
    """A key that a Linux under Secure Boot must hold before it loads modules of an agent.

    Attributes:
        expires: a machine that holds the key is no better for it afterwards.
        systems: where it is needed; empty where the text does not say.
        replaced_by: the key that came after it.
        sha256: of the file, 64 upper-case hex digits; None where no text gives it.
    """

    table: ClassVar[str] = "secure_boot_keys"

    name: Text
    agent: DeepSecuritySpan
    expires: dt.date
    systems: Texts = ()
    replaced_by: Text | None = None
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{64}$")] | None = None

    @property
    def key(self) -> str:
        """The file's name."""
        return self.name


class AgentFootprint(Row):
    """What an agent or a relay takes on its machine.

    Attributes:
        load: the modules, or the package, for which the figures stand.
        kind: what the figures are.
        memory_mib: like ``disk_gib`` and ``cores``, None where the text gives no figure.
    """

    table: ClassVar[str] = "agent_footprint"

    role: Literal["agent", "relay"]
    agent: DeepSecuritySpan
    platform: Literal["linux", "windows"] | None = None
    load: Text
    kind: Literal["minimum", "recommended", "measured"]
    memory_mib: Amount | None = None
    disk_gib: Amount | None = None
    cores: Amount | None = None

    @property
    def key(self) -> str:
        """Role, versions, platform, load and kind."""
        parts = (self.role, str(self.agent), self.platform, self.load, self.kind)
        return ", ".join(part for part in parts if part)


class NsxtLicence(Row):
    """An edition of a licence of NSX-T; of several valid ones that of the highest rank counts.

    Attributes:
        rank: 1 is the highest.
        endpoint_protection: whether it covers that; None where no text that could be read says.
    """

    table: ClassVar[str] = "nsxt_licences"

    nsx: NsxSpan
    edition: Text
    rank: Amount
    endpoint_protection: bool | None = None

    @property
    def key(self) -> str:
        """Versions and edition."""
        return f"{self.nsx}, {self.edition}"


class NsxtBeforeMigration(Row):
    """Whether a kind of object may stand in NSX-T before the migration coordinator starts."""

    table: ClassVar[str] = "nsxt_before_migration"

    object: Text
    accepted: bool

    @property
    def key(self) -> str:
        """The kind of object."""
        return self.object


class NsxtMigrationMode(Row):
    """Whether a mode of the migration coordinator starts from an empty NSX-T."""

    table: ClassVar[str] = "nsxt_migration_modes"

    mode: Text
    empty: bool

    @property
    def key(self) -> str:
        """The mode."""
        return self.mode


TABLES: tuple[type[Row], ...] = (
    ManagerSizing,
    RelayFootprint,
    KernelReserve,
    SqlServerTls12,
    DatabaseTlsRule,
    WindowsRoot,
    RelayFloor,
    Database,
    ManagerOs,
    WindowsSignature,
    SecureBootKey,
    AgentFootprint,
    NsxtLicence,
    NsxtBeforeMigration,
    NsxtMigrationMode,
)
