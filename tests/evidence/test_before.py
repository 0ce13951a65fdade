"""The run before: which one may be compared with, and that it stays with the run."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kanmon.errors import UsageError
from kanmon.evidence import manifest
from kanmon.evidence.baseline import Before, keep, kept, read, refuse_unfit
from kanmon.evidence.manifest import Manifest
from kanmon.evidence.saved import SavedRun, save
from kanmon.facts.collected import Facts
from tests.facts_by_hand import DSM, NOW, agent, environment

NAME = "20261122T090000.000000Z-manager-pre"


def saved(**changes: Any) -> SavedRun:
    """A run of the manager's step, made the day before."""
    facts = Facts({("dsm", "computers"): (agent(),)}, {"dsm": 1.0})
    made = SavedRun(environment(DSM), "manager", "pre", NOW - timedelta(days=1), facts)
    return replace(made, **changes)


def landed(home: Path, run: SavedRun | None = None, **results: Any) -> Path:
    """A run as it lies in the reports."""
    run = run or saved()
    directory = home / NAME
    save(directory / "facts", run)
    told = {
        "environment": run.environment.name,
        "step": run.step,
        "phase": run.phase,
        "read": run.now.isoformat(timespec="seconds"),
        "simulated": run.simulated,
        "verdict": "GO",
        "checks": [],
    }
    text = json.dumps({**told, **results})
    (directory / "results.json").write_text(text, encoding="utf-8")
    seal(directory)
    return directory


def seal(directory: Path) -> None:
    """Write the manifest of what lies in a run's directory."""
    made = Manifest(
        run=directory.name,
        environment="test",
        step="manager",
        phase="pre",
        verdict="GO",
        suite=manifest.Suite(version="0", commit=None),
        operator=manifest.Operator(user="u", sudo=None, host="h", login_from=None, directory="/"),
        command=("pytest",),
        started=NOW,
        finished=NOW,
        written=NOW,
        files=manifest.files(directory),
        previous=None,
        signed_with=None,
    )
    manifest.write(directory, made)


def now(**changes: Any) -> SavedRun:
    """The run after the step."""
    return saved(**{"phase": "post", "now": NOW, **changes})


def test_a_run_is_read_with_its_verdict(tmp_path: Path) -> None:
    """Its name is that of its directory, its facts are what it read."""
    found = read(landed(tmp_path))
    assert (found.name, found.verdict) == (NAME, "GO")
    assert found.saved == saved()


def test_it_stays_with_the_run_that_it_was_compared_with(tmp_path: Path) -> None:
    """Kept beside the facts it is the same run again, wherever it lies, without the original."""
    before = read(landed(tmp_path))
    facts = tmp_path / "later" / "facts"
    keep(facts, before)
    shutil.rmtree(tmp_path / NAME)
    moved = shutil.move(tmp_path / "later", tmp_path / "elsewhere")
    assert kept(Path(moved) / "facts") == before


def test_a_run_that_kept_one_is_kept_without_it(tmp_path: Path) -> None:
    """Runs of runs of runs would grow without end: only its own facts are taken along."""
    first = read(landed(tmp_path / "a"))
    second = landed(tmp_path / "b")
    keep(second / "facts", first)
    seal(second)
    assert read(second).files == first.files


def test_a_run_that_was_compared_with_none_kept_none(tmp_path: Path) -> None:
    """That is no fault."""
    assert kept(landed(tmp_path) / "facts") is None


@pytest.mark.parametrize("what", ["changed", "removed", "added", "no head", "another verdict"])
def test_what_was_kept_must_be_what_was_put_there(tmp_path: Path, what: str) -> None:
    """A byte that changed, a file too many or too few: it is refused, and not left out."""
    facts = tmp_path / "later" / "facts"
    keep(facts, read(landed(tmp_path)))
    home = facts / "baseline"
    target = home / "facts" / "target-dsm.json"
    if what == "changed":
        target.write_text(target.read_text("utf-8").replace("app-01", "app-02"), "utf-8")
    elif what == "removed":
        target.unlink()
    elif what == "added":
        (home / "facts" / "target-x.json").write_text("{}", encoding="utf-8")
    elif what == "no head":
        (home / "baseline.json").unlink()
    else:
        head = home / "baseline.json"
        head.write_text(head.read_text("utf-8").replace('"GO"', '"FINE"'), encoding="utf-8")
    with pytest.raises(UsageError, match="baseline"):
        kept(facts)


def test_no_run_is_told_with_those_that_are_there(tmp_path: Path) -> None:
    """A typo is answered with the names that exist."""
    landed(tmp_path)
    with pytest.raises(UsageError, match=f"there is no such run; there are: {NAME}"):
        read(tmp_path / "20261122T09-manager-pre")
    with pytest.raises(UsageError, match="there is no run in"):
        read(tmp_path / "nowhere" / "x")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("results.json", None),
        ("results.json", "not JSON"),
        ("results.json", "{}"),
        ("facts/run.json", None),
        ("facts/run.json", "{}"),
        ("facts/target-dsm.json", '{"kind": "dsm", "seconds": 1.0, "parts": {"computers": {}}}'),
    ],
)
def test_what_is_not_whole_is_refused(tmp_path: Path, file: str, text: str | None) -> None:
    """A run that ended before its verdict, and files that kanmon did not write."""
    directory = landed(tmp_path)
    if text is None:
        (directory / file).unlink()
    else:
        (directory / file).write_text(text, encoding="utf-8")
    told = "missing" if text is None else "changed"
    with pytest.raises(UsageError, match=rf"is not as kanmon wrote it \({told}: {file}\)"):
        read(directory)
    seal(directory)  # as somebody would who covers his tracks
    with pytest.raises(UsageError, match=r"cannot be (read|used)"):
        read(directory)


def test_a_run_without_its_manifest_is_refused(tmp_path: Path) -> None:
    """Nobody could tell whether a byte of it was changed."""
    directory = landed(tmp_path)
    (directory / "manifest.json").unlink()
    with pytest.raises(UsageError, match=r"has no manifest\.json"):
        read(directory)


@pytest.mark.parametrize(
    "told",
    [
        {"environment": "other"},
        {"step": "agent"},
        {"phase": "post"},
        {"read": "2026-11-22T09:00:01+00:00"},
        {"simulated": True},
        {"verdict": "FINE"},
    ],
)
def test_results_and_facts_must_be_of_one_run(tmp_path: Path, told: dict[str, Any]) -> None:
    """The facts of one run beside the verdict of another are neither of them."""
    with pytest.raises(UsageError, match=r"of two runs|cannot be used"):
        read(landed(tmp_path, **told))


def before(**changes: Any) -> Before:
    return Before(NAME, "GO", saved(**changes), {})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (before(), now()),
        (before(step=None), now()),
        (before(step=None), now(step=None)),
        (before(), now(phase="mid")),
        (before(phase="post"), now(phase="pre")),  # only shown: no check of that phase compares
    ],
)
def test_a_run_from_before_the_step_is_fit(old: Before, new: SavedRun) -> None:
    """Of the same step or of all steps, and older."""
    refuse_unfit(old, new, named="--baseline x")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            before(environment=environment(DSM).model_copy(update={"name": "b"})),
            now(),
            "of environment b",
        ),
        (before(simulated=True), now(), "estate simulated"),
        (before(now=NOW), now(), "no earlier run"),
        (before(now=NOW + timedelta(seconds=1)), now(), "no earlier run"),
        (before(phase="post"), now(), "phase post of step manager"),
        (before(phase="mid"), now(), "expected one of phase pre, of step manager or of all steps"),
        (before(step="agent"), now(), "phase pre of step agent"),
        (before(), now(step=None), "expected one of phase pre, of all steps"),
    ],
)
def test_a_run_that_hides_changes_is_refused(old: Before, new: SavedRun, told: str) -> None:
    """After the step nothing changes any more: what was lost in it would not be missed."""
    with pytest.raises(UsageError, match=f"--baseline x.*{told}"):
        refuse_unfit(old, new, named="--baseline x")
