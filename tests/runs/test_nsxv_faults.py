"""One planted fault of NSX-V in an estate that is well: the suite finds it, and nothing else."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from lab.world.world import WORLDS
from tests.running import Ended, judge, world

MIGRATION, BRIDGE, APPLIANCE = "nsx-migration", "vsphere-bridge", "appliance"
AGENCY = {"code": 250024, "source": "domain-c7", "message": "The agency is gone."}
THIN_AGENT = {"code": 26002, "source": "vm-1010", "severity": "Medium", "hours": 30}
GROUPS = [{"name": "Protected VMs", "machines": [f"vdi-{n:02}" for n in range(1, 6)]}]
DEMO = tomllib.loads((WORLDS / "demo.toml").read_text(encoding="utf-8"))


def judged(path: Path, id_: str, step: str, **changes: Any) -> tuple[Ended, list[dict[str, Any]]]:
    """The demo with something changed, judged by one check before one step."""
    env = world(path, **changes)
    ended = judge(path / "reports", "--env", env, "--step", step, "--check", id_)
    return ended, [check for check in ended.results["checks"] if check["id"] == id_]


def nsxv(**changes: Any) -> dict[str, Any]:
    """The demo's NSX-V, changed."""
    return {"nsxv": [{**DEMO["nsxv"][0], **changes}]}


def machines(name: str, **changes: Any) -> dict[str, Any]:
    """The demo's machines, those of one name changed."""
    return {"machine": [{**m, **changes} if m["name"] == name else m for m in DEMO["machine"]]}


def cluster(settings: dict[str, Any], **machine: Any) -> dict[str, Any]:
    """The demo with its protected cluster set so, and with machines of this kind in it."""
    first, *others = DEMO["vcenter"]
    (protected,) = first["clusters"]
    hosts = [{**host, "machine": machine} for host in protected["hosts"]]
    changed = {**protected, "settings": settings, "hosts": hosts}
    return {"vcenter": [{**first, "clusters": [changed]}, *others]}


def closed(**changes: Any) -> dict[str, Any]:
    """Desktops whose firewall runs in the appliance, beside an NSX-V."""
    return {**machines("vdi", network_modules=["firewall"]), **nsxv(**changes)}


@pytest.mark.parametrize(
    ("id_", "step", "fault", "subjects"),
    [
        (
            "NSXV-STATE-001",
            BRIDGE,
            nsxv(components={"RABBITMQ": "STOPPED"}),
            ["component Rabbitmq (RABBITMQ)"],
        ),
        (
            "NSXV-STATE-001",
            MIGRATION,
            nsxv(connections={"esx-02.example.jp": {"firewall": "DOWN"}}),
            ["connections of esx-02.example.jp (host-22)"],
        ),
        (
            "NSXV-STATE-001",
            BRIDGE,
            nsxv(unprepared=["esx-02.example.jp"]),
            ["preparation of esx-02.example.jp (host-22)"],
        ),
        (
            "NSXV-STATE-001",
            BRIDGE,
            nsxv(controllers=["RUNNING", "RUNNING"]),
            ["number of controllers"],
        ),
        (
            "NSXV-MIG-001",
            MIGRATION,
            nsxv(role="PRIMARY", secondaries=["192.0.2.81"]),
            ["role of nsxv-main"],
        ),
        ("NSXV-MIG-002", MIGRATION, {}, ["Protected (domain-c7)"]),  # DRS is on
        (
            "NSXV-MIG-002",
            MIGRATION,
            cluster({"drs": "off"}, management_switch="dvs-main"),
            ["Protected (domain-c7)"],
        ),
        ("NSXV-BKP-001", MIGRATION, nsxv(backup_hours=[25]), ["backup of nsxv-main"]),
        (
            "NSXV-MIG-001",
            MIGRATION,
            nsxv(zones=[["Zone", "HYBRID_MODE"]]),
            ["Zone (vdnscope-1)"],
        ),
        (
            "NSXV-GI-MAP-001",
            MIGRATION,
            nsxv(policies=[{"name": "Deep Security", "groups": GROUPS}]),
            ["vdi-06 (vc-main vm-1013)"],
        ),
        (
            "GI-SVM-001",
            APPLIANCE,
            nsxv(
                appliances={
                    "esx-01.example.jp": "dsva-02",
                    "esx-02.example.jp": "dsva-01",
                }
            ),
            ["esx-01.example.jp (host-21)", "esx-02.example.jp (host-22)"],
        ),
        (
            "GI-SVM-001",
            MIGRATION,
            machines("dsva", power="poweredOff"),
            [f"esx-0{n}.example.jp (host-2{n})" for n in (1, 2, 3)],
        ),
        ("GI-ALARM-001", BRIDGE, nsxv(alarms=[AGENCY]), ["domain-c7 (alarm 1)"]),
        ("GI-ALARM-001", APPLIANCE, nsxv(events=[THIN_AGENT]), ["vm-1010 (event 1)"]),
        (
            "GI-FAIL-001",
            APPLIANCE,
            closed(fail_open=""),
            ["Default (EBT) (serviceprofile-1) of nsxv-main"],
        ),
    ],
)
def test_the_planted_fault_is_found(
    id_: str, step: str, fault: dict[str, Any], subjects: list[str], tmp_path: Path
) -> None:
    """The check finds exactly the objects at fault, and leaves nothing unjudged."""
    ended, checks = judged(tmp_path, id_, step, **fault)
    found = [finding["subject"] for check in checks for finding in check["findings"]]
    assert found == subjects, ended.output
    assert not [unknown for check in checks for unknown in check["unknown"]]
    assert {check["outcome"] for check in checks} <= {"fail", "not applicable"}


def test_what_nobody_attests_is_open(tmp_path: Path) -> None:
    """The features that no interface tells are named, and the run is not GO."""
    ended, checks = judged(tmp_path, "NSXV-MIG-001", MIGRATION, attestation=[])
    unknown = [one["subject"] for check in checks for one in check["unknown"]]
    assert unknown == ["features that nsxv-main does not tell"]
    assert ended.status == 6


@pytest.mark.parametrize(
    ("id_", "step"),
    [
        ("NSXV-STATE-001", BRIDGE),
        ("NSXV-BKP-001", MIGRATION),
        ("NSXV-MIG-001", MIGRATION),
        ("NSXV-GI-MAP-001", MIGRATION),
        ("GI-SVM-001", APPLIANCE),
        ("GI-ALARM-001", BRIDGE),
        ("GI-FAIL-001", APPLIANCE),
    ],
)
def test_without_a_fault_it_passes(id_: str, step: str, tmp_path: Path) -> None:
    """The same estate as it is; what passes on an account that sees nothing would prove nothing."""
    ended, checks = judged(tmp_path, id_, step)
    outcomes = {check["outcome"] for check in checks} - {"not applicable"}
    assert outcomes, ended.output
    assert outcomes <= {"pass", "attested"}, ended.output
    weak = [{"target": "nsxv-main", "how": "weak rights"}]
    ended, checks = judged(
        tmp_path, id_, step, misbehaviour=weak, **machines("vdi", network_modules=["firewall"])
    )
    assert "undetermined" in {check["outcome"] for check in checks}, ended.output


def test_who_is_protected_is_in_the_saved_facts(tmp_path: Path) -> None:
    """Policies, groups and their VMs, profiles: what NSX-T is built from and compared with."""
    ended, _ = judged(tmp_path, "NSXV-GI-MAP-001", MIGRATION)
    assert ended.directory
    saved = (ended.directory / "facts" / "target-nsxv-main.json").read_text(encoding="utf-8")
    for name in ("Deep Security", "Protected VMs", "vdi-06", "Default (EBT)"):
        assert name in saved
    assert "Shown-By-The-Manager" not in saved


def test_a_cluster_that_is_ready_for_the_migration_passes(tmp_path: Path) -> None:
    """DRS off; HA may stay on, since the management network is on a standard switch."""
    ended, (check,) = judged(tmp_path, "NSXV-MIG-002", MIGRATION, **cluster({"drs": "off"}))
    assert check["outcome"] == "pass", ended.output
