"""What stands in the sheets of the workbook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kanmon.gate.judgement import OVERLAY
from kanmon.report.heading import about, counted
from kanmon.report.translate import Translator
from kanmon.report.words import Record, failed, headline, name, state, unread


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
        yield tr("Blocker"), name(check, tr)
    for target in unread(record):
        reasons = "; ".join(target["unread"].values())
        yield tr("Not wholly read"), f"{target['name']}: {reasons}"
    for left in record["partial"]:
        yield tr("Left out"), left
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
        ("Check", 18),
        ("Title", 44),
        ("Target", 14),
        ("Outcome", 15),
        ("Reason", 44),
        ("Examined", 10),
        ("Findings", 10),
        ("Not judged", 10),
        ("What to do", 44),
        ("Why it matters", 44),
        ("Sources", 30),
        ("Seconds", 9),
    )
    rows = (
        (
            check["id"],
            tr(check["title"]),
            check["target"] or tr("all"),
            State(state(check)),
            check["reason"],
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
    return _table(tr, "Checks", columns, rows, "No check was judged.")


def _findings(record: Record, tr: Translator) -> Sheet:
    columns = (
        ("Check", 18),
        ("Target", 14),
        ("Outcome", 15),
        ("Object", 36),
        ("Found", 50),
        ("Expected", 36),
        ("Waiver", 24),
        ("Rule", 36),
        ("Address of the rule", 36),
        ("Trust", 14),
        ("Title", 44),
    )
    rows = (
        (check["id"], check["target"] or tr("all"), *cells, tr(check["title"]))
        for check in record["checks"]
        for cells in _objects(check, tr)
    )
    return _table(tr, "Findings", columns, rows, "No finding.")


def _objects(check: Record, tr: Translator) -> Iterator[Sequence[Cell]]:
    """What a check names; one that nobody could judge has a row even where it names nothing."""
    for one in check["findings"]:
        waiver = one["waiver"]
        word = State("waived" if waiver else one["severity"])
        yield (
            word,
            one["subject"],
            one["found"],
            one["expected"],
            _waiver(waiver, tr),
            *_rule(one["source"], tr),
        )
    for one in check["unknown"]:
        yield State("undetermined"), one["subject"], one["reason"], "", "", "", "", ""
    if check["outcome"] == "undetermined" and not check["unknown"]:
        whole = check["target"] or tr("all")
        yield State("undetermined"), whole, check["reason"], "", "", "", "", ""
    for one in check["notes"]:
        yield State("good to know"), one["subject"], one["text"], "", "", "", "", ""


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
        ("Target", 16),
        ("Kind", 10),
        ("Address", 28),
        ("Product", 30),
        ("Version", 24),
        ("Build", 14),
        ("Read", 14),
        ("Reason", 60),
        ("Seconds", 9),
    )
    rows = (
        (
            *(target[key] or "" for key in ("name", "kind", "address")),
            *(target[key] or "" for key in ("product", "version", "build")),
            _read(target),
            "; ".join(target["unread"].values()) or target["reason"] or "",
            target["seconds"],
        )
        for target in record["targets"]
    )
    return _table(tr, "Targets", columns, rows, "The environment names no target.")


def _read(target: Record) -> State:
    if target["unread"]:
        return State("not read")
    return State("read" if target["read"] else "not needed")


def _waivers(record: Record, tr: Translator) -> Sheet:
    """Waivers, and what a named person attests: both are words of people."""
    columns = (
        ("Kind", 14),
        ("Check", 18),
        ("Subject or target", 36),
        ("State", 14),
        ("Findings", 10),
        ("Reason", 50),
        ("By", 20),
        ("Ticket", 18),
        ("Expires or said on", 18),
    )
    return _table(tr, "Waivers", columns, _people(record, tr), "No waiver and no attestation.")


def _people(record: Record, tr: Translator) -> Iterator[Sequence[Cell]]:
    for one in record["waivers"]:
        keys = ("reason", "approver", "ticket", "expires")
        told = [str(one[key] or "") for key in keys]
        kind = (tr("waiver"), one["check"], one["subject"])
        yield *kind, tr(one["state"]), one["matched"], *told
    for one in record["attestations"]:
        used = tr("used" if one["used"] else "unused")
        kind = (tr("attestation"), one["check"], one["target"] or tr("all"))
        yield *kind, used, "", one["text"], one["by"], "", str(one["date"])


def _comparison(record: Record, tr: Translator) -> Sheet:
    columns = (
        ("Change", 14),
        ("Kind", 14),
        ("Object", 36),
        ("Id", 24),
        ("Target", 14),
        ("Field", 24),
        ("Before", 36),
        ("After", 36),
        ("Explained by the step", 14),
    )
    baseline = record["baseline"]
    nothing = "Nothing differs." if baseline else "Nothing was compared: no --baseline was given."
    return _table(tr, "Comparison", columns, _changes(baseline, tr), nothing)


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
