"""Whole runs on the demo's estate with a wrong clock in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.world.world import load
from tests.running import Ended, judge, world

DEMO = load("demo")
YEARS = 3 * 365 * 86400
CHECKS = ("NET-TIME-001", "ESX-TIME-001", "DSM-TIME-001")
CHOSEN = [word for check in CHECKS for word in ("--check", check)]
MAIN = ["vc-main", *(f"esx-0{n}.example.jp (host-2{n})" for n in (1, 2, 3))]


def judged(path: Path, **changes: Any) -> Ended:
    """The three checks of clocks before everything."""
    return judge(path / "r", "--env", world(path, **changes), *CHOSEN)


def vcenters(clock: float, hosts: float) -> list[dict[str, Any]]:
    """The demo's; the clock of the first and those of its hosts are so far ahead."""
    tables = [one.model_dump(mode="json", exclude_none=True) for one in DEMO.vcenter]
    tables[0]["clock"] = clock
    for host in tables[0]["clusters"][0]["hosts"]:
        host["settings"] = {"clock": hosts}
    return tables


def found(ended: Ended) -> list[tuple[str, str]]:
    """Check and subject of everything at fault or not judged."""
    return [
        (check["id"], one["subject"])
        for check in ended.results["checks"]
        for one in (*check["findings"], *check["unknown"])
    ]


def test_a_vcenter_that_is_years_off_is_found_with_the_hosts_that_follow_it(tmp_path: Path) -> None:
    """It went through while hosts were held against their vCenter alone; judged again it stands."""
    ended = judged(tmp_path, vcenter=vcenters(YEARS, YEARS))
    assert found(ended) == [("NET-TIME-001", one) for one in MAIN], ended.output
    assert ended.outcomes("ESX-TIME-001") == {"vc-main": "pass", "vc-plain": "pass"}
    again = judge(tmp_path / "again", "--facts", str(ended.directory), *CHOSEN)
    assert found(again) == found(ended)


def test_a_vcenter_alone_on_its_time_is_told_once(tmp_path: Path) -> None:
    """Its hosts are right and are not blamed for being apart from it."""
    ended = judged(tmp_path, vcenter=vcenters(-YEARS, 0))
    assert found(ended) == [("NET-TIME-001", "vc-main")], ended.output


def test_a_host_apart_from_its_vcenter_is_told_once(tmp_path: Path) -> None:
    """By the check of hosts, which is judged in the same run."""
    ended = judged(tmp_path, vcenter=vcenters(0, 420))
    assert found(ended) == [("ESX-TIME-001", one) for one in MAIN[1:]], ended.output


@pytest.mark.parametrize("kind", ["nsxv", "nsxt"])
def test_a_manager_of_nsx_is_found(kind: str, tmp_path: Path) -> None:
    """By the header Date of its own web server."""
    (table,) = (one.model_dump(mode="json", exclude_none=True) for one in getattr(DEMO, kind))
    ended = judged(tmp_path, **{kind: [{**table, "clock": -7200}]})
    assert found(ended) == [("NET-TIME-001", table["slug"])], ended.output


def test_a_node_without_a_machine_is_found_by_its_web_server(tmp_path: Path) -> None:
    """As one on Windows is, which no environment names as a Linux host."""
    nodes = [{"slug": "dsm-1"}, {"slug": "dsm-2", "clock": 900}]
    (table,) = (one.model_dump(mode="json", exclude_unset=True) for one in DEMO.dsm)
    (_, second) = DEMO.linux
    linux = [one.model_dump(exclude_unset=True) for one in DEMO.linux if one is not second]
    ended = judged(tmp_path, dsm=[{**table, "nodes": nodes}], linux=linux)
    told = [subject for check, subject in found(ended) if check == "NET-TIME-001"]
    assert told == ["dsm-2"], ended.output


def test_nodes_that_are_apart_are_blocked_once(tmp_path: Path) -> None:
    """Their own check blocks; the other one notes which of them is wrong."""
    first, second = (one.model_dump(exclude_unset=True) for one in DEMO.linux)
    ended = judged(tmp_path, linux=[first, {**second, "clock": 600.0}])
    assert {check for check, _ in found(ended)} == {"DSM-TIME-001"}, ended.output
    notes = [n for c in ended.results["checks"] if c["id"] == "NET-TIME-001" for n in c["notes"]]
    assert [note["subject"] for note in notes] == ["dsm-2"]
