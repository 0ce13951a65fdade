"""The shortest way of one vCenter's or one manager's components while the appliances go theirs."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from typing import NamedTuple

from kanmon.compatibility import Answer, Word
from kanmon.moves import Move, Mover, Part, State, Value, comparable


class Cost(NamedTuple):
    """What a way costs; the first difference decides.

    Attributes:
        silences: questions to which no row answers.
        against: answers of unverified rows that say no.
        hops: how many components move, one after the other.
        doubts: answers of unverified rows that say yes.
        age: how new the releases are at which it stops: older ones leave more ways open.
    """

    silences: int = 0
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
        silences=words.count(Word.SILENCE),
        against=words.count(Word.UNVERIFIED_NO),
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

    It is the same for all who stand and end alike, so only the kinds of its parts count.

    Attributes:
        moves: each with the number of the timeline's moves that come before it.
        left: how many hops its parts still have to make at least; 0 where it arrives.
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
)
"""Components that are searched by themselves for the bound, and those whose hops it then counts.

What they say of each other is counted for all, so every question counts once at most.
"""


class Group:
    """The components of one vCenter or manager, and the search for their way along a timeline (A*).

    Args:
        mover: the hops of the estate.
        parts: the components.
        steps: where the appliances stand before the timeline's first move, and after each.
        timeline: the moves of the appliances.
        alone: costs of components that see nothing else, shared by groups that end alike.
    """

    def __init__(
        self,
        mover: Mover,
        parts: Sequence[Part],
        steps: Sequence[State],
        timeline: Sequence[Move],
        alone: dict[object, Cost | None],
    ) -> None:
        self._mover = mover
        self._estate = mover.estate
        self._parts = parts
        self._steps = steps
        self._timeline = timeline
        self._alone = alone

    def way(self) -> Way | None:
        """The cheapest way; where none arrives, the cheapest of those that come nearest.

        None where the components cannot live to see the timeline's end.
        """
        found = self._search(self._bound)
        return found if found and not found.left else self._search(lambda _: NOTHING)

    def _search(self, bound: Callable[[tuple[Value, ...]], Cost | None]) -> Way | None:
        """The way that a bound leads to: what is left costs that much or more."""
        order = count()
        start: Node = (0, tuple(self._estate.today[part] for part in self._parts))
        queue: list[tuple[Cost, tuple[int, ...], int, Cost, Node, Trail]] = [
            (NOTHING, (), next(order), NOTHING, start, None)
        ]
        done: set[Node] = set()
        nearest: tuple[int, Cost, Trail] | None = None
        while queue and (nearest is None or nearest[0]):
            _, ranks, _, cost, node, trail = heapq.heappop(queue)
            if node in done:
                continue
            done.add(node)
            if node[0] == len(self._timeline):
                here = (sum(map(self._straight, self._parts, node[1])), cost, trail)
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
        for index, part in enumerate(self._parts):
            for move, age in self._mover.moves(part, state):
                if not move.forbidden:
                    moved = (*values[:index], move.after, *values[index + 1 :])
                    yield cost_of(move.answers, age=age), move, (made, moved)
        if made < len(self._timeline):
            move = self._timeline[made]
            answers = list(self._mover.beside(move.part, move.to, state))
            if all(answer.word is not Word.NO for answer in answers):
                yield cost_of(answers, hops=0), move, (made + 1, values)

    def _straight(self, part: Part, value: Value) -> int:
        """The hops of a component that could go straight to its end."""
        if self._estate.arrived(part, value):
            return 0
        goal = self._estate.goal[part]
        same = [at for at in value if comparable(at, goal)]
        built = bool(same) and all(at.reaches(goal) for at in same)
        return (not built) + (len(same) < len(value))

    def _bound(self, values: tuple[Value, ...]) -> Cost | None:
        """The cost for components some of which do not see each other; None where none arrives."""
        if not self._parts:
            return NOTHING
        known = dict(zip(self._parts, values, strict=True))
        owner = self._parts[0].owner
        costs: list[Cost] = []
        rest = set(self._parts)
        for kinds, counted in ALONE:
            parts = tuple(part for kind in kinds if (part := Part(kind, owner)) in known)
            rest -= set(parts)
            cost = self._cost(parts, tuple(known[part] for part in parts), counted)
            if cost is None:
                return None
            costs.append(cost)
        straight = sum(self._straight(part, known[part]) for part in rest)
        return sum_of([*costs, Cost(hops=straight)])

    def _cost(
        self, parts: tuple[Part, ...], values: tuple[Value, ...], counted: tuple[str, ...]
    ) -> Cost | None:
        """What the hops of the counted kinds cost at least while the parts see nothing else."""
        key = (counted, values)
        if key not in self._alone:
            self._alone[key] = min(self._costs(parts, values, counted), default=None)
        return self._alone[key]

    def _costs(
        self, parts: tuple[Part, ...], values: tuple[Value, ...], counted: tuple[str, ...]
    ) -> Iterator[Cost]:
        """The same by way of every hop that can come next."""
        if all(map(self._estate.arrived, parts, values)):
            yield NOTHING
            return
        state = dict(zip(parts, values, strict=True))
        for index, part in enumerate(parts):
            for move, age in self._mover.moves(part, state):
                moved = (*values[:index], move.after, *values[index + 1 :])
                rest = None if move.forbidden else self._cost(parts, moved, counted)
                if rest is not None:
                    ours = part.kind in counted
                    own = cost_of(move.answers, age=age) if ours else cost_of(move.beside, hops=0)
                    yield rest.plus(own)


def _unrolled(trail: Trail) -> tuple[tuple[int, Move], ...]:
    moves = []
    while trail is not None:
        step, trail = trail
        moves.append(step)
    return tuple(reversed(moves))
