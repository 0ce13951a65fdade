"""One object's fault is its own: what of a part could not be read, beside all that could."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from kanmon.errors import TargetLost

Object = TypeVar("Object")
Record = TypeVar("Record")
Fault = tuple[str, Exception]
"""The object by the label that its fact would have, and what came of reading it."""

_gathered: ContextVar[list[Fault] | None] = ContextVar("gathered", default=None)


@contextmanager
def gathering() -> Iterator[list[Fault]]:
    """Keep the faults of single objects while a part is read, in this thread."""
    faults: list[Fault] = []
    token = _gathered.set(faults)
    try:
        yield faults
    finally:
        _gathered.reset(token)


def set_apart(subject: str, error: Exception) -> None:
    """Keep an object's fault for itself.

    Raises:
        Exception: the fault, where nobody keeps it: then it is that of the whole part.
    """
    faults = _gathered.get()
    if faults is None:
        raise error
    if subject not in {one for one, _ in faults}:
        faults.append((subject, error))


def each(
    objects: Iterable[Object],
    read: Callable[[Object], Record],
    label: Callable[[Object], str],
) -> tuple[Record, ...]:
    """What every object comes to; one that cannot be read is set apart.

    Args:
        objects: of one part.
        read: makes the record of one.
        label: what a finding would call it.

    Raises:
        TargetLost: nothing more can be asked of the target.
        Exception: none of the objects could be read; the fault of the first.
    """
    made: list[Record] = []
    faults: list[Fault] = []
    labels: Counter[str] = Counter()
    for one in objects:
        try:
            made.append(read(one))
        except TargetLost:
            raise
        except Exception as error:  # noqa: BLE001 - whatever is strange about one, others are not
            subject = label(one)
            labels[subject] += 1
            again = f"{subject} ({labels[subject]})"  # names are not unique
            faults.append((subject if labels[subject] == 1 else again, error))
    if faults and not made:
        raise faults[0][1]
    for subject, fault in faults:
        set_apart(subject, fault)
    return tuple(made)
