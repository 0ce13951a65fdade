"""Why a plan is as it is: what orders its steps, what forces its detours, what closes its ways."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kanmon.knowledge.compatibility import Answer, Rules, Word, closing
from kanmon.planning.estate import Component, Estate, State
from kanmon.planning.hops import Move, Mover
from kanmon.planning.plan import DeadEnd, Order, Step
from kanmon.planning.search import Ways, search
from kanmon.planning.sequence import merged


def orders(mover: Mover, earlier: Sequence[Step], step: Step) -> Iterator[Order]:
    """Why a step comes after each of the earlier ones that it has to come after."""
    for one in earlier:
        closed = [
            answer
            for move in step.moves
            if one.before.get(move.component) == one.after.get(move.component) == move.before
            for answer in _opened(mover, move, one)
        ]
        if closed:
            yield Order(one.name, _distinct(closed))


def _opened(mover: Mover, move: Move, earlier: Step) -> list[Answer]:
    """What closes a hop before an earlier step, and no longer after it."""
    before = closing(mover.move(move.component, move.to, earlier.before).answers)
    after = closing(mover.move(move.component, move.to, earlier.after).answers)
    still = set(map(_row, after))
    return [answer for answer in before if _row(answer) not in still]


class Detours:
    """Which rows force a stop: those without one of which the way is shorter."""

    def __init__(self, estate: Estate, rules: Rules) -> None:
        self._estate = estate
        self._rules = rules

    def of(self, step: Step) -> tuple[Answer, ...]:
        """The rows that force the stops of a step."""
        owners = dict.fromkeys(
            move.component.owner
            for move in step.moves
            if move.component in self._estate.goal
            and not self._estate.arrived(move.component, (move.to,))
        )
        return _distinct(answer for owner in owners for answer in self._forced(owner))

    def _forced(self, owner: str) -> tuple[Answer, ...]:
        alone = _around(self._estate, owner)
        key = tuple(
            (
                component.kind,
                component.owner == owner,
                value,
                alone.goal.get(component),
                alone.waypoints.get(component),
            )
            for component, value in alone.today.items()
        )
        known: dict[object, tuple[Answer, ...]] = self._rules.concluded
        if key not in known:
            known[key] = tuple(self._shortening(alone, owner))
        return known[key]

    def _shortening(self, estate: Estate, owner: str) -> Iterator[Answer]:
        """Of the rows that close a hop along the way: each that, did it say yes, shortened it.

        Where none does so alone, those that close the straight hops; none where the way does not
        arrive, since its dead ends say why.
        """
        mover = Mover(estate, self._rules)
        ways = search(mover)
        if any(one.left for one in ways):
            return
        refused: list[Answer] = []
        straight: list[Answer] = []
        state = dict(estate.today)
        for component, to in merged(ways, estate):
            refused += _refused(mover, estate.components(owner), state)
            goal = estate.goal.get(component)
            if component.owner == owner and goal is not None and to != goal:
                answers = mover.move(component, goal, state).answers
                straight += [answer for answer in answers if answer.word is Word.NO]
            state[component] = mover.move(component, to, state).after
        found = [
            answer
            for answer in _distinct(refused)
            if answer.citation and _hops(search(mover.granting(answer.citation))) < _hops(ways)
        ]
        yield from found or straight


def _refused(mover: Mover, components: Iterable[Component], state: State) -> list[Answer]:
    """What closes the hops of components: each verified row."""
    return [
        answer
        for component in components
        for move, _ in mover.moves(component, state)
        for answer in move.answers
        if answer.word is Word.NO
    ]


def _around(estate: Estate, owner: str) -> Estate:
    """A vCenter or a manager with all that it shares appliances with, other vCenters left out."""
    shared = estate.appliances.get(owner, ())
    owners = {owner, *(component.owner for component in shared)}
    today = {
        component: value
        for component, value in estate.today.items()
        if component.owner in owners or component in shared
    }
    protects = {
        slug: vcenters & owners for slug, vcenters in estate.protects.items() if slug in owners
    }
    return Estate(today, estate.goal, protects, estate.waypoints)


def _hops(clusters: Iterable[Ways]) -> tuple[int, int, int]:
    """How far ways come, and in how many hops."""
    ways = list(clusters)
    return (
        sum(one.left for one in ways),
        sum(one.cost.against for one in ways),
        sum(one.cost.hops for one in ways),
    )


def dead_ends(mover: Mover, ends: State, late: Iterable[Component]) -> Iterator[DeadEnd]:
    """What closes the way of each component that does not arrive.

    Where it would arrive if silence of the tables were a yes, nobody can say, and that is told.
    """
    estate = mover.estate
    kinder = Mover(estate, mover.rules, generous=True)
    state = dict(estate.today)
    silent: dict[Component, list[Answer]] = {}
    for component, to in merged(search(kinder), estate):
        move = kinder.move(component, to, state)
        silent.setdefault(component, []).extend(a for a in move.answers if a.word is Word.SILENCE)
        state[component] = move.after
    every = [answer for answers in silent.values() for answer in answers]
    for component in late:
        if estate.arrived(component, state[component]):
            answers = silent.get(component) or every
        else:
            answers = _closing(mover, component, ends) or _closing(kinder, component, state)
        yield DeadEnd(component, ends[component], estate.goal[component], _distinct(answers))


def _closing(mover: Mover, component: Component, state: State) -> list[Answer]:
    """What closes the straight way of a component, hop by hop; where nothing does, its stops."""
    here = dict(state)
    while not mover.estate.arrived(component, here[component]):
        move = mover.move(component, mover.estate.goal[component], here)
        if refused := [answer for answer in move.answers if answer.word is Word.NO]:
            return refused
        if move.closed:
            break
        here[component] = move.after
    return _refused(mover, [component], state)


def _distinct(answers: Iterable[Answer]) -> tuple[Answer, ...]:
    """One answer for each row; each that rests on none by its question."""
    found: dict[object, Answer] = {}
    for answer in answers:
        found.setdefault(_row(answer), answer)
    return tuple(found.values())


def _row(answer: Answer) -> object:
    return (answer.citation.table, answer.citation.row) if answer.citation else answer.question
