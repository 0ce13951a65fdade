"""The rooms import as docs/architecture.md draws them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parent.parent
DRAWN = re.compile(r"^floor (\d+) +(.+)$", re.MULTILINE)
OPENS_THE_LAB = "kanmon.environment.opening"


def floors() -> dict[str, int]:
    """The floor of each room, as it is drawn."""
    text = (HOME / "docs" / "architecture.md").read_text(encoding="utf-8")
    return {room: int(floor) for floor, rooms in DRAWN.findall(text) for room in rooms.split()}


def modules() -> dict[str, Path]:
    """Every module of the house, by its dotted name."""
    files = [file for top in ("kanmon", "fixtures", "checks", "lab") for file in _files(top)]
    return {_name(file): file for file in files}


def _files(top: str) -> list[Path]:
    return sorted((HOME / top).rglob("*.py"))


def _name(file: Path) -> str:
    return ".".join(file.relative_to(HOME).with_suffix("").parts).removesuffix(".__init__")


def room(module: str) -> str:
    """The room of a module; what stands loose under kanmon/ is a room of its own."""
    first, *rest = module.split(".")
    return rest[0] if first == "kanmon" and rest else first


def imports(module: str, house: dict[str, Path]) -> Iterator[str]:
    """The modules of the house that a module imports, wherever in its text."""
    for node in ast.walk(ast.parse(house[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in house else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


HOUSE = modules()


def test_every_room_is_drawn():
    """A room that nobody drew would be held against nothing."""
    built = {room(module) for module in HOUSE} - {"kanmon", "lab"}
    assert built == set(floors())


@pytest.mark.parametrize("name", sorted(floors()))
def test_a_room_imports_from_below_alone(name):
    """Imports go down the floors of the drawing; so no circle of rooms can come about."""
    up = [
        f"{module} imports {other}"
        for module in HOUSE
        if room(module) == name
        for other in imports(module, HOUSE)
        if other in HOUSE
        and room(other) not in (name, "kanmon", "lab")
        and floors()[room(other)] >= floors()[name]
    ]
    assert not up


def test_the_lab_stands_apart():
    """The simulated estate knows nothing of what reads it, and one module starts it."""
    for module in HOUSE:
        others = {room(other) for other in imports(module, HOUSE) if other in HOUSE}
        if room(module) == "lab":
            assert others <= {"lab"}, module
        elif module != OPENS_THE_LAB:
            assert "lab" not in others, module


def test_no_modules_import_in_a_circle():
    """A circle hides which of two modules is the other's foundation."""
    below = {module: {o for o in imports(module, HOUSE) if o in HOUSE} for module in HOUSE}
    while ready := [module for module, others in below.items() if not others - {module}]:
        for module in ready:
            del below[module]
        for others in below.values():
            others.difference_update(ready)
    assert not below
