"""The sentences that the terminal and the page share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kanmon.knowledge.overlay import rows_in
from kanmon.report.translate import Translator

Record = dict[str, Any]

MEANING = {
    ("pre", "GO"): "the change may start",
    ("pre", "NO-GO"): "the change must not start",
    ("mid", "GO"): "the next node may follow",
    ("mid", "NO-GO"): "the next node must not follow",
    ("post", "GO"): "the step ended well",
    ("post", "NO-GO"): "the step did not end well",
}
INCOMPLETE = "nobody can say yet"


def headline(record: Record, tr: Translator = str) -> str:
    """What the verdict says to the change board, in a few words."""
    return tr(MEANING.get((record["phase"], record["verdict"]), INCOMPLETE))


def meaning(record: Record, tr: Translator = str) -> str:
    """What the verdict says to the change board, with what keeps it from being more."""
    told = tally(record, tr)
    return tr("{}: {}").format(headline(record, tr), told) if told else headline(record, tr)


def tally(record: Record, tr: Translator = str) -> str:
    """How much stands against it: "11 blockers, 1 target not read, 2 open warnings"."""
    counts = (
        (len(failed(record, "blocker")), "{} blocker", "{} blockers"),
        (
            len(outcome(record, "undetermined")),
            "{} check undetermined",
            "{} checks undetermined",
        ),
        (len(unread(record)), "{} target not wholly read", "{} targets not wholly read"),
        (len(failed(record, "warning")), *_warnings(record)),
        (len(record["unjudged"]), "{} claim not judged", "{} claims not judged"),
        (
            len(record["partial"]),
            "{} check left out of this partial run",
            "{} checks left out of this partial run",
        ),
        (len(waived(record)), "{} finding waived", "{} findings waived"),
    )
    told = [tr(one if count == 1 else many).format(count) for count, one, many in counts if count]
    return tr(", ").join(told)


def _warnings(record: Record) -> tuple[str, str]:
    if record["strict"]:
        return "{} open warning (--strict)", "{} open warnings (--strict)"
    return "{} open warning to be signed off", "{} open warnings to be signed off"


def scope(record: Record) -> str:
    """Environment, step, phase, coverage, and how old the facts are."""
    counted = record["coverage"]
    step = f"step {record['step']}" if record["step"] else "all steps"
    judged = f"{counted['judged']} of {counted['planned']} checks judged"
    again = f"; judged again, read {moment(record['read'])}" if record["judged_again"] else ""
    estate = "simulated estate " if record["simulated"] else ""
    return f"{estate}{record['environment']}, {step}, {record['phase']}; {judged}{again}"


def overlay(record: Record) -> str:
    """How much was judged by the operator's overlay: "1 row in tools_nsx"; empty for none."""
    tables = [table for table in record["knowledge"] if table["overlay"]]
    own = {table["table"]: len(table["overlay"]["rows"]) for table in tables}
    return rows_in(own) if own else ""


def planned(plan: Record) -> str:
    """The plan's steps in a line, and whether they lead to the end."""
    steps = ", ".join(step["name"] for step in plan["steps"]) or "nothing is left to do"
    return steps if plan["arrives"] else f"{steps}; it does not lead to the end for everything"


def moment(text: str) -> str:
    """An ISO time as people write it: "2026-11-23 09:18 UTC" or with its offset."""
    time = datetime.fromisoformat(text)
    zone = "UTC" if not time.utcoffset() else f"{time:%z}"[:3] + ":" + f"{time:%z}"[3:]
    return f"{time:%Y-%m-%d %H:%M} {zone}"


def outcome(record: Record, name: str) -> list[Record]:
    """The checks that ended in this way."""
    return [check for check in record["checks"] if check["outcome"] == name]


def failed(record: Record, severity: str) -> list[Record]:
    """The checks whose gravest finding has this severity."""
    return [check for check in outcome(record, "fail") if check["severity"] == severity]


def waived(record: Record) -> list[Record]:
    """The findings that a board accepts."""
    return [one for check in record["checks"] for one in check["findings"] if one["waiver"]]


def unread(record: Record) -> list[Record]:
    """The targets of which the run needed something that could not be read."""
    return [target for target in record["targets"] if target["unread"]]


def reasons(record: Record) -> dict[str, list[str]]:
    """Why something was not read or judged, and the ids of the checks that nobody can answer so."""
    told: dict[str, set[str]] = {r: set() for t in unread(record) for r in t["unread"].values()}
    for check in outcome(record, "undetermined"):
        first = [f"{one['subject']}: {one['reason']}" for one in check["unknown"]]
        told.setdefault((first or [check["reason"]])[0], set()).add(check["id"])
    return {reason: sorted(ids) for reason, ids in told.items()}


def name(check: Record, tr: Translator = str) -> str:
    """A check by id, claim and target."""
    target = f" ({check['target']})" if check["target"] else ""
    return f"{check['id']} {tr(check['title'])}{target}"


def state(check: Record) -> str:
    """How a check stands in one word: the severity of what failed, else its outcome."""
    return str(check["severity"] if check["outcome"] == "fail" else check["outcome"])
