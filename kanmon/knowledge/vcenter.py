"""What rows about a vCenter's own upkeep hold: its switches, extensions, licences, privileges."""

from typing import Annotated, ClassVar, Literal

from pydantic import StringConstraints

from kanmon.knowledge.rows import Row, Text, Texts
from kanmon.knowledge.span_types import VSphereSpan

Dotted = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+){0,2}$")]


class SwitchFloor(Row):
    """The lowest version that a distributed switch has to have before a change.

    Attributes:
        change: the upgrade of vCenter, or the migration from NSX-V.
        vcenter: the releases that vCenter is upgraded to; of a migration, those that it runs on.
        subject: the version of the switch itself, or that of its Network I/O Control.
        minimum: e.g. "6.5.0", or "3" for Network I/O Control.
    """

    table: ClassVar[str] = "switch_floors"

    change: Literal["vcenter", "nsx-migration"]
    vcenter: VSphereSpan
    subject: Literal["switch", "network control"]
    minimum: Dotted

    @property
    def key(self) -> str:
        """Change, releases and subject."""
        return f"{self.change}, vCenter {self.vcenter}: {self.subject}"


class ExtensionOwner(Row):
    """Whose an extension of vCenter is, told by a word in its key or in its company.

    Attributes:
        word: lower case.
    """

    table: ClassVar[str] = "extension_owners"

    owner: Text
    word: Text

    @property
    def key(self) -> str:
        """The word."""
        return self.word


class ExtensionNeed(Row):
    """What a product that is registered with a vCenter needs before its upgrade.

    Attributes:
        word: lower case; in the key or in the company of its extension.
        elsewhere: it counts only where its address is not that of the vCenter.
    """

    table: ClassVar[str] = "extension_needs"

    product: Text
    word: Text
    needs: Text
    weight: Literal["warning", "advice"]
    elsewhere: bool = False

    @property
    def key(self) -> str:
        """The word."""
        return self.word


class VCenterName(Row):
    """What it weighs when something has another name than the node name of a vCenter.

    Attributes:
        subject: what has the other name.
        case: the two differ in upper and lower case alone.
        target: releases of vCenter that the upgrade leads to.
    """

    table: ClassVar[str] = "vcenter_names"

    subject: Literal["host name", "certificate", "DNS"]
    case: bool
    target: VSphereSpan
    weight: Literal["blocker", "warning"]

    @property
    def key(self) -> str:
        """Subject, case and target."""
        return f"{self.subject}, {'case' if self.case else 'name'}, {self.target}"


class LicenceEdition(Row):
    """What an edition key of a licence is for, told by how it begins.

    Attributes:
        component: as `kanmon.planning.hops` names it.
    """

    table: ClassVar[str] = "licence_editions"

    component: Literal["vcenter", "esxi"]
    prefix: Text

    @property
    def key(self) -> str:
        """The prefix."""
        return self.prefix


class VCenterPrivilege(Row):
    """A privilege that the reader's account needs.

    Attributes:
        on: every container and host, the vCenter itself (the root folder), or every host.
        without: "hidden" where the inventory then looks smaller than it is, "refused" where vCenter
            says no, so that the fact is unread by itself.
        facts: what is read with it.
    """

    table: ClassVar[str] = "vcenter_privileges"

    privilege: Text
    on: Literal["everything", "vCenter", "hosts"]
    without: Literal["hidden", "refused"]
    facts: Texts

    @property
    def key(self) -> str:
        """The privilege."""
        return self.privilege


TABLES: tuple[type[Row], ...] = (
    SwitchFloor,
    ExtensionOwner,
    ExtensionNeed,
    VCenterName,
    LicenceEdition,
    VCenterPrivilege,
)
