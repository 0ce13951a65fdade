"""The gate: from the judgements of a run to its verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from kanmon.check import Outcome, Severity
from kanmon.gate.judgement import Judgement

JUDGED = (Outcome.PASS, Outcome.FAIL, Outcome.WAIVED, Outcome.ATTESTED)
"""Outcomes that say whether a claim holds, or on whose word it does."""
Verdict = Literal["GO", "CONDITIONAL", "NO-GO", "INCOMPLETE"]


class Gate(Enum):
    """The verdict of a run and pytest's exit status for it."""

    GO = ("GO", 0)
    CONDITIONAL = ("CONDITIONAL", 7)
    NO_GO = ("NO-GO", 1)
    INCOMPLETE = ("INCOMPLETE", 6)

    def __init__(self, word: str, exit_status: int) -> None:
        self.word = word
        self.exit_status = exit_status


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a run was judged, how it ended, and how much of that rests on a named person."""

    planned: int
    judged: int
    passed: int
    failed: int
    undetermined: int
    not_applicable: int
    waived: int
    attested: int


def coverage(planned: int, judgements: Sequence[Judgement]) -> Coverage:
    """Count a run; a planned check that never ended counts as undetermined."""
    counts = Counter(judgement.outcome for judgement in judgements)
    return Coverage(
        planned=planned,
        judged=sum(counts[outcome] for outcome in JUDGED),
        passed=counts[Outcome.PASS],
        failed=counts[Outcome.FAIL],
        undetermined=counts[Outcome.UNDETERMINED] + max(0, planned - len(judgements)),
        not_applicable=counts[Outcome.NOT_APPLICABLE],
        waived=counts[Outcome.WAIVED],
        attested=counts[Outcome.ATTESTED],
    )


def decide(planned: int, judgements: Sequence[Judgement], unseen: Iterable[str]) -> Gate:
    """The verdict of a run: GO where nothing stands against it, an unsigned warning neither.

    Args:
        planned: number of checks that were to be judged.
        judgements: of those that ended.
        unseen: what the run would have had to look at and did not: targets that could not be read,
            checks that were left out, claims that nobody judges.
    """
    weights = {judgement.weight for judgement in judgements}
    if Severity.BLOCKER in weights:
        return Gate.NO_GO
    unjudged = coverage(planned, judgements).undetermined
    unjudged += sum(bool(judgement.unknown) for judgement in judgements)
    if unjudged or any(unseen) or _nothing_judged(judgements):
        return Gate.INCOMPLETE
    return Gate.CONDITIONAL if Severity.WARNING in weights else Gate.GO


def _nothing_judged(judgements: Sequence[Judgement]) -> bool:
    """Nothing applied at all, or of the blockers nothing did: lesser claims alone open no gate."""
    applied = [one for one in judgements if one.outcome is not Outcome.NOT_APPLICABLE]
    blockers = [one for one in judgements if one.severity is Severity.BLOCKER]
    return not applied or bool(blockers and not any(one in applied for one in blockers))
