"""Why a plan is as it is: what orders its steps, what forces its detours, what closes its ways."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kanmon.knowledge.compatibility import Answer, Rules, Word, closing
from kanmon.planning.estate import Estate, Part, State
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
            if one.before.get(move.part) == one.after.get(move.part) == move.before
            for answer in _opened(mover, move, one)
        ]
        if closed:
            yield Order(one.name, _distinct(closed))


def _opened(mover: Mover, move: Move, earlier: Step) -> list[Answer]:
    """What closes a hop before an earlier step, and no longer after it."""
    before = closing(mover.move(move.part, move.to, earlier.before).answers)
    after = closing(mover.move(move.part, move.to, earlier.after).answers)
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
            move.part.owner
            for move in step.moves
            if move.part in self._estate.goal and not self._estate.arrived(move.part, (move.to,))
        )
        return _distinct(answer for owner in owners for answer in self._forced(owner))

    def _forced(self, owner: str) -> tuple[Answer, ...]:
        alone = _around(self._estate, owner)
        key = tuple(
            (part.kind, part.owner == owner, value, alone.goal.get(part), alone.stops.get(part))
            for part, value in alone.today.items()
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
        for part, to in merged(ways, estate):
            refused += _refused(mover, estate.parts(owner), state)
            goal = estate.goal.get(part)
            if part.owner == owner and goal is not None and to != goal:
                answers = mover.move(part, goal, state).answers
                straight += [answer for answer in answers if answer.word is Word.NO]
            state[part] = mover.move(part, to, state).after
        found = [
            answer
            for answer in _distinct(refused)
            if answer.citation
            and _hops(search(Mover(estate, self._rules.granting(answer.citation)))) < _hops(ways)
        ]
        yield from found or straight


def _refused(mover: Mover, parts: Iterable[Part], state: State) -> list[Answer]:
    """What closes the hops of components: each verified row."""
    return [
        answer
        for part in parts
        for move, _ in mover.moves(part, state)
        for answer in move.answers
        if answer.word is Word.NO
    ]


def _around(estate: Estate, owner: str) -> Estate:
    """A vCenter or a manager with all that it shares appliances with, other vCenters left out."""
    shared = estate.appliances.get(owner, ())
    owners = {owner, *(part.owner for part in shared)}
    today = {
        part: value
        for part, value in estate.today.items()
        if part.owner in owners or part in shared
    }
    protects = {
        slug: vcenters & owners for slug, vcenters in estate.protects.items() if slug in owners
    }
    return Estate(today, estate.goal, protects, estate.stops)


def _hops(clusters: Iterable[Ways]) -> tuple[int, int, int]:
    """How far ways come, and in how many hops."""
    ways = list(clusters)
    return (
        sum(one.left for one in ways),
        sum(one.cost.against for one in ways),
        sum(one.cost.hops for one in ways),
    )


def dead_ends(mover: Mover, ends: State, late: Iterable[Part]) -> Iterator[DeadEnd]:
    """What closes the way of each component that does not arrive.

    Where it would arrive if silence of the tables were a yes, nobody can say, and that is told.
    """
    estate = mover.estate
    kinder = Mover(estate, mover.rules, generous=True)
    state = dict(estate.today)
    silent: dict[Part, list[Answer]] = {}
    for part, to in merged(search(kinder), estate):
        move = kinder.move(part, to, state)
        silent.setdefault(part, []).extend(a for a in move.answers if a.word is Word.SILENCE)
        state[part] = move.after
    every = [answer for answers in silent.values() for answer in answers]
    for part in late:
        if estate.arrived(part, state[part]):
            answers = silent.get(part) or every
        else:
            answers = _closing(mover, part, ends) or _closing(kinder, part, state)
        yield DeadEnd(part, ends[part], estate.goal[part], _distinct(answers))


def _closing(mover: Mover, part: Part, state: State) -> list[Answer]:
    """What closes the straight way of a component, hop by hop; where nothing does, its stops."""
    here = dict(state)
    while not mover.estate.arrived(part, here[part]):
        move = mover.move(part, mover.estate.goal[part], here)
        if refused := [answer for answer in move.answers if answer.word is Word.NO]:
            return refused
        if move.closed:
            break
        here[part] = move.after
    return _refused(mover, [part], state)


def _distinct(answers: Iterable[Answer]) -> tuple[Answer, ...]:
    """One answer for each row; each that rests on none by its question."""
    found: dict[object, Answer] = {}
    for answer in answers:
        found.setdefault(_row(answer), answer)
    return tuple(found.values())


def _row(answer: Answer) -> object:
    return (answer.citation.table, answer.citation.row) if answer.citation else answer.question
