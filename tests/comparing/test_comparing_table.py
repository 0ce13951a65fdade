"""The table of the comparison accounts for everything that is read."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_origin

import pytest

from kanmon.comparing.compared import TARGET, Compared, objects
from kanmon.facts import PARTS
from kanmon.planning.course import MOVES
from kanmon.steps import STEPS

ROWS = pytest.mark.parametrize("row", objects().compared, ids=lambda row: row.path)
PROPERTIES = {"dsm.computers.modules": {"health"}}
"""What a record tells beyond its fields."""


def record(row: Compared) -> Any:
    """The type of the objects that a row is about."""
    kind, part = row.part.split(".")
    type_ = PARTS[kind][part]
    if get_origin(type_) is tuple:
        type_ = get_args(type_)[0]
    if row.each:
        module = vars(__import__(type_.__module__, fromlist=["x"]))
        annotation = type_.__dataclass_fields__[row.each].type
        type_ = module[annotation.removeprefix("tuple[").removesuffix(", ...]")]
    assert is_dataclass(type_)
    return type_


def named(row: Compared) -> set[str]:
    return {field for field, _ in row.aspects} | {field for one in row.ids for field in one.by}


def test_every_part_is_compared_or_left_out_with_a_reason() -> None:
    """Whoever adds a part must say whether it is compared: none is forgotten, none stands twice."""
    compared = [row.part for row in objects().whole]
    left_out = [part for row in objects().left_out for part in row.parts]
    assert all(row.why for row in objects().left_out)
    every = {f"{kind}.{part}" for kind, parts in PARTS.items() for part in parts}
    assert sorted([*compared, *left_out]) == sorted(every)


@ROWS
def test_every_field_is_compared_or_left_out_with_a_reason(row: Compared) -> None:
    """Whoever adds a field must say what its change tells, or why it is not looked at."""
    own = {field.name for field in fields(record(row))}
    inside = {other.each for other in objects().within(row.part)} if not row.each else set()
    left_out = set(row.left_out)
    accounted = (named(row) - {TARGET} | left_out) - PROPERTIES.get(row.path, set())
    assert accounted | {row.id} - {TARGET} == own
    assert inside <= left_out
    assert all(row.left_out.values())
    assert not left_out & {field for field, _ in row.aspects}


@ROWS
def test_every_state_has_an_order(row: Compared) -> None:
    """A state whose good and bad nobody wrote down could get worse unseen."""
    orders = objects().orders
    assert [f for f in row.state if f"{row.path}.{f}" not in orders] == []
    assert not row.appearing or row.appearing in row.state


def test_orders_are_of_states_and_hold_no_word_twice() -> None:
    """An order is of fields that are states; its words are in lower case, as they are compared."""
    states = {f"{row.path}.{field}" for row in objects().compared for field in row.state}
    assert set(objects().orders) == states
    assert len(states) == sum(len(order.fields) for order in objects().order)
    for order in objects().order:
        words = [word for place in order.good for word in place]
        assert len(words) == len(set(words))
        assert words == [word.lower() for word in words]
        assert set(order.mild) | set(order.harmless) <= set(words)


def test_what_is_expected_exists() -> None:
    """Steps, parts, fields and components of the rows are real: a typo would excuse nothing."""
    rows = {row.path: row for row in objects().compared}
    moved = {kind for kinds in MOVES.values() for kind in kinds}
    for one in objects().expected:
        row = rows[one.part]
        assert set(one.steps) <= set(STEPS)
        assert set(one.fields) <= {field for field, _ in row.aspects}
        assert set(one.where) <= {field.name for field in fields(record(row))}
        assert one.moves in {"", *moved}
        assert one.fields or one.presence
        assert one.presence or not one.replaced
