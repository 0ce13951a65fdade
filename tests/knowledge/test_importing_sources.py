"""Sources in every form become overlays, and are held against the tables."""

from __future__ import annotations

import csv
import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from kanmon.commands.cli import main
from kanmon.knowledge import KnowledgeError, Row, load, read_overlay, tables, use_overlay
from kanmon.knowledge.checking import compare
from kanmon.knowledge.importing import Told, import_file
from kanmon.knowledge.releases import EsxiRelease, VCenterRelease
from kanmon.knowledge.sheet import own_columns
from tests.running import HOME

DATA = HOME / "tests" / "data" / "sources"
TODAY = dt.date(2026, 12, 1)
KNOWN = Told(address="https://example.jp/x", retrieved=TODAY)


@pytest.fixture(autouse=True)
def _none_left():
    """No overlay of one test is in force in another."""
    yield
    use_overlay(None)


def cell(value: Any) -> str:
    """A value as a person writes it into a cell."""
    if isinstance(value, tuple):
        return " | ".join(value)
    if isinstance(value, dict):
        return json.dumps(value) if value else ""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def sheet(file: Path, rows: list[dict[str, Any]]) -> Path:
    """A CSV of a table."""
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def written(row: Row) -> dict[str, str]:
    """A row of a table as a row of its CSV."""
    cited = row.citation
    return {
        **{name: cell(getattr(row, name)) for name in own_columns(type(row))},
        "source": cited.title,
        "address": cited.url,
        "retrieved": str(cited.retrieved),
        "confidence": cited.confidence,
        "note": cited.note,
    }


@pytest.mark.parametrize("model", tables(), ids=lambda model: model.table)
def test_every_table_comes_back_from_its_csv(tmp_path, model):
    """A table that is written out as a CSV is imported as it was, and differs in nothing.

    But for values that are nothing but blanks, which no cell keeps.
    """
    rows = [
        written(row)
        for row in load(model).rows
        if all(c == " ".join(c.split()) for c in written(row).values())
    ]
    file = sheet(tmp_path / f"{model.table}.csv", rows)
    found = compare(tmp_path, TODAY)
    assert [one.contradicted + one.unread + one.missing for one in found.compared] == [()]
    import_file(file, tmp_path / "own", TODAY, replace=False)
    assert [written(row) for row in read_overlay(tmp_path / "own").tables[model.table].rows] == rows


BUILD = {"build": "99999999", "release": "ESXi 8.9", "version": "8.0 U3", "source": "S"}


def refused(file: Path, told: Told = KNOWN) -> str:
    """What is told of a file that cannot be imported; nothing is written."""
    with pytest.raises(KnowledgeError) as refusal:
        import_file(file, file.parent / "own", TODAY, replace=False, told=told)
    assert not (file.parent / "own").exists()
    return str(refusal.value)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"build": "x"}, "row 2, build: expected a number, got 'x'"),
        ({"version": "8"}, "row 2: version: Value error, got version '8', expected a release"),
        ({"date": "soon"}, "row 2, date: expected a day as in 2026-11-23, got 'soon'"),
        ({"source": ""}, "row 2, source: expected what the text is called"),
        ({"confidence": "sure"}, "row 2, confidence: expected one of documented"),
        ({"retrieved": "2026-12-02"}, "row 2, retrieved: expected a day up to today"),
        ({"colour": "red"}, "colour: expected one of build, release, version, date, patch_id"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused(tmp_path, changed, expected):
    """File, row, column and what was expected are told, and nothing is written."""
    file = sheet(tmp_path / "esxi_releases.csv", [{**BUILD, **changed}])
    told = refused(file)
    assert str(file) in told
    assert expected in told


def test_what_a_source_does_not_say_the_operator_has_to(tmp_path):
    """Without an address and a day nothing is imported; an address in the source's name counts."""
    file = sheet(tmp_path / "esxi_releases.csv", [BUILD])
    told = refused(file, Told())
    assert "row 2, address: expected where the text stands, or --address" in told
    assert "row 2, retrieved: expected a day up to today, or --retrieved DAY" in told
    kept = {**BUILD, "source": "owner/repo:a/b.json@0123abcd", "retrieved": "2026-11-30"}
    sheet(file, [kept])
    import_file(file, tmp_path / "own", TODAY, replace=False)
    (row,) = read_overlay(tmp_path / "own").tables["esxi_releases"].rows
    assert row.citation.url == "https://github.com/owner/repo/blob/0123abcd/a/b.json"


def test_rows_that_contradict_each_other_are_refused(tmp_path):
    """Two rows of one key, whatever they say, are told with both places."""
    rows = [BUILD, {**BUILD, "version": "8.0 U2"}]
    told = refused(sheet(tmp_path / "esxi_releases.csv", rows))
    assert "row 3: '99999999' is told already in row 2" in told


def test_a_table_that_does_not_exist_is_refused(tmp_path):
    """The tables that there are are named."""
    file = sheet(tmp_path / "export.csv", [BUILD])
    assert "there is no table 'esxi_build'" in refused(file, Told(table="esxi_build"))
    assert "needs --table" in refused(file)
    import_file(
        file,
        tmp_path / "own",
        TODAY,
        replace=False,
        told=Told("esxi_releases", "https://e.jp", TODAY),
    )


def test_recalled_rows_never_block(tmp_path):
    """What somebody only recalls is unverified."""
    file = sheet(
        tmp_path / "esxi_releases.csv",
        [{**BUILD, "confidence": "recalled", "note": "n"}],
    )
    import_file(file, tmp_path / "own", TODAY, replace=False, told=KNOWN)
    (row,) = read_overlay(tmp_path / "own").tables["esxi_releases"].rows
    assert row.confidence == "unverified"


def test_a_matrix_becomes_cells(tmp_path):
    """Each word on a hop becomes a cell of its own, and decides from then on."""
    import_file(DATA / "matrix.json", tmp_path / "own", TODAY, replace=False, told=KNOWN)
    rows = read_overlay(tmp_path / "own").tables["upgrade_cells"].rows
    assert [(row.key, bool(row.to), bool(row.back_in_time), row.note) for row in rows] == [
        ("vCenter 6.7 U3 to 7.0a", True, False, ""),
        ("vCenter 6.7 U3 to 6.7 U3a", True, False, ""),
        ("vCenter 6.7 U3 to 8.0", False, False, "First to 7.0."),
        ("vCenter 6.7 U3t to 7.0 U2", False, True, "A newer release."),
        ("vCenter 6.7 U3t to 7.0 U3w", True, False, "By the appliance alone."),
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"status": 3', '"status": 4', "upgradeProducts.1.releases.1.status: Input should be less"),
        ("VMware vCenter", "VMware HCX", "name: expected one of vcenter, esx"),
        ('"7.0U3w"', '"7.0.3w"', "from 6.7U3t to 7.0.3w: got version '7.0.3w', expected a release"),
        ('"name"', '"nome"', "name: Field required; expected the upgrade matrix of one product"),
        ("{", "[", "cannot be read as JSON"),
    ],
)
def test_a_matrix_of_another_form_is_refused(tmp_path, old, new, expected):
    """The place and what was expected are told."""
    file = tmp_path / "matrix.json"
    file.write_text((DATA / "matrix.json").read_text().replace(old, new))
    assert expected in refused(file)


def page(path: Path) -> Path:
    """The page without its one faulty row."""
    file = path / "builds.html"
    lines = (DATA / "builds.html").read_text().splitlines()
    file.write_text("\n".join(line for line in lines if "soon" not in line))
    return file


def test_a_page_becomes_builds(tmp_path):
    """Release, day and every build of a saved page come into the tables, with its own address."""
    import_file(page(tmp_path), tmp_path / "own", TODAY, replace=False, told=Told(retrieved=TODAY))
    own = read_overlay(tmp_path / "own").tables
    assert [(r.build, r.version, str(r.date), bool(r.note)) for r in own["esxi_releases"].rows] == [
        (14320388, "6.7 U3", "2019-08-20", False),
        (99999906, "6.7 U2", "2019-08-11", False),
        (99999901, "6.7 U3", "2019-09-01", True),
        (99999902, "6.7", "2019-08-01", True),
    ]
    assert [(r.build, r.version, r.appliance) for r in own[VCenterRelease.table].rows] == [
        (99999904, "7.0 U3z", "about"),
        (99999905, "7.0 U3z", "VAMI"),
        (99999907, "7.0 U3y", "about and VAMI"),
    ]
    cited = own["esxi_releases"].rows[0].citation
    assert cited.url == "https://knowledge.example.jp/article/builds"
    assert cited.title == "Build numbers and versions of VMware ESXi and vCenter"


def test_a_page_with_a_faulty_row_is_refused(tmp_path):
    """The line of the file is told."""
    shutil.copy(DATA / "builds.html", tmp_path)
    told = refused(tmp_path / "builds.html")
    assert "line 12, date: expected a day as in 2026-11-23, got 'soon'" in told


def test_a_page_without_builds_is_refused(tmp_path):
    """What is no list of builds is no source."""
    (tmp_path / "p.html").write_text("<table><tr><td>x</td></tr></table>")
    assert "expected a table whose header names a release" in refused(tmp_path / "p.html")


def test_check_says_what_differs(tmp_path, capsys):
    """Missing rows, contradictions and rows that only the table has are told, by table."""
    ours = [written(row) for row in load(EsxiRelease).rows if row.version.startswith("6.5")]
    gone, changed, *others = ours
    rows = [{**changed, "date": "2001-01-01"}, *others, {**changed, "build": "99999999"}]
    sheet(tmp_path / "esxi_releases-2026.csv", rows)
    assert main(["knowledge", "check", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert "missing in the table: 1\n    99999999 (esxi_releases-2026.csv, row" in told
    assert (
        f"contradicted: 1\n    {changed['build']}: date is {changed['date']} in the table" in told
    )
    assert f"no longer in the sources: 1\n    {gone['build']}\n" in told
    assert "not compared, no source in" in told
    assert "vcenter_releases" in told.splitlines()[-1]
    assert "esxi_releases" not in told.splitlines()[-1]


def test_check_of_the_same_is_quiet(tmp_path, capsys):
    """A source that says what the table says ends with exit status 0."""
    rows = [written(row) for row in load(EsxiRelease).rows]
    sheet(tmp_path / "esxi_releases.csv", rows)
    assert main(["knowledge", "check", str(tmp_path)]) == 0
    assert "the table agrees" in capsys.readouterr().out


def test_a_hop_is_compared_with_the_cell_that_decides(tmp_path):
    """A cell of a matrix says the same as ours, another word, or what ours does not have."""
    words = {"8.0 U3i": 1, "9.0.1.0": 2, "9.0.2.0": 2, "10.0.0.0": 1}
    later = [
        {"version": after, "gaDate": 1700000000000, "status": status}
        for after, status in words.items()
    ]
    before = {"version": "8.0 U3h", "gaDate": 1765756800000, "releases": later}
    matrix = {"name": "VMware vCenter", "upgradeProducts": [before]}
    (tmp_path / "matrix.json").write_text(json.dumps(matrix))
    (one,) = compare(tmp_path, TODAY).compared
    assert (one.table, one.only_here) == ("upgrade_cells", ())
    (told,) = one.contradicted
    assert "vCenter 8.0 U3h to 9.0.2.0: to in the table" in told
    assert "back_in_time in the source" in told
    (missing,) = one.missing
    assert missing.startswith("vCenter 8.0 U3h to 10.0")


def test_check_needs_sources(tmp_path, capsys):
    """No directory, no source in it, or one without a form end with exit status 2."""
    assert main(["knowledge", "check", str(tmp_path / "absent")]) == 2
    assert main(["knowledge", "check", str(tmp_path)]) == 2
    (tmp_path / "x.csv").write_text("a,b\n")
    assert main(["knowledge", "check", str(tmp_path)]) == 2
    assert "x.csv, row 1, the header" in capsys.readouterr().err
