"""What came of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from kanmon.comparing.compared import Aspect


class Weight(Enum):
    """What a change of a state means."""

    FINE = "not worse"
    MILD = "worse, and asks for a sign-off"
    WORSE = "worse"
    UNCLEAR = "nobody can say"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two runs.

    Attributes:
        kind: of the object, e.g. "VM".
        id: by which the estate itself knows it, e.g. its moref or its number.
        target: slug.
        part: of the facts, e.g. "vcenter.vms".
        field: that changed, None where the object vanished or appeared.
        before: its value then, None where the object was not there or for a change of presence.
        after: its value now, likewise.
        aspect: what the change tells.
        weight: what it means; "not worse" for what is no state.
        expected: the step itself explains it; None where nobody can say what the step moves.
        inventory: the object is one that must not vanish.
        beside: what else is to be known, empty for most.
    """

    change: Literal["vanished", "appeared", "changed"]
    kind: str
    id: str
    name: str
    target: str
    part: str
    field: str | None
    before: str | None
    after: str | None
    aspect: Aspect
    weight: Weight = Weight.FINE
    expected: bool | None = False
    inventory: bool = False
    beside: str = ""

    @property
    def subject(self) -> str:
        """What an operator can search for."""
        if self.id in ("", self.name, self.target):
            return f"{self.name or self.target} ({self.target})" if self.name else self.target
        return f"{self.name or self.target} ({self.target} {self.id})"


@dataclass(frozen=True, slots=True)
class NotCompared:
    """A part of a target that one of the runs does not hold: nobody can say what changed in it."""

    target: str
    part: str
    reason: str

    @property
    def subject(self) -> str:
        """What an operator can search for."""
        return f"{self.target} {self.part.split('.')[1]}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs beside each other.

    Attributes:
        looked_at: by part, how many objects of the run before were looked for in this one.
    """

    changes: tuple[Change, ...]
    not_compared: tuple[NotCompared, ...]
    looked_at: Mapping[str, int]

    @property
    def same(self) -> bool:
        """Everything was compared, and nothing differs."""
        return not self.changes and not self.not_compared
