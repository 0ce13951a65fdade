"""The sentences of the first screen: until when it holds, what it rests on, and on whom."""

from __future__ import annotations

import pytest

from kanmon.report.translate import translator
from kanmon.report.words import alone, cause, meaning, valid, way
from tests.records_by_hand import check, record, waiver


def attested(by: str, state: str = "used") -> dict[str, object]:
    return {"check": "RB-HUMAN-001", "by": by, "state": state}


def test_the_end_is_told_with_its_reason() -> None:
    """The time in the zone of the window, and what ends then; in Japanese likewise."""
    life = {"at": "2026-12-06T06:00:00+09:00", "why": "the change window ends"}
    told = record([check("A-B-001", "pass")], verdict="GO", valid_until=life)
    assert valid(told) == "holds until 2026-12-06 06:00 +09:00: the change window ends"
    japanese = valid(told, translator("ja"))
    assert japanese.startswith("有効期限: 2026-12-06 06:00 +09:00")
    assert "作業時間帯の終了" in japanese
    assert valid(record([])) == ""


def test_unverified_rows_are_counted() -> None:
    """Those of every table; where all is verified nothing is said."""
    tables = [{"unverified_rows_used": rows} for rows in (["a", "b"], [], ["c"])]
    told = record([check("A-B-001", "pass")], verdict="GO", knowledge=tables)
    assert meaning(told) == "the change may start: rests on 3 rows that nobody has verified"
    assert meaning({**told, "knowledge": tables[1:2]}) == "the change may start"


@pytest.mark.parametrize(
    ("approver", "by", "runner", "expected"),
    [
        ("Hanako Sato", "Taro Yamada", "svc", []),
        ("Hanako Sato", "Hanako Sato", "svc", ["Hanako Sato is alone: approves, attests"]),
        ("svc", "Taro Yamada", "svc", ["svc is alone: approves, ran kanmon"]),
        ("x", "x", "x", ["x is alone: approves, attests, ran kanmon"]),
    ],
)
def test_three_parts_are_three_people(
    approver: str, by: str, runner: str, expected: list[str]
) -> None:
    """Where two of them are one person, nobody looked a second time: it is said."""
    told = record(
        [],
        waivers=[waiver("A-B-001", approver=approver)],
        attestations=[attested(by)],
        runner=runner,
    )
    assert alone(told) == expected


def test_a_word_that_opened_nothing_is_no_part() -> None:
    """Who attested what nobody asked has no part in this run."""
    told = record(
        [],
        waivers=[waiver("A-B-001", approver="Hanako Sato", state="unused")],
        attestations=[attested("Hanako Sato")],
    )
    assert alone(told) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"arrives": True}, "nothing is left to do"),
        ({"arrives": False}, "none leads to the end"),
        (
            {"arrives": True, "unknown": [{"subject": "vc-main", "reason": "it refused us"}]},
            "none, vc-main: it refused us",
        ),
        ({"arrives": True, "steps": [{"name": "manager"}]}, "manager"),
        (
            {"arrives": False, "steps": [{"name": "manager"}]},
            "manager; it does not lead to the end for everything",
        ),
    ],
)
def test_no_plan_is_not_a_plan_that_is_done(changes: dict[str, object], said: str) -> None:
    """What could not be read is never told as nothing to do."""
    assert way({"steps": [], "unknown": [], **changes}) == said


def test_a_cause_names_its_first_objects() -> None:
    """Three of them, and how many more there are."""
    objects = [f"vm-{number}" for number in range(300)]
    told = cause({"reason": "no sample", "objects": objects})
    assert told == "vm-0, vm-1, vm-2 and 297 more: no sample"
    assert cause({"reason": "no sample", "objects": []}) == "no sample"
