"""Knowledge: every row has its source, faulty tables are refused, nothing gathered is lost."""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import pytest

from kanmon import knowledge
from kanmon.knowledge import Citation, KnowledgeError, load, parse, tables
from kanmon.knowledge.health import StatusWord, ToolsDefect
from kanmon.knowledge.interop import DeepSecurityHop, ToolsFloor
from kanmon.knowledge.releases import EsxiRelease, NsxRelease, ToolsRelease, VCenterRelease
from kanmon.knowledge.requirements import (
    DatabaseTlsRule,
    KernelReserve,
    ManagerSizing,
    RelayFloor,
    RelayFootprint,
    SqlServerTls12,
    WindowsRoot,
)
from kanmon.knowledge.rows import Row
from kanmon.versions import DeepSecurity, Nsx, SqlServer, Tools, VSphere

HOME = Path(knowledge.__file__).parent

# What was gathered: rows of release_dates.json by product, builds that they name, and so on. A
# build of vCenter that two editions share is one row.
SHARED_VCENTER_BUILDS = 162
SHARED_ESXI_BUILDS = 100
SHARED_NSX_V_BUILDS = 13
SHARED_NSX_T_BUILDS = 2
SHARED_TOOLS_NUMBERS = 44
SHARED_TOOLS_BUNDLES = 54
SHARED_ROOTS = 22
SHARED_REQUIRED_ROOTS = 13
UNDATED = {18485166, 19300125, 19066632, 19307994, 17107167, 17883596}


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


def test_knowledge_imports_nothing_of_kanmon():
    """The tables stand alone: of kanmon they know what a version and an error is."""
    allowed = ("kanmon.knowledge", "kanmon.versions", "kanmon.spans", "kanmon.errors")
    for path in HOME.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("kanmon"):
                assert node.module.startswith(allowed)


def test_a_table_is_read_once():
    """Who asks again gets the same table."""
    assert load(ToolsDefect) is load(ToolsDefect)


def test_every_gathered_release_is_here():
    """No build and no date was lost on the way."""
    products = Counter(row.product for row in load(NsxRelease).rows)
    assert len(load(VCenterRelease).rows) == SHARED_VCENTER_BUILDS
    assert len(load(EsxiRelease).rows) == SHARED_ESXI_BUILDS
    assert products == {"NSX-V": SHARED_NSX_V_BUILDS, "NSX-T": SHARED_NSX_T_BUILDS}
    releases = [
        row for model in (VCenterRelease, EsxiRelease, NsxRelease) for row in load(model).rows
    ]
    assert {row.build for row in releases if row.date is None} == UNDATED


def test_every_gathered_release_of_tools_is_here():
    """64 rows of VMware's list are 44 numbers: 54 bundles with ESXi, 10 releases with none."""
    rows = load(ToolsRelease).rows
    assert len(rows) == SHARED_TOOLS_NUMBERS
    assert sum(row.bundled_with.count("ESXi ") for row in rows) == SHARED_TOOLS_BUNDLES
    assert SHARED_TOOLS_BUNDLES + sum(not row.bundled_with for row in rows) == 64


def test_every_gathered_root_is_here():
    """22 roots, 13 of them on the vendor's list; two of those expired and count all the same."""
    rows = load(WindowsRoot).rows
    required = [row for row in rows if row.required]
    assert len(rows) == SHARED_ROOTS
    assert len(required) == SHARED_REQUIRED_ROOTS
    assert sum(row.not_after < date(2021, 1, 1) for row in required) == 2


@pytest.mark.parametrize("model", [VCenterRelease, EsxiRelease])
def test_vsphere_versions_are_versions(model):
    """Every version is written as kanmon writes it, and later updates came out later."""
    first: dict[VSphere, date] = {}
    for row in load(model).rows:
        version = VSphere.parse(row.version)
        assert str(version) == row.version
        assert row.release.count(version.line)
        if row.date and not version.letter:
            first[version] = min(row.date, first.get(version, row.date))
    for older, newer in pairwise(sorted(first)):
        assert older.line != newer.line or first[older] < first[newer]


@pytest.mark.parametrize(
    ("model", "build", "version", "released"),
    [
        (VCenterRelease, "8307201", "6.5 U2", date(2018, 5, 3)),
        (VCenterRelease, "14367737", "6.7 U3", date(2019, 8, 20)),
        (VCenterRelease, "14368073", "6.7 U3", date(2019, 8, 20)),
        (VCenterRelease, "13843469", "6.7 U2b", date(2019, 5, 30)),
        (VCenterRelease, "17694817", "7.0 U2", date(2021, 3, 9)),
        (EsxiRelease, "8294253", "6.5 U2", date(2018, 5, 3)),
        (EsxiRelease, "13006603", "6.7 U2", date(2019, 4, 11)),
        (EsxiRelease, "13635690", "6.5 U2", date(2019, 5, 14)),
        (EsxiRelease, "13981272", "6.7 U2", date(2019, 6, 20)),
        (EsxiRelease, "17630552", "7.0 U2", date(2021, 3, 9)),
        (EsxiRelease, "17700523", "6.7 U3", date(2021, 3, 18)),
    ],
)
def test_the_builds_of_the_procedure(model, build, version, released):
    """The builds that the procedure meets are what their vendor says they are."""
    row = load(model).get(build)
    assert (row.version, row.date) == (version, released)


def test_a_build_of_two_editions_says_so():
    """13843469 came out twice; the row keeps the later date and tells."""
    assert "2019-05-14" in load(VCenterRelease).get("13843469").note


def test_nsx_versions_are_versions():
    """Product and version together are a version of NSX."""
    for row in load(NsxRelease).rows:
        assert str(Nsx.parse(f"{row.product} {row.version}")) == f"{row.product} {row.version}"
        assert row.version in row.release


def test_tools_numbers_stand_for_their_releases():
    """VMware's list and the arithmetic agree on every row, in every table that names Tools."""
    for model in (ToolsRelease, ToolsDefect):
        for row in load(model).rows:
            assert str(Tools.from_number(row.number)) == row.release
    for row in load(ToolsFloor).rows:
        assert str(Tools.parse(row.minimum)) == row.minimum
        assert str(Nsx.parse(row.nsx)) == row.nsx


def test_sizing_bands_follow_each_other():
    """From no agent to 20000 each number is in one band, and more agents never need less."""
    lines = {row.deep_security for row in load(ManagerSizing).rows}
    assert lines == {"11.0", "20.0"}
    for line in lines:
        bands = [row for row in load(ManagerSizing).rows if row.deep_security == line]
        assert bands[0].agents_from == 0
        assert bands[-1].agents_below == 20001
        for small, large in pairwise(bands):
            assert small.agents_below == large.agents_from
            assert small.cores <= large.cores
            assert small.memory_gib <= large.memory_gib
            assert small.heap_gib <= large.heap_gib < large.memory_gib


def test_sql_server_intervals_neither_overlap_nor_leave_a_gap():
    """Every build of 2005 to 2022 is in one interval: each ends where the next one starts."""
    ends: dict[tuple[int, int], list[tuple[SqlServer, SqlServer]]] = {}
    for row in load(SqlServerTls12).rows:
        first, below = SqlServer.parse(row.first), SqlServer.parse(row.below)
        assert first < below
        ends.setdefault((first.major, first.minor), []).append((first, below))
    assert [*ends] == [(9, 0), (10, 0), (10, 50), *((major, 0) for major in range(11, 17))]
    for (major, minor), intervals in ends.items():
        assert intervals[0][0] == SqlServer(major, minor, 0, 0)
        assert intervals[-1][1] == SqlServer(major, minor + 1, 0, 0)
        assert all(before[1] == after[0] for before, after in pairwise(intervals))


def test_bounds_of_deep_security_are_lines():
    """Rules are ranges of lines, so no bound carries a build."""
    rules = load(DatabaseTlsRule).rows
    bounds = [bound for row in rules for bound in (row.source_from, row.source_below)]
    bounds += [bound for row in rules for bound in (row.target_from, row.target_below)]
    bounds += [row.deep_security for row in load(ManagerSizing).rows]
    bounds += [row.deep_security for row in load(RelayFootprint).rows]
    bounds += [row.line for row in load(RelayFloor).rows]
    for bound in filter(None, bounds):
        assert DeepSecurity.parse(bound).line == DeepSecurity.parse(bound)


def test_relay_floors_lie_in_their_lines():
    """A floor is a build of its own line, or the line."""
    for row in load(RelayFloor).rows:
        assert DeepSecurity.parse(row.minimum).line == DeepSecurity.parse(row.line)


def test_paths_of_a_product_do_not_overlap():
    """Each line below 13.0 has one answer per product."""
    products = {row.product for row in load(DeepSecurityHop).rows}
    assert products == {"manager", "agent", "relay", "appliance"}
    for product in products:
        rows = [row for row in load(DeepSecurityHop).rows if row.product == product]
        assert rows[0].before.first is None
        assert all(low.before.below == high.before.first for low, high in pairwise(rows))


def test_what_the_procedure_asks_for_is_marked_as_its_own():
    """The TLS rules are the procedure's, and a finding can say so."""
    citations = {row.citation.confidence for row in load(DatabaseTlsRule).rows}
    assert citations == {"procedure"}
    assert (
        load(DatabaseTlsRule).rows[0].citation.url
        == "https://blog.jbs.co.jp/entry/2023/03/17/113607"
    )


def test_words_that_say_nothing_have_no_row():
    """UNKNOWN is no state: without a row it stays undetermined."""
    assert "UNKNOWN" not in {row.word.upper() for row in load(StatusWord).rows}


def test_memory_reserve_is_one_figure():
    """There is one share for all machines."""
    assert [row.share_percent for row in load(KernelReserve).rows] == [5]


class Fruit(Row):
    """A row for tables that are wrong on purpose."""

    table: ClassVar[str] = "fruit"

    name: str
    weight: int
    picked: date | None = None

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
    pear = '{ name = "pear", weight = 4, picked = 2026-10-01, note = "late" }'
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
        ('{ name = "b", weight = 3, source = "shop", confidence = "field" }', "is none of: market"),
        ('{ name = "b", weight = 3, source = "market", confidence = "sure" }', "'documented'"),
        (
            '{ name = "b", weight = 3, wieght = 3, source = "market", confidence = "field" }',
            "wieght: expected one of source, confidence, note, name, weight, picked",
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
        row.number = 1
