"""How long a verdict that opens the gate holds: the estate goes on, and people's words end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from kanmon.check import Card
from kanmon.environment.change import Change
from kanmon.gate import accepted, attesting, waivers
from kanmon.gate.verdict import Gate
from kanmon.text import Text

OPENS = (Gate.GO, Gate.CONDITIONAL)
ENDS_SOMETHING = ("pre", "mid")
"""Phases after which something is begun; what was looked at after a step stays as it was."""


@dataclass(frozen=True, slots=True)
class Life:
    """Until when a verdict holds.

    Attributes:
        until: aware.
        why: what ends then.
    """

    until: datetime
    why: Text


def life(
    gate: Gate,
    phase: str,
    change: Change | None,
    moment: attesting.Moment,
    cards: Mapping[str, Card],
    accepted_: Sequence[accepted.Told],
    attested: Sequence[attesting.Told],
) -> Life | None:
    """The earliest end of what a verdict rests on; None where it opens nothing.

    Args:
        gate: the verdict.
        phase: of the run.
        change: that the run gates.
        moment: of the run.
        cards: of the checks, by id.
        accepted_: what became of the waivers.
        attested: what became of the attestations.
    """
    if gate not in OPENS or phase not in ENDS_SOMETHING:
        return None
    hours = moment.tolerances.go_hours
    told = Text("{hours} hours after the facts were read", hours=f"{hours:g}")
    lives = [Life(moment.now + timedelta(hours=hours), told)]
    if change:
        lives.append(Life(change.window.end, Text("the change window ends")))
    lives += _waived(accepted_)
    lives += _attested(attested, cards, moment)
    return min(lives, key=lambda one: one.until)


def _waived(each: Sequence[accepted.Told]) -> Iterator[Life]:
    for one in each:
        if one.state is waivers.State.USED:
            day = one.waiver.expires + timedelta(days=1)
            told = Text("the waiver {ticket} ends", ticket=one.waiver.ticket)
            yield Life(datetime.combine(day, time.min, UTC), told)


def _attested(
    each: Sequence[attesting.Told], cards: Mapping[str, Card], moment: attesting.Moment
) -> Iterator[Life]:
    for one in each:
        if one.state is attesting.State.USED:
            said = one.attestation
            told = Text("what {by} attests of {check} ends", by=said.by, check=said.check)
            yield Life(attesting.ends(said, cards[said.check], moment), told)
