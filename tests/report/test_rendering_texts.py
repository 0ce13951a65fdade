"""The renderings' own texts are there in Japanese."""

from __future__ import annotations

from pathlib import Path

from kanmon.report import index, runs, summary, xlsx
from kanmon.report.changes import KINDS, UNSEEN
from kanmon.report.heading import COUNTS
from kanmon.report.translate import translator
from kanmon.report.words import INCOMPLETE, MEANING
from tests.records_by_hand import check, finding, record, target, waiver
from tests.report.test_summary import everything

SAME = {"kanmon", *("GO", "NO-GO", "INCOMPLETE")}
"""Words that are the same in every language."""


def untranslated(texts: set[str]) -> list[str]:
    return sorted(text for text in texts - SAME if translator("ja")(text) == text)


def test_workbook_and_summary(tmp_path: Path) -> None:
    """Every text of ours that they write is translated; texts of cards are the cards' own."""
    asked: set[str] = set()

    def remember(text: str) -> str:
        asked.add(text)
        return text

    summary.text(everything(), remember)
    cards = [text for text in asked if text.startswith(("The claim of", "do for"))]
    names = [check(f"A-A-{n:03}", findings=[finding("x" * 40_000)] * 2) for n in range(9)]
    ends = ("pass", "undetermined", "not applicable", "waived")
    names += [check(f"B-B-{n:03}", end, why="the card's") for n, end in enumerate(ends)]
    said = [waiver("A-A-001", state=state) for state in ("used", "unused", "expired", "too wide")]
    evidence = record(names, waivers=said, targets=[target("a"), target("b", unread={"x": "y"})])
    xlsx.write(evidence, tmp_path / "report.xlsx", remember, rows=8)
    cards += [text for text in asked if text.startswith(("The claim of", "do for"))]
    assert len(asked) > 100
    assert untranslated(asked - {*cards, "something breaks", "the card's"}) == []


def test_index() -> None:
    """Every text of the index is translated."""
    faults = (runs.TOLD_ELSEWHERE, runs.UNFINISHED, runs.UNREADABLE, runs.TOO_LARGE)
    texts = {*index.COLUMNS, index.NOTE, *KINDS, UNSEEN, *faults, runs.UNUSABLE, runs.FOREIGN}
    texts |= {*MEANING.values(), INCOMPLETE, *(word for _, word in COUNTS)}
    assert untranslated(texts) == []
