"""A manager whose two nodes run Windows: the whole of its step, healthy and with faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.running import judge, world

HEALTHY: list[dict[str, Any]] = [
    {"slug": "dsm-1-windows", "node": "dsm-1"},
    {"slug": "dsm-2-windows", "node": "dsm-2", "transport": "ssh"},
]
PLANTED = {
    "DSM-BOOT-001": {"pending_restart": True},
    "DSM-CPU-001": {"cores": 1},
    "DSM-DISK-001": {"disk_free": 0.2},
    "DSM-INST-001": {"installer_sha256": "0" * 64},
    "DSM-MEM-001": {"memory": 4},
    "DSM-MEM-002": {"heap": "1g"},
    "DSM-OS-001": {"product": "Windows Server 2008 R2 Standard"},
    "DSM-PRECHECK-001": {"precheck": "Check,Status\nMemory,ERROR\n"},
    "DSM-TIME-001": {"clock": 900.0},
    "DB-CFG-001": {"database_server": "other.example.jp"},
}


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Every check of the step, by id, where the second node has all of the faults."""
    home = tmp_path_factory.mktemp("windows")
    first, second = HEALTHY
    broken = {key: value for fault in PLANTED.values() for key, value in fault.items()}
    env = world(home, "windows-manager", manager_host=[first, {**second, **broken}])
    ended = judge(home / "reports", "--env", env, "--step", "manager", "--phase", "pre")
    assert ended.status == 1, ended.output
    return {check["id"]: check for check in ended.results["checks"]}


def test_a_healthy_one_may_be_upgraded(tmp_path: Path) -> None:
    """GO, as with nodes on Linux: no claim of a node is left undetermined."""
    env = world(tmp_path, "windows-manager")
    ended = judge(tmp_path / "reports", "--env", env, "--step", "manager", "--phase", "pre")
    assert ended.status == 0, ended.output


@pytest.mark.parametrize("id_", PLANTED)
def test_a_planted_fault_is_named(id_: str, faulty: dict[str, dict[str, Any]]) -> None:
    """The check of it fails and names the second node, or its database."""
    check = faulty[id_]
    assert check["outcome"] in ("fail", "warning", "advice"), check
    assert all(
        "dsm-2" in found["subject"] or "dsm-db" in found["subject"] for found in check["findings"]
    )


def test_an_account_without_rights_opens_nothing(tmp_path: Path) -> None:
    """Properties for administrators alone: undetermined, and the run says so."""
    hosts = [{**host, "administrator": False} for host in HEALTHY]
    env = world(tmp_path, "windows-manager", manager_host=hosts)
    ended = judge(tmp_path / "reports", "--env", env, "--check", "DB-CFG-001")
    (check,) = (one for one in ended.results["checks"] if one["id"] == "DB-CFG-001")
    assert check["outcome"] == "undetermined"
    assert len(check["unknown"]) == 2
