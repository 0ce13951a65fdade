"""The comparison itself: pure, on the facts of two runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from kanmon.comparing.compared import Compared, objects
from kanmon.comparing.comparison import Change, Comparison, NotCompared, Weight
from kanmon.comparing.expected import Expectation
from kanmon.comparing.objects import NOT_SET, Side, Thing, things, ways, without
from kanmon.comparing.pairing import pair
from kanmon.facts import Unread
from kanmon.text import Text

__all__ = ["Side", "compare"]

THEN = Text("the run before")
NOW = Text("this run")


def compare(before: Side, now: Side, expectation: Expectation) -> Comparison:
    """Everything that differs between two runs of one environment.

    What one of them did not read is not compared, and stands in the outcome as such.

    Args:
        before: the older run.
        now: the younger one.
        expectation: what the step between them explains.
    """
    made = _Made(before, now, expectation)
    for row in objects().whole:
        made.add(row)
    return Comparison(tuple(made.changes), tuple(made.not_compared), dict(made.looked_at))


@dataclass(slots=True)
class _Made:
    """A comparison in the making."""

    before: Side
    now: Side
    expectation: Expectation
    changes: list[Change] = field(default_factory=list)
    not_compared: list[NotCompared] = field(default_factory=list)
    looked_at: Counter[str] = field(default_factory=Counter)

    def add(self, row: Compared) -> None:
        """Compare one part of every target."""
        olds, news = self._both(row)
        found = pair(olds, news, ways(row.ids))
        self.looked_at[row.part] += len(olds)
        for then, today in found.both:
            self.changes += self._changed(then, today, then)
            for inner in objects().within(row.part):
                self._within(inner, then, today)
        gone, come = self.expectation.presence(found.vanished, found.appeared)
        names: dict[str, list[str]] = {}
        for one in found.appeared:
            names.setdefault(one.name, []).append(one.id)
        for one, explained in zip(found.vanished, gone, strict=True):
            self.changes.append(_vanished(one, names.get(one.name, []), expected=explained))
        for one, explained in zip(found.appeared, come, strict=True):
            self.changes.append(_appeared(one, expected=explained))

    def _both(self, row: Compared) -> tuple[list[Thing], list[Thing]]:
        """The objects of a part in both runs; of a target that one did not read there are none."""
        olds: list[Thing] = []
        news: list[Thing] = []
        for old, new in self._targets(row.part.split(".")[0]):
            then = self.before.fact(old, row.part, THEN) if old else self._unnamed(row.part)
            today = self.now.fact(new, row.part, NOW) if new else ()
            unread = next((one for one in (then, today) if isinstance(one, Unread)), None)
            if unread:
                self.not_compared.append(NotCompared(new or old or "", row.part, unread.reason))
                continue
            uuid = (self.before.uuid(old) if old else None) or (self.now.uuid(new) if new else None)
            owner = uuid or new or old or ""
            apart = self._apart(old, new, row.part)
            olds += without(apart, things(row, old, owner, then)) if old else []
            news += without(apart, things(row, new, owner, today)) if new else []
        return olds, news

    def _apart(self, old: str | None, new: str | None, part: str) -> list[str]:
        """The subjects that one of the runs could not read of a part, told as not compared."""
        subjects: list[str] = []
        for side, slug, run in ((self.before, old, THEN), (self.now, new, NOW)):
            for one in side.apart.get((slug or "", part.split(".")[1]), ()):
                reason = Text(
                    "{run}: {subject}: {reason}", run=run, subject=one.subject, reason=one.reason
                )
                self.not_compared.append(NotCompared(slug or "", part, reason))
                subjects.append(one.subject)
        return subjects

    def _unnamed(self, part: str) -> tuple[()] | Unread:
        """What the run before holds of a target that it was not of."""
        if self.expectation.brings(part.split(".", maxsplit=1)[0]):
            return ()
        return Unread(Text("the run before: it was not of this target"))

    def _targets(self, kind: str) -> Iterator[tuple[str | None, str | None]]:
        """The targets of a kind: a vCenter is known again by its uuid, all else by its slug."""
        waiting = {slug: self.now.uuid(slug) for slug in self.now.slugs(kind)}
        for old in self.before.slugs(kind):
            uuid = self.before.uuid(old)
            new = next((slug for slug, other in waiting.items() if uuid and other == uuid), None)
            if new is None and old in waiting and not (uuid and waiting[old]):
                new = old
            waiting.pop(new or "", None)
            yield old, new
        yield from ((None, slug) for slug in waiting)

    def _within(self, row: Compared, then: Thing, today: Thing) -> None:
        """What two objects hold in a field of their own; what only the younger holds is no change.

        Of what was well and is told no more, nobody can say how it is.
        """
        held, holds = getattr(then.record, row.each), getattr(today.record, row.each)
        if held == holds:  # of thousands of computers nearly all
            return
        olds = things(row, then.target, then.owner, held)
        news = things(row, today.target, today.owner, holds)
        found = pair(olds, news, ways(row.ids))
        for one, other in found.both:
            self.changes += self._changed(one, other, then)
        first = row.state[0]
        for one in found.vanished:
            if objects().orders[f"{row.path}.{first}"].rank(one.text(first)) == 0:
                self.changes.append(self._untold(one, first, then, today))

    def _untold(self, gone: Thing, field: str, then: Thing, today: Thing) -> Change:
        """What an object held before and is not told to hold now."""
        return _change(
            then,
            target=today.target,
            change="changed",
            field=f"{gone.name} {field}",
            before=gone.text(field),
            after=NOT_SET,
            aspect="state",
            weight=Weight.UNCLEAR,
        )

    def _changed(self, then: Thing, today: Thing, owner: Thing) -> Iterator[Change]:
        """Every field of an object that differs; ``owner`` is the object that is named."""
        inner = f"{then.name} " if owner is not then else ""
        for name, aspect in then.row.aspects:
            old, new = then.text(name), today.text(name)
            path = f"{then.row.path}.{name}"
            if old == new or (aspect == "state" and _are_alike(path, old, new)):
                continue
            yield _change(
                owner,
                target=today.target,
                change="changed",
                field=f"{inner}{name}",
                before=old,
                after=new,
                aspect=aspect,
                weight=_weight(path, old, new) if aspect == "state" else Weight.FINE,
                expected=self.expectation.field(today, name),
            )


def _are_alike(path: str, old: str, new: str) -> bool:
    """Two words for one state, or one that nobody told before and that could not be better."""
    order = objects().orders[path]
    was, is_now = order.rank(old), order.rank(new)
    return is_now is not None and (was == is_now or (old == NOT_SET and was is None and not is_now))


def _weight(path: str, old: str, new: str) -> Weight:
    """What a change of a state means: to an unknown word, or from one, it may mean anything."""
    order = objects().orders[path]
    was, is_now = order.rank(old), order.rank(new)
    if is_now is None:
        return Weight.UNCLEAR
    if is_now == 0:
        return Weight.FINE
    if was is None:
        return Weight.UNCLEAR
    if is_now <= was:
        return Weight.FINE
    return Weight.MILD if new.lower() in order.mild else Weight.WORSE


def _change(thing: Thing, **told: Any) -> Change:
    """A change of an object, with all that the object itself tells."""
    same = {"kind": thing.kind, "id": thing.id, "name": thing.name, "target": thing.target}
    row = thing.row
    return Change(**{**same, "part": row.part, "inventory": row.inventory, **told})


def _vanished(thing: Thing, alike: list[str], *, expected: bool | None) -> Change:
    same = Text("another one of its name is there: {ids}", ids=", ".join(alike))
    return _change(
        thing,
        change="vanished",
        field=None,
        before=None,
        after=None,
        aspect="presence",
        expected=expected,
        beside=same if alike and thing.name else "",
    )


def _appeared(thing: Thing, *, expected: bool | None) -> Change:
    """An object that was not there; of alarms and the like that is worse, by their own word."""
    weight = Weight.FINE
    if thing.row.appearing:
        word = thing.text(thing.row.appearing).lower()
        order = objects().orders[f"{thing.row.path}.{thing.row.appearing}"]
        if word not in order.harmless:
            weight = Weight.MILD if word in order.mild else Weight.WORSE
    return _change(
        thing,
        change="appeared",
        field=None,
        before=None,
        after=thing.text(thing.row.appearing) if thing.row.appearing else None,
        aspect="state" if thing.row.appearing else "presence",
        weight=weight,
        expected=expected,
    )
