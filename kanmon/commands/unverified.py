"""What blockers may rest on and no text bears out: by blocker, and by table for the page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from kanmon.check import Card, Severity
from kanmon.errors import UsageError
from kanmon.knowledge import Row, load, tables
from kanmon.suite.checks import checks

BEGIN = "<!-- from here on written by make docs -->"
END = "<!-- to here -->"
REF = "table:"
Used = Callable[[Row], bool]


def by_blocker(home: Path, run: Path | None = None) -> str:
    """Each blocker that unverified rows may decide, with these rows and what is noted of them.

    Args:
        home: the directory that ``checks/`` is in.
        run: rows that this run did not rest on are left out.

    Raises:
        UsageError: the run has no results that can be read.
    """
    used = _used(run) if run else _every
    told: list[str] = []
    found: set[tuple[str, str]] = set()
    blockers = 0
    for card, all_of_them in _blockers(home):
        rows = [row for row in all_of_them if used(row)]
        found |= {(row.table, row.key) for row in rows}
        blockers += bool(rows)
        told += [f"{card.id}: {card.title}", *(_line(row) for row in rows), ""] if rows else []
    of = len({table for table, _ in found})
    rows_of = f"unverified rows: {len(found)}, tables: {of}"
    return "\n".join([*told, f"{rows_of}, blockers that may rest on them: {blockers}"])


def section(home: Path) -> str:
    """The same rows by table, in Markdown."""
    blockers: dict[str, list[str]] = {}
    rows: dict[str, list[Row]] = {}
    for card, found in _blockers(home):
        for table in dict.fromkeys(row.table for row in found):
            blockers.setdefault(table, []).append(card.id)
            rows[table] = [row for row in found if row.table == table]
    told = []
    for table in sorted(rows):
        told += [f"### {table}", "", f"{', '.join(blockers[table])}:", ""]
        told += [f"- `{row.key}`: {_settles(row)}" for row in rows[table]]
        told.append("")
    return "\n".join(told)


def renewed(page: str, home: Path) -> str:
    """A page with the rows between its two marks written anew.

    Raises:
        UsageError: the page has not the two marks.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise UsageError(f"expected a page with {BEGIN} and {END}")
    return f"{before}{begin}\n\n{section(home)}{end}{after}"


def _blockers(home: Path) -> Iterator[tuple[Card, list[Row]]]:
    """The blockers by id, each with the unverified rows of the tables that its card names."""
    models = {model.table: model for model in tables()}
    for check in sorted(checks(home), key=lambda check: check.card.id):
        if check.card.severity is Severity.BLOCKER:
            named = [ref.removeprefix(REF) for ref in check.card.refs if ref.startswith(REF)]
            yield (
                check.card,
                [row for name in named for row in _unverified(load(models[name]).rows)],
            )


def _unverified(rows: Iterable[Row]) -> Iterator[Row]:
    return (row for row in rows if row.confidence == "unverified")


def _line(row: Row) -> str:
    cited = row.citation
    return f"  {row.table}: {row.key}\n    {row.note}\n    read: {cited.title}, {cited.url}"


def _settles(row: Row) -> str:
    cited = row.citation
    return f"{row.note}. Read: {cited.title}, <{cited.url}>"


def _every(_: Row) -> bool:
    return True


def _used(run: Path) -> Used:
    """Whether a run rested on a row."""
    file = run / "results.json"
    try:
        told: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["knowledge"]
        used = {(one["table"], row) for one in told for row in one["unverified_rows_used"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{file} cannot be read: {error!r}") from None
    return lambda row: (row.table, row.key) in used
