"""What rows about NSX hold: words of NSX-V for its state, its migration, guest introspection."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from kanmon.knowledge.rows import Row, Text, Texts
from kanmon.knowledge.span_types import NsxSpan, VSphereSpan


class NsxvStateWord(Row):
    """What a word means that NSX-V uses for its own state; the case of its letters says nothing.

    Attributes:
        of: what the word is said of; the id of a feature where it means another thing there.
    """

    table: ClassVar[str] = "nsxv_state_words"

    of: Text
    word: Annotated[Text, Field(pattern=r"^[^a-z]+$")]
    meaning: Literal["good", "warn", "bad"]

    @property
    def key(self) -> str:
        """What it is said of, and the word."""
        return f"{self.of} {self.word}"


class NsxvMigrationLimit(Row):
    """Whether the migration coordinator takes over what is configured in NSX-V or beside it.

    Attributes:
        feature: what is configured.
        value: how; None for any other than those that have a row.
        seen: NSX-V tells it; where not, a person has to look.
        rule: what the vendor asks for, in words.
    """

    table: ClassVar[str] = "nsxv_migration_limits"

    feature: Text
    value: Text | None = None
    accepted: bool
    seen: bool = True
    rule: Text

    @property
    def key(self) -> str:
        """Feature and value."""
        return f"{self.feature} {self.value}" if self.value else self.feature


class NsxvMigrationSetting(Row):
    """How DRS or HA has to be set in a cluster that is migrated.

    Attributes:
        mode: of the migration of hosts, as ``[upgrade] nsx_migration`` names it.
        vcenter: releases that vCenter runs.
        switch_below: where the management network is on a distributed switch below this version;
            None where that does not matter.
        accepted: off, or a behaviour of DRS.
    """

    table: ClassVar[str] = "nsxv_migration_settings"

    setting: Literal["DRS", "HA"]
    mode: Literal["in-place", "automated maintenance", "manual maintenance"]
    vcenter: VSphereSpan
    switch_below: Annotated[Text, Field(pattern=r"^\d+\.\d+\.\d+$")] | None = None
    accepted: Texts

    @property
    def key(self) -> str:
        """Setting, mode and releases."""
        return f"{self.setting}, {self.mode}, vCenter {self.vcenter}"


class GiFailureMode(Row):
    """What NSX does with the network of a VM whose appliance is away, where nobody set it.

    Attributes:
        nsx: versions.
        default: closed stops the traffic, open lets it pass unseen.
        setting: attribute of the service profile that says otherwise.
        modules: of Deep Security, through which the traffic goes.
    """

    table: ClassVar[str] = "gi_failure_modes"

    nsx: NsxSpan
    default: Literal["closed", "open"]
    setting: Text
    modules: Annotated[tuple[Text, ...], Field(strict=False, min_length=1)]

    @property
    def key(self) -> str:
        """The span."""
        return str(self.nsx)


class NsxtGiFeature(Row):
    """A feature whose alarms on NSX-T are about guest introspection."""

    table: ClassVar[str] = "nsxt_gi_features"

    feature: Text

    @property
    def key(self) -> str:
        """The feature."""
        return self.feature


TABLES: tuple[type[Row], ...] = (
    NsxvStateWord,
    NsxvMigrationLimit,
    NsxvMigrationSetting,
    GiFailureMode,
    NsxtGiFeature,
)
