"""What rows about the manager's installer hold: its file, its disk, the report of its pre-check."""

import re
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from kanmon.knowledge.rows import Amount, Row, Text
from kanmon.knowledge.span_types import DeepSecuritySpan


class PrecheckWord(Row):
    """A word by which the report of the pre-check is understood.

    Attributes:
        kind: what it is: it parts the columns, it heads the column with the results, or it is a
            result that means this.
    """

    table: ClassVar[str] = "precheck_words"

    kind: Literal["delimiter", "status column", "good", "warning", "error"]
    word: Text

    @property
    def key(self) -> str:
        """Kind and word."""
        return f"{self.kind} {self.word}"

    @model_validator(mode="after")
    def _parts_by_one_character(self) -> Self:
        if self.kind == "delimiter" and (len(self.word) > 1 or self.word in '"\r\n'):
            raise ValueError("a delimiter is one character, no quote and no line break")
        return self


class PrecheckRule(Row):
    """What a result of the pre-check means for the upgrade."""

    table: ClassVar[str] = "precheck_rules"

    meaning: Literal["error", "warning"]
    severity: Literal["advice", "warning", "blocker"]

    @property
    def key(self) -> str:
        """The meaning."""
        return self.meaning


class InstallerMark(Row):
    """What stands at the beginning of an installer file.

    Attributes:
        pattern: regular expression: for the whole first line; or found in a line that names the
            version, which is its first group.
    """

    table: ClassVar[str] = "installer_marks"

    kind: Literal["first line", "version"]
    pattern: Text

    @property
    def key(self) -> str:
        """Kind and pattern."""
        return f"{self.kind} {self.pattern}"

    @model_validator(mode="after")
    def _is_a_pattern(self) -> Self:
        try:
            groups = re.compile(self.pattern).groups
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        if self.kind == "version" and not groups:
            raise ValueError("a version's pattern needs a group, which is the version")
        return self


class ManagerDisk(Row):
    """The free disk that a manager's installer needs where the manager is installed."""

    table: ClassVar[str] = "manager_disk"

    manager: DeepSecuritySpan
    free_mib: Amount

    @property
    def key(self) -> str:
        """The managers."""
        return str(self.manager)


class ManagerPartner(Row):
    """What a manager of these versions reaches over TLS with a Java that a newer one replaces.

    Attributes:
        where: it is set in the console.
    """

    table: ClassVar[str] = "manager_partners"

    partner: Text
    manager: DeepSecuritySpan
    where: Text

    @property
    def key(self) -> str:
        """Partner and versions."""
        return f"{self.partner} {self.manager}"


TABLES: tuple[type[Row], ...] = (
    PrecheckWord,
    PrecheckRule,
    InstallerMark,
    ManagerDisk,
    ManagerPartner,
)
