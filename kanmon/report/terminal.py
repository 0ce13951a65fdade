"""The last words of a run on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kanmon.judgement import remarks
from kanmon.report.comparison_text import counted
from kanmon.report.words import (
    Record,
    failed,
    meaning,
    name,
    overlay,
    planned,
    reasons,
    scope,
)

SHOWN = 3
"""Findings of a check on the terminal; all of them are in the report."""


def closing(record: Record, report: Path) -> list[str]:
    """What stands against it, then verdict, blockers by name, and the report's path.

    Args:
        record: the run's ``results.json``.
        report: path of its ``report.html``.
    """
    return [
        *_details(record),
        "",
        f"{record['verdict']}: {meaning(record)}",
        f"({scope(record)})",
        *([f"with the operator's overlay: {own}"] if (own := overlay(record)) else []),
        *([f"plan: {planned(record['plan'])}"] if record["plan"] else []),
        *([f"since {own['run']}: {counted(own)}"] if (own := record["baseline"]) else []),
        *(f"  blocker: {name(check)}" for check in failed(record, "blocker")),
        f"report: {report}",
    ]


def _told(finding: Record) -> str:
    source = finding["source"]
    known = remarks(source["confidence"], overlay=source["overlay"]) if source else []
    note = f" ({'; '.join(known)})" if known else ""
    return f"{finding['subject']}: found {finding['found']}, expected {finding['expected']}{note}"


def _details(record: Record) -> Iterator[str]:
    """Each failed check with its first findings, each unread target, each undetermined reason."""
    for severity in ("blocker", "warning", "advice"):
        for check in failed(record, severity):
            yield from ("", f"{severity} {name(check)}", f"  {check['reason']}")
            for one in check["findings"][:SHOWN]:
                yield f"  {_told(one)}"
            rest = len(check["findings"]) - SHOWN
            yield from [f"  and {rest} more"] if rest > 0 else []
            yield from (f"  {one['subject']}: {one['reason']}" for one in check["unknown"][:SHOWN])
    for reason, ids in reasons(record).items():
        yield from ("", f"not read or judged: {reason}")
        yield from [f"  so undetermined: {', '.join(ids)}"] if ids else []
    if record["unjudged"]:
        yield from ("", f"nobody judges how the step ended: {', '.join(record['unjudged'])}")
