"""Spans of versions, as knowledge tables and operators write them.

"any", "6.7 U3" (this release and no other; a less precise version covers what lies in it, as
"NSX-T 3.1" covers NSX-T 3.1.2), "from 6.7", "below 7.0", "from 6.7 U2 below 7.0".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

from kanmon.text import Text
from kanmon.versions import VersionError


class Version(Protocol):
    """What a span asks of a version."""

    def covers(self, other: Self) -> bool:
        """Whether the other is this version or lies in it."""

    def reaches(self, target: Self) -> bool:
        """Whether an upgrade to the target has arrived."""

    def comparable(self, other: Self) -> bool:
        """Whether both are versions of one product."""


V = TypeVar("V", bound=Version)

_SPAN = re.compile(r"(?:from (?P<first>.+?))?(?:(?:^| )below (?P<below>.+))?")


@dataclass(frozen=True, slots=True)
class Span(Generic[V]):
    """The versions from one up to the one below another, or exactly one; any without bounds."""

    first: V | None = None
    below: V | None = None
    exactly: V | None = None

    @classmethod
    def parse(cls, text: str, version: Callable[[str], V]) -> Span[V]:
        """The span in a text.

        Args:
            text: as the module says.
            version: reads a version of the family.

        Raises:
            VersionError: it is none, or nothing lies in it.
        """
        found = _SPAN.fullmatch(text)
        if text == "any":
            return cls()
        if found is None or not text:
            return cls(exactly=version(text))
        first, below = (version(part) if part else None for part in found.groups())
        if first is not None and below is not None and not _ascends(first, below):
            raise VersionError(
                text, Text("a span that something lies in: from one below a newer one")
            )
        return cls(first, below)

    def __contains__(self, version: V) -> bool:
        """Whether a version lies in it.

        Raises:
            VersionError: the version is less precise than a bound that it lies at.
        """
        bounds = [bound for bound in (self.first, self.below, self.exactly) if bound is not None]
        if not all(bound.comparable(version) for bound in bounds):
            return False
        if self.exactly is not None:
            if version.covers(self.exactly) and not self.exactly.covers(version):
                raise VersionError(
                    str(version), Text("a more precise one, to compare with {other}", other=self)
                )
            return self.exactly.covers(version)
        after = self.first is None or version.reaches(self.first)
        return after and (self.below is None or not version.reaches(self.below))

    def __str__(self) -> str:
        if self.exactly is not None:
            return str(self.exactly)
        bounds = (("from", self.first), ("below", self.below))
        told = [f"{word} {bound}" for word, bound in bounds if bound is not None]
        return " ".join(told) or "any"


def _ascends(first: V, below: V) -> bool:
    return first.comparable(below) and not first.reaches(below)
