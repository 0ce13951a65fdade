"""The report (CSV) of the installer's pre-check: understood or not understood, never guessed.

No text says what the report looks like. It is read by the words of a table, and every row whose
result is not one of them, word for word, is told as unclear: nobody may take it for a good one.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kanmon.knowledge import load
from kanmon.knowledge.installers import PrecheckWord
from kanmon.text import Text

SHOWN = 200
_RANK = {"good": 0, "warning": 1, "error": 2}


@dataclass(frozen=True, slots=True)
class Result:
    """A row that was understood.

    Attributes:
        word: what its result means.
        text: the whole row, shortened.
    """

    word: PrecheckWord
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says.

    Attributes:
        unclear: why something of it is not understood, with its raw text, shortened.
    """

    results: tuple[Result, ...] = ()
    unclear: tuple[str, ...] = ()


def understand(text: str) -> Report:
    """The report, parted by the delimiter with which most of it is understood."""
    words = load(PrecheckWord).rows
    known: dict[tuple[str, str], PrecheckWord] = {
        (row.kind, _plain(row.word)): row for row in reversed(words)
    }
    reports = [_Reader(row.word, known).read(text) for row in words if row.kind == "delimiter"]
    return max(reports, key=lambda report: (len(report.results), -len(report.unclear)))


def shorten(text: str) -> str:
    """A text on one line, cut, without what cannot be printed."""
    line = " ".join(text.split())
    shown = "".join(one if one.isprintable() else "?" for one in line)
    return shown if len(shown) <= SHOWN else Text("{shown}...", shown=shown[:SHOWN])


def _plain(word: str) -> str:
    """A word as words are compared: whatever its case, its width and the space around it."""
    return unicodedata.normalize("NFKC", word).strip().casefold()


class _Reader:
    """Reads by one delimiter."""

    def __init__(self, delimiter: str, known: Mapping[tuple[str, str], PrecheckWord]) -> None:
        self.delimiter = delimiter
        self.known = known

    def read(self, text: str) -> Report:
        try:
            lines = csv.reader(io.StringIO(text, ""), delimiter=self.delimiter, strict=True)
            rows = [row for row in lines if _without_tail(row)]
        except csv.Error as error:
            reason = Text("it is no CSV ({error}): {text}", error=error, text=shorten(text))
            return Report(unclear=(reason,))
        column, body = self._column(rows)
        if column is None or not body:
            shown = shorten(text) or Text("it is empty")
            unknown = Text("no column of results is known: {text}", text=shown)
            none = Text("it holds no result: {text}", text=shown)
            return Report(unclear=(unknown if column is None else none,))
        width = len(rows[0]) if len(body) < len(rows) else None
        judged = [self._row(row, column, width) for row in body]
        return Report(
            tuple(one for one in judged if isinstance(one, Result)),
            tuple(one for one in judged if isinstance(one, str)),
        )

    def _column(self, rows: list[list[str]]) -> tuple[int | None, list[list[str]]]:
        """Where the results stand, and the rows that hold them; None where nobody can say."""
        header = rows[0] if rows else []
        headed = [
            index
            for index, cell in enumerate(header)
            if ("status column", _plain(cell)) in self.known
        ]
        if headed:
            clear = len(headed) == 1 and not any(self._result(cell) for cell in header)
            return (headed[0] if clear else None), rows[1:]
        everywhere = [
            index
            for index in range(len(header))
            if all(index < len(row) and self._result(row[index]) for row in rows)
        ]
        return (everywhere[0] if len(everywhere) == 1 else None), rows

    def _result(self, cell: str) -> PrecheckWord | None:
        return next(
            (word for kind in _RANK if (word := self.known.get((kind, _plain(cell))))), None
        )

    def _row(self, row: Sequence[str], column: int, width: int | None) -> Result | str:
        """The row's result, or why it has none."""
        text = shorten(self.delimiter.join(_without_tail(row)))
        word = self._result(row[column]) if column < len(row) else None
        if word is None:
            return Text("a row without a known result: {text}", text=text)
        if width is not None and len(_without_tail(row)) > width:
            return Text("a row with more columns than the first one: {text}", text=text)
        if any(len(cell.splitlines()) > 1 and self.delimiter in cell for cell in row):
            return Text("a row that may hold other rows in its quotes: {text}", text=text)
        beside = (self._result(piece) for cell in row for piece in _pieces(cell))
        if any(other and _RANK[other.kind] > _RANK[word.kind] for other in beside):
            return Text("a row that says more than its result: {text}", text=text)
        return Result(word, text)


def _without_tail(row: Sequence[str]) -> list[str]:
    """The row without the empty cells at its end; a blank line has none.

    Nor has a row of nothing but delimiters, as spreadsheets leave below a table: it says nothing.
    """
    filled = [index for index, cell in enumerate(row) if cell.strip()]
    return list(row[: filled[-1] + 1]) if filled else []


def _pieces(cell: str) -> Iterator[str]:
    """What could have been a cell of its own."""
    yield from re.split(r'[\r\n,;\t|"]+', cell)
