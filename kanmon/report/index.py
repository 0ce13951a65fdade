"""``reports/<environment>/index.html``: the runs of an environment, newest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from urllib.parse import quote

from kanmon.report import files, runs
from kanmon.report.brief import SEVERITIES, Brief
from kanmon.report.changes import KINDS, Change, changes, compared_with
from kanmon.report.plain import one_line
from kanmon.report.runs import Seen
from kanmon.report.translate import Translator, translator
from kanmon.report.words import moment
from kanmon.text import Text

STYLE = (Path(__file__).parent / "index.css").read_text(encoding="utf-8")
NOTHING_IS_LOADED = "default-src 'none'; style-src 'unsafe-inline'"
LINKED = ("report.html", "report.xlsx", "summary.md", "results.json", "junit.xml")
COLUMNS = (
    Text("Run"),
    Text("Verdict"),
    Text("Stands against it"),
    Text("Looked at"),
    Text("What changed"),
    Text("Files"),
)
SHOWN = 12
"""Checks of one kind of change; the report has them all."""
OPEN = 4
"""Of how many the list is open from the start."""
ROUNDS = 5
"""How often the page is written while other runs end."""


def rebuild(directory: Path, language: str = "en") -> None:
    """Write the index of an environment anew.

    Another run may end at the same moment and do the same, so the directory is looked at again
    afterwards: whoever writes last has seen every run that had ended by then.

    Args:
        directory: ``reports/<environment>``.
        language: one of ``kanmon.report.translate.LANGUAGES``.

    Raises:
        OSError: the directory cannot be read, or the page cannot be written.
    """
    for _ in range(ROUNDS):
        before = runs.stamps(directory)
        text = page(directory.name, runs.look(directory), language)
        files.replace(directory / "index.html", text.encode(errors="replace"))
        if runs.stamps(directory) == before:
            return


def page(environment: str, seen: Sequence[Seen], language: str = "en") -> str:
    """The page: a table that needs no script, and becomes a list on a narrow screen."""
    tr = translator(language)
    title = _text(tr("Runs of {}").format(environment))
    briefs = {run.name: run.brief for run in seen if run.brief}
    head = "".join(f'<th scope="col">{_text(tr(column))}</th>' for column in COLUMNS)
    body = "\n".join(_row(run, briefs, tr) for run in seen)
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{NOTHING_IS_LOADED}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{title}</h1>\n<p>{_text(tr(NOTE))}</p>\n"
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n"
        "</main>\n</body>\n</html>\n"
    )


NOTE = Text(
    "Newest first. A run is compared with the latest whole run before it of the same step and "
    "phase; one that judged again, with the run whose facts it judged."
)


def _row(run: Seen, briefs: Mapping[str, Brief], tr: Translator) -> str:
    if run.brief is None:
        fault, *values = run.fault
        told = f'<p class="word unusable">{_text(tr("NO VERDICT"))}</p>'
        cells = [_run(run.name), told, _text(tr(fault).format(*values)), "", "", _files(run)]
    else:
        cells = [
            _about(run.name, run.brief, tr),
            _verdict(run.brief, tr),
            _against(run.brief, tr),
            _looked_at(run.brief, tr),
            _changed(run.name, briefs, tr),
            _files(run),
        ]
    labelled = zip(COLUMNS, cells, strict=True)
    row = "".join(f'<td data-label="{_text(tr(name))}">{cell}</td>' for name, cell in labelled)
    return f'<tr id="{_text(run.name)}">{row}</tr>'


def _run(name: str) -> str:
    return f'<span class="name">{_text(name)}</span>'


def _about(name: str, brief: Brief, tr: Translator) -> str:
    time = moment(brief.started.isoformat())
    told = [f"{brief.step or tr('all steps')}, {tr(brief.phase)}"]
    told += [brief.change] if brief.change else []
    told += [tr("simulated")] if brief.simulated else []
    told += [tr("judged again: {}").format(brief.judged_again)] if brief.judged_again else []
    lines = "".join(f"<br>{_text(one)}" for one in told)
    return f"<b>{_text(time)}</b>{lines}<br>{_run(name)}"


def _verdict(brief: Brief, tr: Translator) -> str:
    word = f'<p class="word {brief.verdict}">{_text(tr(brief.verdict))}</p>'
    until = brief.valid_until
    if until is None:
        return word
    told = Text("holds until {}") if datetime.now(UTC) <= until else Text("over since {}")
    return f"{word}<p>{_text(tr(told).format(moment(until.isoformat())))}</p>"


def _against(brief: Brief, tr: Translator) -> str:
    counts = [
        (word, brief.count(word)) for word in (*SEVERITIES, "undetermined", "waived", "attested")
    ]
    counts += [(Text("not wholly read"), brief.unread), (Text("left out"), brief.partial)]
    told = [f"<li>{_text(tr(word))}: <b>{number}</b></li>" for word, number in counts if number]
    return f"<ul>{''.join(told)}</ul>" if told else _text(tr("nothing"))


def _looked_at(brief: Brief, tr: Translator) -> str:
    return _text(tr("{} of {} checks judged").format(brief.judged, brief.planned))


def _changed(name: str, briefs: Mapping[str, Brief], tr: Translator) -> str:
    before = compared_with(name, briefs)
    if before is None:
        return _text(tr("There is no run to compare it with."))
    found = changes(briefs[before], briefs[name])
    link = f'<a href="#{quote(before)}">{_text(moment(briefs[before].started.isoformat()))}</a>'
    told = "".join(_kind(kind, found, tr) for kind in KINDS)
    return f"<p>{_text(tr('Since'))} {link}:</p>{told or _text(tr('nothing'))}"


def _kind(kind: str, found: Sequence[Change], tr: Translator) -> str:
    """The checks of one kind of change, with what they were."""
    these = [one for one in found if one.kind == kind]
    if not these:
        return ""
    items = "".join(f"<li>{_text(line)}</li>" for line in _lines(these, tr))
    title = f"{_text(tr(kind))} ({len(these)})"
    mark = " open" if len(these) <= OPEN else ""
    return f"<details{mark}><summary>{title}</summary><ul>{items}</ul></details>"


def _lines(these: Sequence[Change], tr: Translator) -> Iterator[str]:
    for one in these[:SHOWN]:
        target = f" ({one.target})" if one.target else ""
        yield f"{one.id}{target}: {tr(one.before)} \N{RIGHTWARDS ARROW} {tr(one.now)}"
    if (rest := len(these) - SHOWN) > 0:
        yield tr("and {} more").format(rest)


def _files(run: Seen) -> str:
    home = quote(run.name, safe="")
    links = [f'<a href="./{home}/{name}">{name}</a>' for name in LINKED if name in run.files]
    return "<br>".join(links)


def _text(text: str) -> str:
    return escape(one_line(text))
