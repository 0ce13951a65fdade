"""The plan of an upgrade: which step comes when, what moves in it, and which rows force that.

It is found by `search` from the tables alone; the procedure's order only chooses among ways that
are equally good.
"""

from __future__ import annotations

from collections.abc import Iterable

from kanmon.knowledge.compatibility import Rules
from kanmon.planning.estate import Estate
from kanmon.planning.hops import Mover
from kanmon.planning.plan import Aim, Plan, Step
from kanmon.planning.reasons import Detours, dead_ends, orders
from kanmon.planning.search import search
from kanmon.planning.sequence import merged


def make(estate: Estate, rules: Rules) -> Plan:
    """The plan of an estate, with its reasons."""
    mover = Mover(estate, rules)
    targets = list(merged(search(mover), estate))
    steps = _steps(mover, targets)
    detours = Detours(estate, rules)
    told = tuple(
        Step(
            step.name,
            step.moves,
            step.before,
            tuple(orders(mover, steps[:number], step)),
            detours.of(step),
        )
        for number, step in enumerate(steps)
    )
    plan = Plan(estate, told)
    late = [
        component for component, value in plan.ends.items() if not estate.arrived(component, value)
    ]
    return Plan(estate, told, tuple(dead_ends(mover, plan.ends, late))) if late else plan


def _steps(mover: Mover, targets: Iterable[Aim]) -> list[Step]:
    """The hops in steps, each judged where everything really stands when it is made."""
    state = dict(mover.estate.today)
    steps: list[Step] = []
    for component, to in targets:
        move = mover.move(component, to, state)
        if steps and steps[-1].name == move.step:
            last = steps[-1]
            steps[-1] = Step(last.name, (*last.moves, move), last.before)
        else:
            steps.append(Step(move.step, (move,), dict(state)))
        state[component] = move.after
    return steps
