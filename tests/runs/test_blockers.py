"""Who is called a blocker blocks: each main fact, broken in an estate, weighs as its card says."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kanmon.check import Severity
from kanmon.suite.checks import checks
from lab.world.world import WORLDS, load
from tests.running import HOME, Ended, judge, world
from tests.runs import test_baseline_faults as compared
from tests.runs import test_nsxt_faults as nsxt
from tests.runs import test_nsxv_faults as nsxv
from tests.runs import test_planted_faults as planted
from tests.runs.test_database_worlds import FULL, LOGS
from tests.runs.test_host_faults import VMKLINUX
from tests.runs.test_manager_dance import FIRST, SECOND, STOPPED, managed
from tests.runs.test_manager_faults import manager, relay, without

Changes = Mapping[str, Any]
Row = tuple[str, str, Changes]


def database(**fault: Any) -> Changes:
    """The demo with its database at fault."""
    usual = load("demo").database[0].model_dump(mode="json", exclude_unset=True)
    return {"database": [{**usual, **fault}]}


def appliance(**fault: Any) -> Changes:
    """The demo with the machine of its first vCenter at fault."""
    return vcenter(appliance=fault)


def vcenter(**fault: Any) -> Changes:
    """The demo with its first vCenter at fault."""
    first, *others = planted.demo()["vcenter"]
    return {"vcenter": [{**first, **fault}, *others]}


def with_vsan(**fault: Any) -> Changes:
    """The demo with vSAN in its first cluster, whose first host is at fault."""
    vcenters = planted.host(0, **fault)["vcenter"]
    vcenters[0]["clusters"][0]["settings"] = {"vsan": True}
    return {"vcenter": vcenters}


def attached(**fault: Any) -> Changes:
    """The demo with its NSX-T attached and at fault."""
    return {"nsxt": [{**nsxt.NSXT, **fault}]}


def guest(name: str, **fault: Any) -> Changes:
    """The demo with one more machine, which is like another but for its fault."""
    machines = planted.demo()["machine"]
    like = next(one for one in machines if one["name"] == name)
    return {"machine": [*machines, {**like, "name": "planted", "count": 1, **fault}]}


def blocked() -> Changes:
    """The estate with a believable mixture of what goes wrong."""
    return tomllib.loads((WORLDS / "demo-blocked.toml").read_text(encoding="utf-8"))


def of(check: str) -> Changes:
    """What `test_planted_faults` plants for a check."""
    return planted.FAULTS[check][0]


EVALUATION = [{"edition": "NSX for vShield Endpoint", "days": 1, "evaluation": True}]

MAIN: dict[str, Row] = {
    "DB-BKP-001": ("no backup of today", "manager pre", database(backups=[{"hours": 30}, *LOGS])),
    "DB-PERM-001": ("a login that owns nothing", "manager pre", database(owner="sa")),
    "DB-SPACE-001": (
        "no room for the schema",
        "manager pre",
        database(free={"D:\\": 1, "L:\\": 1}),
    ),
    "DB-STATE-001": ("a database that is read-only", "manager pre", database(read_only=True)),
    "DB-TLS-001": ("no TLS 1.2", "manager pre", database(tls=["TLSv1", "TLSv1.1"])),
    "DB-TLS-002": ("a build without TLS 1.2", "manager pre", blocked()),
    "DB-VER-001": ("not supported", "manager pre", database(version="10.50.6560.0")),
    "DB-CFG-001": (
        "a node with another database",
        "manager pre",
        planted.linux(database_server="sql9.example.jp"),
    ),
    "DSA-STATE-001": (
        "an agent that is offline",
        "agent pre",
        planted.machine("win-app", online=False),
    ),
    "DSA-HEALTH-001": (
        "an engine that is offline",
        "manager pre",
        planted.machine("win-app", troubles={"antiMalware": "error"}),
    ),
    "DSA-CONTACT-001": (
        "one that is called online and was heard of two months ago",
        "manager pre",
        planted.machine("win-app", silent_days=60),
    ),
    "DSA-VER-001": ("an agent too old to go on", "agent pre", of("DSA-VER-001")),
    "DSM-CERT-001": (
        "a certificate of which new agents want nothing to know",
        "agent pre",
        {
            "upgrade": {**planted.demo()["upgrade"], "agent": "20.0.0-6313"},
            "dsm": managed(
                {**FIRST, "version": "20.0.711", "agent_hash": "sha1"},
                {**SECOND, "version": "20.0.711"},
                version="20.0.711",
            ),
        },
    ),
    "DSM-CPU-001": ("one core", "manager pre", planted.linux(cores=1)),
    "DSM-DISK-001": ("a full disk", "manager pre", planted.linux(disk_free=0.3)),
    "DSM-MEM-001": ("too little memory", "manager pre", planted.linux(memory=4)),
    "DSM-MEM-002": ("a heap of 2 GB", "manager pre", planted.linux(heap="2g")),
    "DSM-OS-001": (
        "a system that nobody supports",
        "manager pre",
        planted.linux(os_version="6.10", os_name="Red Hat Enterprise Linux Server 6.10"),
    ),
    "DSM-TIME-001": ("clocks apart", "manager pre", planted.linux(clock=600)),
    "DSM-INST-001": ("another installer", "manager pre", planted.linux(installer_sha256="ab" * 32)),
    "DSM-PRECHECK-001": (
        "an error of the pre-check",
        "manager pre",
        planted.linux(precheck="項目,結果\nメモリ,エラー\n"),
    ),
    "DSM-VER-001": ("nodes of two versions", "manager pre", of("DSM-VER-001")),
    "DSM-NODE-001": (
        "a node that is dead",
        "manager post",
        {"dsm": managed(FIRST, {**SECOND, "running": False})},
    ),
    "DSM-NODE-002": (
        "a second node that runs",
        "manager mid",
        {"dsm": managed(FIRST, {**STOPPED, "running": True})},
    ),
    "DSM-VER-002": (
        "a node that is still old",
        "manager post",
        {"dsm": managed(FIRST, {**SECOND, "version": "11.0.510"})},
    ),
    "DSM-WEB-001": (
        "a node that answers nothing",
        "manager post",
        {"dsm": managed(FIRST, {**SECOND, "running": False})},
    ),
    "DSM-IMPORT-001": ("no package", "agent pre", manager(packages=without("Agent-RedHat_EL7-20"))),
    "DSM-IMPORT-002": ("no package", "appliance pre", manager(packages=without("Appliance"))),
    "DSM-CONN-001": (
        "a connector to another NSX",
        "appliance pre",
        {
            "dsm": [
                {
                    **planted.demo()["dsm"][0],
                    "version": "20.0.877",
                    "system": {"connectors": [{"vcenter": "127.0.0.1", "nsx": "old.example.jp"}]},
                }
            ],
            "plan": [],
        },
    ),
    "DSM-TENANT-001": (
        "a tenant whose database was left behind",
        "manager pre",
        {
            "dsm": [
                {
                    **planted.demo()["dsm"][0],
                    "version": "20.0.877",
                    "system": {"tenants": [{"name": "Osaka", "state": "db-upgrade-failure"}]},
                }
            ],
            "plan": [],
        },
    ),
    "REL-BAD-001": (
        "a database whose service ends by itself",
        "manager pre",
        database(version="10.50.6537.0"),
    ),
    "DSR-ORDER-001": ("an agent before its relay", "agent pre", of("DSR-ORDER-001")),
    "DSR-STATE-001": ("relays that are not current", "agent pre", relay(updates_current=False)),
    "DSR-VER-001": ("a relay too old", "agent pre", of("DSR-VER-001")),
    "DSVA-STATE-001": ("an appliance that is offline", "appliance pre", of("DSVA-STATE-001")),
    "DSVA-VER-001": ("an appliance left behind", "appliance post", {}),
    "ESX-EVAC-001": (
        "a VM that cannot leave its host",
        "vsphere-bridge pre",
        guest("vdi", ties=["passthrough"]),
    ),
    "ESX-HW-001": (
        "a processor that ESXi refuses",
        "vsphere-target pre",
        planted.host(0, machine={"cpu_model": 0x2C}),
    ),
    "ESX-STATE-001": (
        "a host that is not connected",
        "vsphere-bridge pre",
        planted.host(0, connection_state="notResponding"),
    ),
    "ESX-STOR-001": (
        "a boot device that is too small",
        "vsphere-target pre",
        planted.host(0, machine={"boot_gb": 2}),
    ),
    "ESX-VER-001": ("a host left behind", "vsphere-bridge post", {}),
    "ESX-VIB-001": (
        "a driver that ESXi 7 has no place for",
        "vsphere-target pre",
        planted.host(0, extra_vibs=[VMKLINUX]),
    ),
    "ESX-VIB-002": (
        "what the migration left",
        "nsx-migration post",
        {},
    ),
    "ESX-VSAN-001": (
        "a host that its vSAN has lost",
        "vsphere-bridge pre",
        with_vsan(vsan="alone"),
    ),
    "GI-ALARM-001": ("an alarm", "vsphere-bridge pre", nsxv.nsxv(alarms=[nsxv.AGENCY])),
    "GI-HOST-001": ("a host without its appliance", "vsphere-bridge pre", blocked()),
    "GI-VM-001": ("a guest without the driver", "appliance pre", blocked()),
    "GI-SVM-001": (
        "appliances that are off",
        "nsx-migration pre",
        nsxv.machines("dsva", power="poweredOff"),
    ),
    "IOP-DSA-DSM-001": ("an agent newer than its manager", "manager pre", of("IOP-DSA-DSM-001")),
    "IOP-DSVA-NSX-001": ("an appliance that NSX does not take", "nsx-migration pre", {}),
    "IOP-NSX-ESX-001": (
        "a host too new for NSX",
        "nsx-migration pre",
        of("IOP-NSX-ESX-001"),
    ),
    "IOP-NSX-VC-001": ("a vCenter that NSX does not take", "nsxt-build pre", {}),
    "IOP-OS-DSA-001": ("a system without agent", "agent pre", of("IOP-OS-DSA-001")),
    "IOP-OS-DSVA-001": ("a system without cover", "appliance pre", of("IOP-OS-DSVA-001")),
    "IOP-TOOLS-NSX-001": ("a guest without Tools", "nsx-migration pre", blocked()),
    "IOP-VC-ESX-001": ("a host newer than vCenter", "vsphere-bridge pre", of("IOP-VC-ESX-001")),
    "LNX-DISK-001": ("no room at all", "agent pre", planted.linux(disk_free=0.1)),
    "LNX-KERNEL-001": ("a kernel of others", "agent pre", of("LNX-KERNEL-001")),
    "LNX-SECBOOT-001": ("a key that is not enrolled", "agent pre", of("LNX-SECBOOT-001")),
    "NSXT-EMPTY-001": (
        "a segment before the migration",
        "nsx-migration pre",
        attached(items=[{"kind": "segment", "name": "web"}]),
    ),
    "NSXT-LIC-001": ("an evaluation that ends", "nsxt-build post", attached(licences=EVALUATION)),
    "NSXT-PRE-001": (
        "an open feedback of the coordinator",
        "nsx-migration pre",
        attached(feedback=[{"message": "Choose an uplink."}]),
    ),
    "NSXT-STATE-001": (
        "a cluster that is not whole",
        "nsxt-build post",
        attached(groups={"POLICY": "DOWN"}),
    ),
    "NSXT-VC-001": ("not registered", "nsxt-build post", attached(registered=False)),
    "NSXT-VER-001": (
        "an NSX-T of another line",
        "nsx-migration pre",
        attached(version="3.0.0.0.0.15946738"),
    ),
    "NSXV-BKP-001": ("an old backup", "nsx-migration pre", nsxv.nsxv(backup_hours=[25])),
    "NSXV-MIG-001": (
        "what the coordinator refuses",
        "nsx-migration pre",
        nsxv.nsxv(zones=[["Zone", "HYBRID_MODE"]]),
    ),
    "NSXV-MIG-002": (
        "DRS on in a cluster that is migrated in place",
        "nsx-migration pre",
        {},
    ),
    "NSXV-STATE-001": (
        "an agent manager that is down",
        "vsphere-bridge pre",
        nsxv.nsxv(agent_manager="DOWN"),
    ),
    "PLAN-HOP-001": ("a hop that is not supported", "manager pre", of("PLAN-HOP-001")),
    "PLAN-HOP-002": (
        "a vCenter newer than its target",
        "vsphere-target pre",
        vcenter(build="17994927"),
    ),
    "PLAN-PATH-001": (
        "hosts newer than their vCenter in the end",
        "vsphere-bridge pre",
        {"upgrade": {**planted.demo()["upgrade"], "vcenter": "6.7 U3"}, "plan": []},
    ),
    "PLAN-PATH-002": ("a step that comes too early", "agent pre", of("PLAN-PATH-002")),
    "PLAN-PATH-003": ("a bridge that nobody needs", "vsphere-bridge pre", of("PLAN-PATH-003")),
    "RB-AGENT-001": (
        "no package of today",
        "agent pre",
        manager(packages=without("Agent-Windows-11.0.0-1617")),
    ),
    "RB-DB-001": (
        "a backup of another version",
        "manager pre",
        database(backups=[{**FULL, "version": "12.0.6024.0"}, *LOGS]),
    ),
    "TOOLS-BAD-001": (
        "Tools that blind the appliance, which is in trouble",
        "nsx-migration pre",
        planted.machine("vdi", tools=10341, online=False),
    ),
    "VC-BKP-001": (
        "a backup that failed",
        "vsphere-bridge pre",
        appliance(backups=[{"status": "FAILED"}]),
    ),
    "VC-CERT-001": (
        "a certificate that ends",
        "vsphere-bridge pre",
        planted.host(0, certificate_days=3),
    ),
    "VC-DISK-001": (
        "a partition without room",
        "vsphere-bridge pre",
        appliance(partitions={"root": [10.9, 11]}),
    ),
    "VC-DVS-001": (
        "a switch too old",
        "vsphere-bridge pre",
        vcenter(switches=[["dvs-main", "6.5.0"], ["dvs-old", "5.5.0"]]),
    ),
    "VC-ELM-001": (
        "a partner that nobody named",
        "vsphere-target pre",
        vcenter(version="6.7.0", build="14367737", deployment={"partners": ["vc-far.example.jp"]}),
    ),
    "VC-EXT-001": ("an NSX-V that is left", "vsphere-target pre", {}),
    "VC-HEALTH-001": (
        "a database that cannot write",
        "vsphere-bridge pre",
        appliance(database_storage="red"),
    ),
    "VC-HA-001": (
        "high availability that is degraded",
        "vsphere-bridge pre",
        vcenter(deployment={"ha": {"configuration": "configured", "state": "degraded"}}),
    ),
    "VC-NAME-001": (
        "a host name that is another",
        "vsphere-target pre",
        vcenter(deployment={"host_name": "vc-new.example.jp"}),
    ),
    "VC-PSC-001": ("a vCenter on Windows", "vsphere-target pre", appliance(os_type="win32-x64")),
    "VC-PWD-001": (
        "a root password that ends",
        "vsphere-target pre",
        vcenter(version="6.7.0", build="14367737", appliance={"root_days": 3}),
    ),
    "VC-STS-001": (
        "a signing certificate that ends",
        "vsphere-target pre",
        vcenter(version="7.0.3", build="18700403", signing_days=3),
    ),
    "VC-TRUST-001": (
        "a root signed with SHA-1 before 8.0",
        "vsphere-target pre",
        {
            "upgrade": {**planted.demo()["upgrade"], "vcenter": "8.0 U2"},
            "plan": [],
            **vcenter(version="7.0.3", build="18700403", trusted_roots=[{"sha1": True}]),
        },
    ),
    "VC-VER-002": ("a vCenter left behind", "vsphere-bridge post", {}),
    "VC-VM-001": (
        "an appliance whose files are out of reach",
        "vsphere-bridge pre",
        guest("dsva", connection="inaccessible"),
    ),
    "WIN-DISK-001": ("no room at all", "agent pre", of("WIN-DISK-001")),
    "WIN-ROOT-001": ("a root certificate that is missing", "agent pre", blocked()),
    "WIN-ROOT-002": ("roots that nothing brings", "agent pre", blocked()),
    "WIN-SIGN-001": ("an old Windows", "agent pre", of("WIN-SIGN-001")),
    "WIN-SVC-001": ("an agent that stands still", "agent pre", of("WIN-SVC-001")),
}
"""By check: its main fact, the step and phase at which it is judged, and what breaks it."""


COMPARED = {
    "BASE-INV-001": "a machine that is gone",
    "BASE-STATE-001": "a machine that is off",
    "BASE-VER-001": "a host that another step changed",
    "DSA-MOD-001": "a module that is off",
    "DSVA-COVER-001": "a desktop without cover",
}
"""By check that compares with the run before the step: the main fact, planted in its own table."""

NEVER_FAILS = {
    "DSM-LIC-001": "no interface tells of licences: without a person's word nothing is known",
    "DSM-ROLE-001": "what an account does not see is unknown and no fault: the run is INCOMPLETE",
    "VC-ROLE-001": "what an account does not see is unknown and no fault: the run is INCOMPLETE",
}
"""Blockers that find nothing ever, and hold a run up all the same: why."""


def weight(ended: Ended, check: str) -> set[str]:
    """How a check that failed weighs, on each of its targets."""
    judged = [one for one in ended.results["checks"] if one["id"] == check]
    return {one["severity"] for one in judged if one["outcome"] == "fail"}


def test_every_blocker_has_its_main_fact() -> None:
    """A check that can never block is not called one; whoever adds a blocker says what it is of."""
    blockers = {one.card.id for one in checks(HOME) if one.card.severity is Severity.BLOCKER}
    assert blockers == MAIN.keys() | COMPARED.keys() | NEVER_FAILS.keys()
    assert len(blockers) == len(MAIN) + len(COMPARED) + len(NEVER_FAILS)


@pytest.mark.parametrize("check", MAIN)
def test_the_main_fact_blocks_by_its_own_weight(check: str, tmp_path: Path) -> None:
    """With that one fact broken the check is a blocker that failed, whatever else is open."""
    _, when, changes = MAIN[check]
    step, phase = when.split()
    env = world(tmp_path, **changes)
    ended = judge(tmp_path / "r", "--env", env, "--check", check, "--step", step, "--phase", phase)
    assert "blocker" in weight(ended, check), ended.output
    assert ended.results["verdict"] == "NO-GO"


@pytest.mark.parametrize("check", COMPARED)
def test_what_a_step_broke_blocks_by_its_own_weight(
    check: str, before: Path, tmp_path: Path
) -> None:
    """The same of those that need the run before the step."""
    _, step, changes, _ = next(one for one in compared.FAULTS if one[0] == check)
    asked = ("--check", check, "--step", step, "--phase", "post", "--baseline", str(before))
    ended = judge(tmp_path / "r", "--env", world(tmp_path, **changes), *asked)
    assert "blocker" in weight(ended, check), ended.output
    assert ended.results["verdict"] == "NO-GO"


def test_what_never_fails_holds_a_run_up(tmp_path: Path) -> None:
    """Where nobody answers for them these are undetermined, which is not GO."""
    denied = {"target": "dsm", "how": "weak rights"}
    vcenters = vcenter(no_access=["esx-02.example.jp"])
    env = world(tmp_path, attestation=[], misbehaviour=[denied], **vcenters)
    chosen = [word for check in NEVER_FAILS for word in ("--check", check)]
    ended = judge(tmp_path / "r", "--env", env, "--step", "manager", *chosen)
    for check in NEVER_FAILS:
        assert "undetermined" in ended.outcomes(check).values(), ended.output
    assert ended.results["verdict"] == "INCOMPLETE"


def test_fourteen_faults_at_once_are_a_no_go(tmp_path: Path) -> None:
    """What was GO with fourteen open warnings: each that no step survives blocks by itself."""
    machines = [
        {**one, "free_gib": 0.1, "pending_reboot": True, "ubr": 3000, "tools": 10245}
        if one["name"] == "win-app"
        else one
        for one in planted.demo()["machine"]
    ]
    changes = {
        **database(version="10.50.6560.0", owner="sa", tls=["TLSv1.2", "TLSv1.2"]),
        **planted.linux(cores=1, disk_free=0.3, heap="2g"),
        **manager(alerts=[{"name": "Low Disk Space"}]),
        "machine": machines,
        "upgrade": {**planted.demo()["upgrade"], "deep_security": "20.0.0-7303"},
    }
    ended = judge(tmp_path / "r", "--env", world(tmp_path, **changes))
    weights = {
        one["id"]: one["severity"] for one in ended.results["checks"] if one["outcome"] == "fail"
    }
    assert ended.results["verdict"] == "NO-GO"
    assert ended.status == 1
    assert {id_ for id_ in FATAL if weights.get(id_) != "blocker"} == set()
    assert {id_ for id_ in SIGNED_OFF if weights.get(id_) != "warning"} == set()


FATAL = {
    "DB-PERM-001",
    "DB-VER-001",
    "DSM-CPU-001",
    "DSM-DISK-001",
    "DSM-MEM-002",
    "WIN-DISK-001",
    "WIN-SIGN-001",
}
SIGNED_OFF = {"DSM-ALERT-001", "IOP-TOOLS-ESX-001", "LNX-DISK-001", "WIN-REBOOT-001"}
