"""A fleet with a few machines that nobody can mend: its agents' step reaches GO, by their names."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from lab.world.world import load
from tests.running import Ended, judge, world
from tests.runs.test_waive_run import waive

LOST, ILL = "win-lost", "win-ill"
BAD = {"DSA-STATE-001", "DSA-HEALTH-001"}
"""What finds the two: one is offline, and of one the engine stands still."""
OF_WINDOWS = ("WIN-DISK-001", "WIN-REBOOT-001", "WIN-SVC-001", "DSA-VER-001")


def estate(home: Path, version: str = "11.0.0.1617", **lost: Any) -> str:
    """The demo grown by forty agents; the manager is upgraded already."""
    demo = load("demo").model_dump(mode="json", exclude_none=True, exclude_unset=True)
    app = next(one for one in demo["machine"] if one["name"] == "win-app")
    for one in demo["machine"]:
        if one.get("protection") == "agent" and "Appliance" not in one.get("os", ""):
            one["agent_version"] = version if not one.get("relay") else "20.0.0.877"
    bad = {"count": 1, "reachable": False, "agent_version": "11.0.0.1617"}
    machines = [
        *demo["machine"],
        {**app, "name": "win-more", "count": 40},
        {**app, **bad, "name": LOST, "online": False, **lost},
        {**app, **bad, "name": ILL, "troubles": {"antiMalware": "error"}},
    ]
    return world(home, machine=machines, dsm=[{**demo["dsm"][0], "version": "20.0.877"}])


def ended(run: Ended, *ids: str) -> dict[str, str]:
    """How these checks ended, by id."""
    return {one["id"]: one["outcome"] for one in run.results["checks"] if one["id"] in ids}


STEP = ("--step", "agent")


@pytest.fixture(scope="module")
def monday(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    """A run before the agents' step, and the directory of its environment."""
    home = tmp_path_factory.mktemp("monday")
    return home, judge(home / "reports", "--env", estate(home), *STEP)


def test_before_anybody_accepts_them_they_hold_the_step_up(monday: tuple[Path, Ended]) -> None:
    """Both are warnings by name; what nobody could read of them is unknown."""
    run = monday[1]
    checks = {one["id"]: one for one in run.results["checks"]}
    assert {checks[id_]["severity"] for id_ in BAD} == {"warning"}, run.output
    assert ended(run, "WIN-DISK-001", "WIN-SVC-001") == {
        "WIN-DISK-001": "undetermined",
        "WIN-SVC-001": "undetermined",
    }


def test_accepted_they_are_left_out(monday: tuple[Path, Ended], tmp_path: Path) -> None:
    """The same estate, once its board accepted the two; and after the step they may be as before.

    One that is back is in the step again, and what is not known of it is unknown.
    """
    home, run = monday
    shutil.copytree(home, tmp_path, dirs_exist_ok=True)
    env = estate(tmp_path)
    done = waive(run, env, "--check", *BAD)
    assert done.returncode == 0, done.stderr
    accepted = judge(tmp_path / "reports", "--env", env, *STEP)
    assert ended(accepted, *OF_WINDOWS) == dict.fromkeys(OF_WINDOWS, "pass"), accepted.output
    assert accepted.results["verdict"] == "GO", accepted.output
    notes = [one["notes"] for one in accepted.results["checks"] if one["id"] == "WIN-DISK-001"]
    ((note,),) = notes
    assert (note["subject"], note["text"]) == (
        "left out by waiver CHG0012345/W2 (Hanako Sato)",
        "2 machines of the step",
    )
    after = ("--phase", "post", "--baseline", str(run.directory))
    afterwards = judge(tmp_path / "post", "--env", estate(tmp_path, "20.0.0.877"), *STEP, *after)
    ids = ("DSA-VER-001", "WIN-SVC-001", "BASE-VER-001", "BASE-STATE-001", "BASE-INV-001")
    assert ended(afterwards, *ids) == dict.fromkeys(ids, "pass"), afterwards.output
    back = judge(tmp_path / "back", "--env", estate(tmp_path, online=True), *STEP)
    assert ended(back, "WIN-DISK-001") == {"WIN-DISK-001": "undetermined"}
