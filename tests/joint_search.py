"""The search of a plan once more, the plain way: over the states of everything at once.

It knows nothing of groups, timelines and bounds; it asks the same questions of the tables.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import count, product
from typing import Any

from kanmon.knowledge.compatibility import Answer, At, Rules, Word
from kanmon.planning.estate import Estate, Part

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
            self._is_late(part, value) for part, value in zip(self.parts, state, strict=True)
        )

    def _is_late(self, part: Part, value: tuple[At, ...]) -> bool:
        goal = self.estate.goal.get(part)
        return goal is not None and any(not _same(at, goal) or _older(at, goal) for at in value)

    def hops(self, state: State) -> Iterator[tuple[Price, State]]:
        """Every hop that no row closes."""
        for index, part in enumerate(self.parts):
            for age, to in self._targets(part, state[index]):
                made = self._made(part, to, age, state)
                if made:
                    price, after = made
                    yield price, (*state[:index], after, *state[index + 1 :])

    def _targets(self, part: Part, value: tuple[At, ...]) -> Iterator[tuple[int, At]]:
        goal = self.estate.goal.get(part)
        if part.kind != "tools" and not self._is_late(part, value):
            return
        if goal and value:
            yield 0, goal
        for age, stop in enumerate(self.estate.stops.get(part, ()), start=1):
            beyond = goal and _same(stop, goal) and stop.version.reaches(goal.version)
            if not beyond and any(_older(at, stop) for at in value):
                yield age, stop

    def _made(
        self, part: Part, to: At, age: int, state: State
    ) -> tuple[Price, tuple[At, ...]] | None:
        here = dict(zip(self.parts, state, strict=True))
        seen = {one: here[one] for one in self._neighbours(part) if one in here}
        key = part, to, tuple(seen.values())
        if key not in self._known:
            after, answers = self._hop(part, to, here)
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

    def _neighbours(self, part: Part) -> list[Part]:
        """Whatever a component could have to do with, itself included."""
        owners = {part.owner}
        for manager, vcenters in self.estate.protects.items():
            if part.owner == manager:
                owners |= vcenters
            if part.owner in vcenters:
                owners.add(manager)
        return [one for one in self.parts if one.owner in owners]

    def _hop(
        self, part: Part, to: At, here: dict[Part, tuple[At, ...]]
    ) -> tuple[tuple[At, ...], list[Answer]]:
        value = here[part]
        older = [at for at in value if _older(at, to)]
        if part.kind == "nsx":
            other = [at for at in value if not _same(at, to)]
            there = [at for at in value if _same(at, to) and not _older(at, to)]
            if other and there and to == self.estate.goal.get(part):  # the migration
                kept = tuple(at for at in value if at not in other)
                return kept, [self.rules.hop("nsx", at, to) for at in other]
        after = sorted({to if at in older else at for at in value}, key=str)
        if part.kind == "nsx" and to not in after and not there:
            after = [*after, to]
        answers = [self.rules.hop(part.kind, at, to) for at in older]
        if part.kind in ("vcenter", "esxi"):
            answers += [self.rules.in_time(part.kind, at, to) for at in older]
        return tuple(after), [*answers, *self._beside(part, to, here)]

    def _beside(self, part: Part, to: At, here: dict[Part, tuple[At, ...]]) -> Iterator[Answer]:
        """What is asked of every pair and of every three that the component is one of."""
        there = {**here, part: (to,)}
        kinds = {"vcenter", "esxi", "nsx", "tools"}
        if part.kind in kinds:
            yield from self._of_vsphere(part, there)
        else:
            yield from self._of_deep_security(part, there)
        for manager, vcenters in self.estate.protects.items():
            for slug in vcenters:
                three = Part("appliance", manager), Part("nsx", slug), Part("esxi", slug)
                if part in three:
                    yield from (self.rules.appliance_on(*one) for one in _every(there, *three))

    def _of_vsphere(self, part: Part, there: dict[Part, tuple[At, ...]]) -> Iterator[Answer]:
        rules = self.rules
        for one, other, ask in (
            ("esxi", "vcenter", rules.esxi_under_vcenter),
            ("nsx", "vcenter", rules.nsx_with_vcenter),
            ("nsx", "esxi", rules.nsx_with_esxi),
            ("tools", "nsx", rules.tools_for),
        ):
            if part.kind in (one, other):
                for pair in _every(there, Part(one, part.owner), Part(other, part.owner)):
                    if one != "tools" or pair[1].product == "NSX-T":
                        yield ask(*pair)

    def _of_deep_security(self, part: Part, there: dict[Part, tuple[At, ...]]) -> Iterator[Answer]:
        for one, other in (
            ("relay", "manager"),
            ("agent", "manager"),
            ("appliance", "manager"),
            ("agent", "relay"),
        ):
            if part.kind in (one, other):
                for pair in _every(there, Part(one, part.owner), Part(other, part.owner)):
                    yield self.rules.deep_security(one, pair[0], other, pair[1])


def _every(there: dict[Part, tuple[At, ...]], *parts: Part) -> Iterator[tuple[Any, ...]]:
    return product(*([at.version for at in there.get(part, ())] for part in parts))


def _same(one: At, other: At) -> bool:
    return not isinstance(one.version, type(other.version)) or getattr(
        one.version, "product", ""
    ) == getattr(other.version, "product", "")


def _older(one: At, other: At) -> bool:
    return _same(one, other) and not one.version.reaches(other.version)


def _sum(one: Price, other: Price) -> Price:
    return tuple(a + b for a, b in zip(one, other, strict=True))
