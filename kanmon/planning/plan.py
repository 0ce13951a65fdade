"""A plan as it is made and told: its steps, what orders them, and where it does not arrive."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from kanmon.knowledge.compatibility import Answer, At
from kanmon.planning.estate import Component, Estate, State, Value
from kanmon.planning.hops import Move


@dataclass(frozen=True, slots=True)
class Order:
    """Why a step does not come before another.

    Attributes:
        after: the other step.
        answers: what closes it before that.
    """

    after: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the plan.

    Attributes:
        before: where everything stands when it starts.
        orders: why it does not come earlier.
        detours: what forces the stops that are made in it; without one of these the way is shorter.
    """

    name: str
    moves: tuple[Move, ...]
    before: State
    orders: tuple[Order, ...] = ()
    detours: tuple[Answer, ...] = ()

    @property
    def after(self) -> State:
        """Where everything stands when it has ended."""
        return {**self.before, **{move.component: move.after for move in self.moves}}


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """A component for which no way leads on.

    Attributes:
        value: where it stands at the end of the plan.
        answers: what closes every way on; where it is only that no row answers, these questions.
    """

    component: Component
    value: Value
    goal: At
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Plan:
    """A plan: it arrives where there is no dead end."""

    estate: Estate
    steps: tuple[Step, ...]
    dead_ends: tuple[DeadEnd, ...] = field(default=())

    def step(self, name: str) -> Step | None:
        """The first step of this name."""
        return next((step for step in self.steps if step.name == name), None)

    @property
    def moves(self) -> tuple[Move, ...]:
        """Every hop, in order."""
        return tuple(move for step in self.steps for move in step.moves)

    @property
    def ends(self) -> State:
        """Where everything stands at the end."""
        return self.steps[-1].after if self.steps else self.estate.today


class Aim(NamedTuple):
    """A hop that is to be made."""

    component: Component
    to: At
