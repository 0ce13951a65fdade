"""A part that was not read, or a claim that nobody judged, keeps a run from GO."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kanmon.evidence.saved import load as load_run
from kanmon.evidence.saved import save
from lab.world.world import load
from tests.evidence.test_before import seal
from tests.evidence.test_runs_before import MID
from tests.running import Ended, judge, world

LOOKS_AWAY = '''
from kanmon.check import Attestable, Severity, check

@check("TST-UNSEEN-001", severity=Severity.BLOCKER, attestable=Attestable.MOMENTARY,
       steps=("vsphere-bridge",), phases=("pre",), remediation="r", refs=("r",))
def test_looks_away(vcenter, all_vcenter_backups, judge):
    """It passes without a look at what was not read.

    x"""
    judge(examined=1, of="things")
'''


ANOTHER_CLAIM = '''
from kanmon.check import Attestable, Severity, check

@check("TST-UNSEEN-002", severity=Severity.BLOCKER, attestable=Attestable.MOMENTARY,
       steps=("manager",), phases=("mid",), remediation="r", refs=("r",))
def test_another_claim(dsm, judge):
    """It says nothing about how far the step came.

    x"""
    judge(examined=1, of="things")
'''


def only(home: Path, checks: str) -> Path:
    """A place that has these checks and no others."""
    (home / "checks").mkdir()
    (home / "checks" / "test_only.py").write_text(checks)
    return home


@pytest.fixture(scope="module")
def denied(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A run that was not let into the appliance of vc-main, and so read no backups of it."""
    home = tmp_path_factory.mktemp("denied")
    vcenters = [one.model_dump(mode="json") for one in load("demo").vcenter]
    vcenters[0]["appliance"]["denied"] = True
    env = world(home, vcenter=vcenters, attestation=[])
    return judge(home / "reports", "--env", env, "--check", "VC-BKP-001")


def test_what_was_not_read_is_not_green(denied: Ended, tmp_path: Path) -> None:
    """A check that looks away does not make up for it."""
    home = only(tmp_path, LOOKS_AWAY)
    ended = judge(tmp_path / "reports", "--facts", str(denied.directory), cwd=home)
    assert ended.outcomes("TST-UNSEEN-001") == {"vc-main": "pass", "vc-plain": "pass"}
    assert ended.status == 6, ended.output
    assert [one["name"] for one in ended.results["targets"] if one["unread"]] == ["vc-main"]


def test_a_step_whose_end_nobody_judged_is_not_green(tmp_path: Path) -> None:
    """Amid a step all checks pass, none says how far the step came: the claim is named, no GO."""
    home, saved = only(tmp_path, ANOTHER_CLAIM), load_run(MID)
    estate = saved.environment.model_copy(update={"attestation": []})
    save(home / "saved" / "facts", replace(saved, environment=estate))
    seal(home / "saved")
    ended = judge(home / "reports", "--facts", str(home / "saved"), cwd=home)
    assert ended.outcomes("TST-UNSEEN-002") == {"dsm": "pass"}
    assert (ended.results["partial"], ended.results["unjudged"]) == ([], ["DSM-VER-002"])
    assert ended.status == 6, ended.output
