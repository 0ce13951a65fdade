"""What waivers do to the judgements of a run, and what became of each of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from kanmon.check import Card, Finding, Outcome
from kanmon.gate.accepted import AnyWaiver, Told
from kanmon.gate.judgement import Judged, Judgement, finding_severity
from kanmon.gate.run_waivers import RunWaiver
from kanmon.gate.waivers import State
from kanmon.text import Text

Before = tuple[str, str | None, str]
"""A finding of an earlier run: id of the check, target, subject."""


def waive(
    judgement: Judgement,
    card: Card,
    target: str | None,
    waivers: Sequence[AnyWaiver],
    now: datetime,
    before: Collection[Before] | None = None,
) -> Judgement:
    """The judgement with its findings waived as far as waivers hold; the first in the file counts.

    What is unknown stays so: nobody can accept what nobody saw.

    Args:
        judgement: as the check ended.
        card: of the check.
        target: slug of the target under judgement, None for a check of the whole estate.
        waivers: of the environment.
        now: of the run, aware.
        before: what was found before the step, in a run after it: what a waiver of a run accepts
            was found then, and nothing that the step broke.
    """
    hold = [one for one in waivers if one.fault({card.id: card}, now) is None]
    given = tuple(
        next((one for one in hold if _accepts(one, card, target, finding, judgement, before)), None)
        for finding in judgement.findings
    )
    count = sum(one is not None for one in given)
    if not count:
        return judgement
    outcome = judgement.outcome
    if count == len(given):
        outcome = Outcome.UNDETERMINED if judgement.unknown else Outcome.WAIVED
    reason = Text(
        "{reason}; {waived} of {count} findings waived",
        reason=judgement.reason,
        waived=count,
        count=len(given),
    )
    return replace(judgement, waivers=given, outcome=outcome, reason=reason)


def _accepts(
    waiver: AnyWaiver,
    card: Card,
    target: str | None,
    finding: Finding,
    judgement: Judgement,
    before: Collection[Before] | None,
) -> bool:
    new = before is not None and (card.id, target, finding.subject) not in before
    if isinstance(waiver, RunWaiver) and new:
        return False
    severity = finding_severity(finding, judgement.severity)
    return waiver.accepts(card.id, target, finding, severity)


def told(
    waivers: Sequence[AnyWaiver],
    cards: Mapping[str, Card],
    whole: Collection[tuple[str, str | None]],
    judged: Sequence[Judged],
    now: datetime,
) -> tuple[Told, ...]:
    """What became of each waiver, in the order of the file.

    Args:
        waivers: of the environment.
        cards: of every check there is, by id.
        whole: (id, slug) of every check that this step and phase has, in the run or left out of it.
        judged: the checks that ended.
        now: of the run, aware.
    """
    return tuple(_told(one, cards, whole, judged, now) for one in waivers)


def _told(
    waiver: AnyWaiver,
    cards: Mapping[str, Card],
    whole: Collection[tuple[str, str | None]],
    judged: Sequence[Judged],
    now: datetime,
) -> Told:
    matched = sum(
        waiver.accepts(one.card.id, one.target, finding, finding_severity(finding, weight))
        for one in judged
        for weight in (one.judgement.severity,)
        for finding in one.judgement.findings
    )
    if fault := waiver.fault(cards, now):
        return Told(waiver, fault, matched)
    if matched:
        return Told(waiver, State.USED, matched)
    seen = _wholly_judged(waiver, whole, judged)
    return Told(waiver, State.UNUSED if seen else State.NOT_JUDGED, matched)


def _wholly_judged(
    waiver: AnyWaiver, whole: Collection[tuple[str, str | None]], judged: Sequence[Judged]
) -> bool:
    """Whether the run looked at everything that the waiver could be of, and nothing is unknown."""
    ended = {
        (one.card.id, one.target)
        for one in judged
        if one.judgement.outcome is not Outcome.UNDETERMINED and not one.judgement.unknown
    }
    of_check = {key for key in whole if key[0] == waiver.check}
    about = {key for key in of_check if waiver.target in (None, key[1])}
    return bool(of_check) and about <= ended


def listing(waivers: Sequence[AnyWaiver], cards: Mapping[str, Card], now: datetime) -> list[str]:
    """Each waiver in a line, with what is known of it before any run."""
    return [
        f"waiver of {one}; until {one.expires}, {one.approver} ({one.ticket}): "
        f"{one.fault(cards, now) or 'holds'}"
        for one in waivers
    ]
