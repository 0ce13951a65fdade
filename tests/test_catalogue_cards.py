"""The checks as a catalogue: every card is whole, every check only judges."""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from pathlib import Path
from typing import get_type_hints

import pytest

import conftest
from fixtures import facts
from kanmon.check import Judge
from kanmon.facts import PARTS, Unread
from kanmon.knowledge import tables
from kanmon.suite.arguments import OF_THE_RUN
from kanmon.suite.made import MADE, made_of, plain
from kanmon.suite.names import BASES, NEEDS
from tests.judging import HOME, card, functions

ASKED = 7
"""The most that a check asks for beside its judge; what belongs together comes as one."""
LINES = 45
"""The longest body of a check, without its signature and its docstring."""
KANMON = {
    "kanmon.check",
    "kanmon.text",
    "kanmon.comparing",
    "kanmon.environment",
    "kanmon.errors",
    "kanmon.facts",
    "kanmon.gate",
    "kanmon.judging",
    "kanmon.knowledge",
    "kanmon.matching",
    "kanmon.planning",
    "kanmon.versions",
}
PURE = {
    "__future__",
    "collections",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "itertools",
    "math",
    "operator",
    "re",
    "typing",
}
IMPURE_CALLS = {
    "now",
    "today",
    "utcnow",
    "fromtimestamp",
    "open",
    "input",
    "print",
    "eval",
    "exec",
    "compile",
    "__import__",
    "breakpoint",
}
FILES = sorted(HOME.glob("*.py"))
EACH_FILE = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
EACH_CHECK = pytest.mark.parametrize("function", functions(), ids=lambda one: one.__name__)


def test_ids_are_unique():
    """No two checks share an id, nor a title."""
    for values in ([card(one).id for one in functions()], [card(one).title for one in functions()]):
        assert [value for value, times in Counter(values).items() if times > 1] == []


def test_there_is_a_check_in_every_file():
    """Every file of checks holds one that was found, and no check hides under another name."""
    assert {inspect.getfile(one) for one in functions()} == {str(path) for path in FILES}
    decorated = sum(
        isinstance(node, ast.FunctionDef) and bool(node.decorator_list)
        for path in FILES
        for node in _tree(path).body
    )
    assert decorated == len(functions())


@EACH_CHECK
def test_a_check_ends_in_a_verdict(function):
    """Every check asks for the fixture ``judge``, with its type, and returns nothing."""
    hints = get_type_hints(function)
    assert hints["judge"] is Judge
    assert hints["return"] is type(None)


@EACH_CHECK
def test_the_facts_of_a_check_have_the_types_that_readers_give(function):
    """A fixture's annotation is the type of that fact; what is no fact is a target or the run's."""
    _has_the_types(function, set(inspect.signature(function).parameters) - {"judge"})


@pytest.mark.parametrize("name", MADE)
def test_what_is_made_of_facts_has_the_types_that_readers_give(name):
    """The same holds of what a check gets made of others, and none of it bears a name of these."""
    assert name not in {*BASES, *NEEDS, *OF_THE_RUN}
    _has_the_types(MADE[name], made_of(name))


@EACH_CHECK
def test_a_check_asks_for_little(function):
    """Whoever reads a check has in mind what it asks for: facts, targets, what is known of the run.

    What belongs together is one record of ``kanmon.suite.made``.
    """
    assert len(inspect.signature(function).parameters) <= ASKED + 1  # and the judge


@EACH_CHECK
def test_a_check_judges_one_kind_of_target_at_most(function):
    """A check is parametrised over the targets of one kind, and its facts are of these."""
    names = set(inspect.signature(function).parameters)
    facts_asked = {part for name in names for part in plain(name)}
    bases = {NEEDS[name].base for name in facts_asked if name in NEEDS} - {None}
    assert len(bases | (names & set(BASES))) <= 1
    assert bases <= names


@EACH_CHECK
def test_the_references_of_a_card_exist(function):
    """A reference is an address, or names a table of the knowledge."""
    known = {model.table for model in tables()}
    for ref in card(function).refs:
        kind, _, rest = ref.partition(":")
        assert kind in ("table", "https"), ref
        assert kind != "table" or rest in known, ref


@EACH_CHECK
def test_a_card_is_for_some_step_and_phase(function):
    """A check without a step or a phase would never run."""
    assert card(function).steps
    assert card(function).phases


@EACH_CHECK
def test_a_check_is_short(function):
    """The body of a check is read at one glance; what is longer belongs into named helpers."""
    (definition,) = (
        node
        for node in _tree(Path(inspect.getfile(function))).body
        if isinstance(node, ast.FunctionDef) and node.name == function.__name__
    )
    after_docstring = definition.body[1]
    assert definition.end_lineno - after_docstring.lineno + 1 <= LINES


@EACH_FILE
def test_a_check_only_judges(path):
    """Checks import nothing that reads, and call nothing that asks the clock or the machine."""
    for node in ast.walk(_tree(path)):
        for module in _imported(node):
            whole = ".".join(module.split(".")[:2])
            assert whole in KANMON or module.split(".")[0] in PURE, f"{path.name}: {module}"
        if isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            assert called not in IMPURE_CALLS, f"{path.name}:{node.lineno}: {called}()"


def test_every_name_is_a_fixture():
    """What a check may ask for is what pytest finds in the plugins of the run."""
    assert "fixtures.facts" in conftest.pytest_plugins
    for name in (*BASES, *NEEDS, *OF_THE_RUN, *MADE):
        assert hasattr(facts, name), name


def _has_the_types(maker, names):
    """Each of these parameters has the type of what it is given."""
    hints = get_type_hints(maker)
    for name in names:
        assert name in {*BASES, *NEEDS, *OF_THE_RUN, *MADE}, name
        if name in {*NEEDS, *MADE}:
            assert hints[name] == _given(name), name


def _given(name):
    """The type of a fact, or of what is made of facts."""
    if name in MADE:
        maker = MADE[name]
        return maker if inspect.isclass(maker) else get_type_hints(maker)["return"]
    need = NEEDS[name]
    (fact,) = {PARTS[kind][need.part] for kind in BASES.get(need.base, (need.kind,))}
    return fact if need.base else dict[str, fact | Unread]


def _tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def _imported(node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        names = [f"{node.module}.{alias.name}" for alias in node.names]
        return names if node.module == "kanmon" else [node.module or "."]
    return []
