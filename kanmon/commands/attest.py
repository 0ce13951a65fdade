"""``kanmon attest RUN``: what a run left open and a person may answer for, ready to be pasted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kanmon.check import Attestable
from kanmon.commands.toml import line
from kanmon.errors import UsageError

Record = dict[str, Any]

HEAD = """\
# What this run could not judge and a named person may answer for. Look, fill in says, by and when,
# and paste it into the environment file; docs/gate.md says how long each of them holds.
"""
ON_THE_NIGHT = """\
# Due on the night: what is momentary holds for 12 hours, and amid the step from the window on.
"""
APPROVAL = """\
# Due before the night: what the board decides on this run, or on a later one, below [change].
# approved = {{ run = "{run}", by = "", ticket = "", on = 2026-12-02 }}
"""


def snippet(run: Path) -> str:
    """The attestations that would answer what a run left open, as TOML with blanks.

    Args:
        run: ``reports/<environment>/<run>``.

    Raises:
        UsageError: there is no such run, or its evidence cannot be read.
    """
    path = run / "results.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    if not all("questions" in check for check in record["checks"]):
        raise UsageError(f"{path} is of a kanmon that kept no questions: run it again")
    asked = [(check, one) for check in record["checks"] for one in check["questions"]]
    momentary = [one for one in asked if one[0]["attestable"] == Attestable.MOMENTARY]
    lasting = [one for one in asked if one not in momentary]
    if not asked:
        return "# Nothing of this run is open that a person may answer for."
    parts = [HEAD, *map(_attestation, lasting)]
    parts += [ON_THE_NIGHT, *map(_attestation, momentary)] if momentary else []
    parts += [APPROVAL.format(run=run.resolve().name)] if _not_approved(record) else []
    return "\n".join(parts).rstrip()


def _not_approved(record: Record) -> bool:
    change = record["change"] or {}
    return record["phase"] == "pre" and not record["simulated"] and not change.get("approved")


def _attestation(asked: tuple[Record, Record]) -> str:
    return "\n".join([*_lines(*asked), ""])


def _lines(check: Record, question: Record) -> Iterator[str]:
    yield f"# {check['title']}."
    yield "[[attestation]]"
    told = {"check": check["id"], "target": check["target"], **question}
    yield from (line(key, value) for key, value in told.items() if value)
    yield 'says = ""  # what was seen'
    yield 'by = ""  # who answers for it'
    if check["attestable"] == Attestable.MOMENTARY:
        yield "# at = 2026-12-05T22:00:00+09:00  # when it was seen, with its zone"
    else:
        yield "# on = 2026-12-05  # the day on which it was seen"
