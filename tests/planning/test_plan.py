"""The plan of the procedure's estate by the shipped tables, and what changes it."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from kanmon.knowledge import load
from kanmon.knowledge.compatibility import At, Rules, Word
from kanmon.knowledge.interop import ApplianceNsx, NsxVSphere, VSphereHop
from kanmon.planning.course import Planned
from kanmon.planning.estate import Component, Estate
from kanmon.planning.make import make
from kanmon.planning.record import record
from kanmon.steps import STEPS
from kanmon.versions import DeepSecurity, Nsx, VSphere
from lab.world.world import load as world
from tests.estates_by_hand import placed
from tests.random_estates import OPEN, row
from tests.running import judge

ARTICLE = world("article")
CLOSES_70 = "NSX-V 6.4.5 with vCenter from 7.0 below 8.0 and ESXi from 7.0 below 8.0"
CLOSES_65 = "NSX-T 3.1.2 with vCenter from 6.5 below 6.7 and ESXi from 6.5 below 6.7"
APPLIANCE = "appliance from 11.0 below 11.1 to 20.0"
SIGNATURE = "appliance below 12.0.0-682 on from NSX-T 2.5 and ESXi any"
U3M = "17712750"
U3N = "18010599"


def article(builds=None, nsxv="6.4.5", machines=None, **upgrade):
    """The procedure's estate; builds by slug of the vCenter."""
    builds = builds or {}
    return ARTICLE.model_copy(
        update={
            "vcenter": [
                one.model_copy(update={"build": builds.get(one.slug, one.build)})
                for one in ARTICLE.vcenter
            ],
            "nsxv": [one.model_copy(update={"version": nsxv}) for one in ARTICLE.nsxv],
            "machine": [
                one.model_copy(update=(machines or {}).get(one.name, {})) for one in ARTICLE.machine
            ],
            "upgrade": {**ARTICLE.upgrade, **upgrade},
        }
    )


def planned(rules=None, **changes):
    return make(placed(article(**changes)), rules or Rules())


def stops(plan, kind, owner):
    """The versions that a component goes through, each once."""
    moves = [move for move in plan.moves if move.component == Component(kind, owner)]
    values = [moves[0].before, *(move.after for move in moves)] if moves else []
    return [" + ".join(str(at.version) for at in value) for value in values]


def rows(answers):
    return [answer.citation.row for answer in answers if answer.citation]


def without(key):
    """The shipped rules, one row left out."""
    return Rules(lambda model: [one for one in load(model).rows if one.key != key])


@pytest.fixture(scope="module")
def plan():
    return planned()


def test_the_seven_steps(plan):
    """Of the procedure's estate the tables alone yield the procedure's steps, and it arrives."""
    assert tuple(step.name for step in plan.steps) == STEPS
    assert plan.dead_ends == ()
    assert not any(move.forbidden for move in plan.moves)


def test_who_stops_where(plan):
    """With NSX by way of 6.7, without it straight; Deep Security in one hop each."""
    assert stops(plan, "vcenter", "vc-main") == ["6.5 U2", "6.7 U3", "7.0 U2"]
    assert stops(plan, "esxi", "vc-main") == ["6.5 U2", "6.7 U2", "7.0 U2"]
    assert stops(plan, "vcenter", "vc-plain") == ["6.5 U2", "7.0 U2"]
    assert stops(plan, "esxi", "vc-plain") == ["6.5 U2", "7.0 U2"]
    assert stops(plan, "nsx", "vc-main") == [
        "NSX-V 6.4.5",
        "NSX-V 6.4.5 + NSX-T 3.1.2",
        "NSX-T 3.1.2",
    ]
    assert stops(plan, "tools", "vc-main") == ["10.2.1", "10.3.10"]
    for kind, start in (
        ("manager", "510"),
        ("relay", "1617"),
        ("agent", "582"),
        ("appliance", "582"),
    ):
        assert stops(plan, kind, "dsm") == [f"11.0.0-{start}", "20.0.0-877"]


def test_what_moves_in_which_step(plan):
    """Each step moves what the procedure moves in it, in the procedure's order."""
    assert [[move.component for move in step.moves] for step in plan.steps] == [
        [("vcenter", "vc-main"), ("esxi", "vc-main"), ("tools", "vc-main")],
        [("manager", "dsm"), ("relay", "dsm")],
        [("agent", "dsm")],
        [("appliance", "dsm")],
        [("nsx", "vc-main")],
        [("nsx", "vc-main")],
        [
            ("vcenter", "vc-main"),
            ("esxi", "vc-main"),
            ("vcenter", "vc-plain"),
            ("esxi", "vc-plain"),
        ],
    ]


def test_a_step_starts_where_the_last_one_ended(plan):
    """The states are one chain from today to the goal, in which nothing gets lost."""
    assert plan.steps[0].before == plan.estate.today
    for step, following in zip(plan.steps, plan.steps[1:], strict=False):
        assert step.after == following.before
    assert plan.ends.keys() == plan.estate.today.keys()
    for component, goal in plan.estate.goal.items():
        assert all(at.reaches(goal) for at in plan.ends[component])


def test_why_the_bridge(plan):
    """The two rows between which 6.7 lies force it, and no other step is a detour."""
    assert set(rows(plan.step("vsphere-bridge").detours)) == {CLOSES_70, CLOSES_65}
    assert [step.name for step in plan.steps if step.detours] == ["vsphere-bridge"]


def orders(plan, name):
    return {order.after: rows(order.answers) for order in plan.step(name).orders}


def test_why_in_this_order(plan):
    """The appliance is before NSX-T for its signature, agents after their manager, and so on."""
    assert orders(plan, "vsphere-bridge") == orders(plan, "manager") == {}
    assert SIGNATURE in orders(plan, "nsxt-build")["appliance"]
    assert CLOSES_65 in orders(plan, "nsxt-build")["vsphere-bridge"]
    assert CLOSES_70 in orders(plan, "vsphere-target")["nsx-migration"]
    assert set(orders(plan, "agent")) == {"manager"}
    assert set(orders(plan, "appliance")) == {"manager"}
    for step in plan.steps:
        for order in step.orders:
            assert all(answer.word >= Word.UNVERIFIED_NO for answer in order.answers)


def test_the_row_that_carries_a_hop_is_told(plan):
    """Who stands behind the appliance's hop is in the hop's answers, and nobody's doubt is."""
    (move,) = plan.step("appliance").moves
    (carries,) = (one for one in move.answers if rows([one]) == [APPLIANCE])
    assert (carries.word, carries.citation.confidence) == (Word.YES, "documented")
    assert not [one for one in move.answers if one.word is Word.UNVERIFIED_YES]


def granting(key):
    """The shipped rules, one row of NSX taken for a yes."""
    return Rules().granting(load(NsxVSphere).get(key).citation)


@pytest.mark.parametrize("rules", [without(CLOSES_70), granting(CLOSES_70), granting(CLOSES_65)])
def test_without_the_row_there_is_no_bridge(rules):
    """Each of the two rows is needed: were one gone, or a yes, the way would be straight."""
    plan = planned(rules)
    assert plan.step("vsphere-bridge") is None
    assert plan.dead_ends == ()
    assert stops(plan, "vcenter", "vc-main") == ["6.5 U2", "7.0 U2"]
    assert not any(step.detours for step in plan.steps)


def test_another_nsxv_needs_no_bridge():
    """6.4.8 is said to fit 7.0, so vSphere goes first and straight; NSX follows."""
    plan = planned(nsxv="6.4.8")
    assert [step.name for step in plan.steps] == [
        "manager",
        "agent",
        "appliance",
        "vsphere-target",
        "nsxt-build",
        "nsx-migration",
    ]
    assert stops(plan, "vcenter", "vc-main") == ["6.5 U2", "7.0 U2"]
    assert CLOSES_65 in orders(plan, "nsxt-build")["vsphere-target"]
    assert plan.dead_ends == ()


def test_an_nsxv_that_cannot_be_migrated():
    """Of 6.4.3 the row that closes the migration is named, and the rest still goes its way."""
    plan = planned(nsxv="6.4.3")
    (end,) = plan.dead_ends
    assert end.component == Component("nsx", "vc-main")
    assert [str(at.version) for at in end.value] == ["NSX-V 6.4.3"]
    assert rows(end.answers) == ["below NSX-V 6.4.4 to from NSX-T 3.1.1 below NSX-T 3.3"]
    assert stops(plan, "vcenter", "vc-main")[-1] == "7.0 U2"


@pytest.mark.parametrize("goal", ["7.0 U2", "7.0 U2b"])
def test_back_in_time_is_a_dead_end(goal):
    """7.0 U2 is older than 6.7 U3m: the date rule is named for vCenter, the pair for its hosts.

    7.0 U2b is newer, and no dead end.
    """
    plan = planned(builds={"vc-plain": U3M}, vcenter=goal)
    ends = {end.component: rows(end.answers) for end in plan.dead_ends}
    if goal == "7.0 U2b":
        assert ends == {}
    else:
        assert ends == {
            Component("vcenter", "vc-plain"): ["vCenter"],
            Component("esxi", "vc-plain"): ["ESXi from 7.0 under vCenter from 6.7 below 7.0"],
        }
        assert stops(plan, "vcenter", "vc-main")[-1] == goal


def test_a_release_of_the_same_day_is_no_step_back():
    """6.7 U3n and 7.0 U2b came out on one day."""
    plan = planned(builds={"vc-plain": U3N}, vcenter="7.0 U2b")
    assert plan.dead_ends == ()
    assert stops(plan, "vcenter", "vc-plain") == ["6.7 U3n", "7.0 U2b"]


def test_hosts_that_go_back_in_time_are_in_doubt_only():
    """The installer lets a host go back in time, so the hop is made and the doubt is told."""
    late = [
        host.model_copy(update={"build": "17700523"})  # 6.7 P05, of 2021-03-18
        for host in ARTICLE.vcenter[1].clusters[0].hosts
    ]
    cluster = ARTICLE.vcenter[1].clusters[0].model_copy(update={"hosts": late})
    vcenters = [
        ARTICLE.vcenter[0],
        ARTICLE.vcenter[1].model_copy(update={"clusters": [cluster], "build": "17694817"}),
    ]
    plan = make(placed(ARTICLE.model_copy(update={"vcenter": vcenters})), Rules())
    (move,) = [one for one in plan.moves if one.component == Component("esxi", "vc-plain")]
    doubts = [one for one in move.answers if one.word is Word.UNVERIFIED_NO]
    assert rows(doubts) == ["ESXi"]
    assert plan.dead_ends == ()


def test_nothing_to_do_is_no_plan():
    """An estate that is where it is to end has no step, and none is invented."""
    today = placed(ARTICLE)
    there = Estate(today.today, {}, today.protects, today.waypoints)
    plan = make(there, Rules())
    assert (plan.steps, plan.dead_ends, plan.ends) == ((), (), today.today)


def test_what_runs_beyond_its_goal_stays():
    """A goal below what runs moves nothing down."""
    plan = planned(vcenter="6.5", esxi="6.5", deep_security="11.0")
    assert {move.component.kind for move in plan.moves}.isdisjoint(
        {"vcenter", "esxi", "manager", "relay", "agent", "appliance"}
    )


def test_a_goal_with_its_build():
    """An NSX goal as the manager reports it leads the same way as its release."""
    plan = planned(nsx="3.1.2.0.0.17883596")
    assert tuple(step.name for step in plan.steps) == STEPS
    assert stops(plan, "nsx", "vc-main")[-1] == "NSX-T 3.1.2.0.0.17883596"


def test_an_appliance_goal_of_its_own():
    """Where appliances end elsewhere than the manager, their hop goes there."""
    plan = planned(rules=Rules(), appliance="20.0.0-1000", agent="20.0.0-900")
    for kind, goal in (
        ("manager", "877"),
        ("relay", "900"),
        ("agent", "900"),
        ("appliance", "1000"),
    ):
        assert stops(plan, kind, "dsm")[-1] == f"20.0.0-{goal}"


def test_reasons_of_vcenters_that_differ_by_an_appliance():
    """One vCenter stops for one row; its twin would stop without it too, and names both."""
    v65, v67, v70 = (At(VSphere.parse(text), dt.date(2021, 3, 9)) for text in ("6.5", "6.7", "7.0"))
    nsx, *builds = (
        At(Nsx.parse("NSX-V 6.4.5")),
        *(At(DeepSecurity.parse(text)) for text in ("11.0.510", "20.0.0-877")),
    )
    hop = row(VSphereHop, product="ESXi", before="6.5", after="7.0", allowed=False)
    given = (
        hop,
        row(VSphereHop, product="ESXi", before="any", after="any", allowed=True),
        both := row(ApplianceNsx, appliance="11.0", nsx="any", esxi="7.0", supported=False),
        row(ApplianceNsx, appliance="20.0", nsx="any", esxi="6.5", supported=False),
        row(ApplianceNsx, appliance="any", nsx="any", esxi="any", supported=True),
        row(NsxVSphere, nsx="any", vcenter="any", esxi="any", supported=True),
    )
    appliance = Component("appliance", "dsm")
    for slugs in (("vc-1", "vc-2"), ("vc-2", "vc-1")):
        today, goal, between = {}, {appliance: builds[1]}, {}
        for slug in slugs:
            today[Component("esxi", slug)], today[Component("nsx", slug)] = (v65,), (nsx,)
            goal[Component("esxi", slug)], between[Component("esxi", slug)] = v70, (v67,)
        today[appliance] = (builds[0],)
        estate = Estate(today, goal, {"dsm": frozenset({"vc-2"})}, between)
        plan = make(
            estate, Rules(lambda model: [one for one in (*given, *OPEN) if isinstance(one, model)])
        )
        assert plan.dead_ends == ()
        assert len(plan.step("vsphere-bridge").moves) == 2
        assert rows(plan.step("vsphere-bridge").detours) == [hop.key, both.key]


def test_the_plan_as_plain_values(plan):
    """What is kept of a plan is JSON, and nothing of it is left out."""
    told = record(Planned(plan, None, {}, Rules()))
    assert json.loads(json.dumps(told, default=str))["arrives"] is True
    assert [step["name"] for step in told["steps"]] == list(STEPS)
    assert sum(len(step["moves"]) for step in told["steps"]) == len(plan.moves)
    assert all(len(one["stands"]) == len(STEPS) + 1 for one in told["components"])
    assert {(one["component"], one["owner"]) for one in told["components"]} >= {
        ("vCenter", "vc-plain"),
        ("VMware Tools", "vc-main"),
    }


def test_the_plan_of_a_running_estate(tmp_path):
    """Read over the wire from the lab the procedure's estate passes the claim of a path."""
    environment = tmp_path / "article.toml"
    environment.write_text('[lab]\nworld = "article"\n')
    ended = judge(tmp_path / "reports", "--env", str(environment), "--check", "PLAN-PATH-001")
    (judged,) = [one for one in ended.results["checks"] if one["id"] == "PLAN-PATH-001"]
    assert judged["outcome"] == "pass", ended.output
    assert judged["examined"] == 10
