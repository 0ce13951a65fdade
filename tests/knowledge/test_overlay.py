"""An operator's own rows: they decide first, they are said everywhere, and no fault passes."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kanmon.check import Finding, Outcome, Severity
from kanmon.commands.cli import main
from kanmon.environment.file import parse
from kanmon.errors import UsageError
from kanmon.evidence.saved import SavedRun, save
from kanmon.evidence.saved import load as load_run
from kanmon.facts.collected import Facts
from kanmon.gate.judgement import OVERLAY, explain, judge
from kanmon.knowledge import KnowledgeError, edition, load, read_overlay, tables, use_overlay
from kanmon.knowledge.interop import EsxiVCenter, ToolsFloor
from tests.facts_by_hand import moment
from tests.judging import judged, told

SOURCE = '[sources.case]\ntitle = "Case 1"\nurl = "https://example.jp/1"\nretrieved = 2026-11-20\n'
CITED = 'source = "case", confidence = "documented"'


def table(*rows: str, review_by: str = "2027-05-20") -> str:
    return f'title = "Our own"\nreview_by = {review_by}\nrows = [{", ".join(rows)}]\n{SOURCE}'


def floor(minimum: str, nsx: str = "NSX-T 3.1") -> str:
    return f'{{ nsx = "{nsx}", minimum = "{minimum}", {CITED} }}'


TOOLS = table(floor("12.0.0"))
VCENTER = table(f'{{ esxi = "any", vcenter = "7.0 U2", supported = false, {CITED} }}')


@pytest.fixture(autouse=True)
def _none_left():
    """No overlay of one test is in force in another."""
    yield
    use_overlay(None)


@pytest.fixture
def home(tmp_path):
    """A directory for an overlay."""
    directory = tmp_path / "my-tables"
    directory.mkdir()
    return directory


def in_force(home, **files):
    """An overlay of these files, in force."""
    for name, text in files.items():
        (home / f"{name}.toml").write_text(text, encoding="utf-8")
    overlay = read_overlay(home)
    use_overlay(overlay)
    return overlay


def test_own_rows_stand_first_and_replace_their_key(home):
    """A row of a known key takes the place of the project's, a new one precedes all of them."""
    before = load(ToolsFloor)
    in_force(home, tools_nsx=table(floor("12.0.0"), floor("12.1.0", "NSX-T 3.1.2")))
    after = load(ToolsFloor)
    rest = [row.key for row in before.rows if row.key != "NSX-T 3.1"]
    assert [row.key for row in after.rows] == ["NSX-T 3.1", "NSX-T 3.1.2", *rest]
    assert after.get("NSX-T 3.1").minimum == "12.0.0"
    assert [row.citation.overlay for row in after.rows] == [True, True, *(False for _ in rest)]
    assert (after.title, after.review_by) == (before.title, before.review_by)
    assert (after.overlay.title, after.overlay.review_by) == ("Our own", date(2027, 5, 20))


def test_the_project_stands_alone_again(home):
    """Where no overlay is in force nothing of an earlier one is left."""
    before = load(ToolsFloor)
    in_force(home, tools_nsx=TOOLS)
    assert load(ToolsFloor) != before
    use_overlay(None)
    assert load(ToolsFloor) == before
    assert not any(row.citation.overlay for model in tables() for row in load(model).rows)


def test_the_tables_of_one_overlay_are_not_taken_for_those_of_another(home):
    """What was concluded from tables that are gone serves no others, wherever those lie now."""
    overlay = in_force(home, tools_nsx=TOOLS)
    met = edition()
    use_overlay(None)
    use_overlay(overlay)  # at the very addresses of those before
    assert edition() != met


def test_tables_without_own_rows_stay(home):
    """An overlay changes the tables that it has a file for, and no other."""
    before = load(EsxiVCenter)
    in_force(home, tools_nsx=TOOLS)
    assert load(EsxiVCenter) == before


def test_marks_of_editors_are_no_fault(home):
    """A byte order mark is understood, and what a dot hides is passed over."""
    (home / ".git").mkdir()
    (home / ".tools_nsx.toml.swp").write_text("half")
    (home / "tools_nsx.toml").write_text(TOOLS, encoding="utf-8-sig")
    assert str(read_overlay(home)) == "1 row in tools_nsx"


FAULTY = [
    ("tools_nsy.toml", TOOLS, "tools_nsy.toml is no table"),
    ("tools_nsx.tml", TOOLS, "tools_nsx.tml is no table"),
    ("TOOLS_NSX.toml", TOOLS, "TOOLS_NSX.toml is no table"),
    ("README.md", "", "README.md is no table"),
    ("tools_nsx.toml", table(floor("12.0.0"), floor("12.0.0")), "row 2: expected a key of its own"),
    ("tools_nsx.toml", TOOLS.replace('"NSX-T 3.1"', "3.1"), "row 1: nsx: Input should be a valid"),
    ("esxi_vcenter.toml", VCENTER.replace('"7.0 U2"', "7.0"), "expected versions in quotes"),
    ("esxi_vcenter.toml", VCENTER.replace("7.0 U2", "7.0.2"), "expected a release as in 6.5"),
    ("esxi_vcenter.toml", VCENTER.replace("vcenter", "vcentre"), "vcentre: expected one of"),
    ("tools_nsx.toml", TOOLS.replace('source = "case", ', ""), "row 1: source: Field required"),
    ("tools_nsx.toml", TOOLS.replace("[sources.case]", "[sources.x]"), "is none of: x"),
    ("tools_nsx.toml", TOOLS.replace("review_by = 2027-05-20", ""), "review_by: Field required"),
    ("tools_nsx.toml", table(), "rows: List should have at least 1 item"),
    ("tools_nsx.toml", "", "title: Field required"),
    ("tools_nsx.toml", "rows = [", "is not TOML"),
    ("tools_nsx.toml", f"a = {'[' * 5000}", "is not TOML"),
    ("tools_nsx.toml", f"a = {'9' * 5000}", "is not TOML"),
    ("tools_nsx.toml", "a = 2026-13-45", "is not TOML"),
]


@pytest.mark.parametrize(("name", "text", "expected"), FAULTY)
def test_a_faulty_file_is_refused(home, name, text, expected):
    """The file, the row and what was expected are told, and nothing of the overlay is used."""
    (home / name).write_text(text, encoding="utf-8")
    with pytest.raises(KnowledgeError) as refusal:
        read_overlay(home)
    assert str(home / name) in str(refusal.value)
    assert expected in str(refusal.value)


def test_what_is_no_text_is_refused(home):
    """Bytes that are no UTF-8, and a directory of a table's name, are told by their path."""
    (home / "tools_nsx.toml").write_bytes(b"\xff\xfe")
    (home / "esxi_vcenter.toml").mkdir()
    with pytest.raises(KnowledgeError) as refusal:
        read_overlay(home)
    assert f"{home / 'tools_nsx.toml'} cannot be read" in str(refusal.value)
    assert f"{home / 'esxi_vcenter.toml'} cannot be read" in str(refusal.value)


def test_all_faults_are_told_at_once(home):
    """Whoever mends an overlay sees every fault of every file and of every row."""
    (home / "tools.toml").write_text(TOOLS)
    (home / "esxi_vcenter.toml").write_text(VCENTER.replace("vcenter", "vcentre"))
    (home / "tools_nsx.toml").write_text(table("{ nsx = 3 }", floor("12.0.0"), "{ nsx = 4 }"))
    with pytest.raises(KnowledgeError) as refusal:
        read_overlay(home)
    for part in ("tools.toml is no", "vcentre: expected", "tools_nsx.toml, row 1", "row 3"):
        assert part in str(refusal.value)
    assert "row 2" not in str(refusal.value)


@pytest.mark.parametrize("name", ["tools.toml", None])
def test_tables_are_listed_where_none_is_met(home, name):
    """A name that is no table, and a directory without any, list the tables that there are."""
    if name:
        (home / name).write_text(TOOLS)
    with pytest.raises(KnowledgeError) as refusal:
        read_overlay(home)
    assert all(f"{model.table}.toml" in str(refusal.value) for model in tables())


def test_the_directory_must_be_one(tmp_path):
    """A directory that is not there, or is a file, is told with its key and its path."""
    file = tmp_path / "file"
    file.write_text("")
    for path in (tmp_path / "nowhere", file):
        with pytest.raises(UsageError) as refusal:
            read_overlay(path)
        assert "knowledge.overlay: expected a directory" in str(refusal.value)
        assert str(path) in str(refusal.value)


def test_a_stale_overlay_is_named(home):
    """PLAN-DATA-001 looks at each table of the overlay as at one more, until its own date."""
    count = len(tables())
    in_force(home, tools_nsx=table(floor("12.0.0"), review_by="2026-11-25"))
    last = judged("PLAN-DATA-001", moment=moment(now=datetime(2026, 11, 25, 23, tzinfo=UTC)))
    assert (last.outcome, last.examined) == (Outcome.PASS, count + 1)
    stale = judged("PLAN-DATA-001", moment=moment(now=datetime(2026, 11, 26, tzinfo=UTC)))
    name = "tools_nsx of the operator's overlay"
    assert told(stale) == [(name, "to be reviewed by 2026-11-25", "after 2026-11-26")]


def test_a_finding_says_whose_rule_it_is(home):
    """Beside a finding that rests on an own row stands that it does, on no other."""
    in_force(home, tools_nsx=TOOLS)
    findings = [
        Finding(f"vm for {row.nsx}", "Tools 9.0.0", row.minimum, row.citation)
        for row in load(ToolsFloor).rows
    ]
    lines = explain(judge(Severity.BLOCKER, examined=9, of="VMs", findings=findings)).splitlines()
    assert [OVERLAY in line for line in lines] == [False, True, *[False] * 5]


def test_the_path_is_relative_to_the_file():
    """An overlay is looked for beside the environment file that names it."""
    text = '[lab]\nworld = "demo"\n[knowledge]\noverlay = "my-tables/"\n'
    named = parse(text, "prod", Path("/etc/kanmon/prod.toml"))
    assert Path(named.knowledge.overlay) == Path("/etc/kanmon/my-tables")


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ('overlai = "my-tables"', "knowledge.overlai: unknown key"),
        ("overlay = 5", "knowledge.overlay: Input should be a valid string"),
        ('overlay = ""', "knowledge.overlay: String should have at least 1 character"),
        ("", "knowledge.overlay: Field required"),
    ],
)
def test_a_typo_in_the_section_is_refused(section, expected):
    """The section names an overlay and nothing else."""
    text = f'[lab]\nworld = "demo"\n[knowledge]\n{section}\n'
    with pytest.raises(UsageError) as refusal:
        parse(text, "prod", Path("/etc/kanmon/prod.toml"))
    assert expected in str(refusal.value)


ESTATE = (
    '[knowledge]\noverlay = "my-tables"\n'
    '[[vcenter]]\nslug = "vc"\naddress = "vc.example.jp"\ncredential = "c"\n'
    '[credentials.c]\nusername = "u"\npassword = "env:KANMON_TEST_PASSWORD"\n'
)


@pytest.mark.parametrize("estate", [ESTATE, ESTATE[: ESTATE.index("[[")] + '[lab]\nworld="demo"'])
def test_environment_says_what_the_overlay_holds(home, estate, monkeypatch, capsys):
    """``kanmon environment`` counts the rows, or refuses them with exit status 1."""
    monkeypatch.setenv("KANMON_TEST_PASSWORD", "x")
    file = home.parent / "prod.toml"
    file.write_text(estate)
    (home / "tools_nsx.toml").write_text(table(floor("12.0.0"), floor("12.0.0", "NSX-T 4.0")))
    (home / "esxi_vcenter.toml").write_text(VCENTER)
    assert main(["environment", str(file)]) == 0
    assert "knowledge.overlay: 3 rows in esxi_vcenter, tools_nsx" in capsys.readouterr().out
    (home / "tools_nsx.toml").write_text("rows = [")
    assert main(["environment", str(file)]) == 1
    assert "tools_nsx.toml is not TOML" in capsys.readouterr().err


def saved(home, overlay):
    """A run on disk that was judged with an overlay or without any."""
    environment = parse(ESTATE, "prod", home.parent / "prod.toml")
    moment_ = datetime(2026, 12, 5, tzinfo=UTC)
    before = SavedRun(environment, None, "pre", moment_, Facts({}), overlay=overlay)
    save(home.parent / "run" / "facts", before)
    return before


def test_an_overlay_comes_back_without_its_directory(home):
    """A saved run carries the tables that it was judged with, as they were read."""
    before = saved(home, in_force(home, tools_nsx=TOOLS, esxi_vcenter=VCENTER))
    shutil.rmtree(home)
    assert load_run(home.parent / "run") == before


def test_facts_of_a_kanmon_without_overlays_still_load(home):
    """A head that says nothing of an overlay is that of a run without one."""
    saved(home, None)
    path = home.parent / "run" / "facts" / "run.json"
    head = json.loads(path.read_text(encoding="utf-8"))
    assert head.pop("overlay") == {}
    path.write_text(json.dumps(head), encoding="utf-8")
    assert load_run(home.parent / "run").overlay is None


def _cut(kept):
    (kept / "tools_nsx.toml").write_text(table(floor("12.0.0")))


def _change(kept):
    text = (kept / "tools_nsx.toml").read_text(encoding="utf-8")
    (kept / "tools_nsx.toml").write_text(text.replace("12.0.0", "9.0.0"))


def _add(kept):
    (kept / "esxi_vcenter.toml").write_text(VCENTER)


def _remove(kept):
    (kept / "tools_nsx.toml").unlink()


@pytest.mark.parametrize("tamper", [_cut, _change, _add, _remove, shutil.rmtree])
def test_other_tables_than_those_that_were_saved_are_refused(home, tamper):
    """A saved overlay that lost or gained a row, a file or itself is not judged with."""
    rows = (floor("12.0.0"), floor("12.0.0", "NSX-T 4.0"))
    saved(home, in_force(home, tools_nsx=table(*rows)))
    kept = home.parent / "run" / "facts" / "overlay"
    tamper(kept)
    with pytest.raises(UsageError) as refusal:
        load_run(home.parent / "run")
    assert str(kept) in str(refusal.value)


def test_an_overlay_slipped_into_a_run_without_one_is_refused(home):
    """A run that was judged without an overlay is never judged again with one."""
    (home / "tools_nsx.toml").write_text(TOOLS)
    saved(home, None)
    home.rename(home.parent / "run" / "facts" / "overlay")
    with pytest.raises(UsageError, match="not those that the run was judged with"):
        load_run(home.parent / "run")
