"""A compatibility export, as CSV, becomes tables of an operator's overlay.

Whatever cannot be read is refused, all of it at once, by row (as a spreadsheet counts them) and
column.
"""

from __future__ import annotations

import calendar
import csv
import datetime as dt
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import ValidationError

from kanmon.knowledge import KnowledgeError, load, parse
from kanmon.knowledge.pairs import COLUMNS, Line
from kanmon.knowledge.rows import Row


def import_csv(file: Path, directory: Path, today: dt.date, *, replace: bool) -> str:
    """Write the tables of a CSV into an overlay.

    Args:
        file: the CSV.
        directory: of the overlay; made if need be.
        today: no row can have been retrieved later.
        replace: tables that are there already are replaced.

    Returns:
        what was written, in words.

    Raises:
        KnowledgeError: something cannot be read or is there already; then nothing is written.
    """
    lines = _lines(file, today)
    texts = {}
    told = []
    for model in dict.fromkeys(line.model for line in lines):
        path = directory / f"{model.table}.toml"
        texts[path] = _toml(file, model, [line for line in lines if line.model is model])
        table = parse(model, texts[path], str(path), overlay=True)
        replaced = sum(load(model).get(row.key) is not None for row in table.rows)
        told.append(
            f"wrote {path}, rows: {len(table.rows)} ({replaced} in place of the project's), "
            f"review by {table.review_by}"
        )
    _write(texts, replace=replace)
    return "\n".join(told)


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


def _lines(file: Path, today: dt.date) -> list[Line]:
    """The rows of a CSV that has no fault."""
    (header, *records), faults = _records(file), []
    lines: list[Line] = []
    first: dict[tuple[type[Row], tuple[str, ...]], int] = {}
    for number, record in enumerate(records, start=2):
        if not any(record):
            continue
        try:
            line = _line(header, record, today)
        except KnowledgeError as error:
            faults += [f"row {number}, {fault}" for fault in str(error).splitlines()]
            continue
        before = first.setdefault((line.model, tuple(line.versions.values())), number)
        if before != number:
            faults.append(f"row {number}, version and with_version: the same as in row {before}")
        lines.append(line)
    if faults or not lines:
        faults = faults or ["expected a row below the header"]
        raise KnowledgeError("\n  ".join([f"{file} cannot be imported:", *faults]))
    return lines


def _line(header: Sequence[str], record: Sequence[str], today: dt.date) -> Line:
    if len(record) != len(header):
        raise KnowledgeError(f"every column: expected {len(header)} cells, got {len(record)}")
    try:
        return Line.model_validate(dict(zip(header, record, strict=True)), context={"today": today})
    except ValidationError as error:
        faults = (f"{one['loc'][0]}: {one['msg']}" for one in error.errors())
        raise KnowledgeError("\n".join(faults).replace("Value error, ", "")) from None


def _records(file: Path) -> list[list[str]]:
    """Header and rows, each cell without needless blanks."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
        first = text.partition("\n")[0]
        delimiter = ";" if first.count(";") > first.count(",") else ","
        found = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        records = [[" ".join(cell.split()) for cell in record] for record in found]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise KnowledgeError(f"{file} cannot be read as CSV in UTF-8: {error}") from None
    header = [cell.replace(" ", "_").casefold() for cell in (records or [[]])[0]]
    faults = list(_faults_of_header(header))
    if faults:
        raise KnowledgeError("\n  ".join([f"{file}, row 1, the header:", *faults]))
    return [header, *records[1:]]


def _faults_of_header(header: Sequence[str]) -> Iterator[str]:
    for column, required in COLUMNS.items():
        if required and column not in header:
            yield f"{column}: expected such a column"
    for column in dict.fromkeys(header):
        if column not in COLUMNS:
            yield f"{column}: expected one of {', '.join(COLUMNS)}"
        elif header.count(column) > 1:
            yield f"{column}: expected one such column, got {header.count(column)}"


def _toml(file: Path, model: type[Row], lines: Sequence[Line]) -> str:
    """The table that rows of one CSV make."""
    sources = list(dict.fromkeys((line.source, line.address, line.retrieved) for line in lines))
    newest = max(line.retrieved for line in lines)
    rows = []
    for line in lines:
        named = sources.index((line.source, line.address, line.retrieved)) + 1
        cells = [f"{name} = {_quoted(value)}" for name, value in line.versions.items()]
        cells += [f"supported = {str(line.supported).lower()}", f'source = "export_{named}"']
        cells += [f"note = {_quoted(line.note)}"] if line.note else []
        rows.append(f"    {{ {', '.join(cells)} }},\n")
    head = (
        f"title = {_quoted(f'{load(model).title} (imported from {file.name})')}\n"
        f'review_by = {_half_a_year_after(newest)}\nconfidence = "documented"\n'
    )
    tables = [
        f"\n[sources.export_{number}]\ntitle = {_quoted(title)}\nurl = {_quoted(url)}\n"
        f"retrieved = {retrieved}\n"
        for number, (title, url, retrieved) in enumerate(sources, start=1)
    ]
    return f"{head}\nrows = [\n{''.join(rows)}]\n{''.join(tables)}"


def _quoted(text: str) -> str:
    """A string of TOML: as JSON has it, but that TOML escapes one character more."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _half_a_year_after(day: dt.date) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + 6, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))
