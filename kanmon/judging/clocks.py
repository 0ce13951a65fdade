"""How far clocks are apart that were each compared with the clock of the machine that asked."""

from __future__ import annotations

from dataclasses import dataclass

from kanmon.facts.database import state
from kanmon.facts.linux import manager
from kanmon.text import Text

MINUTES, HOURS = 120, 7200
"""Seconds from which on a difference is told in minutes, and in hours."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A clock.

    Attributes:
        low: seconds by which it is ahead of the asking machine's at the least; behind is below 0.
        high: and at the most.
        offset_minutes: how far its local time is ahead of UTC.
        zone: name of its time zone; empty where nobody tells.
    """

    name: str
    low: float
    high: float
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
    if seconds >= HOURS:
        return Text("{hours} h", hours=round(seconds / 3600, 1))
    if seconds >= MINUTES:
        return Text("{minutes} min", minutes=round(seconds / 60))
    return Text("{seconds} s", seconds=round(seconds, 1))


def of_host(name: str, clock: manager.Clock) -> Shown:
    """A host's clock; it tells whole seconds, so it may be one further."""
    low = (clock.utc - clock.answered).total_seconds()
    high = (clock.utc - clock.asked).total_seconds() + 1
    return Shown(name, low, high, clock.offset_minutes, clock.zone)


def of_database(name: str, clock: state.Clock, within: float) -> Shown:
    """A database server's clock, which was read at most so many seconds before the answer came."""
    low = (clock.utc - clock.asked).total_seconds()
    return Shown(name, low, low + within, clock.offset_minutes, clock.zone)


def apart(one: Shown, other: Shown) -> tuple[float, float]:
    """By how many seconds two clocks differ, at the least and at the most."""
    low, high = one.low - other.high, one.high - other.low
    return max(0.0, low, -high), max(abs(low), abs(high))
