"""What the comparing checks ask of a comparison."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from kanmon.check import Unknown
from kanmon.comparing import Change, Comparison
from kanmon.comparing.compared import Compared, objects

Of = Literal["inventory", "state", "version"]


def by_object(changes: Iterable[Change]) -> dict[str, list[Change]]:
    """The changes of each object, by what an operator can search for."""
    found: dict[str, list[Change]] = {}
    for one in changes:
        found.setdefault(one.subject, []).append(one)
    return found


def looked_at(comparison: Comparison, of: Of) -> int:
    """How many objects of the run before were looked for, of the parts that a claim is about."""
    return sum(count for part, count in comparison.looked_at.items() if part in _parts(of))


def not_compared(comparison: Comparison, of: Of) -> list[Unknown]:
    """The parts that a claim is about and that one of the runs did not read."""
    parts = _parts(of)
    return [Unknown(o.subject, o.reason) for o in comparison.not_compared if o.part in parts]


def _parts(of: Of) -> set[str]:
    return {row.part for row in objects().compared if _is_about(row, of)}


def _is_about(row: Compared, of: Of) -> bool:
    if of == "inventory":
        return row.inventory
    return bool(row.state if of == "state" else row.version)
