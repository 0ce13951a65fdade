"""What a board approved: held against the night, and refused where it is not what it saw."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from kanmon.environment.change import Approval
from kanmon.errors import UsageError
from kanmon.evidence import approved
from kanmon.evidence.approved import Approved, Difference, Snapshot, differences, not_seen
from kanmon.evidence.saved import SavedRun, load
from tests.evidence.test_runs_before import MID, PRE
from tests.running import judge

DECISION = Approval(run=PRE.name, by="Hanako Sato", ticket="CHG1-B", on=date(2026, 12, 2))


def snapshot(claims: tuple[str, ...] = ("A-B-001 of vc",), **seen: dict[str, str]) -> Snapshot:
    """What a board sees, of one kind or several."""
    kinds = ("environment", "version", "finding", "unknown", "waiver", "attestation")
    nothing = {kind: {} for kind in (*kinds, "table", "overlay", "kanmon")}
    return Snapshot(claims=frozenset(claims), seen={**nothing, **seen})


@pytest.mark.parametrize(
    "kind", ["environment", "version", "waiver", "attestation", "table", "overlay", "kanmon"]
)
def test_what_changed_came_or_went_is_told(kind: str) -> None:
    """Each with what the board saw and what is so now; what is the same is not told."""
    before = snapshot(**{kind: {"a": "1", "b": "2", "c": "3"}})
    now = snapshot(**{kind: {"a": "1", "b": "4", "d": "5"}})
    assert differences(before, now) == [
        Difference(kind, "b", "2", "4"),
        Difference(kind, "c", "3", None),
        Difference(kind, "d", None, "5"),
    ]
    assert differences(now, now) == []


@pytest.mark.parametrize("kind", ["finding", "unknown"])
def test_only_claims_that_both_judged_are_compared(kind: str) -> None:
    """What the board has not seen judged is named as that, and is no difference."""
    before = snapshot(("A-B-001 of vc", "C-D-001"), **{kind: {"C-D-001: x": "82 % full"}})
    told = {"A-B-001 of vc: esx: 1": "off", "E-F-001: y": "new"}
    now = snapshot(("A-B-001 of vc", "E-F-001"), **{kind: told})
    assert differences(before, now) == [Difference(kind, "A-B-001 of vc: esx: 1", None, "off")]
    assert not_seen(before, now) == ["E-F-001"]


def night(**changes: object) -> SavedRun:
    """The run before the step, a day after the board saw it."""
    run = load(PRE)
    return replace(run, **{"now": run.now + timedelta(days=1), **changes})


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that a board saw; it reads nobody."""
    reports = tmp_path_factory.mktemp("seen")
    directory = judge(reports, "--env", "demo", "--check", "PLAN-DATA-001").directory
    assert directory
    return directory


def again(seen: Path) -> tuple[Approved, SavedRun, dict[str, Any]]:
    """What was approved, and the same run once more a day later."""
    run = load(seen)
    run = replace(run, now=run.now + timedelta(days=1))
    record = json.loads((seen / "results.json").read_text(encoding="utf-8"))
    return approved.read(seen, DECISION, run), run, record


def test_the_same_estate_is_as_the_board_saw_it(seen: Path) -> None:
    """Held against itself, nothing of a run is different."""
    told = approved.record(*again(seen))
    assert (told["by"], told["verdict"]) == ("Hanako Sato", "INCOMPLETE")
    assert (told["different"], told["not_seen"]) == ([], [])


def test_another_target_address_or_tolerance_is_told(seen: Path) -> None:
    """What the night's environment file says otherwise is named by its path, with both values."""
    found, run, record = again(seen)
    (dsm, *_) = run.environment.dsm
    moved = dsm.model_copy(update={"database": "another"})
    environment = run.environment.model_copy(update={"dsm": [moved]})
    (one,) = approved.record(found, replace(run, environment=environment), record)["different"]
    assert (one["kind"], one["name"], one["now"]) == ("environment", "dsm.dsm.database", "another")


def test_it_is_kept_beside_the_facts(seen: Path, tmp_path: Path) -> None:
    """The run alone says what the board saw; a file that is none is refused."""
    found, _, _ = again(seen)
    approved.keep(tmp_path, found)
    assert approved.kept(tmp_path) == found
    assert approved.kept(tmp_path / "elsewhere") is None
    (tmp_path / approved.KEPT).write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be used"):
        approved.kept(tmp_path)


def test_a_run_of_an_older_kanmon_is_refused() -> None:
    """It does not say all that a board is to see."""
    with pytest.raises(UsageError, match="older kanmon"):
        approved.read(PRE, DECISION, night())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"step": "agent"}, "it is of phase pre of manager; what a board approves"),
        ({"simulated": True}, "this run is of simulated"),
        ({"now": load(PRE).now}, "it is no earlier run"),
    ],
    ids=["other step", "other estate", "not earlier"],
)
def test_another_run_is_refused(changes: dict[str, object], told: str) -> None:
    """A board approved this step of this estate, before this run, or it approved something else."""
    with pytest.raises(UsageError, match=told):
        approved.read(PRE, DECISION, night(**changes))


def test_a_run_amid_the_step_is_refused() -> None:
    """A board approves what is to begin."""
    with pytest.raises(UsageError, match="phase mid"):
        approved.read(MID, DECISION, night(now=load(MID).now + timedelta(days=1)))


def test_an_altered_run_is_refused(tmp_path: Path) -> None:
    """What was changed after the board saw it is not what it saw."""
    copy = tmp_path / PRE.name
    shutil.copytree(PRE, copy)
    results = copy / "results.json"
    results.write_text(results.read_text(encoding="utf-8").replace("dsm-1", "dsm-9"))
    with pytest.raises(UsageError, match=r"change\.approved names .*results\.json"):
        approved.read(copy, DECISION, night())
    with pytest.raises(UsageError, match="there is no such run"):
        approved.read(tmp_path / "nothing", DECISION, night())
