"""Faults planted in the demo's world, found by the whole suite and nothing else with them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from lab.world.world import WORLDS
from tests.running import judge, world

IDS = {"ESX-EVAC-001", "TOOLS-RUN-001", "TOOLS-BAD-001", "TOOLS-POL-001", "GI-VM-002"}


def found(path: Path, **changes: Any) -> set[tuple[str, str]]:
    """(id, first word of the subject) of what these checks find in a changed world."""
    ended = judge(path / "reports", "--env", world(path, **changes))
    assert ended.results["coverage"]["undetermined"] == 0, ended.output
    return {
        (check["id"], finding["subject"].split(" ")[0])
        for check in ended.results["checks"]
        if check["id"] in IDS
        for finding in check["findings"]
    }


FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("plain-vm", {"ties": ["passthrough"]}, "ESX-EVAC-001"),
    ("plain-vm", {"ties": ["local datastore"]}, "ESX-EVAC-001"),
    ("plain-vm", {"tools_running": False}, "TOOLS-RUN-001"),
    ("plain-vm", {"tools_policy": "upgradeAtPowerCycle"}, "TOOLS-POL-001"),
    ("vdi", {"tools": 10341}, "TOOLS-BAD-001"),
    ("vdi", {"hardware": "vmx-08"}, "GI-VM-002"),
]
"""Like which machine a VM is but for its fault, and the check that finds it."""


def test_each_vm_at_fault_is_found(tmp_path: Path) -> None:
    """The VM, by its check and by no other; those beside it are not blamed."""
    machines = tomllib.loads((WORLDS / "demo.toml").read_text(encoding="utf-8"))["machine"]
    like = {one["name"]: one for one in machines}
    planted = [
        {**like[name], "name": f"planted-{n}", "count": 1, **changes}
        for n, (name, changes, _) in enumerate(FAULTS)
    ]
    expected = {(id_, f"planted-{n}") for n, (*_, id_) in enumerate(FAULTS)}
    assert found(tmp_path, machine=[*machines, *planted]) == expected


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
