"""A large estate as they are: its board signs few warnings, whatever their number of objects.

Who always signs, signs unread. The estate is a tenth of 400 hosts, 10,000 VMs and 3,000 agents; a
check counts its objects within one finding's list, so the number of warnings is that of the whole.
"""

from __future__ import annotations

from typing import Any

import pytest

from lab.world.world import load
from tests.running import Ended, judge, world

DEMO = load("demo")
LINUX = {
    "os": "Red Hat Enterprise 7 (64 bit) (3.10.0-1160.el7.x86_64)",
    "guest_id": "rhel7_64Guest",
    "guest_name": "Red Hat Enterprise Linux 7 (64-bit)",
}
GROUPS: dict[str, tuple[int, dict[str, Any]]] = {
    "app": (294, {"dsm": "dsm", "protection": "agent", **LINUX}),
    "offline": (3, {"dsm": "dsm", "protection": "agent", "online": False, **LINUX}),
    "plain": (560, {}),
    "snapped": (30, {"snapshots": [400.0]}),
    "iso": (15, {"ties": ["client cd"]}),
    "dvd": (8, {"ties": ["host cd"]}),
    "old-tools": (40, {"tools": 10240}),
    "no-tools": (20, {"tools": 0, "tools_running": False}),
    "old-hardware": (30, {"hardware": "vmx-08"}),
    "consolidate": (5, {"consolidation_needed": True}),
}
"""Groups of machines in the vCenter without NSX: how many, and what is the matter with them."""
PATCHED = ("8294253", "8935087", "14320405", "17097218")
HOSTS = 40


def _dumped(model: Any) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude_none=True, exclude_unset=True)


def _host(number: int) -> dict[str, Any]:
    """Every fifth has no clock to go by, every eighth an alarm; builds as patches left them."""
    named = {"name": f"esx-{number}.example.jp", "number": number, "version": "6.5.0"}
    ntp = {"settings": {"ntp_servers": []}} if number % 5 == 0 else {}
    return {**named, "build": PATCHED[number % len(PATCHED)], **ntp}


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """The demo's estate, grown, with the small faults that every large one has."""
    home = tmp_path_factory.mktemp("ordinary")
    main, plain = map(_dumped, DEMO.vcenter)
    hosts = range(100, 100 + HOSTS)
    plain["clusters"][0]["hosts"] += map(_host, hosts)
    plain["alarms"] = [
        {
            "name": "Host memory usage",
            "entity": f"esx-{n}.example.jp",
            "status": "yellow",
            "hours": 50,
        }
        for n in hosts[::8]
    ]
    machines = [*map(_dumped, DEMO.machine)]
    for name, (count, values) in GROUPS.items():
        machines.append({"name": name, "count": count, "vcenter": "vc-plain", **values})
    return judge(home / "r", "--env", world(home, vcenter=[main, plain], machine=machines))


def failed(ordinary: Ended, severity: str) -> dict[str, int]:
    """The checks that found something of this weight, and how many objects each names."""
    checks = [one for one in ordinary.results["checks"] if one["outcome"] == "fail"]
    return {one["id"]: len(one["findings"]) for one in checks if one["severity"] == severity}


def test_a_board_signs_few_warnings(ordinary: Ended) -> None:
    """Fewer than ten, each with its objects inside it; nothing is unknown."""
    warnings = failed(ordinary, "warning")
    assert len(warnings) < 10
    assert warnings == {
        "DSA-STATE-001": 3,
        "ESX-TIME-001": 8,
        "IOP-TOOLS-ESX-001": 60,
        "TOOLS-RUN-001": 20,
    }
    assert ordinary.results["coverage"]["undetermined"] == 0, ordinary.output


def test_what_stands_in_the_way_is_named(ordinary: Ended) -> None:
    """Those that tie a host down: one claim to decide."""
    assert failed(ordinary, "blocker") == {"ESX-EVAC-001": 23}
