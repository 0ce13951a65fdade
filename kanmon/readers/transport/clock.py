"""Clocks of others, between two looks at this machine's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests

from kanmon.errors import CouldNotRead
from kanmon.facts import ClockReading
from kanmon.text import Text

WHOLE_SECONDS = 1.0
"""What a header cuts off: HTTP writes times in whole seconds (RFC 9110, 5.6.7)."""


def asked_of(tell: Callable[[], datetime]) -> ClockReading:
    """What a clock shows that is asked for its time; one without a fraction may have lost it."""
    asked = datetime.now(UTC)
    told = tell()
    answered = datetime.now(UTC)
    return ClockReading(told, 0.0 if told.microsecond else WHOLE_SECONDS, asked, answered)


def of_web_server(tried: str, ask: Callable[[], requests.Response]) -> ClockReading:
    """What a web server's own clock shows: the header Date of its answer, whatever that says.

    Args:
        tried: what is asked, for the message.
        ask: sends the request.

    Raises:
        CouldNotRead: it sends no such header, or one that is no time.
        TargetLost: as for the request.
    """

    def date() -> datetime:
        header = ask().headers.get("Date")
        try:
            told = parsedate_to_datetime(header or "")
        except ValueError:
            told = None
        if told is None or told.tzinfo is None:
            raise CouldNotRead(
                tried, Text("{header} as the header Date, expected a time", header=repr(header))
            )
        return told.astimezone(UTC)

    return asked_of(date)
