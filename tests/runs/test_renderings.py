"""What real runs leave beside their evidence, and what they say while they judge."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from kanmon.report.words import state
from lab.world.upkeep import LICENCES
from tests.conftest import SAID
from tests.running import Ended, judge, run
from tests.workbooks import read

BESIDE = (
    "brief.json",
    "junit.xml",
    "manifest.json",
    "report.html",
    "report.xlsx",
    "results.json",
    "summary.md",
)


@pytest.fixture(scope="module")
def verbose(blocked: Ended, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A whole process with -v, which is asked for pytest's own JUnit file too."""
    home = tmp_path_factory.mktemp("v")
    asked = ("--facts", str(blocked.directory), f"--junitxml={home / 'pytest.xml'}")
    return run(home / "reports", *asked, "-v")


@pytest.fixture(scope="module")
def quiet(blocked: Ended, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A whole process with -q, which can write neither its workbook nor the index."""
    home = tmp_path_factory.mktemp("q")
    (home / "demo-blocked" / "index.html").mkdir(parents=True)
    asked = ("--facts", str(blocked.directory), "-p", "tests.holding")
    return run(home, *asked, "-q", KANMON_TEST_HELD="report.xlsx")


@pytest.mark.e2e
def test_files_of_a_run(blocked_run: Ended) -> None:
    """Every rendering stands beside the evidence, and nothing half written does."""
    found = sorted(path.name for path in blocked_run.directory.iterdir())
    assert found == sorted([*BESIDE, "facts"])


@pytest.mark.e2e
def test_no_licence_key_is_in_what_a_process_leaves(blocked_run: Ended) -> None:
    """Of vCenter's keys the last five characters are told; pytest's own table holds no more."""
    keys = [one.key for one in LICENCES]
    assert any(keys[0][-5:] in text for text in blocked_run.texts)
    assert not [text for text in blocked_run.texts for key in keys if key[:-6] in text]


def test_workbook_holds_the_evidence(blocked: Ended) -> None:
    """Each check and each finding of the evidence is a row of the workbook."""
    book = read(blocked.directory / "report.xlsx")
    checks = blocked.results["checks"]
    rows = [(row[0], row[3]) for row in book["Checks"].rows[1:]]
    assert rows == [(check["id"], state(check)) for check in checks]
    objects = book["Findings"].column("Object")
    found = [one["subject"] for check in checks for one in check["findings"]]
    assert [subject for subject in found if subject not in objects] == []
    assert ["Verdict", "NO-GO"] in book["Summary"].rows


def test_summary_names_every_blocker(blocked: Ended) -> None:
    """Each blocker's id stands in the summary, which stays below 60 lines."""
    text = (blocked.directory / "summary.md").read_text(encoding="utf-8")
    ids = {check["id"] for check in blocked.results["checks"] if state(check) == "blocker"}
    assert [id_ for id_ in ids if id_ not in text] == []
    assert text.startswith("# NO-GO: the change must not start")
    assert len(text.splitlines()) < 60


def test_junit_is_not_green(blocked: Ended) -> None:
    """The file has a case for each check and the gate; what fails but for advice is a failure."""
    suite = ET.parse(blocked.directory / "junit.xml").getroot().find("testsuite")
    counted = blocked.results["coverage"]
    assert int(suite.get("tests")) == counted["planned"] + 1
    failed = [c for c in blocked.results["checks"] if c["outcome"] == "fail"]
    assert int(suite.get("failures")) == sum(c["severity"] != "advice" for c in failed) + 1
    assert int(suite.get("errors")) == counted["undetermined"]


@pytest.mark.e2e
def test_pytests_own_junit_file_is_still_to_be_had(verbose: Ended) -> None:
    """--junitxml writes pytest's file where it is asked for, beside the run's own."""
    own = verbose.directory.parents[2] / "pytest.xml"
    assert ET.parse(own).getroot().find("testsuite").get("name") == "pytest"
    assert (verbose.directory / "junit.xml").is_file()


def test_a_partial_run_is_not_green_in_junit(blocked: Ended, tmp_path: Path) -> None:
    """One check that passes alone leaves a file that is not all green: the run is INCOMPLETE."""
    ended = judge(tmp_path, "--facts", str(blocked.directory), "--check", "DSVA-STATE-001")
    suite = ET.parse(ended.directory / "junit.xml").getroot().find("testsuite")
    assert ended.status == 6
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "0", "1")


def test_index_follows_every_run(tmp_path: Path) -> None:
    """After each run the index names it, links its files, and compares it with the one before."""
    asked = ("--env", "demo-blocked", "--step", "manager")
    first, second = (judge(tmp_path, *asked) for _ in range(2))
    page = (tmp_path / "demo-blocked" / "index.html").read_text(encoding="utf-8")
    rows = re.findall(r'<tr id="([^"]+)">', page)
    assert rows == [second.directory.name, first.directory.name]
    for directory in (second.directory, first.directory):
        for file in ("report.html", "report.xlsx", "summary.md"):
            assert f'href="./{directory.name}/{file}"' in page
    assert f'href="#{first.directory.name}"' in page


@pytest.mark.e2e
def test_a_run_without_verdict_is_on_the_index(stopped_run: Ended) -> None:
    """A run that is stopped after it read is shown as one that came to no verdict."""
    page = (stopped_run.directory.parent / "index.html").read_text(encoding="utf-8")
    assert stopped_run.status == 2
    assert "NO VERDICT" in page
    assert not (stopped_run.directory / "junit.xml").exists()


@pytest.mark.parametrize("file", ["report.xlsx", "summary.md", "junit.xml", "brief.json"])
def test_what_cannot_be_written_is_told_and_changes_nothing(
    file: str, blocked: Ended, tmp_path: Path
) -> None:
    """A file that another program holds is named after the verdict, which stands as it is."""
    ended = judge(tmp_path, "--facts", str(blocked.directory), held=(file,))
    told = [line for line in ended.output.splitlines() if line.startswith("NOT WRITTEN: ")]
    assert ended.status == 1
    assert ended.results["verdict"] == "NO-GO"
    assert "NO-GO: the change must not start" in ended.output
    assert len(told) == 1
    assert str(ended.directory / file) in told[0]
    assert ended.output.index("NOT WRITTEN: ") > ended.output.index("NO-GO: the change must not")
    assert "Traceback" not in ended.output
    rest = [name for name in BESIDE if (ended.directory / name).is_file()]
    assert rest == [name for name in BESIDE if name != file]
    assert not [path for path in ended.directory.iterdir() if path.name.startswith(".")]


@pytest.mark.e2e
def test_a_run_without_its_report_ends_in_no_verdict(demo: Ended, tmp_path: Path) -> None:
    """Facts that are GO end in no GO, in words or status, where the page cannot be written."""
    held = ("-p", "tests.holding", "--facts", str(demo.directory))
    ended = run(tmp_path, *held, KANMON_TEST_HELD="report.html")
    assert ended.results["verdict"] == "GO"
    assert ended.status != 0
    assert f"NOT JUDGED: the report could not be written to {ended.directory}" in ended.output
    assert "GO: the change may start" not in ended.output


def test_an_index_that_cannot_be_written_is_told(blocked: Ended, tmp_path: Path) -> None:
    """The index stands in the way of no run: the operator is told, the verdict is the same."""
    (tmp_path / "demo-blocked" / "index.html").mkdir(parents=True)
    ended = judge(tmp_path, "--facts", str(blocked.directory))
    assert ended.status == 1
    told = [line for line in ended.output.splitlines() if line.startswith("NOT WRITTEN: ")]
    assert len(told) == 1
    assert "index.html: " in told[0]


@pytest.mark.e2e
def test_a_process_tells_after_its_verdict_what_it_could_not_write(quiet: Ended) -> None:
    """Workbook and index are named, each once, after the last words; the exit status stands."""
    assert quiet.status == 1
    assert quiet.results["verdict"] == "NO-GO"
    last_words = quiet.output.index("NO-GO: the change must not start")
    told = [line for line in quiet.output.splitlines() if line.startswith("NOT WRITTEN: ")]
    assert len(told) == 2
    assert str(quiet.directory / "report.xlsx") in told[0]
    assert "index.html: " in told[1]
    assert quiet.output.index("NOT WRITTEN: ") > last_words
    assert "Traceback" not in quiet.output
    rest = [name for name in BESIDE if (quiet.directory / name).is_file()]
    assert rest == [name for name in BESIDE if name != "report.xlsx"]


def blockers(ended: Ended) -> list[dict]:
    return [check for check in ended.results["checks"] if state(check) == "blocker"]


@pytest.mark.e2e
@pytest.mark.parametrize("how", ["blocked_run", "verbose"])
def test_blockers_are_told_the_moment_they_are_judged(
    how: str, request: pytest.FixtureRequest
) -> None:
    """With -v or without, each blocker is told as soon as it is judged: trouble, remedy, claim."""
    ended = request.getfixturevalue(how)
    live = ended.output.split("\nblocker ")[0]
    for check in blockers(ended):
        target = f" ({check['target']})" if check["target"] else ""
        first = next(one for one in check["findings"] if one["severity"] == "blocker")
        assert f"  BLOCKER {check['id']}{target}: {first['subject']}: found " in live, check["id"]
        told = f"    what to do: {check['remediation']}\n    the claim: {check['title']}\n"
        assert told in live, check["id"]
    assert live.index("  BLOCKER DSA-STATE-001") < live.index("checks/test_esxi.py")
    assert live.count("  BLOCKER ") == len(blockers(ended))


@pytest.mark.e2e
def test_verbose_lines_name_the_check(verbose: Ended) -> None:
    """With -v each check has a line with its outcome and its id."""
    lines = verbose.output.splitlines()
    for check in verbose.results["checks"]:
        word = state(check).upper()
        assert any(f" {word} {check['id']}" in line for line in lines), check["id"]


@pytest.mark.e2e
def test_a_name_speaks_no_verdict(hostile_run: Ended) -> None:
    """A machine named with a line break and words of ours adds no line to the terminal."""
    assert hostile_run.status == 1
    assert f"lnx-lost {SAID} \ufffd" in hostile_run.output
    assert SAID not in hostile_run.output.splitlines()


@pytest.mark.e2e
def test_quiet_is_quiet(quiet: Ended) -> None:
    """With -q nothing is told while the run judges."""
    assert "  BLOCKER " not in quiet.output
    assert "blocker DSA-STATE-001" in quiet.output


def test_brief_agrees_with_the_evidence(blocked: Ended) -> None:
    """The brief counts what the evidence holds."""
    told = json.loads((blocked.directory / "brief.json").read_text(encoding="utf-8"))
    evidence = blocked.results
    assert told["verdict"] == evidence["verdict"]
    assert told["unread"] == 1
    assert len(told["checks"]) == len(evidence["checks"])
