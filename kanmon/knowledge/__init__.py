"""Sourced knowledge: one TOML file per table, each row with its source and how far to trust it.

`load` reads a table once per process and refuses one with a fault rather than leave out a row. An
operator's overlay adds rows of its own once it is in force.
"""

from functools import cache
from pathlib import Path
from typing import Any

from kanmon.knowledge import (
    agents,
    appliances,
    databases,
    floors,
    health,
    hosts,
    installers,
    interop,
    machines,
    network,
    nsx,
    packages,
    releases,
    requirements,
    vcenter,
    vmotion,
)
from kanmon.knowledge.overlay import Overlay, read
from kanmon.knowledge.rows import Citation, Row, citation_record
from kanmon.knowledge.table import KnowledgeError, R, Table, parse

__all__ = [
    "Citation",
    "KnowledgeError",
    "Overlay",
    "R",
    "Row",
    "Table",
    "citation_record",
    "edition",
    "load",
    "parse",
    "read_overlay",
    "shipped",
    "tables",
    "use_overlay",
]

HOME = Path(__file__).parent / "tables"


_IN_FORCE: dict[str, Table[Any]] = {}
"""The tables of the overlay that `use_overlay` was given."""
_EDITION = [object()]
"""One object, which stands for the tables in force; another one once they are others."""


def load(model: type[R]) -> Table[R]:
    """The table of a row model, read when it is first asked for.

    Raises:
        KnowledgeError: the table has a fault.
    """
    return _load(model)


@cache
def _load(model: type[Row]) -> Table[Any]:
    own = _IN_FORCE.get(model.table)
    return shipped(model).under(own) if own else shipped(model)


@cache
def shipped(model: type[Row]) -> Table[Any]:
    """The project's own table of a row model, without any overlay."""
    file = f"{model.table}.toml"
    return parse(model, (HOME / file).read_text(encoding="utf-8"), file)


def tables() -> tuple[type[Row], ...]:
    """The row model of every table."""
    subjects = (
        releases,
        interop,
        requirements,
        machines,
        agents,
        network,
        health,
        appliances,
        vcenter,
        vmotion,
        hosts,
        databases,
        floors,
        installers,
        nsx,
        packages,
    )
    return tuple(model for subject in subjects for model in subject.TABLES)


def use_overlay(overlay: Overlay | None) -> None:
    """Put an operator's rows before the project's in whatever is loaded from now on.

    Args:
        overlay: None for the project's rows alone.
    """
    if overlay is None and not _IN_FORCE:
        return
    _IN_FORCE.clear()
    _IN_FORCE.update(overlay.tables if overlay else {})
    _load.cache_clear()
    _EDITION[:] = [object()]


def edition() -> object:
    """What stands for the tables in force: another one once they are others."""
    return _EDITION[0]


def read_overlay(directory: Path) -> Overlay:
    """The operator's own tables in a directory.

    Raises:
        KnowledgeError: there is no such directory, or it holds anything but faultless tables.
    """
    return read(directory, tables())
