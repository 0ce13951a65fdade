"""Compatibility exports: what is read becomes rows that decide, what is not is told and refused."""

from __future__ import annotations

import csv
import re
import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kanmon.commands.cli import main
from kanmon.knowledge import KnowledgeError, load, read_overlay, tables, use_overlay
from kanmon.knowledge.importing import import_file
from kanmon.knowledge.interop import (
    ApplianceNsx,
    DeepSecurityPair,
    EsxiVCenter,
    NsxVSphere,
    ToolsEsxi,
)
from kanmon.versions import Nsx
from tests.running import HOME

TODAY = date(2026, 11, 25)
HEADER = ["product", "version", "with", "with_version", "status", "source", "address", "retrieved"]
ROW = ["vCenter", "7.0 U2", "ESXi", "from 6.5 below 7.0", "Compatible", "Matrix"]
ROW = [*ROW, "https://example.jp/m", "2026-11-20"]


@pytest.fixture(autouse=True)
def _none_left():
    """No overlay of one test is in force in another."""
    yield
    use_overlay(None)


def written(path, *rows, header=HEADER, delimiter=",", encoding="utf-8"):
    """An export on disk."""
    file = path / "export.csv"
    with file.open("w", newline="", encoding=encoding) as stream:
        csv.writer(stream, delimiter=delimiter).writerows([header, *rows])
    return file


def imported(path, *rows, **how):
    """The tables of an overlay that an export became, by name."""
    import_file(written(path, *rows, **how), path / "own", TODAY, replace=False)
    return read_overlay(path / "own").tables


def refused(path, *rows, **how):
    """What is told of an export that cannot be read, line by line; nothing is written."""
    with pytest.raises(KnowledgeError) as refusal:
        import_file(written(path, *rows, **how), path / "own", TODAY, replace=False)
    assert not (path / "own").exists()
    return str(refusal.value).splitlines()[1:]


def fields(row):
    """What a row is about and what it says, as texts."""
    names = type(row).model_fields.keys() - {"source", "confidence", "note"}
    return {name: str(getattr(row, name)) for name in names if getattr(row, name) is not None}


def test_a_row_is_imported_whole(tmp_path):
    """Versions, status, source and note come back from the table as the export has them."""
    tables_ = imported(tmp_path, [*ROW, 'say "yes"'], header=[*HEADER, "note"])
    assert list(tables_) == [EsxiVCenter.table]
    (row,) = tables_[EsxiVCenter.table].rows
    assert fields(row) == {"esxi": "from 6.5 below 7.0", "vcenter": "7.0 U2", "supported": "True"}
    cited = row.citation
    assert (cited.title, cited.url) == ("Matrix", "https://example.jp/m")
    assert (cited.retrieved, cited.note) == (date(2026, 11, 20), 'say "yes"')
    assert (cited.confidence, cited.overlay) == ("documented", True)


PAIRS = [
    ("vCenter", "ESXi", EsxiVCenter, {"vcenter": "7.0 U2", "esxi": "6.7 U3"}),
    ("NSX-V", "vCenter", NsxVSphere, {"nsx": "NSX-V 6.4.5", "vcenter": "7.0 U2"}),
    ("NSX-T", "ESXi", NsxVSphere, {"nsx": "NSX-T 3.1.2", "esxi": "6.7 U3"}),
    ("VMware Tools", "ESXi", ToolsEsxi, {"tools": "10.3.10", "esxi": "6.7 U3"}),
    (
        "Deep Security Agent",
        "Deep Security Manager",
        DeepSecurityPair,
        {
            "product": "agent",
            "version": "12.0",
            "partner": "manager",
            "partner_version": "20.0.0-877",
        },
    ),
    (
        "Deep Security Relay",
        "Deep Security Manager",
        DeepSecurityPair,
        {
            "product": "relay",
            "version": "11.0",
            "partner": "manager",
            "partner_version": "20.0.0-877",
        },
    ),
    (
        "Deep Security Virtual Appliance",
        "Deep Security Manager",
        DeepSecurityPair,
        {
            "product": "appliance",
            "version": "20.0",
            "partner": "manager",
            "partner_version": "20.0.0-877",
        },
    ),
    (
        "Deep Security Agent",
        "Deep Security Relay",
        DeepSecurityPair,
        {"product": "agent", "version": "12.0", "partner": "relay", "partner_version": "11.0"},
    ),
]
VERSIONS = {
    "vCenter": "7.0 U2",
    "ESXi": "6.7 U3",
    "NSX-V": "6.4.5",
    "NSX-T": "3.1.2",
    "VMware Tools": "10.3.10",
    "Deep Security Manager": "20.0.0-877",
    "Deep Security Agent": "12.0",
    "Deep Security Relay": "11.0",
    "Deep Security Virtual Appliance": "20.0",
}


def pair(one, other, esxi=""):
    """A row about two products."""
    return [one, VERSIONS[one], other, VERSIONS[other], "No", *ROW[5:], esxi]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("one", "other", "model", "expected"), PAIRS)
def test_each_pair_goes_to_its_table(tmp_path, one, other, model, expected, turned):
    """A pair becomes the same row of the same table whichever product stands first."""
    row = pair(other, one) if turned else pair(one, other)
    tables_ = imported(tmp_path, row[:-1])
    assert list(tables_) == [model.table]
    assert fields(tables_[model.table].rows[0]) == {**expected, "supported": "False"}


@pytest.mark.parametrize("turned", [False, True])
def test_an_appliance_on_nsx_takes_the_esxi_too(tmp_path, turned):
    """The third version of an appliance on NSX is that of ESXi."""
    products = ("NSX-T", "Deep Security Virtual Appliance")
    row = pair(*(products[::-1] if turned else products), esxi="any")
    tables_ = imported(tmp_path, row, header=[*HEADER, "esxi_version"])
    (own,) = tables_[ApplianceNsx.table].rows
    expected = {"appliance": "20.0", "nsx": "NSX-T 3.1.2", "esxi": "any", "supported": "False"}
    assert fields(own) == expected


ALLOWED = {frozenset(one[:2]) for one in PAIRS} | {
    frozenset({"NSX-T", "vCenter"}),
    frozenset({"NSX-V", "ESXi"}),
    frozenset({"NSX-V", "Deep Security Virtual Appliance"}),
    frozenset({"NSX-T", "Deep Security Virtual Appliance"}),
}


@pytest.mark.parametrize("one", VERSIONS)
def test_a_pair_without_a_table_is_refused(tmp_path, one):
    """Whatever other product stands beside it, there is a table for the two or a refusal."""
    others = [other for other in VERSIONS if frozenset({one, other}) not in ALLOWED]
    lines = refused(tmp_path, *(pair(one, other)[:-1] for other in others))
    expected = [
        f"row {number}, with: there is no table for {one} with {other}; there are: esxi and vcenter"
        for number, other in enumerate(others, start=2)
    ]
    assert [line.strip()[: len(start)] for line, start in zip(lines, expected, strict=True)] == (
        expected
    )


@pytest.mark.parametrize(
    "name",
    ["Agent", "agent", " deep  security agent ", "DEEPSECURITYAGENT"],
)
def test_names_need_no_care(tmp_path, name):
    """Case and blanks of a product do not count, and "Deep Security" may be left out."""
    row = ["MANAGER", "20.0", name, "12.0", *ROW[4:]]
    assert fields(imported(tmp_path, row)["deep_security_pairs"].rows[0])["product"] == "agent"


@pytest.mark.parametrize(
    ("word", "supported"),
    [
        ("Compatible", True),
        ("SUPPORTED", True),
        (" yes ", True),
        ("incompatible", False),
        ("Not  Supported", False),
        ("No", False),
    ],
)
def test_status_is_yes_or_no(tmp_path, word, supported):
    """Six words say whether two products fit."""
    (row,) = imported(tmp_path, [*ROW[:4], word, *ROW[5:]])[EsxiVCenter.table].rows
    assert row.supported is supported


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("3.1", "NSX-T 3.1"),
        ("NSX-T 3.1", "NSX-T 3.1"),
        ("from 2.5 below 3.0", "from NSX-T 2.5 below NSX-T 3.0"),
        ("from NSX-T 2.5  below 3.0", "from NSX-T 2.5 below NSX-T 3.0"),
        ("below 3.0", "below NSX-T 3.0"),
        ("3.1.2.0.0.17883596", "NSX-T 3.1.2.0.0.17883596"),
    ],
)
def test_nsx_needs_not_be_said_twice(tmp_path, cell, expected):
    """The column says which NSX a version is of."""
    (row,) = imported(tmp_path, ["NSX-T", cell, *ROW[2:]])[NsxVSphere.table].rows
    assert str(row.nsx) == expected


@pytest.mark.parametrize(
    ("product", "other"), [("NSX-T 3.1", "NSX-V 6.4"), ("NSX-V 6.4", "NSX-T 3.1")]
)
def test_any_nsx_is_any_of_its_product(tmp_path, product, other):
    """A row about every NSX-T says nothing of NSX-V, and the other way round."""
    row = [product.split()[0], "any", *ROW[2:]]
    (own,) = imported(tmp_path, row)[NsxVSphere.table].rows
    assert Nsx.parse(product) in own.nsx
    assert Nsx.parse(other) not in own.nsx


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_what_spreadsheets_write_is_read(tmp_path, encoding, delimiter):
    """Commas, semicolons, a byte order mark, and rows without any content are no obstacle."""
    header = [" Product", "Version", "With", "With Version", *HEADER[4:]]
    rows = ([""] * 8, [*ROW[:5], "Matrix; all, of it", *ROW[6:]], [""] * 8)
    tables_ = imported(tmp_path, *rows, header=header, delimiter=delimiter, encoding=encoding)
    assert [row.citation.title for row in tables_[EsxiVCenter.table].rows] == ["Matrix; all, of it"]


def test_order_is_kept(tmp_path):
    """An exception that stands before its rule decides before it."""
    exception = ["vCenter", "7.0 U2", "ESXi", "6.7 U1", "No", *ROW[5:]]
    (first, second) = imported(tmp_path, exception, ROW)[EsxiVCenter.table].rows
    assert (first.supported, second.supported) == (False, True)


@pytest.mark.parametrize(
    ("retrieved", "review_by"),
    [
        (["2026-03-20", "2026-05-19"], date(2026, 11, 19)),
        (["2026-08-31"], date(2027, 2, 28)),
        (["2025-12-31", "2025-06-30"], date(2026, 6, 30)),
        (["2026-06-30"], date(2026, 12, 30)),
        (["2023-08-29"], date(2024, 2, 29)),
    ],
)
def test_review_is_due_half_a_year_after_the_newest_source(tmp_path, retrieved, review_by):
    """The day is that of the newest row, six months on, or the month's last."""
    rows = [["vCenter", f"7.0 U{n}", *ROW[2:7], day] for n, day in enumerate(retrieved, start=1)]
    table = imported(tmp_path, *rows)[EsxiVCenter.table]
    assert table.review_by == review_by
    assert [row.citation.retrieved.isoformat() for row in table.rows] == retrieved


FAULTY = [
    ("product", "vCentre", "product: expected one of vCenter, ESXi"),
    ("product", "Deep Security ESXi", "product: expected one of vCenter, ESXi"),
    ("product", "", "product: expected one of vCenter, ESXi"),
    ("version", "7.0.2", "version: got version '7.0.2', expected a release as in 6.5"),
    ("version", "", "version: got version '', expected a release"),
    ("version", "7.0 U2, 7.0 U3", "version: got version '7.0 U2, 7.0 U3', expected a release"),
    ("with", "Hyper-V", "with: expected one of vCenter, ESXi"),
    ("with", "vCenter", "with: there is no table for vCenter with vCenter"),
    ("with_version", "from 7.0 below 6.5", "with_version: got version 'from 7.0 below 6.5'"),
    ("with_version", "Any", "with_version: got version 'Any', expected a release"),
    ("status", "maybe", "status: expected one of compatible, supported, yes, incompatible"),
    ("status", "", "status: expected one of compatible"),
    ("status", "true", "status: expected one of compatible"),
    ("source", " ", "source: String should have at least 1 character"),
    ("address", "", "address: String should have at least 1 character"),
    ("retrieved", "2026-11-26", "retrieved: expected a day up to today as in 2026-11-23"),
    ("retrieved", "2026-13-01", "retrieved: expected a day"),
    ("retrieved", "20261120", "retrieved: expected a day"),
    ("retrieved", "20/11/2026", "retrieved: expected a day"),
    ("retrieved", "", "retrieved: expected a day"),
]


@pytest.mark.parametrize(("column", "cell", "expected"), FAULTY)
def test_a_cell_that_cannot_be_read_is_refused(tmp_path, column, cell, expected):
    """The row, as a spreadsheet counts, the column and what was expected are told, once."""
    row = [cell if name == column else value for name, value in zip(HEADER, ROW, strict=True)]
    (line,) = refused(tmp_path, ["vCenter", "6.7", *ROW[2:]], [""] * 8, row)
    assert line.strip().startswith(f"row 4, {expected}")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("NSX-V 6.4", "got version 'NSX-V 6.4', expected a version of NSX-T"),
        ("from 3.0 below NSX-V 6.4", "got version 'NSX-V 6.4', expected a version of NSX-T"),
        ("NSX 3.1", "got version 'NSX 3.1', expected NSX-T 3.1.2"),
    ],
)
def test_a_version_of_the_other_nsx_is_refused(tmp_path, cell, expected):
    """Column and cell must mean one product."""
    (line,) = refused(tmp_path, ["NSX-T", cell, *ROW[2:]])
    assert line.strip().startswith(f"row 2, version: {expected}")


def test_the_esxi_of_an_appliance_is_needed_there_and_nowhere_else(tmp_path):
    """Left out where it counts, or given where nobody would look at it, it is refused."""
    rows = [pair("NSX-T", "Deep Security Virtual Appliance"), pair("vCenter", "ESXi", esxi="7.0")]
    first, second = refused(tmp_path, *rows, header=[*HEADER, "esxi_version"])
    assert first.strip().startswith("row 2, esxi_version: got version '', expected a release")
    assert second.strip().startswith("row 3, esxi_version: expected nothing")
    (absent,) = refused(tmp_path, rows[0][:-1])
    assert absent == first


def test_all_faults_are_told_at_once(tmp_path):
    """Every faulty cell of every row is named, and one good row among them is not written."""
    rows = [ROW, ["vCentre", "x", "ESXi", "6.7.0", "?", "", "a", "b"], ["one", "two"]]
    lines = refused(tmp_path, *rows)
    places = [re.match(r" +(row \d+, [a-z_ ]+):", line)[1] for line in lines]
    columns = ["product", "with_version", "status", "source", "retrieved"]
    assert places == [*(f"row 3, {column}" for column in columns), "row 4, every column"]


def test_a_pair_that_is_told_twice_is_refused(tmp_path):
    """The same versions again, in either order, are refused whatever the second one says."""
    turned = [ROW[2], ROW[3], ROW[0], ROW[1], "No", *ROW[5:]]
    lines = refused(tmp_path, ROW, turned, ROW)
    key = "'ESXi from 6.5 below 7.0 under vCenter 7.0 U2'"
    assert [line.strip() for line in lines] == [
        f"row 3: {key} is told already in row 2",
        f"row 4: {key} is told already in row 2",
    ]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (HEADER[:-1], ["retrieved: expected such a column"]),
        ([*HEADER, "notes"], ["notes: expected one of product, version, with, with_version"]),
        ([*HEADER, ""], [": expected one of product"]),
        ([*HEADER, "with"], ["with: expected one such column, got 2"]),
        (["a"], [*(f"{name}: expected such a column" for name in HEADER), "a: expected one of"]),
    ],
)
def test_another_header_is_refused(tmp_path, header, expected):
    """Each column that is missing, unknown or there twice is told."""
    lines = refused(tmp_path, ROW, header=header)
    starts = [line.strip()[: len(start)] for line, start in zip(lines, expected, strict=True)]
    assert starts == expected


@pytest.mark.parametrize("rows", [[], [[""] * 8]])
def test_an_export_without_rows_is_refused(tmp_path, rows):
    """A header alone is no knowledge."""
    assert refused(tmp_path, *rows) == ["  expected a row below the header"]


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfep\x00r\x00",
        "product,versión".encode("cp1252"),
        b'product,"version\n1,2\n',
        b"",
        b"x" * 200000,
    ],
    ids=["utf-16", "cp1252", "open quote", "empty", "one long word"],
)
def test_what_is_no_csv_is_refused(tmp_path, capsys, content):
    """A file of another kind is refused by its path, without a traceback."""
    file = tmp_path / "export.csv"
    file.write_bytes(content)
    assert main(["knowledge", "import", str(file), str(tmp_path / "own")]) == 1
    assert str(file) in capsys.readouterr().err
    assert not (tmp_path / "own").exists()


def test_a_quote_that_is_never_closed_is_refused(tmp_path):
    """Rows that an open quote swallowed are no note of the row before them."""
    file = written(tmp_path, [*ROW, "a note"], [*ROW, "another"], header=[*HEADER, "note"])
    file.write_text(file.read_text().replace("a note", '"a note'))
    with pytest.raises(KnowledgeError, match="cannot be read as CSV"):
        import_file(file, tmp_path / "own", TODAY, replace=False)


def test_a_file_that_is_not_there_is_refused(tmp_path, capsys):
    """A mistyped file is told by its path."""
    assert main(["knowledge", "import", str(tmp_path / "x.csv"), str(tmp_path)]) == 1
    assert str(tmp_path / "x.csv") in capsys.readouterr().err


def test_a_directory_that_cannot_be_one_is_refused(tmp_path, capsys):
    """Where a file stands in the directory's place, that is told."""
    (tmp_path / "own").write_text("")
    assert main(["knowledge", "import", str(written(tmp_path, ROW)), str(tmp_path / "own")]) == 1
    assert f"{tmp_path / 'own'} cannot be written" in capsys.readouterr().err


def test_a_table_that_is_there_is_left_alone(tmp_path, capsys):
    """Only --replace overwrites; without it no table of the export is written at all."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "esxi_vcenter.toml").write_text("mine")
    (own / "tools_nsx.toml").write_text("mine too")
    command = ["knowledge", "import", str(written(tmp_path, ROW, pair("NSX-V", "ESXi")[:-1]))]
    assert main([*command, str(own)]) == 1
    assert f"there is {own / 'esxi_vcenter.toml'} (give --replace)" in capsys.readouterr().err
    assert sorted(path.name for path in own.iterdir()) == ["esxi_vcenter.toml", "tools_nsx.toml"]
    assert (own / "esxi_vcenter.toml").read_text() == "mine"
    assert main([*command, str(own), "--replace"]) == 0
    assert "vCenter" not in (own / "tools_nsx.toml").read_text()
    (own / "tools_nsx.toml").unlink()
    assert list(read_overlay(own).tables) == ["esxi_vcenter", "nsx_vsphere"]


def test_what_was_written_is_told(tmp_path, capsys):
    """Each table is named with its rows, those that replace the project's, and its review."""
    known = load(EsxiVCenter).rows[0]
    row = ["vCenter", str(known.vcenter), "ESXi", str(known.esxi), *ROW[4:]]
    file, own = written(tmp_path, ROW, row), tmp_path / "own"
    assert main(["knowledge", "import", str(file), str(own)]) == 0
    assert capsys.readouterr().out == (
        f"wrote {own / 'esxi_vcenter.toml'}, rows: 2 (1 in place of the project's), "
        "review by 2027-05-20\n"
    )


@settings(deadline=None)
@example(note="\x7f\x00\\u0041", source='"', version="any")
@given(note=st.text(), source=st.text(), version=st.sampled_from(["any", "below 7.0 U2", "6.7c"]))
def test_any_text_survives(note, source, version):
    """Whatever a spreadsheet's cell holds, the overlay's loader reads it back."""
    row = [*ROW[:3], version, ROW[4], f"x {source}", *ROW[6:], note]
    with tempfile.TemporaryDirectory() as directory:
        tables_ = imported(Path(directory), row, header=[*HEADER, "note"])
    (own,) = tables_[EsxiVCenter.table].rows
    assert own.citation.title == " ".join(f"x {source}".split())
    assert own.note == " ".join(note.split())
    assert str(own.esxi) == version


def test_the_documentation_can_be_followed(tmp_path):
    """The export and the table that docs/knowledge.md shows are accepted as they stand."""
    text = (HOME / "docs" / "knowledge.md").read_text(encoding="utf-8")
    (tmp_path / "export.csv").write_text(re.search(r"```csv\n(.*?)```", text, re.DOTALL)[1])
    import_file(tmp_path / "export.csv", tmp_path / "own", TODAY, replace=False)
    table = re.search(r"```toml\n# my-tables/(\S+)\n(.*?)```", text, re.DOTALL)
    (tmp_path / "own" / table[1]).write_text(table[2], encoding="utf-8")
    assert sorted(read_overlay(tmp_path / "own").tables) == [
        "deep_security_pairs",
        "esxi_vcenter",
        "nsx_vsphere",
        "tools_nsx",
    ]


def environment(path):
    """An environment that names the overlay of an import."""
    imported(path, ROW)
    (path / "prod.toml").write_text('[lab]\nworld = "demo"\n[knowledge]\noverlay = "own"\n')
    return str(path / "prod.toml")


def test_list_counts_every_table(capsys):
    """Rows, unverified rows and review date of each table are told, and no overlay."""
    assert main(["knowledge", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [model.table for model in tables()]
    for line, table in zip(lines[1:], map(load, tables()), strict=True):
        unverified = sum(row.confidence == "unverified" for row in table.rows)
        assert line.split()[1:4] == [str(len(table.rows)), str(unverified), str(table.review_by)]


def test_list_counts_the_overlay_beside_them(tmp_path, capsys):
    """With an environment the overlay's tables stand below those that they stand before."""
    assert main(["knowledge", "list", "--env", environment(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    place = next(n for n, line in enumerate(lines) if line.startswith("esxi_vcenter"))
    use_overlay(None)
    assert lines[place].split()[1] == str(len(load(EsxiVCenter).rows))
    assert lines[place + 1].split()[:4] == ["overlay", "1", "0", "2027-05-20"]
    assert sum(line.startswith("  overlay") for line in lines) == 1


@pytest.mark.parametrize("model", tables(), ids=lambda model: model.table)
def test_show_tells_every_row_and_its_source(capsys, model):
    """Each row has its key, its values, its confidence, its source and its note."""
    assert main(["knowledge", "show", model.table]) == 0
    shown = capsys.readouterr().out
    for row in load(model).rows:
        cited = row.citation
        assert f"\n{row.key}\n" in shown
        told = f"  {row.confidence}: {cited.title}, {cited.url}, retrieved {cited.retrieved}\n"
        assert told in shown
        assert row.note in shown
    assert "overlay" not in shown


def test_show_puts_the_overlay_first(tmp_path, capsys):
    """With an environment the own rows stand first, and say whose they are."""
    assert main(["knowledge", "show", "esxi_vcenter", "--env", environment(tmp_path)]) == 0
    rows = capsys.readouterr().out.split("\n\n")
    assert rows[0].endswith("the operator's overlay: review by 2027-05-20")
    assert rows[1] == (
        "ESXi from 6.5 below 7.0 under vCenter 7.0 U2\n"
        "  supported = true, esxi = from 6.5 below 7.0, vcenter = 7.0 U2\n"
        "  documented, from the operator's overlay: Matrix, https://example.jp/m, "
        "retrieved 2026-11-20"
    )
    assert not [row for row in rows[2:] if "overlay" in row]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["show", "esxi_vcentre"], "esxi_vcenter, "),
        (["list", "--env", "prdo"], "demo-blocked"),
    ],
)
def test_a_typo_lists_what_there_is(capsys, arguments, told):
    """A table or an environment that does not exist is told with those that do."""
    assert main(["knowledge", *arguments]) == 1
    assert told in capsys.readouterr().err
