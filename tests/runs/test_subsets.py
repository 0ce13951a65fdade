"""Every sensible part of an estate gets its verdict, and no part is asked for what it has not.

Each subset is the demo's healthy estate with the other kinds left out, and what belongs to them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.world.world import load
from tests.running import Ended, judge, kanmon, world

DEMO = load("demo")
KINDS = ("vcenter", "nsxv", "nsxt", "dsm", "database", "linux", "windows")
GOALS = {
    "vcenter": {"vcenter": "7.0 U2", "esxi": "7.0 U2"},
    "nsxt": {"nsx": "NSX-T 3.1.2", "nsx_migration": "in-place"},
    "dsm": {"deep_security": "20.0.0-877"},
}
NEEDS = {
    "appliance": {"dsm", "nsxv"},
    "nsxt-build": {"nsxt"},
    "nsx-migration": {"nsxt", "nsxv"},
    "manager": {"dsm"},
    "agent": {"dsm"},
    "vsphere-bridge": {"vcenter", "nsxv"},
    "vsphere-target": {"vcenter"},
}
"""By step: the kinds without which it has no meaning in this estate."""
NO_DSM = ("dsm", "protection", "relay", "appliance")
MANAGER = "dsm database linux windows"
LINUX_ALONE = "dsm database linux"


def _dumped(kind: str) -> list[dict[str, Any]]:
    models = getattr(DEMO, kind)
    return [one.model_dump(mode="json", exclude_none=True, exclude_unset=True) for one in models]


def _machines(kinds: set[str]) -> list[dict[str, Any]]:
    """What the kinds show: protected by an appliance only beside NSX, Windows where it is named."""
    left = []
    for one in _dumped("machine"):
        if "nsxv" not in kinds and one["name"] in ("vdi", "dsva"):
            continue
        if "windows" not in kinds and one["name"] == "win-app" and "dsm" in kinds:
            continue
        gone = (() if "dsm" in kinds else NO_DSM) + (() if "vcenter" in kinds else ("vcenter",))
        if kinds & {"dsm", "vcenter"}:
            left.append({key: value for key, value in one.items() if key not in gone})
    return left


def _vcenters(kinds: set[str]) -> list[dict[str, Any]]:
    vcenters = _dumped("vcenter") if "vcenter" in kinds else []
    for cluster in (one for vcenter in vcenters for one in vcenter["clusters"]):
        if "nsxv" not in kinds:
            cluster.pop("nsxv", None)
    return vcenters


def part(home: Path, names: str, **changes: Any) -> str:
    """The environment file of a part of the demo's estate."""
    kinds = set(names.split())
    values: dict[str, Any] = {kind: _dumped(kind) if kind in kinds else [] for kind in KINDS}
    values["machine"], values["vcenter"] = _machines(kinds), _vcenters(kinds)
    values["upgrade"] = {k: v for kind in GOALS if kind in kinds for k, v in GOALS[kind].items()}
    values["plan"] = [one for one in DEMO.plan if NEEDS[one["step"]] <= kinds]
    return world(home, **{**values, **changes})


def open_claims(ended: Ended) -> set[str]:
    """The blockers and warnings that stand against it, or that nobody could judge."""
    return {
        one["id"]
        for one in ended.results["checks"]
        if one["outcome"] in ("fail", "undetermined") and one["severity"] != "advice"
    }


@pytest.mark.parametrize(
    ("names", "step"),
    [
        ("vcenter", None),
        ("vcenter", "vsphere-target"),
        (LINUX_ALONE, None),
        (LINUX_ALONE, "manager"),
        (MANAGER, None),
        (MANAGER, "manager"),
        (f"vcenter {MANAGER}", None),
        (f"vcenter {MANAGER}", "manager"),
        (f"vcenter {MANAGER}", "vsphere-target"),
        (" ".join(KINDS), None),
    ],
)
def test_a_healthy_part_is_go(names: str, step: str | None, tmp_path: Path) -> None:
    """What is not there is asked for by no claim, in the whole run and in its first steps."""
    asked = ("--step", step) if step else ()
    ended = judge(tmp_path / "r", "--env", part(tmp_path, names), *asked)
    assert open_claims(ended) == set()
    assert ended.status == 0, ended.output


@pytest.mark.parametrize(
    ("names", "step", "claims"),
    [
        (LINUX_ALONE, "agent", {"IOP-DSA-DSM-001", "DSR-ORDER-001"}),
        (MANAGER, "agent", {"IOP-DSA-DSM-001", "DSR-ORDER-001"}),
        (f"vcenter {MANAGER}", "agent", {"IOP-DSA-DSM-001", "DSR-ORDER-001"}),
        (" ".join(KINDS), "appliance", {"DSR-ORDER-001"}),
        (
            " ".join(KINDS),
            "nsxt-build",
            {"IOP-DSVA-NSX-001", "IOP-NSX-ESX-001", "IOP-NSX-VC-001"},
        ),
    ],
)
def test_a_step_before_its_turn_is_refused(
    names: str, step: str, claims: set[str], tmp_path: Path
) -> None:
    """Before the steps ahead of it are done, a step is held up by their claims and no others."""
    ended = judge(tmp_path / "r", "--env", part(tmp_path, names), "--step", step)
    assert open_claims(ended) == claims
    assert ended.status == 1


@pytest.mark.parametrize("names", ["vcenter", MANAGER, f"vcenter {MANAGER}", " ".join(KINDS)])
def test_each_part_has_a_plan(names: str, tmp_path: Path) -> None:
    """Its steps are those of what is there, and the declared order works."""
    ended = judge(tmp_path / "r", "--env", part(tmp_path, names))
    told = kanmon("plan", "--facts", str(ended.directory))
    assert told.returncode == 0, told.stderr
    assert "it works" in told.stdout
    assert "Nobody can say" not in told.stdout
    assert ("NSX-T 3.1.2" in told.stdout) is ("nsxv" in names)
    assert ("manager of dsm" in told.stdout) is ("dsm" in names)


def test_a_manager_whose_nodes_nobody_can_look_at_is_open(tmp_path: Path) -> None:
    """Without the hosts of its nodes, what is asked of them is open, with what to name."""
    ended = judge(tmp_path / "r", "--env", part(tmp_path, "dsm database"), "--step", "manager")
    assert ended.status == 6
    assert {"DSM-MEM-001", "DB-CFG-001"} <= open_claims(ended)
    assert "must name one manager_host with node = 'dsm-1'" in str(ended.results["checks"])


def test_an_appliance_of_no_manager_is_open(tmp_path: Path) -> None:
    """Leaving [[dsm]] out leaves out no appliance: NSX has it."""
    ended = judge(tmp_path / "r", "--env", part(tmp_path, "vcenter nsxv nsxt"))
    assert ended.status == 6
    assert open_claims(ended) == {"VC-EXT-001", "NSXV-GI-MAP-001"}
    assert "names no dsm: add [[dsm]]" in str(ended.results["checks"])


def test_windows_agents_of_no_windows_table_are_open(tmp_path: Path) -> None:
    """Leaving [[windows]] out leaves no machine out: the manager lists them."""
    env = part(tmp_path, LINUX_ALONE, machine=_machines({"dsm", "windows"}))
    ended = judge(tmp_path / "r", "--env", env)
    assert ended.status == 6
    assert {"WIN-SIGN-001", "WIN-ROOT-001"} <= open_claims(ended)
    assert "no windows table of the environment covers it" in str(ended.results["checks"])


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ("", "it names no target: expected tables of vcenter, nsxv, nsxt, dsm"),
        ("nsxv dsm database", "vcenter names 'vc-main', expected a vcenter: none is named"),
        ("nsxt dsm database", "vcenters names 'vc-main', expected a vcenter: none is named"),
        ("dsm", "database names 'dsm-db', expected a database: none is named"),
        ("windows", "from_dsm names 'dsm', expected a dsm: none is named"),
    ],
)
def test_a_senseless_part_is_refused(names: str, words: str, tmp_path: Path) -> None:
    """The file is refused, with what it lacks; nothing is read."""
    ended = judge(tmp_path / "r", "--env", part(tmp_path, names))
    assert ended.status == 4
    assert words in ended.output


def test_a_step_of_what_is_not_named_is_refused(tmp_path: Path) -> None:
    """A manager's step without a manager is wrong usage, not a step with nothing to do."""
    ended = judge(tmp_path / "r", "--env", part(tmp_path, "vcenter"), "--step", "manager")
    assert (ended.status, "names no dsm" in ended.output) == (4, True)
