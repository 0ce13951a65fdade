"""One fault planted in the demo's world, found by the whole suite and nothing else with it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from lab.world.world import WORLDS
from tests.running import judge, world

IDS = {"ESX-EVAC-001", "TOOLS-RUN-001", "TOOLS-BAD-001", "TOOLS-POL-001", "GI-VM-002"}


def planted(path: Path, machine: str, **changes: Any) -> set[tuple[str, str]]:
    """(id, first word of the subject) of what these checks find when one machine is changed."""
    demo = tomllib.loads((WORLDS / "demo.toml").read_text(encoding="utf-8"))
    machines = []
    for one in demo["machine"]:
        if one["name"] == machine:
            machines.append({**one, "name": "planted", "count": 1, **changes})
            one = {**one, "count": one.get("count", 1) - 1}  # noqa: PLW2901 - one less of the kind
        machines += [one] if one["count"] else []
    return found(path, machine=machines)


def found(path: Path, **changes: Any) -> set[tuple[str, str]]:
    """The same when top-level values of the world are changed."""
    ended = judge(path / "reports", "--env", world(path, **changes))
    assert ended.results["coverage"]["undetermined"] == 0, ended.output
    return {
        (check["id"], finding["subject"].split(" ")[0])
        for check in ended.results["checks"]
        if check["id"] in IDS
        for finding in check["findings"]
    }


@pytest.mark.parametrize(
    ("machine", "changes", "id_"),
    [
        ("plain-vm", {"ties": ["passthrough"]}, "ESX-EVAC-001"),
        ("plain-vm", {"ties": ["local datastore"]}, "ESX-EVAC-001"),
        ("plain-vm", {"tools_running": False}, "TOOLS-RUN-001"),
        ("plain-vm", {"tools_policy": "upgradeAtPowerCycle"}, "TOOLS-POL-001"),
        ("vdi", {"tools": 10341}, "TOOLS-BAD-001"),
        ("vdi", {"hardware": "vmx-08"}, "GI-VM-002"),
    ],
)
def test_one_vm_at_fault_is_found(machine: str, changes: dict[str, Any], id_: str, tmp_path: Path):
    """The VM, by its check, and no other."""
    assert planted(tmp_path, machine, **changes) == {(id_, "planted")}


def test_a_cluster_without_room_is_found(tmp_path: Path) -> None:
    """Two hosts that are too small for one of them to go."""
    demo = tomllib.loads((WORLDS / "demo.toml").read_text(encoding="utf-8"))
    _, plain = demo["vcenter"]
    for host in plain["clusters"][0]["hosts"]:
        host["resources"] = {"memory": 12.0}
    assert found(tmp_path, vcenter=demo["vcenter"]) == {("ESX-EVAC-001", "Plain")}


def test_a_host_without_vmotion_is_found(tmp_path: Path) -> None:
    """Its VM cannot leave it; those of the other host have nowhere to go, if there are any."""
    demo = tomllib.loads((WORLDS / "demo.toml").read_text(encoding="utf-8"))
    protected, plain = demo["vcenter"]
    protected["clusters"][0]["hosts"][0]["resources"] = {"vmotion": False}
    assert found(tmp_path, vcenter=[protected, plain]) == {("ESX-EVAC-001", "esx-01.example.jp")}
