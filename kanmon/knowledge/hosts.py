"""What rows about the software and the settings of hosts hold.

In each table the first row that fits decides, so an exception stands before the rule.
"""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from kanmon.knowledge.machines import Verdict
from kanmon.knowledge.rows import Row, Text, Texts
from kanmon.knowledge.span_types import NsxSpan, VSphereSpan


class EsxiPackage(Row):
    """A package that an upgrade to an ESXi stumbles over, by its name or by what it depends on.

    Attributes:
        name: of the package; a "*" at its end stands for any ending.
        depends: how the name of something begins that the package depends on.
        spared: vendors whose packages are not meant, since every image brings along newer ones.
        expected: what is wanted instead.
    """

    table: ClassVar[str] = "esxi_packages"

    esxi: VSphereSpan
    name: Text | None = None
    depends: Text | None = None
    spared: Texts = ()
    verdict: Verdict
    expected: Text

    @property
    def key(self) -> str:
        """Release and what is looked for."""
        return f"ESXi {self.esxi}, {self.name or f'what depends on {self.depends}'}"

    @model_validator(mode="after")
    def _looks_for_something(self) -> Self:
        if (self.name is None) == (self.depends is None):
            raise ValueError("expected either name or depends")
        return self


class NsxPackage(Row):
    """A package that NSX puts on its hosts.

    Attributes:
        name: a "*" at its end stands for any ending.
        shared: releases of the other product that use it too.
    """

    table: ClassVar[str] = "nsx_packages"

    name: Text
    product: Literal["NSX-V", "NSX-T"]
    shared: NsxSpan | None = None

    @property
    def key(self) -> str:
        """The package."""
        return self.name


class HostSetting(Row):
    """Whether a setting of a host suits an upgrade.

    Attributes:
        word: as vSphere says it.
        steps: of the procedure; any where none is named.
        expected: what is wanted instead.
    """

    table: ClassVar[str] = "host_settings"

    setting: Literal["lockdown mode", "time service", "image"]
    word: Text
    steps: Texts = ()
    verdict: Verdict
    expected: Text

    @property
    def key(self) -> str:
        """Setting, word and steps."""
        of = f" in {', '.join(self.steps)}" if self.steps else ""
        return f"{self.setting} {self.word}{of}"


class HostIssue(Row):
    """What a configuration issue of a host comes to.

    Attributes:
        event: id of the event that tells of it; a "*" at its end stands for any ending.
        kind: what it is about.
        verdict: "warned", or "accepted" for what is harmless to an upgrade and only told.
        expected: what is wanted instead.
    """

    table: ClassVar[str] = "host_issues"

    event: Text
    kind: Literal["hardware", "storage", "network", "setting"]
    verdict: Literal["warned", "accepted"]
    expected: Text

    @property
    def key(self) -> str:
        """The event."""
        return self.event


TABLES: tuple[type[Row], ...] = (EsxiPackage, NsxPackage, HostSetting, HostIssue)
