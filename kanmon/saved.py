"""A run on disk: the facts that it judged, so that it can be judged again without any network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from kanmon import __version__
from kanmon.environment import Environment
from kanmon.errors import UsageError
from kanmon.facts import PARTS, Unread
from kanmon.reading import Facts

SCHEMA = "kanmon/facts/1"


@dataclass(frozen=True, slots=True)
class SavedRun:
    """What a run was about and what it read.

    Attributes:
        now: when the run started, aware, UTC; checks that judge again use this time.
    """

    environment: Environment
    step: str | None
    phase: str
    now: datetime
    facts: Facts


def save(directory: Path, run: SavedRun) -> None:
    """Write a run's facts: ``run.json`` and one file for each target.

    Args:
        directory: the run's ``facts`` directory; made if need be.
        run: what to write.
    """
    directory.mkdir(parents=True, exist_ok=True)
    environment = run.environment.model_dump(mode="json", exclude={"lab"})
    head = {
        "schema": SCHEMA,
        "suite": __version__,
        "environment": environment,
        "step": run.step,
        "phase": run.phase,
        "now": run.now.isoformat(),
    }
    _write(directory / "run.json", head)
    for target in run.environment.targets:
        parts = run.facts.of(target.slug)
        if parts:
            _write(
                directory / f"{target.slug}.json",
                _target(target.kind, parts, run.facts.seconds.get(target.slug)),
            )


def _target(kind: str, parts: dict[str, Any], seconds: float | None) -> dict[str, Any]:
    dumped = {
        name: {"unread": fact.reason}
        if isinstance(fact, Unread)
        else {"fact": TypeAdapter(PARTS[kind][name]).dump_python(fact, mode="json")}
        for name, fact in sorted(parts.items())
    }
    return {"kind": kind, "seconds": seconds, "parts": dumped}


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")


def load(run_directory: Path) -> SavedRun:
    """A run that was saved.

    Args:
        run_directory: the run, as ``reports/<env>/<run>``.

    Raises:
        UsageError: there is no such run, or its files are not what ``save`` writes.
    """
    home = run_directory / "facts"
    head = _read(home / "run.json")
    if head.get("schema") != SCHEMA:
        raise UsageError(
            f"{home}: the facts have schema {head.get('schema')!r}, expected {SCHEMA!r}"
        )
    try:
        environment = Environment.model_validate_json(json.dumps(head["environment"]))
        parts: dict[tuple[str, str], Any] = {}
        seconds: dict[str, float] = {}
        for target in environment.targets:
            path = home / f"{target.slug}.json"
            if path.exists():
                saved = _read(path)
                seconds[target.slug] = float(saved["seconds"] or 0)
                parts |= {
                    (target.slug, n): _fact(target.kind, n, v) for n, v in saved["parts"].items()
                }
        now = datetime.fromisoformat(head["now"])
        return SavedRun(environment, head["step"], head["phase"], now, Facts(parts, seconds))
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise UsageError(f"{home}: the saved facts cannot be used: {error}") from None


def _fact(kind: str, name: str, value: dict[str, Any]) -> Any:
    if "unread" in value:
        return Unread(value["unread"])
    return TypeAdapter(PARTS[kind][name]).validate_json(json.dumps(value["fact"]))


def _read(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    if not isinstance(value, dict):
        raise UsageError(f"{path} does not hold saved facts")
    return value
