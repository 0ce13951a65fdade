"""What attestations do to the judgements of a run, and what became of each of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, timezone
from enum import StrEnum

from kanmon.check import Attestable, Card, Outcome, Unknown
from kanmon.environment.change import Attestation, Tolerances
from kanmon.errors import OUT_OF_REACH
from kanmon.gate.judgement import Answered, Judged, Judgement
from kanmon.text import Text

BOUND = (
    *("build", "kernel", "kernels", "platform", "target", "release", "version", "esxi", "vcenter"),
    *("change", "edition", "updates", "thumbprint", "unclear", "system", "unplaced"),
)
"""Places of reasons whose values an attestation repeats: it is of this build, of no other."""
FIRST_TO_SEE_A_DAY = timezone(timedelta(hours=14))
"""A day begins here: in a night in Japan it is tomorrow already, by UTC."""
LAST_TO_SEE_A_DAY = timezone(timedelta(hours=-12))


class State(StrEnum):
    """What became of an attestation in a run; only one that is used or unused holds in it."""

    USED = "used"
    UNUSED = "unused"
    NOT_JUDGED = "not judged"
    EXPIRED = "expired"
    TO_COME = "of a time to come"
    WITHOUT_TIME = "without a time"
    BEFORE_THE_WINDOW = "from before the window"
    UNKNOWN_CHECK = "unknown check"
    NOT_ATTESTABLE = "not attestable"


@dataclass(frozen=True, slots=True)
class Told:
    """What became of an attestation in a run.

    Attributes:
        matched: objects that it answers for.
    """

    attestation: Attestation
    state: State
    matched: int


@dataclass(frozen=True, slots=True)
class Moment:
    """When attestations are to hold.

    Attributes:
        now: of the run, aware.
        since: start of the window in a run amid the step, before which nothing momentary was seen.
    """

    now: datetime
    tolerances: Tolerances
    since: datetime | None = None

    def life(self, of: Attestable) -> timedelta:
        """How long an attestation of this class holds."""
        if of is Attestable.MOMENTARY:
            return timedelta(hours=self.tolerances.momentary_hours)
        if of is Attestable.CONFIGURATION:
            return timedelta(days=self.tolerances.configuration_days)
        return timedelta(days=self.tolerances.document_days)


def ends(one: Attestation, card: Card, moment: Moment) -> datetime:
    """When an attestation ceases to hold."""
    return _span(one)[1] + moment.life(card.attestable)


def fault(one: Attestation, cards: Mapping[str, Card], moment: Moment) -> State | None:
    """Why it does not hold, whatever the checks say; None where it does."""
    card = cards.get(one.check)
    if card is None:
        return State.UNKNOWN_CHECK
    if card.attestable is Attestable.NEVER:
        return State.NOT_ATTESTABLE
    if card.attestable is Attestable.MOMENTARY:
        if one.at is None:
            return State.WITHOUT_TIME
        if moment.since and one.at < moment.since:
            return State.BEFORE_THE_WINDOW
    return _untimely(one, card, moment)


def _untimely(one: Attestation, card: Card, moment: Moment) -> State | None:
    if _span(one)[0] > moment.now + timedelta(seconds=moment.tolerances.clock_seconds):
        return State.TO_COME
    return State.EXPIRED if ends(one, card, moment) < moment.now else None


def attest(
    judgement: Judgement,
    card: Card,
    target: str | None,
    attestations: Sequence[Attestation],
    moment: Moment,
) -> Judgement:
    """The judgement with a person's word in place of what could not be judged, where one holds.

    What was found stands: a finding is accepted by a waiver, and by nothing else.

    Args:
        judgement: as the check ended.
        card: of the check.
        target: slug of the target under judgement, None for a check of the whole estate.
        attestations: of the environment.
        moment: of the run.
    """
    if judgement.outcome not in (Outcome.UNDETERMINED, Outcome.FAIL, Outcome.WAIVED):
        return judgement
    hold = [
        one
        for one in attestations
        if one.target == target and fault(one, {card.id: card}, moment) is None
    ]
    answered = [
        Answered(missed.subject, missed.reason, by)
        for missed in open_questions(judgement)
        if (by := next((o for o in hold if _answers(o, card, missed)), None))
    ]
    if not answered:
        return judgement
    subjects = {(one.subject, one.reason) for one in answered}
    unknown = tuple(o for o in judgement.unknown if (o.subject, o.reason) not in subjects)
    return replace(
        judgement,
        attested=tuple(answered),
        unknown=unknown,
        outcome=_outcome(judgement, unknown),
        reason=Text(
            "{reason}; {count} of them attested", reason=judgement.reason, count=len(answered)
        ),
    )


def open_questions(judgement: Judgement) -> Sequence[Unknown]:
    """What could not be judged: objects, or the claim as a whole."""
    if judgement.unknown or judgement.outcome is not Outcome.UNDETERMINED:
        return judgement.unknown
    return (Unknown("", judgement.reason),)


@dataclass(frozen=True, slots=True)
class Question:
    """What a named person may answer for, the objects of one reason together.

    Attributes:
        subjects: none where the whole claim is open.
        answers: the form of the reason.
        bound: its values that an answer holds for alone.
    """

    subjects: tuple[str, ...]
    answers: str
    bound: dict[str, str]


def questions(judgement: Judgement, card: Card) -> list[Question]:
    """What is open of a check and attestable."""
    alike: dict[tuple[str, tuple[tuple[str, str], ...]], list[str]] = {}
    for missed in open_questions(judgement):
        if attestable(card, missed):
            key = (Text.of(missed.reason).form, tuple(bound(missed.reason).items()))
            alike.setdefault(key, []).append(missed.subject)
    return [
        Question(tuple(filter(None, subjects)), answers, dict(values))
        for (answers, values), subjects in alike.items()
    ]


def attestable(card: Card, missed: Unknown) -> bool:
    """Whether a named person may answer for what could not be judged.

    Nobody may for a target that was not read at all, nor for an account that sees too little: what
    it hides would be hidden from that person too.
    """
    reason = Text.of(missed.reason)
    out_of_reach = any(True for name in OUT_OF_REACH for _ in reason.values(name))
    return card.attestable is not Attestable.NEVER and missed.by_person and not out_of_reach


def bound(reason: str) -> dict[str, str]:
    """The values of a reason that an attestation of it holds for alone."""
    text = Text.of(reason)
    said = {name: ", ".join(map(str, text.values(name))) for name in BOUND}
    return {name: value for name, value in said.items() if value}


def told(
    attestations: Sequence[Attestation],
    cards: Mapping[str, Card],
    whole: Collection[tuple[str, str | None]],
    judged: Sequence[Judged],
    moment: Moment,
) -> tuple[Told, ...]:
    """What became of each attestation, in the order of the file.

    Args:
        attestations: of the environment.
        cards: of every check there is, by id.
        whole: (id, slug) of every check that this step and phase has.
        judged: the checks that ended.
        moment: of the run.
    """
    ended = {(one.card.id, one.target): one.judgement for one in judged}

    def became(one: Attestation) -> Told:
        judgement = ended.get((one.check, one.target))
        matched = sum(a.attestation is one for a in judgement.attested) if judgement else 0
        if wrong := fault(one, cards, moment):
            return Told(one, wrong, matched)
        if matched:
            return Told(one, State.USED, matched)
        here = (one.check, one.target) in whole
        return Told(one, State.UNUSED if here and judgement else State.NOT_JUDGED, matched)

    return tuple(became(one) for one in attestations)


def _outcome(judgement: Judgement, unknown: Sequence[Unknown]) -> Outcome:
    if judgement.outcome is Outcome.UNDETERMINED and not unknown:
        return Outcome.WAIVED if judgement.findings else Outcome.ATTESTED
    return judgement.outcome


def _answers(one: Attestation, card: Card, missed: Unknown) -> bool:
    """Whether an attestation is of this very object and reason, and was seen in time."""
    of_it = missed.subject in one.subjects if missed.subject else not one.subjects
    return (
        of_it
        and one.answers == Text.of(missed.reason).form
        and one.bound == bound(missed.reason)
        and (missed.since is None or _seen_since(one, missed.since))
        and attestable(card, missed)
    )


def _seen_since(one: Attestation, since: datetime) -> bool:
    """Whether it was seen no earlier; of a day, by the date of the place that the time is of."""
    if one.on is not None:
        return one.on >= since.date()
    return one.at is not None and one.at >= since


def _span(one: Attestation) -> tuple[datetime, datetime]:
    """The first and the last moment at which it may have been seen; of a day, anywhere."""
    if one.at is not None:
        return one.at.astimezone(UTC), one.at.astimezone(UTC)
    assert one.on is not None  # noqa: S101 - the model has one of both
    return (
        datetime.combine(one.on, time.min, FIRST_TO_SEE_A_DAY),
        datetime.combine(one.on, time.max, LAST_TO_SEE_A_DAY),
    )
