"""``kanmon waive`` in whole runs: a board accepts what one run found, and the next is GO."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from lab.world.world import load as load_world
from tests.running import Ended, judge, kanmon, world
from tests.servers import need

DEMO = load_world("demo")
DECISION = (
    *("--approver", "Hanako Sato", "--ticket", "CHG0012345/W2", "--reason", "known"),
    *("--expires", "2027-03-31"),
)
WARNED = ("DSM-MEM-001", "WIN-REBOOT-001")


def estate(home: Path, memory: float, **machine: Any) -> str:
    """The demo with nodes short of memory, and a machine that waits for its restart."""
    linux = [
        {**one.model_dump(mode="json", exclude_none=True), "memory": memory} for one in DEMO.linux
    ]
    machines = [one.model_dump(mode="json", exclude_none=True) for one in DEMO.machine]
    for one in machines:
        if one["name"] == "win-app":
            one |= {"pending_reboot": True, **machine}
    return world(home, linux=linux, machine=machines)


def waive(run: Ended, env: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return kanmon("waive", str(run.directory), "--env", env, *DECISION, *arguments)


def warned(run: Ended) -> set[str]:
    """The checks that warn, and that nobody accepted."""
    checks = run.results["checks"]
    return {c["id"] for c in checks if (c["outcome"], c["severity"]) == ("fail", "warning")}


def of_runs(ended: Ended) -> list[dict[str, Any]]:
    """What became of the waivers of runs; the demo's board has others, by hand."""
    return [one for one in ended.results["waivers"] if one["run"]]


@pytest.fixture(scope="module")
def monday(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    """A run with nothing but warnings, and the directory of its environment."""
    home = tmp_path_factory.mktemp("monday")
    return home, judge(home / "reports", "--env", estate(home, 16))


@pytest.fixture
def home(monday: tuple[Path, Ended], tmp_path: Path) -> Path:
    """A directory of the same environment, without any waiver yet."""
    for file in monday[0].glob("*.toml"):
        shutil.copy(file, tmp_path)
    estate(tmp_path, 16)
    return tmp_path


def test_what_the_board_accepted_opens_the_gate(monday: tuple[Path, Ended], home: Path) -> None:
    """CONDITIONAL; all its warnings accepted: GO. One more, or one graver, on Saturday: not GO."""
    _, run = monday
    env = str(home / "estate.toml")
    assert (run.status, warned(run)) == (7, set(WARNED)), run.output
    done = waive(run, env, "--check", *WARNED)
    assert done.returncode == 0, done.stderr
    written = sorted(path.name for path in (home / "estate.waivers").iterdir())
    assert written == [f"CHG0012345_W2-{id_}.toml" for id_ in WARNED]
    accepted = judge(home / "reports", "--env", env)
    assert (accepted.status, accepted.results["verdict"]) == (0, "GO"), accepted.output
    assert {(w["check"], w["state"], w["run"]) for w in of_runs(accepted)} == {
        (id_, "used", run.directory.name) for id_ in WARNED
    }
    assert "Hanako Sato (not authenticated)" in accepted.page
    again = judge(home / "again", "--facts", str(accepted.directory))
    assert (again.status, again.results["waivers"]) == (0, accepted.results["waivers"])
    worse = judge(home / "reports", "--env", estate(home, 16, free_gib=1.0))
    assert (worse.status, warned(worse)) == (7, {"WIN-DISK-001"}), worse.output
    graver = judge(home / "reports", "--env", estate(home, 13))
    assert (graver.status, graver.results["verdict"]) == (1, "NO-GO"), graver.output
    assert "  blocker: DSM-MEM-001" in graver.output


def test_one_object_of_several(monday: tuple[Path, Ended], home: Path) -> None:
    """--subject accepts that object alone."""
    _, run = monday
    (check,) = [c for c in run.results["checks"] if c["id"] == "DSM-MEM-001"]
    first, second = [one["subject"] for one in check["findings"]]
    waive(run, str(home / "estate.toml"), "--check", "DSM-MEM-001", "--subject", first)
    (file,) = (home / "estate.waivers").iterdir()
    (found,) = tomllib.loads(file.read_text(encoding="utf-8"))["finding"]
    assert (found["subject"], second != first) == (first, True)


def test_nothing_is_overwritten_and_nothing_is_made_up(
    monday: tuple[Path, Ended], home: Path
) -> None:
    """A file that is there stays; a check that found nothing open is refused with a sentence."""
    _, run = monday
    env = str(home / "estate.toml")
    waive(run, env, "--check", "DSM-MEM-001")
    (file,) = (home / "estate.waivers").iterdir()
    before = file.read_bytes()
    again = waive(run, env, "--check", *WARNED)
    assert (again.returncode, "there is one already" in again.stderr) == (1, True)
    assert [path.read_bytes() for path in (home / "estate.waivers").iterdir()] == [before]
    nothing = waive(run, env, "--check", "ESX-STATE-001")
    assert (nothing.returncode, "found nothing of ESX-STATE-001" in nothing.stderr) == (1, True)


def test_a_run_that_was_changed_is_refused(monday: tuple[Path, Ended], home: Path) -> None:
    """What is accepted is what kanmon found, not what somebody wrote into its file."""
    changed = home / monday[1].directory.name
    shutil.copytree(monday[1].directory, changed)
    results = changed / "results.json"
    results.write_text(results.read_text(encoding="utf-8").replace("dsm-1", "dsm-9"))
    ended = Ended(0, "", changed)
    done = waive(ended, str(home / "estate.toml"), "--check", "DSM-MEM-001")
    assert (done.returncode, "results.json" in done.stderr) == (1, True), done.stderr
    assert not (home / "estate.waivers").exists()


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """The approver's key; beside it the file that names it."""
    made = tmp_path / "sato"
    command = [need("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(made)]
    subprocess.run(command, check=True, timeout=60)
    public = made.with_suffix(".pub").read_text(encoding="utf-8").strip()
    (tmp_path / "allowed").write_text(f"sato@example.jp {public}\n", encoding="utf-8")
    return made


def test_a_signature_tells_who_accepted_it(
    monday: tuple[Path, Ended], home: Path, key: Path
) -> None:
    """Signed by a key that is believed it holds; changed by a letter, or unsigned, it does not."""
    _, run = monday
    env = str(home / "estate.toml")
    done = waive(run, env, "--check", *WARNED, "--sign-key", str(key))
    assert done.returncode == 0, done.stderr
    asked = ("--env", env, "--allowed-signers", str(home / "allowed"))
    signed = judge(home / "reports", *asked)
    assert (signed.status, signed.results["allowed_signers"] is not None) == (0, True)
    assert {one["signer"] for one in of_runs(signed)} == {"sato@example.jp"}
    assert "Hanako Sato (signed by sato@example.jp)" in signed.page
    file = home / "estate.waivers" / "CHG0012345_W2-DSM-MEM-001.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("known", "known to all"))
    changed = judge(home / "reports", *asked)
    states = {one["check"]: one["state"] for one in of_runs(changed)}
    assert states == {"DSM-MEM-001": "not signed", "WIN-REBOOT-001": "used"}
    assert (changed.status, warned(changed)) == (7, {"DSM-MEM-001", "GATE-WAIVER-001"})
    again = judge(home / "again", "--facts", str(changed.directory))
    assert (again.status, warned(again)) == (7, warned(changed))


def test_signers_that_are_not_there_are_a_usage_error(home: Path) -> None:
    """A file that cannot be read is no permission to believe everybody."""
    ended = judge(home / "r", "--env", str(home / "estate.toml"), "--allowed-signers", "nobody")
    assert (ended.status, "there is no such file" in ended.output) == (4, True)
