"""A table, and how its file is read: one with a fault is refused rather than a row left out."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kanmon.errors import UsageError
from kanmon.knowledge.rows import Confidence, Origin, Row, Source, Text

R = TypeVar("R", bound=Row)


class KnowledgeError(UsageError):
    """A table cannot be used: the file, the row and what was expected."""


@dataclass(frozen=True)
class Table(Generic[R]):
    """A table.

    Attributes:
        name: stem of its file.
        review_by: from this day on somebody has to look at its sources again.
        rows: in the order of the file, which counts where the first row that fits decides.
        overlay: the operator's own table of this name, whose rows stand first in ``rows``.
    """

    name: str
    title: str
    review_by: dt.date
    rows: tuple[R, ...]
    overlay: Table[R] | None = None

    @cached_property
    def _by_key(self) -> dict[str, R]:
        return {row.key: row for row in self.rows}

    def get(self, key: str) -> R | None:
        """The row with this key, None when there is none."""
        return self._by_key.get(key)

    def under(self, overlay: Table[R]) -> Table[R]:
        """The table with an operator's rows before its own and in place of those of their keys."""
        kept = (row for row in self.rows if overlay.get(row.key) is None)
        return replace(self, rows=(*overlay.rows, *kept), overlay=overlay)


class _File(BaseModel):
    """A table's file; ``source`` and ``confidence`` stand for every row that gives none."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    title: Text
    review_by: dt.date
    source: Text | None = None
    confidence: Confidence | None = None
    sources: Annotated[dict[str, Source], Field(min_length=1)]
    rows: Annotated[list[dict[str, Any]], Field(min_length=1)]


def parse(model: type[R], text: str, file: str, *, overlay: bool = False) -> Table[R]:
    """The table in a text.

    Args:
        model: of its rows.
        text: the file's content.
        file: what errors call it.
        overlay: it is the operator's own.

    Raises:
        KnowledgeError: it is not TOML, it is empty, or a row has a field or a value that its model
            does not, no source, no confidence, or the key of another row; all faulty rows are told.
    """
    try:
        content = _File.model_validate(tomllib.loads(text))
    except ValidationError as error:
        raise KnowledgeError(f"{file}: {told(error, _File)}") from None
    except (ValueError, RecursionError) as error:
        raise KnowledgeError(f"{file} is not TOML: {error}") from None
    defaults = content.model_dump(include={"source", "confidence"}, exclude_none=True)
    origin = Origin(content.sources, overlay)
    rows: dict[str, R] = {}
    faults: list[str] = []
    for number, values in enumerate(content.rows, start=1):
        try:
            row = model.model_validate({**defaults, **values}, context=origin)
        except ValidationError as error:
            faults.append(f"{file}, row {number}: {told(error, model)}")
            continue
        if row.key in rows:
            faults.append(f"{file}, row {number}: expected a key of its own, got {row.key!r}")
        rows[row.key] = row
    if faults:
        raise KnowledgeError("\n  ".join(faults))
    return Table(model.table, content.title, content.review_by, tuple(rows.values()))


def told(error: ValidationError, model: type[BaseModel]) -> str:
    """The faults in words, with the fields that exist where one was given that does not."""
    faults = []
    for fault in error.errors():
        where = ".".join(str(part) for part in fault["loc"])
        got = "" if fault["type"] == "missing" else f", got {fault['input']!r}"
        if fault["type"] == "extra_forbidden" and len(fault["loc"]) == 1:
            faults.append(f"{where}: expected one of {', '.join(model.model_fields)}{got}")
        elif where:
            faults.append(f"{where}: {fault['msg']}{got}")
        else:
            faults.append(fault["msg"])
    return "; ".join(faults)
