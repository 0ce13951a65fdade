"""The tables beside newer sources: what a table lacks, what contradicts it, what only it says."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kanmon.knowledge import KnowledgeError, load, sources, tables
from kanmon.knowledge.interop import Fit, Hop, UpgradeCells
from kanmon.knowledge.offered import Offered
from kanmon.knowledge.rows import Row
from kanmon.knowledge.spans import Span
from kanmon.versions import VersionError

WORDS = frozenset({"release", "expected", "remedy", "title", "rule"})
"""Fields in a vendor's or in our own words: another wording is no contradiction."""
_LINE = re.compile(r"\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Compared:
    """A table beside the sources that are about it.

    Attributes:
        rows: how many the sources offer.
        missing: those that the table has no row for.
        contradicted: rows of the table that a source contradicts.
        only_here: rows of the table that no source has.
        unread: what could not be read or compared.
    """

    table: str
    rows: int
    missing: tuple[str, ...]
    contradicted: tuple[str, ...]
    only_here: tuple[str, ...]
    unread: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether the table says what its sources say."""
        return not (self.missing or self.contradicted or self.only_here or self.unread)

    def __str__(self) -> str:
        told = [f"{self.table}: rows in the sources: {self.rows}"]
        for words, found in (
            ("missing in the table", self.missing),
            ("contradicted", self.contradicted),
            ("in the table, no longer in the sources", self.only_here),
            ("not compared", self.unread),
        ):
            told += [f"  {words}: {len(found)}", *(f"    {one}" for one in found)] if found else []
        return "\n".join(told if len(told) > 1 else [f"{told[0]}, the table agrees"])


@dataclass(frozen=True, slots=True)
class Comparison:
    """All tables beside the sources of a directory.

    Attributes:
        without: tables that no file of the directory is about.
        columns: what was left aside, by file.
    """

    directory: Path
    compared: tuple[Compared, ...]
    without: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every table that was compared says what its sources say."""
        return all(one.same for one in self.compared)

    def __str__(self) -> str:
        told = [*map(str, self.compared), *self.columns]
        without = ", ".join(self.without) or "none"
        return "\n".join([*told, f"not compared, no source in {self.directory}: {without}"])


def compare(directory: Path, today: dt.date) -> Comparison:
    """What the sources in a directory say otherwise than the tables.

    Args:
        directory: of files in the forms of `kanmon.knowledge.sources`.
        today: no source can have been retrieved later.

    Raises:
        KnowledgeError: there is no such directory, it holds no source, or a file has no form that
            is known; all of these are told.
    """
    read: dict[str, sources.Source] = {}
    faults = []
    for file in _files(directory):
        try:
            read[file.name] = sources.read(file, None, today)
        except KnowledgeError as error:
            faults.append(str(error))
    if faults:
        raise KnowledgeError("\n  ".join(["nothing was compared:", *faults]))
    models = [model for model in tables() if any(model in one.models for one in read.values())]
    columns = [
        f"{name}: columns that its table has not: {', '.join(one.left_aside)}"
        for name, one in read.items()
        if one.left_aside
    ]
    return Comparison(
        directory,
        tuple(_compared(model, read) for model in models),
        tuple(model.table for model in tables() if model not in models),
        tuple(columns),
    )


def _files(directory: Path) -> list[Path]:
    try:
        found = sorted(path for path in directory.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise KnowledgeError(f"expected a directory, got {directory}: {error.strerror}") from None
    files = [path for path in found if path.suffix.casefold() in sources.ENDINGS]
    if not files:
        raise KnowledgeError(f"{directory} holds no source: {', '.join(sources.ENDINGS)}")
    return files


def _compared(model: type[Row], read: dict[str, sources.Source]) -> Compared:
    """A table beside every file that is about it."""
    offered = [(name, row) for name, one in read.items() for row in one.rows if row.model is model]
    unread = [
        f"{name}, {fault}"
        for name, one in read.items()
        if one.models[:1] == (model,)
        for fault in one.faults
    ]
    rows = load(model).rows
    missing, contradicted = [], []
    met: set[str] = set()
    lines: set[tuple[str, str]] = set()  # that the sources are about
    for name, one in offered:
        try:
            new = one.row()
        except KnowledgeError as error:
            unread.append(f"{name}, {error}")
            continue
        lines |= set() if _is_a_cell(new) else {_line(new)}
        mine = _met(new, rows)
        if mine is None:
            missing.append(f"{new.key} ({name}, {one.where})")
            continue
        met.add(mine.key)
        missing += [
            f"{mine.key}: {name_of} = {_told(getattr(new, name_of))} ({name}, {one.where})"
            for name_of in _lacked(mine, one)
        ]
        contradicted += [
            f"{mine.key}: {told} ({name}, {one.where})" for told in _otherwise(mine, new, one)
        ]
    only = [row.key for row in rows if row.key not in met and _line(row) in lines]
    return Compared(
        model.table,
        len(offered),
        tuple(missing),
        tuple(contradicted),
        tuple(only),
        tuple(unread),
    )


def _met(new: Row, rows: Iterable[Any]) -> Row | None:
    """The row of the table that answers what a source answers: the first that fits decides."""
    if isinstance(new, UpgradeCells):
        return next((row for row in rows if _word(row, new)), None)
    if not isinstance(new, Fit | Hop):
        return next((row for row in rows if row.key == new.key), None)
    return next((row for row in rows if row.key == new.key or _covers(row, new)), None)


def _is_a_cell(row: Row) -> bool:
    """Whether it answers for single versions, as a matrix does, which says nothing of any rule."""
    if isinstance(row, UpgradeCells):
        return True
    spans = [value for _, value in row if isinstance(value, Span)]
    return isinstance(row, Fit | Hop) and all(span.exactly is not None for span in spans)


def _word(row: UpgradeCells, cell: UpgradeCells) -> str | None:
    """What a row says of the hop that a cell is about; None where it is about another."""
    if row.product != cell.product or row.release(row.before) != cell.release(cell.before):
        return None
    after = next(iter((*cell.to, *cell.back_in_time, *cell.not_to)))
    return row.word(cell.release(after))


def _covers(row: Any, new: Any) -> bool:
    """Whether a row is also about the very versions that another one names."""
    for name in type(new).model_fields.keys() - Row.model_fields.keys() - {"supported", "allowed"}:
        mine, other = getattr(row, name), getattr(new, name)
        if isinstance(mine, Span) and isinstance(other, Span) and other.exactly is not None:
            try:
                if other.exactly not in mine:
                    return False
            except VersionError:  # less precise than the row: not about it alone
                return False
        elif mine != other:
            return False
    return True


def _lacked(mine: Row, offered: Offered) -> list[str]:
    """The fields that a row leaves open and a source fills."""
    return [name for name in offered.values if name not in WORDS and getattr(mine, name, 0) is None]


def _otherwise(mine: Row, new: Row, offered: Offered) -> Iterator[str]:
    """What a source says otherwise than a row, of the fields that the source speaks of."""
    names: Sequence[str] = [name for name in offered.values if name not in WORDS]
    if isinstance(mine, Fit | Hop):
        names = [name for name in names if name in ("supported", "allowed")]
    cited = mine.citation
    if isinstance(mine, UpgradeCells) and isinstance(new, UpgradeCells):
        old, other = _word(mine, new), _word(new, new)
        if old != other:
            yield f"{new.key}: {old} in the table ({cited.title}), {other} in the source"
        return
    for name in names:
        old, other = getattr(mine, name), getattr(new, name)
        if old is not None and old != other:
            yield (
                f"{name} is {_told(old)} in the table ({cited.confidence}: {cited.title}, "
                f"{cited.retrieved}), {_told(other)} in the source"
            )


def _told(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _line(row: Any) -> tuple[str, str]:
    """The product and the line of a build; what is no build is all of one line.

    A source about newer lines says nothing of older ones.
    """
    version = _LINE.match(str(getattr(row, "version", "")))
    return str(getattr(row, "product", "")), version[0] if version else ""
