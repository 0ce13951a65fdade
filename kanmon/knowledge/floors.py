"""What rows of our own about bare needs hold: below them a step must not start."""

from typing import ClassVar, Literal

from kanmon.knowledge.rows import Amount, Row

Need = Literal[
    "cores of a manager node",
    "heap of a manager node",
    "free disk of a manager node",
    "free disk of a Windows agent",
    "free disk of a Linux agent",
]


class Floor(Row):
    """The least of something without which no step starts, far below what vendors ask for.

    Attributes:
        least: how many cores, or MiB.
    """

    table: ClassVar[str] = "floors"

    of: Need
    least: Amount
    unit: Literal["cores", "MiB"]

    @property
    def key(self) -> str:
        """What it is the least of."""
        return self.of


TABLES: tuple[type[Row], ...] = (Floor,)
