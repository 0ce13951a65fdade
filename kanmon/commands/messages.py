"""What ``pybabel extract`` finds of kanmon's own: texts in calls, cards of checks, tables' titles.

``pyproject.toml`` names these functions (``[tool.babel]``); ``make messages`` runs them.
"""

from __future__ import annotations

import ast
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import IO, Any

from kanmon.check import Card
from kanmon.report.translate import catalogue, fold
from kanmon.suite.checks import checks

HOME = Path(__file__).parents[2]

Extracted = tuple[int, str, str, list[str]]
"""Line, function, English text, comments for the translator."""


def texts(
    source: IO[bytes],
    keywords: Collection[str],
    _tags: object,
    options: object,  # noqa: ARG001 - given by this name
) -> Iterator[Extracted]:
    """Every text that a call of a keyword is given, and the words on the cards of checks."""
    yield from _on_cards(Path(source.name))
    for node in ast.walk(ast.parse(source.read())):
        match node:
            case ast.Call(func=function, args=[ast.Constant(value=str(text)), *_]):
                name = ast.unparse(function).rpartition(".")[2].lstrip("_")
                if name in keywords:
                    yield node.lineno, "", fold(text) or text, []


def titles(
    source: IO[bytes],
    _keywords: object,
    _tags: object,
    options: object,  # noqa: ARG001 - given by this name
) -> Iterator[Extracted]:
    """The title of a knowledge table."""
    yield 1, "", fold(tomllib.load(source)["title"]), []


def untranslated(language: str) -> str:
    """The texts that a language has no translation of, one a line, and how many there are."""
    absent = [str(one.id) for one in catalogue(language) if one.id and _is_open(one)]
    count = f"{len(absent)} texts have no translation in {language}"
    return "\n".join([*absent, count])


def _is_open(message: Any) -> bool:
    return not message.string or message.fuzzy


@cache
def _cards() -> dict[Path, list[Card]]:
    """The cards of the checks of a clone, by file."""
    found = defaultdict[Path, list[Card]](list)
    for one in checks(HOME):
        found[one.file.resolve()].append(one.card)
    return found


def _on_cards(path: Path) -> Iterator[Extracted]:
    """Claim, reason and remedy of the checks in a file."""
    for card in _cards().get(path.resolve(), ()):
        for name in ("title", "why", "remediation"):
            yield 1, "", fold(getattr(card, name)), [f"{card.id} {name}"]
