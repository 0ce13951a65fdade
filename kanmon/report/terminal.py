"""The last words of a run on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kanmon.gate.judgement import remarks
from kanmon.report import approval
from kanmon.report.comparison_text import counted
from kanmon.report.words import (
    REMEDIES,
    Record,
    cause,
    failed,
    kept_open,
    meaning,
    not_whole,
    outcome,
    overlay,
    scope,
    trouble,
    valid,
    way,
    where,
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
        *(_approved(record["approved"]) if record["approved"] else ()),
        f"{record['verdict']}: {meaning(record)}",
        *([told] if (told := valid(record)) else []),
        f"({scope(record)})",
        *([f"with the operator's overlay: {own}"] if (own := overlay(record)) else []),
        *([f"plan: {way(record['plan'])}"] if record["plan"] else []),
        *([f"since {own['run']}: {counted(own)}"] if (own := record["baseline"]) else []),
        *(_rejudged(record["rejudged"]) if record["rejudged"] else ()),
        *(f"  blocker: {where(check)}: {trouble(check)}" for check in failed(record, "blocker")),
        f"report: {report}",
    ]


def blocker(check: Record) -> Iterator[str]:
    """A blocker as it is told while the run goes on: what is wrong, what to do, then the claim.

    Args:
        check: its record in ``results.json``.
    """
    yield f"  BLOCKER {where(check)}: {trouble(check)}"
    yield f"    what to do: {check['remediation']}"
    yield f"    the claim: {check['title']}"


def _changed(files: list[str]) -> Iterator[str]:
    """The files of kanmon that were changed; judging a real estate, they stand among the rest."""
    if files:
        more = f", and {len(files) - SHOWN} more" if len(files) > SHOWN else ""
        yield from ("", f"by changed files of kanmon: {', '.join(files[:SHOWN])}{more}")


def _approved(approved: Record) -> Iterator[str]:
    """What is different from what the board saw."""
    yield approval.said(approved)
    different = approved["different"]
    yield from (f"  {approval.told(one)}" for one in different[:MANY])
    if (rest := len(different) - MANY) > 0:
        yield f"  and {rest} more"
    if unseen := approval.not_seen(approved):
        yield unseen


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
    known += [f"waived: {_by(finding['waiver'])}"] if finding["waiver"] else []
    note = f" ({'; '.join(known)})" if known else ""
    return f"{finding['subject']}: found {finding['found']}, expected {finding['expected']}{note}"


def _by(waiver: Record) -> str:
    return f"{waiver['ticket']}, {waiver['approver']}, until {waiver['expires']}"


def _findings(check: Record) -> Iterator[str]:
    """The first findings of a check: those that stand before those that are waived."""
    findings = sorted(check["findings"], key=lambda one: one["waiver"] is not None)
    yield from (f"  {_told(one)}" for one in findings[:SHOWN])
    rest = len(findings) - SHOWN
    yield from [f"  and {rest} more"] if rest > 0 else []


def _details(record: Record) -> Iterator[str]:
    """Each failed or waived check with its first findings, each target unread, what is unknown."""
    for severity in ("blocker", "warning", "advice"):
        for check in failed(record, severity):
            yield from ("", f"{severity} {where(check)}: {check['reason']}", *_findings(check))
            yield from (f"  {one['subject']}: {one['reason']}" for one in check["unknown"][:SHOWN])
            yield f"  what to do: {check['remediation']}"
            yield f"  the claim: {check['title']}"
    for check in outcome(record, "waived"):
        yield from ("", f"waived {where(check)}: {check['reason']}", *_findings(check))
    if answered := outcome(record, "attested"):
        yield from ("", f"attested: {', '.join(map(where, answered))}")
    for one in record["causes"]:
        yield from ("", f"not read or judged: {cause(one)}")
        yield f"  what helps: {REMEDIES[one['remedy']]}"
        yield from [f"  so undetermined: {', '.join(ids)}"] if (ids := kept_open(one)) else []
    yield from _changed(record["software"]["changed"]) if record["simulated"] else ()
    for reason in not_whole(record):
        yield from ("", f"not whole: {reason}")
    if record["unjudged"]:
        yield from ("", f"nobody judges how the step ended: {', '.join(record['unjudged'])}")
