"""The real suite on an estate with one fault of a vCenter's machine or a host's certificate."""

from __future__ import annotations

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from lab.world.appliance import EXTERNAL
from lab.world.world import WORLDS
from tests.running import judge, world

DEMO = tomllib.loads((WORLDS / "demo.toml").read_text(encoding="utf-8"))
CHECKS = ("VC-PSC-001", "VC-BKP-001", "VC-DISK-001", "VC-HEALTH-001", "VC-CERT-001")
OPTIONS = [text for id_ in CHECKS for text in ("--check", id_)]


def judged(path: Path, appliance: dict[str, Any] | None = None, **host: Any) -> list[Any]:
    """What these checks say of the demo, its first vCenter or that one's second host changed."""
    vcenters = copy.deepcopy(DEMO["vcenter"])
    vcenters[0]["appliance"] = appliance or {}
    vcenters[0]["clusters"][0]["hosts"][1] |= host
    ended = judge(path / "reports", "--env", world(path, vcenter=vcenters), *OPTIONS)
    return [check for check in ended.results["checks"] if check["outcome"] != "pass"]


@pytest.mark.parametrize(
    ("id_", "appliance", "found", "severity"),
    [
        ("VC-PSC-001", {"deployment": EXTERNAL}, EXTERNAL, "warning"),
        ("VC-PSC-001", {"os_type": "win32-x64"}, "Windows: there is no", "blocker"),
        ("VC-BKP-001", {"backups": [{"status": "FAILED"}]}, "FAILED", "blocker"),
        ("VC-DISK-001", {"partitions": {"db": [9, 10]}}, "90 % used", "warning"),
        ("VC-DISK-001", {"partitions": {"db": [10, 10]}}, "100 % used", "blocker"),
        ("VC-DISK-001", {"partitions": {"root": [11, 11]}}, "100 % used", "blocker"),
        ("VC-HEALTH-001", {"storage": "orange"}, "orange", "warning"),
        ("VC-HEALTH-001", {"storage": "red"}, "red", "blocker"),
        ("VC-HEALTH-001", {"database_storage": "red"}, "red", "blocker"),
        ("VC-HEALTH-001", {"condition": {"applmgmt": "red"}}, "red", "blocker"),
        ("VC-HEALTH-001", {"condition": {"mem": "red"}}, "red", "warning"),
        ("VC-HEALTH-001", {"services": {"sps": {"state": "STOPPED"}}}, "STOPPED", "warning"),
    ],
)
def test_one_fault_of_the_machine_is_the_one_finding(
    id_: str, appliance: dict[str, Any], found: str, severity: str, tmp_path: Path
) -> None:
    """The check of the fault names it, on that vCenter alone."""
    failed = [one for one in judged(tmp_path, appliance) if one["outcome"] == "fail"]
    ((check, finding),) = [(one, finding) for one in failed for finding in one["findings"]]
    assert (check["id"], check["target"]) == (id_, "vc-main")
    assert found in finding["found"]
    assert (finding["severity"] or check["severity"]) == severity


def test_one_certificate_that_ends_is_the_one_finding(tmp_path: Path) -> None:
    """The host is named, and no other object."""
    (check,) = judged(tmp_path, certificate_days=3)
    (finding,) = check["findings"]
    assert (check["id"], check["target"], check["severity"]) == (
        "VC-CERT-001",
        "vc-main",
        "blocker",
    )
    assert finding["subject"] == "esx-02.example.jp (host-22)"


TOLD = {"version": "7.0.3", "build": "18700403"}
"""A release that tells by its interfaces what a person answers for before."""
TO_8 = {"upgrade": {**DEMO["upgrade"], "vcenter": "8.0 U2"}, "plan": []}


@pytest.mark.parametrize(
    ("id_", "fault", "severity", "found"),
    [
        ("VC-STS-001", {"signing_days": 3}, "blocker", "expires"),
        ("VC-STS-001", {"signing_days": 100}, "warning", "expires"),
        ("VC-PWD-001", {"appliance": {"root_days": 3}}, "blocker", "expires"),
        ("VC-TRUST-001", {"trusted_roots": [{"sha1": True}]}, "blocker", "signed with sha1"),
        ("VC-TRUST-001", {"trusted_roots": [{"days": -3}]}, "warning", "expires"),
    ],
)
def test_what_vcenter_is_trusted_by(
    id_: str, fault: dict[str, Any], severity: str, found: str, tmp_path: Path
) -> None:
    """Read over its interface, judged and weighed, on that vCenter alone."""
    first, second = copy.deepcopy(DEMO["vcenter"])
    env = world(tmp_path, vcenter=[{**first, **TOLD, **fault}, {**second, **TOLD}], **TO_8)
    ended = judge(tmp_path / "reports", "--env", env, "--check", id_, "--step", "vsphere-target")
    outcomes = {one["target"]: one["outcome"] for one in ended.results["checks"]}
    assert outcomes["vc-main"] == "fail", ended.output
    assert outcomes["vc-plain"] in ("pass", "attested")
    (check,) = (one for one in ended.results["checks"] if one["target"] == "vc-main")
    (finding,) = check["findings"]
    assert (finding["severity"] or check["severity"]) == severity
    assert found in finding["found"]


@pytest.mark.parametrize("id_", ["VC-STS-001", "VC-PWD-001"])
def test_without_a_persons_word_what_65_does_not_tell_is_open(id_: str, tmp_path: Path) -> None:
    """Neither passes, and neither blocks: the run is INCOMPLETE."""
    ended = judge(tmp_path / "r", "--env", world(tmp_path, attestation=[]), "--check", id_)
    assert ended.outcomes(id_) == {"vc-main": "undetermined", "vc-plain": "undetermined"}
    assert ended.results["verdict"] == "INCOMPLETE"


@pytest.mark.parametrize("appliance", [{"denied": True}, {"os_type": "win32-x64"}])
def test_an_appliance_that_tells_nothing_is_undetermined(
    appliance: dict[str, Any], tmp_path: Path
) -> None:
    """Its backup and its room nobody can judge, with the reason; its hosts are judged as before."""
    missed = {
        one["id"]: " ".join([one["reason"], *(unknown["reason"] for unknown in one["unknown"])])
        for one in judged(tmp_path, appliance)
    }
    assert {"VC-BKP-001", "VC-DISK-001", "VC-HEALTH-001"} <= set(missed)
    assert "VC-CERT-001" not in missed
    told = "SystemConfiguration.ReadOnly" if "denied" in appliance else "runs on Windows"
    assert told in missed["VC-BKP-001"]
    assert told in missed["VC-DISK-001"]
    assert told in missed["VC-HEALTH-001"]
