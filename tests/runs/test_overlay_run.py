"""Whole runs with an operator's own rows: the verdict, the evidence, and every fault of a file."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import jsonschema
import pytest

from kanmon.gate.judgement import OVERLAY
from tests.knowledge.test_overlay import CITED, TOOLS, VCENTER, floor, table
from tests.running import HOME, Ended, judge, world

CHECK = "IOP-TOOLS-NSX-001"
UNASKED = VCENTER.replace("7.0 U2", "6.0 U1")
"""A row of a vCenter that the estate never has."""


def with_overlay(path: Path, **files: str) -> str:
    """The demo's estate, judged with an overlay: what ``--env`` takes."""
    environment = world(path)
    with Path(environment).open("a", encoding="utf-8") as file:
        file.write('[knowledge]\noverlay = "my-tables/"\n')
    (path / "my-tables").mkdir()
    for name, text in files.items():
        (path / "my-tables" / name).write_text(text, encoding="utf-8")
    return environment


@pytest.fixture(scope="module")
def stricter(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """The demo, which is GO by itself, with an own row that its guests do not meet."""
    path = tmp_path_factory.mktemp("stricter")
    files = {"tools_nsx.toml": TOOLS, "esxi_vcenter.toml": UNASKED}
    ended = judge(path / "reports", "--env", with_overlay(path, **files))
    shutil.rmtree(path / "my-tables")
    return ended


@pytest.fixture(scope="module")
def weaker(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """The demo with an own row that lets more through."""
    path = tmp_path_factory.mktemp("weaker")
    unused = f'{{ name = "ours", installation = "new", requirement = "required", {CITED} }}'
    files = {"tools_nsx.toml": table(floor("9.0.0")), "database_tls_rules.toml": table(unused)}
    return judge(path / "reports", "--env", with_overlay(path, **files))


def check(ended: Ended) -> dict[str, object]:
    """The check that the own row decides."""
    return next(one for one in ended.results["checks"] if one["id"] == CHECK)


def test_an_own_row_changes_the_verdict(stricter: Ended) -> None:
    """A documented row of the overlay blocks where the project's own lets through."""
    assert (stricter.status, stricter.results["verdict"]) == (1, "NO-GO"), stricter.output
    assert (check(stricter)["outcome"], check(stricter)["severity"]) == ("fail", "blocker")
    sources = [finding["source"] for finding in check(stricter)["findings"]]
    assert sources
    assert all(one["overlay"] and one["url"] == "https://example.jp/1" for one in sources)


@pytest.mark.parametrize("name", ["stricter", "weaker"])
def test_evidence_keeps_the_contract(name: str, request: pytest.FixtureRequest) -> None:
    """results.json of a run with an overlay is valid by docs/results.schema.json."""
    schema = json.loads((HOME / "docs" / "results.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(request.getfixturevalue(name).results)


def test_evidence_says_which_own_rows_there_were(stricter: Ended) -> None:
    """Every table of the overlay is told with its rows and those used, even if no check asked."""
    own = {one["table"]: one["overlay"] for one in stricter.results["knowledge"]}
    row = "NSX-T 3.1"
    assert own["tools_nsx"] == {"review_by": "2027-05-20", "rows": [row], "rows_used": [row]}
    assert own["esxi_vcenter"]["rows"] == ["ESXi any under vCenter 6.0 U1"]
    assert [one for one in own if own[one]] == ["esxi_vcenter", "tools_nsx"]


def test_a_stale_overlay_is_an_open_warning(tmp_path: Path) -> None:
    """A whole run says that the operator's own table is past its review, and names it."""
    stale = table(floor("10.0.0"), review_by="2026-11-01")
    environment = with_overlay(tmp_path, **{"tools_nsx.toml": stale})
    ended = judge(tmp_path / "reports", "--env", environment, "--check", "PLAN-DATA-001")
    (judged_,) = ended.results["checks"]
    assert (judged_["outcome"], judged_["severity"]) == ("fail", "warning"), ended.output
    assert [one["subject"] for one in judged_["findings"]] == [
        "tools_nsx of the operator's overlay"
    ]


def test_last_words_name_the_overlay(stricter: Ended) -> None:
    """The terminal ends with the number of own rows, and marks what rests on them."""
    lines = stricter.output.strip().splitlines()
    end = lines.index(next(line for line in lines if line.startswith("NO-GO: ")))
    assert lines[end + 2] == "with the operator's overlay: 2 rows in esxi_vcenter, tools_nsx"
    finding = check(stricter)["findings"][0]
    assert f"expected {finding['expected']} ({OVERLAY})" in stricter.output


def test_first_screen_names_the_overlay(stricter: Ended) -> None:
    """The page's banner has the number of own rows, its end has the rows."""
    page = stricter.page.replace("&#x27;", "'")
    banner, rest = page.split("<nav", maxsplit=1)
    assert "<dt>Operator's overlay</dt><dd>2 rows in esxi_vcenter, tools_nsx</dd>" in banner
    assert "Our own" not in banner
    named = re.findall(r'<a href="https://example.jp/1"[^>]*>([^<]*)</a>', rest)
    assert f"Case 1; documented; {OVERLAY}" in named
    knowledge = rest.split("<h2>Knowledge</h2>")[1].split("</section>")[0]
    assert "NSX-T 3.1 (review by 2027-05-20)" in knowledge


def test_a_weaker_rule_is_said_beside_the_pass(weaker: Ended) -> None:
    """A GO that rests on an own row says so at the end, in the banner and beside the check."""
    assert (weaker.status, check(weaker)["outcome"]) == (0, "pass"), weaker.output
    assert [one["overlay"] for one in check(weaker)["rests_on"]] == [True]
    assert "with the operator's overlay: 2 rows in tools_nsx, database_tls_rules" in weaker.output
    page = weaker.page.replace("&#x27;", "'")
    assert "<dd>2 rows in tools_nsx, database_tls_rules</dd>" in page
    assert f"(documented, retrieved 2026-11-20, {OVERLAY})" in page


def test_an_own_row_that_nobody_rested_on_is_told_as_such(weaker: Ended) -> None:
    """Only what a check rested on is said to be used, beside a row of the project's or not."""
    own = {one["table"]: one["overlay"] for one in weaker.results["knowledge"]}
    rested = [cited for one in weaker.results["checks"] for cited in one["rests_on"]]
    assert "database_tls_rules" in {cited["table"] for cited in rested if not cited["overlay"]}
    assert own["database_tls_rules"]["rows_used"] == []
    assert own["tools_nsx"]["rows_used"] == ["NSX-T 3.1"]


def test_judged_again_elsewhere(stricter: Ended, tmp_path: Path) -> None:
    """Moved to another directory, with the overlay's own gone, a run comes to the same verdict."""
    shutil.copytree(stricter.directory, tmp_path / "kept")
    again = judge(tmp_path / "a", "--facts", "kept", cwd=tmp_path, root=HOME)
    third = judge(tmp_path / "b", "--facts", str(again.directory), cwd=tmp_path, root=HOME)
    for ended in (again, third):
        assert ended.status == 1, ended.output
        assert check(ended)["findings"] == check(stricter)["findings"]
        assert ended.results["knowledge"] == stricter.results["knowledge"]
        assert "with the operator's overlay: 2 rows" in ended.output


def test_a_saved_overlay_that_was_weakened_is_refused(stricter: Ended, tmp_path: Path) -> None:
    """Who lowers a rule among the saved facts gets no verdict from them."""
    kept = tmp_path / "kept"
    shutil.copytree(stricter.directory, kept)
    path = kept / "facts" / "overlay" / "tools_nsx.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("12.0.0", "9.0.0"), encoding="utf-8")
    ended = judge(tmp_path / "reports", "--facts", str(kept))
    assert ended.status == 4, ended.output
    assert "changed: facts/overlay/tools_nsx.toml" in ended.output
    (kept / "manifest.json").unlink()
    ended = judge(tmp_path / "reports", "--facts", str(kept))
    assert ended.status == 4, ended.output
    assert str(path.parent) in ended.output


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("tools_nsy.toml", TOOLS, "tools_nsy.toml is no table"),
        ("tools_nsx.toml", TOOLS.replace("minimum", "minimun"), "row 1: "),
        ("esxi_vcenter.toml", VCENTER.replace("7.0 U2", "7.0.2"), "row 1: vcenter: "),
        ("esxi_vcenter.toml", VCENTER.replace('"7.0 U2"', "7.0"), "row 1: vcenter: "),
        ("tools_nsx.toml", f"a = {'[' * 5000}", "is not TOML"),
    ],
)
def test_typo(name: str, text: str, expected: str, tmp_path: Path) -> None:
    """A wrong table, row or version is a usage error (exit status 4) before anything is read."""
    ended = judge(tmp_path / "reports", "--env", with_overlay(tmp_path, **{name: text}))
    assert ended.status == 4, ended.output
    assert str(tmp_path / "my-tables" / name) in ended.output
    assert expected in ended.output
    assert ended.directory is None


def test_a_version_that_is_none(tmp_path: Path) -> None:
    """A typo in a version is a usage error that names file, row and what was expected."""
    files = {"tools_nsx.toml": table(floor("twelve"))}
    ended = judge(tmp_path / "reports", "--env", with_overlay(tmp_path, **files))
    assert ended.status == 4, ended.output
    assert "tools_nsx.toml, row 1: minimum: " in ended.output
    assert "got version 'twelve', expected a release of VMware Tools" in ended.output


def test_typo_in_the_directory(tmp_path: Path) -> None:
    """A directory that is not there is a usage error that names key and path."""
    environment = with_overlay(tmp_path)
    (tmp_path / "my-tables").rename(tmp_path / "my-table")
    ended = judge(tmp_path / "reports", "--env", environment)
    assert ended.status == 4, ended.output
    assert f"knowledge.overlay: expected a directory, got {tmp_path / 'my-tables'}" in ended.output
    assert ended.directory is None
