"""Why something was not judged: each cause once, with what it keeps open and what helps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from kanmon.check import Card, Outcome, Unknown
from kanmon.gate.attesting import attestable, open_questions
from kanmon.gate.judgement import Judged
from kanmon.text import Text

Claim = tuple[str, str | None]
"""A check by id and target."""


class Remedy(StrEnum):
    """What helps against a cause."""

    REACH = "reach"
    GRANT = "grant"
    ROW = "row"
    ATTEST = "attest"
    READ = "read"


HELPS = {
    "denied": Remedy.GRANT,
    "lost": Remedy.REACH,
    "table": Remedy.ROW,
    "question": Remedy.ROW,
}
"""By the place that a sentence has: a missing right, a lost target, a table or question without
row."""


@dataclass(slots=True)
class Cause:
    """Why something was not read or judged.

    Attributes:
        reason: the first of its kind, where it differs from object to object in its values alone.
        objects: what could not be judged for it.
        keeps: the undetermined claims that wait for it; none where it kept only parts open.
    """

    reason: str
    remedy: Remedy
    objects: list[str] = field(default_factory=list)
    keeps: list[Claim] = field(default_factory=list)


def causes(unread: Mapping[str, Mapping[str, str]], judged: Sequence[Judged]) -> list[Cause]:
    """Every cause, those first that keep most claims open.

    Args:
        unread: by target and part, why it was not read and nobody answers for it.
        judged: the checks that ended.
    """
    found: dict[str, Cause] = {}
    for slug, reasons in unread.items():
        for reason in dict.fromkeys(map(root, reasons.values())):
            cause = found.setdefault(_kind(reason), Cause(reason, _helps(reason) or Remedy.READ))
            cause.objects.append(slug)
    for one, missed in _open(judged):
        reason = root(missed.reason)
        cause = found.setdefault(_kind(reason), Cause(reason, remedy(one.card, missed)))
        if missed.subject and missed.subject not in cause.objects:
            cause.objects.append(missed.subject)
        claim = (one.card.id, one.target)
        if one.judgement.outcome is Outcome.UNDETERMINED and claim not in cause.keeps:
            cause.keeps.append(claim)
    return sorted(found.values(), key=lambda cause: -len(cause.keeps))


def root(reason: str) -> str:
    """The sentence within a reason that says what helps; else the reason itself."""
    text = Text.of(reason)
    if _helps(text):
        return text
    inner = (root(value) for value in text.places.values() if isinstance(value, Text))
    return next(filter(_helps, inner), text)


def remedy(card: Card, missed: Unknown) -> Remedy:
    """What helps where an object could not be judged."""
    helps = _helps(root(missed.reason))
    return helps or (Remedy.ATTEST if attestable(card, missed) else Remedy.READ)


def _open(judged: Sequence[Judged]) -> Iterator[tuple[Judged, Unknown]]:
    for one in judged:
        for missed in open_questions(one.judgement):
            yield one, missed


def _helps(reason: str) -> Remedy | None:
    """What helps against a missing right, a lost target, a missing row; None against all else."""
    places = Text.of(reason).places
    told = places.get("text") if "advice" in places else None  # an advice stands behind it
    if isinstance(told, Text):
        places = told.places
    return next((helps for place, helps in HELPS.items() if place in places), None)


def _kind(reason: str) -> str:
    """What makes two reasons one cause: all of it where that says what helps, else the form."""
    return str(reason) if _helps(reason) else Text.of(reason).form
