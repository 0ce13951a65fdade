"""The last words of a run on the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kanmon.evidence import blockers

MEANING = {
    "GO": "the change may start",
    "NO-GO": "the change must not start",
    "INCOMPLETE": "nobody can say yet: something could not be read or judged",
}


def closing(record: dict[str, Any], report: Path) -> list[str]:
    """Verdict, blockers by name, what could not be judged, and the report's path.

    Args:
        record: the run's ``results.json``.
        report: path of its ``report.html``.
    """
    verdict = record["verdict"]
    partial = f", partial run: {', '.join(record['partial'])}" if record["partial"] else ""
    lines = ["", f"{verdict}: {MEANING[verdict]} ({_scope(record)}{partial})"]
    lines += [f"  blocker {_name(one)}: {one['reason']}" for one in blockers(record)]
    lines += [f"  not read: {reason}" for reason in unread(record)]
    lines += [
        f"  undetermined {_name(one)}: {one['reason']}"
        for one in record["checks"]
        if one["outcome"] == "undetermined"
    ]
    lines += [f"  open {line}" for line in _open(record)]
    return [*lines, f"report: {report}"]


def unread(record: dict[str, Any]) -> list[str]:
    """Why something that the run needed could not be read: the first reason of each target."""
    return [next(iter(one["unread"].values())) for one in record["targets"] if one["unread"]]


def _scope(record: dict[str, Any]) -> str:
    counted = record["coverage"]
    step = f"step {record['step']}" if record["step"] else "all steps"
    return (
        f"{record['environment']}, {step}, {record['phase']}; "
        f"{counted['judged']} of {counted['planned']} checks judged"
    )


def _open(record: dict[str, Any]) -> list[str]:
    """Warnings and advice that failed: one line each."""
    failed = [one for one in record["checks"] if one["outcome"] == "fail"]
    return [
        f"{severity} {_name(one)}: {one['reason']}"
        for severity in ("warning", "advice")
        for one in failed
        if one["severity"] == severity
    ]


def _name(one: dict[str, Any]) -> str:
    target = f" [{one['target']}]" if one["target"] else ""
    return f"{one['id']}{target} {one['title']}"
