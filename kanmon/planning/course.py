"""The plan in force: the operator's own order where one is declared, kanmon's where not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from kanmon.check import Unknown
from kanmon.environment.change import PlannedStep
from kanmon.errors import Undetermined
from kanmon.facts.run import Moment
from kanmon.knowledge.compatibility import NAMES, Answer, At, Rules, Word, closing
from kanmon.planning.estate import Component, Estate, State, Value, is_at
from kanmon.planning.hops import Move, Mover
from kanmon.planning.plan import Aim, Plan, Step
from kanmon.planning.waypoints import goal_of
from kanmon.steps import VSPHERE
from kanmon.text import Text

NOW = "now"
MOVES = {
    "vsphere-bridge": ("vcenter", "esxi"),
    "manager": ("manager", "relay"),
    "agent": ("agent",),
    "appliance": ("appliance",),
    "nsxt-build": ("nsx",),
    "nsx-migration": ("nsx",),
    "vsphere-target": ("vcenter", "esxi"),
}
"""The kinds of component that a step moves."""


class Stage(NamedTuple):
    """A moment of the upgrade, and where everything stands then."""

    label: str
    state: State


@dataclass(frozen=True)
class Declared:
    """The operator's own order, followed as far as it goes.

    Attributes:
        steps: what was followed; the last one ends before the hop that is refused.
        refused: the first hop that a row closes, with its step; None where all can be made.
        missing: components that it does not take to where they are to end.
        promises: by step, where it is to take which component.
    """

    steps: tuple[Step, ...]
    refused: tuple[str, Move] | None
    missing: tuple[Component, ...]
    promises: Mapping[str, Mapping[Component, At]]

    def closed(self) -> tuple[Answer, ...]:
        """What closes the refused hop."""
        return tuple(closing(self.refused[1].answers)) if self.refused else ()


@dataclass(frozen=True)
class Planned:
    """What a run knows of the way ahead.

    Attributes:
        plan: kanmon's.
        declared: the operator's; None where the environment declares none.
        unknown: by slug of a vCenter or manager, what could not be placed: it is in no state. The
            whole of it, or single objects that nobody saw beside those that are placed.
        rules: what the tables say.
    """

    plan: Plan
    declared: Declared | None
    unknown: Mapping[str, Sequence[Unknown]]
    rules: Rules

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the plan in force."""
        return self.declared.steps if self.declared else self.plan.steps

    def step(self, name: str) -> Step | None:
        """The first step of this name in which something is left to do."""
        return next((step for step in self.steps if step.name == name and step.moves), None)

    def ahead(self) -> frozenset[str]:
        """The steps in which something is left to do; empty where that is not wholly known."""
        held_up = self.declared and (self.declared.refused or self.declared.missing)
        if held_up or self.plan.dead_ends or any(self.unknown.values()):
            return frozenset()
        return frozenset(step.name for step in self.steps if step.moves)

    def stages(self, moment: Moment) -> list[Stage]:
        """Now; before a step also after it; before all of them also after each of the plan."""
        today = self.plan.estate.today
        stages = [Stage(NOW, today)]
        if moment.phase != "pre":
            return stages
        if moment.step is None:
            return [*stages, *(Stage(f"after {step.name}", step.after) for step in self.steps)]
        named = self.step(moment.step)
        if named:
            moved = {move.component: move.after for move in named.moves}
            stages.append(Stage(f"after {named.name}", {**today, **moved}))
        return stages

    def promised(self, step: str | None, component: Component) -> At | None:
        """Where a step was to take a component; None where it was not to move it.

        Args:
            step: of the run; None is the whole upgrade.
            component: which component.

        Raises:
            Undetermined: the component could not be placed, or the environment does not say where
                the step leads.
        """
        here = component in self.plan.estate.today
        for missed in () if here else self.unplaced(component.owner):
            raise Undetermined(
                Text("{subject}: {reason}", subject=missed.subject, reason=missed.reason)
            )
        goal = self.plan.estate.goal.get(component)
        if step is None:
            return goal
        if self.declared:
            return self.declared.promises.get(step, {}).get(component)
        if step == "vsphere-bridge":
            raise Undetermined(
                Text("where vsphere-bridge leads stands in [[plan]]: declare the steps")
            )
        return goal if component.kind in MOVES[step] else None

    def straight(self, component: Component, step: Step) -> bool:
        """Whether a component could go to its end when a step starts."""
        estate = self.plan.estate
        return (
            not Mover(estate, self.rules)
            .move(component, estate.goal[component], step.before)
            .closed
        )

    def unjudged(self, moment: Moment, *slugs: str) -> list[Unknown]:
        """What is in no state that `stages` has: the unplaced, and what no way leads to its end."""
        found = self.unplaced(*slugs)
        if moment.phase != "pre" or self.declared or (moment.step and self.step(moment.step)):
            return found
        return found + [
            Unknown(
                f"{NAMES[end.component.kind]} of {end.component.owner}",
                Text(
                    "no way leads it to {goal}, so what it will stand beside nobody can say",
                    goal=end.goal,
                ),
            )
            for end in self.plan.dead_ends
            if not slugs or end.component.owner in slugs
        ]

    def unplaced(self, *slugs: str) -> list[Unknown]:
        """Why vCenters or managers, or single objects of theirs, are in no state.

        Args:
            slugs: of them; every one where none is named.
        """
        return [one for slug in slugs or self.unknown for one in self.unknown.get(slug, ())]


def follow(estate: Estate, rules: Rules, order: Sequence[PlannedStep]) -> Declared:
    """Follow an operator's order from today, up to the first hop that a row closes."""
    mover = Mover(estate, rules)
    state = dict(estate.today)
    promises: dict[str, dict[Component, At]] = {}
    for one in order:
        promises.setdefault(one.step, {}).update(_wanted(estate, one))
    steps: list[Step] = []
    for one in order:
        before = dict(state)
        moves: list[Move] = []
        for component, to in _wanted(estate, one):
            if _is_made(one, to, state.get(component, ())):
                continue
            move = _made(mover, one, component, to, state)
            if move.forbidden:
                steps.append(Step(one.step, tuple(moves), before))
                return Declared(tuple(steps), (one.step, move), (), promises)
            state[component] = move.after
            moves.append(move)
        steps.append(Step(one.step, tuple(moves), before))
    missing = tuple(
        component for component, value in state.items() if not estate.arrived(component, value)
    )
    return Declared(tuple(steps), None, missing, promises)


def _is_made(one: PlannedStep, to: At, value: Value) -> bool:
    """Whether nothing of a hop is left to do; NSX-T is built when it stands beside NSX-V."""
    enough = any if one.step == "nsxt-build" else all
    return not value or enough(is_at(at, to) for at in value)


def _made(mover: Mover, one: PlannedStep, component: Component, to: At, state: State) -> Move:
    """The hop, refused where the step cannot make it: nothing migrates to what is not built."""
    move = mover.move(component, to, state)
    if one.step == "nsx-migration" and not move.removes:
        early = Answer(Word.NO, (Text("the migration starts before {} is built"), to.version), None)
        return replace(move, hop=(early,), beside=())
    return move


def _wanted(estate: Estate, one: PlannedStep) -> Iterator[Aim]:
    """What a declared step is to move, and where to."""
    for owner in estate.owners:
        if one.vcenters is not None and owner not in one.vcenters:
            continue
        if one.step in VSPHERE:
            yield from _vsphere(estate, one, owner)
            continue
        for kind in MOVES[one.step]:
            component = Component(kind, owner)
            if component in estate.goal:
                yield Aim(component, estate.goal[component])


def _vsphere(estate: Estate, one: PlannedStep, owner: str) -> Iterator[Aim]:
    """vCenter, then its hosts, then the Tools that NSX asks for.

    Where some vCenters have an NSX, a bridge that names none is for those alone.
    """
    with_nsx = {component.owner for component in estate.today if component.kind == "nsx"}
    if one.step == "vsphere-bridge" and one.vcenters is None and with_nsx and owner not in with_nsx:
        return
    for kind, text in (("vcenter", one.vcenter), ("esxi", one.esxi)):
        component = Component(kind, owner)
        to: At | None = goal_of(kind, text) if text else estate.goal.get(component)
        if to is not None and (text or one.step == "vsphere-target") and component in estate.today:
            yield Aim(component, to)
    tools = Component("tools", owner)
    yield from (Aim(tools, stop) for stop in estate.waypoints.get(tools, ()))
