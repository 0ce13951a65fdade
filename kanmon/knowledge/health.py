"""What rows about good and bad states hold: defects of releases, words and events of a state."""

import datetime as dt
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from kanmon.knowledge.rows import Amount, Row, Text, Texts
from kanmon.knowledge.span_types import ToolsSpan

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


class BadRelease(Row):
    """A release of a product other than VMware Tools that is known to break something.

    Attributes:
        release: as precise as the text; for NSX-V, SQL Server and ESXi as `kanmon.versions` writes
            it.
    """

    table: ClassVar[str] = "bad_releases"

    product: Text
    release: Text
    defect: Text
    remedy: Text

    @property
    def key(self) -> str:
        """Product and release."""
        return f"{self.product} {self.release}"


class CertificateEvent(Row):
    """A day on which the vendor's servers changed a certificate, and what old relays do since.

    Attributes:
        date: None where the text gives none.
        events: numbers of the events that a relay or an agent raises where it is hit.
        code: of the failed update, None where the text gives none.
    """

    table: ClassVar[str] = "certificate_events"

    change: Text
    date: dt.date | None = None
    effect: Text
    events: Texts = ()
    code: Text | None = None

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
