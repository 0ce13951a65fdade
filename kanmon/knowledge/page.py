"""A saved page that lists builds, as the vendor's articles 2143838 (vCenter) and 2143832 (ESXi) do.

The tables of the page are known by their headers: a release, its day, and one build or several.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from kanmon.knowledge.offered import Offered, Provenance
from kanmon.knowledge.releases import EsxiRelease, VCenterRelease
from kanmon.knowledge.rows import Row
from kanmon.knowledge.table import KnowledgeError
from kanmon.versions import VersionError, VSphere

DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%m/%d/%Y", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y")
"""How the pages write a day; with slashes the month comes first unless the year does."""
_SAVED_FROM = re.compile(r"saved from url=\(\d+\)(\S+)")
_NUMBERED = re.compile(r"\b(?:9|[1-9][0-9])\.[0-9]\.[0-9]\.[0-9]+\b")
_NAMED = re.compile(
    r"\b(?P<line>[1-8]\.[0-9])(?:\.0)?(?:\s*(?:U|Update\s*)(?P<update>[1-9]))?\s?(?P<letter>[a-z])?\b",
    re.IGNORECASE,
)
_PATCH = re.compile(r"\b(?:EP|P|Express Patch|Patch)\s*\d+", re.IGNORECASE)
"""A patch bears the update level that was current on its day, which its name does not say."""


@dataclass
class _Page(HTMLParser):
    """The tables of a page, as rows of cells, each with its line in the file."""

    title: str = ""
    address: str | None = None
    tables: list[list[tuple[int, list[str]]]] = field(default_factory=list)
    _open: list[list[tuple[int, list[str]]]] = field(default_factory=list)
    _cell: list[str] | None = None
    _in_title: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a table, a row, a cell; take the page's own address."""
        named = dict(attrs)
        if tag == "table":
            self._open.append([])
            self.tables.append(self._open[-1])
        elif tag == "tr" and self._open:
            self._close_cell()
            self._open[-1].append((self.getpos()[0], []))
        elif tag in ("td", "th") and self._open and self._open[-1]:
            self._close_cell()
            self._cell = []
        elif tag == "link" and named.get("rel") == "canonical":
            self.address = named.get("href")
        self._in_title = tag == "title"

    def handle_endtag(self, tag: str) -> None:
        """End a cell, a table, the title."""
        if tag in ("td", "th", "tr", "table"):
            self._close_cell()
        if tag == "table" and self._open:
            self._open.pop()
        self._in_title = False

    def handle_data(self, data: str) -> None:
        """Text of the cell or of the title that is open."""
        if self._in_title:
            self.title += data
        if self._cell is not None:
            self._cell.append(data)

    def handle_comment(self, data: str) -> None:
        """What a browser writes into a page that it saves."""
        if found := _SAVED_FROM.search(data):
            self.address = self.address or found[1]

    def _close_cell(self) -> None:
        if self._cell is not None and self._open and self._open[-1]:
            self._open[-1][-1][1].append(" ".join("".join(self._cell).split()))
        self._cell = None


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which cell of a row holds what; builds by the place in which the product shows them."""

    release: int
    date: int
    builds: dict[str, int]

    @classmethod
    def of(cls, header: Sequence[str]) -> _Columns | None:
        """Those of a header; None where it is no list of builds."""
        words = [cell.casefold() for cell in header]
        release = [i for i, word in enumerate(words) if re.search("release name|version", word)]
        date = [i for i, word in enumerate(words) if "date" in word]
        builds: dict[str, int] = {}
        for i, word in enumerate(words):
            if "build" in word:
                own = re.search("vami|iso|installer|release notes", word)
                builds.setdefault("VAMI" if own else "about", i)
        return cls(release[0], date[0], builds) if release and date and builds else None


@dataclass(frozen=True, slots=True)
class _Build:
    """A row of a list of builds."""

    where: str
    name: str
    date: dt.date
    build: int
    kind: str


def offered(file: Path) -> Iterator[Offered | KnowledgeError]:
    """The builds that a saved page lists.

    Raises:
        KnowledgeError: it cannot be read, or holds no list of builds.
    """
    page = _Page()
    try:
        page.feed(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeError(f"{file} cannot be read: {error}") from None
    page.close()
    lists = [(found, rows) for rows in page.tables if (found := _columns(rows))]
    if not lists:
        raise KnowledgeError(
            f"{file}: expected a table whose header names a release, a release date and a build"
        )
    builds: list[_Build] = []
    for columns, rows in lists:
        for line, cells in rows[1:]:
            try:
                builds += _builds(f"line {line}", columns, cells)
            except ValueError as error:
                yield KnowledgeError(f"line {line}, {error}")
    text = Provenance(" ".join(page.title.split()) or file.name, page.address)
    for build in builds:
        yield _offered(build, builds, text)


def _columns(rows: Sequence[tuple[int, list[str]]]) -> _Columns | None:
    return _Columns.of(rows[0][1]) if rows else None


def _builds(where: str, columns: _Columns, cells: Sequence[str]) -> Iterator[_Build]:
    """The builds of a row; a place that has none ("N/A") is passed over.

    Raises:
        ValueError: what was expected.
    """
    needed = max(columns.release, columns.date, *columns.builds.values())
    if len(cells) <= needed:
        raise ValueError(f"expected {needed + 1} cells or more, got {len(cells)}")
    numbers = {kind: cells[place] for kind, place in columns.builds.items()}
    found = {kind: text for kind, text in numbers.items() if text.isdecimal()}
    if not found:
        raise ValueError(f"build: expected a number, got {', '.join(map(repr, numbers.values()))}")
    for kind, text in found.items():
        both = "about and VAMI" if list(found.values()).count(text) > 1 else kind
        if kind in (both, "about"):
            yield _Build(where, cells[columns.release], _day(cells[columns.date]), int(text), both)


def _day(text: str) -> dt.date:
    for form in DAYS:
        try:
            return dt.datetime.strptime(text, form).replace(tzinfo=dt.UTC).date()
        except ValueError:
            continue
    raise ValueError(f"date: expected a day as in 2026-11-23, got {text!r}")


def _offered(
    build: _Build, all_of_them: Sequence[_Build], text: Provenance
) -> Offered | KnowledgeError:
    model: type[Row] = VCenterRelease if "vcenter" in build.name.casefold() else EsxiRelease
    if model is EsxiRelease and "esx" not in build.name.casefold():
        return KnowledgeError(
            f"{build.where}, release: expected a name of vCenter or ESXi, got {build.name!r}"
        )
    try:
        version, inferred = _version(build, all_of_them)
    except VersionError as error:
        return KnowledgeError(f"{build.where}, release: {error}")
    values: dict[str, Any] = {
        "build": build.build,
        "release": build.name,
        "version": version,
        "date": build.date,
    }
    if model is VCenterRelease:
        values["appliance"] = build.kind
    note = "update level inferred from the date" if inferred else ""
    return Offered(model, values, text, build.where, note=note)


def _version(build: _Build, all_of_them: Sequence[_Build]) -> tuple[str, bool]:
    """The version in a name, and whether its update level had to be taken from the day."""
    if numbered := _NUMBERED.search(build.name):
        return str(VSphere.parse(numbered[0])), False
    named = _NAMED.search(build.name)
    if named is None:
        raise VersionError(build.name, "a release as in 7.0 Update 3c")
    if named["update"] or not _PATCH.search(build.name):
        update = f" U{named['update']}" if named["update"] else ""
        letter = (named["letter"] or "").lower()
        return str(VSphere.parse(f"{named['line']}{update}{letter}")), False
    before = [
        (one.date, found["update"])
        for one in all_of_them
        if one.date <= build.date
        and (found := _NAMED.search(one.name))
        and (found["line"], bool(found["update"])) == (named["line"], True)
    ]
    level = max(before)[1] if before else None
    return f"{named['line']} U{level}" if level else named["line"], True
