"""The plan of an upgrade: which step comes when, what moves in it, and which rows force that.

It is found by `kanmon.search` from the tables alone; the procedure's order only chooses among ways
that are equally good.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kanmon.compatibility import Answer, At, Rules, Word, closing
from kanmon.moves import Estate, Move, Mover, Part, State, Value
from kanmon.search import Ways, search


@dataclass(frozen=True, slots=True)
class Order:
    """Why a step does not come before another.

    Attributes:
        after: the other step.
        answers: what closes it before that.
    """

    after: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the plan.

    Attributes:
        before: where everything stands when it starts.
        orders: why it does not come earlier.
        detours: what forces the stops that are made in it; without one of these the way is shorter.
    """

    name: str
    moves: tuple[Move, ...]
    before: State
    orders: tuple[Order, ...] = ()
    detours: tuple[Answer, ...] = ()

    @property
    def after(self) -> State:
        """Where everything stands when it has ended."""
        return {**self.before, **{move.part: move.after for move in self.moves}}


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """A component for which no way leads on.

    Attributes:
        value: where it stands at the end of the plan.
        answers: what closes every way on; where it is only that no row answers, these questions.
    """

    part: Part
    value: Value
    goal: At
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Plan:
    """A plan: it arrives where there is no dead end."""

    estate: Estate
    steps: tuple[Step, ...]
    dead_ends: tuple[DeadEnd, ...] = field(default=())

    def step(self, name: str) -> Step | None:
        """The first step of this name."""
        return next((step for step in self.steps if step.name == name), None)

    @property
    def moves(self) -> tuple[Move, ...]:
        """Every hop, in order."""
        return tuple(move for step in self.steps for move in step.moves)

    @property
    def ends(self) -> State:
        """Where everything stands at the end."""
        return self.steps[-1].after if self.steps else self.estate.today


class Target(NamedTuple):
    """A hop that is to be made."""

    part: Part
    to: At


def make(estate: Estate, rules: Rules) -> Plan:
    """The plan of an estate, with its reasons."""
    mover = Mover(estate, rules)
    targets = list(_merged(search(mover), estate))
    steps = _steps(mover, targets)
    detours = _Detours(estate, rules)
    told = tuple(
        Step(
            step.name,
            step.moves,
            step.before,
            tuple(_orders(mover, steps[:number], step)),
            detours.of(step),
        )
        for number, step in enumerate(steps)
    )
    plan = Plan(estate, told)
    late = [part for part, value in plan.ends.items() if not estate.arrived(part, value)]
    return Plan(estate, told, tuple(_dead_ends(mover, plan.ends, late))) if late else plan


def _merged(clusters: Sequence[Ways], estate: Estate) -> Iterator[Target]:
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
            yield Target(Part(move.part.kind, owner), move.to)
        else:
            move = clusters[number].timeline[made[number]]
            made[number] += 1
            yield Target(move.part, move.to)
        step = move.step


def _steps(mover: Mover, targets: Iterable[Target]) -> list[Step]:
    """The hops in steps, each judged where everything really stands when it is made."""
    state = dict(mover.estate.today)
    steps: list[Step] = []
    for part, to in targets:
        move = mover.move(part, to, state)
        if steps and steps[-1].name == move.step:
            last = steps[-1]
            steps[-1] = Step(last.name, (*last.moves, move), last.before)
        else:
            steps.append(Step(move.step, (move,), dict(state)))
        state[part] = move.after
    return steps


def _orders(mover: Mover, earlier: Sequence[Step], step: Step) -> Iterator[Order]:
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


class _Detours:
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
        for part, to in _merged(ways, estate):
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
    """What closes the hops of components, each row that somebody stands behind."""
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


def _dead_ends(mover: Mover, ends: State, late: Iterable[Part]) -> Iterator[DeadEnd]:
    """What closes the way of each component that does not arrive.

    Where it would arrive if silence of the tables were a yes, nobody can say, and that is told.
    """
    estate = mover.estate
    kinder = Mover(estate, mover.rules, generous=True)
    state = dict(estate.today)
    silent: dict[Part, list[Answer]] = {}
    for part, to in _merged(search(kinder), estate):
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
