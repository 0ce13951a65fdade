"""What rows about good and bad states hold: defects of releases, words and events of a state."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from kanmon.knowledge.rows import Amount, Row, Text, Texts
from kanmon.knowledge.span_types import ToolsSpan
from kanmon.knowledge.spans import Span
from kanmon.versions import DeepSecurity, Nsx, SqlServer, VersionError, VSphere

Severity = Literal["informational", "low", "medium", "major", "high", "critical"]


class ToolsDefect(Row):
    """Releases of VMware Tools that put their guest or its protection at risk.

    Attributes:
        condition: what has to hold beside the release for the defect to strike; None for nothing.
    """

    table: ClassVar[str] = "tools_defects"

    tools: ToolsSpan
    condition: Text | None = None
    defect: Text
    remedy: Text

    @property
    def key(self) -> str:
        """The span, and the condition where there is one."""
        return f"{self.tools}, {self.condition}" if self.condition else str(self.tools)


class ToolsUpgradeRace(Row):
    """How likely an upgrade of VMware Tools at power-on meets a restart that Windows Update wants.

    Attributes:
        risk: "high" where drivers were lost, "low" where the release only contends.
    """

    table: ClassVar[str] = "tools_upgrade_race"

    tools: ToolsSpan
    policy: Literal["upgradeAtPowerCycle"]
    risk: Literal["high", "low"]
    defect: Text
    remedy: Text

    @property
    def key(self) -> str:
        """Span and policy."""
        return f"{self.tools} with {self.policy}"


FAMILIES: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(("vCenter", "ESXi"), VSphere.parse),
    "NSX": Nsx.parse,
    **dict.fromkeys(("manager", "relay", "agent", "appliance"), DeepSecurity.parse),
    "SQL Server": SqlServer.parse,
}
"""How the versions of each product are read."""


class BadRelease(Row):
    """Releases of a product other than VMware Tools that are recalled or known to break something.

    Attributes:
        releases: span of them, as `kanmon.knowledge.spans` reads it.
        system: of the machines on which it strikes; None for all.
        condition: what has to hold beside the release for the defect to strike, and kanmon does not
            look at; None for nothing.
        severity: of a release that is to come, or that runs and stays.
    """

    table: ClassVar[str] = "bad_releases"

    product: Literal[
        "vCenter", "ESXi", "NSX", "manager", "relay", "agent", "appliance", "SQL Server"
    ]
    releases: Text
    system: Literal["Windows", "Unix"] | None = None
    condition: Text | None = None
    severity: Literal["advice", "warning", "blocker"]
    defect: Text
    remedy: Text
    _span: Span[Any] = PrivateAttr()

    @model_validator(mode="after")
    def _names_releases(self) -> Self:
        try:
            self._span = Span.parse(self.releases, FAMILIES[self.product])
        except VersionError as error:
            raise ValueError(f"releases: {error}") from None
        return self

    @property
    def key(self) -> str:
        """Product and releases."""
        return f"{self.product} {self.releases}"

    def names(self, version: Any) -> bool:
        """Whether a version of the product is one of them.

        Raises:
            VersionError: it is less precise than a bound that it lies at.
        """
        return version in self._span


class CertificateEvent(Row):
    """A day on which a certificate changed outside, and what old releases do since.

    Attributes:
        date: None where the text gives none.
        hits: what it strikes: relays, agents, or the roots of Windows machines.
        by_age: releases that were there before that day are suspected. Which of them are hit stands
            in no text that could be read.
        events: numbers of the events that a relay or an agent raises where it is hit.
        code: of the failed update, None where the text gives none.
    """

    table: ClassVar[str] = "certificate_events"

    change: Text
    date: dt.date | None = None
    hits: Annotated[tuple[Literal["relay", "agent", "Windows"], ...], Field(strict=False)]
    by_age: bool
    effect: Text
    remedy: Text
    events: Texts = ()
    code: Text | None = None

    @model_validator(mode="after")
    def _has_a_day(self) -> Self:
        if self.by_age and self.date is None:
            raise ValueError("by_age: nothing is older than an event without a date")
        return self

    @property
    def key(self) -> str:
        """What changed."""
        return self.change


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


class NsxtStateWord(Row):
    """What a word means that NSX-T uses for its own state.

    Attributes:
        of: what the word is said of.
    """

    table: ClassVar[str] = "nsxt_state_words"

    of: Literal["cluster", "service", "compute manager", "transport node", "alarm", "migration"]
    word: Text
    meaning: Literal["good", "warn", "bad"]

    @property
    def key(self) -> str:
        """What it is said of, and the word."""
        return f"{self.of} {self.word}"


class TenantState(Row):
    """What a state of a manager's tenant means for the upgrade of its database."""

    table: ClassVar[str] = "tenant_states"

    word: Text
    meaning: Literal["good", "warn", "bad"]
    expected: Text

    @property
    def key(self) -> str:
        """The word."""
        return self.word


class NsxEvent(Row):
    """An event of NSX-V that says how guest introspection or a deployment is.

    Attributes:
        severities: several where the cause decides.
        alarm: it raises an alarm, which stands until it is over; where not, the event is all there
            is.
        followed_by: code of the event that follows about the same object once it is over; None
            where there is none, or no alarm is raised either.
    """

    table: ClassVar[str] = "nsx_events"

    code: Amount
    severities: Annotated[tuple[Severity, ...], Field(strict=False, min_length=1)]
    alarm: bool = True
    followed_by: Amount | None = None
    meaning: Text
    remedy: Text | None = None

    @property
    def key(self) -> str:
        """The code."""
        return str(self.code)


TABLES: tuple[type[Row], ...] = (
    ToolsDefect,
    ToolsUpgradeRace,
    BadRelease,
    CertificateEvent,
    StatusWord,
    NsxtStateWord,
    TenantState,
    NsxEvent,
)
