"""What rows about good and bad states hold: defects of releases, words for a state."""

from typing import ClassVar, Literal

from kanmon.knowledge.rows import Amount, Row, Text


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


TABLES: tuple[type[Row], ...] = (ToolsDefect, StatusWord)
