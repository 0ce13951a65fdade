"""Whole runs of estates whose builds no row names, and of targets that no table knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kanmon.knowledge import load
from kanmon.knowledge.releases import EsxiRelease, VCenterRelease
from lab.world.world import load as load_world
from tests.running import Ended, judge, world
from tests.runs.test_field_cases import _dumped

HOPS_OWN = {"PLAN-HOP-002", "PLAN-PATH-001", "PLAN-PATH-002"}
"""What the hop of an unknown build may leave open: its way back in time, and the paths with it."""


def estate(vcenter: int, esxi: int | None = None, version: str = "6.5.0") -> list[dict[str, Any]]:
    """The demo's vCenters: the second with these builds."""
    main, plain = _dumped("vcenter")
    plain["build"] = str(vcenter)
    for host in plain["clusters"][0]["hosts"] if esxi else ():
        host |= {"build": str(esxi), "version": version}
    return [main, plain]


def newest(model: Any) -> int:
    """The last build of 6.5 that the table has."""
    return max(row.build for row in load(model).rows if row.version.startswith("6.5"))


def still_open(ended: Ended) -> set[str]:
    """The claims that something is unknown of."""
    return {one["id"] for one in ended.results["checks"] if one["unknown"]}


def test_a_patched_estate_between_two_builds_is_go(tmp_path: Path) -> None:
    """One build beside a row changes nothing: neither a blocker nor an open claim."""
    ended = judge(tmp_path / "r", "--env", world(tmp_path, vcenter=estate(8307202, 8294254)))
    assert still_open(ended) == set()
    assert ended.results["verdict"] == "GO", ended.output


@pytest.mark.parametrize("target", ["7.0 U2", "7.0 U3"])
def test_one_beyond_the_table_leaves_open_its_hop_alone(target: str, tmp_path: Path) -> None:
    """Newer than the end of both tables: beside what the newest leaves open, its hop alone."""
    upgrade = {**load_world("demo").upgrade, "vcenter": target}
    runs = []
    for more in (0, 1):
        builds = estate(newest(VCenterRelease) + more, newest(EsxiRelease) + more)
        (home := tmp_path / str(more)).mkdir()
        env = world(home, vcenter=builds, upgrade={**upgrade, "esxi": target})
        runs.append(still_open(judge(home / "r", "--env", env)))
    known, beyond = runs
    assert beyond - known <= HOPS_OWN


def test_hosts_of_an_old_line_are_judged_by_version(tmp_path: Path) -> None:
    """ESXi 5.5 is refused by its version, and nothing but its hops is open."""
    ended = judge(
        tmp_path / "r", "--env", world(tmp_path, vcenter=estate(8307201, 3568722, "5.5.0"))
    )
    blockers = {
        one["id"]
        for one in ended.results["checks"]
        if any(finding["severity"] == "blocker" for finding in one["findings"])
    }
    assert ended.results["verdict"] == "NO-GO"
    assert "PLAN-PATH-001" in blockers


@pytest.mark.parametrize("key", ["vcenter", "nsx"])
def test_a_target_that_no_table_knows_ends_the_run(key: str, tmp_path: Path) -> None:
    """Before anything is contacted, with the key and the row that makes it known."""
    targets = {"vcenter": "7.0 U2", "esxi": "7.0 U2", "deep_security": "20.0.0-877"}
    targets |= {"vcenter": "99.9"} if key == "vcenter" else {"nsx": "NSX-T 3.1.99"}
    ended = judge(tmp_path / "r", "--env", world(tmp_path, upgrade=targets))
    assert ended.status == 4
    assert f"upgrade.{key}: no row of" in ended.output


def test_a_line_that_no_table_knows_is_one_cause(tmp_path: Path) -> None:
    """Whatever waits for it says the same, so that the page has it once."""
    vcenters = estate(99999999, 99999999, "99.9.0")
    vcenters[1]["version"] = "99.9.0"
    ended = judge(tmp_path / "r", "--env", world(tmp_path, vcenter=vcenters))
    told = {u["reason"] for one in ended.results["checks"] for u in one["unknown"]}
    assert ended.results["verdict"] == "INCOMPLETE"
    assert [reason for reason in told if "99.9" in reason] == list(told)
    assert len(told) == 1
