"""What a row of each table holds. Versions are texts here: `kanmon.versions` compares them."""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

Text = Annotated[str, StringConstraints(min_length=1)]
Count = Annotated[int, Field(ge=0)]
Amount = Annotated[int, Field(gt=0)]
Confidence = Literal["documented", "field", "unverified", "procedure"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Source(_Model):
    """Where rows come from: what the text is called, where it stands, when it was read."""

    title: Text
    url: Text
    retrieved: dt.date


@dataclass(frozen=True, slots=True)
class Citation:
    """What a finding quotes: the row that it rests on, and where the row comes from.

    Attributes:
        table: name of the table.
        row: key of the row.
        confidence: "documented" (the vendor says so), "field" (practitioners do), "unverified" (no
            text says so) or "procedure" (the upgrade procedure asks for it).
        note: what the reader of the row must know; may be empty.
    """

    table: str
    row: str
    title: str
    url: str
    retrieved: dt.date
    confidence: Confidence
    note: str


class Row(_Model):
    """A row of a table.

    Attributes:
        source: key of one of the table's sources.
    """

    table: ClassVar[str]

    source: Text
    confidence: Confidence
    note: str = ""
    _citation: Citation = PrivateAttr()

    @property
    def key(self) -> str:
        """The row's permanent name, unique in its table."""
        raise NotImplementedError

    @property
    def citation(self) -> Citation:
        """What a finding quotes."""
        return self._citation

    @model_validator(mode="after")
    def _cites(self, info: ValidationInfo) -> Self:
        sources: dict[str, Source] = info.context or {}
        source = sources.get(self.source)
        if source is None:
            raise ValueError(f"source {self.source!r} is none of: {', '.join(sources)}")
        self._citation = Citation(
            table=self.table,
            row=self.key,
            title=source.title,
            url=source.url,
            retrieved=source.retrieved,
            confidence=self.confidence,
            note=self.note,
        )
        return self


class Release(Row):
    """A released build.

    Attributes:
        release: the vendor's name for it; several where editions share the build.
        version: the release as `kanmon.versions` writes it.
        date: None where no source gives it; then nobody can say what was released before it.
    """

    build: Amount
    release: Text
    version: Text
    date: dt.date | None = None

    @property
    def key(self) -> str:
        """The build."""
        return str(self.build)


class VCenterRelease(Release):
    """A build of vCenter Server: of ``about`` or of the release notes, since the two differ."""

    table: ClassVar[str] = "vcenter_releases"


class EsxiRelease(Release):
    """A build of ESXi; a patch has the version of the update level that it was made for."""

    table: ClassVar[str] = "esxi_releases"


class NsxRelease(Release):
    """A build of an NSX manager."""

    table: ClassVar[str] = "nsx_releases"

    product: Literal["NSX-V", "NSX-T"]


class ToolsRelease(Row):
    """A release of VMware Tools.

    Attributes:
        number: as vSphere reports it.
        bundled_with: releases of ESXi, each with its build, that carry it; empty for none.
    """

    table: ClassVar[str] = "tools_releases"

    number: Amount
    release: Text
    bundled_with: str

    @property
    def key(self) -> str:
        """The number."""
        return str(self.number)


class ToolsFloor(Row):
    """The lowest release of VMware Tools for guest introspection on an NSX line."""

    table: ClassVar[str] = "tools_nsx"

    nsx: Text
    minimum: Text

    @property
    def key(self) -> str:
        """The NSX line."""
        return self.nsx


class ToolsDefect(Row):
    """A release of VMware Tools that puts the protection of its guest at risk."""

    table: ClassVar[str] = "tools_defects"

    number: Amount
    release: Text
    defect: Text
    remedy: Text

    @property
    def key(self) -> str:
        """The number."""
        return str(self.number)


class ManagerSizing(Row):
    """What one manager node needs at a number of agents.

    Attributes:
        deep_security: line of the manager.
        agents_from: first number of agents of the band.
        agents_below: first number beyond it, None for no end.
    """

    table: ClassVar[str] = "manager_sizing"

    deep_security: Text
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

    deep_security: Text
    memory_gib: Amount

    @property
    def key(self) -> str:
        """Line of the relay."""
        return self.deep_security


class SqlServerTls12(Row):
    """Builds of SQL Server, from the first up to the one below, that all speak TLS 1.2 or all not.

    Attributes:
        line: e.g. "2014 SP1 CU".
        below: first build beyond them, None for no end.
    """

    table: ClassVar[str] = "sqlserver_tls12"

    line: Text
    first: Text
    below: Text | None = None
    supported: bool

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
    source_from: Text | None = None
    source_below: Text | None = None
    target_from: Text | None = None
    target_below: Text | None = None
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
    """

    table: ClassVar[str] = "windows_roots"

    sha1: Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{40}$")]
    common_name: Text
    not_after: dt.date
    required: bool
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{64}$")]

    @property
    def key(self) -> str:
        """The thumbprint."""
        return self.sha1


class DeepSecurityPath(Row):
    """Whether a product may be upgraded from a range of lines to a line in one hop.

    Attributes:
        source_from: first line of the range, None for any.
        source_below: first line beyond it.
        target: line of the target.
    """

    table: ClassVar[str] = "deep_security_paths"

    product: Literal["manager", "agent", "appliance", "relay"]
    source_from: Text | None = None
    source_below: Text
    target: Text
    allowed: bool

    @property
    def key(self) -> str:
        """Product, start of the range, target."""
        return f"{self.product} {self.source_from or 'any'} to {self.target}"


class StatusWord(Row):
    """What a word means that NSX uses for the state of guest introspection."""

    table: ClassVar[str] = "gi_status_words"

    product: Literal["NSX-V", "NSX-T"]
    word: Text
    meaning: Literal["good", "warn", "bad"]

    @property
    def key(self) -> str:
        """Product and word."""
        return f"{self.product} {self.word}"


class KernelReserve(Row):
    """How much less than the machine's memory its Linux kernel may report, in per cent of it."""

    table: ClassVar[str] = "memory_reserve"

    share_percent: Annotated[int, Field(gt=0, lt=100)]

    @property
    def key(self) -> str:
        """There is one row."""
        return "MemTotal"


class RelayFloor(Row):
    """The lowest relay of a line that can check the signature of agent packages.

    Attributes:
        platform: where the line's platforms differ, None for both.
        minimum: a build, or the line itself where every build of it can.
    """

    table: ClassVar[str] = "relay_integrity"

    line: Text
    platform: Literal["linux", "windows"] | None = None
    minimum: Text

    @property
    def key(self) -> str:
        """The line, and the platform where it matters."""
        return f"{self.line} {self.platform}" if self.platform else self.line
