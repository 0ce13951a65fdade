"""What a source lies in as a file becomes tables of an operator's overlay.

Whatever cannot be read is refused, all of it at once, by file, row (as a spreadsheet counts them)
and column.
"""

from __future__ import annotations

import calendar
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kanmon.knowledge import KnowledgeError, load, parse, sources
from kanmon.knowledge.offered import Offered, Provenance
from kanmon.knowledge.rows import Row
from kanmon.knowledge.sheet import own_columns


@dataclass(frozen=True, slots=True)
class Told:
    """What the operator says of a file that does not say it itself.

    Attributes:
        table: the table of a CSV whose name does not say it.
        address: where the text stands.
        retrieved: when it was read.
        ignored: columns of a CSV that the table has not.
    """

    table: str | None = None
    address: str | None = None
    retrieved: dt.date | None = None
    ignored: frozenset[str] = frozenset()


NOTHING = Told()


def import_file(
    file: Path, directory: Path, today: dt.date, *, replace: bool, told: Told = NOTHING
) -> str:
    """Write the tables of a file into an overlay.

    Args:
        file: in one of the forms of `kanmon.knowledge.sources`.
        directory: of the overlay; made if need be.
        today: no row can have been retrieved later.
        replace: tables that are there already are replaced.
        told: what the file does not say.

    Returns:
        what was written, in words.

    Raises:
        KnowledgeError: something cannot be read or is there already; then nothing is written.
    """
    rows = _rows(file, today, told)
    texts = {}
    written = []
    for model in dict.fromkeys(row.model for row in rows):
        path = directory / f"{model.table}.toml"
        texts[path] = _toml(file, model, [row for row in rows if row.model is model])
        table = parse(model, texts[path], str(path), overlay=True)
        replaced = sum(load(model).get(row.key) is not None for row in table.rows)
        written.append(
            f"wrote {path}, rows: {len(table.rows)} ({replaced} in place of the project's), "
            f"review by {table.review_by}"
        )
    _write(texts, replace=replace)
    return "\n".join(written)


def _write(texts: dict[Path, str], *, replace: bool) -> None:
    try:
        there = [str(path) for path in texts if path.exists() and not replace]
        if there:
            raise KnowledgeError(
                f"nothing was written: there is {', '.join(there)} (give --replace)"
            )
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f".{path.name}")  # no overlay until it is whole
            unfinished.write_text(text, encoding="utf-8")
            unfinished.replace(path)
    except OSError as error:
        raise KnowledgeError(f"{error.filename} cannot be written: {error.strerror}") from None


def _rows(file: Path, today: dt.date, told: Told) -> list[Offered]:
    """The rows of a file that has no fault."""
    read = sources.read(file, told.table, today)
    unknown = [column for column in read.left_aside if column not in told.ignored]
    if unknown:
        known = ", ".join([*own_columns(read.models[0]), *sources.ABOUT])
        raise KnowledgeError(
            "\n  ".join(
                [
                    f"{file}, row 1, the header:",
                    *(f"{column}: expected one of {known}, or --ignore" for column in unknown),
                ]
            )
        )
    rows = [_dated(row, told) for row in read.rows]
    faults = list(read.faults)
    first: dict[tuple[type[Row], str], str] = {}
    for row in rows:
        try:
            key = row.row().key
        except KnowledgeError as error:
            faults.append(str(error))
            continue
        faults += _lacking(row, today)
        before = first.setdefault((row.model, key), row.where)
        if before != row.where:
            faults.append(f"{row.where}: {key!r} is told already in {before}")
    if faults or not rows:
        faults = faults or ["expected a row below the header"]
        raise KnowledgeError("\n  ".join([f"{file} cannot be imported:", *faults]))
    return rows


def _dated(row: Offered, told: Told) -> Offered:
    """The row with what the operator says of its source where the file does not."""
    text = row.text
    own = Provenance(text.title, text.url or told.address, text.retrieved or told.retrieved)
    return replace(row, text=own)


def _lacking(row: Offered, today: dt.date) -> list[str]:
    """What an overlay needs to know of a row's source and is not told."""
    text = row.text
    faults = []
    if not text.title:
        faults.append(f"{row.where}, source: expected what the text is called")
    if not text.url:
        faults.append(f"{row.where}, address: expected where the text stands, or --address")
    if text.retrieved is None or text.retrieved > today:
        got = f", got {text.retrieved}" if text.retrieved else ""
        faults.append(
            f"{row.where}, retrieved: expected a day up to today, or --retrieved DAY{got}"
        )
    return faults


def _toml(file: Path, model: type[Row], rows: Sequence[Offered]) -> str:
    """The table that rows of one file make."""
    texts = list(dict.fromkeys(row.text for row in rows))
    newest = max(text.retrieved for text in texts if text.retrieved)
    lines = []
    for row in rows:
        cells = [f"{name} = {_cell(value)}" for name, value in row.values.items()]
        cells.append(f'source = "export_{texts.index(row.text) + 1}"')
        if row.confidence != "documented":
            cells.append(f"confidence = {_cell(row.confidence)}")
        cells += [f"note = {_cell(row.note)}"] if row.note else []
        lines.append(f"    {{ {', '.join(cells)} }},\n")
    head = (
        f"title = {_cell(f'{load(model).title} (imported from {file.name})')}\n"
        f'review_by = {_half_a_year_after(newest)}\nconfidence = "documented"\n'
    )
    tables = [
        f"\n[sources.export_{number}]\ntitle = {_cell(text.title)}\nurl = {_cell(text.url)}\n"
        f"retrieved = {text.retrieved}\n"
        for number, text in enumerate(texts, start=1)
    ]
    return f"{head}\nrows = [\n{''.join(lines)}]\n{''.join(tables)}"


def _cell(value: Any) -> str:
    """A value of TOML: as JSON has it, but for days and for one character more to escape."""
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_cell(key)} = {_cell(one)}' for key, one in value.items())} }}"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _half_a_year_after(day: dt.date) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + 6, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))
