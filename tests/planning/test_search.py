"""The search: never dearer than what a search of everything at once finds, and never different.

What is promised where not all arrives: as much as can, and the cheapest way to that. Of the
kinds of components appliances alone have no stops: no estate that was read gives them any.
"""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanmon.knowledge.compatibility import At, Rules, Word
from kanmon.knowledge.interop import (
    ApplianceNsx,
    DeepSecurityPair,
    NsxVSphere,
    ToolsFloor,
    VSphereHop,
)
from kanmon.planning.estate import Component, Estate
from kanmon.planning.hops import Mover
from kanmon.planning.make import make
from kanmon.planning.owner_search import Cost, cost_of, sum_of
from kanmon.planning.search import search
from kanmon.versions import DeepSecurity, Nsx, Tools, VSphere
from tests.joint_search import Joint
from tests.random_estates import OPEN, Drawn, row

SEEDS = st.integers(0, 2**32)

DAY = dt.date(2021, 3, 9)
V65, V67, V70 = (At(VSphere.parse(text), DAY) for text in ("6.5", "6.7", "7.0"))
NSXV, NSXT30, NSXT31 = (
    At(Nsx.parse(text)) for text in ("NSX-V 6.4.5", "NSX-T 3.0.0", "NSX-T 3.1.2")
)
D11, D20 = (At(DeepSecurity.parse(text)) for text in ("11.0.510", "20.0.0-877"))


def found(estate, rules):
    """Components left, and the cost of all ways."""
    ways = search(Mover(estate, rules))
    return sum(one.left for one in ways), tuple(sum_of(one.cost for one in ways))


def rules_of(*rows):
    """Rules by these rows; where none of them fits, the answer is yes."""
    return Rules(lambda model: [one for one in (*rows, *OPEN) if isinstance(one, model)])


def only(today, goal, **more):
    """An estate of components by kind and owner."""
    return Estate(
        {Component(*key): value for key, value in today.items()},
        {Component(*key): value for key, value in goal.items()},
        **more,
    )


@given(seed=SEEDS)
def test_it_finds_what_the_search_of_everything_finds(seed):
    """Groups, timelines and bounds change neither the cost nor how near it comes."""
    drawn = Drawn(seed)
    assert found(drawn.estate, drawn.rules) == Joint(drawn.estate, drawn.rules).nearest()


@given(seed=SEEDS)
def test_the_plan_is_what_was_found(seed):
    """Replayed hop by hop the merged plan costs what the ways cost, and no row closes a hop."""
    drawn = Drawn(seed)
    ways = search(Mover(drawn.estate, drawn.rules))
    plan = make(drawn.estate, drawn.rules)
    state = dict(drawn.estate.today)
    mover = Mover(drawn.estate, drawn.rules)
    for step in plan.steps:
        assert step.before == state
        for move in step.moves:
            assert move == mover.move(move.component, move.to, state)
            assert not move.forbidden
            state[move.component] = move.after
        assert step.after == state
    assert plan.ends == state
    told = sum_of(cost_of(move.answers) for move in plan.moves)
    assert told[:3] == sum_of(one.cost for one in ways)[:3]  # the age is the search's own
    arrives = all(drawn.estate.arrived(component, value) for component, value in state.items())
    assert arrives == (not plan.dead_ends) == (sum(one.left for one in ways) == 0)


@given(seed=SEEDS)
def test_a_dead_end_says_what_closes_it(seed):
    """Each component that does not arrive is named once, with rows that say no, or with silence."""
    drawn = Drawn(seed)
    plan = make(drawn.estate, drawn.rules)
    late = {p for p, value in plan.ends.items() if not drawn.estate.arrived(p, value)}
    assert {end.component for end in plan.dead_ends} == late
    assert len(plan.dead_ends) == len(late)
    for end in plan.dead_ends:
        assert end.value == plan.ends[end.component]
        assert end.answers
        assert {answer.word for answer in end.answers} in ({Word.NO}, {Word.SILENCE})


def test_what_is_drawn_is_worth_it():
    """Of the estates drawn some arrive and some do not, by detours, doubts and shared timelines."""
    drawn = [Drawn(seed) for seed in range(300)]
    nearest = [found(one.estate, one.rules) for one in drawn]
    ways = [way for one in drawn for way in search(Mover(one.estate, one.rules))]
    arrived = [Cost(*cost) for left, cost in nearest if not left]
    assert 50 < len(arrived) < 250
    assert sum(cost.age > 0 for cost in arrived) > 2
    assert sum(cost.hops > 6 for cost in arrived) > 2
    assert sum(len(one.timeline) == 1 and len(one.ways) > 1 for one in ways) > 20
    assert sum(len(one.timeline) == 2 for one in ways) > 2
    assert {len(one.estate.owners) for one in drawn} >= {1, 2, 3, 4}


def test_ten_vcenters_at_ten_releases():
    """A large estate is the sum of its vCenters: each gets its way, mixed hosts and all."""
    releases = [At(VSphere.parse(f"6.{n}"), DAY) for n in range(10)]
    today = {}
    for number, release in enumerate(releases):
        today["vcenter", f"vc-{number}"] = (release,)
        today["esxi", f"vc-{number}"] = (releases[0], release) if number else (release,)
        today["nsx", f"vc-{number}"] = (NSXV,)
    today["manager", "dsm"], today["appliance", "dsm"] = (D11,), (D11,)
    goals = {"vcenter": V70, "esxi": V70, "nsx": NSXT31, "manager": D20, "appliance": D20}
    estate = only(
        today,
        {key: goals[key[0]] for key in today},
        protects={"dsm": frozenset(f"vc-{number}" for number in range(10))},
    )
    plan = make(estate, rules_of())
    assert not plan.dead_ends
    assert len(plan.moves) == 10 * 4 + 2


def test_hosts_beyond_the_goal_stay():
    """What is newer than the goal is at its end; only the older hosts move."""
    estate = only({("esxi", "vc"): (V65, V70)}, {("esxi", "vc"): V67})
    (way,) = search(Mover(estate, rules_of()))
    ((_, move),) = way.ways["vc"].moves
    assert move.after == (V67, V70)
    newer = only({("esxi", "vc"): (V70,)}, {("esxi", "vc"): V67})
    assert found(newer, rules_of()) == (0, (0, 0, 0, 0))


def test_an_older_nsxt_is_upgraded_where_it_stands():
    """Beside nothing it is one hop; beside NSX-V the migration follows."""
    goal = {("nsx", "vc"): NSXT31}
    alone = make(only({("nsx", "vc"): (NSXT30,)}, goal), rules_of())
    assert [move.after for move in alone.moves] == [(NSXT31,)]
    both = make(only({("nsx", "vc"): (NSXV, NSXT30)}, goal), rules_of())
    assert [move.after for move in both.moves] == [(NSXV, NSXT31), (NSXT31,)]
    assert [move.removes for move in both.moves] == [False, True]


def test_a_second_nsxt_does_not_arrive_by_the_first():
    """One of two NSX-T at the goal leaves a hop for the other, and the newer one is kept."""
    newer = At(Nsx.parse("NSX-T 3.2.0"))
    goal = {("nsx", "vc"): NSXT31}
    two = only({("nsx", "vc"): (NSXT30, newer)}, goal)
    assert [move.after for move in make(two, rules_of()).moves] == [(NSXT31, newer)]
    three = only({("nsx", "vc"): (NSXV, NSXT30, NSXT31)}, goal)
    assert [move.after for move in make(three, rules_of()).moves] == [(NSXT30, NSXT31), (NSXT31,)]


def test_a_stop_never_migrates():
    """Only the end of the upgrade takes the other NSX away, else the way could go in circles."""
    estate = only(
        {("nsx", "vc"): (NSXT30, NSXT31)},
        {("nsx", "vc"): NSXV},
        waypoints={Component("nsx", "vc"): (NSXT31,)},
    )
    assert [move.after for move in make(estate, rules_of()).moves] == [
        (NSXT30, NSXT31, NSXV),
        (NSXV,),
    ]


@pytest.mark.parametrize(
    ("floor", "kinds"),
    [
        ({"minimum": "10.3.10"}, ["tools", "nsx", "nsx"]),
        ({"minimum": "10.3.10", "confidence": "unverified"}, ["tools", "nsx", "nsx"]),
        ({"minimum": "10.2.1"}, ["nsx", "nsx"]),
        ({}, ["nsx", "nsx"]),
    ],
)
def test_tools_move_where_nsxt_asks(floor, kinds):
    """Tools have no end of their own: they move only where a row speaks against NSX-T on them."""
    rows = [row(ToolsFloor, nsx="NSX-T 3.1", **floor)] if floor else []
    estate = only(
        {("nsx", "vc"): (NSXV,), ("tools", "vc"): (At(Tools.parse("10.2.1")),)},
        {("nsx", "vc"): NSXT31},
        waypoints={Component("tools", "vc"): (At(Tools.parse("10.3.10")),)},
    )
    plan = make(estate, rules_of(*rows))
    assert [move.component.kind for move in plan.moves] == kinds


def test_an_appliance_in_two_ways():
    """Two managers in one vCenter: each appliance goes when the manager's and NSX's turn allows."""
    rows = rules_of(
        row(ApplianceNsx, appliance="below 20.0", nsx="NSX-T 3.1.2", esxi="any", supported=False),
        row(ApplianceNsx, appliance="20.0", nsx="any", esxi="any", supported=True),
        row(
            DeepSecurityPair,
            product="appliance",
            version="20.0",
            partner="manager",
            partner_version="below 20.0",
            supported=False,
        ),
    )
    today = {("esxi", "vc"): (V67,), ("nsx", "vc"): (NSXV,)}
    goal = {("nsx", "vc"): NSXT31}
    for slug in ("dsm-1", "dsm-2"):
        today[("manager", slug)], today[("appliance", slug)] = (D11,), (D11,)
        goal[("manager", slug)], goal[("appliance", slug)] = D20, D20
    protects = {"dsm-1": frozenset({"vc"}), "dsm-2": frozenset({"vc"})}
    plan = make(only(today, goal, protects=protects), rows)
    assert [(move.component.kind, move.component.owner) for move in plan.moves] == [
        ("manager", "dsm-1"),
        ("manager", "dsm-2"),
        ("appliance", "dsm-1"),
        ("appliance", "dsm-2"),
        ("nsx", "vc"),
        ("nsx", "vc"),
    ]


def test_one_vcenter_that_is_stuck_holds_nobody_who_could_go():
    """Where the appliance cannot move for one vCenter, the other goes as far as it can without."""
    rows = rules_of(
        row(ApplianceNsx, appliance="20.0", nsx="NSX-V 6.4.5", esxi="6.5", supported=False),
        row(ApplianceNsx, appliance="20.0", nsx="any", esxi="any", supported=True),
        row(VSphereHop, product="ESXi", before="6.5", after="any", allowed=False),
        row(NsxVSphere, nsx="NSX-T 3.1.2", esxi="6.5", supported=False),
        row(ApplianceNsx, appliance="11.0", nsx="NSX-V 6.4.5", esxi="any", supported=True),
    )
    today = {
        ("esxi", "vc-1"): (V65,),
        ("nsx", "vc-1"): (NSXV,),
        ("esxi", "vc-2"): (V67,),
        ("nsx", "vc-2"): (NSXV,),
        ("manager", "dsm"): (D20,),
        ("appliance", "dsm"): (D11,),
    }
    goal = {
        ("esxi", "vc-1"): V70,
        ("esxi", "vc-2"): V70,
        ("appliance", "dsm"): D20,
    }
    estate = only(today, goal, protects={"dsm": frozenset({"vc-1", "vc-2"})})
    plan = make(estate, rows)
    assert [move.component for move in plan.moves] == [Component("esxi", "vc-2")]
    assert {end.component for end in plan.dead_ends} == {
        Component("esxi", "vc-1"),
        Component("appliance", "dsm"),
    }


def test_of_two_that_are_in_each_others_way_the_cheaper_goes():
    """Where either the appliance or NSX can go, the cheaper way decides."""
    rows = rules_of(
        row(ApplianceNsx, appliance="20.0", nsx="NSX-T 3.1.2", esxi="any", supported=False)
    )
    today = {("esxi", "vc"): (V67,), ("nsx", "vc"): (NSXV,), ("appliance", "dsm"): (D11,)}
    goal = {("nsx", "vc"): NSXT31, ("appliance", "dsm"): D20}
    plan = make(only(today, goal, protects={"dsm": frozenset({"vc"})}), rows)
    assert [end.component.kind for end in plan.dead_ends] == ["nsx"]


def test_twins_that_differ_by_an_appliance():
    """Of two vCenters alike in all but a second appliance each gets its own way."""
    rows = rules_of(
        row(ApplianceNsx, appliance="below 20.0", nsx="NSX-T 3.1.2", esxi="any", supported=False),
    )
    today, goal = {}, {}
    for slug in ("vc-1", "vc-2"):
        today["esxi", slug], today["nsx", slug] = (V67,), (NSXV,)
        goal["nsx", slug] = NSXT31
    today["appliance", "dsm-1"], today["appliance", "dsm-2"] = (D20,), (D11,)
    for second in ("vc-1", "vc-2"):
        protects = {"dsm-1": frozenset({"vc-1", "vc-2"}), "dsm-2": frozenset({second})}
        plan = make(only(today, goal, protects=protects), rows)
        assert [end.component.owner for end in plan.dead_ends] == [second]


def test_a_cost_is_compared_part_by_part():
    """A no is worse than any number of hops, and a doubt decides only where hops do not."""
    assert Cost(against=1) > Cost(hops=9)
    assert Cost(hops=2) > Cost(hops=1, doubts=9)
    assert Cost(doubts=1) > Cost(age=9)
    assert Cost(1, 2, 3, 4).plus(Cost(1, 1, 1, 1)) == Cost(2, 3, 4, 5)
