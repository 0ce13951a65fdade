"""One planted fault of a manager in the demo: the suite finds it, and nothing else."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from lab.world.attested import attested
from lab.world.manager import PACKAGES
from lab.world.world import WORLDS, load
from tests.running import Ended, judge, world

DEMO = tomllib.loads((WORLDS / "demo.toml").read_text(encoding="utf-8"))
RELAYS = DEMO["machine"][0]


def judged(path: Path, id_: str, **changes: Any) -> tuple[Ended, dict[str, Any]]:
    """The demo, changed and judged by one check."""
    env = world(path, **changes)
    ended = judge(path / "reports", "--env", env, "--check", id_)
    (check,) = (check for check in ended.results["checks"] if check["id"] == id_)
    return ended, check


def manager(**system: Any) -> dict[str, Any]:
    """The demo's manager, of which this is different."""
    return {"dsm": [{**DEMO["dsm"][0], "system": system}]}


def relay(**values: Any) -> dict[str, Any]:
    """The demo's machines, of which the two relays are different."""
    return {"machine": [{**RELAYS, **values}, *DEMO["machine"][1:]]}


def without(name: str) -> list[str]:
    """Every package but those that begin so."""
    return [package for package in PACKAGES if not package.startswith(name)]


FAULTS = [
    ("DSR-STATE-001", relay(updates_current=False), "dsm-01 (computer 1)", 2),
    ("DSM-ALERT-001", manager(alerts=[{"name": "Low Disk Space"}]), "Low Disk Space (alert 1)", 1),
    (
        "DSM-IMPORT-001",
        manager(packages=without("Agent-RedHat_EL7-20")),
        "Red Hat Enterprise 7 (64-bit): dsm-01 and 3 more",
        1,
    ),
    (
        "DSM-IMPORT-002",
        manager(packages=without("Appliance")),
        "appliance package of dsm",
        1,
    ),
    (
        "DSM-IMPORT-003",
        manager(packages=without("KernelSupport-RedHat_EL7-20")),
        "Red Hat Enterprise 7 (64-bit): dsm-01 and 3 more",
        1,
    ),
    (
        "RB-AGENT-001",
        manager(packages=without("Agent-Windows-11.0.0-1617")),
        "Microsoft Windows Server 2016 (64-bit): win-app-01 and 3 more",
        1,
    ),
    (
        "DSM-AUTO-001",
        manager(switches=["platformSettingUpdateImportedSoftwareAutoDownloadEnabled"]),
        "automatic download of software",
        1,
    ),
]


@pytest.mark.parametrize(("id_", "fault", "subject", "count"), FAULTS, ids=[f[0] for f in FAULTS])
def test_the_planted_fault_is_found(
    id_: str, fault: dict[str, Any], subject: str, count: int, tmp_path: Path
) -> None:
    """The check fails with findings that name the object, and nothing is left unjudged."""
    ended, check = judged(tmp_path, id_, **fault)
    assert check["outcome"] == "fail", ended.output
    assert len(check["findings"]) == count
    assert check["findings"][0]["subject"] == subject
    assert check["unknown"] == []


@pytest.mark.parametrize(
    "id_",
    [
        "DSM-TASK-001",
        "DSM-AUTO-001",
        "DSM-CONN-001",
        "DSM-LIC-001",
        "DSM-IMPORT-003",
        "DSM-ROLE-001",
    ],
)
def test_what_no_interface_tells_is_incomplete_until_attested(id_: str, tmp_path: Path) -> None:
    """Without its attestation the same estate is undetermined, and the run says what to do."""
    rest = [one.model_dump(exclude_none=True) for one in attested(load("demo")) if one.check != id_]
    ended, check = judged(tmp_path, id_, attestation=rest)
    assert (check["outcome"], ended.status) == ("undetermined", 6), ended.output


NEW = {**DEMO["dsm"][0], "version": "20.0.877"}
TASK = {"name": "Nightly scan", "type": "scan-for-malware"}


@pytest.mark.parametrize(
    ("id_", "system", "subject"),
    [
        ("DSM-TASK-001", {"tasks": [TASK]}, "Nightly scan"),
        (
            "DSM-CONN-001",
            {"connectors": [{"vcenter": "127.0.0.1", "nsx": "old.example.jp"}]},
            "connector 1 to vc-main",
        ),
        (
            "DSM-AUTO-001",
            {"switches": ["platformSettingLinuxUpgradeOnActivationEnabled"]},
            "upgrade of Linux agents on activation",
        ),
    ],
)
def test_what_20_tells_is_found(
    id_: str, system: dict[str, Any], subject: str, tmp_path: Path
) -> None:
    """An attestation does not hide what the interface says."""
    ended, check = judged(tmp_path, id_, dsm=[{**NEW, "system": system}], plan=[])
    assert check["outcome"] == "fail", ended.output
    assert [finding["subject"] for finding in check["findings"]] == [subject]


def test_an_account_without_rights_sees_no_quiet_manager(tmp_path: Path) -> None:
    """Alerts that nobody may see are undetermined, never none."""
    fault = {"target": "dsm", "how": "weak rights"}
    ended, check = judged(tmp_path, "DSM-ALERT-001", misbehaviour=[fault])
    assert (check["outcome"], ended.status) == ("undetermined", 6)


def test_an_account_that_does_not_see_every_computer_is_never_go(tmp_path: Path) -> None:
    """A list that looks whole: what the role hides is told, and no attestation opens it."""
    dsm = {**NEW, "system": {"role": {"hidden": ["win-app-01"]}}}
    ended, check = judged(tmp_path, "DSM-ROLE-001", dsm=[dsm], plan=[])
    assert (check["outcome"], ended.status) == ("undetermined", 6), ended.output
    assert {one["subject"] for one in check["unknown"]} == {"API key kanmon", "user kanmon-ro"}
