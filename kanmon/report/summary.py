"""``summary.md``: what a change ticket is told, in fewer than 60 lines whatever was found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kanmon.report import approval
from kanmon.report.heading import about, counted
from kanmon.report.plain import cut, one_line
from kanmon.report.translate import Translator
from kanmon.report.words import (
    REMEDIES,
    Record,
    approver,
    cause,
    failed,
    gravest,
    headline,
    kept_open,
    outcome,
    unread,
)

BLOCKERS = 4
REASONS = 4
WAIVERS = 3
DIFFERENT = 4
IDS = 30
"""How many of each are told; the last line of a list says how many more there are."""
LENGTH = 240
"""Characters of one text that was read."""
UNTRUE = ("expired", "too wide", "unknown check", "not waivable", "not signed")
"""States of a waiver that waives nothing and has to be looked at."""


def text(record: Record, translate: Translator = str) -> str:
    """The summary as Markdown.

    Whatever was read from the estate stands between backticks, where Markdown has no meaning:
    no name makes a heading, a link, an image or a mention.

    Args:
        record: the run's ``results.json``.
        translate: of the language.
    """
    lines = [
        f"# {record['verdict']}: {headline(record, translate)}",
        "",
        *_about(record, translate),
    ]
    for section in (_approved, _blockers, _undetermined, _waivers):
        if told := list(section(record, translate)):
            lines += ["", *told]
    return "\n".join([*lines, "", _where(translate), ""])


def code(text: str) -> str:
    """A text as Markdown shows it literally: between more backticks than it has in a row."""
    shown = cut(one_line(text).strip(), LENGTH) or "-"
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def prose(text: str) -> str:
    """A text of ours in which no character has a meaning in Markdown."""
    return re.sub(r"([\\`*_\[\]<>|&~#])", r"\\\1", one_line(text))


def _approved(record: Record, tr: Translator) -> Iterator[str]:
    """What is different from what the board saw."""
    if approved := record["approved"]:
        yield from (f"## {tr('What the board approved')}", "")
        yield f"- {code(approval.said(approved, tr))}"
        yield from (
            f"- {code(approval.told(one, tr))}" for one in approved["different"][:DIFFERENT]
        )
        if (rest := len(approved["different"]) - DIFFERENT) > 0:
            yield f"- {_and_more(rest, tr)}"


def _about(record: Record, tr: Translator) -> Iterator[str]:
    yield from (f"- {name}: {code(value)}" for name, value in about(record, tr))
    counts = ", ".join(f"{word} {number}" for word, number in counted(record, tr))
    yield f"- {tr('Looked at')}: {counts}"
    if missed := unread(record):
        names = _some([code(target["name"]) for target in missed], tr)
        yield f"- {tr('Not wholly read')}: {names}"
    for title, ids in (
        (tr("Left out of this partial run"), [tr(one) for one in record["partial"]]),
        (tr("Not judged, though it says how the step ended"), record["unjudged"]),
        (tr("Open warnings, to be signed off"), _ids(failed(record, "warning"))),
    ):
        if ids:
            yield f"- {title} ({len(ids)}): {_some([code(id_) for id_ in ids], tr)}"


def _blockers(record: Record, tr: Translator) -> Iterator[str]:
    """Each blocker with its first finding and what to do; of too many, the names of the others."""
    checks = failed(record, "blocker")
    if not checks:
        return
    yield from (f"## {tr('Blockers')} ({len(checks)})", "")
    for check in checks[:BLOCKERS]:
        yield f"- **{check['id']}** ({_target(check, tr)}): {_first(check, tr)}"
        yield f"  - {tr('What to do')}: {prose(tr(check['remediation']))}"
        yield f"  - {tr('The claim')}: {prose(tr(check['title']))}"
    if rest := checks[BLOCKERS:]:
        yield f"- {_and_more(len(rest), tr)}: {_some([code(id_) for id_ in _ids(rest)], tr)}"


def _first(check: Record, tr: Translator) -> str:
    """The first finding that blocks, and how many findings there are beside it."""
    first, *_ = gravest(check)
    told = tr("{}: found {}, expected {}").format(
        code(first["subject"]), *(code(tr(first[key])) for key in ("found", "expected"))
    )
    rest = sum(not one["waiver"] for one in check["findings"]) - 1
    return f"{told}; {_and_more(rest, tr)}" if rest else told


def _undetermined(record: Record, tr: Translator) -> Iterator[str]:
    """Each reason why nobody can say, with the checks that it keeps open."""
    checks = outcome(record, "undetermined")
    if not checks:
        return
    yield from (f"## {tr('Undetermined: nobody can say')} ({len(checks)})", "")
    told = [one for one in record["causes"] if one["keeps"]]
    for one in told[:REASONS]:
        helps = f"{tr('What to do')}: {prose(tr(REMEDIES[one['remedy']]))}"
        kept = _some([code(id_) for id_ in kept_open(one)], tr)
        yield f"- {code(cause(one, tr))}: {kept}. {helps}"
    if rest := told[REASONS:]:
        ids = sorted({id_ for one in rest for id_ in kept_open(one)})
        yield f"- {_and_more(len(rest), tr)}: {_some([code(id_) for id_ in ids], tr)}"


def _waivers(record: Record, tr: Translator) -> Iterator[str]:
    """The waivers in use, and those that waive nothing although somebody wrote them."""
    waivers = record["waivers"]
    used = [one for one in waivers if one["state"] == "used"]
    untrue = [one for one in waivers if one["state"] in UNTRUE]
    if not used and not untrue:
        return
    yield from (f"## {tr('Waivers')} ({len(used)})", "")
    for one in used[:WAIVERS]:
        told = tr("{} findings waived by {} until {}, ticket {}: {}").format(
            one["matched"],
            code(approver(one, tr)),
            *(code(str(one[key])) for key in ("expires", "ticket", "reason")),
        )
        yield f"- **{code(one['check'])}** {told}"
    if len(used) > WAIVERS:
        yield f"- {_and_more(len(used) - WAIVERS, tr)}"
    if untrue:
        told = _some([f"{code(one['check'])} ({tr(one['state'])})" for one in untrue], tr)
        yield f"- {tr('Waivers that waive nothing')}: {told}"


def _where(tr: Translator) -> str:
    told = tr("The full report is {} and {}, the evidence is {}; they stand beside this file.")
    files = ("report.html", "report.xlsx", "results.json")
    return told.format(*(code(name) for name in files))


def _target(check: Record, tr: Translator) -> str:
    return code(check["target"]) if check["target"] else tr("the whole estate")


def _ids(checks: Sequence[Record]) -> list[str]:
    return [f"{c['id']} ({c['target']})" if c["target"] else str(c["id"]) for c in checks]


def _some(names: Sequence[str], tr: Translator) -> str:
    """As many names as a line takes."""
    rest = len(names) - IDS
    return ", ".join([*names[:IDS], *([_and_more(rest, tr)] if rest > 0 else [])])


def _and_more(number: int, tr: Translator) -> str:
    return tr("and {} more").format(number)
