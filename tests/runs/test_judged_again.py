"""Facts judged again: the same verdict elsewhere, and what newer tables change, and why."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kanmon import knowledge
from kanmon.evidence import rejudged
from kanmon.evidence.rejudged import UNEXPLAINED, compare, tables_now
from kanmon.planning import of
from tests.running import HOME, Ended, judge, run

TIMES = ("started", "finished", "judged_again", "rejudged")
"""What of a run is its own."""
TOOLS = "IOP-TOOLS-NSX-001"
"""A check that rests on the table tools_nsx."""


def elsewhere(home: Path, ended: Ended) -> Path:
    """A copy of a run on a machine that has the suite, and nothing else of ours."""
    shutil.copytree(ended.directory, home / "filed" / ended.directory.name)
    for name in ("kanmon", "fixtures", "checks", "tests", "lab"):
        shutil.copytree(HOME / name, home / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HOME / "conftest.py", home)
    (home / "pytest.ini").write_text("[pytest]\n")
    return home / "filed" / ended.directory.name


def offline(home: Path, *arguments: str) -> Ended:
    """A run there, without network, home, or credentials."""
    nothing = {"PYTHONPATH": str(home), "HOME": str(home / "nobody"), "PATH": "/nowhere"}
    return run(home / "reports", "-p", "tests.offline", *arguments, cwd=home, **nothing)


def essence(results: dict[str, Any]) -> dict[str, Any]:
    """All of a run but its own times, and what a copy is compared with."""
    checks = [{**check, "seconds": 0} for check in results["checks"]]
    rest = {
        key: value for key, value in results.items() if key not in (*TIMES, "suite", "software")
    }
    return {**rest, "checks": checks}


def the_same(again: Ended, first: Ended) -> None:
    """Every field but the times is the same, and so is the exit status."""
    assert again.status == first.status == 1, again.output
    assert essence(again.results) == essence(first.results)
    told = again.results["rejudged"]
    assert told == {
        "run": again.results["judged_again"],
        "verdict": {"before": "NO-GO", "now": "NO-GO"},
        "tables": [],
        "checks": [],
    }
    assert f"judged again: as in {told['run']}" in again.output


@pytest.mark.e2e
def test_the_same_elsewhere_without_network(blocked: Ended, tmp_path: Path) -> None:
    """On another machine a run is judged the same, and one that must read has no network there."""
    filed = elsewhere(tmp_path, blocked)
    ended = offline(tmp_path, "--facts", str(filed))
    the_same(ended, blocked)
    assert ended.results["rejudged"]["run"] == blocked.directory.name
    reading = offline(tmp_path, "--env", str(HOME / "envs" / "demo.toml"))
    assert reading.status != 0
    assert "this run has no network" in reading.output


def test_the_same_a_third_time(blocked: Ended, tmp_path: Path) -> None:
    """What was judged again can be judged again, and is compared with the second run."""
    second = judge(tmp_path / "b", "--facts", str(blocked.directory))
    the_same(second, blocked)
    third = judge(tmp_path / "c", "--facts", str(second.directory))
    the_same(third, blocked)
    assert third.results["rejudged"]["run"] == second.directory.name


@contextmanager
def knowing(tables: Path) -> Iterator[None]:
    """The tables of another directory are the project's."""
    with pytest.MonkeyPatch.context() as patched:
        for module in (knowledge, rejudged):
            patched.setattr(module, "HOME", tables)
        _forget_tables()
        yield
    _forget_tables()


def _forget_tables() -> None:
    for kept in (knowledge._load, knowledge.shipped, rejudged._state, of._rules):
        kept.cache_clear()


@pytest.fixture(scope="module")
def newer(blocked: Ended, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """The blocked demo judged again with a table that asks for newer VMware Tools."""
    home = tmp_path_factory.mktemp("newer")
    shutil.copytree(knowledge.HOME, home / "tables")
    table = home / "tables" / "tools_nsx.toml"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace('"10.3.10"', '"12.1.0"').replace("2027-05-23", "2027-11-23"))
    with knowing(home / "tables"):
        return judge(home / "reports", "--facts", str(blocked.directory))


def test_a_newer_table_is_named(newer: Ended) -> None:
    """The table that changed is named with its digests and review dates, and no other."""
    told = newer.results["rejudged"]["tables"]
    before = (knowledge.HOME / "tools_nsx.toml").read_text(encoding="utf-8")
    assert [one["table"] for one in told] == ["tools_nsx"]
    assert told[0]["before"] == {
        "sha256": hashlib.sha256(before.encode()).hexdigest(),
        "review_by": "2027-05-23",
    }
    assert told[0]["now"]["review_by"] == "2027-11-23"
    assert told[0]["now"]["sha256"] != told[0]["before"]["sha256"]
    assert "tables that changed since: tools_nsx" in newer.output


def test_what_a_newer_table_changes_is_told_with_the_reason(newer: Ended, blocked: Ended) -> None:
    """The check that ended otherwise is told with what it was, what it is, and which table."""
    told = {one["id"]: one for one in newer.results["rejudged"]["checks"]}
    now = [check for check in newer.results["checks"] if check["id"] == TOOLS]
    was = [check for check in blocked.results["checks"] if check["id"] == TOOLS]
    assert TOOLS in told
    assert told[TOOLS]["why"] == "it rests on what changed: tools_nsx"
    assert told[TOOLS]["before"]["reason"] in {check["reason"] for check in was}
    assert told[TOOLS]["now"]["reason"] in {check["reason"] for check in now}
    new = {one["subject"] for one in told[TOOLS]["now"]["findings"]}
    assert new
    assert "12.1.0" in json.dumps(told[TOOLS]["now"]["findings"])
    assert f"{TOOLS} (dsm): fail as before, in another way: it rests on what" in newer.output


def test_what_stays_is_not_told(newer: Ended, blocked: Ended) -> None:
    """Checks that ended as before are not in the list, and all others are."""

    def ends(ended: Ended) -> dict[tuple[str, str | None], Any]:
        keys = ("outcome", "severity", "reason", "findings", "unknown")
        return {(c["id"], c["target"]): [c[k] for k in keys] for c in ended.results["checks"]}

    was, now = ends(blocked), ends(newer)
    told = {(one["id"], one["target"]) for one in newer.results["rejudged"]["checks"]}
    assert told == {key for key in was if was[key] != now[key]}
    assert 0 < len(told) < len(was) / 4


@pytest.mark.parametrize("name", ["newer", "blocked"])
def test_the_contract_is_kept(name: str, request: pytest.FixtureRequest) -> None:
    """results.json is valid by its schema, with and without a run before."""
    schema = json.loads((HOME / "docs" / "results.schema.json").read_text(encoding="utf-8"))
    results = request.getfixturevalue(name).results
    errors = jsonschema.Draft202012Validator(schema).iter_errors(results)
    assert [error.message for error in errors] == []


def test_a_narrower_run_says_what_it_left_out(blocked: Ended, tmp_path: Path) -> None:
    """Checks that the second run was not asked for are told as left out."""
    ended = judge(tmp_path, "--facts", str(blocked.directory), "--check", "PLAN-DATA-001")
    told = ended.results["rejudged"]["checks"]
    assert len(told) == len(blocked.results["checks"]) - 1
    assert {one["why"] for one in told} == {"this run left it out"}
    assert {one["now"] for one in told} == {None}
    assert "NO-GO in " in ended.output
    assert "and " in ended.output.split("judged again: ")[1]


def test_the_environment_may_be_named_with_its_facts(blocked: Ended, tmp_path: Path) -> None:
    """As --env takes it, a name or a path; another one is refused."""
    again = ("--facts", str(blocked.directory), "--check", "PLAN-DATA-001", "--env")
    assert judge(tmp_path / "path", *again, "elsewhere/demo-blocked.toml").directory
    assert judge(tmp_path / "name", *again, "demo-blocked").directory
    other = judge(tmp_path / "other", *again, "envs/demo.toml")
    assert other.status == 4
    assert "are of demo-blocked" in other.output


@pytest.mark.e2e
def test_facts_of_a_run_without_verdict(demo: Ended, tmp_path: Path) -> None:
    """Facts of an interrupted run are judged, but never GO: no manifest tells a changed byte."""
    again = ("--facts", str(demo.directory))
    stopped = run(tmp_path / "a", *again, "-p", "tests.interrupting")
    ended = judge(tmp_path / "b", "--facts", str(stopped.directory))
    assert ended.status == 6, ended.output
    assert ended.results["rejudged"]["verdict"] == {"before": None, "now": "INCOMPLETE"}
    (told,) = ended.results["partial"]
    assert told.startswith(f"{stopped.directory.name} had no manifest.json: nobody can tell")
    assert f"not whole: {told}" in ended.output
    third = judge(tmp_path / "c", "--facts", str(ended.directory))
    assert (third.status, third.results["partial"]) == (6, [told])
    compared = judge(tmp_path / "d", "--env", "demo", "--baseline", str(ended.directory))
    assert compared.status == 4
    assert f"judged the facts of {stopped.directory.name}" in compared.output
    assert told in (ended.directory / "summary.md").read_text(encoding="utf-8").replace("`", "")
    assert "had come to no verdict" in ended.output


Edit = Callable[[dict[str, Any]], object]
REASONS: list[tuple[str, Edit]] = [
    (UNEXPLAINED, lambda check: check.update(outcome="undetermined")),
    (UNEXPLAINED, lambda check: check.update(reason="another")),
    (UNEXPLAINED, lambda check: check["unknown"].append({"subject": "x", "reason": "y"})),
    ("what is waived changed", lambda check: check.update(outcome="waived")),
]


@pytest.mark.parametrize(("why", "edit"), REASONS)
def test_every_difference_has_a_reason(
    why: str, edit: Edit, blocked: Ended, tmp_path: Path
) -> None:
    """Where no table changed, a difference is a waiver's, or unexplained: verify may tell."""
    earlier = json.loads(json.dumps(blocked.results))
    edit(earlier["checks"][0])
    (tmp_path / "results.json").write_text(json.dumps(earlier), encoding="utf-8")
    told = compare(tmp_path, tables_now(), blocked.results)
    assert [one["why"] for one in told["checks"]] == [why]


def test_another_kanmon_is_a_reason(blocked: Ended, tmp_path: Path) -> None:
    """Where kanmon itself is another, that is why; a check it did not have was not judged."""
    earlier = json.loads(json.dumps(blocked.results))
    earlier["suite"]["version"] = "0.0.9"
    earlier["checks"][0]["reason"] = "another"
    gone = earlier["checks"].pop(1)
    (tmp_path / "results.json").write_text(json.dumps(earlier), encoding="utf-8")
    told = compare(tmp_path, tables_now(), blocked.results)["checks"]
    assert told[0]["why"].startswith("kanmon itself is another: 0.0.9")
    assert (told[1]["id"], told[1]["before"]) == (gone["id"], None)
    assert told[1]["why"] == "the earlier run did not judge it"


def test_a_table_that_a_check_does_not_name(blocked: Ended, tmp_path: Path) -> None:
    """A check may rest on a table through the plan: that is said, and not more."""
    earlier = json.loads(json.dumps(blocked.results))
    check = next(c for c in earlier["checks"] if not c["findings"] and not c["rests_on"])
    check["reason"] = "another"
    (tmp_path / "results.json").write_text(json.dumps(earlier), encoding="utf-8")
    before = tables_now()
    del before["vmotion_ties"]
    told = compare(tmp_path, before, blocked.results)
    assert told["tables"][0]["before"] is None
    assert told["checks"][0]["why"].endswith("what it asks of versions may rest on vmotion_ties")
