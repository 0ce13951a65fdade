"""The page that a change board reads: plain HTML, complete without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

from kanmon.check import Card
from kanmon.judgement import CONFIRM
from kanmon.report.terminal import MEANING

SHOWN = 200
"""Findings of one check in the page; all of them are in ``results.json``."""

WORD = 24
"""Characters of a cell that is not broken over lines."""

Record = dict[str, Any]
GROUPS: tuple[tuple[str, Callable[[Record], bool]], ...] = (
    ("Blockers: what stands against it", lambda c: _failed(c, "blocker")),
    ("Undetermined: nobody can say", lambda c: c["outcome"] == "undetermined"),
    ("Open warnings: start only with a sign-off", lambda c: _failed(c, "warning")),
    ("Advice: know it", lambda c: _failed(c, "advice")),
    ("Passed", lambda c: c["outcome"] == "pass"),
    ("Not applicable", lambda c: c["outcome"] == "not applicable"),
)


def page(record: Record) -> str:
    """Verdict, coverage, targets and blockers first, then every check, then the knowledge."""
    stands = [(title, _of(record, fits)) for title, fits in GROUPS]
    first, rest = stands[:1], stands[1:]
    return "\n".join(
        [
            '<main class="kanmon">',
            _banner(record),
            _coverage(record["coverage"]),
            *(_group(title, checks, nothing="Nothing blocks.") for title, checks in first),
            _targets(record["targets"]),
            *(_group(title, checks) for title, checks in rest),
            _knowledge(record["knowledge"]),
            "</main>",
        ]
    )


def not_judged() -> str:
    """The page of a run that was interrupted."""
    return (
        '<main class="kanmon"><section class="k-banner k-INCOMPLETE">'
        '<p class="k-verdict">NOT JUDGED</p>'
        "<p>The run was interrupted before its end: this page holds no verdict.</p>"
        "</section></main>"
    )


def row_cell(card: Card | None) -> str:
    """The cell of pytest-html's own table that names the check."""
    text = f"{card.id} {card.title}" if card else ""
    return f'<td class="col-check">{escape(text)}</td>'


def _failed(check: Record, severity: str) -> bool:
    return bool(check["outcome"] == "fail" and check["severity"] == severity)


def _of(record: Record, fits: Callable[[Record], bool]) -> list[Record]:
    return [check for check in record["checks"] if fits(check)]


def _banner(record: Record) -> str:
    verdict = record["verdict"]
    change = record["change"] or {}
    window = change.get("window") or {}
    step = record["step"] or "all steps"
    facts = [
        ("Environment", record["environment"]),
        ("Change", change.get("number") or "none named"),
        ("Window", f"{window['start']} to {window['end']}" if window else "none named"),
        ("Step and phase", f"{step}, {record['phase']}"),
        ("Read and judged", f"{record['started']} to {record['finished']}"),
        (
            "kanmon",
            f"{record['suite']['version']} {(record['suite']['commit'] or '')[:12]}".strip(),
        ),
    ]
    if record["judged_again"]:
        facts.append(("Facts of an earlier run", record["judged_again"]))
    if record["partial"]:
        facts.append(("Partial run, narrowed by", ", ".join(record["partial"])))
    pairs = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts
    )
    return (
        f'<section class="k-banner k-{escape(verdict)}"><p class="k-verdict">{escape(verdict)}</p>'
        f"<p>{escape(_meaning(record))}</p><dl>{pairs}</dl></section>"
    )


def _meaning(record: Record) -> str:
    text = f"{MEANING[record['verdict']].capitalize()}."
    open_ = len(_of(record, lambda check: _failed(check, "warning")))
    if record["verdict"] == "GO" and open_:
        return f"{text} {open_} open warning{'s' if open_ > 1 else ''}: to be signed off first."
    return text


def _coverage(counted: Record) -> str:
    names = ("planned", "judged", "passed", "failed", "undetermined", "not_applicable", "waived")
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
            "read" if target["read"] else f"NOT READ: {target['reason']}",
            f"{target['seconds']:.1f} s" if target["parts"] else "",
        )
        for target in targets
    )
    header = ("Target", "Kind", "Address", "Product and version", "Build", "Read", "Took")
    return f"<section><h2>Targets</h2>{_table(header, rows)}</section>"


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
    body = _findings(check["findings"]) + _unknown(check["unknown"])
    if check["outcome"] in ("fail", "undetermined"):
        body += (
            f"<p><b>Why it matters:</b> {escape(check['why'])}</p>"
            f"<p><b>What to do:</b> {escape(check['remediation'])}</p>"
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


def _more(records: Sequence[Record]) -> str:
    rest = len(records) - SHOWN
    return f"<p>and {rest} more: all are in results.json</p>" if rest > 0 else ""


def _rule(source: Record | None) -> str:
    if source is None:
        return "the claim itself"
    doubt = f"; {CONFIRM}" if source["confidence"] == "unverified" else ""
    return f"{source['title']}, {source['confidence']}{doubt}: {source['url']}"


def _sources(check: Record) -> str:
    cited = {
        (s["title"], s["url"], s["confidence"], s["retrieved"])
        for s in [*check["rests_on"], *(f["source"] for f in check["findings"] if f["source"])]
    }
    texts = [f"{t}, {u} ({c}, retrieved {r})" for t, u, c, r in sorted(cited)]
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
        )
        for one in tables
    )
    header = ("Table", "What it holds", "Review by", "Unverified rows that this run rested on")
    return f"<section><h2>Knowledge</h2>{_table(header, rows)}</section>"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(text: str) -> str:
    """A cell; a word or a figure is not broken."""
    short = ' class="k-short"' if len(text) <= WORD else ""
    return f"<td{short}>{escape(text)}</td>"
