"""What a step may have broken, planted in the lab, found by the run beside the one before it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from lab.world.world import WORLDS
from tests.running import judge, world

NEW_TOOLS = 11333


def demo() -> dict[str, Any]:
    return tomllib.loads((WORLDS / "demo.toml").read_text(encoding="utf-8"))


def machine(name: str, **fault: Any) -> dict[str, Any]:
    """The demo with the last one of a group at fault; every machine keeps name and number."""
    machines = demo()["machine"]
    place, group = next((n, one) for n, one in enumerate(machines) if one["name"] == name)
    count = group["count"]
    named = [{**group, "name": f"{name}-{n:02}", "count": 1} for n in range(1, count + 1)]
    named[-1] |= fault
    machines[place : place + 1] = named
    return {"machine": machines}


def without(name: str) -> dict[str, Any]:
    """The demo without its last group of machines."""
    machines = demo()["machine"]
    assert machines[-1]["name"] == name  # so that no other one gets another number
    machines[-1] = {**machines[-1], "count": machines[-1]["count"] - 1}
    return {"machine": machines}


def manager(**fault: Any) -> dict[str, Any]:
    return {"dsm": [{**demo()["dsm"][0], **fault}]}


def host(**fault: Any) -> dict[str, Any]:
    """The demo with a host of vc-plain at fault: no bridge is for it."""
    vcenters = demo()["vcenter"]
    vcenters[1]["clusters"][0]["hosts"][0].update(fault)
    return {"vcenter": vcenters}


FAULTS: list[tuple[str, str, dict[str, Any], dict[str, str]]] = [
    ("BASE-INV-001", "manager", without("plain-vm"), {"plain-vm-03": "not listed any more"}),
    ("BASE-INV-001", "manager", machine("dsm", relay=False), {"dsm-02": "it is no relay any more"}),
    (
        "BASE-INV-001",
        "manager",
        manager(system={"policies": ["Base Policy", "Windows Server"]}),
        {"Linux Server": "not listed any more"},
    ),
    (
        "BASE-STATE-001",
        "appliance",
        machine("plain-vm", power="poweredOff"),
        {"plain-vm-03": "power_state poweredOff"},
    ),
    (
        "BASE-STATE-001",
        "nsxt-build",
        manager(system={"alerts": [{"name": "Manager Offline"}]}),
        {"Manager Offline": "new alert: critical"},
    ),
    (
        "BASE-VER-001",
        "vsphere-bridge",
        host(build="14320388", version="6.7.0"),
        {"esx-11.example.jp": "version 6.7.0, build 14320388"},
    ),
    (
        "BASE-VER-001",
        "manager",
        machine("win-app", agent_version="20.0.0.877"),
        {"win-app-04": "agent_version 20.0.0.877"},
    ),
    ("BASE-VER-001", "agent", machine("win-app", agent_version="20.0.0.877"), {}),
    (
        "BASE-VER-001",
        "agent",
        machine("win-app", tools=NEW_TOOLS),
        {"win-app-04": f"tools_version {NEW_TOOLS}"},
    ),
    (
        "DSA-MOD-001",
        "agent",
        {**machine("win-app", anti_malware=False), **manager(version="20.0.877")},
        {"win-app-04": "antiMalware off"},
    ),
    (
        "DSVA-COVER-001",
        "nsx-migration",
        machine("vdi", protection="none"),
        {"vdi-06": "Unmanaged (Unknown)"},
    ),
]
"""Check, step, what is changed, and by object what is found of it."""


@pytest.mark.parametrize(
    ("check", "step", "changes", "at_fault"),
    FAULTS,
    ids=[f"{check} {step} {n}" for n, (check, step, _, _) in enumerate(FAULTS)],
)
def test_exactly_the_planted_fault_is_found(
    check: str,
    step: str,
    changes: dict[str, Any],
    at_fault: dict[str, str],
    before: Path,
    tmp_path: Path,
) -> None:
    """The object at fault is named with what is wrong, and no other."""
    asked = ("--check", check, "--step", step, "--phase", "post", "--baseline", str(before))
    ended = judge(tmp_path / "reports", "--env", world(tmp_path, **changes), *asked)
    judged = [one for one in ended.results["checks"] if one["id"] == check]
    findings = [finding for one in judged for finding in one["findings"]]
    found = {one["subject"].split(" (")[0]: one["found"] for one in findings}
    assert found.keys() == at_fault.keys(), ended.output
    assert all(found[name].startswith(text) for name, text in at_fault.items()), found
    unknown = {missed["subject"] for one in judged for missed in one["unknown"]}
    assert unknown <= ({before.name} if check == "BASE-VER-001" else set()), ended.output


def test_a_run_that_was_made_after_the_step_tells_nothing(before: Path, tmp_path: Path) -> None:
    """Where the step changed nothing since, the run before may hide what it lost: never GO."""
    asked = ("--check", "BASE-VER-001", "--step", "agent", "--phase", "post")
    ended = judge(tmp_path, "--env", world(tmp_path), *asked, "--baseline", str(before))
    (judged,) = ended.results["checks"]
    assert judged["outcome"] == "undetermined", ended.output
    (missed,) = judged["unknown"]
    assert missed["subject"] == before.name
    assert "was it made after the step?" in missed["reason"]
