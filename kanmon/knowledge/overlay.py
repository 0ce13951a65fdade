"""An operator's own tables, in a directory of files that have the names and form of the project's.

What a dot hides, as git and editors do, is no part of it; what else is no table is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kanmon.knowledge.rows import Row
from kanmon.knowledge.table import KnowledgeError, Table, parse


@dataclass(frozen=True, slots=True)
class Overlay:
    """An operator's own tables.

    Attributes:
        files: the text of each file as it was read, by the file's name.
        tables: what the files hold, by the table's name.
    """

    files: Mapping[str, str]
    tables: Mapping[str, Table[Any]]

    def __str__(self) -> str:
        return rows_in({name: len(table.rows) for name, table in self.tables.items()})


def rows_in(counts: Mapping[str, int]) -> str:
    """Numbers of rows by table in words: "3 rows in tools_esxi, tools_nsx"."""
    rows = sum(counts.values())
    return f"{rows} row{'' if rows == 1 else 's'} in {', '.join(counts)}"


def read(directory: Path, models: Iterable[type[Row]]) -> Overlay:
    """The tables in a directory.

    Raises:
        KnowledgeError: there is no such directory, it holds no table or something that is none, or
            a table has a fault; all that is wrong is told.
    """
    known = {f"{model.table}.toml": model for model in models}
    names = _names(directory)
    faults = [f"{directory / name} is no table" for name in names if name not in known]
    faults = faults if names else [f"knowledge.overlay: {directory} holds no table"]
    faults += [f"expected one or more of: {', '.join(sorted(known))}"] if faults else []
    files: dict[str, str] = {}
    found: dict[str, Table[Any]] = {}
    for name in (name for name in names if name in known):
        try:
            files[name] = _text(directory / name)
            table = parse(known[name], files[name], str(directory / name), overlay=True)
            found[table.name] = table
        except KnowledgeError as error:
            faults.append(str(error))
    if faults:
        raise KnowledgeError("\n  ".join(faults))
    return Overlay(files, found)


def _names(directory: Path) -> list[str]:
    try:
        return sorted(path.name for path in directory.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise KnowledgeError(
            f"knowledge.overlay: expected a directory, got {directory}: {error.strerror}"
        ) from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # Windows' editors put a mark before it
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeError(f"{path} cannot be read: {error}") from None
