"""All ways as one sequence of hops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kanmon.planning.estate import Component, Estate
from kanmon.planning.plan import Aim
from kanmon.planning.search import Ways


def merged(clusters: Sequence[Ways], estate: Estate) -> Iterator[Aim]:
    """All ways as one sequence: a step is finished first, then the procedure's order decides."""
    made = [0] * len(clusters)
    waiting = [{owner: list(way.moves) for owner, way in one.ways.items()} for one in clusters]
    step = ""
    while True:
        ready: list[tuple[bool, int, int, int, str]] = []
        for number, cluster in enumerate(clusters):
            for owner, moves in waiting[number].items():
                if moves and moves[0][0] == made[number]:
                    _, move = moves[0]
                    place = estate.owners.index(owner)
                    ready.append((move.step != step, move.rank, place, number, owner))
            here = any(moves and moves[0][0] == made[number] for moves in waiting[number].values())
            if not here and made[number] < len(cluster.timeline):
                move = cluster.timeline[made[number]]
                ready.append((move.step != step, move.rank, 0, number, ""))
        if not ready:
            return
        *_, number, owner = min(ready)
        if owner:
            _, move = waiting[number][owner].pop(0)
            yield Aim(Component(move.component.kind, owner), move.to)
        else:
            move = clusters[number].timeline[made[number]]
            made[number] += 1
            yield Aim(move.component, move.to)
        step = move.step
