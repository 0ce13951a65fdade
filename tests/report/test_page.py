"""What the page says of evidence made by hand, without a browser."""

from __future__ import annotations

from kanmon.report.page import page
from tests.records_by_hand import check, finding, record

BEFORE = {
    "run": "before",
    "read": "2026-11-24T10:00:00+00:00",
    "verdict": "GO",
    "step": None,
    "phase": "pre",
    "changes": [],
    "not_compared": [],
}
MISSED = {"target": "dsm", "part": "computers", "reason": "no answer"}
WAIVER = {"ticket": "CHG1", "approver": "A. Sato", "reason": "x", "expires": "2027-01-31"}


def shown(**values: object) -> str:
    return page(record([], **values), "en", str)


def test_what_was_not_compared_is_no_sameness() -> None:
    """Only where every part was compared may the page say that nothing changed."""
    assert "Nothing changed." in shown(baseline=BEFORE)
    unseen = shown(baseline={**BEFORE, "not_compared": [MISSED]})
    assert "Nothing changed." not in unseen
    assert "computers</td>" in unseen
    assert "no answer</td>" in unseen


def test_what_stands_is_shown_before_what_is_waived() -> None:
    """A finding that stands is on the page however many waived ones are listed before it."""
    waived = [finding(f"vm-{n}", waiver=WAIVER) for n in range(5000)]
    text = page(record([check("A-A-001", findings=[*waived, finding("stands")])]), "en", str)
    assert "stands</td>" in text
    assert "and 4901 more" in text


def test_a_second_judgement_says_what_differs() -> None:
    """Verdict then and now, the tables that changed, and each check that ended otherwise."""
    ended = {"id": "A-A-001", "target": "dsm", "before": {"outcome": "pass"}, "why": "a rule"}
    again = {
        "run": "first",
        "verdict": {"before": "GO", "now": "NO-GO"},
        "tables": [{"table": "tools_nsx"}],
        "checks": [{**ended, "now": {"outcome": "fail"}}, {**ended, "now": None}],
    }
    text = shown(rejudged=again)
    assert "The facts of first were judged again: GO then, NO-GO now." in text
    assert "Tables that changed since: tools_nsx" in text
    assert "not judged</td>" in text


def test_knowledge_that_is_overdue_is_said() -> None:
    """A table whose review is due stands out by a word; of others the days are told."""
    table = {"table": "t", "title": "x", "retrieved": "2025-01-01", "overlay": None}
    table |= {"unverified_rows_used": []}
    assert "<b>overdue</b>" in shown(knowledge=[{**table, "review_by": "2026-11-24"}])
    assert "2026-11-26 (in 1 days)" in shown(knowledge=[{**table, "review_by": "2026-11-26"}])


def test_what_is_not_kanmons_own_is_said() -> None:
    """Changed files, own files and other tolerances stand in the head; nothing of it is no line."""
    assert "of your own" not in shown()
    found = {"compared_with": None, "changed": ["kanmon/text.py"], "own": ["checks/test_own.py"]}
    text = shown(software=found, tolerances={"backup_hours": 48.0})
    for said in ("kanmon/text.py", "checks/test_own.py", "backup_hours = 48<", "not compared: "):
        assert said in text


def test_why_a_run_is_not_whole_is_no_check_that_was_left_out() -> None:
    """A reason is told as one, and is not counted among the checks."""
    text = shown(partial=["A-A-001", "kanmon/text.py: it is not as it was released"])
    assert "Left out of this run (1): A-A-001</li>" in text
    assert "Not whole: kanmon/text.py: it is not as it was released</li>" in text
    assert "1 check left out of this partial run, 1 reason why the run is not whole" in text


def test_what_a_run_left_out_is_named() -> None:
    """The first screen names what was left out, and counts the rest of it."""
    text = shown(partial=["A-A-001 (dsm)", "A-A-002", "A-A-003", "A-A-004"])
    assert "Left out of this run (4): A-A-001 (dsm), A-A-002, A-A-003</li>" in text
