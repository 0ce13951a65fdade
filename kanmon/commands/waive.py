"""``kanmon waive RUN``: what a board accepts of a run, written as files that kanmon reads.

A waiver of a run covers exactly what that run found; docs/gate.md explains it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kanmon.commands.toml import line
from kanmon.errors import UsageError
from kanmon.evidence import manifest, saved
from kanmon.gate.run_waivers import Accepted, RunWaiver, digest
from kanmon.text import Text

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a board decided of a run.

    Attributes:
        checks: ids of those whose findings it accepts.
        subjects: the objects that it accepts them of; all where empty.
        expires: the last day on which it holds.
    """

    checks: Sequence[str]
    subjects: Collection[str]
    approver: str
    ticket: str
    reason: str
    expires: dt.date


def write(run: Path, directory: Path, decision: Decision) -> list[Path]:
    """Write one file for each check; none is ever overwritten.

    Args:
        run: ``reports/<environment>/<run>``, whole and unchanged.
        directory: ``envs/<environment>.waivers``; made if need be.
        decision: what was decided.

    Raises:
        UsageError: the run is not what kanmon wrote, a check found nothing of that, or a file is
            there already.
    """
    saved.load(run)  # refuses what was changed
    record = json.loads((run / "results.json").read_text(encoding="utf-8"))
    made = {
        directory / f"{_name(decision.ticket)}-{id_}.toml": _waiver(run, record, id_, decision)
        for id_ in decision.checks
    }
    if there := [str(path) for path in made if path.exists()]:
        raise UsageError(f"{', '.join(there)}: there is one already; remove it, or name a ticket")
    directory.mkdir(parents=True, exist_ok=True)
    for path, waiver in made.items():
        path.write_text("\n".join(_lines(waiver)) + "\n", encoding="utf-8")
    return list(made)


def _waiver(run: Path, record: Record, id_: str, decision: Decision) -> RunWaiver:
    checks = [check for check in record["checks"] if check["id"] == id_]
    messages = {one["text"]: Text.of(one) for one in record["messages"]}
    found = [
        _accepted(check["target"], one, messages)
        for check in checks
        for one in check["findings"]
        if one["waiver"] is None
        if not decision.subjects or one["subject"] in decision.subjects
    ]
    if not found:
        raise UsageError(f"{run.name} found nothing of {id_} that is open and could be accepted")
    change = record["change"] or {}
    return RunWaiver(
        check=id_,
        run=run.resolve().name,
        manifest=hashlib.sha256((run / manifest.FILE).read_bytes()).hexdigest(),
        change=change.get("number"),
        step=record["step"],
        reason=decision.reason,
        approver=decision.approver,
        ticket=decision.ticket,
        expires=decision.expires,
        digest=digest(found),
        finding=found,
    )


def _accepted(target: str | None, finding: Record, messages: dict[str, Text]) -> Accepted:
    found = messages.get(finding["found"]) or Text.of(finding["found"])
    source = finding["source"]
    return Accepted(
        target=target,
        subject=finding["subject"],
        found=found.form,
        figures=found.figures(),
        severity=finding["severity"],
        rule=f"{source['table']}:{source['row']}" if source else None,
    )


def _lines(waiver: RunWaiver) -> Iterator[str]:
    values = waiver.model_dump(exclude_none=True)
    findings = values.pop("finding")
    yield f"# What a board accepts of {waiver.run}; written by kanmon waive, not by hand."
    yield from (line(key, value) for key, value in values.items())
    for one in findings:
        yield from ("", "[[finding]]")
        yield from (line(key, value) for key, value in one.items() if value not in (None, {}))


def _name(ticket: str) -> str:
    """A ticket as the beginning of a file's name on every system."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in ticket)
