"""Whole runs on the demo's estate with one fault of a vCenter in it: it alone is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.world.upkeep import LICENCES
from lab.world.world import load
from tests.running import PASSWORD, Ended, judge, world

DEMO = load("demo")
LAB_KEY = "LAB60-00000-00000-00000-00610"
EXPIRING = {"key": LAB_KEY, "name": "vCenter 6", "edition": "vc.standard.instance", "days": 3}
OTHERS = [one.model_dump(exclude_none=True) for one in LICENCES[1:]]


def changed(path: Path, vcenter: dict[str, Any], machine: dict[str, Any], **more: Any) -> str:
    """The demo with changes of vc-main, and of its first machine there, vdi."""
    vcenters = [one.model_dump(mode="json") for one in DEMO.vcenter]
    machines = [one.model_dump(mode="json", exclude_none=True) for one in DEMO.machine]
    first = next(one for one in machines if one.get("vcenter") == "vc-main")
    first |= {**machine, "count": 1} if machine else {}
    return world(path, vcenter=[vcenters[0] | vcenter, *vcenters[1:]], machine=machines, **more)


def found(ended: Ended) -> list[str]:
    """The subjects of all findings."""
    return [one["subject"] for check in ended.results["checks"] for one in check["findings"]]


def missed(ended: Ended) -> list[str]:
    """The subjects of everything that could not be judged."""
    return [one["subject"] for check in ended.results["checks"] for one in check["unknown"]]


@pytest.mark.parametrize(
    ("check", "vcenter", "machine", "subject"),
    [
        (
            "VC-ALARM-001",
            {"alarms": [{"name": "Host memory", "entity": "esx-02.example.jp"}]},
            {},
            "esx-02.example.jp (host-22)",
        ),
        (
            "VC-TASK-001",
            {"tasks": [{"name": "VirtualMachine.clone", "entity": "plain-vm-01"}]},
            {},
            "plain-vm-01: VirtualMachine.clone (task-1)",
        ),
        ("VC-TASK-001", {}, {"question": "Moved or copied?"}, "vdi (vm-1008)"),
        (
            "VC-LIC-001",
            {"licences": [EXPIRING, *OTHERS]},
            {},
            "vCenter 6 (key ending in 00610)",
        ),
        (
            "VC-DVS-001",
            {"switches": [["dvs-main", "6.5.0"], ["dvs-old", "5.5.0"]]},
            {},
            "dvs-old (dvs-51)",
        ),
        (
            "VC-DVS-001",
            {"network_control": {"dvs-main": "version2"}},
            {},
            "dvs-main (dvs-50)",
        ),
    ],
)
def test_a_fault_is_found_alone(
    check: str, vcenter: dict[str, Any], machine: dict[str, Any], subject: str, tmp_path: Path
) -> None:
    """The one object at fault is the one that is told, and the other vCenter is not blamed."""
    ended = judge(tmp_path / "r", "--env", changed(tmp_path, vcenter, machine), "--check", check)
    assert set(found(ended)) == {subject}, ended.output
    assert missed(ended) == []
    assert ended.outcomes(check)["vc-main"] == "fail"
    assert ended.outcomes(check)["vc-plain"] in ("pass", "not applicable")


@pytest.mark.parametrize("fault", [{"snapshots": [100]}, {"consolidation_needed": True}])
def test_a_vm_of_the_change(fault: dict[str, Any], tmp_path: Path) -> None:
    """Where the VM at an address of the change is at fault, it is told with its vCenter."""
    env = changed(tmp_path, {}, {"guest_ip": "127.0.0.1", **fault})
    ended = judge(tmp_path / "r", "--env", env, "--check", "VC-SNAP-001")
    assert set(found(ended)) == {"vdi (vc-main vm-1008)"}, ended.output
    assert missed(ended) == []


@pytest.mark.parametrize("name", ["esx-02.example.jp", "vm", "Protected"])
def test_a_subtree_without_access_is_not_judged(name: str, tmp_path: Path) -> None:
    """A role No access on a host, a folder or a cluster is told, and the run is not GO."""
    env = changed(tmp_path, {"no_access": [name]}, {})
    ended = judge(tmp_path / "r", "--env", env, "--check", "VC-ROLE-001")
    assert [one.split(" (")[0] for one in missed(ended)] == [name]
    assert ended.outcomes("VC-ROLE-001") == {"vc-main": "undetermined", "vc-plain": "pass"}
    assert ended.status == 6


def test_nsxv_that_is_left_before_the_target(tmp_path: Path) -> None:
    """The demo's NSX-V is still registered where the last step would start."""
    ended = judge(tmp_path, "--env", "demo", "--step", "vsphere-target", "--check", "VC-EXT-001")
    assert "com.vmware.vShieldManager" in found(ended)
    assert ended.outcomes("VC-EXT-001") == {"vc-main": "fail", "vc-plain": "pass"}
    assert ended.status == 1


@pytest.mark.parametrize(
    ("version", "build", "outcome"), [("6.5.0", "8307201", "fail"), ("6.7.0", "14368073", "pass")]
)
def test_how_a_step_ended(version: str, build: str, outcome: str, tmp_path: Path) -> None:
    """After the bridge vCenter runs 6.7 U3 or blocks; one that was not to move is not asked."""
    env = changed(tmp_path, {"version": version, "build": build}, {})
    step = ("--step", "vsphere-bridge", "--phase", "post", "--check", "VC-VER-002")
    ended = judge(tmp_path / "r", "--env", env, *step)
    assert ended.outcomes("VC-VER-002") == {"vc-main": outcome, "vc-plain": "not applicable"}


def test_no_licence_key_is_left(tmp_path: Path) -> None:
    """Of a licence key the last five characters stand in facts and reports, and no more."""
    ended = judge(tmp_path, "--env", "demo", "--check", "VC-LIC-001")
    texts = ended.texts
    assert any("00610" in text for text in texts)
    assert not [text for text in texts if LAB_KEY in text or LAB_KEY[:11] in text]
    assert not [text for text in texts if PASSWORD in text]


def test_nobody_answers_for_a_missing_right(tmp_path: Path) -> None:
    """An account that may not see the backups leaves the target unread, and asks no person."""
    env = changed(tmp_path, {"appliance": {"denied": True}}, {})
    ended = judge(tmp_path / "r", "--env", env, "--check", "VC-BKP-001")
    (target,) = (one for one in ended.results["targets"] if one["name"] == "vc-main")
    assert (target["read"], list(target["unread"])) == (False, ["backups"])
    assert "not wholly read" in ended.output
    (check,) = (c for c in ended.results["checks"] if c["target"] == "vc-main")
    assert (check["outcome"], check["questions"]) == ("undetermined", [])
