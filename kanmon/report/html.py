"""The page that a change board reads: plain HTML, complete without scripts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from kanmon.check import Card
from kanmon.judgement import OVERLAY, remarks
from kanmon.report import plan_html
from kanmon.report.words import (
    Record,
    failed,
    meaning,
    moment,
    name,
    outcome,
    overlay,
    unread,
)

STYLE = f"<style>{(Path(__file__).parent / 'report.css').read_text(encoding='utf-8')}</style>"
SHOWN = 200
"""Findings of one check in the page; all of them are in ``results.json``."""

PRODUCTS = (
    ("vcenter", "vCenter"),
    ("esxi", "ESXi"),
    ("nsx", ""),  # its version names the product
    ("deep_security", "Deep Security"),
)
NOTHING = "Nothing blocks in what could be judged."
READ_FIRST = "Make readable what could not be read (the reason says what), then run again."
WORD = 24
"""Characters of a cell that is not broken over lines."""


def page(record: Record) -> str:
    """Verdict, coverage, blockers, plan and targets first, then every check, then the knowledge."""
    return "\n".join(
        [
            '<main class="kanmon">',
            _banner(record),
            _coverage(record["coverage"]),
            _group("Blockers: what stands against it", failed(record, "blocker"), NOTHING),
            plan_html.section(record["plan"], record["step"], str) if record["plan"] else "",
            _targets(record["targets"]),
            _group("Undetermined: nobody can say", outcome(record, "undetermined")),
            _group("Open warnings: to be signed off", failed(record, "warning")),
            _group("Advice: know it", failed(record, "advice")),
            _group("Passed", outcome(record, "pass")),
            _group("Not applicable", outcome(record, "not applicable")),
            _knowledge(record["knowledge"]),
            '<h2 class="k-engineers">For engineers: every item as pytest saw it</h2>',
            "</main>",
        ]
    )


def not_judged() -> str:
    """The page of a run that ended before its verdict."""
    return (
        '<main class="kanmon"><section class="k-banner k-INCOMPLETE">'
        '<p class="k-verdict">NOT JUDGED</p>'
        "<p>The run ended before a verdict: this page holds none.</p>"
        "</section></main>"
    )


def row_cell(card: Card | None) -> str:
    """The cell of pytest-html's own table that names the check."""
    text = f"{card.id} {card.title}" if card else ""
    return f'<td class="col-check">{escape(text)}</td>'


def _banner(record: Record) -> str:
    change = record["change"] or {}
    window = change.get("window")
    upgrade = record["upgrade"]
    wanted = [f"{name_} {upgrade[key]}".strip() for key, name_ in PRODUCTS if upgrade[key]]
    facts = [
        ("Environment", f"{record['environment']}{' (simulated)' if record['simulated'] else ''}"),
        ("Change", change.get("number") or "none named"),
        ("Upgrade to", ", ".join(wanted) or "nothing named"),
        (
            "Window",
            f"{moment(window['start'])} to {moment(window['end'])}" if window else "none named",
        ),
        ("Step and phase", f"{record['step'] or 'all steps'}, {record['phase']}"),
        ("Read", moment(record["read"])),
        ("Judged", moment(record["finished"])),
        (
            "kanmon",
            f"{record['suite']['version']} {_commit(record)}".strip(),
        ),
    ]
    if own := overlay(record):
        facts.append(("Operator's overlay", own))
    if record["judged_again"]:
        facts.append(("Facts of an earlier run", record["judged_again"]))
    pairs = "".join(
        f"<div><dt>{escape(title)}</dt><dd>{escape(value)}</dd></div>" for title, value in facts
    )
    verdict = escape(record["verdict"])
    said = meaning(record)
    return (
        f'<section class="k-banner k-{verdict}"><p class="k-verdict">{verdict}</p>'
        f'<p class="k-meaning">{escape(said[0].upper() + said[1:])}.</p>{_first(record)}'
        f"<dl>{pairs}</dl></section>"
    )


def _commit(record: Record) -> str:
    commit = record["suite"]["commit"] or ""
    return commit[:12] + ("-dirty" if commit.endswith("-dirty") else "")


def _first(record: Record) -> str:
    """One line for each blocker and each target that was not wholly read."""
    lines = [f"Blocker: {name(check)}" for check in failed(record, "blocker")]
    lines += [f"Not wholly read: {target['name']}" for target in unread(record)]
    lines += [f"Left out: {', '.join(record['partial'])}"] if record["partial"] else []
    lines += [f"Not judged: {id_}, which says how the step ended" for id_ in record["unjudged"]]
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>" if lines else ""


def _coverage(counted: Record) -> str:
    names = ("planned", "judged", "passed", "failed", "undetermined", "not_applicable")
    tiles = "".join(
        f'<div class="k-tile"><b>{counted[name]}</b><span>{name.replace("_", " ")}</span></div>'
        for name in names
    )
    return f'<section><h2>How much was looked at</h2><div class="k-tiles">{tiles}</div></section>'


def _targets(targets: Sequence[Record]) -> str:
    rows = (
        (
            target["name"],
            target["kind"],
            target["address"],
            " ".join(filter(None, (target["product"], target["version"]))) or "unknown",
            target["build"] or "",
            _read(target),
            f"{target['seconds']:.1f} s" if target["parts"] else "",
        )
        for target in targets
    )
    header = ("Target", "Kind", "Address", "Product and version", "Build", "Read", "Took")
    return f"<section><h2>Targets</h2>{_table(header, rows)}</section>"


def _read(target: Record) -> str:
    if not target["parts"]:
        return "not needed by this run"
    return "read" if target["read"] else f"NOT READ: {target['reason']}"


def _group(title: str, checks: Sequence[Record], nothing: str | None = None) -> str:
    if not checks:
        return (
            f"<section><h2>{escape(title)}</h2><p>{escape(nothing)}</p></section>"
            if nothing
            else ""
        )
    articles = "".join(_check(check) for check in checks)
    return f"<section><h2>{escape(title)} ({len(checks)})</h2>{articles}</section>"


def _check(check: Record) -> str:
    label = check["severity"] if check["outcome"] == "fail" else check["outcome"]
    head = (
        f'<h3><span class="k-label k-{escape(label.replace(" ", "-"))}">{escape(label)}</span> '
        f"{escape(check['id'])} {escape(check['title'])}"
        f"{' (' + escape(check['target']) + ')' if check['target'] else ''}</h3>"
        f"<p>{escape(check['reason'])}</p>"
    )
    body = _findings(check["findings"]) + _unknown(check["unknown"]) + _notes(check["notes"])
    if check["outcome"] in ("fail", "undetermined"):
        remedy = check["remediation"] if check["outcome"] == "fail" else READ_FIRST
        body += (
            f"<p><b>Why it matters:</b> {escape(check['why'])}</p>"
            f"<p><b>What to do:</b> {escape(remedy)}</p>"
        )
    return f"<article>{head}{body}{_sources(check)}</article>"


def _findings(findings: Sequence[Record]) -> str:
    if not findings:
        return ""
    rows = (
        (one["subject"], one["found"], one["expected"], one["severity"], _rule(one["source"]))
        for one in findings[:SHOWN]
    )
    return _table(("Object", "Found", "Expected", "Severity", "Rule"), rows) + _more(findings)


def _unknown(unknown: Sequence[Record]) -> str:
    if not unknown:
        return ""
    rows = ((one["subject"], one["reason"]) for one in unknown[:SHOWN])
    return _table(("Object that could not be judged", "Why"), rows) + _more(unknown)


def _notes(notes: Sequence[Record]) -> str:
    if not notes:
        return ""
    rows = ((one["subject"], one["text"]) for one in notes[:SHOWN])
    return _table(("Object", "Good to know"), rows) + _more(notes)


def _more(records: Sequence[Record]) -> str:
    rest = len(records) - SHOWN
    return f"<p>and {rest} more: all are in results.json</p>" if rest > 0 else ""


def _rule(source: Record | None) -> str:
    if source is None:
        return "the claim itself"
    known = remarks(source["confidence"], overlay=source["overlay"])
    said = "; ".join([f"{source['title']}, {source['confidence']}", *known])
    return f"{said}: {source['url']}"


def _sources(check: Record) -> str:
    cited = {
        (s["title"], s["url"], s["confidence"], s["retrieved"], s["overlay"])
        for s in [*check["rests_on"], *(f["source"] for f in check["findings"] if f["source"])]
    }
    texts = [
        f"{t}, {u} ({c}, retrieved {r}{', ' + OVERLAY if own else ''})"
        for t, u, c, r, own in sorted(cited)
    ]
    texts += [ref for ref in check["references"] if not ref.startswith("table:")]
    if not texts:
        return ""
    return f'<p class="k-sources"><b>Sources:</b> {escape("; ".join(texts))}</p>'


def _knowledge(tables: Sequence[Record]) -> str:
    rows = (
        (
            one["table"],
            one["title"],
            one["review_by"],
            ", ".join(one["unverified_rows_used"]) or "none",
            *_own(one["overlay"]),
        )
        for one in tables
    )
    header = (
        "Table",
        "What it holds",
        "Review by",
        "Unverified rows that this run rested on",
        "Rows of the operator's overlay",
        "Those that this run rested on",
    )
    return f"<section><h2>Knowledge</h2>{_table(header, rows)}</section>"


def _own(overlay_: Record | None) -> tuple[str, str]:
    """The operator's own rows of a table, and those that the run rested on."""
    if overlay_ is None:
        return "none", "none"
    rows = f"{_some(overlay_['rows'])} (review by {overlay_['review_by']})"
    return rows, _some(overlay_["rows_used"]) or "none"


def _some(keys: Sequence[str]) -> str:
    rest = len(keys) - SHOWN
    return "; ".join([*keys[:SHOWN], *([f"and {rest} more in results.json"] if rest > 0 else [])])


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="k-scroll">{table}</div>'


def _cell(text: str) -> str:
    """A cell; a word or a figure is not broken."""
    short = ' class="k-short"' if len(text) <= WORD else ""
    return f"<td{short}>{escape(text)}</td>"
