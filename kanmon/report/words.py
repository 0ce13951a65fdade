"""The sentences that the terminal and the page share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kanmon.knowledge.overlay import rows_in

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


def meaning(record: Record) -> str:
    """What the verdict says to the change board, with what keeps it from being more."""
    text = MEANING.get((record["phase"], record["verdict"]), INCOMPLETE)
    return f"{text}: {tally(record)}" if tally(record) else text


def tally(record: Record) -> str:
    """How much stands against it: "11 blockers, 1 target not read, 2 open warnings"."""
    counts = (
        (len(failed(record, "blocker")), "blocker", "blockers"),
        (len(outcome(record, "undetermined")), "check undetermined", "checks undetermined"),
        (len(unread(record)), "target not wholly read", "targets not wholly read"),
        (len(failed(record, "warning")), _warning(record, ""), _warning(record, "s")),
        (len(record["unjudged"]), "claim not judged", "claims not judged"),
        (len(waived(record)), "finding waived", "findings waived"),
    )
    told = [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
    left_out = len(record["partial"])
    if left_out:
        told.append(f"{left_out} check{'s' if left_out > 1 else ''} left out of this partial run")
    return ", ".join(told)


def _warning(record: Record, plural: str) -> str:
    return f"open warning{plural}{' (--strict)' if record['strict'] else ' to be signed off'}"


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


def name(check: Record) -> str:
    """A check by id, claim and target."""
    target = f" ({check['target']})" if check["target"] else ""
    return f"{check['id']} {check['title']}{target}"
