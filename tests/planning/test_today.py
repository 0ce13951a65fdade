"""What becomes of what was read: everything is in the estate, or somebody is told why not."""

from __future__ import annotations

import datetime as dt

import pytest

from kanmon.check import Unknown
from kanmon.facts import Apart, Unread
from kanmon.facts.dsm.manager import Manager
from kanmon.planning.estate import Component
from kanmon.planning.waypoints import goal_of
from lab.world.world import load as world
from tests.estates_by_hand import (
    APPLIANCE,
    NSXT_KEY,
    NSXV_MANAGER,
    OTHER,
    UPGRADE,
    made,
    placed,
    texts,
    whole,
    with_nsxv,
)
from tests.facts_by_hand import (
    DSM,
    NSXT,
    NSXV,
    VC_MAIN,
    VC_OTHER,
    VM_UUID,
    about,
    agent,
    compute_manager,
    computer,
    extension,
    host,
    second_host,
)

OLDER = "build {} of 6.5 is older than every row of {}_releases: put a row of your own for it there"


def test_a_vcenter_and_its_hosts():
    """The builds tell release and day; where they go stands in the environment."""
    found = whole(made(VC_MAIN))
    (vcenter,) = found.today[Component("vcenter", "vc-main")]
    (esxi,) = found.today[Component("esxi", "vc-main")]
    assert (str(vcenter), vcenter.released) == ("6.5 U2 (build 8307201)", dt.date(2018, 5, 3))
    assert (str(esxi), esxi.released) == ("6.5 U2 (build 8294253)", dt.date(2018, 5, 3))
    assert {str(goal.version) for goal in found.goal.values()} == {"7.0 U2"}
    assert found.goal.keys() == found.today.keys() == found.waypoints.keys()


def test_a_product_without_a_goal_stays():
    """What the environment does not mention is in the estate, without an end."""
    found = whole(made(VC_MAIN, upgrade={"vcenter": "7.0 U2"}))
    assert found.goal.keys() == {Component("vcenter", "vc-main")}
    assert Component("esxi", "vc-main") in found.today


def test_mixed_hosts_are_all_there():
    """Each build among the hosts is there once, the oldest release first."""
    hosts = (
        host(build="14320388"),
        second_host(build="8294253"),
        host(moref="host-23", build="8294253"),
        host(moref="host-24", build="10390116"),
    )
    found = whole(made(VC_MAIN, hosts={"vc-main": hosts}))
    assert texts(found.today[Component("esxi", "vc-main")]) == [
        "6.5 U2 (build 10390116)",
        "6.5 U2 (build 8294253)",
        "6.7 U3 (build 14320388)",
    ]


def test_a_vcenter_without_hosts():
    """No host is no unknown one."""
    found = whole(made(VC_MAIN, hosts={"vc-main": ()}))
    assert found.today[Component("esxi", "vc-main")] == ()


@pytest.mark.parametrize(
    ("changes", "subject", "reason"),
    [
        (
            {"abouts": {"vc-main": about(build="1")}},
            "vc-main (vc-main.example.jp:443)",
            OLDER.format("1", "vcenter"),
        ),
        (
            {"hosts": {"vc-main": (host(), second_host(build="2"))}},
            "esx-02.example.jp (host-22)",
            OLDER.format("2", "esxi"),
        ),
        (
            {"hosts": {"vc-main": (host(build="3"),)}},
            "esx-01.example.jp (host-21)",
            OLDER.format("3", "esxi"),
        ),
        ({"abouts": {"vc-main": Unread("timed out")}}, "vc-main", "timed out"),
        ({"hosts": {"vc-main": Unread("cut off")}}, "vc-main", "cut off"),
        ({"extensions": {"vc-main": Unread("refused")}}, "vc-main", "refused"),
        ({"nsxv": {"nsxv-main": Unread("no answer")}}, "vc-main", "no answer"),
    ],
)
def test_a_vcenter_that_cannot_be_placed_is_out_whole(changes, subject, reason):
    """One unknown host or an unread fact takes its vCenter out, and says so; the manager stays."""
    found, unknown = with_nsxv(**changes)
    assert unknown == {"vc-main": [Unknown(subject, reason)]}
    assert {component.owner for component in found.today} == {"dsm"}


def test_every_unknown_build_is_told():
    """All builds that no table knows are named at once, each with one host that has it."""
    hosts = (host(build="2"), second_host(build="3"), host(moref="host-23", build="3"))
    _, unknown = made(VC_MAIN, hosts={"vc-main": hosts}, abouts={"vc-main": about(build="1")})
    assert [one.reason.split()[1] for one in unknown["vc-main"]] == ["1", "2", "3"]


def test_one_vcenter_out_leaves_the_other():
    """What cannot be placed of one says nothing of the next."""
    found, unknown = made(
        VC_MAIN,
        VC_OTHER,
        abouts={"vc-main": Unread("timed out"), "vc-other": OTHER},
        hosts={"vc-main": Unread("timed out"), "vc-other": (host(),)},
        vms={"vc-main": (), "vc-other": ()},
        extensions={"vc-main": (), "vc-other": ()},
    )
    assert list(unknown) == ["vc-main"]
    assert {component.owner for component in found.today} == {"vc-other"}


@pytest.mark.parametrize("key", ["com.vmware.vShieldManager", NSXT_KEY])
def test_an_nsx_that_nobody_named(key):
    """A vCenter that knows an NSX which the environment does not is not one without NSX."""
    found, unknown = made(VC_MAIN, extensions={"vc-main": (extension(key=key),)})
    assert [one.subject for one in unknown["vc-main"]] == ["vc-main"]
    assert key in unknown["vc-main"][0].reason
    assert found.today == {}


def test_nsxv_is_attached():
    """NSX-V is at its vCenter, with the goal and the releases on the way there."""
    found = whole(with_nsxv())
    assert texts(found.today[Component("nsx", "vc-main")]) == ["NSX-V 6.4.5 (build 13282012)"]
    assert str(found.goal[Component("nsx", "vc-main")]) == "NSX-T 3.1.2"
    stops = texts(found.waypoints[Component("nsx", "vc-main")])
    assert "NSX-V 6.4.8" in stops
    assert "NSX-T 3.1.2" not in stops


def test_an_nsxv_of_an_odd_version():
    """A version that is none takes the vCenter out."""
    odd = {"nsxv-main": NSXV_MANAGER.__class__("six", "", "", True, (), ())}
    found, unknown = with_nsxv(nsxv=odd)
    assert "NSX-V six" in unknown["vc-main"][0].reason
    assert {component.owner for component in found.today} == {"dsm"}


@pytest.mark.parametrize(
    ("registered", "attached"),
    [
        ((compute_manager(),), True),
        ((compute_manager(registration_status="REGISTERING"),), True),
        ((compute_manager(registration_status="UNREGISTERED"),), False),
        ((), False),
    ],
)
def test_nsxt_is_attached_where_it_is_registered(registered, attached):
    """An NSX-T that is only set up beside a vCenter is not attached: a first NSX has no plan."""
    found, unknown = made(VC_MAIN, NSXT, DSM, compute_managers={"nsxt": registered})
    value = found.today.get(Component("nsx", "vc-main"), ())
    assert texts(value) == ["NSX-T 3.1.2.0.0.17883596"] * attached
    assert ("vc-main" in unknown) is not attached


def test_both_kinds_of_nsx():
    """During the migration both are attached."""
    both = {"vc-main": (extension(), extension(key=NSXT_KEY))}
    found = whole(
        made(
            VC_MAIN,
            NSXV,
            NSXT,
            DSM,
            extensions=both,
            compute_managers={"nsxt": (compute_manager(),)},
        )
    )
    kinds = [at.version.product for at in found.today[Component("nsx", "vc-main")]]
    assert kinds == ["NSX-V", "NSX-T"]


@pytest.mark.parametrize(
    "changes",
    [
        {"compute_managers": {"nsxt": Unread("no rights")}},
        {
            "nsxt": {"nsxt": Unread("no rights")},
            "compute_managers": {"nsxt": (compute_manager(),)},
        },
    ],
)
def test_an_nsxt_that_was_not_read(changes):
    """Whether it is attached, and at which version, nobody can say."""
    found, unknown = made(VC_MAIN, NSXT, DSM, **changes)
    assert unknown == {"vc-main": [Unknown("vc-main", "no rights")]}
    assert {component.owner for component in found.today} == {"dsm"}


def test_strangers_of_an_nsxt():
    """A vCenter registered under an address that nobody knows could be any of the environment."""
    strange = (compute_manager(), compute_manager(id="cm-2", server="10.0.0.9"))
    found, unknown = made(VC_MAIN, NSXT, DSM, compute_managers={"nsxt": strange})
    assert "10.0.0.9" in unknown["vc-main"][0].reason
    assert {component.owner for component in found.today} == {"dsm"}


def test_a_manager_and_what_it_manages():
    """Relays, agents and appliances are told apart, each at every version that is in use."""
    computers = (
        agent(),
        agent(id=202, agent_version="10.0.0.3259"),
        agent(id=203),
        agent(id=204, relay=True, agent_version="11.0.0.1617"),
        agent(id=205, kind="esx", agent_version="6.5.0"),
        agent(id=206, agent_version="", agent_status="inactive"),
        APPLIANCE,
        computer(),
    )
    found = whole(with_nsxv(computers={"dsm": computers}))
    components = {
        component.kind: texts(v) for component, v in found.today.items() if component.owner == "dsm"
    }
    assert components == {
        "manager": ["11.0.0-510"],
        "agent": ["10.0.0-3259", "11.0.0-582"],
        "relay": ["11.0.0-1617"],
        "appliance": ["11.0.0-582"],
    }
    assert {str(found.goal[Component(kind, "dsm")]) for kind in components} == {"20.0.0-877"}


def test_goals_of_their_own():
    """Agents and relays may end elsewhere than the manager, and appliances elsewhere again."""
    goals = {**UPGRADE, "agent": "20.0.0-900", "appliance": "20.0"}
    computers = (agent(), agent(id=202, relay=True), APPLIANCE)
    found = whole(with_nsxv(upgrade=goals, computers={"dsm": computers}))
    told = {
        component.kind: str(at) for component, at in found.goal.items() if component.owner == "dsm"
    }
    assert told == {
        "manager": "20.0.0-877",
        "agent": "20.0.0-900",
        "relay": "20.0.0-900",
        "appliance": "20.0",
    }


def test_a_manager_alone():
    """An estate of a manager that manages nothing, without a goal."""
    found = whole(made(VC_MAIN, DSM, upgrade={}))
    assert texts(found.today[Component("manager", "dsm")]) == ["11.0.0-510"]
    assert found.goal == {}


@pytest.mark.parametrize(
    ("changes", "subject", "reason"),
    [
        ({"managers": {"dsm": Unread("locked")}}, "dsm", "locked"),
        ({"computers": {"dsm": Unread("page 3")}}, "dsm", "page 3"),
        ({"managers": {"dsm": Manager("eleven", ())}}, "dsm", "eleven"),
        (
            {"computers": {"dsm": (agent(), agent(id=207, agent_version="11.x"))}},
            "app-01 (computer 207)",
            "11.x",
        ),
        (
            {"computers": {"dsm": (agent(agent_version="11.0"), agent(id=207))}},
            "app-01 (computer 201)",
            "its version 11.0 does not say the build",
        ),
    ],
)
def test_a_manager_that_cannot_be_placed_is_out_whole(changes, subject, reason):
    """An agent whose version is none, or one that could be any build, takes its manager out."""
    found, unknown = made(VC_MAIN, DSM, **changes)
    (one,) = unknown["dsm"]
    assert one.subject == subject
    assert reason in one.reason
    assert {component.owner for component in found.today} == {"vc-main"}


def test_stops_never_go_back_in_time():
    """A release that is older than the newest of what runs is no place to stop at."""
    found = whole(made(VC_MAIN, abouts={"vc-main": about(build="17712750")}))
    stops = found.waypoints[Component("vcenter", "vc-main")]
    assert min(at.released for at in stops) == dt.date(2021, 3, 18)
    assert {str(at.version) for at in stops}.isdisjoint({"6.7 U3", "7.0 U2"})


def test_a_planned_release_has_the_day_of_its_first_build():
    """The day of a release is that of its oldest build; of an unknown one there is none."""
    assert goal_of("esxi", "6.7 U3").released == dt.date(2019, 8, 20)
    assert goal_of("vcenter", "7.0 U2").released == dt.date(2021, 3, 9)
    assert goal_of("vcenter", "10.0").released is None
    assert goal_of("esxi", "7.0 U2").build == ""


def test_nothing_of_the_procedures_estate_drops_out():
    """Every vCenter, host, NSX, manager, relay, agent, appliance and guest's Tools is there."""
    found = placed(world("article"))
    assert {
        (component.kind, component.owner): len(value) for component, value in found.today.items()
    } == {
        ("vcenter", "vc-main"): 1,
        ("esxi", "vc-main"): 1,
        ("nsx", "vc-main"): 1,
        ("tools", "vc-main"): 1,
        ("vcenter", "vc-plain"): 1,
        ("esxi", "vc-plain"): 1,
        ("manager", "dsm"): 1,
        ("relay", "dsm"): 1,
        ("agent", "dsm"): 1,
        ("appliance", "dsm"): 1,
    }


HOST_LOST = Apart("esx-09.example.jp (host-29)", "vCenter left its product unset")


def test_a_host_that_nobody_read_is_named_beside_those_that_are_placed():
    """The others stand where they stand; of a step that is made of them nobody knows enough."""
    found, unknown = made(VC_MAIN, apart={("vc-main", "hosts"): (HOST_LOST,)})
    assert Component("esxi", "vc-main") in found.today
    assert unknown == {"vc-main": [Unknown(HOST_LOST.subject, HOST_LOST.reason)]}


def test_a_host_that_nobody_read_is_of_its_own_vcenter():
    """Another vCenter is placed as before."""
    found, unknown = made(
        VC_MAIN,
        VC_OTHER,
        abouts={"vc-main": about(), "vc-other": OTHER},
        hosts={"vc-main": (host(),), "vc-other": (host(),)},
        vms={"vc-main": (), "vc-other": ()},
        extensions={"vc-main": (), "vc-other": ()},
        apart={("vc-main", "hosts"): (HOST_LOST,)},
    )
    assert unknown.keys() == {"vc-main"}
    assert {component.owner for component in found.today} == {"vc-main", "vc-other"}


def test_a_computer_that_nobody_read_is_named_for_its_manager():
    """It may be an agent older than all others."""
    lost = Apart("odd (computer 7)", "its version is no text")
    _, unknown = made(VC_MAIN, DSM, apart={("dsm", "computers"): (lost,)})
    assert unknown == {"dsm": [Unknown(lost.subject, lost.reason)]}


@pytest.mark.parametrize(
    ("uuid", "named"), [(VM_UUID, []), ("another", [Unknown("new (vm-9)", "odd")])]
)
def test_a_vm_that_nobody_read_may_be_a_guest_that_is_found_nowhere(uuid, named):
    """Its Tools are on the way; where every protected guest is found it is none of them."""
    lost = {("vc-main", "vms"): (Apart("new (vm-9)", "odd"),)}
    _, unknown = with_nsxv(computers={"dsm": (computer(vm_uuid=uuid), APPLIANCE)}, apart=lost)
    assert unknown.get("vc-main", []) == named
