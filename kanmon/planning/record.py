"""The plan as plain values: what ``results.json`` keeps and every rendering shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from kanmon.knowledge import citation_record
from kanmon.knowledge.compatibility import NAMES, Answer, Word
from kanmon.planning.course import Declared, Planned
from kanmon.planning.estate import Component, Estate, Value
from kanmon.planning.hops import Move
from kanmon.planning.plan import DeadEnd, Order, Step

Record = dict[str, Any]


def record(planned: Planned) -> Record:
    """A plan: its steps, what stands in its way, and where everything stands after each step."""
    plan = planned.plan
    return {
        "arrives": not plan.dead_ends and not planned.unknown,
        "steps": [_step(step) for step in plan.steps],
        "dead_ends": [_dead_end(end) for end in plan.dead_ends],
        "unknown": [{"subject": one.subject, "reason": one.reason} for one in planned.unplaced()],
        "components": list(_components(plan.estate, plan.steps)),
        "declared": _declared(planned.declared) if planned.declared else None,
    }


def _step(step: Step) -> Record:
    return {
        "name": step.name,
        "moves": [_move(move) for move in step.moves],
        "orders": [_order(order) for order in step.orders],
        "detours": _answers(step.detours),
    }


def _move(move: Move) -> Record:
    return {
        **_part(move.component),
        "before": _value(move.before),
        "after": _value(move.after),
        "doubts": _answers(answer for answer in move.answers if answer.word is not Word.YES),
    }


def _order(order: Order) -> Record:
    return {"after": order.after, "rows": _answers(order.answers)}


def _dead_end(end: DeadEnd) -> Record:
    return {
        **_part(end.component),
        "stands": _value(end.value),
        "goal": str(end.goal.version),
        "rows": _answers(end.answers),
    }


def _declared(declared: Declared) -> Record:
    refused = None
    if declared.refused:
        name, move = declared.refused
        refused = {"step": name, **_part(move.component), "rows": _answers(declared.closed())}
    return {
        "steps": [step.name for step in declared.steps],
        "refused": refused,
        "missing": [_part(component) for component in declared.missing],
    }


def _part(component: Component) -> Record:
    return {"component": NAMES[component.kind], "owner": component.owner}


def _value(value: Value) -> list[str]:
    return [str(at.version) for at in value]


def _answers(answers: Iterable[Answer]) -> list[Record]:
    return [
        {
            "word": answer.word.name.lower().replace("_", " "),
            "asked": [str(component) for component in answer.asked],
            "source": citation_record(answer.citation) if answer.citation else None,
        }
        for answer in answers
    ]


def _components(estate: Estate, steps: Sequence[Step]) -> Iterator[Record]:
    """Where each component stands today and after each step."""
    for component in estate.all_components:
        if estate.today[component]:
            stands = [estate.today[component], *(step.after[component] for step in steps)]
            goal = estate.goal.get(component)
            yield {
                **_part(component),
                "stands": [_value(one) for one in stands],
                "goal": str(goal.version) if goal else None,
            }
