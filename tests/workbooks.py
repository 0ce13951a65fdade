"""Workbooks as another program reads them: a zip of XML, by ECMA-376."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


@dataclass(frozen=True)
class Read:
    """A sheet.

    Attributes:
        rows: of texts, as Excel shows them.
        xml: its root element.
    """

    rows: list[list[str]]
    xml: ET.Element

    def column(self, title: str) -> list[str]:
        """The cells below a title."""
        place = self.rows[0].index(title)
        return [row[place] for row in self.rows[1:]]

    def has(self, path: str) -> bool:
        """Whether it has such an element, by the names of the standard."""
        return self.xml.find("/".join(f"{MAIN}{name}" for name in path.split("/"))) is not None


def read(path: Path) -> dict[str, Read]:
    """The sheets of a workbook, by name; fails where a part is no XML."""
    with zipfile.ZipFile(path) as archive:
        parts = {
            name: ET.fromstring(archive.read(name))
            for name in archive.namelist()
            if name.endswith((".xml", ".rels"))
        }
    files = {one.get("Id"): one.get("Target") for one in parts["xl/_rels/workbook.xml.rels"]}
    found = {}
    for sheet in parts["xl/workbook.xml"].iter(f"{MAIN}sheet"):
        xml = parts[f"xl/{files[sheet.get(f'{RELATION}id')]}"]
        found[sheet.get("name", "")] = Read(_rows(xml), xml)
    return found


def _rows(xml: ET.Element) -> list[list[str]]:
    return [[_cell(cell) for cell in row] for row in xml.iter(f"{MAIN}row")]


def _cell(cell: ET.Element) -> str:
    """The text of a cell; the standard's _xHHHH_ stands for a character."""
    text = "".join(cell.itertext())
    return re.sub(r"_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text)
