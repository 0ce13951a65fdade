"""Whole runs on the demo's estate with one fault of a host in it: it alone is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.world.world import load
from tests.running import Ended, judge, world

DEMO = load("demo")
HOST = "esx-02.example.jp (host-22)"
CARD = {"name": "vmhba32", "ids": "8086:8d26", "driver": "vmkusb", "device": "USB xHCI"}
H700 = {"name": "vmhba9", "ids": "1000:0079", "driver": "", "device": "PERC H700"}
VMKLINUX = "net-igb 5.3.1-1OEM.550 INT vmware_certified com.vmware.driverAPI-9.2.2.0"
AT_67 = {"version": "6.7.0", "build": "13006603"}


def changed(path: Path, changes: dict[str, Any], others: dict[str, Any] | None = None) -> str:
    """The demo with changes of esx-02, and of the other hosts of vc-main."""
    vcenters = [one.model_dump(mode="json", exclude_none=True) for one in DEMO.vcenter]
    for host in vcenters[0]["clusters"][0]["hosts"]:
        host.update(changes if host["number"] == 22 else others or {})
    return world(path, vcenter=vcenters)


def found(ended: Ended) -> list[str]:
    """The subjects of all findings."""
    return [one["subject"] for check in ended.results["checks"] for one in check["findings"]]


def missed(ended: Ended) -> list[str]:
    """The subjects of everything that could not be judged."""
    return [one["subject"] for check in ended.results["checks"] for one in check["unknown"]]


@pytest.mark.parametrize(
    ("check", "changes", "subject", "status"),
    [
        ("ESX-HW-001", {"machine": {"cpu_model": 0x2C}}, HOST, 1),
        ("ESX-HW-002", {"machine": {"others": [H700]}}, HOST, 6),
        ("ESX-HW-002", {"machine": {"disk_adapters": [{**H700, "name": "vmhba0"}]}}, HOST, 1),
        ("ESX-VIB-001", {"extra_vibs": [VMKLINUX]}, HOST, 1),
        ("ESX-VIB-002", {"extra_vibs": ["nsx-host 3.1.2 VMware vmware_certified"]}, HOST, 1),
        ("ESX-STOR-001", {"machine": {"boot_gb": 2}}, HOST, 1),
        (
            "ESX-STOR-001",
            {"settings": {"local_vmfs": "3.60"}},
            "local esx-02.example.jp (datastore-local-22)",
            6,
        ),
        ("ESX-ISSUE-001", {"issues": ["esx.problem.hardware.ipmi.bmc.bad no BMC"]}, HOST, 6),
        ("ESX-ISSUE-001", {"issues": ["RemoteTSMEnabledEvent SSH is on"]}, HOST, 6),
        (
            "ESX-BOOT-001",
            {"machine": {"disk_adapters": [CARD], "boot_adapter": "vmhba32"}},
            HOST,
            6,
        ),
        ("ESX-TIME-001", {"settings": {"clock": 300}}, HOST, 6),
        ("ESX-TIME-001", {"settings": {"ntp_running": False}}, HOST, 6),
        ("ESX-SEC-001", {"settings": {"lockdown": "lockdownStrict"}}, HOST, 6),
        ("ESX-SEC-001", {"settings": {"acceptance": "vmware_certified"}}, HOST, 6),
    ],
)
def test_a_fault_is_found_alone(
    check: str, changes: dict[str, Any], subject: str, status: int, tmp_path: Path
) -> None:
    """The one object at fault is the one that is told; a run of one check is never GO."""
    ended = judge(tmp_path / "r", "--env", changed(tmp_path, changes), "--check", check)
    assert set(found(ended)) == {subject}, ended.output
    assert missed(ended) == []
    assert ended.outcomes(check) == {"vc-main": "fail", "vc-plain": "pass"}
    assert ended.status == status


@pytest.mark.parametrize(
    ("check", "machine"),
    [
        ("ESX-STOR-001", {"dump_partition": 2}),
        ("ESX-HW-002", {"uplinks": [], "nics": [{**H700, "name": "vmnic0"}]}),
    ],
)
def test_what_a_host_does_not_tell_is_named(
    check: str, machine: dict[str, Any], tmp_path: Path
) -> None:
    """A boot disk, or the use of a listed device, that nobody knows leaves the run open."""
    ended = judge(
        tmp_path / "r", "--env", changed(tmp_path, {"machine": machine}), "--check", check
    )
    assert set(missed(ended)) == {HOST}, ended.output
    assert ended.status == 6


def test_a_host_that_is_not_connected(tmp_path: Path) -> None:
    """What only the host itself tells is unknown of it, and judged of the others."""
    env = changed(tmp_path, {"connection_state": "notResponding"})
    checks = ("ESX-TIME-001", "ESX-SEC-001", "ESX-VIB-001", "ESX-VIB-002")
    chosen = [word for check in checks for word in ("--check", check)]
    ended = judge(tmp_path / "r", "--env", env, *chosen)
    assert set(missed(ended)) == {HOST}, ended.output
    expected = {"vc-main": "undetermined", "vc-plain": "pass"}
    assert all(ended.outcomes(check) == expected for check in checks)


@pytest.mark.parametrize(("changes", "outcome"), [({}, "fail"), (AT_67, "pass")])
def test_how_a_step_ended(changes: dict[str, Any], outcome: str, tmp_path: Path) -> None:
    """After the bridge a host that was left behind blocks; vc-plain was not to move."""
    step = ("--step", "vsphere-bridge", "--phase", "post", "--check", "ESX-VER-001")
    ended = judge(tmp_path / "r", "--env", changed(tmp_path, changes, AT_67), *step)
    assert ended.outcomes("ESX-VER-001") == {"vc-main": outcome, "vc-plain": "not applicable"}
    assert found(ended) == ([HOST] if outcome == "fail" else [])


def test_residue_of_nsx_v_after_the_migration(tmp_path: Path) -> None:
    """The demo's hosts still have what the migration would have taken away."""
    step = ("--step", "nsx-migration", "--phase", "post", "--check", "ESX-VIB-002")
    ended = judge(tmp_path, "--env", "demo", *step)
    assert found(ended) == [f"esx-0{n}.example.jp (host-2{n})" for n in (1, 2, 3)]
    assert ended.status == 1


def test_what_an_nsx_v_left_where_none_is(tmp_path: Path) -> None:
    """A vCenter without NSX has a host with its packages: it blocks before any step."""
    vcenters = [one.model_dump(mode="json", exclude_none=True) for one in DEMO.vcenter]
    left = ["esx-nsxv 6.5.0-0.0.13282012 VMware vmware_certified"]
    vcenters[1]["clusters"][0]["hosts"][0]["extra_vibs"] = left
    ended = judge(
        tmp_path / "r", "--env", world(tmp_path, vcenter=vcenters), "--check", "ESX-VIB-002"
    )
    assert found(ended) == ["esx-11.example.jp (host-31)"]
    assert ended.outcomes("ESX-VIB-002") == {"vc-main": "pass", "vc-plain": "fail"}
    assert ended.status == 1


def with_vm(path: Path, **vm: Any) -> str:
    """The demo with one more VM in vc-main."""
    machines = [one.model_dump(mode="json", exclude_none=True) for one in DEMO.machine]
    return world(path, machine=[*machines, {"name": "planted", "vcenter": "vc-main", **vm}])


def test_every_tie_of_a_vm_in_one_run(tmp_path: Path) -> None:
    """A card of its host, a drive and a disk of it: one run names all three."""
    env = with_vm(tmp_path, ties=["passthrough", "host cd", "local datastore"])
    ended = judge(tmp_path / "r", "--env", env, "--check", "ESX-EVAC-001")
    (check,) = (one for one in ended.results["checks"] if one["outcome"] == "fail")
    ties = [one["found"].partition(":")[0] for one in check["findings"]]
    assert ties == ["host device", "passthrough", "datastore"]
    assert {one["subject"].partition(" ")[0] for one in check["findings"]} == {"planted"}


def test_vms_of_vcls_are_nobodys_guests(tmp_path: Path) -> None:
    """Without Tools, tied to its host: a run of everything is as it is without it."""
    service = {"name": "vCLS (1)", "tools": 0, "tools_running": False, "appliance": True}
    ended = judge(tmp_path / "r", "--env", with_vm(tmp_path, **service, ties=["host cd"]))
    assert [one for one in (*found(ended), *missed(ended)) if "vCLS" in one] == []
    assert ended.status == 0, ended.output


@pytest.mark.parametrize(("mode", "at_fault"), [("safe", []), ("prepared", [HOST])])
def test_encrypted_vms(mode: str, at_fault: list[str], tmp_path: Path) -> None:
    """A host without its key is found; whether the key server answers a person is asked."""
    vcenters = [one.model_dump(mode="json", exclude_none=True) for one in DEMO.vcenter]
    vcenters[0]["key_providers"] = {"kms": ["kms-1"]}
    vcenters[0]["clusters"][0]["hosts"][1]["crypto"] = mode
    machines = [one.model_dump(mode="json", exclude_none=True) for one in DEMO.machine]
    vdi = next(one for one in machines if one["name"] == "vdi")
    vdi["key_provider"] = "kms"
    env = world(tmp_path, vcenter=vcenters, machine=machines)
    ended = judge(tmp_path / "r", "--env", env, "--check", "ESX-KMS-001")
    assert found(ended) == at_fault
    assert missed(ended) == ["kms"]
    assert ended.outcomes("ESX-KMS-001")["vc-plain"] == "not applicable"
    assert ended.status == 6
