"""``report.xlsx``: the workbook that many boards file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from kanmon.report import files, xlsx_sheets
from kanmon.report.plain import one_line, visible
from kanmon.report.translate import Translator
from kanmon.report.words import Record
from kanmon.report.xlsx_sheets import Cell, Sheet, State
from kanmon.text import Text

if TYPE_CHECKING:
    pass

ROWS = 1_048_576
"""Rows of a sheet: a limit of Excel."""
UNITS = 32_767
"""UTF-16 code units of a cell: another."""
TEXT_ONLY = {f"strings_to_{kind}": False for kind in ("formulas", "urls", "numbers")}
ASKS_TO_BE_A_FORMULA = ("=", "+", "-", "@")
COLOURS = {
    "GO": ("#0E4D1E", "#D8F0DD"),
    "NO-GO": ("#7A0010", "#FFD9DC"),
    "CONDITIONAL": ("#5C3B00", "#FFE9BF"),
    "INCOMPLETE": ("#4A2A7A", "#E9DEFA"),
    "blocker": ("#7A0010", "#FFD9DC"),
    "warning": ("#5C3B00", "#FFE9BF"),
    "advice": ("#0B3D66", "#D9ECFA"),
    "undetermined": ("#4A2A7A", "#E9DEFA"),
    "pass": ("#0E4D1E", "#D8F0DD"),
    "waived": ("#3F4A00", "#EEF3C4"),
    "attested": ("#0E3B43", "#D3EEF2"),
    "not applicable": ("#444444", "#EEEEEE"),
    "not read": ("#4A2A7A", "#E9DEFA"),
}
"""Ink and ground of a word; the word always stands there too."""


def write(record: Record, path: Path, translate: Translator = str, *, rows: int = ROWS) -> None:
    """Write the workbook.

    Args:
        record: the run's ``results.json``.
        path: of the workbook.
        translate: of the language; what checks found stays as it was found.
        rows: that fit in a sheet, its header among them.

    Raises:
        OSError: it cannot be written: the disk is full, or another program holds the file.
    """
    finished = datetime.fromisoformat(record["finished"]).astimezone(UTC)
    with TemporaryDirectory(prefix="kanmon-", ignore_cleanup_errors=True) as scratch:
        whole = Path(scratch) / "report.xlsx"
        options = {**TEXT_ONLY, "constant_memory": True, "tmpdir": scratch}
        from xlsxwriter import Workbook  # noqa: PLC0415 - collecting writes none

        book = Workbook(str(whole), options)
        book.set_properties({"title": f"kanmon: {record['verdict']}", "created": finished})
        pen = _Pen(book, translate, f"{record['environment']} {record['started']}")
        tables = xlsx_sheets.tables(record, translate)
        pen.summary([*xlsx_sheets.summary(record, translate), *_left_out(tables, rows, translate)])
        for table in tables:
            pen.table(table, rows)
        book.close()
        files.replace(path, whole.read_bytes())


def fitting(text: str, translate: Translator = str) -> str:
    """The text as a cell of Excel can hold it; what is cut off says so."""
    text = visible(text)
    if text.startswith("<r>") and text.endswith("</r>"):
        text += " "  # else the library takes it for XML of its own
    if _units(text) <= UNITS:
        return text
    note = translate(" ... ({} characters more, all in results.json)")
    room = UNITS - _units(note) - len(str(len(text)))
    kept = text.encode("utf-16-le")[: room * 2].decode("utf-16-le", errors="ignore")
    return kept + note.format(len(text) - len(kept))


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _left_out(
    tables: Sequence[Sheet], rows: int, translate: Translator
) -> Iterator[tuple[str, Cell]]:
    """What does not fit in the workbook, said on its first sheet."""
    for table in tables:
        if missing := len(table.rows) - _room(table, rows):
            yield table.name, _more(missing, translate)


def _room(table: Sheet, rows: int) -> int:
    """Rows of a table that its sheet shows: the last one is kept for what does not fit."""
    return len(table.rows) if len(table.rows) < rows else rows - 2


def _more(missing: int, translate: Translator) -> str:
    text = Text("{} rows more than a sheet of Excel holds: all of them are in results.json")
    return translate(text).format(missing)


@dataclass(frozen=True, slots=True)
class _Look:
    """How a cell looks; every look is one format of the workbook."""

    word: str = ""
    head: bool = False
    guarded: bool = False


class _Pen:
    """Writes sheets row by row, each cell with its format."""

    def __init__(self, book: Any, translate: Translator, run: str) -> None:
        self._book = book
        self._translate = translate
        self._run = one_line(run).replace("&", "&&")[:200]  # & begins a code in a footer
        self._formats: dict[_Look, Any] = {}

    def summary(self, lines: Sequence[tuple[str, Cell]]) -> None:
        """Names and values below each other."""
        sheet = self._sheet(self._translate(Text("Summary")), ("", ""), (26, 100))
        for row, (name, value) in enumerate(lines):
            self._cell(sheet, row, 0, name, head=True)
            self._cell(sheet, row, 1, value)

    def table(self, table: Sheet, rows: int) -> None:
        """A header that stays in sight and filters, and as many rows as fit."""
        sheet = self._sheet(table.name, table.header, table.widths)
        sheet.freeze_panes(1, 1)
        sheet.repeat_rows(0)
        for column, title in enumerate(table.header):
            self._cell(sheet, 0, column, title, head=True)
        room = _room(table, rows)
        for number, cells in enumerate(table.rows[:room], start=1):
            for column, cell in enumerate(cells):
                self._cell(sheet, number, column, cell)
        if not table.rows:
            self._cell(sheet, 1, 0, table.nothing)
        if missing := len(table.rows) - room:
            self._cell(sheet, room + 1, 0, _more(missing, self._translate))
        sheet.autofilter(0, 0, max(room, 1), len(table.header) - 1)

    def _sheet(self, name: str, header: Sequence[str], widths: Sequence[int]) -> Any:
        sheet = self._book.add_worksheet(name)
        for column in range(len(header)):
            sheet.set_column(column, column, widths[column])
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&L{self._run}&R&P / &N")
        return sheet

    def _cell(self, sheet: Any, row: int, column: int, cell: Cell, *, head: bool = False) -> None:
        if isinstance(cell, (int, float)):
            sheet.write_number(row, column, cell, self._format(_Look(head=head)))
            return
        word = cell.word if isinstance(cell, State) else ""
        text = fitting(self._translate(word) if word else str(cell), self._translate)
        look = _Look(word, head, guarded=text.startswith(ASKS_TO_BE_A_FORMULA))
        sheet.write_string(row, column, text, self._format(look))

    def _format(self, look: _Look) -> Any:
        if look not in self._formats:
            named: dict[str, Any] = {"text_wrap": True, "valign": "top"}
            if look.head:
                named |= {"bold": True, "font_color": "#FFFFFF", "bg_color": "#24344D"}
            if look.word in COLOURS:
                ink, ground = COLOURS[look.word]
                named |= {"bold": True, "font_color": ink, "bg_color": ground}
            if look.guarded:  # so that it stays text when somebody edits the cell
                named["quote_prefix"] = True
            self._formats[look] = self._book.add_format(named)
        return self._formats[look]
