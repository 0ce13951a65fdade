"""How far clocks are apart that were each compared with the clock of the machine that asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from kanmon.check import Finding, Unknown
from kanmon.facts.database import state
from kanmon.facts.linux import manager
from kanmon.text import Text

READER = Text("the machine that runs kanmon")
MINUTES, HOURS, DAYS = 120, 7200, 172800
"""Seconds from which on a difference is told in minutes, in hours, and in days."""


class Span(NamedTuple):
    """By how many seconds a clock is ahead of another, at the least and at the most.

    Behind is below 0. The bounds are apart by as long as the question took.
    """

    low: float
    high: float

    def off(self, limit: float) -> bool:
        """Whether it is further than this many seconds, however long the question took."""
        return self.low > limit or self.high < -limit


@dataclass(frozen=True, slots=True)
class Shown:
    """A clock.

    Attributes:
        span: beside the clock of the machine that asked.
        offset_minutes: how far its local time is ahead of UTC.
        zone: name of its time zone; empty where nobody tells.
    """

    name: str
    span: Span
    offset_minutes: int
    zone: str

    @property
    def offset(self) -> str:
        """As in "UTC+09:00"."""
        hours, minutes = divmod(abs(self.offset_minutes), 60)
        return f"UTC{'-' if self.offset_minutes < 0 else '+'}{hours:02}:{minutes:02}"


def off(seconds: float, of: str) -> Text:
    """How far a clock is off another's: "7 min behind vCenter"."""
    if seconds < 0:
        return Text("{amount} behind {of}", amount=_amount(-seconds), of=of)
    return Text("{amount} ahead of {of}", amount=_amount(seconds), of=of)


def _amount(seconds: float) -> Text:
    if seconds >= DAYS:
        return Text("{days} days", days=round(seconds / 86400))
    if seconds >= HOURS:
        return Text("{hours} h", hours=round(seconds / 3600, 1))
    if seconds >= MINUTES:
        return Text("{minutes} min", minutes=round(seconds / 60))
    return Text("{seconds} s", seconds=round(seconds, 1))


def clock_problem(
    subject: str, span: Span, limit: float, of: str, way: str = ""
) -> Finding | Unknown | None:
    """What is to be said of a clock; between the bounds of what was measured nobody can say.

    Args:
        subject: whose clock it is.
        span: beside the other clock.
        limit: seconds that they may be apart.
        of: whose the other clock is.
        way: how it was read, empty where that goes without saying.
    """
    measured = off((span.low + span.high) / 2, of)
    if span.off(limit):
        found = Text("{measured}, by {way}", measured=measured, way=way) if way else measured
        return Finding(subject, found, Text("within {limit} s of it", limit=f"{limit:g}"))
    if span.low >= -limit and span.high <= limit:
        return None
    return Unknown(
        subject,
        Text(
            "{measured}, give or take {error} s: the answer took too long to tell {limit} s",
            measured=measured,
            error=f"{(span.high - span.low) / 2:.1f}",
            limit=f"{limit:g}",
        ),
    )


def of_host(name: str, clock: manager.Clock) -> Shown:
    """A host's clock; it tells whole seconds, so it may be one further."""
    low = (clock.utc - clock.answered).total_seconds()
    high = (clock.utc - clock.asked).total_seconds() + 1
    return Shown(name, Span(low, high), clock.offset_minutes, clock.zone)


def of_database(name: str, clock: state.Clock, within: float) -> Shown:
    """A database server's clock; Oracle tells whole seconds, SQL Server thousandths of one.

    Args:
        name: whose it is.
        clock: as it was read.
        within: seconds that the answer took at the most, where the run did not keep it.
    """
    low = (clock.utc - clock.asked).total_seconds()
    high = low + within
    if clock.sent:
        lost = 0.001 if clock.utc.microsecond else 1.0
        high = (clock.utc - clock.sent).total_seconds() + lost
    return Shown(name, Span(low, high), clock.offset_minutes, clock.zone)


def apart(one: Span, other: Span) -> Span:
    """By how many seconds two clocks differ, whichever is ahead."""
    low, high = one.low - other.high, one.high - other.low
    return Span(max(0.0, low, -high), max(abs(low), abs(high)))
