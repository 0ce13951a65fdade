"""The manager's upgrade as a story, each run beside the first: what was lost is named and mended.

Before (GO), between the nodes (GO), after it with one VM that lost its protection and one agent
that never came back (NO-GO, naming both), after the repair (GO).
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import jsonschema
import pytest

from lab.world.world import load
from tests.running import HOME, Ended, approve, estate, judge, kanmon, world

MOMENTS = (
    ("manager-before", "pre"),
    ("manager-between", "mid"),
    ("manager-after-faults", "post"),
    ("manager-after", "post"),
)
LOST, SILENT = "vdi-06", "lnx-web-02"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("story")


@pytest.fixture(scope="module")
def story(home: Path) -> list[Ended]:
    """The four runs, of one estate that moves on while it runs."""
    file = home / "estate.toml"
    runs: list[Ended] = []
    with estate(file, MOMENTS[0][0]) as running:
        for number, (name, phase) in enumerate(MOMENTS):
            if number:
                running.move_on(load(name))
            before = ("--baseline", str(runs[0].directory)) if runs else ()
            asked = ("--env", str(file), "--step", "manager", "--phase", phase)
            if not number:
                approve(file, judge(home / str(number), *asked))
            runs.append(judge(home / str(number), *asked, *before))
    return runs


def named(ended: Ended, id_: str) -> set[str]:
    """The objects that a check names."""
    checks = [check for check in ended.results["checks"] if check["id"] == id_]
    ones = [one for check in checks for one in (*check["findings"], *check["unknown"])]
    return {one["subject"].split(" (")[0] for one in ones}


def test_each_moment_has_its_verdict(story: list[Ended]) -> None:
    """GO, GO, NO-GO, GO, with nothing undetermined in those that are GO."""
    assert [(one.status, one.results["verdict"]) for one in story] == [
        (0, "GO"),
        (0, "GO"),
        (1, "NO-GO"),
        (0, "GO"),
    ], story[-1].output
    assert all(
        ended.results["coverage"]["undetermined"] == 0 for ended in story if not ended.status
    )


def test_both_losses_are_named_and_nothing_else(story: list[Ended]) -> None:
    """The VM and the agent stand in the comparing checks and in those of today, and no other."""
    after = story[2]
    assert named(after, "BASE-STATE-001") == {LOST, SILENT}
    assert named(after, "DSA-STATE-001") == {LOST, SILENT}
    assert named(after, "DSA-EVENT-001") == {LOST, SILENT}
    assert named(after, "BASE-INV-001") == named(after, "BASE-VER-001") == set()
    failed = [c for c in after.results["checks"] if c["outcome"] == "fail"]
    blockers = {c["id"] for c in failed if c["severity"] == "blocker"}
    assert blockers == {"BASE-STATE-001", "DSA-STATE-001"}
    assert re.search(rf"{LOST} \(dsm \d+\): found .*appliance_status inactive", after.output)
    assert re.search(rf"{SILENT} \(dsm \d+\): found online no", after.output)


def test_the_step_itself_is_expected(story: list[Ended]) -> None:
    """After the repair the manager and its nodes have changed, as the step names them, no more."""
    baseline = story[3].results["baseline"]
    assert baseline["run"] == story[0].directory.name
    assert (baseline["verdict"], baseline["step"], baseline["phase"]) == ("GO", "manager", "pre")
    assert baseline["not_compared"] == []
    changed = {(one["kind"], one["field"], one["expected"]) for one in baseline["changes"]}
    assert changed == {
        ("manager", "version", True),
        ("manager", "interfaces", True),
        ("manager node", "version", True),
    }
    assert story[0].results["baseline"] is None


def test_the_comparison_keeps_the_contract(story: list[Ended]) -> None:
    """results.json of every run is valid by docs/results.schema.json."""
    schema = json.loads((HOME / "docs" / "results.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    assert [error.message for one in story for error in validator.iter_errors(one.results)] == []


def test_judged_again_elsewhere_it_is_compared_with_the_same_run(
    story: list[Ended], home: Path
) -> None:
    """The run alone, copied to where nothing else is, gives the same verdict, findings, changes."""
    shutil.copytree(story[2].directory, home / "elsewhere" / "run")
    again = judge(home / "again", "--facts", str(home / "elsewhere" / "run"))
    keys = ("id", "target", "outcome", "severity", "findings", "unknown")

    def essence(ended: Ended) -> list[list[object]]:
        return [[check[key] for key in keys] for check in ended.results["checks"]]

    assert again.status == 1, again.output
    assert essence(again) == essence(story[2])
    assert again.results["baseline"] == story[2].results["baseline"]


def test_another_run_before_is_refused_when_judging_again(story: list[Ended], home: Path) -> None:
    """What was compared with one run is not compared with another by judging again."""
    first = str(story[0].directory)
    again = judge(home / "other", "--facts", str(story[2].directory), "--baseline", first)
    assert again.status == 4
    assert "which lies beside them: leave it out" in again.output


def test_the_run_before_is_one_of_the_step_that_is_judged_again(
    story: list[Ended], home: Path
) -> None:
    """Facts that were compared with a run before the manager are not judged as another step's."""
    again = judge(home / "step", "--facts", str(story[2].directory), "--step", "appliance")
    assert again.status == 4, again.output
    compared = f"the facts were compared with {story[0].directory.name}"
    assert f"{compared}: it is of phase pre of step manager" in again.output


def test_the_run_before_that_was_tampered_with_is_refused(story: list[Ended], home: Path) -> None:
    """A changed byte in what lies beside the facts ends the run before anything is judged."""
    copy = home / "tampered" / "run"
    shutil.copytree(story[2].directory, copy)
    file = copy / "facts" / "baseline" / "facts" / "target-dsm.json"
    file.write_text(file.read_text("utf-8").replace(LOST, "vdi-07"), encoding="utf-8")
    again = judge(home / "tampered-again", "--facts", str(copy))
    assert again.status == 4
    assert "changed: facts/baseline/facts/target-dsm.json" in again.output


def test_without_the_run_before_nobody_can_say(story: list[Ended], home: Path) -> None:
    """The repaired estate is as good, and yet not GO: what was lost would not be missed."""
    copy = home / "alone" / "run"
    shutil.copytree(story[3].directory, copy)
    shutil.rmtree(copy / "facts" / "baseline")
    (copy / "manifest.json").unlink()  # else it is told that something is missing
    again = judge(home / "alone-again", "--facts", str(copy))
    assert (again.status, again.results["verdict"]) == (6, "INCOMPLETE"), again.output
    undetermined = {c["id"] for c in again.results["checks"] if c["outcome"] == "undetermined"}
    comparing = {"BASE-INV-001", "BASE-STATE-001", "BASE-VER-001", "DSA-EVENT-001"}
    assert undetermined == comparing | {"DSA-STATE-001", "DSM-TENANT-001"}
    assert "give --baseline reports/<environment>/<run>" in again.output


def test_a_run_after_the_step_is_no_baseline(story: list[Ended], home: Path) -> None:
    """Beside the NO-GO the same losses would be "as before": it is refused."""
    asked = ("--env", "demo", "--step", "manager", "--phase", "post")
    for wrong, told in (
        (story[2].directory, "it is of environment estate, this run is of demo"),
        (home / "nothing", "there is no such run"),
    ):
        ended = judge(home / "refused", *asked, "--baseline", str(wrong))
        assert ended.status == 4, ended.output
        assert told in ended.output
    again = judge(
        home / "refused",
        *("--facts", str(_alone(story[3].directory, home / "bare"))),
        *("--baseline", str(story[2].directory)),
    )
    assert again.status == 4
    assert "it is of phase post of step manager, expected one of phase pre" in again.output


def _alone(run_directory: Path, to: Path) -> Path:
    shutil.copytree(run_directory, to)
    shutil.rmtree(to / "facts" / "baseline")
    (to / "manifest.json").unlink()
    return to


def test_diff_shows_the_same_between_any_two_runs(story: list[Ended]) -> None:
    """Its exit status says whether they differ; JSON is what results.json holds."""
    first, after, repaired = (str(story[n].directory) for n in (0, 2, 3))
    text = kanmon("diff", first, after)
    assert text.returncode == 1, text.stderr
    assert re.search(
        rf"computer {LOST} \(dsm \d+\): appliance_status active -> inactive", text.stdout
    )
    assert "manager dsm: version 11.0.510 -> 20.0.877" in text.stdout
    values = json.loads(kanmon("diff", "--json", first, after).stdout)
    assert values == story[2].results["baseline"]
    assert f"computer {SILENT} (" in kanmon("diff", after, repaired).stdout
    same = kanmon("diff", first, first)
    assert (same.returncode, same.stdout.splitlines()[-1]) == (0, "nothing changed")


def test_diff_refuses_what_is_no_run(story: list[Ended], home: Path) -> None:
    """A typo is a usage error, told with the runs that are there."""
    wrong = kanmon("diff", str(story[0].directory), str(story[0].directory.parent / "typo"))
    assert wrong.returncode == 2
    assert story[0].directory.name in wrong.stderr
    assert kanmon("diff", str(home), str(home)).returncode == 2


def test_diff_says_what_could_not_be_compared(story: list[Ended], home: Path) -> None:
    """Two runs of which one did not read a part differ: nobody can say what changed there."""
    (home / "partial").mkdir()
    asked = ("--env", world(home / "partial"), "--check", "VC-VER-001")
    partial = judge(home / "partial" / "reports", *asked)
    found = kanmon("diff", str(story[0].directory), str(partial.directory))
    assert found.returncode == 1, found.stderr
    assert "not compared, so nobody can say what changed there:" in found.stdout
    assert "dsm-db database.server: this run: it was not read" in found.stdout


def test_a_baseline_of_which_a_byte_was_changed_is_refused(story: list[Ended], home: Path) -> None:
    """A VM taken out of the run before would not be missed after it."""
    copy = home / "changed" / story[0].directory.name
    shutil.copytree(story[0].directory, copy)
    file = copy / "facts" / "target-dsm.json"
    file.write_text(file.read_text("utf-8").replace(LOST, "vdi-07"), encoding="utf-8")
    (home / "changed" / "env").mkdir()
    env = world(home / "changed" / "env")
    asked = ("--env", env, "--step", "manager", "--phase", "post", "--baseline", str(copy))
    ended = judge(home / "changed" / "reports", *asked)
    assert ended.status == 4, ended.output
    assert "is not as kanmon wrote it (changed: facts/target-dsm.json)" in ended.output
