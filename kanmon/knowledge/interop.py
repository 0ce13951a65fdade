"""What rows about products beside each other hold: what fits, and which hops are allowed.

In each table the first row that fits decides, so an exception stands before the rule.
"""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from kanmon.knowledge.rows import Row, Text, Texts
from kanmon.knowledge.span_types import (
    DeepSecuritySpan,
    NsxSpan,
    NsxVersion,
    ToolsSpan,
    ToolsVersion,
    VSphereSpan,
)
from kanmon.versions import Nsx, VersionError, VSphere


class Fit(Row):
    """Whether products work beside each other."""

    supported: bool

    @property
    def says(self) -> bool:
        """Whether the row says yes."""
        return self.supported


class Hop(Row):
    """Whether a product may go from versions to others in one hop.

    Attributes:
        before: what it stands at.
        after: what it goes to.
    """

    allowed: bool

    @property
    def says(self) -> bool:
        """Whether the row says yes."""
        return self.allowed


class EsxiVCenter(Fit):
    """Whether releases of vCenter manage releases of ESXi."""

    table: ClassVar[str] = "esxi_vcenter"

    esxi: VSphereSpan
    vcenter: VSphereSpan

    @property
    def key(self) -> str:
        """Both spans."""
        return f"ESXi {self.esxi} under vCenter {self.vcenter}"


class NsxVSphere(Fit):
    """Whether versions of NSX fit releases of vCenter, of ESXi, or of both.

    Attributes:
        vcenter: None where the row says nothing of vCenter.
        esxi: None where the row says nothing of ESXi.
    """

    table: ClassVar[str] = "nsx_vsphere"

    nsx: NsxSpan
    vcenter: VSphereSpan | None = None
    esxi: VSphereSpan | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.vcenter is None and self.esxi is None:
            raise ValueError("expected vcenter, esxi, or both")
        return self

    @property
    def key(self) -> str:
        """The spans."""
        partners = (("vCenter", self.vcenter), ("ESXi", self.esxi))
        told = " and ".join(f"{name} {span}" for name, span in partners if span is not None)
        return f"{self.nsx} with {told}"


class ApplianceNsx(Fit):
    """Whether an appliance can be deployed and work on an NSX and an ESXi."""

    table: ClassVar[str] = "appliance_nsx"

    appliance: DeepSecuritySpan
    nsx: NsxSpan
    esxi: VSphereSpan

    @property
    def key(self) -> str:
        """The spans."""
        return f"appliance {self.appliance} on {self.nsx} and ESXi {self.esxi}"


class ToolsFloor(Row):
    """The lowest release of VMware Tools for guest introspection on an NSX line."""

    table: ClassVar[str] = "tools_nsx"

    nsx: NsxVersion
    minimum: ToolsVersion

    @property
    def key(self) -> str:
        """The NSX line."""
        return self.nsx


class ToolsEsxi(Fit):
    """Whether releases of VMware Tools run on releases of ESXi."""

    table: ClassVar[str] = "tools_esxi"

    tools: ToolsSpan
    esxi: VSphereSpan

    @property
    def key(self) -> str:
        """Both spans."""
        return f"Tools {self.tools} on ESXi {self.esxi}"


class DeepSecurityPair(Fit):
    """Whether an agent, a relay or an appliance works with a manager, or an agent with a relay."""

    table: ClassVar[str] = "deep_security_pairs"

    product: Literal["agent", "relay", "appliance"]
    version: DeepSecuritySpan
    partner: Literal["manager", "relay"]
    partner_version: DeepSecuritySpan

    @property
    def key(self) -> str:
        """Products and spans."""
        return f"{self.product} {self.version} with {self.partner} {self.partner_version}"


class VSphereHop(Hop):
    """Whether vCenter or ESXi may go from a release to one of another line in one hop."""

    table: ClassVar[str] = "vsphere_hops"

    product: Literal["vCenter", "ESXi"]
    before: VSphereSpan
    after: VSphereSpan

    @property
    def key(self) -> str:
        """Product and spans."""
        return f"{self.product} {self.before} to {self.after}"


class NsxHop(Hop):
    """Whether an NSX may be upgraded, or migrated to NSX-T, in one hop."""

    table: ClassVar[str] = "nsx_hops"

    before: NsxSpan
    after: NsxSpan

    @property
    def key(self) -> str:
        """Both spans."""
        return f"{self.before} to {self.after}"


class UpgradeCells(Row):
    """What the vendor's matrix says of hops from one release, each to another one.

    Attributes:
        before: the release that is left.
        to: releases that it goes to.
        back_in_time: those that it does not go to since they came out before it.
        not_to: those that it does not go to for another reason.
        footnotes: what the matrix says beside some of them, in words, and of which.
    """

    table: ClassVar[str] = "upgrade_cells"

    product: Literal["vCenter", "ESXi", "NSX"]
    before: Text
    to: Texts = ()
    back_in_time: Texts = ()
    not_to: Texts = ()
    footnotes: dict[Text, Texts] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_releases(self) -> Self:
        after = (*self.to, *self.back_in_time, *self.not_to)
        if not after or len(set(after)) < len(after):
            raise ValueError("expected each release once, in to, back_in_time or not_to")
        for release in (self.before, *after):
            try:
                self.release(release)
            except VersionError as error:
                raise ValueError(str(error)) from None
        if not set(after).issuperset(one for some in self.footnotes.values() for one in some):
            raise ValueError("footnotes: expected releases that to, back_in_time or not_to name")
        return self

    def release(self, text: str) -> VSphere | Nsx:
        """A release of the product, as a version."""
        return Nsx.parse(f"NSX-T {text}") if self.product == "NSX" else VSphere.parse(text)

    def word(self, release: VSphere | Nsx) -> str | None:
        """Of a release that is gone to, in which of the lists it stands; None where in none."""
        lists = {"to": self.to, "back_in_time": self.back_in_time, "not_to": self.not_to}
        return next(
            (name for name, some in lists.items() if release in map(self.release, some)), None
        )

    def footnote(self, after: str) -> str:
        """What is said beside a release; what is said of the whole row where nothing is."""
        told = [words for words, releases in self.footnotes.items() if after in releases]
        if after in self.back_in_time:
            told.insert(0, "back in time: the target came out first")
        return "; ".join(told) or self.note

    @property
    def key(self) -> str:
        """The product and its releases, so that a row of fewer of them does not take its place."""
        after = ", ".join((*self.to, *self.back_in_time, *self.not_to))
        return f"{self.product} {self.before} to {after}"


class DeepSecurityHop(Hop):
    """Whether a product may be upgraded from versions of other lines in one hop.

    Attributes:
        while_supported: the vendor allows it until the support of the source ends.
    """

    table: ClassVar[str] = "deep_security_hops"

    product: Literal["manager", "agent", "appliance", "relay"]
    before: DeepSecuritySpan
    after: DeepSecuritySpan
    while_supported: bool = False

    @property
    def key(self) -> str:
        """Product and spans."""
        return f"{self.product} {self.before} to {self.after}"


class DateRule(Row):
    """What it means that a hop goes back in time: the target came out before the source.

    Attributes:
        refuses: the vendor's upgrade stops; where not, support for the result is in doubt.
    """

    table: ClassVar[str] = "release_date_rules"

    product: Literal["vCenter", "ESXi"]
    refuses: bool

    @property
    def key(self) -> str:
        """The product."""
        return self.product


TABLES: tuple[type[Row], ...] = (
    EsxiVCenter,
    NsxVSphere,
    ApplianceNsx,
    ToolsFloor,
    ToolsEsxi,
    DeepSecurityPair,
    VSphereHop,
    NsxHop,
    UpgradeCells,
    DeepSecurityHop,
    DateRule,
)
