"""The operator's own order, followed as far as it goes, and the moments that a run judges."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Unknown
from kanmon.environment.change import PlannedStep
from kanmon.errors import Undetermined
from kanmon.knowledge.compatibility import Rules, Word
from kanmon.planning.course import NOW, Planned, follow
from kanmon.planning.estate import Component
from kanmon.planning.make import make
from kanmon.planning.record import record
from kanmon.steps import STEPS
from lab.world.world import load as world
from tests.estates_by_hand import placed
from tests.facts_by_hand import moment

ARTICLE = placed(world("article"))
RULES = Rules()
BRIDGE = {"step": "vsphere-bridge", "vcenter": "6.7 U3", "esxi": "6.7 U2"}
REST = [{"step": name} for name in STEPS[1:]]
PROCEDURE = [BRIDGE, *REST]


@pytest.fixture(scope="module")
def plan():
    return make(ARTICLE, RULES)


def declared(*order):
    """An order, followed from the procedure's estate."""
    return follow(ARTICLE, RULES, [PlannedStep.model_validate(one) for one in order])


def moved(step):
    """What a step moves, and to what."""
    return [
        (
            move.component.kind,
            move.component.owner,
            " + ".join(str(at.version) for at in move.after),
        )
        for move in step.moves
    ]


def rows(answers):
    return [answer.citation.row for answer in answers if answer.citation]


def test_the_procedures_order(plan):
    """The procedure can be followed to its end, and it is kanmon's own way."""
    followed = declared(*PROCEDURE)
    assert (followed.refused, followed.missing, followed.closed()) == (None, (), ())
    assert [step.name for step in followed.steps] == list(STEPS)
    assert followed.steps[-1].after == plan.ends
    assert [moved(one) for one in followed.steps] == [moved(one) for one in plan.steps]


def test_a_bridge_is_for_those_with_nsx():
    """Without a word about vCenters only those with NSX stop; named ones always do."""
    (step,) = declared(BRIDGE).steps
    assert {owner for _, owner, _ in moved(step)} == {"vc-main"}
    (step,) = declared({**BRIDGE, "vcenters": ["vc-plain"]}).steps
    assert moved(step) == [("vcenter", "vc-plain", "6.7 U3"), ("esxi", "vc-plain", "6.7 U2")]


def test_a_bridge_of_one_product():
    """What a bridge does not name stays; the Tools that NSX asks for go with it."""
    (step,) = declared({"step": "vsphere-bridge", "vcenter": "6.7 U3"}).steps
    assert moved(step) == [("vcenter", "vc-main", "6.7 U3"), ("tools", "vc-main", "10.3.10")]


def test_a_target_step_goes_to_the_end_or_where_it_says():
    """Without a release vSphere goes to its end, with one it goes there."""
    (step,) = declared({"step": "vsphere-target", "vcenters": ["vc-plain"]}).steps
    assert moved(step) == [("vcenter", "vc-plain", "7.0 U2"), ("esxi", "vc-plain", "7.0 U2")]
    order = {"step": "vsphere-target", "vcenters": ["vc-plain"], "vcenter": "7.0 U1"}
    followed = declared(order)
    assert moved(followed.steps[0]) == [("vcenter", "vc-plain", "7.0 U1")]
    assert followed.refused[1].component == Component("esxi", "vc-plain")


@pytest.mark.parametrize(
    ("order", "step", "component", "row"),
    [
        (
            [{"step": "vsphere-target"}],
            "vsphere-target",
            ("vcenter", "vc-main"),
            "NSX-V 6.4.5 with vCenter from 7.0 below 8.0 and ESXi from 7.0 below 8.0",
        ),
        (
            [{"step": "nsxt-build"}],
            "nsxt-build",
            ("nsx", "vc-main"),
            "NSX-T 3.1.2 with vCenter from 6.5 below 6.7 and ESXi from 6.5 below 6.7",
        ),
        (
            [{"step": "agent"}, {"step": "manager"}],
            "agent",
            ("agent", "dsm"),
            "agent from 11.1 with manager from 11.0 below 11.1",
        ),
        (
            [BRIDGE, {"step": "nsxt-build"}],
            "nsxt-build",
            ("nsx", "vc-main"),
            "appliance below 12.0.0-682 on from NSX-T 2.5 and ESXi any",
        ),
        (
            [{"step": "vsphere-bridge", "esxi": "6.7 U2"}],
            "vsphere-bridge",
            ("esxi", "vc-main"),
            "ESXi from 6.7 under vCenter below 6.7",
        ),
    ],
)
def test_an_order_that_a_row_closes(order, step, component, row):
    """The first hop that is closed is named with its row, and nothing after it is followed."""
    followed = declared(*order, {"step": "manager"})
    name, move = followed.refused
    assert (name, move.component) == (step, component)
    assert row in rows(followed.closed())
    assert followed.steps[-1].name == step
    assert not any(move in one.moves for one in followed.steps)
    assert len(followed.steps) <= len(order)


def test_nothing_migrates_to_what_is_not_built():
    """A migration before NSX-T is built is refused; building is no part of it."""
    followed = declared(*(one for one in PROCEDURE if one["step"] != "nsxt-build"))
    name, move = followed.refused
    assert name == "nsx-migration"
    assert [answer.word for answer in move.answers] == [Word.NO]
    assert "before NSX-T 3.1.2 is built" in followed.closed()[0].question


def test_a_build_alone_does_not_arrive():
    """Where NSX-V is never taken away, NSX is missing at the end."""
    followed = declared(*(one for one in PROCEDURE[:5]))
    assert followed.refused is None
    assert Component("nsx", "vc-main") in followed.missing


def test_building_twice_is_building_once():
    """What is done is not done again, and a second build never migrates."""
    twice = declared(*PROCEDURE[:5], {"step": "nsxt-build"})
    assert twice.refused is None
    assert moved(twice.steps[-1]) == []


@pytest.mark.parametrize("left_out", STEPS[1:])
def test_whatever_is_left_out_is_missed(left_out):
    """An order without one of the steps is refused, or names what it does not take to its end."""
    followed = declared(*(one for one in PROCEDURE if one["step"] != left_out))
    assert followed.refused or followed.missing


def test_an_empty_order_misses_everything():
    """Whoever declares a step that moves nothing misses all that has a goal."""
    followed = declared({"step": "nsxt-build", "vcenters": ["vc-plain"]})
    assert set(followed.missing) == set(ARTICLE.goal)


def test_a_step_of_some_vcenters():
    """A step for one vCenter leaves the others where they are, until their own."""
    order = [*PROCEDURE[:6]]
    order += [{"step": "vsphere-target", "vcenters": [slug]} for slug in ("vc-plain", "vc-main")]
    followed = declared(*order)
    assert (followed.refused, followed.missing) == (None, ())
    assert [{owner for _, owner, _ in moved(one)} for one in followed.steps[-2:]] == [
        {"vc-plain"},
        {"vc-main"},
    ]


def planned(plan, order=None, **unknown):
    return Planned(plan, declared(*order) if order else None, unknown, RULES)


def labels(one, **changes):
    return [stage.label for stage in one.stages(moment(**changes))]


def test_stages_before_everything(plan):
    """Before the whole upgrade a run judges now and the state after every step."""
    one = planned(plan)
    assert labels(one, step=None) == [NOW, *(f"after {name}" for name in STEPS)]
    stages = one.stages(moment(step=None))
    assert stages[0].state == ARTICLE.today
    assert stages[-1].state == plan.ends


@pytest.mark.parametrize("name", STEPS)
def test_stages_before_a_step(plan, name):
    """Before a step a run judges now, and now with what the step moves."""
    now, after = planned(plan).stages(moment(step=name))
    step = plan.step(name)
    changed = {
        component for component in after.state if after.state[component] != now.state[component]
    }
    assert now.state == ARTICLE.today
    assert after.label == f"after {name}"
    assert changed == {move.component for move in step.moves}
    assert all(after.state[move.component] == step.after[move.component] for move in step.moves)


@pytest.mark.parametrize("phase", ["mid", "post"])
@pytest.mark.parametrize("step", [None, "manager"])
def test_stages_within_and_after_a_step(plan, phase, step):
    """Once a step has begun only what is there counts."""
    assert labels(planned(plan), phase=phase, step=step) == [NOW]


def test_a_step_that_the_plan_has_not():
    """Of a step that moves nothing there is no state after it."""
    hosts_only = world("article").model_copy(update={"upgrade": {"esxi": "6.7 U2"}})
    one = planned(make(placed(hosts_only), RULES))
    assert labels(one, step="manager") == [NOW]


def test_the_declared_order_is_in_force(plan):
    """Where an operator declares an order, its steps are the ones that are judged."""
    order = [BRIDGE, {"step": "agent"}]
    one = planned(plan, order)
    assert [step.name for step in one.steps] == ["vsphere-bridge", "agent"]
    assert labels(one, step=None) == [NOW, "after vsphere-bridge", "after agent"]
    assert labels(one, step="appliance") == [NOW]


def test_whether_a_component_could_go_straight(plan):
    """vc-main cannot leave out the stop, vc-plain could go at any time."""
    one, bridge = planned(plan), plan.step("vsphere-bridge")
    assert not one.straight(Component("vcenter", "vc-main"), bridge)
    assert one.straight(Component("vcenter", "vc-plain"), bridge)
    assert one.straight(Component("vcenter", "vc-main"), plan.step("vsphere-target"))


def test_what_could_not_be_placed(plan):
    """Of the slugs that are named, or of all."""
    one, two = Unknown("vc-a", "timed out"), Unknown("dsm", "locked")
    told = planned(plan, **{"vc-a": [one], "dsm": [two]})
    assert told.unplaced() == [one, two]
    assert told.unplaced("dsm") == [two]
    assert told.unplaced("vc-main") == []
    assert told.unplaced("vc-main", "vc-a") == [one]


def test_a_plan_with_an_unknown_does_not_arrive(plan):
    """What could not be placed is kept with the plan, and such a plan does not arrive."""
    told = record(planned(plan, dsm=[Unknown("dsm", "locked")]))
    assert told["arrives"] is False
    assert told["unknown"] == [{"subject": "dsm", "reason": "locked"}]


def test_a_refused_order_as_plain_values(plan):
    """The hop that is refused is kept with its rows, and a dead end with its own."""
    told = record(planned(plan, [{"step": "nsxt-build"}]))["declared"]
    assert told["steps"] == ["nsxt-build"]
    assert (told["refused"]["component"], told["refused"]["owner"]) == ("NSX", "vc-main")
    assert told["refused"]["rows"][0]["word"] == "no"
    assert told["refused"]["rows"][0]["source"]


@pytest.mark.parametrize(
    ("step", "component", "where"),
    [
        ("vsphere-bridge", Component("vcenter", "vc-main"), "6.7 U3"),
        ("vsphere-bridge", Component("esxi", "vc-main"), "6.7 U2"),
        ("vsphere-bridge", Component("esxi", "vc-plain"), None),
        ("vsphere-target", Component("vcenter", "vc-main"), "7.0 U2"),
        ("vsphere-target", Component("vcenter", "vc-plain"), "7.0 U2"),
        (None, Component("esxi", "vc-plain"), "7.0 U2"),
        ("manager", Component("manager", "dsm"), "20.0.0-877"),
        ("manager", Component("esxi", "vc-main"), None),
    ],
)
def test_what_a_step_promises(plan, step, component, where):
    """A declared step takes those that it names to where it says, and nobody else."""
    promised = Planned(plan, declared(*PROCEDURE), {}, RULES).promised(step, component)
    assert (promised and str(promised.version)) == where


def test_what_a_step_promises_where_none_is_declared(plan):
    """Only the bridge says by itself nowhere where it leads: that is never taken for nothing."""
    mine = Planned(plan, None, {}, RULES)
    component = Component("vcenter", "vc-main")
    with pytest.raises(Undetermined, match=r"\[\[plan\]\]"):
        mine.promised("vsphere-bridge", component)
    assert str(mine.promised("vsphere-target", component).version) == "7.0 U2"
    assert mine.promised("agent", component) is None


UNSEEN = {"vc-main": [Unknown("vc-main", "build 1 is in no row")]}


def test_nothing_is_promised_of_what_could_not_be_placed(plan):
    """A vCenter that stands nowhere was promised nobody knows what, with the reason."""
    today = {part: at for part, at in plan.estate.today.items() if part.owner != "vc-main"}
    lost = Planned(replace(plan, estate=replace(plan.estate, today=today)), None, UNSEEN, RULES)
    with pytest.raises(Undetermined, match="build 1 is in no row"):
        lost.promised("vsphere-target", Component("vcenter", "vc-main"))


def test_one_object_that_nobody_saw_takes_no_promise_from_what_is_placed(plan):
    """Where all but one host of a vCenter is placed the step leads where it led."""
    one_lost = Planned(plan, None, UNSEEN, RULES)
    component = Component("vcenter", "vc-main")
    assert str(one_lost.promised("vsphere-target", component).version) == "7.0 U2"


def test_what_is_ahead_is_known_wholly_or_not_at_all(plan):
    """Whatever the way is not known of may have a step of its own: then no step is left out."""
    assert Planned(plan, None, {}, RULES).ahead() == set(STEPS)
    assert Planned(plan, declared(*PROCEDURE), {}, RULES).ahead() == set(STEPS)
    unknown = {"vc-main": [Unknown("esx-01", "no answer")]}
    dead = replace(plan, dead_ends=(plan.steps[0],))
    for unsure in (
        Planned(plan, None, unknown, RULES),
        Planned(plan, declared(BRIDGE), {}, RULES),  # it leaves out most
        Planned(plan, declared({"step": "nsx-migration"}), {}, RULES),  # and this is refused
        Planned(dead, None, {}, RULES),
    ):
        assert unsure.ahead() == frozenset()
