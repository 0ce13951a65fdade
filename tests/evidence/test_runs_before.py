"""Runs that an earlier version left (`tests/data/runs`): still intact, judged and compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kanmon.commands.cli import main
from tests.running import HOME, Ended, judge

RUNS = HOME / "tests" / "data" / "runs"
DEMO, BLOCKED, OWN_RULES, PRE, MID, POST = (
    next(RUNS.glob(pattern))
    for pattern in (
        "demo/*-all-pre",
        "demo-blocked/*-all-pre",
        "own-rules/*-vsphere-bridge-pre",
        "estate/*-manager-pre",
        "estate/*-manager-mid",
        "estate/*-manager-post",
    )
)


def results(directory: Path) -> dict[str, Any]:
    """The evidence as it was written then."""
    return json.loads((directory / "results.json").read_text(encoding="utf-8"))


def outcomes(evidence: dict[str, Any]) -> dict[tuple[str, str | None], str]:
    """How each check ended, by id and target."""
    return {(one["id"], one["target"]): one["outcome"] for one in evidence["checks"]}


def lost(evidence: dict[str, Any], comparison: dict[str, Any]) -> list[dict[str, Any]]:
    """The changes that a run told then, and that a comparison of today does not."""
    then = evidence["baseline"]["changes"]
    assert then
    return [one for one in then if one not in comparison["changes"]]


def judged_again(home: Path, directory: Path, *arguments: str) -> Ended:
    """The facts of a run as today's checks judge them; each check of then must end as it did.

    But for one that rested on an attestation, which did not say which reason it answers, and for
    what waited for a build that no row names: such a one is told by its neighbours today.
    """
    ended = judge(home, "--facts", str(directory), *arguments)
    then, now = outcomes(results(directory)), outcomes(ended.results)
    asks = {(c["id"], c["target"]) for c in ended.results["checks"] if c["questions"]}
    waited = {
        (one["id"], one["target"])
        for one in results(directory)["checks"]
        if "is in no row of" in json.dumps(one) or "a build of the release table" in json.dumps(one)
    }
    other = {key for key in then if now.get(key) != then[key]} - waited
    assert other <= asks, ended.output
    assert {now[key] for key in other} <= {"undetermined"}, ended.output
    assert ended.results["rejudged"]["run"] == directory.name
    return ended


def test_all_of_them_are_intact(capsys: pytest.CaptureFixture[str]) -> None:
    """Every byte is as the manifest says, and the three of one estate are one chain."""
    runs = [str(path.parent) for path in sorted(RUNS.glob("*/*/manifest.json"))]
    assert main(["verify", *runs]) == 0, capsys.readouterr().out
    told = capsys.readouterr().out
    assert told.count(": intact") == len(runs) == 6
    assert f"chain: 3 runs, the first of them {PRE.name}" in told


def test_a_run_that_was_go(tmp_path: Path) -> None:
    """Every fact of every kind of target is still understood: each check ends as it did."""
    judged_again(tmp_path, DEMO)


def test_a_run_with_a_waiver_and_an_unread_target(tmp_path: Path) -> None:
    """What was waived is waived by the same ticket, what was not read is not, for its reason."""
    ended = judged_again(tmp_path, BLOCKED)
    then = [{**one, "run": None, "signer": None} for one in results(BLOCKED)["waivers"]]
    assert ended.results["waivers"] == then
    assert ended.results["waivers"][0]["state"] == "used"
    unread = [
        {t["name"]: t["unread"] for t in r["targets"]} for r in (ended.results, results(BLOCKED))
    ]
    assert unread[0] == unread[1]
    assert unread[0]["dsm-db"]


def test_a_run_with_a_rule_of_the_operators_own(tmp_path: Path) -> None:
    """The operator's own row lies with the run, and decides again."""
    ended = judged_again(tmp_path, OWN_RULES)
    (table,) = (one for one in ended.results["knowledge"] if one["table"] == "tools_nsx")
    assert table["overlay"]["rows_used"] == ["NSX-T 3.1"]


def test_a_run_that_was_compared(tmp_path: Path) -> None:
    """The run before that lies with its facts is read again, and every change is told again."""
    ended = judged_again(tmp_path, POST)
    assert ended.results["baseline"]["run"] == PRE.name
    assert lost(results(POST), ended.results["baseline"]) == []


def test_a_run_of_before_is_a_baseline(tmp_path: Path) -> None:
    """A later run can be compared with it."""
    ended = judged_again(tmp_path, MID, "--baseline", str(PRE))
    assert ended.results["baseline"]["run"] == PRE.name
    assert ended.results["baseline"]["changes"]


def test_two_runs_of_before_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    """`kanmon diff` tells every change that the later run told, and none of a run to itself."""
    assert main(["diff", "--json", str(PRE), str(POST)]) == 1
    assert lost(results(POST), json.loads(capsys.readouterr().out)) == []
    assert main(["diff", str(DEMO), str(DEMO)]) == 0
