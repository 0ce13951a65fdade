"""What is wrong with a certificate's dates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kanmon.text import Text


def faults(
    not_before: datetime | None, not_after: datetime, now: datetime, last_until: datetime
) -> Iterator[str]:
    """Why a certificate is not valid from now until some time, in words.

    Args:
        not_before: aware; None where it is not told.
        not_after: aware.
        now: of the run, aware.
        last_until: it must be valid beyond this, aware.
    """
    if not_before is not None and not_before > now:
        yield Text("not valid before {when} UTC", when=f"{not_before:%Y-%m-%d %H:%M}")
    if not_after <= last_until:
        yield Text("expires {when} UTC", when=f"{not_after:%Y-%m-%d %H:%M}")
