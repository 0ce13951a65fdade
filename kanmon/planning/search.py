"""The shortest way of an estate from today to its goal on which the tables allow every state.

vCenters do not know each other, and all that they share with the managers of Deep Security are the
appliances. So every way of the appliances, a timeline, is taken on its own, the unfinished ones
too; along it each vCenter and each manager is searched alone, and their costs add up. That is
exact, and ten vCenters cost ten times one instead of one to the tenth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from kanmon.planning.estate import Component, Estate, State, Value
from kanmon.planning.hops import Move, Mover
from kanmon.planning.owner_search import Cost, Group, Way, cost_of, sum_of


class Ways(NamedTuple):
    """The ways of all vCenters and managers that share a timeline.

    Attributes:
        timeline: the moves of their appliances, in order.
        ways: by slug of the vCenter or manager.
        left: how many components do not arrive.
    """

    timeline: tuple[Move, ...]
    ways: Mapping[str, Way]
    cost: Cost
    left: int


def search(mover: Mover) -> list[Ways]:
    """The best ways of an estate: one of ``Ways`` for all who share an appliance.

    Where not everything arrives, the ways are the cheapest of those on which most does.
    """
    searcher = _Searcher(mover)
    return [searcher.best(owners) for owners in _clusters(mover.estate)]


def _clusters(estate: Estate) -> list[list[str]]:
    """VCenters and managers, together where they share an appliance."""
    clusters: list[tuple[set[Component], list[str]]] = []
    for owner in estate.owners:
        shared, owners = set(estate.appliances.get(owner, ())), [owner]
        apart = []
        for other in clusters:
            if other[0] & shared:
                shared, owners = shared | other[0], [*other[1], *owners]
            else:
                apart.append(other)
        clusters = [*apart, (shared, owners)]
    return [owners for _, owners in clusters]


class _Searcher:
    def __init__(self, mover: Mover) -> None:
        self.estate = mover.estate
        self.mover = mover
        self._known: dict[object, Way | None] = {}
        self._alone: dict[object, dict[object, Cost | None]] = {}

    def best(self, owners: Sequence[str]) -> Ways:
        """The best ways of these owners over every timeline of their appliances."""
        known = (
            component for owner in owners for component in self.estate.appliances.get(owner, ())
        )
        appliances = {component: self.estate.today[component] for component in known}
        found: Ways | None = None
        for timeline in self._timelines(appliances):
            ends = _after(appliances, timeline)
            left = sum(
                not self.estate.arrived(component, value) for component, value in ends.items()
            )
            cost = sum_of(cost_of(move.answers) for move in timeline)
            if found and (left, cost) >= (found.left, found.cost):
                continue
            ways = self._ways(owners, appliances, timeline)
            if ways is None:
                continue
            left += sum(way.left for way in ways.values())
            cost = sum_of([cost, *(way.cost for way in ways.values())])
            if found is None or (left, cost) < (found.left, found.cost):
                found = Ways(timeline, ways, cost, left)
        if found is None:
            raise AssertionError("nobody moves on the first timeline, so there is one")
        return found

    def _timelines(self, appliances: State) -> Iterator[tuple[Move, ...]]:
        """Every way of the appliances by their own hops; on the last one nothing moves."""
        for component in appliances:
            for move, _ in self.mover.moves(component, appliances):
                if not move.closed:
                    moved = {**appliances, component: move.after}
                    yield from ((move, *rest) for rest in self._timelines(moved))
        yield ()

    def _ways(
        self, owners: Iterable[str], appliances: State, timeline: Sequence[Move]
    ) -> dict[str, Way] | None:
        """The way of each owner; None where one does not reach the timeline's end."""
        ways: dict[str, Way] = {}
        for owner in owners:
            way = self._way(owner, appliances, timeline)
            if way is None:
                return None
            ways[owner] = way
        return ways

    def _way(self, owner: str, appliances: State, timeline: Sequence[Move]) -> Way | None:
        """The way of an owner's components, searched once for all who stand and end alike."""
        estate, components = self.estate, self.estate.components(owner)
        steps = [_after(appliances, timeline[:made]) for made in range(len(timeline) + 1)]
        ours = estate.appliances.get(owner, ())
        ends = tuple(
            (component.kind, estate.goal.get(component), estate.waypoints.get(component))
            for component in components
        )
        key = (
            ends,
            tuple(estate.today[component] for component in components),
            tuple(
                (owner == component.owner, component in ours, value)
                for component, value in appliances.items()
            ),
            tuple((move.component, move.to) for move in timeline),
        )
        if key not in self._known:
            alone = self._alone.setdefault(ends, {})
            self._known[key] = Group(self.mover, components, steps, timeline, alone).way()
        return self._known[key]


def _after(state: State, moves: Iterable[Move]) -> dict[Component, Value]:
    """Where components stand after moves."""
    return {**state, **{move.component: move.after for move in moves}}
