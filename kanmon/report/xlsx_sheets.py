"""What stands in the sheets of the workbook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kanmon.gate.judgement import OVERLAY
from kanmon.report.heading import about, counted
from kanmon.report.translate import Translator
from kanmon.report.words import (
    Record,
    approver,
    failed,
    headline,
    seen,
    state,
    trouble,
    unread,
    where,
)
from kanmon.text import Text


class State(NamedTuple):
    """A word that has a colour: how a check, a finding or a run stands."""

    word: str


Cell = str | int | float | State


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of the workbook.

    Attributes:
        widths: of the columns, in characters.
        nothing: what stands there when it has no row.
    """

    name: str
    header: Sequence[str]
    widths: Sequence[int]
    rows: Sequence[Sequence[Cell]]
    nothing: str


def summary(record: Record, tr: Translator) -> Iterator[tuple[str, Cell]]:
    """The first sheet: verdict, what the run is about, how much it looked at, what blocks."""
    yield tr("Verdict"), State(record["verdict"])
    yield tr("Meaning"), headline(record, tr)
    yield from about(record, tr)
    yield from ((f"{tr('Checks')}: {word}", number) for word, number in counted(record, tr))
    for severity in ("blocker", "warning", "advice"):
        yield f"{tr('Failed')}: {tr(severity)}", len(failed(record, severity))
    for check in failed(record, "blocker"):
        yield tr("Blocker"), f"{where(check)}: {trouble(check, tr)}"
    for target in unread(record):
        reasons = "; ".join(map(tr, target["unread"].values()))
        yield tr("Not wholly read"), f"{target['name']}: {reasons}"
    for left in record["partial"]:
        yield tr("Left out"), tr(left)
    for id_ in record["unjudged"]:
        yield tr("Not judged, though it says how the step ended"), id_
    if baseline := record["baseline"]:
        yield tr("Compared with"), baseline["run"]


def tables(record: Record, tr: Translator) -> list[Sheet]:
    """The other sheets, each with a header."""
    made = (_checks, _findings, _targets, _waivers, _comparison)
    return [sheet(record, tr) for sheet in made]


def _table(
    tr: Translator,
    title: str,
    columns: Sequence[tuple[str, int]],
    rows: Iterator[Sequence[Cell]],
    nothing: str,
) -> Sheet:
    header = [tr(text) for text, _ in columns]
    return Sheet(tr(title), header, [width for _, width in columns], list(rows), tr(nothing))


def _checks(record: Record, tr: Translator) -> Sheet:
    columns = (
        (Text("Check"), 18),
        (Text("Title"), 44),
        (Text("Target"), 14),
        (Text("Outcome"), 15),
        (Text("Reason"), 44),
        (Text("Examined"), 10),
        (Text("Findings"), 10),
        (Text("Not judged"), 10),
        (Text("What to do"), 44),
        (Text("Why it matters"), 44),
        (Text("Sources"), 30),
        (Text("Seconds"), 9),
    )
    rows = (
        (
            check["id"],
            tr(check["title"]),
            check["target"] or tr("all"),
            State(state(check)),
            tr(check["reason"]),
            check["examined"],
            len(check["findings"]),
            len(check["unknown"]),
            tr(check["remediation"]),
            tr(check["why"]),
            "\n".join(check["references"]),
            check["seconds"],
        )
        for check in record["checks"]
    )
    return _table(tr, Text("Checks"), columns, rows, Text("No check was judged."))


def _findings(record: Record, tr: Translator) -> Sheet:
    columns = (
        (Text("Check"), 18),
        (Text("Target"), 14),
        (Text("Outcome"), 15),
        (Text("Object"), 36),
        (Text("Found"), 50),
        (Text("Expected"), 36),
        (Text("Waiver"), 24),
        (Text("Rule"), 36),
        (Text("Address of the rule"), 36),
        (Text("Trust"), 14),
        (Text("Title"), 44),
    )
    rows = (
        (check["id"], check["target"] or tr("all"), *cells, tr(check["title"]))
        for check in record["checks"]
        for cells in _objects(check, tr)
    )
    return _table(tr, Text("Findings"), columns, rows, Text("No finding."))


def _objects(check: Record, tr: Translator) -> Iterator[Sequence[Cell]]:
    """What a check names; one that nobody could judge has a row even where it names nothing."""
    for one in check["findings"]:
        waiver = one["waiver"]
        word = State("waived" if waiver else one["severity"])
        yield (
            word,
            one["subject"],
            tr(one["found"]),
            tr(one["expected"]),
            _waiver(waiver, tr),
            *_rule(one["source"], tr),
        )
    for one in check["unknown"]:
        yield State("undetermined"), one["subject"], tr(one["reason"]), "", "", "", "", ""
    for one in check["attested"]:
        told = tr("{}, by {}, {}").format(one["says"], one["by"], seen(one))
        subject = one["subject"] or check["target"] or tr("all")
        yield State("attested"), subject, tr(one["reason"]), told, "", "", "", ""
    if check["outcome"] == "undetermined" and not check["unknown"]:
        whole = check["target"] or tr("all")
        yield State("undetermined"), whole, tr(check["reason"]), "", "", "", "", ""
    for one in check["notes"]:
        yield State(Text("good to know")), one["subject"], tr(one["text"]), "", "", "", "", ""


def _waiver(waiver: Record | None, tr: Translator) -> str:
    if waiver is None:
        return ""
    text = tr("{} by {} until {}: {}")
    keys = ("ticket", "approver", "expires", "reason")
    return text.format(*(waiver[key] for key in keys))


def _rule(source: Record | None, tr: Translator) -> tuple[str, str, str]:
    if source is None:
        return tr("the claim itself"), "", ""
    trust = tr(source["confidence"])
    own = [tr(OVERLAY)] if source["overlay"] else []
    return source["title"], source["url"], ", ".join([trust, *own])


def _targets(record: Record, tr: Translator) -> Sheet:
    columns = (
        (Text("Target"), 16),
        (Text("Kind"), 10),
        (Text("Address"), 28),
        (Text("Product"), 30),
        (Text("Version"), 24),
        (Text("Build"), 14),
        (Text("Read"), 14),
        (Text("Reason"), 60),
        (Text("Seconds"), 9),
    )
    rows = (
        (
            *(target[key] or "" for key in ("name", "kind", "address")),
            *(target[key] or "" for key in ("product", "version", "build")),
            _read(target),
            "; ".join(map(tr, target["unread"].values())) or tr(target["reason"] or ""),
            target["seconds"],
        )
        for target in record["targets"]
    )
    return _table(tr, Text("Targets"), columns, rows, Text("The environment names no target."))


def _read(target: Record) -> State:
    if target["unread"]:
        return State(Text("not read"))
    return State("read" if target["read"] else Text("not needed"))


def _waivers(record: Record, tr: Translator) -> Sheet:
    """Waivers, and what a named person attests: both are words of people."""
    columns = (
        (Text("Kind"), 14),
        (Text("Check"), 18),
        (Text("Subject or target"), 36),
        (Text("State"), 14),
        (Text("Findings"), 10),
        (Text("Reason"), 50),
        (Text("By"), 20),
        (Text("Ticket"), 18),
        (Text("Expires or said on"), 18),
    )
    return _table(
        tr, Text("Waivers"), columns, _people(record, tr), Text("No waiver and no attestation.")
    )


def _people(record: Record, tr: Translator) -> Iterator[Sequence[Cell]]:
    for one in record["waivers"]:
        told = (one["reason"], approver(one, tr), one["ticket"], one["expires"])
        kind = (tr("waiver"), one["check"], one["subject"])
        yield *kind, tr(one["state"]), one["matched"], *told
    for one in record["attestations"]:
        of = ", ".join(one["subjects"]) or one["target"] or tr("all")
        kind = (tr("attestation"), one["check"], of)
        yield *kind, tr(one["state"]), one["matched"], one["says"], one["by"], "", seen(one)


def _comparison(record: Record, tr: Translator) -> Sheet:
    columns = (
        (Text("Change"), 14),
        (Text("Kind"), 14),
        (Text("Object"), 36),
        (Text("Id"), 24),
        (Text("Target"), 14),
        (Text("Field"), 24),
        (Text("Before"), 36),
        (Text("After"), 36),
        (Text("Explained by the step"), 14),
    )
    baseline = record["baseline"]
    nothing = (
        Text("Nothing differs.")
        if baseline
        else Text("Nothing was compared: no --baseline was given.")
    )
    return _table(tr, Text("Comparison"), columns, _changes(baseline, tr), nothing)


def _changes(baseline: Record | None, tr: Translator) -> Iterator[Sequence[Cell]]:
    """What was not compared, since it may hide anything, then every change."""
    for one in baseline["not_compared"] if baseline else ():
        missed, why = tr("Not compared"), tr(one["reason"])
        yield missed, one["part"], "", "", one["target"], "", why, why, tr("no")
    for one in baseline["changes"] if baseline else ():
        told = [str(one[key]) if one[key] is not None else "" for key in ("before", "after")]
        named = [str(one[key] or "") for key in ("name", "id", "target", "field")]
        expected = tr("yes" if one["expected"] else "no")
        yield tr(one["change"]), tr(one["kind"]), *named, *told, expected
