"""The tables in words, for an operator who wants to know what a run is judged by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kanmon.knowledge import KnowledgeError, Table, load, tables
from kanmon.knowledge.rows import Row

_LINE = "{:<20} {:>5} {:>10}  {:<10}  {}"


def every_table() -> str:
    """A line for each table, and one for each that the operator's overlay has of its name."""
    told = [_LINE.format("table", "rows", "unverified", "review by", "what it holds")]
    for model in tables():
        table = load(model)
        ours = [row for row in table.rows if not row.citation.overlay]
        told.append(_line(table.name, table, ours))
        if table.overlay:
            told.append(_line("  overlay", table.overlay, table.overlay.rows))
    return "\n".join(told)


def _line(name: str, table: Table[Any], rows: Sequence[Row]) -> str:
    unverified = sum(row.confidence == "unverified" for row in rows)
    return _LINE.format(name, len(rows), unverified, f"{table.review_by}", table.title)


def one_table(name: str) -> str:
    """Every row of a table in the order in which they decide, with its source.

    Raises:
        KnowledgeError: there is no such table.
    """
    models = {model.table: model for model in tables()}
    if name not in models:
        raise KnowledgeError(f"there is no table {name!r}; there are: {', '.join(sorted(models))}")
    table = load(models[name])
    told = [f"{table.name}: {table.title} (review by {table.review_by})"]
    if table.overlay:
        told.append(f"the operator's overlay: review by {table.overlay.review_by}")
    return "\n".join([*told, *(line for row in table.rows for line in _row(row))])


def _row(row: Row) -> Iterator[str]:
    cited = row.citation
    names = type(row).model_fields.keys() - Row.model_fields.keys()
    values = {name: getattr(row, name) for name in type(row).model_fields if name in names}
    yield f"\n{row.key}"
    yield f"  {', '.join(f'{n} = {_told(v)}' for n, v in values.items() if v is not None)}"
    own = ", from the operator's overlay" if cited.overlay else ""
    yield f"  {cited.confidence}{own}: {cited.title}, {cited.url}, retrieved {cited.retrieved}"
    if cited.note:
        yield f"  {cited.note}"


def _told(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
