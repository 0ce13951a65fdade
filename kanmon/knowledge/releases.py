"""What rows about releases hold: what was built, when it came out."""

import datetime as dt
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from kanmon.knowledge.rows import Amount, Row, Text
from kanmon.knowledge.span_types import (
    DeepSecurityVersion,
    SqlServerVersion,
    ToolsVersion,
    VSphereVersion,
)
from kanmon.versions import Nsx, VersionError


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


BuildKind = Literal["about", "VAMI", "about and VAMI", "registry"]


class VCenterRelease(Release):
    """A build of vCenter Server: of ``about`` or of the release notes, since the two differ.

    Attributes:
        appliance: where the appliance shows this build; the release notes give that of VAMI. None
            where the appliance has it not, or where nobody says.
        windows: the same for vCenter on Windows; the release notes give that of the registry.
        full_version: as VAMI shows it, e.g. "6.7.0.40000"; None where the list gives none.
    """

    table: ClassVar[str] = "vcenter_releases"

    version: VSphereVersion
    appliance: BuildKind | None = None
    windows: BuildKind | None = None
    full_version: Text | None = None


class EsxiRelease(Release):
    """A build of ESXi; a patch has the version of the update level that it was made for.

    Attributes:
        patch_id: name of the bulletin or image, e.g. "ESXi670-201904001"; None where none is given.
    """

    table: ClassVar[str] = "esxi_releases"

    version: VSphereVersion
    patch_id: Text | None = None


class NsxRelease(Release):
    """A build of an NSX manager."""

    table: ClassVar[str] = "nsx_releases"

    product: Literal["NSX-V", "NSX-T"]

    @model_validator(mode="after")
    def _is_a_version(self) -> Self:
        try:
            Nsx.parse(f"{self.product} {self.version}")
        except VersionError as error:
            raise ValueError(f"version: {error}") from None
        return self


class ToolsRelease(Row):
    """A release of VMware Tools.

    Attributes:
        number: as vSphere reports it.
        build: None where the list gives none.
        bundled_with: releases of ESXi, each with its build, that carry it; empty for none.
    """

    table: ClassVar[str] = "tools_releases"

    number: Amount
    release: ToolsVersion
    build: Amount | None = None
    bundled_with: str

    @property
    def key(self) -> str:
        """The number."""
        return str(self.number)


class DeepSecurityRelease(Row):
    """A known build of a product; a relay is an agent, so it has the agent's builds.

    Attributes:
        version: as `kanmon.versions` writes it.
        platform: where the build is of one platform only, None for all.
        release: the vendor's name for it, None where no text gives one.
        date: None where no text gives it.
    """

    table: ClassVar[str] = "deep_security_releases"

    product: Literal["manager", "agent", "appliance"]
    version: DeepSecurityVersion
    platform: Literal["linux", "windows"] | None = None
    release: Text | None = None
    date: dt.date | None = None

    @property
    def key(self) -> str:
        """Product and version."""
        return f"{self.product} {self.version}"


class DeepSecurityDay(Row):
    """When a build came out; a relay is an agent, so it has the agent's builds.

    Attributes:
        version: as `kanmon.versions` writes it.
    """

    table: ClassVar[str] = "deep_security_days"

    product: Literal["manager", "agent"]
    version: DeepSecurityVersion
    date: dt.date

    @property
    def key(self) -> str:
        """Product and version."""
        return f"{self.product} {self.version}"


class SqlServerRelease(Row):
    """A known build of SQL Server.

    Attributes:
        version: as `kanmon.versions` writes it.
        release: e.g. "2014 SP1 CU5".
        branch: of security updates (GDR) or cumulative updates (CU); None for the start of both,
            and where nobody says.
    """

    table: ClassVar[str] = "sqlserver_releases"

    version: SqlServerVersion
    release: Text
    branch: Literal["GDR", "CU"] | None = None

    @property
    def key(self) -> str:
        """The version."""
        return self.version


class LifeCycle(Row):
    """How long a vendor stands by a release.

    Attributes:
        release: a line, e.g. "7.0", or a build where the vendor counts by builds.
        released: None where no text gives the day.
        support_ends: last day of general support; None where no text gives it.
        over: the vendor says that support has ended, and gives no day.
        years: support ends on 31 December, so many years after the year in which a build came out.
        rule: how the day follows from another, in words.
    """

    table: ClassVar[str] = "life_cycles"

    product: Text
    release: Text
    released: dt.date | None = None
    support_ends: dt.date | None = None
    over: bool = False
    years: Amount | None = None
    rule: Text | None = None

    @property
    def key(self) -> str:
        """Product and release."""
        return f"{self.product} {self.release}"

    @model_validator(mode="after")
    def _ends_once(self) -> Self:
        if sum((self.support_ends is not None, self.over, self.years is not None)) > 1:
            raise ValueError("expected one of support_ends, over and years")
        return self


TABLES: tuple[type[Row], ...] = (
    VCenterRelease,
    EsxiRelease,
    NsxRelease,
    ToolsRelease,
    DeepSecurityRelease,
    DeepSecurityDay,
    SqlServerRelease,
    LifeCycle,
)
