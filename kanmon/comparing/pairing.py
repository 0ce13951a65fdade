"""Objects of two runs, known again by their ids."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

Key = Callable[[T], Hashable | None]
"""What identifies an object; None where the object does not tell it."""


@dataclass(frozen=True, slots=True)
class By(Generic[T]):
    """One way to know objects again.

    Attributes:
        key: by which they are known.
        differ: whether a pair of one key is of two objects all the same.
        alike: several may share a key, and are told apart by nothing else.
    """

    key: Key[T]
    differ: Callable[[T, T], bool] = lambda _before, _now: False
    alike: bool = False


@dataclass(frozen=True, slots=True)
class Pairs(Generic[T]):
    """What came of it: pairs, what has no partner now, and what had none before."""

    both: tuple[tuple[T, T], ...]
    vanished: tuple[T, ...]
    appeared: tuple[T, ...]


def pair(before: Sequence[T], now: Sequence[T], ways: Iterable[By[T]]) -> Pairs[T]:
    """Pair the objects of two runs by the first way that finds them.

    A key that several objects of a run share says nothing of any of them, unless they are alike.
    """
    both: list[tuple[T, T]] = []
    olds, news = list(before), list(now)
    for way in ways:
        waiting = _by_key(news, way)
        met: set[int] = set()
        left: list[T] = []
        for key, group in _by_key(olds, way, left).items():
            partners = waiting.get(key, [])
            if not way.alike and (len(group) > 1 or len(partners) > 1):
                partners = []
            for place, old in enumerate(group):
                new = partners[place] if place < len(partners) else None
                if new is None or way.differ(old, new):
                    left.append(old)
                else:
                    both.append((old, new))
                    met.add(id(new))
        olds, news = left, [one for one in news if id(one) not in met]
    return Pairs(tuple(both), tuple(olds), tuple(news))


def _by_key(
    things: Iterable[T], way: By[T], without: list[T] | None = None
) -> dict[Hashable, list[T]]:
    """The objects by their key; those that tell none go to ``without``."""
    found: dict[Hashable, list[T]] = {}
    for one in things:
        key = way.key(one)
        if key is not None:
            found.setdefault(key, []).append(one)
        elif without is not None:
            without.append(one)
    return found
