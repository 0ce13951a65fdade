"""The real suite on an estate with one fault in its manager nodes finds exactly that one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.world.world import load
from tests.running import Ended, judge, world

CHECKS = (
    "DSM-CPU-001",
    "DSM-MEM-002",
    "DSM-DISK-001",
    "DSM-OS-001",
    "DSM-INST-001",
    "DSM-PRECHECK-001",
    "DSM-TIME-001",
    "RB-INST-001",
)
DEMO = load("demo")


def judged(path: Path, **changes: Any) -> Ended:
    """The checks of the nodes on the demo, whose second node is changed."""
    nodes = [host.model_dump(exclude_unset=True) for host in DEMO.linux]
    nodes[1] |= changes
    chosen = [word for check in CHECKS for word in ("--check", check)]
    return judge(path / "reports", "--env", world(path, linux=nodes), *chosen)


def found(ended: Ended) -> list[tuple[str, str, str]]:
    """Check, subject and severity of everything at fault or not judged."""
    return [
        (check["id"], one["subject"], one.get("severity", "unknown"))
        for check in ended.results["checks"]
        for one in (*check["findings"], *check["unknown"])
    ]


NEW = "/root/Manager-Linux-20.0.877.x64.sh"
REPORT = "/root/precheck-20261122.csv"


@pytest.mark.parametrize(
    ("changes", "check", "subject"),
    [
        ({"cores": 1}, "DSM-CPU-001", "dsm-2 on dsm-2-host.example.jp"),
        ({"running_heap": "4g"}, "DSM-MEM-002", "dsm-2 on dsm-2-host.example.jp"),
        ({"disk_free": 1}, "DSM-DISK-001", "dsm-2, /opt/dsm on /"),
        ({"os_id": "centos"}, "DSM-OS-001", "dsm-2 on dsm-2-host.example.jp"),
        ({"installer_sha256": "ab" * 32}, "DSM-INST-001", f"dsm-2, {NEW}"),
        ({"precheck": "項目,結果\nメモリ,警告\n"}, "DSM-PRECHECK-001", f"dsm-2, {REPORT}"),
        ({"precheck": "<blink>all is well\n"}, "DSM-PRECHECK-001", f"dsm-2, {REPORT}"),
        ({"prechecked": False}, "DSM-PRECHECK-001", "dsm-2"),
        ({"precheck_hours": 72.0}, "DSM-PRECHECK-001", f"dsm-2, {REPORT}"),
        ({"offset_minutes": 0}, "DSM-TIME-001", "dsm-2"),
    ],
)
def test_one_fault_is_found_and_no_other(
    changes: dict[str, Any], check: str, subject: str, tmp_path: Path
) -> None:
    """Whatever is wrong with the second node alone is told once, by the check that is about it."""
    ended = judged(tmp_path, **changes)
    assert [(one, about) for one, about, _ in found(ended)] == [(check, subject)], ended.output
    assert ended.results["verdict"] != "GO"
    assert "<blink>" not in ended.page


def test_nothing_planted_finds_nothing(tmp_path: Path) -> None:
    """The nodes of the demo pass all of these checks; a run of a part is not GO all the same."""
    ended = judged(tmp_path)
    assert found(ended) == []
    assert {ended.outcomes(check)["dsm"] for check in CHECKS} == {"pass"}


def test_a_clock_apart_is_found(tmp_path: Path) -> None:
    """A node whose clock is fast differs from the other node and from the database."""
    ended = judged(tmp_path, clock=600.0)
    assert {check for check, _, _ in found(ended)} == {"DSM-TIME-001"}
    assert ended.outcomes("DSM-TIME-001") == {"dsm": "fail"}


def test_no_installer_of_today_is_found(tmp_path: Path) -> None:
    """Where no node keeps today's installer, the way back is a warning."""
    nodes = [{**host.model_dump(exclude_unset=True), "old_installers": []} for host in DEMO.linux]
    chosen = ["--check", "RB-INST-001"]
    ended = judge(tmp_path / "reports", "--env", world(tmp_path, linux=nodes), *chosen)
    assert found(ended) == [("RB-INST-001", "dsm", "warning")]
    assert ended.results["verdict"] != "GO"


def test_a_weak_account_is_told(tmp_path: Path) -> None:
    """An account that may read none of the files leaves every check of them undetermined."""
    fault = {"target": "dsm-2-host", "how": "weak rights"}
    chosen = [word for check in CHECKS for word in ("--check", check)]
    ended = judge(tmp_path / "reports", "--env", world(tmp_path, misbehaviour=[fault]), *chosen)
    told = {check: severity for check, _, severity in found(ended)}
    assert told == dict.fromkeys(("DSM-MEM-002", "DSM-INST-001", "DSM-PRECHECK-001"), "unknown")
    assert "let the account read it" in ended.page
    assert ended.results["verdict"] != "GO"
