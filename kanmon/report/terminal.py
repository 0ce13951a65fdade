"""The last words of a run on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kanmon.judgement import remarks
from kanmon.report.words import (
    Record,
    failed,
    meaning,
    name,
    outcome,
    overlay,
    planned,
    scope,
    unread,
)

SHOWN = 3
"""Findings of a check on the terminal; all of them are in the report."""
MANY = 10
"""Checks, and tables, that are told of a run whose facts were judged again."""


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
        *(_rejudged(record["rejudged"]) if record["rejudged"] else ()),
        *(f"  blocker: {name(check)}" for check in failed(record, "blocker")),
        f"report: {report}",
    ]


def _rejudged(again: Record) -> Iterator[str]:
    """What differs from the run whose facts were judged again."""
    was, now, checks = again["verdict"]["before"], again["verdict"]["now"], again["checks"]
    if was is None:
        yield f"judged again: {again['run']} had come to no verdict"
    elif not checks and was == now:
        yield f"judged again: as in {again['run']}"
    else:
        count = f"{len(checks)} check{'' if len(checks) == 1 else 's'}"
        yield f"judged again: {was} in {again['run']}, {now} now; {count} ended otherwise"
    if again["tables"]:
        names = [one["table"] for one in again["tables"]]
        more = [f"and {len(names) - MANY} more"] if len(names) > MANY else []
        yield f"  tables that changed since: {', '.join([*names[:MANY], *more])}"
    for check in checks[:MANY]:
        target = f" ({check['target']})" if check["target"] else ""
        sides = (check["before"], check["now"])
        was, now = (one["outcome"] if one else "not judged" for one in sides)
        ended = f"{was} as before, in another way" if was == now else f"{was} before, now {now}"
        yield f"  {check['id']}{target}: {ended}: {check['why']}"
    if len(checks) > MANY:
        yield f"  and {len(checks) - MANY} more: all are in results.json"


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
    reasons: dict[str, list[str]] = {}
    for target in unread(record):
        for reason in target["unread"].values():
            reasons.setdefault(reason, [])
    for check in outcome(record, "undetermined"):
        first = [f"{one['subject']}: {one['reason']}" for one in check["unknown"]]
        reasons.setdefault((first or [check["reason"]])[0], []).append(check["id"])
    for reason, ids in reasons.items():
        yield from ("", f"not read or judged: {reason}")
        yield from [f"  so undetermined: {', '.join(sorted(set(ids)))}"] if ids else []
    if record["unjudged"]:
        yield from ("", f"nobody judges how the step ended: {', '.join(record['unjudged'])}")
