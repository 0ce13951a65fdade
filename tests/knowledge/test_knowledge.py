"""Knowledge: every row has its source, and faulty tables are refused."""

from __future__ import annotations

import ast
import tomllib
from datetime import date
from typing import ClassVar

import pytest

from kanmon import knowledge
from kanmon.knowledge import Citation, KnowledgeError, load, parse, tables
from kanmon.knowledge.health import ToolsDefect
from kanmon.knowledge.rows import Row, Texts

HOME = knowledge.HOME


@pytest.mark.parametrize("model", tables(), ids=lambda model: model.table)
def test_every_row_says_where_it_comes_from(model):
    """Each row's source has a title, an address and a day; its key is its own."""
    table = load(model)
    for row in table.rows:
        assert isinstance(row.citation, Citation)
        assert row.citation.table == table.name == model.table
        assert row.citation.row == row.key
        assert row.citation.title
        assert row.citation.url.startswith("https://")
        assert isinstance(row.citation.retrieved, date)
        assert row.citation.retrieved < table.review_by
        assert table.get(row.key) is row
    assert len({row.key for row in table.rows}) == len(table.rows)


@pytest.mark.parametrize("model", tables(), ids=lambda model: model.table)
def test_every_source_is_used(model):
    """A source that no row cites is a left-over."""
    text = (HOME / f"{model.table}.toml").read_text(encoding="utf-8")
    assert set(tomllib.loads(text)["sources"]) == {row.source for row in load(model).rows}


def test_every_file_has_its_model():
    """No table lies about that nothing reads."""
    assert {path.stem for path in HOME.glob("*.toml")} == {model.table for model in tables()}


def test_unverified_rows_say_why():
    """Whoever has to confirm a row with the vendor is told what is missing."""
    rows = [row for model in tables() for row in load(model).rows]
    assert all(row.note for row in rows if row.confidence == "unverified")


def test_rules_of_our_own_say_why():
    """A rule that no vendor gives may block, so whoever is stopped by it is told the reason."""
    rows = [row for model in tables() for row in load(model).rows]
    own = [row for row in rows if row.confidence == "engineering"]
    assert own
    assert all(row.note for row in own)
    bare = APPLE.replace("field", "engineering")
    with pytest.raises(KnowledgeError, match="says why in its note"):
        parse(Fruit, fruit(bare), "fruit.toml")


def test_knowledge_imports_nothing_of_kanmon():
    """The tables stand alone: of kanmon they know what a version and an error is."""
    allowed = ("kanmon.knowledge", "kanmon.versions", "kanmon.knowledge.spans", "kanmon.errors")
    for path in HOME.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("kanmon"):
                assert node.module.startswith(allowed)


def test_a_table_is_read_once():
    """Who asks again gets the same table."""
    assert load(ToolsDefect) is load(ToolsDefect)


class Fruit(Row):
    """A row for tables that are wrong on purpose."""

    table: ClassVar[str] = "fruit"

    name: str
    weight: int
    picked: date | None = None
    uses: Texts = ()

    @property
    def key(self) -> str:
        """The name."""
        return self.name


HEAD = 'title = "Fruit"\nreview_by = 2027-05-23\n'
SOURCES = '[sources.market]\ntitle = "Market"\nurl = "https://example.jp"\nretrieved = 2026-11-23\n'
MARKET = 'source = "market", confidence = "field"'
APPLE = f'{{ name = "apple", weight = 3, {MARKET} }}'


def fruit(*rows: str, head: str = HEAD, sources: str = SOURCES) -> str:
    return f"{head}rows = [{', '.join(rows)}]\n{sources}"


def test_a_table_is_read():
    """Rows keep their order, and defaults stand for what a row leaves out."""
    head = f'{HEAD}source = "market"\nconfidence = "documented"\n'
    pear = '{ name = "pear", weight = 4, picked = 2026-10-01, uses = ["cake"], note = "late" }'
    table = parse(Fruit, fruit(pear, APPLE, head=head), "fruit.toml")
    assert (table.name, table.title, table.review_by) == ("fruit", "Fruit", date(2027, 5, 23))
    assert [row.key for row in table.rows] == ["pear", "apple"]
    assert table.get("pear").citation == Citation(
        table="fruit",
        row="pear",
        title="Market",
        url="https://example.jp",
        retrieved=date(2026, 11, 23),
        confidence="documented",
        note="late",
    )
    assert table.get("apple").citation.confidence == "field"
    assert (table.get("pear").uses, table.get("apple").uses) == (("cake",), ())
    assert table.get("plum") is None


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (APPLE, "expected a key of its own, got 'apple'"),
        ('{ name = "b", weight = 3.0, source = "market", confidence = "field" }', "weight"),
        ('{ name = 6.5, weight = 3, source = "market", confidence = "field" }', "name"),
        ('{ name = "b", weight = nan, source = "market", confidence = "field" }', "weight"),
        ('{ name = "b", weight = "3", source = "market", confidence = "field" }', "valid integer"),
        ('{ name = "b", weight = true, source = "market", confidence = "field" }', "valid integer"),
        ('{ name = "b", weight = 3, confidence = "field" }', "source: Field required"),
        ('{ name = "b", weight = 3, source = "market" }', "confidence: Field required"),
        (
            f'{{ name = "b", weight = 3, uses = [1], {MARKET} }}',
            "uses.0: Input should be a valid s",
        ),
        (f'{{ name = "b", weight = 3, uses = "jam", {MARKET} }}', "uses"),
        ('{ name = "b", weight = 3, source = "shop", confidence = "field" }', "is none of: market"),
        ('{ name = "b", weight = 3, source = "market", confidence = "sure" }', "'documented'"),
        (
            '{ name = "b", weight = 3, wieght = 3, source = "market", confidence = "field" }',
            "wieght: expected one of source, confidence, note, name, weight, picked, uses",
        ),
        (
            f'{{ name = "b", weight = 3, picked = "2026-10-01", {MARKET} }}',
            "picked: Input should be a valid date, got '2026-10-01'",
        ),
        (
            f'{{ name = "b", weight = 3, picked = 2026-10-01T00:00:00, {MARKET} }}',
            "picked",
        ),
    ],
)
def test_a_faulty_row_is_refused(row, told):
    """The file, the number of the row and what was expected are named."""
    with pytest.raises(KnowledgeError) as refusal:
        parse(Fruit, fruit(APPLE, row), "fruit.toml")
    assert str(refusal.value).startswith("fruit.toml, row 2: ")
    assert told in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (fruit(), "rows"),
        (HEAD + SOURCES, "rows: Field required"),
        (f"{HEAD}{SOURCES}[rows]\n", "rows: Input should be a valid list"),
        (fruit(APPLE, sources=""), "sources: Field required"),
        (fruit(APPLE, sources="[sources]\n"), "sources"),
        (fruit(APPLE, head='title = "Fruit"\n'), "review_by: Field required"),
        (fruit(APPLE, head="review_by = 2027-05-23\n"), "title: Field required"),
        (fruit(APPLE, head=HEAD.replace("2027-05-23", '"2027-05-23"')), "review_by"),
        (fruit(APPLE, head=HEAD + "version = 1.5\n"), "version: expected one of title, review_by"),
        (fruit(APPLE, sources=SOURCES.replace("https://example.jp", "")), "sources.market.url"),
        (fruit(APPLE, sources=SOURCES.replace("2026-11-23", '"2026-11-23"')), "retrieved"),
        (fruit(APPLE, sources=SOURCES + "age = 1.0\n"), "sources.market.age"),
        (fruit("{ name = 'a', name = 'b' }"), "is not TOML"),
        ("title = ", "is not TOML"),
    ],
)
def test_a_faulty_file_is_refused(text, told):
    """What is wrong outside the rows is named with the file."""
    with pytest.raises(KnowledgeError) as refusal:
        parse(Fruit, text, "fruit.toml")
    assert str(refusal.value).startswith("fruit.toml")
    assert told in str(refusal.value)


def test_rows_are_frozen():
    """Nobody changes knowledge while a run rests on it."""
    row = load(ToolsDefect).rows[0]
    with pytest.raises(ValueError, match="frozen"):
        row.defect = "none"
