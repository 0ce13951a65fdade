"""The workbook, read back as another program reads it."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from kanmon.report import xlsx
from kanmon.report.plain import visible
from kanmon.report.translate import translator
from tests.records_by_hand import HOSTILE, check, finding, record, target, waiver
from tests.workbooks import MAIN, Read, read

SHEETS = ["Summary", "Checks", "Findings", "Targets", "Waivers", "Comparison"]
SOURCE = {
    "table": "tools_esxi",
    "row": "1",
    "title": "Release notes",
    "url": "https://example.jp/notes",
    "retrieved": "2026-01-01",
    "confidence": "unverified",
    "note": None,
    "overlay": True,
}


def written(path: Path, evidence: dict, language: str = "en", **options: int) -> dict[str, Read]:
    file = path / "report.xlsx"
    xlsx.write(evidence, file, translator(language), **options)
    return read(file)


def findings(subjects: list[str]) -> dict:
    return record([check("VC-VER-001", findings=[finding(subject) for subject in subjects])])


def test_every_sheet_filters_and_keeps_its_header_in_sight(tmp_path: Path) -> None:
    """Each table has a filter, a frozen header, widths and wrapped text; all sheets are there."""
    book = written(tmp_path, findings(["vm-1"]))
    assert list(book) == SHEETS
    for name in SHEETS[1:]:
        assert book[name].has("autoFilter"), name
        assert book[name].has("sheetViews/sheetView/pane"), name
        assert book[name].has("cols/col"), name


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_stays_text(name: str, tmp_path: Path) -> None:
    """No name becomes a formula, a link or XML of its own: the cell holds it as it is."""
    book = written(tmp_path, findings([name]))
    cells = list(book["Findings"].xml.iter(f"{MAIN}c"))
    assert book["Findings"].column("Object") == [xlsx.fitting(name)]
    assert xlsx.fitting(name).rstrip() == visible(name).rstrip()
    assert {cell.get("t") for cell in cells} == {"inlineStr"}
    assert not list(book["Findings"].xml.iter(f"{MAIN}f"))
    assert not book["Findings"].has("hyperlinks")


def test_a_name_like_a_formula_stays_text_when_it_is_edited(tmp_path: Path) -> None:
    """Its cell is marked as quoted, so Excel does not take it for a formula later either."""
    file = tmp_path / "report.xlsx"
    xlsx.write(findings(["=1+1", "vm-1"]), file)
    styles = read_styles(file)
    sheet = read(file)["Findings"].xml
    cells = {"".join(cell.itertext()): int(cell.get("s", "0")) for cell in sheet.iter(f"{MAIN}c")}
    assert styles[cells["=1+1"]].get("quotePrefix") == "1"
    assert styles[cells["vm-1"]].get("quotePrefix") is None


def read_styles(file: Path) -> list[ET.Element]:
    with zipfile.ZipFile(file) as archive:
        return list(ET.fromstring(archive.read("xl/styles.xml")).find(f"{MAIN}cellXfs"))


@pytest.mark.parametrize("letter", ["x", "\N{DOOR}"])
def test_a_text_too_long_for_a_cell_says_what_is_missing(letter: str, tmp_path: Path) -> None:
    """At Excel's limit a text is whole; one beyond it is cut, within the limit, and says so."""
    size = len(letter.encode("utf-16-le")) // 2
    whole, long = letter * (xlsx.UNITS // size), letter * (xlsx.UNITS // size + 1)
    shown = written(tmp_path, findings([whole, long]))["Findings"].column("Object")
    assert shown[0] == whole
    kept = len(long) - int(shown[1].split("(")[1].split(" ")[0])
    assert shown[1].startswith(letter * kept + " ... (")
    assert len(shown[1].encode("utf-16-le")) // 2 <= xlsx.UNITS


def test_more_rows_than_a_sheet_holds_are_told(tmp_path: Path) -> None:
    """What does not fit is counted on the sheet itself and on the first one, never dropped."""
    names = [f"vm-{number}" for number in range(25)]
    book = written(tmp_path, findings(names), rows=21)
    sheet = book["Findings"]
    assert len(sheet.rows) == 21
    assert [row[3] for row in sheet.rows[1:-1]] == names[:19]
    told = "6 rows more than a sheet of Excel holds: all of them are in results.json"
    assert sheet.rows[-1] == [told]
    assert ["Findings", told] in book["Summary"].rows


def test_rows_that_just_fit_are_all_there(tmp_path: Path) -> None:
    """A table that fills its sheet to the last row loses none, and nothing is said."""
    names = [f"vm-{number}" for number in range(20)]
    book = written(tmp_path, findings(names), rows=21)
    assert book["Findings"].column("Object") == names
    assert not [row for row in book["Summary"].rows if "rows more" in row[-1]]
    assert xlsx.ROWS == 1_048_576


def test_twenty_thousand_findings_are_all_there(tmp_path: Path) -> None:
    """A large estate's findings are complete."""
    names = [f"vm-{number}" for number in range(20_000)]
    assert written(tmp_path, findings(names))["Findings"].column("Object") == names


def test_outcomes_are_told_by_word_and_colour(tmp_path: Path) -> None:
    """Each way in which a check ends has its word and a look of its own."""
    ways = ["pass", "undetermined", "not applicable", "waived"]
    checks = [check(f"VC-VER-00{number}", way) for number, way in enumerate(ways)]
    checks += [check(f"VC-SEV-{word}", severity=word) for word in ("blocker", "warning", "advice")]
    sheet = written(tmp_path, record(checks))["Checks"]
    assert sheet.column("Outcome") == [*ways, "blocker", "warning", "advice"]
    place = sheet.rows[0].index("Outcome")
    looks = [list(row)[place].get("s") for row in sheet.xml.iter(f"{MAIN}row")]
    assert len(set(looks)) == 1 + len(ways) + 3


def test_findings_hold_all_that_a_check_names(tmp_path: Path) -> None:
    """Waived findings, what nobody could judge, and notes stand there, each with its word."""
    told = {"ticket": "CHG1", "approver": "A. Sato", "reason": "soon", "expires": "2027-01-31"}
    checks = [
        check(
            "VC-VER-001",
            findings=[finding("vm-1", source=SOURCE), finding("vm-2", waiver=told)],
            unknown=[{"subject": "vm-3", "reason": "no answer"}],
            notes=[{"subject": "vm-4", "text": "old but fine"}],
        ),
        check("VC-VER-002", "undetermined", target=None, reason="vc-main: refused"),
    ]
    sheet = written(tmp_path, record(checks))["Findings"]
    assert [row[2:5] for row in sheet.rows[1:]] == [
        ["blocker", "vm-1", "off"],
        ["waived", "vm-2", "off"],
        ["undetermined", "vm-3", "no answer"],
        ["good to know", "vm-4", "old but fine"],
        ["undetermined", "all", "vc-main: refused"],
    ]
    assert sheet.column("Waiver")[1] == "CHG1 by A. Sato until 2027-01-31: soon"
    assert sheet.rows[1][7:10] == [
        "Release notes",
        "https://example.jp/notes",
        "unverified, from the operator's overlay",
    ]


def test_what_people_say_and_what_changed_stand_in_sheets_of_their_own(tmp_path: Path) -> None:
    """Waivers with their state, attestations, and the differences from the baseline."""
    change = {"change": "changed", "kind": "VM", "name": "vm-1", "target": "vc-main"}
    change |= {"id": "vm-11", "field": "Tools", "before": "10.2", "after": None, "expected": False}
    missed = {"target": "dsm", "part": "computers", "reason": "no answer"}
    said = {"check": "RB-DB-001", "target": "dsm-db", "subjects": [], "by": "B. Ito"}
    said |= {"seen": "2026-11-01", "says": "dump tried", "state": "used", "matched": 1}
    book = written(
        tmp_path,
        record(
            [],
            waivers=[waiver("VC-VER-001"), waiver("VC-VER-002", state="expired", matched=0)],
            attestations=[said],
            baseline={"run": "before", "changes": [change], "not_compared": [missed]},
        ),
    )
    waivers = book["Waivers"]
    assert waivers.column("State") == ["used", "expired", "used"]
    assert waivers.column("By") == [
        "A. Sato (not authenticated)",
        "A. Sato (not authenticated)",
        "B. Ito",
    ]
    assert waivers.column("Expires or said on") == ["2027-01-31", "2027-01-31", "2026-11-01"]
    cells = ["changed", "VM", "vm-1", "vm-11", "vc-main", "Tools", "10.2", "", "no"]
    unseen = ["Not compared", "computers", "", "", "dsm", "", "no answer", "no answer", "no"]
    assert book["Comparison"].rows[1:] == [unseen, cells]
    assert ["Compared with", "before"] in book["Summary"].rows


def test_an_empty_sheet_says_why(tmp_path: Path) -> None:
    """Nothing to list is told in words: an empty sheet could be a broken one."""
    book = written(tmp_path, record([], targets=[]))
    assert book["Comparison"].rows[1] == ["Nothing was compared: no --baseline was given."]
    for name in SHEETS[1:]:
        assert len(book[name].rows) == 2, name


def test_summary_says_what_stands_against_it(tmp_path: Path) -> None:
    """Verdict, change, coverage, each blocker, each unread target and what was left out."""
    unread = target("dsm-db", read=False, unread={"databases": "TLS 1.0 only"})
    evidence = record(
        [check("VC-VER-001")], targets=[unread], partial=["NET-CERT-001 (dsm)"], unjudged=["X-001"]
    )
    rows = written(tmp_path, evidence)["Summary"].rows
    for row in (
        ["Verdict", "NO-GO"],
        ["Meaning", "the change must not start"],
        ["Change", "CHG7"],
        ["Checks: judged", "1"],
        ["Blocker", "VC-VER-001 (vc-main): vm-0: found off, expected on"],
        ["Not wholly read", "dsm-db: TLS 1.0 only"],
        ["Left out", "NET-CERT-001 (dsm)"],
        ["Not judged, though it says how the step ended", "X-001"],
    ):
        assert row in rows


def test_japanese(tmp_path: Path) -> None:
    """Sheets, headers and outcomes are Japanese where asked; what was found stays as it is."""
    book = written(tmp_path, findings(["vm-1"]), "ja")
    assert list(book) == ["概要", "確認項目", "指摘", "対象一覧", "免除", "比較"]
    assert book["指摘"].column("結果") == ["阻害"]
    assert book["指摘"].column("対象物") == ["vm-1"]


def test_what_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    """A workbook that cannot take its place is an OSError, and no half of one is left."""
    (tmp_path / "report.xlsx").mkdir()  # as another program that holds the file
    with pytest.raises(OSError, match=r"report\.xlsx"):
        xlsx.write(findings(["vm-1"]), tmp_path / "report.xlsx")
    assert [path.name for path in tmp_path.iterdir()] == ["report.xlsx"]


def test_the_same_evidence_makes_the_same_workbook(tmp_path: Path) -> None:
    """Written twice it is the same file, byte by byte: nothing in it is of the moment."""
    for name in ("one.xlsx", "two.xlsx"):
        xlsx.write(findings(["vm-1"]), tmp_path / name)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.xlsx") as archive:
        assert b"2026-11-25T10:01:00Z" in archive.read("docProps/core.xml")
