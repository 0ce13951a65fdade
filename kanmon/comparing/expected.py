"""What the step itself explains of the changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from kanmon.comparing.compared import Expected, objects
from kanmon.comparing.objects import Thing

Moves = Callable[[str, str], bool | None]
"""Whether the step moves a component (its kind, slug of its owner); None: nobody can say."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """Of one step.

    Attributes:
        step: None for the whole upgrade.
        moves: by the plan in force.
        phase: of the later run.
    """

    step: str | None
    moves: Moves
    phase: str = "post"

    def field(self, thing: Thing, field: str) -> bool | None:
        """Whether the step changes a field of an object; None where nobody can say."""
        return self._any((row for row in self._rows(thing) if field in row.fields), thing)

    def presence(
        self, gone: Sequence[Thing], come: Sequence[Thing]
    ) -> tuple[list[bool | None], list[bool | None]]:
        """Whether the step explains that objects of one part vanished, and that others appeared."""
        came = Counter(_group(thing, row) for thing in come for row in self._kept(thing))
        went = Counter(_group(thing, row) for thing in gone for row in self._kept(thing))

        def vanished(thing: Thing) -> bool | None:
            rows = (
                row
                for row in self._kept(thing)
                if not row.replaced or came[_group(thing, row)] >= went[_group(thing, row)]
            )
            return self._any(rows, thing)

        return [vanished(one) for one in gone], [self._any(self._kept(o), o) for o in come]

    def brings(self, kind: str) -> bool:
        """Whether a target of a kind may be new: the step itself builds it."""
        targets = {row.part for row in objects().whole if row.is_target}
        return any(
            row.presence and row.part in targets and row.part.startswith(f"{kind}.")
            for row in objects().expected
            if self.step is None or self.step in row.steps
        )

    def _rows(self, thing: Thing) -> Iterator[Expected]:
        for row in objects().expected:
            here = row.part == thing.row.path and (self.step is None or self.step in row.steps)
            then = not row.phases or self.phase in row.phases
            if (
                here
                and then
                and all(thing.text(field) == text for field, text in row.where.items())
            ):
                yield row

    def _kept(self, thing: Thing) -> Iterator[Expected]:
        return (row for row in self._rows(thing) if row.presence)

    def _any(self, rows: Iterator[Expected], thing: Thing) -> bool | None:
        answers = [self.moves(row.moves, thing.target) if row.moves else True for row in rows]
        if True in answers:
            return True
        return None if None in answers else False


def _group(thing: Thing, row: Expected) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """The objects of a target among which one may replace another."""
    return thing.target, row.part, tuple(row.where.items())
