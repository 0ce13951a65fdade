"""``brief.json``: a run in a few lines, so that the index of an environment reads no evidence."""

from __future__ import annotations

import json
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from kanmon.gate.verdict import Verdict
from kanmon.report.words import Record, state, unread

Schema = Literal["kanmon/brief/1", "kanmon/brief/2"]
SCHEMA: Schema = "kanmon/brief/2"
"""Since 2, a verdict may be CONDITIONAL; 1 said ``strict`` instead."""
SEVERITIES = ("blocker", "warning", "advice")

Claim = tuple[str, str | None]
"""A check by id and target."""


class Brief(BaseModel):
    """What the index says of a run.

    Attributes:
        judged: number of checks that were judged, of those that were planned.
        partial: number of checks that the run left out.
        unread: number of targets that were not wholly read.
        valid_until: until when the verdict opens the gate; None where it opens nothing.
        checks: (id, target, state) of every check; the state is the severity of what failed, else
            the outcome.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)
    form: Schema = Field(alias="schema")
    environment: str
    simulated: bool
    change: str | None
    step: str | None
    phase: str
    verdict: Verdict
    strict: bool = False
    judged_again: str | None
    started: AwareDatetime
    valid_until: AwareDatetime | None = None
    planned: int
    judged: int
    partial: int
    unread: int
    checks: tuple[tuple[str, str | None, str], ...]

    @property
    def states(self) -> dict[Claim, str]:
        """State by claim."""
        return {(id_, target): word for id_, target, word in self.checks}

    def count(self, word: str) -> int:
        """Number of checks in this state."""
        return sum(state == word for _, _, state in self.checks)


def document(record: Record) -> bytes:
    """The file.

    Args:
        record: the run's ``results.json``.
    """
    change = record["change"] or {}
    kept = ("environment", "simulated", "step", "phase", "verdict", "judged_again")
    values = {
        "schema": SCHEMA,
        **{key: record[key] for key in kept},
        "change": change.get("number"),
        "started": record["started"],
        "valid_until": record["valid_until"] and record["valid_until"]["at"],
        "planned": record["coverage"]["planned"],
        "judged": record["coverage"]["judged"],
        "partial": len(record["partial"]),
        "unread": len(unread(record)),
        "checks": [(one["id"], one["target"], state(one)) for one in record["checks"]],
    }
    return json.dumps(values, ensure_ascii=False).encode(errors="replace")
