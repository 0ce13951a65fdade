"""What a run has read of all its targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kanmon.facts.common import Apart, Unread

Key = tuple[str, str]
"""(slug of the target, name of the part)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a run knows.

    Attributes:
        parts: by target and part; ``Unread`` where it could not be read.
        seconds: how long each target took.
        apart: the objects of a part that could not be read by themselves.
    """

    parts: Mapping[Key, Any]
    seconds: Mapping[str, float] = field(default_factory=dict)
    apart: Mapping[Key, tuple[Apart, ...]] = field(default_factory=dict)

    def of(self, slug: str) -> dict[str, Any]:
        """The parts of one target, by name."""
        return {part: fact for (owner, part), fact in self.parts.items() if owner == slug}

    def unread(self, slug: str) -> dict[str, str]:
        """Why parts of a target could not be read, by name."""
        return {n: fact.reason for n, fact in self.of(slug).items() if isinstance(fact, Unread)}
