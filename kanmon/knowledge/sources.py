"""A file that a source lies in: which form it has, and what it offers to which tables.

The forms: a CSV with a table's own columns, a CSV of pairs of products, the vendor's upgrade matrix
as JSON, a saved page that lists builds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from kanmon.knowledge import KnowledgeError, matrix, page, sheet, tables
from kanmon.knowledge.offered import Offered, Provenance
from kanmon.knowledge.pairs import COLUMNS, Line
from kanmon.knowledge.rows import Row
from kanmon.knowledge.sheet import ABOUT

__all__ = ["ABOUT", "Source", "read"]

PAGES = (".html", ".htm")
MATRIX = ".json"
SHEET = ".csv"
ENDINGS = (SHEET, MATRIX, *PAGES)


@dataclass(frozen=True, slots=True)
class Source:
    """What a file offers.

    Attributes:
        faults: what could not be read, each with its place.
        models: of the tables that it is about.
        left_aside: its columns that its table has not.
    """

    rows: tuple[Offered, ...]
    faults: tuple[str, ...]
    models: tuple[type[Row], ...]
    left_aside: tuple[str, ...] = ()


def read(file: Path, table: str | None, today: dt.date) -> Source:
    """What a file offers, by the form that its name tells.

    Args:
        file: a CSV is of the table that its name begins with, or else of pairs of products.
        table: the table of a CSV whose name does not say it.
        today: a pair cannot have been retrieved later.

    Raises:
        KnowledgeError: the file as a whole has no form that is known, or there is no such table.
    """
    ending = file.suffix.casefold()
    if ending in PAGES:
        return _source(page.offered(file))
    if ending == MATRIX:
        return _source(matrix.offered(file))
    model = _model(table) if table else _of_its_name(file)
    if model is None:
        return _source(_pairs(file, today))
    found = _source(sheet.offered(file, model), (model,))
    return Source(found.rows, found.faults, found.models, tuple(sheet.left_aside(file, model)))


def _source(
    found: Iterable[Offered | KnowledgeError], models: tuple[type[Row], ...] = ()
) -> Source:
    both = list(found)
    rows = tuple(one for one in both if isinstance(one, Offered))
    faults = tuple(str(one) for one in both if isinstance(one, KnowledgeError))
    return Source(rows, faults, models or tuple(dict.fromkeys(row.model for row in rows)))


def _model(table: str) -> type[Row]:
    models = {model.table: model for model in tables()}
    if table not in models:
        raise KnowledgeError(f"there is no table {table!r}; there are: {', '.join(sorted(models))}")
    return models[table]


def _of_its_name(file: Path) -> type[Row] | None:
    """The table whose name a file's name is, or begins with before a dash or a dot."""
    stem = file.name.partition(".")[0].partition("-")[0]
    return next((model for model in tables() if model.table == stem), None)


def _pairs(file: Path, today: dt.date) -> Iterator[Offered | KnowledgeError]:
    """What a compatibility export says of pairs of products."""
    header, *records = sheet.records(file)
    faults = list(_faults_of_header(header))
    if faults:
        names = f"a CSV of one table is named after it ({file.name} is not), or needs --table"
        raise KnowledgeError("\n  ".join([f"{file}, row 1, the header ({names}):", *faults]))
    for number, record in enumerate(records, start=2):
        if not any(record):
            continue
        try:
            line = _line(header, record, today)
        except KnowledgeError as error:
            yield from (
                KnowledgeError(f"row {number}, {fault}") for fault in str(error).splitlines()
            )
            continue
        yield Offered(
            line.model,
            {**line.versions, "supported": line.supported},
            Provenance(line.source, line.address, line.retrieved),
            f"row {number}",
            note=line.note,
        )


def _line(header: Sequence[str], record: Sequence[str], today: dt.date) -> Line:
    if len(record) != len(header):
        raise KnowledgeError(f"every column: expected {len(header)} cells, got {len(record)}")
    try:
        return Line.model_validate(dict(zip(header, record, strict=True)), context={"today": today})
    except ValidationError as error:
        faults = (f"{one['loc'][0]}: {one['msg']}" for one in error.errors())
        raise KnowledgeError("\n".join(faults).replace("Value error, ", "")) from None


def _faults_of_header(header: Sequence[str]) -> Iterator[str]:
    for column, required in COLUMNS.items():
        if required and column not in header:
            yield f"{column}: expected such a column"
    for column in dict.fromkeys(header):
        if column not in COLUMNS:
            yield f"{column}: expected one of {', '.join(COLUMNS)}"
        elif header.count(column) > 1:
            yield f"{column}: expected one such column, got {header.count(column)}"
