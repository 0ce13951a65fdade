"""The plan as an operator meets it: in a run, on the page, and from ``kanmon plan``."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from kanmon.steps import STEPS
from lab.world.world import WORLDS
from tests.running import Ended, judge, kanmon, world

DEMO = tomllib.loads((WORLDS / "demo.toml").read_text(encoding="utf-8"))
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """The demo before its second step."""
    return judge(tmp_path_factory.mktemp("plan"), "--env", "demo", "--step", "manager")


@pytest.fixture(scope="module")
def no_way(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """The demo with an NSX-V that cannot migrate, a vCenter that is too young."""
    home = tmp_path_factory.mktemp("no-way")
    main, plain = DEMO["vcenter"]
    young = {**plain, "version": "6.7.0", "build": "17713310"}
    old = {**DEMO["nsxv"][0], "version": "6.4.3", "build": "9927516"}
    changed = world(home, vcenter=[main, young], nsxv=[old])
    return judge(home / "reports", "--env", changed)


def test_evidence_keeps_the_plan(demo: Ended) -> None:
    """results.json has the seven steps, and where every component stands after each."""
    plan = demo.results["plan"]
    assert plan["arrives"]
    assert tuple(step["name"] for step in plan["steps"]) == STEPS
    stands = {(one["component"], one["owner"]): one["stands"] for one in plan["components"]}
    assert [value[0] for value in stands["vCenter", "vc-main"]] == [
        "6.5 U2",
        *["6.7 U3"] * 6,
        "7.0 U2",
    ]
    assert [len(value) for value in stands["NSX", "vc-main"]] == [1, 1, 1, 1, 1, 2, 1, 1]
    assert stands["vCenter", "vc-plain"] == [["6.5 U2"]] * 7 + [["7.0 U2"]]


def test_page_marks_the_step_of_the_run(demo: Ended) -> None:
    """The picture shows every step in order, and marks the one that the run is about."""
    picture = demo.page.split('class="k-plan"')[1].split("</section>")[0]
    places = [picture.index(f"{number}. {name}") for number, name in enumerate(STEPS, start=1)]
    assert places == sorted(places)
    marked = picture.split('<th class="k-now">')[1].split("</th>")[0]
    assert marked == "2. manager<br><b>this step</b>"
    assert picture.count("<b>this step</b>") == 1
    assert "k-refused" not in picture


def test_a_way_that_ends_early_is_a_no_go(no_way: Ended) -> None:
    """Where no way leads on the run is NO-GO and names what closes every way on."""
    results = no_way.results
    assert no_way.status == 1, no_way.output
    found = {
        finding["subject"]: finding["source"]["row"]
        for check in results["checks"]
        if check["id"] == "PLAN-PATH-001"
        for finding in check["findings"]
        if finding["severity"] == "blocker"
    }
    assert found == {
        "NSX of vc-main": "below NSX-V 6.4.4 to from NSX-T 3.1.1 below NSX-T 3.3",
        "vCenter of vc-plain": "vCenter",
        "ESXi of vc-plain": "ESXi from 7.0 under vCenter from 6.7 below 7.0",
    }
    assert "it does not lead to the end for everything" in no_way.output


def test_page_shows_refused_states_in_red(no_way: Ended) -> None:
    """What is never reached stands in the picture with its reason; so does a refused order."""
    picture = no_way.page.split('class="k-plan"')[1].split("</section>")[0]
    assert '<td class="k-refused">&#10007; 7.0 U2</td>' in picture
    assert "of 2021-03-18 to 7.0 U2 of 2021-03-09" in picture
    assert "it is refused at nsx-migration, NSX of vc-main" in picture


def test_plan_of_an_environment() -> None:
    """`kanmon plan` reads the estate and prints the steps with their reasons and sources."""
    ended = kanmon("plan", "--env", "article")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("Plan of article, read ")
    for number, name in enumerate(STEPS, start=1):
        assert f"\n{number}. {name}\n" in ended.stdout
    bridge = ended.stdout.split("\n1. ")[1].split("\n2. ")[0]
    assert "vCenter of vc-main: 6.5 U2 -> 6.7 U3" in bridge
    assert "Why it stops at 6.7 U3, 6.7 U2: these are closed" in bridge
    assert "NSX-V 6.4.5 with vCenter 7.0 U2 (procedure, [1])" in bridge
    assert "NSX-T 3.1.2 with vCenter 6.5 U2 (procedure, [2])" in bridge
    assert "https://blog.jbs.co.jp/entry/2023/03/17/113607" in ended.stdout.split("\nSources\n")[1]


def test_plan_in_japanese() -> None:
    """With --lang ja the same steps are told in Japanese."""
    ended = kanmon("plan", "--env", "article", "--lang", "ja")
    assert ended.returncode == 0, ended.stderr
    assert "vc-main の vCenter: 6.5 U2 -> 6.7 U3" in ended.stdout
    assert "NSX-V 6.4.5 と vCenter 7.0 U2 (手順書, [1])" in ended.stdout
    assert "these are closed" not in ended.stdout


def test_plan_of_a_run(demo: Ended) -> None:
    """From what a run has read comes the plan of its evidence, with every server gone."""
    ended = kanmon("plan", "--facts", str(demo.directory), "--json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == demo.results["plan"]


def test_a_plan_that_does_not_arrive_is_no_success(no_way: Ended) -> None:
    """The exit status is 1 where something has no way, so a script does not go on."""
    ended = kanmon("plan", "--facts", str(no_way.directory))
    assert ended.returncode == 1
    assert "No way leads to the end." in ended.stdout
    assert "vCenter of vc-plain: 6.7 U3m, not yet 7.0 U2" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("--env", "artcile"), 1, "there is no environment 'artcile'"),
        (("--facts", "reports/none"), 1, "cannot be read"),
        (("--env", "article", "--lang", "fr"), 2, "invalid choice: 'fr'"),
        ((), 2, "one of the arguments --env --facts is required"),
    ],
)
def test_wrong_usage_is_told(arguments, status, told) -> None:
    """A typo ends in words, not in a plan."""
    ended = kanmon("plan", *arguments)
    assert ended.returncode == status
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not ended.stdout


def test_a_dead_vcenter_is_on_no_path(tmp_path: Path) -> None:
    """What could not be read is named, the rest is planned, and the status says so."""
    dead = world(tmp_path, "article", misbehaviour=[{"target": "vc-main", "how": "refused"}])
    ended = kanmon("plan", "--env", dead)
    assert ended.returncode == 1
    assert "Nobody can say: vc-main: vc-main (127.0.0.1:" in ended.stdout
    assert "vCenter of vc-plain: 6.5 U2 -> 7.0 U2" in ended.stdout
    assert "vCenter of vc-main: " not in ended.stdout


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    """A version that an agent invents is named as what nobody can place, and runs no script."""
    machines = [dict(machine) for machine in DEMO["machine"]]
    machines[1] = {**machines[1], "agent_version": HOSTILE}
    ended = judge(tmp_path / "reports", "--env", world(tmp_path, machine=machines))
    assert ended.status == 6, ended.output
    assert HOSTILE not in ended.page
    assert any(HOSTILE in one["reason"] for one in ended.results["plan"]["unknown"])
