"""Estates other than the procedure's: their plan, and the verdict that an engineer would give.

Each is a world of the lab. First it is judged as it stands: what is open or wrong is the set of
claims that stands here with the reason. Then the people answer what ``kanmon attest`` asks of them,
and the board approves: what was only unseen is open no more.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lab.estate import Estate
from lab.world.world import load
from tests.running import Ended, approve, judge, kanmon

NO_ROWS_FROM_8 = {"ESX-HW-002", "ESX-VIB-001"}
"""Which devices and packages releases from 8.0 on stumble over, no text was found that says it."""
NEWEST_AGENTS = {"REL-BAD-001"}
"""Even the newest agents are older than a change of certificates, and no text names the builds."""
BOARD = {"RB-HUMAN-001"}
"""The board has approved no run."""


@dataclass(frozen=True)
class Road:
    """An estate on its way.

    Attributes:
        plan: of the plan, what it must say, in this order.
        unseen: claims that nobody can judge before people answer.
        wrong: claims that fail, answered or not, warnings included.
        verdict: once people answered and the board approved.
    """

    plan: tuple[str, ...]
    unseen: set[str]
    wrong: set[str] = field(default_factory=set)
    verdict: str = "GO"


ROADS = {
    "vcenter-alone": Road(
        ("1. vsphere-target", "vCenter of vc: 7.0 U3w -> 8.0 U3i", "ESXi of vc: 7.0 U3w"),
        NO_ROWS_FROM_8,
    ),
    "no-nsx": Road(  # its stop at 7.0 is the operator's choice, and needs a sign-off
        ("vCenter of vc: 6.7 U3 -> 8.0 U3i", "vsphere-bridge, vsphere-target", "it works"),
        NO_ROWS_FROM_8 | {"DSM-CONN-001"},
        NEWEST_AGENTS | {"PLAN-PATH-003"},
        "CONDITIONAL",
    ),
    "appliances-retired": Road(  # what NSX-V left on a host stops the upgrade of that host
        ("vCenter of vc: 6.7 U3 -> 8.0 U3i",),
        NO_ROWS_FROM_8 | {"DSM-CONN-001"},
        NEWEST_AGENTS | {"ESX-VIB-002", "PLAN-PATH-003"},
        "NO-GO",
    ),
    "linked-mode": Road(  # the order of the two, and names that this machine cannot resolve
        ("vCenter of vc-east: 7.0 U3w -> 8.0 U3i", "vCenter of vc-west: 7.0 U3w -> 8.0 U3i"),
        NO_ROWS_FROM_8 | {"VC-ELM-001", "VC-NAME-001"},
    ),
    "nsxt-chain": Road(  # 4.2 is reached by way of 3.2 alone
        (
            "NSX of vc: NSX-T 3.1.3.7.0.19380482 -> NSX-T 3.2.0.1",
            "NSX of vc: NSX-T 3.2.0.1 -> NSX 4.2.1.0",
            "Why it stops at NSX-T 3.2.0.1",
            "vCenter of vc: 7.0 U3j -> 8.0 U3e",
        ),
        NO_ROWS_FROM_8,
    ),
    "to-nine": Road(  # one host is a Skylake, which 9.0 no longer supports; the other is none
        ("vCenter of vc: 8.0 U3h -> 9.0.2.0", "ESXi of vc: 8.0 U3h -> 9.0.2.0"),
        NO_ROWS_FROM_8,
        {"ESX-HW-001"},
        "CONDITIONAL",
    ),
    "agents-of-all-ages": Road(  # agents of 9.6 and 10 cannot go to 20 in one hop
        ("manager of dsm: 12.0.0-563 -> 20.0.0-1039", "No way leads to the end", "9.6.2-8774"),
        {"DSM-PRECHECK-001"},
        {
            *("PLAN-PATH-001", "PLAN-HOP-001", "DSA-VER-001"),
            *("IOP-DSA-DSM-001", "DSR-ORDER-001"),  # agents of 20 under a manager and relays of 12
            *("DSM-INST-001", "DSM-IMPORT-001", "RB-AGENT-001"),  # nothing was fetched as yet
            *NEWEST_AGENTS,
        },
        "NO-GO",
    ),
    "newest-targets": Road(  # its installer, packages and NSX-T are those of the old targets
        (
            "1. vsphere-bridge",
            "NSX of vc-main: NSX-V 6.4.5 -> NSX-V 6.4.5, NSX-T 3.2.4.3",
            "vCenter of vc-plain: 6.5 U2 -> 7.0 U3w",
            "it works",
        ),
        {"DSM-PRECHECK-001"},
        {
            *("DSM-INST-001", "DSM-IMPORT-001", "DSM-IMPORT-002", "NSXT-VER-001"),
            *("REL-LIFE-001", "REL-BAD-001"),  # 7.0 is out of support, and no waiver accepts it
        },
        "NO-GO",
    ),
}


@dataclass(frozen=True)
class Gone:
    """An estate as it was judged first, and once people answered; and its plan."""

    first: Ended
    then: Ended
    plan: str


@pytest.fixture(scope="module", params=ROADS)
def name(request: pytest.FixtureRequest) -> str:
    """A world of the lab."""
    return str(request.param)


@pytest.fixture(scope="module")
def gone(name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gone]:
    home = tmp_path_factory.mktemp(name)
    file = home / "estate.toml"
    with Estate(load(name)) as estate:
        file.write_text(estate.environment(), encoding="utf-8")
        first = judge(home / "first", "--env", str(file))
        plan = kanmon("plan", "--facts", str(first.directory)).stdout
        _answer(file, first)
        approve(file, judge(home / "then", "--env", str(file)))
        yield Gone(first, judge(home / "then", "--env", str(file)), plan)


def _answer(file: Path, run: Ended) -> None:
    """What people write into the environment file of what ``kanmon attest`` asks."""
    printed = kanmon("attest", str(run.directory)).stdout
    assert tomllib.loads(printed)["attestation"]
    now = datetime.now(UTC).isoformat(timespec="seconds")
    words = printed.replace('by = ""', 'by = "Taro Yamada"').replace('says = ""', 'says = "seen"')
    with file.open("a", encoding="utf-8") as more:
        more.write("\n" + re.sub(r"^# (?:on|at) = .*$", f"at = {now}", words, flags=re.MULTILINE))


def _ids(ended: Ended, outcome: str) -> set[str]:
    """The blockers and warnings that ended so."""
    return {
        one["id"]
        for one in ended.results["checks"]
        if one["outcome"] == outcome and one["severity"] != "advice"
    }


def test_its_plan_is_told(name: str, gone: Gone) -> None:
    """The plan names each hop, in order, and says why it stops on the way."""
    rest = gone.plan
    for part in ROADS[name].plan:
        assert part in rest, gone.plan
        rest = rest[rest.index(part) :]
    assert "Traceback" not in gone.plan


def test_what_is_open_and_wrong_is_what_an_engineer_would_say(name: str, gone: Gone) -> None:
    """Every claim that stands against it, and no other: none is asked of what is not there."""
    road = ROADS[name]
    assert _ids(gone.first, "undetermined") - BOARD - _ids(gone.first, "fail") == road.unseen
    assert _ids(gone.first, "fail") == road.wrong


def test_people_open_what_was_only_unseen(name: str, gone: Gone) -> None:
    """Answered and approved, nothing is open but what is wrong."""
    assert gone.then.results["verdict"] == ROADS[name].verdict, gone.then.output


@pytest.mark.parametrize("name", ["no-nsx"], indirect=True)
def test_nothing_is_asked_for_a_step_that_is_not_ahead(
    name: str, gone: Gone, tmp_path: Path
) -> None:
    """Where Deep Security stays, its steps are asked for by name alone, and then they are."""
    whole = {one["id"]: one for one in gone.first.results["checks"]}
    assert whole["DSM-INST-001"]["outcome"] == "not applicable"
    assert whole["DSM-INST-001"]["reason"].endswith("the plan has vsphere-bridge, vsphere-target")
    with Estate(load(name)) as estate:
        (tmp_path / "e.toml").write_text(estate.environment(), encoding="utf-8")
        named = judge(tmp_path / "r", "--env", str(tmp_path / "e.toml"), "--step", "manager")
    asked = {one["id"]: one for one in named.results["checks"]}
    assert asked["DSM-INST-001"]["reason"] == "the environment does not say upgrade.deep_security"
