"""What there is to translate: the texts of cards and checks, of the tables, and of the reports.

They are found in the code itself: nothing has to be marked for translation.
"""

from __future__ import annotations

import ast
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kanmon.knowledge import load, tables
from kanmon.report.translate import PAGE, entries, fold
from kanmon.suite.checks import Check, checks

SAID = {"Finding", "Unknown", "Note", "NotApplicable", "Undetermined", "not_applicable"}
SAID |= {"undetermined", "unjudged"}
"""What is called with a text for people; the first of ``NAMED`` is an object's name."""
NAMED = {"Finding", "Unknown", "Note"}
SAYS = {"of", "found", "expected", "reason", "text"}
"""Keywords that take such a text."""
REASONS = {"reason", "(outcome, reason)", "CONFIRM", "OVERLAY"}
"""Variables of ``kanmon.gate.judgement`` that hold one."""
SPEAKING = (
    *("checks/*.py", "kanmon/judging/*.py", "kanmon/gate/judgement.py"),
    *("kanmon/suite/*.py", "kanmon/plugin/verdict.py"),
)
"""Files whose texts arrive in the evidence with their places filled."""
WRITTEN = ("kanmon/report/**/*.py",)
"""Files in which every text is one that people read."""
NAMES = {"vCenter", "ESXi", "NSX", "VMware Tools", "Deep Security"}
"""Names that are the same in every language."""
ENGLISH = ("terminal", "translate", "junit", "comparison_text")
"""Files among them that speak English only."""
IDS = {"verdict", "kind", "word"}
"""Lists of the evidence whose words are the same in every language, or no words of a report."""
WORDS = ("approved", "refused")
"""Single words of lists in the page: nothing tells them from keys."""
NO_TEXT = re.compile(r"[<>=]|^k-|^[A-Z-]+$|noreferrer|-src|\.(xlsx|json|html)$")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A text that has to be there in every language.

    Attributes:
        english: as the code has it, on one line, with "{}" for each place.
        file: the catalogue that it belongs into, without its ending.
        where: the check, table or file that says it.
    """

    english: str
    file: str
    where: str


def wanted(home: Path) -> list[Wanted]:
    """Every text that reports show, once.

    Args:
        home: the directory of a clone.

    Raises:
        UsageError: there are no checks.
    """
    found = [*_cards(checks(home)), *_tables(), *_messages(home), *_pages(home), *_words(home)]
    once = {one.english: one for one in reversed(found) if one.english not in NAMES}
    return list(once.values())[::-1]


def missing(home: Path, language: str) -> list[Wanted]:
    """The texts that a language has no translation of."""
    there = {fold(english) for _, english, _ in entries(language)}
    return [one for one in wanted(home) if one.english not in there]


def stale(home: Path, language: str) -> list[str]:
    """The translated texts, each with its file, that the code does not have any more."""
    there = {fold(text) for text in everything(home)} | {one.english for one in wanted(home)}
    return [
        f"{path.name}: {english}"
        for path, english, _ in entries(language)
        if fold(english) not in there
    ]


def template(home: Path, language: str) -> str:
    """The texts without a translation as entries of a catalogue, by the file for each."""
    from babel.messages import Catalog, pofile  # noqa: PLC0415 - for this command only

    parts = []
    absent = missing(home, language)
    for file in sorted({one.file for one in absent}):
        catalogue = Catalog()
        for one in absent:
            if one.file == file:
                catalogue.add(one.english, auto_comments=[one.where])
        text = io.BytesIO()
        pofile.write_po(text, catalogue, omit_header=True, width=0)
        parts.append(f"# For {language}/{file}.po:\n\n{text.getvalue().decode().strip()}\n")
    return "\n".join(parts) or f"# Every text is there in {language}."


def _cards(built: Iterable[Check]) -> Iterator[Wanted]:
    for check in built:
        file, card = _subject(check.file), check.card
        for name in ("title", "why", "remediation"):
            yield Wanted(fold(getattr(card, name)), file, f"{card.id} {name}")


def _tables() -> Iterator[Wanted]:
    for model in tables():
        table = load(model)
        yield Wanted(fold(table.title), "knowledge", f"table {table.name}")


def _messages(home: Path) -> Iterator[Wanted]:
    """What checks say beside their cards."""
    for path in _files(home, SPEAKING):
        for node in ast.walk(_tree(path)):
            for argument in _said(node):
                for text in _texts(argument):
                    if _is_message(text):
                        yield Wanted(fold(text), _subject(path), path.name)


def _said(node: ast.AST) -> Iterator[ast.expr]:
    """What people read of a call, of a table of words, or of a reason that is put together."""
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in REASONS:
        yield node.value
    if not isinstance(node, ast.Call):
        return
    call = node
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    if name in SAID:
        yield from call.args[name in NAMED :]
    yield from (keyword.value for keyword in call.keywords if keyword.arg in SAYS)


def _pages(home: Path) -> Iterator[Wanted]:
    """The reports' own words: what reads like one, and every single word that is translated."""
    for path in _files(home, WRITTEN):
        if path.stem in ENGLISH:
            continue
        tree = _tree(path)
        told = [text for text in _texts(tree, filled=False) if _reads_like_text(text)]
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("tr", "self._tr"):
                told += [text for text in _texts(node.args[0]) if re.search("[A-Za-z]{2}", text)]
        yield from (Wanted(fold(text), PAGE, path.name) for text in told)


def _words(home: Path) -> Iterator[Wanted]:
    """The words of the evidence's own lists: outcomes, severities, phases, steps."""
    schema = json.loads((home / "docs" / "results.schema.json").read_text(encoding="utf-8"))
    counted = (name.replace("_", " ") for name in schema["properties"]["coverage"]["properties"])
    yield from (Wanted(word, PAGE, "words") for word in (*WORDS, *counted))
    for name, words in _lists(schema, ""):
        if name not in IDS:
            yield from (Wanted(word, PAGE, f"results.json: {name}") for word in words)


def _lists(schema: Any, name: str) -> Iterator[tuple[str, list[str]]]:
    if isinstance(schema, list):
        for one in schema:
            yield from _lists(one, name)
    if isinstance(schema, dict):
        if "enum" in schema:
            yield name, [one for one in schema["enum"] if one]
        for key, value in schema.items():
            yield from _lists(value, key)


def everything(home: Path) -> set[str]:
    """Every text in the code, with "{}" for each place."""
    files = _files(home, ("checks/*.py", "kanmon/**/*.py", "fixtures/*.py"))
    return {text for path in files for text in _texts(_tree(path))}


def _texts(node: ast.AST, *, filled: bool = True) -> Iterator[str]:
    """The texts below a node, docstrings and keys left out.

    Args:
        node: of the syntax tree.
        filled: with those whose places the code itself fills, as "{}".
    """
    inner: Iterable[ast.AST] = ast.iter_child_nodes(node)
    match node:
        case ast.JoinedStr():
            if filled:
                pieces = (getattr(value, "value", "") for value in node.values)
                yield "".join(one if isinstance(one, str) else "{}" for one in pieces)
            inner = (v.value for v in node.values if isinstance(v, ast.FormattedValue))
        case ast.Constant(value=str(text)):
            yield text
        case ast.Subscript():
            inner = (node.value,)
        case ast.Dict():
            inner = node.values
        case ast.Expr(value=ast.Constant()):
            inner = ()
    for child in inner:
        yield from _texts(child, filled=filled)


def _is_message(text: str) -> bool:
    """Whether words are left of it without its places: "{} on {}" alone says nothing."""
    if "{}" in text:
        return bool(re.search(r"[a-z]{3}", text))
    return bool(re.search(r"[a-z]{2}", text)) and text == text.strip()


def _reads_like_text(text: str) -> bool:
    phrase = re.search("[A-Za-z]{2}", text) and (" " in text.strip() or text[0].isupper())
    return bool(phrase) and not NO_TEXT.search(text)


def _subject(path: Path) -> str:
    """The catalogue of a file: that of its subject for a file of checks."""
    name = path.stem.removeprefix("test_")
    return name.split("_")[0] if path.stem.startswith("test_") else "judging"


def _files(home: Path, patterns: Iterable[str]) -> list[Path]:
    return sorted({path for pattern in patterns for path in home.glob(pattern)})


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
