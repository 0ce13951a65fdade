"""What a check knows of the run itself: the time is a fact like any other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Moment:
    """When a run judges, and of what.

    Attributes:
        step: of the procedure, None when the run is about all of them.
        phase: pre, mid or post.
        now: when the facts were read, aware, UTC.
        last_until: until when certificates and licences must last: the end of the change window,
            aware, UTC; None where the environment names no change.
        simulated: of the lab's estate, which no board decides on.
    """

    step: str | None
    phase: str
    now: datetime
    last_until: datetime | None
    simulated: bool = False
