"""Two saved runs, compared as the plan in force explains the step between them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from kanmon.comparing.compare import compare
from kanmon.comparing.comparison import Change, Comparison
from kanmon.comparing.expected import Expectation, Moves
from kanmon.comparing.objects import Side
from kanmon.environment.file import Environment
from kanmon.errors import Undetermined
from kanmon.evidence.baseline import Before
from kanmon.facts.collected import Facts
from kanmon.planning.course import Planned
from kanmon.planning.estate import Component

TOLD = ("change", "kind", "id", "name", "target", "field", "before", "after", "expected")


def between(
    before: Before,
    environment: Environment,
    facts: Facts,
    planned: Planned,
    *,
    step: str | None,
    phase: str,
) -> Comparison:
    """What changed from an earlier run to this one.

    Args:
        before: the earlier run.
        environment: of this run.
        facts: what this run read.
        planned: the plan in force, worked out from this run's facts.
        step: of this run; None for the whole upgrade.
        phase: of this run.
    """
    then = Side(before.saved.environment, before.saved.facts.parts, before.saved.facts.apart)
    now = Side(environment, facts.parts, facts.apart)
    return compare(then, now, Expectation(step, moves(step, planned), phase))


def moves(step: str | None, planned: Planned) -> Moves:
    """Whether a step moves a component, by the plan in force."""

    def answer(kind: str, owner: str) -> bool | None:
        try:
            return planned.promised(step, Component(kind, owner)) is not None
        except Undetermined:
            return None

    return answer


def record(before: Before, comparison: Comparison) -> dict[str, Any]:
    """A comparison as plain values, as ``results.json`` holds it."""
    run = before.saved
    return {
        "run": before.name,
        "read": run.now.isoformat(timespec="seconds"),
        "verdict": before.verdict,
        "step": run.step,
        "phase": run.phase,
        "changes": [_change(one) for one in comparison.changes],
        "not_compared": [asdict(one) for one in comparison.not_compared],
    }


def _change(one: Change) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in TOLD}
    return {**told, "expected": one.expected is True}
