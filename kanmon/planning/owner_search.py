"""The shortest way of one vCenter's or one manager's components while the appliances go theirs."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from typing import NamedTuple

from kanmon.knowledge.compatibility import Answer, Word
from kanmon.planning.estate import Component, State, Value
from kanmon.planning.hops import Move, Mover, is_closed


class Cost(NamedTuple):
    """What a way costs; the first difference decides.

    Attributes:
        against: answers of unverified rows that say no.
        hops: how many components move, one after the other.
        doubts: answers of unverified rows that say yes.
        age: how new the releases are at which it stops: older ones leave more ways open.
    """

    against: int = 0
    hops: int = 0
    doubts: int = 0
    age: int = 0

    def plus(self, other: Cost) -> Cost:
        """Both, one after the other."""
        return Cost(*(mine + its for mine, its in zip(self, other, strict=True)))


NOTHING = Cost()


def cost_of(answers: Iterable[Answer], hops: int = 1, age: int = 0) -> Cost:
    """What a hop costs that got these answers."""
    words = [answer.word for answer in answers]
    return Cost(
        against=words.count(Word.UNVERIFIED_NO) + words.count(Word.OPEN),
        hops=hops,
        doubts=words.count(Word.UNVERIFIED_YES),
        age=age,
    )


def sum_of(costs: Iterable[Cost]) -> Cost:
    """All of them, one after the other."""
    total = NOTHING
    for cost in costs:
        total = total.plus(cost)
    return total


class Way(NamedTuple):
    """A way of the components of one vCenter or manager along a timeline.

    It is the same for all who stand and end alike, so only the kinds of its components count.

    Attributes:
        moves: each with the number of the timeline's moves that come before it.
        left: how many of its components do not arrive.
    """

    cost: Cost
    moves: tuple[tuple[int, Move], ...]
    left: int


Node = tuple[int, tuple[Value, ...]]
"""How many moves of the timeline are made, and where each component of the group stands."""
Trail = tuple[tuple[int, Move], "Trail"] | None
"""The moves that led to a node, the last one first."""

ALONE = (
    (("vcenter", "nsx"), ("vcenter", "nsx")),
    (("esxi", "nsx"), ("esxi",)),
    (("tools", "nsx"), ("tools",)),
    (("manager", "relay", "agent"), ("manager", "relay", "agent")),
)
"""Components that are searched by themselves for the bound, and those whose hops it then counts.

What they say of each other is counted for all, so every question counts once at most.
"""


class Group:
    """The components of one vCenter or manager, and the search for their way along a timeline (A*).

    Args:
        mover: the hops of the estate.
        components: the components.
        steps: where the appliances stand before the timeline's first move, and after each.
        timeline: the moves of the appliances.
        alone: costs of components that see nothing else, shared by groups that end alike.
    """

    def __init__(
        self,
        mover: Mover,
        components: Sequence[Component],
        steps: Sequence[State],
        timeline: Sequence[Move],
        alone: dict[object, Cost | None],
    ) -> None:
        self._mover = mover
        self._estate = mover.estate
        self._parts = components
        self._steps = steps
        self._timeline = timeline
        self._alone = alone
        self._wanted = frozenset(component.kind for component in components)

    def way(self) -> Way | None:
        """The cheapest way; where not all arrives, the cheapest of those on which most does.

        None where the components do not reach the timeline's end.
        """
        today = self._estate.today
        if self._bound(tuple(today[component] for component in self._parts)) is None:
            self._wanted = frozenset(p.kind for p in self._parts if self._could_arrive(p))
        found = self._search(self._bound)
        if found and found.left == self._hopeless:
            return found
        return self._search(lambda _: NOTHING)

    @property
    def _hopeless(self) -> int:
        """How many components no way leads to their end, even where they see little else."""
        return len(self._parts) - len(self._wanted)

    def _search(self, bound: Callable[[tuple[Value, ...]], Cost | None]) -> Way | None:
        """The way that a bound leads to: what is left costs that much or more."""
        order = count()
        start: Node = (0, tuple(self._estate.today[component] for component in self._parts))
        queue: list[tuple[Cost, tuple[int, ...], int, Cost, Node, Trail]] = [
            (NOTHING, (), next(order), NOTHING, start, None)
        ]
        done: set[Node] = set()
        nearest: tuple[int, Cost, Trail] | None = None
        while queue and (nearest is None or nearest[0] > self._hopeless):
            _, ranks, _, cost, node, trail = heapq.heappop(queue)
            if node in done:
                continue
            done.add(node)
            if node[0] == len(self._timeline):
                arrived = map(self._estate.arrived, self._parts, node[1])
                here = (len(self._parts) - sum(arrived), cost, trail)
                nearest = min(nearest or here, here, key=lambda way: way[:2])
            for price, move, beyond in self._next(node):
                rest = bound(beyond[1]) if beyond not in done else None
                if rest is not None:
                    made = cost.plus(price)
                    total = made.plus(rest)
                    went = trail if beyond[0] > node[0] else ((node[0], move), trail)
                    label = (*ranks, move.rank)
                    heapq.heappush(queue, (total, label, next(order), made, beyond, went))
        if nearest is None:
            return None
        left, cost, trail = nearest
        return Way(cost, _unrolled(trail), left)

    def _next(self, node: Node) -> Iterator[tuple[Cost, Move, Node]]:
        """What can happen next: a hop of the group, or the timeline's next move beside it."""
        made, values = node
        state = {**dict(zip(self._parts, values, strict=True)), **self._steps[made]}
        for index, component in enumerate(self._parts):
            for move, age in self._mover.moves(component, state):
                if not move.closed:
                    moved = (*values[:index], move.after, *values[index + 1 :])
                    yield cost_of(move.answers, age=age), move, (made, moved)
        if made < len(self._timeline):
            move = self._timeline[made]
            answers = list(self._mover.beside(move.component, move.to, state))
            if not is_closed(answers, generous=move.generous):
                yield cost_of(answers, hops=0), move, (made + 1, values)

    def _could_arrive(self, component: Component) -> bool:
        """Whether a way leads a component to its end while it sees little else."""
        today = self._estate.today
        return all(
            self._cost(
                alone, tuple(today[one] for one in alone), counted, frozenset({component.kind})
            )
            is not None
            for alone, counted in self._apart()
            if component in alone
        )

    def _apart(self) -> Iterator[tuple[tuple[Component, ...], tuple[str, ...]]]:
        """The components that are searched by themselves, as far as the group has them."""
        for kinds, counted in ALONE:
            components = (
                component for kind in kinds for component in self._parts if component.kind == kind
            )
            yield tuple(components), counted

    def _bound(self, values: tuple[Value, ...]) -> Cost | None:
        """The cost for components some of which do not see each other; None where none arrives."""
        known = dict(zip(self._parts, values, strict=True))
        costs: list[Cost] = []
        for components, counted in self._apart():
            stand = tuple(known[component] for component in components)
            cost = self._cost(components, stand, counted, self._wanted)
            if cost is None:
                return None
            costs.append(cost)
        return sum_of(costs)

    def _cost(
        self,
        components: tuple[Component, ...],
        values: tuple[Value, ...],
        counted: tuple[str, ...],
        wanted: frozenset[str],
    ) -> Cost | None:
        """What the hops of the counted kinds cost at least until the wanted ones arrive."""
        key = (counted, wanted, values)
        if key not in self._alone:
            self._alone[key] = min(self._costs(components, values, counted, wanted), default=None)
        return self._alone[key]

    def _costs(
        self,
        components: tuple[Component, ...],
        values: tuple[Value, ...],
        counted: tuple[str, ...],
        wanted: frozenset[str],
    ) -> Iterator[Cost]:
        """The same by way of every hop that can come next."""
        state = dict(zip(components, values, strict=True))
        if all(self._estate.arrived(p, v) for p, v in state.items() if p.kind in wanted):
            yield NOTHING
            return
        for index, component in enumerate(components):
            for move, age in self._mover.moves(component, state):
                moved = (*values[:index], move.after, *values[index + 1 :])
                rest = None if move.closed else self._cost(components, moved, counted, wanted)
                if rest is not None:
                    ours = component.kind in counted
                    own = cost_of(move.answers, age=age) if ours else cost_of(move.beside, hops=0)
                    yield rest.plus(own)


def _unrolled(trail: Trail) -> tuple[tuple[int, Move], ...]:
    moves = []
    while trail is not None:
        step, trail = trail
        moves.append(step)
    return tuple(reversed(moves))
