"""Sourced knowledge: one TOML file per table, each row with its source and how far to trust it.

`load` reads a table once per process and refuses one with a fault rather than leave out a row.
"""

import datetime as dt
import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kanmon.knowledge import health, interop, machines, network, releases, requirements
from kanmon.knowledge.rows import Citation, Confidence, Row, Source, Text

__all__ = ["Citation", "KnowledgeError", "Row", "Table", "load", "parse", "tables"]

HOME = Path(__file__).parent

R = TypeVar("R", bound=Row)


class KnowledgeError(Exception):
    """A table cannot be used: the file, the row and what was expected."""


@dataclass(frozen=True)
class Table(Generic[R]):
    """A table.

    Attributes:
        name: stem of its file.
        review_by: from this day on somebody has to look at its sources again.
        rows: in the order of the file, which counts where the first row that fits decides.
    """

    name: str
    title: str
    review_by: dt.date
    rows: tuple[R, ...]

    @cached_property
    def _by_key(self) -> dict[str, R]:
        return {row.key: row for row in self.rows}

    def get(self, key: str) -> R | None:
        """The row with this key, None when there is none."""
        return self._by_key.get(key)


class _File(BaseModel):
    """A table's file; ``source`` and ``confidence`` stand for every row that gives none."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    title: Text
    review_by: dt.date
    source: Text | None = None
    confidence: Confidence | None = None
    sources: Annotated[dict[str, Source], Field(min_length=1)]
    rows: Annotated[list[dict[str, Any]], Field(min_length=1)]


def parse(model: type[R], text: str, file: str) -> Table[R]:
    """The table in a text.

    Raises:
        KnowledgeError: it is not TOML, it is empty, or a row has a field or a value that its model
            does not, no source, no confidence, or the key of another row.
    """
    try:
        content = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise KnowledgeError(f"{file} is not TOML: {error}") from None
    except ValidationError as error:
        raise KnowledgeError(f"{file}: {_told(error, _File)}") from None
    defaults = content.model_dump(include={"source", "confidence"}, exclude_none=True)
    rows: dict[str, R] = {}
    for number, values in enumerate(content.rows, start=1):
        try:
            row = model.model_validate({**defaults, **values}, context=content.sources)
        except ValidationError as error:
            raise KnowledgeError(f"{file}, row {number}: {_told(error, model)}") from None
        if row.key in rows:
            raise KnowledgeError(
                f"{file}, row {number}: expected a key of its own, got {row.key!r}"
            )
        rows[row.key] = row
    return Table(model.table, content.title, content.review_by, tuple(rows.values()))


def _told(error: ValidationError, model: type[BaseModel]) -> str:
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


def load(model: type[R]) -> Table[R]:
    """The table of a row model, read when it is first asked for.

    Raises:
        KnowledgeError: the table has a fault.
    """
    return _load(model)


@cache
def _load(model: type[Row]) -> Table[Any]:
    file = f"{model.table}.toml"
    return parse(model, (HOME / file).read_text(encoding="utf-8"), file)


def tables() -> tuple[type[Row], ...]:
    """The row model of every table."""
    subjects = (releases, interop, requirements, machines, network, health)
    return tuple(model for subject in subjects for model in subject.TABLES)
