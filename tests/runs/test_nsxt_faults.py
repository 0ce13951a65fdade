"""One planted fault of NSX-T in an estate that is well: the suite finds it, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.world.world import load
from tests.running import Ended, judge, world

NSXT = {"slug": "nsxt-new", "vcenters": ["vc-main"]}
BUILD, MIGRATION = ("nsxt-build", "post"), ("nsx-migration", "pre")
ALARM = {"feature": "manager_health", "event_type": "manager_disk_full", "node": "nsx-1"}


def judged(
    path: Path, id_: str, when: tuple[str, str], **nsxt: Any
) -> tuple[Ended, dict[str, Any]]:
    """The demo with its NSX-T attached and changed, judged by one check."""
    step, phase = when
    described = {**NSXT, **nsxt}
    env = world(path, nsxt=[described])
    ended = judge(path / "reports", "--env", env, "--step", step, "--phase", phase, "--check", id_)
    (check,) = (check for check in ended.results["checks"] if check["id"] == id_)
    return ended, check


@pytest.mark.parametrize(
    ("id_", "when", "fault", "subject"),
    [
        ("NSXT-STATE-001", MIGRATION, {"alarms": [ALARM]}, "manager_disk_full on nsx-1"),
        ("NSXT-STATE-001", BUILD, {"groups": {"POLICY": "DEGRADED"}}, "cluster group POLICY"),
        ("NSXT-STATE-001", BUILD, {"degraded_services": ["http"]}, "service http"),
        ("NSXT-VC-001", BUILD, {"registered": False}, "vc-main"),
        ("NSXT-VC-001", BUILD, {"thumbprint": "ab" * 32}, "vc-main"),
        ("NSXT-VER-001", BUILD, {"version": "3.1.1.0.0.17483065"}, "nsxt-new"),
        ("NSXT-VER-001", MIGRATION, {"version": "3.0.0.0.0.15946738"}, "nsxt-new"),
        (
            "NSXT-LIC-001",
            BUILD,
            {"licences": [{"edition": "NSX for vShield Endpoint", "days": 1, "evaluation": True}]},
            "NSX for vShield Endpoint (key ending in 44444)",
        ),
        (
            "NSXT-BKP-001",
            MIGRATION,
            {"backup_hours": {"cluster": 1, "node": 25, "inventory": 1}},
            "node backup",
        ),
        (
            "NSXT-PWD-001",
            MIGRATION,
            {"edges": ["edge-1"], "edge_passwords": [{"user": "root", "age": 90}]},
            "root on edge-1",
        ),
        (
            "NSXT-EMPTY-001",
            MIGRATION,
            {"items": [{"kind": "segment", "name": "web"}]},
            "segment web",
        ),
        (
            "NSXT-PRE-001",
            MIGRATION,
            {"feedback": [{"message": "Choose an uplink."}]},
            "EDGE/UPLINK edge-1",
        ),
    ],
)
def test_the_planted_fault_is_found(
    id_: str, when: tuple[str, str], fault: dict[str, Any], subject: str, tmp_path: Path
) -> None:
    """The check fails with one finding that names the object, and nothing is left unjudged."""
    ended, check = judged(tmp_path, id_, when, **fault)
    (told,) = {finding["subject"] for finding in check["findings"]}
    assert check["outcome"] == "fail", ended.output
    assert told.startswith(subject)
    assert check["unknown"] == []


@pytest.mark.parametrize(
    ("id_", "when"),
    [
        ("NSXT-STATE-001", BUILD),
        ("NSXT-VC-001", BUILD),
        ("NSXT-VER-001", BUILD),
        ("NSXT-LIC-001", BUILD),
        ("NSXT-BKP-001", MIGRATION),
        ("NSXT-PWD-001", MIGRATION),
        ("NSXT-EMPTY-001", MIGRATION),
        ("NSXT-PRE-001", MIGRATION),
    ],
)
def test_without_a_fault_the_claim_holds(id_: str, when: tuple[str, str], tmp_path: Path) -> None:
    """The same estate without the fault passes, certificate of vCenter and all."""
    ended, check = judged(tmp_path, id_, when)
    assert check["outcome"] == "pass", ended.output


def test_a_coordinator_that_was_never_started_is_not_green(tmp_path: Path) -> None:
    """No pre-check was run: the run is INCOMPLETE, and says what to start."""
    ended, check = judged(tmp_path, "NSXT-PRE-001", MIGRATION, coordinator="stopped")
    assert (check["outcome"], ended.status) == ("undetermined", 6)
    assert "start it and import" in ended.output


@pytest.mark.parametrize("id_", ["NSXT-EMPTY-001", "NSXT-BKP-001", "NSXT-PRE-001"])
def test_an_account_without_rights_sees_no_empty_nsxt(id_: str, tmp_path: Path) -> None:
    """What an account may not read is undetermined, never an NSX-T without contents."""
    fault = {"target": "nsxt-new", "how": "weak rights"}
    env = world(tmp_path, misbehaviour=[fault], nsxt=[NSXT])
    ended = judge(tmp_path / "r", "--env", env, "--step", "nsx-migration", "--check", id_)
    assert ended.outcomes(id_) == {"nsxt-new": "undetermined"}
    assert "Auditor" in ended.page


def test_the_key_of_a_licence_is_not_kept(tmp_path: Path) -> None:
    """Neither the whole key nor the passphrase of the backup is in any file of the run."""
    ended, _ = judged(tmp_path, "NSXT-LIC-001", BUILD)
    key = load("demo").nsxt[0].licences[0].key
    assert key.endswith("44444")
    assert not [text for text in ended.texts if key in text or "never-to-be-kept" in text]
