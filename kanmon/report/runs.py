"""The runs of an environment as they lie on disk, whatever has become of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from kanmon.report.brief import Brief
from kanmon.text import Text

LARGEST = 16 * 1024 * 1024
"""Bytes of a brief; what is larger is none."""
NAME = re.compile(r"\d{8}T\d{6}\.\d{6}Z-.+")
"""A run's directory: its UTC time, step and phase."""
TOLD_ELSEWHERE = Text("It has no brief.json: its verdict stands in its own report.")
UNFINISHED = Text(
    "It came to no verdict: it is still running, was interrupted, or is no run of kanmon."
)
UNREADABLE = Text("It cannot be read: {}")
TOO_LARGE = Text("Its brief.json is too large to be one.")
UNUSABLE = Text("Its brief.json cannot be used: {}")
FOREIGN = Text("It is a run of another environment: {}")


@dataclass(frozen=True, slots=True)
class Seen:
    """A directory among the runs.

    Attributes:
        files: names of what is in it.
        brief: None where it holds none that can be used.
        fault: why there is no brief: a text, and what stands at its place {}.
    """

    name: str
    files: frozenset[str]
    brief: Brief | None
    fault: tuple[str, ...] = ()


def look(directory: Path) -> list[Seen]:
    """Every directory of an environment, newest run first; what is named as no run comes last.

    What is broken, half written or foreign is told as such.

    Args:
        directory: ``reports/<environment>``.

    Raises:
        OSError: the directory itself cannot be read.
    """
    found = [_seen(path) for path in _directories(directory)]
    return sorted(found, key=lambda run: (bool(NAME.fullmatch(run.name)), run.name), reverse=True)


def stamps(directory: Path) -> Mapping[str, int | None]:
    """When the brief of each directory was written, in nanoseconds; None where there is none."""
    return {path.name: _written(path / "brief.json") for path in _directories(directory)}


def _directories(directory: Path) -> list[Path]:
    return [path for path in directory.iterdir() if path.is_dir() and not path.is_symlink()]


def _written(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


def _seen(path: Path) -> Seen:
    try:
        names = frozenset(one.name for one in path.iterdir() if one.is_file())
        if "brief.json" in names:
            return _briefed(path, names)
    except OSError as error:
        return Seen(path.name, frozenset(), None, (UNREADABLE, error.strerror or str(error)))
    return Seen(
        path.name, names, None, (TOLD_ELSEWHERE if "results.json" in names else UNFINISHED,)
    )


def _briefed(path: Path, names: frozenset[str]) -> Seen:
    brief = path / "brief.json"
    if brief.stat().st_size > LARGEST:
        return Seen(path.name, names, None, (TOO_LARGE,))
    try:
        told = Brief.model_validate_json(brief.read_bytes())
    except ValidationError as error:
        return Seen(path.name, names, None, (UNUSABLE, _first(error)))
    if told.environment != path.parent.name:
        return Seen(path.name, names, None, (FOREIGN, told.environment))
    return Seen(path.name, names, told)


def _first(error: ValidationError) -> str:
    """The first fault of a file, and the place in it."""
    fault = error.errors(include_url=False, include_input=False)[0]
    return ": ".join(filter(None, (".".join(map(str, fault["loc"])), fault["msg"])))
