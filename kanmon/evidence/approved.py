"""The run that a board approved, and what is different from it on the night."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kanmon.environment.change import DECISION, Approval
from kanmon.environment.file import faults
from kanmon.errors import UsageError
from kanmon.evidence import baseline
from kanmon.evidence.results import SCHEMA
from kanmon.evidence.saved import SavedRun, TableState

KEPT = "approved.json"

Record = Mapping[str, Any]


class Snapshot(BaseModel):
    """What a board sees of a run, as plain texts.

    Attributes:
        claims: those that ended, "ID of target"; only what both judged is compared.
        seen: by kind (environment, version, finding, ...), name and value.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    claims: frozenset[str]
    seen: dict[str, dict[str, str]]

    @classmethod
    def of(cls, run: SavedRun, record: Record) -> Snapshot:
        """What a run says of the estate and of itself.

        Args:
            run: what it was about.
            record: its ``results.json``.
        """
        suite = record["suite"]
        return cls(
            claims=frozenset(map(_claim, record["checks"])),
            seen={
                "environment": dict(_flat("", _environment(run))),
                "version": dict(map(_version, record["targets"])),
                "finding": dict(_of_checks(record, "findings", "found")),
                "unknown": dict(_of_checks(record, "unknown", "reason")),
                "waiver": dict(map(_waiver, record["waivers"])),
                "attestation": dict(map(_attestation, record["attestations"])),
                "table": {name: _table(state) for name, state in run.knowledge.items()},
                "overlay": dict(map(_file, run.overlay.files.items())) if run.overlay else {},
                "kanmon": {"version": f"{suite['version']} {suite['commit'] or ''}".strip()},
            },
        )


class Approved(BaseModel):
    """A run that a board approved.

    Attributes:
        decision: of the board, as the environment file says it.
        verdict: that the board saw.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    form: str = Field("kanmon/approved/1", alias="schema")
    decision: Approval
    verdict: str
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not as the board saw it; None where there is nothing on that side."""

    kind: str
    name: str
    before: str | None
    now: str | None


def read(directory: Path, decision: Approval, run: SavedRun) -> Approved:
    """The run that a board approved, if it is one that this run can be held against.

    Args:
        directory: ``reports/<environment>/<run>``.
        decision: of the board, as the environment file says it.
        run: this run; its facts are not looked at.

    Raises:
        UsageError: it is altered, of another environment, step or phase, or no earlier one.
    """
    named = f"change.approved names {directory.name}"
    try:
        found = baseline.read(directory)
    except UsageError as error:
        raise UsageError(f"{named}: {error}") from None
    baseline.refuse_unfit(found, run, named=named)
    if found.saved.phase != "pre" or found.saved.step not in (None, run.step):
        of = found.saved.step or "all steps"
        about = f"it is of phase {found.saved.phase} of {of}"
        wanted = f"pre of {run.step or 'all steps'}"
        raise UsageError(f"{named}: {about}; what a board approves before this step is {wanted}")
    record = json.loads((directory / "results.json").read_text(encoding="utf-8"))
    if record["schema"] != SCHEMA:
        raise UsageError(f"{named}: it is of an older kanmon ({record['schema']}); run it again")
    return Approved(
        decision=decision, verdict=found.verdict, snapshot=Snapshot.of(found.saved, record)
    )


def keep(facts: Path, approved: Approved) -> None:
    """Put what the board saw beside a run's facts, so that both can be compared anywhere."""
    facts.mkdir(parents=True, exist_ok=True)
    (facts / KEPT).write_text(approved.model_dump_json(by_alias=True, indent=1), encoding="utf-8")


def kept(facts: Path) -> Approved | None:
    """What a run was held against; None where nothing.

    Raises:
        UsageError: it is not what ``keep`` writes.
    """
    path = facts / KEPT
    if not path.exists():
        return None
    try:
        return Approved.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        raise UsageError(f"{path} cannot be used: {'; '.join(faults(error))}") from None


def record(approved: Approved, run: SavedRun, evidence: Record) -> dict[str, Any]:
    """What ``results.json`` says of what the board saw, as its ``approved``.

    Args:
        approved: the run that it approved.
        run: what this run is about.
        evidence: this run's ``results.json`` so far.
    """
    now = Snapshot.of(run, evidence)
    return {
        **approved.decision.model_dump(mode="json"),
        "verdict": approved.verdict,
        "different": [asdict(one) for one in differences(approved.snapshot, now)],
        "not_seen": not_seen(approved.snapshot, now),
    }


def differences(before: Snapshot, now: Snapshot) -> list[Difference]:
    """What is different, kind by kind; findings and unknowns of the claims that both judged."""
    both = before.claims & now.claims
    return [
        Difference(kind, name, was.get(name), is_.get(name))
        for kind in now.seen
        for was, is_ in [(before.seen.get(kind, {}), now.seen[kind])]
        for name in sorted(was.keys() | is_.keys())
        if was.get(name) != is_.get(name)
        if kind not in ("finding", "unknown") or name.partition(": ")[0] in both
    ]


def not_seen(before: Snapshot, now: Snapshot) -> list[str]:
    """The claims that the board has not seen judged."""
    return sorted(now.claims - before.claims)


def _claim(check: Record) -> str:
    return f"{check['id']} of {check['target']}" if check["target"] else str(check["id"])


def _of_checks(record: Record, what: str, told: str) -> Iterator[tuple[str, str]]:
    for check in record["checks"]:
        for one in check[what]:
            if one["subject"] == DECISION:
                continue  # the board decides on all else
            yield f"{_claim(check)}: {one['subject']}", one[told]


def _version(target: Record) -> tuple[str, str]:
    told = (target["product"], target["version"], target["build"])
    return target["name"], " ".join(filter(None, told))


def _waiver(waiver: Record) -> tuple[str, str]:
    of = f"{_claim({'id': waiver['check'], 'target': waiver['target']})}: {waiver['subject']}"
    return of, f"{waiver['approver']}, {waiver['ticket']}, until {waiver['expires']}"


def _attestation(attestation: Record) -> tuple[str, str]:
    claim = _claim({"id": attestation["check"], "target": attestation["target"]})
    of = ", ".join(attestation["subjects"])
    return f"{claim}: {of}: {attestation['answers']}", f"{attestation['by']}, {attestation['seen']}"


def _file(file: tuple[str, str]) -> tuple[str, str]:
    name, text = file
    return name, hashlib.sha256(text.encode()).hexdigest()[:12]


def _table(state: TableState) -> str:
    return state.sha256[:12]


def _environment(run: SavedRun) -> dict[str, Any]:
    """The environment of a run but for its attestations and the approval, which are told apart."""
    told = run.environment.model_dump(mode="json", exclude={"attestation", "lab"})
    (told["change"] or {}).pop("approved", None)
    return told


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every value below a table of the environment, by the path to it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{path}.{key}" if path else str(key), inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            name = inner.get("slug", number) if isinstance(inner, dict) else number
            yield from _flat(f"{path}.{name}", inner)
    elif value is not None:
        yield path, str(value)
