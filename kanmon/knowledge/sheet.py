"""A CSV with a table's own columns: any table can be written so, by hand or from a spreadsheet."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from kanmon.knowledge.offered import Offered, Provenance
from kanmon.knowledge.rows import Confidence, Row
from kanmon.knowledge.table import KnowledgeError

ABOUT = ("source", "address", "retrieved", "confidence", "note")
"""The columns that say where a row comes from; ``sources`` is taken for ``source``."""
CONFIDENCES: dict[str, Confidence] = {
    **{word: word for word in get_args(Confidence)},
    "": "documented",
    "recalled": "unverified",
}
"""What may stand for how far a row can be trusted."""
BETWEEN = "|"
"""Stands between the parts of a cell that holds several."""
_ADDRESS = re.compile(r"https?://[^\s,;|)]+")
_KEPT = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+):(?P<path>[^\s|]+)@(?P<commit>[0-9a-f]{7,40})")
"""A file of a public repository, as notes write it."""


def records(file: Path) -> list[list[str]]:
    """Header and rows of a CSV, each cell without needless blanks.

    Raises:
        KnowledgeError: it is none in UTF-8.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
        first = text.partition("\n")[0]
        delimiter = ";" if first.count(";") > first.count(",") else ","
        found = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = [[" ".join(cell.split()) for cell in record] for record in found]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise KnowledgeError(f"{file} cannot be read as CSV in UTF-8: {error}") from None
    header, *others = rows or [[]]
    return [[cell.replace(" ", "_").casefold() for cell in header], *others]


def own_columns(model: type[Row]) -> list[str]:
    """The columns that a table has beside those which say where a row comes from."""
    return [name for name in model.model_fields if name not in Row.model_fields]


def left_aside(file: Path, model: type[Row]) -> list[str]:
    """The columns of a CSV that the table has not."""
    known = {*own_columns(model), *ABOUT, "sources"}
    return [column for column in records(file)[0] if column not in known]


def offered(file: Path, model: type[Row]) -> Iterator[Offered | KnowledgeError]:
    """What each row of a CSV offers to a table, or why it offers nothing.

    Raises:
        KnowledgeError: it is no CSV, or it has not the columns that every row of the table needs.
    """
    header, *rows = records(file)
    fields = model.model_fields
    faults = [
        f"{name}: expected such a column; {model.table} has {', '.join(own_columns(model))}"
        for name in own_columns(model)
        if fields[name].is_required() and name not in header
    ]
    faults += [
        f"{name}: expected one such column, got {header.count(name)}"
        for name in dict.fromkeys(header)
        if header.count(name) > 1
    ]
    if faults:
        raise KnowledgeError("\n  ".join([f"{file}, row 1, the header:", *faults]))
    for number, cells in enumerate(rows, start=2):
        if any(cells):
            yield _offered(f"row {number}", model, header, cells)


def _offered(
    where: str, model: type[Row], header: Sequence[str], cells: Sequence[str]
) -> Offered | KnowledgeError:
    if len(cells) != len(header):
        return KnowledgeError(f"{where}: expected {len(header)} cells, got {len(cells)}")
    row = {name: cell for name, cell in zip(header, cells, strict=True) if cell}
    source = row.get("source") or row.get("sources") or ""
    try:
        values = {
            name: _value(name, model.model_fields[name].annotation, row[name])
            for name in own_columns(model)
            if name in row
        }
        values |= {name: "" for name in _texts(model) if name not in row}
        return Offered(
            model,
            values,
            Provenance(source, row.get("address") or _address(source), _day(row.get("retrieved"))),
            where,
            _confidence(row.get("confidence", "")),
            row.get("note", ""),
        )
    except ValueError as error:
        return KnowledgeError(f"{where}, {error}")


def _texts(model: type[Row]) -> list[str]:
    """The fields that every row has and that may be an empty text."""
    fields = model.model_fields
    return [
        name
        for name in own_columns(model)
        if fields[name].is_required() and _kinds(fields[name].annotation) == {str}
    ]


def _confidence(word: str) -> Confidence:
    if word not in CONFIDENCES:
        known = ", ".join(filter(None, CONFIDENCES))
        raise ValueError(f"confidence: expected one of {known}, got {word!r}")
    return CONFIDENCES[word]


def _day(text: str | None) -> dt.date | None:
    return _value("retrieved", dt.date, text) if text else None


def _address(source: str) -> str | None:
    """The address in what a source is called: one written out, or that of a file of GitHub."""
    if found := _ADDRESS.search(source):
        return found[0]
    if found := _KEPT.search(source):
        return "https://github.com/{repository}/blob/{commit}/{path}".format(**found.groupdict())
    return None


def _value(name: str, annotation: Any, cell: str) -> Any:
    """What a cell holds, as the table's file would have it.

    Raises:
        ValueError: the field's name and what was expected.
    """
    kinds = _kinds(annotation)
    try:
        if bool in kinds:
            return {"true": True, "yes": True, "false": False, "no": False}[cell.casefold()]
        if int in kinds:
            return int(cell, 0)
        if dt.date in kinds:
            return dt.date.fromisoformat(cell)
        if dict in kinds:
            return json.loads(cell)
    except (KeyError, ValueError):
        words = {
            bool: "true or false",
            int: "a number",
            dt.date: "a day as in 2026-11-23",
            dict: "an object of JSON",
        }
        expected = next(word for kind, word in words.items() if kind in kinds)
        raise ValueError(f"{name}: expected {expected}, got {cell!r}") from None
    return [part.strip() for part in cell.split(BETWEEN)] if tuple in kinds else cell


def _kinds(annotation: Any) -> set[Any]:
    """The types that a field may be of."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kinds(inner[0])
    if origin in (Union, UnionType):
        return set().union(*map(_kinds, inner))
    if origin is Literal:
        return set(map(type, inner))
    return {origin or annotation}
