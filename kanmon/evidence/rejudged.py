"""What became of a run whose facts are judged again: what differs from it, and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from kanmon.evidence.saved import TableState
from kanmon.knowledge import HOME, load, tables

Record = Mapping[str, Any]
Key = tuple[str, str | None]
"""Id of a check, and slug of its target."""
UNEXPLAINED = (
    "nothing that kanmon keeps account of changed: ask kanmon verify whether the earlier run is as "
    "kanmon wrote it"
)


def tables_now() -> dict[str, TableState]:
    """Every table of the project's, as it stands now."""
    return {model.table: _state(model) for model in tables()}


def compare(run: Path, before: Mapping[str, TableState], record: Record) -> dict[str, Any]:
    """What ``results.json`` says of a run that was judged again, as its ``rejudged``.

    Args:
        run: directory of the run whose facts were judged again.
        before: the tables that it was judged with.
        record: the new ``results.json``.
    """
    earlier = _results(run)
    changed = _changed(before)
    return {
        "run": run.name,
        "verdict": {
            "before": earlier["verdict"] if earlier else None,
            "now": record["verdict"],
        },
        "tables": changed,
        "checks": list(_differences(earlier, record, changed)) if earlier else [],
    }


@cache
def _state(model: Any) -> TableState:
    text = (HOME / f"{model.table}.toml").read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    return TableState(sha256=digest, review_by=load(model).review_by)


def _results(run: Path) -> Record | None:
    """The evidence of the earlier run, None where it came to none."""
    try:
        found: Record = json.loads((run / "results.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return found


def _changed(before: Mapping[str, TableState]) -> list[dict[str, Any]]:
    now = tables_now()
    return [
        {"table": name, "before": _plain(before.get(name)), "now": _plain(now.get(name))}
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    ]


def _plain(state: TableState | None) -> dict[str, str] | None:
    return state.model_dump(mode="json") if state else None


def _differences(
    earlier: Record, record: Record, changed: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """The checks that ended otherwise, in the order of the new run, then those that are gone."""
    old, new = _by_key(earlier), _by_key(record)
    names = {one["table"] for one in changed}
    for key in [*new, *(key for key in old if key not in new)]:
        was, now = old.get(key), new.get(key)
        if was is None or now is None or _essence(was) != _essence(now):
            yield {
                "id": key[0],
                "target": key[1],
                "before": _told(was, now),
                "now": _told(now, was),
                "why": _why(was, now, names, (earlier["suite"], record["suite"])),
            }


def _by_key(record: Record) -> dict[Key, Record]:
    return {(check["id"], check["target"]): check for check in record["checks"]}


def _essence(check: Record) -> tuple[Any, ...]:
    """What counts of a check: how it ended, and of what objects."""
    objects = [*map(_finding, check["findings"]), *map(_unknown, check["unknown"])]
    return check["outcome"], check["severity"], check["reason"], objects


def _finding(finding: Record) -> dict[str, Any]:
    return {key: finding[key] for key in ("subject", "found", "expected", "severity")}


def _unknown(unknown: Record) -> dict[str, Any]:
    return {key: unknown[key] for key in ("subject", "reason")}


def _told(check: Record | None, other: Record | None) -> dict[str, Any] | None:
    """How a check ended, with the objects that the other side does not have."""
    if check is None:
        return None
    theirs = [_finding(one) for one in other["findings"]] if other else []
    unknown = [_unknown(one) for one in other["unknown"]] if other else []
    return {
        "outcome": check["outcome"],
        "severity": check["severity"],
        "reason": check["reason"],
        "findings": [one for one in map(_finding, check["findings"]) if one not in theirs],
        "unknown": [one for one in map(_unknown, check["unknown"]) if one not in unknown],
    }


def _why(
    was: Record | None, now: Record | None, changed: set[str], suites: tuple[Record, Record]
) -> str:
    """The reason in words, as far as it can be told from what changed since."""
    both = [check for check in (was, now) if check]
    rests_on = sorted({name for check in both for name in _tables(check)} & changed)
    if rests_on:
        return f"it rests on what changed: {', '.join(rests_on)}"
    listed = ", ".join(sorted(changed))
    told = (f"{one['version']} {one['commit'] or ''}".strip() for one in suites)
    reasons = (
        (was is None, "the earlier run did not judge it"),
        (now is None, "this run left it out"),
        (any(check["outcome"] == "waived" for check in both), "what is waived changed"),
        (changed, f"it names no table that changed; what it asks of versions may rest on {listed}"),
        (suites[0] != suites[1], f"kanmon itself is another: {' before, now '.join(told)}"),
        (True, UNEXPLAINED),
    )
    return next(reason for holds, reason in reasons if holds)


def _tables(check: Record) -> Iterator[str]:
    """The tables that a check names or quotes."""
    yield from (ref[6:] for ref in check["references"] if ref.startswith("table:"))
    cited = [*check["rests_on"], *(one["source"] for one in check["findings"] if one["source"])]
    yield from (one["table"] for one in cited)
