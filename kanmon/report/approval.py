"""What is different from the run that a board approved, in words."""

from __future__ import annotations

from kanmon.report.translate import Translator
from kanmon.report.words import Record
from kanmon.text import Text

KINDS = (
    *(Text("environment"), Text("version"), Text("finding"), Text("unknown"), Text("table")),
    *(Text("overlay"), "waiver", "attestation", "kanmon"),
)
"""The words of the evidence for what is different."""


def said(approved: Record, tr: Translator = str) -> str:
    """How much is different, and who approved what."""
    count = len(approved["different"])
    run = tr("{}, which {} approved ({}, {})").format(
        *(approved[key] for key in ("run", "by", "ticket", "on"))
    )
    if not count:
        return tr("Nothing is different from {}").format(run)
    many = Text("{} thing is different from {}") if count == 1 else Text("{} things differ from {}")
    return tr(many).format(count, run)


def told(one: Record, tr: Translator = str) -> str:
    """A difference in a line."""
    before, now = (tr(one[side]) if one[side] else tr("nothing") for side in ("before", "now"))
    return tr("{} {}: was {}, is {}").format(tr(one["kind"]), one["name"], before, now)


def not_seen(approved: Record, tr: Translator = str) -> str:
    """The claims that the board has not seen judged; empty where it saw all."""
    claims = approved["not_seen"]
    return tr("Not seen by the board: {}").format(", ".join(claims)) if claims else ""
