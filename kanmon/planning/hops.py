"""Components of an estate, the hops that they can make, and what the tables say of each hop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from kanmon.knowledge import Citation
from kanmon.knowledge.compatibility import Answer, At, Rules, Word
from kanmon.planning.estate import (
    Component,
    Estate,
    State,
    Value,
    comparable,
    is_at,
    versions,
)
from kanmon.steps import STEPS

LATE = len(STEPS)
"""Rank of Tools that move before their hosts: it is NSX-T that asks for them."""


@dataclass(frozen=True, slots=True)
class Move:
    """A component's hop.

    Attributes:
        to: the version that it goes to.
        hop: what the tables say of the hop itself.
        beside: what they say of the version beside everything that it has to do with.
        rank: of its step in the procedure.
        removes: nothing is installed any more, what the version replaces is taken away (NSX-V).
        generous: where no row answers, the way is open.
    """

    component: Component
    before: Value
    after: Value
    to: At
    hop: tuple[Answer, ...]
    beside: tuple[Answer, ...]
    rank: int
    removes: bool = False
    generous: bool = False

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The answers to every question that the hop raises."""
        return self.hop + self.beside

    @property
    def step(self) -> str:
        """The step of the procedure that it belongs to."""
        return "nsxt-build" if self.rank == LATE else STEPS[self.rank]

    @property
    def forbidden(self) -> bool:
        """Whether a verified row closes it."""
        return any(answer.word is Word.NO for answer in self.answers)

    @property
    def closed(self) -> bool:
        """Whether a row closes it, or no row says that it is open."""
        return is_closed(self.answers, generous=self.generous)


class Mover:
    """The hops of an estate's components by the tables' rules.

    Args:
        estate: the components.
        rules: the tables.
        generous: silence of the tables closes no hop that goes to its end; a stop needs a row.
    """

    def __init__(self, estate: Estate, rules: Rules, *, generous: bool = False) -> None:
        self.estate = estate
        self.rules = rules
        self.generous = generous
        self._near = {component: _near(component, estate) for component in estate.today}
        self._known: dict[object, tuple[tuple[Move, int], ...]] = {}

    def granting(self, citation: Citation) -> Mover:
        """The same with one row taken for a yes; the hops that do not rest on it stay known."""
        kinder = Mover(self.estate, self.rules.granting(citation), generous=self.generous)
        kinder._known = {
            where: moves
            for where, moves in self._known.items()
            if all(answer.citation != citation for move, _ in moves for answer in move.answers)
        }
        return kinder

    def moves(self, component: Component, state: State) -> tuple[tuple[Move, int], ...]:
        """Every hop of a component, with how new the release is at which it stops."""
        where = (component, *map(state.get, self._near[component]))
        if where not in self._known:
            self._known[where] = tuple(self._moves(component, state))
        return self._known[where]

    def _moves(self, component: Component, state: State) -> Iterator[tuple[Move, int]]:
        value = state[component]
        if not value or (component.kind != "tools" and self.estate.arrived(component, value)):
            return
        goal = self.estate.goal.get(component)
        if goal is not None:
            yield self.move(component, goal, state), 0
        for age, stop in enumerate(self.estate.waypoints.get(component, ()), start=1):
            if _is_between(value, stop, goal):
                yield self.move(component, stop, state), age

    def move(self, component: Component, to: At, state: State) -> Move:
        """The hop of a component, whatever the tables say of it."""
        made = (
            self._nsx(component, to, state)
            if component.kind == "nsx"
            else self._hopped(component, to, state)
        )
        ends = to == self.estate.goal.get(component)
        return replace(made, generous=True) if self.generous and ends else made

    def _hopped(self, component: Component, to: At, state: State) -> Move:
        before = state[component]
        beyond = {at for at in before if at.reaches(to)} - {to}
        first = () if beyond.issuperset(before) else (to,)
        after = (*first, *sorted(beyond, key=_age))  # a line has no order against its builds
        hop = [a for at in before if not at.reaches(to) for a in self._hop(component.kind, at, to)]
        beside = tuple(self.beside(component, to, state))
        return Move(
            component, before, after, to, tuple(hop), beside, self._rank(component, to, state)
        )

    def _nsx(self, component: Component, to: At, state: State) -> Move:
        """NSX-T is built beside NSX-V, the migration then takes NSX-V away; or one is upgraded."""
        before = state[component]
        others = tuple(at for at in before if not comparable(at, to))
        same = tuple(at for at in before if comparable(at, to))
        older = [at for at in same if not at.reaches(to)]
        if others and len(older) < len(same) and to == self.estate.goal.get(component):
            hops = tuple(self.rules.hop("nsx", at, to) for at in others)
            rank = STEPS.index("nsx-migration")
            return Move(component, before, same, to, hops, (), rank, removes=True)
        hops = tuple(self.rules.hop("nsx", at, to) for at in older)
        beside = tuple(self.beside(component, to, state))
        built = tuple(dict.fromkeys(to if at in older else at for at in same)) or (to,)
        rank = STEPS.index("nsxt-build")
        return Move(component, before, (*others, *built), to, hops, beside, rank)

    def _hop(self, kind: str, before: At, to: At) -> Iterator[Answer]:
        yield self.rules.hop(kind, before, to)
        if kind in ("vcenter", "esxi"):
            yield self.rules.in_time(kind, before, to)

    def beside(self, component: Component, to: At, state: State) -> Iterator[Answer]:
        """What the tables say of a version beside everything that it has to do with."""
        rules, it = self.rules, partial(versions, state, owner=component.owner)
        version: Any = to.version
        match component.kind:
            case "vcenter":
                yield from (rules.esxi_under_vcenter(esxi, version) for esxi in it("esxi"))
                yield from (rules.nsx_with_vcenter(nsx, version) for nsx in it("nsx"))
            case "esxi":
                yield from (rules.esxi_under_vcenter(version, vc) for vc in it("vcenter"))
                yield from (rules.nsx_with_esxi(nsx, version) for nsx in it("nsx"))
                for appliance in self._protecting(component.owner, state):
                    yield from (rules.appliance_on(appliance, nsx, version) for nsx in it("nsx"))
            case "nsx":
                yield from (rules.nsx_with_vcenter(version, vc) for vc in it("vcenter"))
                yield from (rules.nsx_with_esxi(version, esxi) for esxi in it("esxi"))
                if version.product == "NSX-T":
                    yield from (rules.tools_for(tools, version) for tools in it("tools"))
                for appliance in self._protecting(component.owner, state):
                    yield from (rules.appliance_on(appliance, version, e) for e in it("esxi"))
            case "tools":
                new = [nsx for nsx in it("nsx") if nsx.product == "NSX-T"]
                yield from (rules.tools_for(version, nsx) for nsx in new)
            case "appliance":
                yield from self._appliance_beside(component, version, state)
            case _:
                yield from self._manager_beside(component, version, state)

    def _appliance_beside(
        self, component: Component, version: Any, state: State
    ) -> Iterator[Answer]:
        for manager in versions(state, "manager", component.owner):
            yield self.rules.deep_security("appliance", version, "manager", manager)
        for vcenter in sorted(self.estate.protects.get(component.owner, ())):
            hosts = versions(state, "esxi", vcenter)
            for nsx in versions(state, "nsx", vcenter):
                yield from (self.rules.appliance_on(version, nsx, esxi) for esxi in hosts)

    def _manager_beside(self, component: Component, version: Any, state: State) -> Iterator[Answer]:
        rules, it = self.rules, partial(versions, state, owner=component.owner)
        if component.kind == "manager":
            for kind in ("relay", "agent", "appliance"):
                yield from (rules.deep_security(kind, v, "manager", version) for v in it(kind))
            return
        yield from (
            rules.deep_security(component.kind, version, "manager", m) for m in it("manager")
        )
        if component.kind == "relay":
            yield from (rules.deep_security("agent", a, "relay", version) for a in it("agent"))
        else:
            yield from (rules.deep_security("agent", version, "relay", r) for r in it("relay"))

    def _protecting(self, owner: str, state: State) -> list[Any]:
        """Versions of the appliances in a vCenter."""
        components = self.estate.appliances.get(owner, ())
        return [at.version for component in components for at in state.get(component, ())]

    def _rank(self, component: Component, to: At, state: State) -> int:
        """The step of a hop; vSphere's turns on whether it arrives, and Tools go with hosts."""
        if component.kind in ("vcenter", "esxi"):
            arrives = self.estate.arrived(component, (to,))
            return STEPS.index("vsphere-target" if arrives else "vsphere-bridge")
        if component.kind == "tools":
            hosts = Component("esxi", component.owner)
            if self.estate.arrived(hosts, state.get(hosts, ())):
                return STEPS.index("vsphere-target")
            moved = state.get(hosts, ()) != self.estate.today.get(hosts, ())
            return STEPS.index("vsphere-bridge") if moved else LATE
        return STEPS.index("manager" if component.kind == "relay" else component.kind)


def _near(component: Component, estate: Estate) -> tuple[Component, ...]:
    """All that the hops of a component turn on, itself included."""
    owners = {component.owner}
    if component.kind == "appliance":
        owners |= estate.protects.get(component.owner, frozenset())
    shared = estate.appliances.get(component.owner, ())
    return tuple(one for one in estate.today if one.owner in owners or one in shared)


def is_closed(answers: Iterable[Answer], *, generous: bool) -> bool:
    """Whether a verified row says no or, unless generous, no row answers."""
    worst = Word.NO if generous else Word.SILENCE
    return any(answer.word >= worst for answer in answers)


def _is_between(value: Value, stop: At, goal: At | None) -> bool:
    """Whether a stop lies before the goal and some part of the component before it."""
    if goal is not None and is_at(stop, goal):
        return False
    return any(comparable(at, stop) and not at.reaches(stop) for at in value)


def _age(at: At) -> Any:
    return at.version, at.released is None, at.released, at.build
