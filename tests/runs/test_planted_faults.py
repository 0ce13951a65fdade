"""One fault in the demo's estate for each check that no other file plants one for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lab.world.world import WORLDS
from tests.running import judge, world

Changes = Mapping[str, Any]


def demo() -> dict[str, Any]:
    """The values of the demo's world."""
    return tomllib.loads((WORLDS / "demo.toml").read_text(encoding="utf-8"))


def machine(name: str, **fault: Any) -> Changes:
    """The demo with one machine of a group at fault: NAME-x; the others keep their names' stem."""
    machines = demo()["machine"]
    place, group = next((n, one) for n, one in enumerate(machines) if one["name"] == name)
    rest = [{**group, "count": group["count"] - 1}]
    machines[place : place + 1] = [{**group, "name": f"{name}-x", "count": 1, **fault}, *rest]
    return {"machine": machines}


def host(vcenter: int, **fault: Any) -> Changes:
    """The demo with the first host of a vCenter at fault."""
    vcenters = demo()["vcenter"]
    vcenters[vcenter]["clusters"][0]["hosts"][0].update(fault)
    return {"vcenter": vcenters}


def manager(**fault: Any) -> Changes:
    """The demo with its manager at fault."""
    return {"dsm": [{**demo()["dsm"][0], **fault}]}


def linux(**fault: Any) -> Changes:
    """The demo with its first Linux host at fault."""
    first, *others = demo()["linux"]
    return {"linux": [{**first, **fault}, *others]}


def plan(*steps: dict[str, Any]) -> Changes:
    """The demo with another declared order."""
    return {"plan": list(steps)}


BRIDGE = demo()["plan"][0]
NODES = [{"slug": "dsm-1"}, {"slug": "dsm-2", "version": "11.0.400"}]
SIGNED = {"upgrade": {**demo()["upgrade"], "deep_security": "20.0.0-8438"}}
"""A target whose agents bear the newer signature."""

FAULTS: dict[str, tuple[Changes, str, set[str]]] = {
    "DB-TLS-003": ({}, "manager pre", {"TLSv1", "TLSv1.1"}),
    "DSA-VER-001": (machine("win-app", agent_version="9.0.0.1"), "agent pre", {"win-app-x"}),
    "DSM-VER-001": (manager(nodes=NODES), "manager pre", {"dsm-2"}),
    "DSR-ORDER-001": ({}, "agent pre", {"dsm-01", "dsm-02"}),
    "DSR-VER-001": (machine("dsm", agent_version="10.0.0.100"), "agent pre", {"dsm-x"}),
    "DSVA-STATE-001": (machine("dsva", online=False), "appliance pre", {"dsva-x"}),
    "DSVA-VER-001": ({}, "appliance post", {"dsva-01", "dsva-02", "dsva-03"}),
    "IOP-DSA-DSM-001": (
        machine("win-app", agent_version="12.0.0.500"),
        "manager pre",
        {"win-app-x"},
    ),
    "IOP-DSVA-NSX-001": (
        {},
        "nsx-migration pre",
        {"appliance 11.0.0-1617 in vc-main after nsx-migration"},
    ),
    "IOP-NSX-ESX-001": (
        host(0, version="7.0.2", build="17630552"),
        "nsx-migration pre",
        {"esx-01.example.jp"},
    ),
    "IOP-NSX-VC-001": ({}, "nsxt-build pre", {"NSX-T 3.1.2 of vc-main after nsxt-build"}),
    "IOP-OS-DSA-001": (
        machine("win-app", os="Microsoft Windows Server 2003 (64 bit)", build="3790"),
        "agent pre",
        {"win-app-x"},
    ),
    "IOP-OS-DSVA-001": (
        machine("vdi", os="Red Hat Enterprise 7 (64 bit)"),
        "appliance pre",
        {"vdi-x"},
    ),
    "IOP-VC-ESX-001": (
        host(1, version="6.7.0", build="14320388"),
        "vsphere-bridge pre",
        {"esx-11.example.jp", "hosts of vc-plain after vsphere-bridge"},
    ),
    "LNX-DISK-001": (linux(disk_free=0.9), "agent pre", {"dsm-1-host.example.jp"}),
    "LNX-KERNEL-001": (
        linux(default_kernel="5.4.226-1.el7.elrepo.x86_64"),
        "agent pre",
        {"dsm-1-host.example.jp"},
    ),
    "LNX-SECBOOT-001": (
        linux(secure_boot=True, owner_keys=["another's"]),
        "agent pre",
        {"dsm-1-host.example.jp"},
    ),
    "PLAN-HOP-001": (manager(version="9.6.4000"), "manager pre", {"manager of dsm"}),
    "PLAN-HOP-002": (
        host(1, version="6.5.0", build="18678235"),
        "vsphere-target pre",
        {"ESXi of vc-plain"},
    ),
    "PLAN-PATH-002": (plan(*demo()["plan"][2:]), "agent pre", {"agent: agent of dsm"}),
    "PLAN-PATH-003": (
        plan({**BRIDGE, "vcenters": ["vc-main", "vc-plain"]}, *demo()["plan"][1:]),
        "vsphere-bridge pre",
        {"vCenter vc-plain"},
    ),
    "WIN-DISK-001": (machine("win-app", free_gib=0.1), "agent pre", {"win-app-x"}),
    "WIN-REBOOT-001": (machine("win-app", pending_reboot=True), "agent pre", {"win-app-x"}),
    "WIN-SIGN-001": ({**machine("win-app", ubr=100), **SIGNED}, "agent pre", {"win-app-x"}),
    "WIN-SVC-001": (
        machine("win-app", services={"ds_agent": "STOPPED"}),
        "agent pre",
        {"win-app-x"},
    ),
}
"""By check: what is changed, step and phase, and the objects at fault."""


@pytest.mark.parametrize("check", FAULTS)
def test_exactly_the_planted_fault_is_found(check: str, tmp_path: Path) -> None:
    """The object at fault is named, and no other; the run is not green."""
    changes, when, at_fault = FAULTS[check]
    step, phase = when.split()
    env = world(tmp_path, **changes)
    ended = judge(tmp_path / "r", "--env", env, "--check", check, "--step", step, "--phase", phase)
    judged = [one for one in ended.results["checks"] if one["id"] == check]
    subjects = [finding["subject"] for one in judged for finding in one["findings"]]
    found = {re.split(r" \(| at ", subject)[0] for subject in subjects}
    unknown = [missed for one in judged for missed in one["unknown"]]
    assert (found, unknown) == (at_fault, []), ended.output
    assert ended.results["verdict"] != "GO"
