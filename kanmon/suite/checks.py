"""The checks, as their files have them."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kanmon.check import Card
from kanmon.errors import UsageError


@dataclass(frozen=True, slots=True)
class Check:
    """A check as its file has it.

    Attributes:
        parameters: names of what its function asks for.
    """

    file: Path
    card: Card
    function: Callable[..., None]
    parameters: tuple[str, ...]


@cache
def checks(home: Path) -> tuple[Check, ...]:
    """Every check of ``checks/``, in the order of pytest; the files are read once.

    Args:
        home: the directory that ``checks/`` is in.

    Raises:
        UsageError: there are no checks.
    """
    files = sorted((home / "checks").glob("test_*.py"))
    if not files:
        raise UsageError(f"there are no checks in {home / 'checks'}: run it from a clone of kanmon")
    return tuple(check for file in files for check in _of(file))


def _of(file: Path) -> Iterator[Check]:
    spec = importlib.util.spec_from_file_location(f"kanmon_checks_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise UsageError(f"{file} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for function in filter(inspect.isfunction, tuple(vars(module).values())):
        for marker in getattr(function, "pytestmark", ()):
            if marker.name == "check" and function.__module__ == module.__name__:
                parameters = tuple(inspect.signature(function).parameters)
                yield Check(file, marker.args[0], function, parameters)
