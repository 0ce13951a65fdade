"""The search of a plan once more, the plain way: over the states of everything at once.

It knows nothing of groups, timelines and bounds; it asks the same questions of the tables.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import count, product
from typing import Any

from kanmon.knowledge.compatibility import Answer, At, Rules, Word
from kanmon.planning.estate import Component, Estate

State = tuple[tuple[At, ...], ...]
Price = tuple[int, int, int, int]
"""Unverified noes, hops, unverified yeses, age."""


class Joint:
    """Every way of an estate, in the order of its cost."""

    def __init__(self, estate: Estate, rules: Rules) -> None:
        self.estate = estate
        self.rules = rules
        self.parts = tuple(estate.today)
        self._known: dict[Any, tuple[Price, tuple[At, ...]] | None] = {}

    def nearest(self) -> tuple[int, Price]:
        """How many components are left, and what it costs to come as near as that."""
        start: State = tuple(self.estate.today.values())
        order = count()
        queue = [((0,) * 4, next(order), start)]
        best = (self.left(start), (0,) * 4)
        done: set[State] = set()
        while queue and best[0]:
            price, _, state = heapq.heappop(queue)
            if state not in done:
                done.add(state)
                best = min(best, (self.left(state), price))
                for more, after in self.hops(state):
                    if after not in done:
                        heapq.heappush(queue, (_sum(price, more), next(order), after))
        return best

    def left(self, state: State) -> int:
        """How many components are not where they are to end."""
        return sum(
            self._is_late(component, value)
            for component, value in zip(self.parts, state, strict=True)
        )

    def _is_late(self, component: Component, value: tuple[At, ...]) -> bool:
        goal = self.estate.goal.get(component)
        return goal is not None and any(not _same(at, goal) or _older(at, goal) for at in value)

    def hops(self, state: State) -> Iterator[tuple[Price, State]]:
        """Every hop that no row closes."""
        for index, component in enumerate(self.parts):
            for age, to in self._targets(component, state[index]):
                made = self._made(component, to, age, state)
                if made:
                    price, after = made
                    yield price, (*state[:index], after, *state[index + 1 :])

    def _targets(self, component: Component, value: tuple[At, ...]) -> Iterator[tuple[int, At]]:
        goal = self.estate.goal.get(component)
        if component.kind != "tools" and not self._is_late(component, value):
            return
        if goal and value:
            yield 0, goal
        for age, stop in enumerate(self.estate.waypoints.get(component, ()), start=1):
            beyond = goal and _same(stop, goal) and stop.version.reaches(goal.version)
            if not beyond and any(_older(at, stop) for at in value):
                yield age, stop

    def _made(
        self, component: Component, to: At, age: int, state: State
    ) -> tuple[Price, tuple[At, ...]] | None:
        here = dict(zip(self.parts, state, strict=True))
        seen = {one: here[one] for one in self._neighbours(component) if one in here}
        key = component, to, tuple(seen.values())
        if key not in self._known:
            after, answers = self._hop(component, to, here)
            words = [answer.word for answer in answers]
            closed = Word.NO in words or Word.SILENCE in words
            price = (
                words.count(Word.UNVERIFIED_NO),
                1,
                words.count(Word.UNVERIFIED_YES),
                age,
            )
            self._known[key] = None if closed else (price, after)
        return self._known[key]

    def _neighbours(self, component: Component) -> list[Component]:
        """Whatever a component could have to do with, itself included."""
        owners = {component.owner}
        for manager, vcenters in self.estate.protects.items():
            if component.owner == manager:
                owners |= vcenters
            if component.owner in vcenters:
                owners.add(manager)
        return [one for one in self.parts if one.owner in owners]

    def _hop(
        self, component: Component, to: At, here: dict[Component, tuple[At, ...]]
    ) -> tuple[tuple[At, ...], list[Answer]]:
        value = here[component]
        older = [at for at in value if _older(at, to)]
        if component.kind == "nsx":
            other = [at for at in value if not _same(at, to)]
            there = [at for at in value if _same(at, to) and not _older(at, to)]
            if other and there and to == self.estate.goal.get(component):  # the migration
                kept = tuple(at for at in value if at not in other)
                return kept, [self.rules.hop("nsx", at, to) for at in other]
        after = sorted({to if at in older else at for at in value}, key=str)
        if component.kind == "nsx" and to not in after and not there:
            after = [*after, to]
        answers = [self.rules.hop(component.kind, at, to) for at in older]
        if component.kind in ("vcenter", "esxi"):
            answers += [self.rules.in_time(component.kind, at, to) for at in older]
        return tuple(after), [*answers, *self._beside(component, to, here)]

    def _beside(
        self, component: Component, to: At, here: dict[Component, tuple[At, ...]]
    ) -> Iterator[Answer]:
        """What is asked of every pair and of every three that the component is one of."""
        there = {**here, component: (to,)}
        kinds = {"vcenter", "esxi", "nsx", "tools"}
        if component.kind in kinds:
            yield from self._of_vsphere(component, there)
        else:
            yield from self._of_deep_security(component, there)
        for manager, vcenters in self.estate.protects.items():
            for slug in vcenters:
                three = (
                    Component("appliance", manager),
                    Component("nsx", slug),
                    Component("esxi", slug),
                )
                if component in three:
                    yield from (self.rules.appliance_on(*one) for one in _every(there, *three))

    def _of_vsphere(
        self, component: Component, there: dict[Component, tuple[At, ...]]
    ) -> Iterator[Answer]:
        rules = self.rules
        for one, other, ask in (
            ("esxi", "vcenter", rules.esxi_under_vcenter),
            ("nsx", "vcenter", rules.nsx_with_vcenter),
            ("nsx", "esxi", rules.nsx_with_esxi),
            ("tools", "nsx", rules.tools_for),
        ):
            if component.kind in (one, other):
                for pair in _every(
                    there, Component(one, component.owner), Component(other, component.owner)
                ):
                    if one != "tools" or pair[1].product == "NSX-T":
                        yield ask(*pair)

    def _of_deep_security(
        self, component: Component, there: dict[Component, tuple[At, ...]]
    ) -> Iterator[Answer]:
        for one, other in (
            ("relay", "manager"),
            ("agent", "manager"),
            ("appliance", "manager"),
            ("agent", "relay"),
        ):
            if component.kind in (one, other):
                for pair in _every(
                    there, Component(one, component.owner), Component(other, component.owner)
                ):
                    yield self.rules.deep_security(one, pair[0], other, pair[1])


def _every(
    there: dict[Component, tuple[At, ...]], *components: Component
) -> Iterator[tuple[Any, ...]]:
    return product(*([at.version for at in there.get(component, ())] for component in components))


def _same(one: At, other: At) -> bool:
    return not isinstance(one.version, type(other.version)) or getattr(
        one.version, "product", ""
    ) == getattr(other.version, "product", "")


def _older(one: At, other: At) -> bool:
    return _same(one, other) and not one.version.reaches(other.version)


def _sum(one: Price, other: Price) -> Price:
    return tuple(a + b for a, b in zip(one, other, strict=True))
