"""Records that every target kind uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kanmon.text import Message


@dataclass(frozen=True, slots=True)
class Unread:
    """A fact that could not be read.

    Attributes:
        reason: what was tried, what came back, what to do.
    """

    reason: Message


@dataclass(frozen=True, slots=True)
class Apart:
    """One object of a fact that could not be read, while the others of it were.

    Attributes:
        subject: what a finding would call it.
        reason: as of ``Unread``.
    """

    subject: str
    reason: Message


@dataclass(frozen=True, slots=True)
class NotKept:
    """The product, or this build of it, keeps no record that could be read: a person must answer.

    Its fields have other names than those of ``Unread``, so that neither is taken for the other
    once it was saved.

    Attributes:
        untold: what it does not tell, and what to look at instead.
        told: what it does tell of the matter, for that person.
    """

    untold: Message
    told: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Certificate:
    """The leaf certificate that an endpoint presented.

    Attributes:
        endpoint: "address:port".
        subject: RFC 4514 name.
        issuer: RFC 4514 name.
        not_before: start of validity, aware, UTC.
        not_after: end of validity, aware, UTC.
        sha256: fingerprint, 64 lower-case hex digits.
        problem: why the verification that the environment asks for failed; None when it succeeded.
    """

    endpoint: str
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    sha256: str
    problem: Message | None


@dataclass(frozen=True, slots=True)
class ClockReading:
    """A clock, between two looks at the clock of the machine that asked.

    Attributes:
        told: what it showed, aware, UTC.
        grain: seconds that the answer may have cut off: 1 where it tells whole ones.
        asked: the asking machine's clock before the question.
        answered: and after the answer.
    """

    told: datetime
    grain: float
    asked: datetime
    answered: datetime

    @property
    def low(self) -> float:
        """Seconds by which it is ahead of the asking machine's at the least; behind is below 0."""
        return (self.told - self.answered).total_seconds()

    @property
    def high(self) -> float:
        """And at the most."""
        return (self.told - self.asked).total_seconds() + self.grain


@dataclass(frozen=True, slots=True)
class Kind:
    """What there is to know of a kind of target.

    Attributes:
        identity: the fact that says what the target is; it is read of every target in use.
        release: version and build of a target, as far as that fact tells them.
        parts: the type of every fact, by name.
    """

    identity: str
    release: Callable[[Any], tuple[str | None, str | None]]
    parts: Mapping[str, Any]
