"""What real estates showed and a gate once let pass: each case, and what is said of it.

Cases of one look alone are told elsewhere: a login without any right and thirteen faults beside it
(`test_blockers`), relays between the nodes (`test_manager_dance`), a lost replication slot
(`test_database_postgresql_state`), a protection of no known kind (`test_dsm_fail_closed`), a kernel
that was attested for another agent (`test_linux_agent`), `amzn1` (`test_manager_packages`).
"""

from __future__ import annotations

from typing import Any

import pytest

from lab.world.world import load
from tests.running import Ended, judge, world
from tests.runs.test_nsxt_faults import NSXT

YEARS = 3 * 365 * 86_400.0


def _dumped(kind: str) -> list[dict[str, Any]]:
    models = getattr(load("demo"), kind)
    return [one.model_dump(mode="json", exclude_none=True, exclude_unset=True) for one in models]


def machines() -> list[dict[str, Any]]:
    """The demo's with a fleet beside them, of which one is ill and one silent; so is a relay."""
    relays, *others = _dumped("machine")
    app = next(one for one in others if one["name"] == "win-app")
    linux = {"os": relays["os"], "guest_id": relays["guest_id"]}
    return [
        {**relays, "count": 1, "name": "relay"},
        {**relays, "count": 1, "name": "relay-silent", "silent_days": 40},
        *others,
        {**app, "name": "fleet", "count": 40},
        {**app, **linux, "name": "ill", "count": 1, "troubles": {"antiMalware": "error"}},
        {**app, "name": "silent", "count": 1, "silent_days": 60},
    ]


def vcenters() -> list[dict[str, Any]]:
    """The demo's: of one all clocks are three years off, and its appliance is in trouble."""
    main, plain = _dumped("vcenter")
    plain["clock"] = -YEARS
    for host in plain["clusters"][0]["hosts"]:
        host["settings"] = {**host.get("settings", {}), "clock": -YEARS}
    plain["appliance"] = {
        "storage": "red",
        "database_storage": "red",
        "condition": {"applmgmt": "red", "mem": "red"},
        "partitions": {"root": [11, 11], "db": [8.5, 10], "archive": [50, 50], "swap": [25, 25]},
    }
    main["clusters"][0]["hosts"][0]["overall_status"] = "red"
    return [main, plain]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A run of all steps of an estate in which many of the cases are there at once."""
    home = tmp_path_factory.mktemp("cases")
    changes = {
        "machine": machines(),
        "vcenter": vcenters(),
        "nsxv": [{**_dumped("nsxv")[0], "agent_manager": "DOWN"}],
        "nsxt": [{**NSXT, "version": "3.0.0.0.0.15946739", "registered": False}],
    }
    return judge(home / "r", "--env", world(home, **changes))


CASES = {
    "one agent of many whose engine is offline": ("seen", "DSA-HEALTH-001", "ill ", "warning"),
    "a machine that is online and silent": ("seen", "DSA-CONTACT-001", "silent ", "warning"),
    "a relay that is": ("seen", "DSA-CONTACT-001", "relay-silent ", "blocker"),
    "the management service of an appliance": (
        "seen",
        "VC-HEALTH-001",
        "health of applmgmt",
        "blocker",
    ),
    "its storage": ("seen", "VC-HEALTH-001", "health of storage", "blocker"),
    "that of its database": ("seen", "VC-HEALTH-001", "health of database-storage", "blocker"),
    "its memory": ("seen", "VC-HEALTH-001", "health of mem", "warning"),
    "a partition that is full": ("seen", "VC-DISK-001", "partition root", "blocker"),
    "one that nearly is": ("seen", "VC-DISK-001", "partition db", "warning"),
    "NSX-V's agent manager is down": ("seen", "NSXV-STATE-001", "ESX Agent Manager", "blocker"),
    "NSX-T of another line": ("seen", "NSXT-VER-001", "nsxt-new", "blocker"),
    "a vCenter that is years off": ("seen", "NET-TIME-001", "vc-plain", "warning"),
    "and a host that agrees with it": ("seen", "NET-TIME-001", "esx-11", "warning"),
    "a recalled agent": ("seen", "REL-BAD-001", "agent 20.0.0-877", "warning"),
    "a hop after its source's support": (
        "seen",
        "REL-LIFE-001",
        "Deep Security 11.0 to",
        "warning",
    ),
    "an ESXi on an SD card": ("blocked", "ESX-BOOT-001", "esx-03", "warning"),
    "packages of an NSX-V that is gone": ("blocked", "ESX-VIB-002", "esx-11", "blocker"),
    "NSX-T of another patch": ("blocked", "NSXT-VER-001", "nsxt-new", "warning"),
    "a host's lost path": ("blocked", "ESX-ISSUE-001", "esx-02", "warning"),
    "SSH that is on": ("blocked", "ESX-ISSUE-001", "esx-02", "advice"),
    "lockdown where NSX-V is migrated": ("blocked", "NSXV-MIG-002", "esx-01", "blocker"),
    "an Update Manager elsewhere": ("blocked", "VC-VUM-001", "com.vmware.vcIntegrity", "warning"),
}
"""By case: the estate, the check that tells it, of what, and how gravely."""


@pytest.mark.parametrize("case", CASES)
def test_what_was_let_pass_is_told(case: str, request: pytest.FixtureRequest) -> None:
    """By its check, of its object, as gravely as it is."""
    estate, check, subject, severity = CASES[case]
    ended = request.getfixturevalue(estate)
    found = [
        (finding["subject"], finding["severity"])
        for one in ended.results["checks"]
        if one["id"] == check
        for finding in one["findings"]
    ]
    assert any(of.startswith(subject) and severity == weight for of, weight in found), found


@pytest.mark.parametrize(
    ("check", "subject"),
    [
        ("VC-DISK-001", "partition archive"),
        ("VC-DISK-001", "partition swap"),
        ("VC-HEALTH-001", "health of software-packages"),
        ("ESX-ISSUE-001", "esx-01"),
        ("PLAN-HOP-001", "Deep Security"),
    ],
)
def test_what_is_no_fault_is_none(check: str, subject: str, seen: Ended) -> None:
    """What fills by design, updates that lie ready, a colour alone, a hop that is allowed."""
    found = [
        one["subject"]
        for judged in seen.results["checks"]
        if judged["id"] == check
        for one in judged["findings"]
    ]
    assert [one for one in found if one.startswith(subject)] == []
