"""Two runs beside each other: what is the same object, what changed of it, and what explains it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanmon.comparing import Change, Comparison, Expectation, Side, Weight, compare, keys
from kanmon.comparing.pairing import By, pair
from kanmon.environment.file import Environment
from kanmon.facts import Apart, Unread
from kanmon.facts.dsm import manager as dsm
from kanmon.facts.nsxt import state as nsxt_state
from kanmon.facts.vcenter import management as vcenter_management
from tests.facts_by_hand import (
    DSM,
    NOW,
    NSXT,
    NSXV,
    OTHER_VCENTER_UUID,
    VC_MAIN,
    VC_OTHER,
    about,
    agent,
    computer,
    environment,
    host,
    manager,
    node,
    second_host,
    server,
    vm,
)

ESTATE = environment(VC_MAIN, VC_OTHER, DSM)
OTHER = {"instance_uuid": OTHER_VCENTER_UUID}


def parts(**changes: Any) -> dict[tuple[str, str], Any]:
    """All that a comparison of the estate asks for; "vc_main__vms" is the VMs of vc-main."""
    made: dict[tuple[str, str], Any] = dict.fromkeys(keys(ESTATE), ())
    made |= {
        ("vc-main", "about"): about(),
        ("vc-main", "hosts"): (host(), second_host()),
        ("vc-main", "vms"): (vm(),),
        ("vc-other", "about"): about(**OTHER),
        ("dsm", "manager"): manager(),
        ("dsm", "nodes"): (node(1), node(2)),
        ("dsm", "computers"): (computer(), agent()),
        ("dsm", "policies"): (dsm.Policy(1, "Base Policy"),),
        ("dsm-db", "server"): server(),
    }
    for name, value in changes.items():
        slug, part = name.split("__")
        made[slug.replace("_", "-"), part] = value
    return made


def compared(
    before: dict[tuple[str, str], Any] | None = None,
    now: dict[tuple[str, str], Any] | None = None,
    step: str | None = "manager",
    estate: Environment = ESTATE,
    *,
    moves: bool | None = True,
) -> Comparison:
    """Two runs; what is left out is the whole estate, unchanged."""
    return compare(
        Side(ESTATE, parts() if before is None else before),
        Side(estate, parts() if now is None else now),
        Expectation(step, lambda _kind, _owner: moves),
    )


def told(found: Comparison) -> list[tuple[str, str, str | None, str | None, str | None]]:
    return [(c.change, c.subject, c.field, c.before, c.after) for c in found.changes]


def only(found: Comparison) -> Change:
    (change,) = found.changes
    return change


def test_a_run_is_the_same_as_itself() -> None:
    """Nothing changed, and everything was compared."""
    assert compared().same
    assert compared().looked_at["vcenter.hosts"] == 2


def test_what_vanished_and_what_appeared_is_told_by_its_id() -> None:
    """A host that is gone and one that is new are two objects, whatever they are called."""
    new = second_host(moref="host-99")
    found = compared(now=parts(vc_main__hosts=(host(), new)))
    assert told(found) == [
        ("vanished", "esx-02.example.jp (vc-main host-22)", None, None, None),
        ("appeared", "esx-02.example.jp (vc-main host-99)", None, None, None),
    ]
    assert found.changes[0].beside == "another one of its name is there: host-99"
    assert found.changes[0].inventory


def beside(part: str, subject: str, left: Any, whole: Any) -> tuple[Side, Side]:
    """Two runs of which one could not read an object of a part of vc-main."""
    name = f"vc_main__{part}"
    lost = {("vc-main", part): (Apart(subject, "it is odd"),)}
    return Side(ESTATE, parts(**{name: left}), lost), Side(ESTATE, parts(**{name: whole}))


MOVES = Expectation("manager", lambda _kind, _owner: True)


def test_what_one_run_could_not_read_is_not_compared() -> None:
    """It neither vanished nor appeared, and it is named."""
    odd, whole = beside("hosts", second_host().label, (host(),), (host(), second_host()))
    for before, now, run in ((whole, odd, "this run"), (odd, whole, "the run before")):
        found = compare(before, now, MOVES)
        assert not found.changes
        (missed,) = found.not_compared
        assert missed.reason == f"{run}: esx-02.example.jp (host-22): it is odd"


def test_what_bears_the_id_of_another_as_its_name_hides_it_not() -> None:
    """A VM may be called as the id of another one is."""
    whole = (vm(), vm(moref="vm-9", name="vm-101", instance_uuid="9", bios_uuid="9"))
    odd, well = beside("vms", "vm-101 (vm-9)", (), whole)
    assert told(compare(well, odd, MOVES)) == [
        ("vanished", "vdi-01 (vc-main vm-101)", None, None, None)
    ]


def test_one_alarm_that_could_not_be_read_hides_no_other_of_its_object() -> None:
    """Alarms share the id of what they are of, and are told apart by their names."""
    alarm = vcenter_management.Alarm("Host CPU usage", "host-22", "esx-02", "red", NOW, False)
    other = replace(alarm, name="Host memory usage")
    subject = "alarm Host CPU usage of esx-02 (host-22)"
    odd, well = beside("alarms", subject, (other,), (alarm,))
    changes = compare(well, odd, MOVES).changes
    assert [(one.change, one.name) for one in changes] == [("appeared", "Host memory usage")]


def test_a_new_name_is_no_new_object() -> None:
    """A VM that was renamed is known by its id, and only its name changed."""
    found = compared(now=parts(vc_main__vms=(vm(name="renamed"),)))
    assert told(found) == [("changed", "vdi-01 (vc-main vm-101)", "name", "vdi-01", "renamed")]


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(vm(moref="vm-900"), id="registered again"),
        pytest.param(vm(moref="vm-900", instance_uuid="x"), id="known by its BIOS alone"),
        pytest.param(vm(instance_uuid=None, bios_uuid=None), id="its configuration is not there"),
        pytest.param(vm(instance_uuid="x"), id="one of its uuids was changed"),
    ],
)
def test_a_vm_is_known_by_any_of_its_ids(now: Any) -> None:
    """None vanished and none appeared: one of its ids still says which VM it is."""
    assert {c.change for c in compared(now=parts(vc_main__vms=(now,))).changes} <= {"changed"}


def test_a_moref_that_another_vm_has_now_is_no_id() -> None:
    """After a restore vCenter may give an old moref to a new VM: the old one is gone."""
    other = vm(name="other", instance_uuid="x", bios_uuid="y")
    found = compared(now=parts(vc_main__vms=(other,)))
    assert [c.change for c in found.changes] == ["vanished", "appeared"]


def test_a_vm_that_moved_to_another_vcenter_is_not_lost() -> None:
    """Its uuid is known in the other one, under another moref."""
    moved = vm(moref="vm-7")
    assert compared(now=parts(vc_main__vms=(), vc_other__vms=(moved,))).same


def test_what_vcenter_re_creates_at_will_is_not_compared() -> None:
    """VMs of vCLS come and go with a vCenter's and a host's release."""
    service = vm(moref="vm-777", name="vCLS (1)", managed_by="com.vmware.vim.eam")
    assert compared(parts(vc_main__vms=(vm(), service)), parts(vc_main__vms=(vm(),))).same


def test_clones_that_share_a_bios_uuid_are_told_apart() -> None:
    """An id that two objects share says nothing of either."""
    one, two = vm(instance_uuid=None), vm(instance_uuid=None, moref="vm-102", name="clone")
    found = compared(parts(vc_main__vms=(one, two)), parts(vc_main__vms=(two,)))
    assert told(found) == [("vanished", "vdi-01 (vc-main vm-101)", None, None, None)]


def test_a_vcenter_is_known_by_its_uuid() -> None:
    """Another vCenter under the old slug is another one, and so are its hosts of equal morefs."""
    found = compared(now=parts(vc_main__about=about(instance_uuid="new"), vc_main__vms=()))
    gone = [c.subject for c in found.changes if c.change == "vanished"]
    assert gone == [
        "vc-main (vc-main d7a1f0c4-0000-4000-8000-00000000000a)",
        "esx-01.example.jp (vc-main host-21)",
        "esx-02.example.jp (vc-main host-22)",
        "vdi-01 (vc-main vm-101)",
    ]


def test_what_the_file_did_not_name_before_is_not_compared() -> None:
    """Nobody can say what vanished from a vCenter that the run before was not of."""
    with_one = environment(VC_MAIN, DSM)
    before = Side(with_one, {key: f for key, f in parts().items() if key[0] != "vc-other"})
    found = compare(before, Side(ESTATE, parts()), Expectation("manager", lambda *_: True))
    assert found.changes == ()
    missed = {one.part for one in found.not_compared if one.target == "vc-other"}
    assert missed == {part for part in found.looked_at if part.startswith("vcenter.")}


@pytest.mark.parametrize(
    ("step", "missed"), [("nsxt-build", set()), (None, set()), ("agent", {"nsxt"})]
)
def test_a_step_may_build_a_target(step: str | None, missed: set[str]) -> None:
    """NSX-T is new where the step builds it, and unknown where another step found it."""
    later = environment(VC_MAIN, VC_OTHER, DSM, NSXT)
    now = parts() | dict.fromkeys((key for key in keys(later) if key[0] == "nsxt"), ())
    found = compare(Side(ESTATE, parts()), Side(later, now), Expectation(step, lambda *_: True))
    assert {one.target for one in found.not_compared} == missed


def test_a_slug_is_only_a_name() -> None:
    """A vCenter that the file calls otherwise is the same one, with all that is in it."""
    renamed = environment(VC_MAIN.replace('"vc-main"', '"vc-new"'), VC_OTHER, DSM)
    now = {(slug.replace("vc-main", "vc-new"), part): f for (slug, part), f in parts().items()}
    assert compared(now=now, estate=renamed).same


def test_what_the_file_no_longer_names_is_gone() -> None:
    """A vCenter that was taken out of the environment file has vanished with all that it held."""
    found = compared(estate=environment(VC_OTHER, DSM))
    assert {c.kind for c in found.changes if c.change == "vanished"} == {"vCenter", "host", "VM"}


def test_a_computer_is_known_by_its_number_or_its_vm() -> None:
    """One that was added again has another number; its VM's uuid tells that it is the same."""
    again = computer(id=999)
    assert compared(now=parts(dsm__computers=(again, agent()))).same


def test_a_number_that_another_computer_has_now_is_no_id() -> None:
    """After a restored database a number may be given again: the old computer is gone."""
    other = computer(vm_uuid="other", host_name="other", display_name="other")
    found = compared(now=parts(dsm__computers=(other, agent())))
    assert [c.change for c in found.changes] == ["vanished", "appeared"]


@pytest.mark.parametrize("run", ["before", "now"])
@pytest.mark.parametrize("part", sorted(keys(ESTATE)), ids=str)
def test_what_one_run_did_not_read_is_not_compared(run: str, part: tuple[str, str]) -> None:
    """Unread or not asked for: it stands in the outcome, and is no "nothing changed"."""
    for lost in ({**parts(), part: Unread("no answer")}, parts()):
        if lost[part] != Unread("no answer"):
            del lost[part]
        found = compared(**{run: lost})
        assert not found.same
        assert not found.changes
        assert (part[0], part[1]) in {(m.target, m.part.split(".")[1]) for m in found.not_compared}
        who = "the run before" if run == "before" else "this run"
        assert all(m.reason.startswith(who) for m in found.not_compared)


STATES: list[tuple[str, Any, Any, Weight | None]] = [
    ("vc_main__vms", vm(), vm(power_state="poweredOff"), Weight.WORSE),
    ("vc_main__vms", vm(power_state="poweredOff"), vm(), Weight.FINE),
    ("vc_main__vms", vm(), vm(power_state="hibernating"), Weight.UNCLEAR),
    ("vc_main__vms", vm(power_state="hibernating"), vm(), Weight.FINE),
    ("vc_main__vms", vm(power_state="x"), vm(power_state="suspended"), Weight.UNCLEAR),
    ("vc_main__hosts", host(), host(connection_state="notResponding"), Weight.WORSE),
    ("vc_main__hosts", host(), host(overall_status="yellow"), Weight.MILD),
    ("vc_main__hosts", host(), host(overall_status="red"), Weight.WORSE),
    ("vc_main__hosts", host(in_maintenance=True), host(), Weight.FINE),
    ("dsm__nodes", node(), node(state="silent"), Weight.WORSE),
    ("dsm__computers", agent(), agent(online=False), Weight.WORSE),
    ("dsm__computers", agent(), agent(online=None), Weight.WORSE),
    ("dsm__computers", agent(), agent(doubtful=True), Weight.UNCLEAR),
    ("dsm__computers", agent(), agent(agent_status="warning"), Weight.MILD),
    ("dsm__computers", computer(), computer(appliance_status="error"), Weight.WORSE),
    ("dsm__computers", agent(), agent(appliance_status="inactive"), None),  # one state, two words
]


@pytest.mark.parametrize(("part", "before", "now", "weight"), STATES)
def test_a_state_gets_worse_or_not(part: str, before: Any, now: Any, weight: Weight | None) -> None:
    """By its order; of a word that nobody knows nobody can say."""
    found = compared(parts(**{part: (before,)}), parts(**{part: (now,)}))
    assert [c.weight for c in found.changes if c.aspect == "state"] == ([weight] if weight else [])


def module(status: str | None = "active", *, on: bool = True) -> dsm.Module:
    return dsm.Module("antiMalware", on, status, "inactive" if status else None)


def test_a_module_of_which_nobody_tells_any_more_is_not_well() -> None:
    """One that was on may be off now: nobody can say. One that was off is not missed."""
    for was, weights in ((module(), [Weight.UNCLEAR]), (module(on=False), [])):
        before = parts(dsm__computers=(agent(modules=(was,)),))
        found = compared(before, parts(dsm__computers=(agent(modules=()),)))
        told = [(one.field, one.after, one.weight) for one in found.changes]
        assert told == [("antiMalware on", "not set", weight) for weight in weights]


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (module(), module(on=False), [("antiMalware on", Weight.WORSE)]),
        (module(), module("error"), [("antiMalware health", Weight.WORSE)]),
        (module(), module("warning"), [("antiMalware health", Weight.MILD)]),
        (module(None), module(), []),  # 11.0 does not tell
        (module(None), module("error"), [("antiMalware health", Weight.UNCLEAR)]),
        (module(), module(None), [("antiMalware health", Weight.UNCLEAR)]),
        (module(), module("exploded"), [("antiMalware health", Weight.UNCLEAR)]),
        (module(on=False), module(), [("antiMalware on", Weight.FINE)]),
    ],
)
def test_a_module_is_compared_by_itself(before: Any, now: Any, expected: Any) -> None:
    """It is told as a field of its computer, by the better one of its two sides."""
    then, today = agent(modules=(before,)), agent(modules=(now,))
    found = compared(parts(dsm__computers=(then,)), parts(dsm__computers=(today,)))
    assert [(c.field, c.weight) for c in found.changes] == expected
    assert {c.subject for c in found.changes} <= {"app-01 (dsm 201)"}


def alarm(status: str = "red", **changes: Any) -> vcenter_management.Alarm:
    made = vcenter_management.Alarm(
        "Host memory", "host-21", "esx-01", status, NOW, acknowledged=False
    )
    return replace(made, **changes)


@pytest.mark.parametrize(
    ("before", "now", "weights"),
    [
        ((), (alarm(),), [Weight.WORSE]),
        ((), (alarm("yellow"),), [Weight.MILD]),
        ((alarm("yellow"),), (alarm(),), [Weight.WORSE]),
        ((alarm(),), (alarm("yellow"),), [Weight.FINE]),
        ((alarm(),), (), []),
        ((alarm(),), (alarm(), alarm()), [Weight.WORSE]),
        ((), (alarm("purple"),), [Weight.WORSE]),
    ],
)
def test_an_alarm_that_appears_is_worse(before: Any, now: Any, weights: list[Weight]) -> None:
    """A yellow one mildly; one of a word that nobody knows is not a lesser one."""
    found = compared(parts(vc_main__alarms=before), parts(vc_main__alarms=now))
    assert [c.weight for c in found.changes if c.aspect == "state"] == weights


def test_alarms_of_nsx_count_by_their_severity() -> None:
    """The words of NSX-T are understood whatever their case."""
    made = nsxt_state.Alarm("a", "CRITICAL", "OPEN", "manager_health", "cpu", "hot", None)
    nsxt = environment(
        VC_MAIN,
        DSM,
        '[[nsxt]]\nslug = "nsxt"\nvcenters = ["vc-main"]\naddress = "n"\ncredential = "ro"\n',
    )
    empty: dict[tuple[str, str], Any] = dict.fromkeys(keys(nsxt), ())
    empty["vc-main", "about"] = about()
    found = compare(
        Side(nsxt, empty),
        Side(nsxt, {**empty, ("nsxt", "alarms"): (made, replace(made, id="b", severity="LOW"))}),
        Expectation("manager", lambda _kind, _owner: True),
    )
    assert [c.weight for c in found.changes] == [Weight.WORSE, Weight.MILD]


RELAY = agent(relay=True)
STEP_ROWS: list[tuple[str, str, Any, Any]] = [
    ("manager", "dsm__manager", manager(), manager(version="20.0.877")),
    ("manager", "dsm__nodes", node(), node(version="20.0.877")),
    ("manager", "dsm__computers", RELAY, replace(RELAY, agent_version="20.0.0.877")),
    ("agent", "dsm__computers", agent(), agent(agent_version="20.0.0.877")),
    (
        "appliance",
        "dsm__computers",
        agent(kind="appliance"),
        agent(kind="appliance", agent_version="20.0.0.877"),
    ),
    ("vsphere-bridge", "vc_main__about", about(), about(version="6.7.0")),
    ("vsphere-target", "vc_main__hosts", host(), host(build="17630552")),
    ("vsphere-bridge", "vc_main__vms", vm(), vm(tools_version=12345)),
]


@pytest.mark.parametrize(("step", "part", "before", "now"), STEP_ROWS)
def test_a_steps_own_changes_are_expected_and_those_of_others_are_not(
    step: str, part: str, before: Any, now: Any
) -> None:
    """A version moves in its own step, where the plan moves it, and in no other."""

    def version(other: str | None, *, moves: bool | None = True) -> bool | None:
        several = part.split("__")[1] not in ("about", "manager")
        old, new = ((before,), (now,)) if several else (before, now)
        return only(
            compared(parts(**{part: old}), parts(**{part: new}), other, moves=moves)
        ).expected

    assert version(step) is True
    assert version(None) is True  # a run of all steps
    wrong = "nsxt-build"
    assert version(wrong) is False
    if "appliance" not in step:
        assert version(step, moves=False) is False
        assert version(step, moves=None) is None


@pytest.mark.parametrize(
    ("phase", "state", "expected"),
    [("mid", "refused", True), ("mid", "wrong", False), ("post", "refused", False)],
)
def test_a_node_is_stopped_between_the_nodes_alone(phase: str, state: str, expected: Any) -> None:
    """That the second node refuses is the step's own doing amid it, and a loss after it."""
    found = compare(
        Side(ESTATE, parts(dsm__nodes=(node(state="online"),))),
        Side(ESTATE, parts(dsm__nodes=(node(state=state),))),
        Expectation("manager", lambda _kind, _owner: True, phase),
    )
    assert only(found).expected is expected


def test_an_agent_does_not_move_with_its_manager() -> None:
    """Only relays go with the manager: an agent that did is named."""
    new = agent(agent_version="20.0.0.877")
    found = compared(parts(dsm__computers=(agent(),)), parts(dsm__computers=(new,)))
    assert only(found).expected is False


def appliances(*numbers: int) -> tuple[dsm.Computer, ...]:
    return tuple(
        agent(id=n, host_name=f"dsva-{n}", vm_uuid=f"uuid-{n}", kind="appliance") for n in numbers
    )


@pytest.mark.parametrize(
    ("step", "now", "expected"),
    [
        ("appliance", appliances(3, 4), [True, True]),
        ("appliance", appliances(3), [False, False]),  # one of two was not re-created
        ("appliance", appliances(1), [False]),
        ("manager", appliances(3, 4), [False, False]),
    ],
)
def test_a_recreated_appliance_is_a_new_one(step: str, now: Any, expected: list[bool]) -> None:
    """In its own step an appliance may go where as many came; one that nothing replaces is lost."""
    found = compared(parts(dsm__computers=appliances(1, 2)), parts(dsm__computers=now), step)
    assert [c.expected for c in found.changes if c.change == "vanished"] == expected


def test_nsx_v_may_go_after_the_migration() -> None:
    """Its manager leaves the environment file then; before it would be missed."""
    both = environment(VC_MAIN, VC_OTHER, DSM, NSXV)
    held = {**parts(), ("nsxv-main", "manager"): manager(), ("nsxv-main", "alarms"): ()}

    def gone(step: str) -> list[bool | None]:
        found = compare(
            Side(both, held), Side(ESTATE, parts()), Expectation(step, lambda _k, _o: True)
        )
        return [c.expected for c in found.changes]

    assert gone("nsx-migration") == [True]
    assert gone("manager") == [False]


@given(st.data())
def test_whatever_is_taken_away_is_missed(data: st.DataObject) -> None:
    """Of many VMs any that are gone are told, and no other, in whatever order they are listed."""
    many = [
        vm(moref=f"vm-{n}", name="same", instance_uuid=f"i{n}", bios_uuid=f"b{n}") for n in range(8)
    ]
    kept = data.draw(st.lists(st.sampled_from(many), unique_by=lambda one: one.moref))
    found = compared(parts(vc_main__vms=tuple(many)), parts(vc_main__vms=tuple(kept)))
    gone = {one.moref for one in many} - {one.moref for one in kept}
    assert {c.id for c in found.changes} == gone
    assert {c.change for c in found.changes} <= {"vanished"}


def test_pairs_are_found_by_the_first_way_that_finds_them() -> None:
    """A later way is asked for what is left alone; what shares a key has none."""
    first: By[tuple[str, str]] = By(lambda one: one[0] or None)
    second: By[tuple[str, str]] = By(lambda one: one[1])
    before = [("a", "1"), ("", "2"), ("c", "3"), ("d", "4"), ("d", "5")]
    now = [("a", "2"), ("", "1"), ("x", "2"), ("d", "4")]
    found = pair(before, now, [first, second])
    assert found.both == ((("a", "1"), ("a", "2")), (("", "2"), ("x", "2")), (("d", "4"), now[3]))
    assert found.vanished == (("c", "3"), ("d", "5"))
    assert found.appeared == (("", "1"),)
