"""WIN-ROOT-001 and WIN-ROOT-002: the roots of the agent's signature on Windows."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Module
from kanmon.gate.verdict import Gate, decide
from kanmon.knowledge import load
from kanmon.knowledge.requirements import WindowsRoot
from tests.facts_by_hand import (
    DSM,
    REQUIRED_ROOTS,
    WINDOWS,
    agent,
    environment,
    machine,
    windows,
)
from tests.judging import judged, missed, told

ONE = "F40042E2E5F7E8EF8189FED15519AECE42C3BFA2"
NAME = "Microsoft Identity Verification Root Certificate Authority 2020"
APP_01 = "app-01 (app-01.example.jp)"
APP_02 = "app-02 (app-02.example.jp)"
LACKING = REQUIRED_ROOTS - {ONE}
NAMED = """
[[windows]]
slug = "fleet"
machines = [{ name = "App-01", address = "app-01.example.jp" }]
credential = "ro"
"""
COUNT = len(REQUIRED_ROOTS)
ALL_OF_THEM = f"all {COUNT} listed roots in Root or AuthRoot, none in Disallowed"
BOTH = pytest.mark.parametrize("check_id", ["WIN-ROOT-001", "WIN-ROOT-002"])
P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED


def fleet(check_id, *machines, computers=(), **changes):
    """A check on these machines, and on these computers of the manager."""
    facts = {
        "all_dsm_computers": {"dsm": computers},
        "all_windows_machines": {"fleet": machines},
        "environment": environment(DSM, WINDOWS),
    }
    return judged(check_id, **{**facts, **changes})


def concerned(**changes):
    """The computer app-01 of the manager: Windows with an agent and anti-malware."""
    on = Module("antiMalware", on=True, agent_status="active", appliance_status=None)
    return agent(**{"modules": (on,), **changes})


def answering(name="app-01", **answer):
    """A machine with this answer."""
    return machine(name=name, address=f"{name}.example.jp", answer=windows(**answer))


def silent(name="app-02", **changes):
    """A machine that gave no answer."""
    unread = Unread(f"{name}: connection refused")
    known = {"address": f"{name}.example.jp", "computer_id": 299, **changes}
    return machine(name=name, answer=unread, **known)


@BOTH
def test_machines_with_every_root_pass(check_id):
    """Every required root present passes, with automatic update on or off."""
    judgement = fleet(check_id, answering(), answering("app-02", root_update_disabled=True))
    assert judgement.outcome is P
    assert judgement.examined == 2
    assert len(judgement.rests_on) == COUNT


@BOTH
def test_auth_root_counts_as_root(check_id):
    """A root in AuthRoot is trusted as one in Root is."""
    split = answering(root=frozenset({ONE}), auth_root=LACKING, root_update_disabled=True)
    assert fleet(check_id, split).outcome is P


@BOTH
def test_roots_beside_the_required_ones_are_not_asked_for(check_id):
    """Only the vendor's list counts; an expired root of it counts as present."""
    rows = load(WindowsRoot).rows
    assert len(REQUIRED_ROOTS) < len(rows)
    assert fleet(check_id, answering(root=REQUIRED_ROOTS)).outcome is P


@pytest.mark.parametrize(
    ("disabled", "weight"), [(True, Severity.BLOCKER), (False, Severity.WARNING)]
)
def test_a_missing_root_fails(disabled, weight):
    """One missing root of one machine fails; it blocks where it cannot come by itself."""
    bad = answering("app-02", root=LACKING, root_update_disabled=disabled)
    judgement = fleet("WIN-ROOT-001", answering(), bad)
    assert judgement.outcome is F
    assert told(judgement) == [(APP_02, f"missing: {NAME}", ALL_OF_THEM)]
    assert judgement.weight is weight
    assert judgement.findings[0].source.row == ONE


@pytest.mark.parametrize("disabled", [True, False])
def test_a_distrusted_root_fails(disabled):
    """A root in Disallowed blocks although it is in Root: no update takes it out."""
    bad = answering(disallowed=frozenset({ONE}), root_update_disabled=disabled)
    judgement = fleet("WIN-ROOT-001", bad)
    assert told(judgement) == [(APP_01, f"in Disallowed: {NAME}", ALL_OF_THEM)]
    assert judgement.weight is Severity.BLOCKER


def test_missing_and_distrusted_are_one_finding():
    """A machine has one line, whatever is wrong; other entries of Disallowed do not count."""
    judgement = fleet(
        "WIN-ROOT-001", answering(root=LACKING, disallowed=frozenset({ONE, "0" * 40}))
    )
    assert told(judgement) == [
        (APP_01, f"missing: {NAME}; in Disallowed: {NAME}", ALL_OF_THEM),
    ]
    assert judgement.blocks


def test_roots_that_cannot_come_fail():
    """With automatic update off and a root missing, nothing brings it: that blocks."""
    judgement = fleet("WIN-ROOT-002", answering(root=LACKING, root_update_disabled=True))
    assert told(judgement) == [
        (
            APP_01,
            "automatic root update is off, and 1 roots are missing",
            "the update on, or no root missing",
        )
    ]
    assert judgement.weight is Severity.BLOCKER


def test_whether_roots_can_come_is_undetermined():
    """With automatic update on and a root missing, reading cannot tell whether it will come."""
    judgement = fleet("WIN-ROOT-002", answering(root=LACKING))
    assert judgement.outcome is U
    (subject, reason), *_ = missed(judgement)
    assert subject == APP_01
    assert reason.startswith("1 roots are missing; ")


@BOTH
def test_an_agent_without_anti_malware_needs_no_root(check_id):
    """A Windows agent that scans for no malware is none of the claim: nobody is to look at it."""
    assert fleet(check_id, computers=(concerned(modules=()),)).outcome is Outcome.NOT_APPLICABLE


@BOTH
def test_a_fleets_machine_without_anti_malware_needs_no_root(check_id):
    """A fleet dials every agent of its manager: one that scans for no malware lacks no root."""
    bad = answering(root=LACKING, root_update_disabled=True)
    on, off = concerned(id=bad.computer_id), concerned(id=bad.computer_id, modules=())
    assert fleet(check_id, bad, computers=(on,)).outcome is F
    assert fleet(check_id, bad, computers=(off,)).outcome is Outcome.NOT_APPLICABLE


@BOTH
def test_a_machine_without_answer_is_undetermined(check_id):
    """A machine that did not answer is never a good one, and counts as examined."""
    judgement = fleet(check_id, answering(), silent())
    assert judgement.outcome is U
    assert judgement.examined == 2
    assert missed(judgement) == [(APP_02, "app-02: connection refused")]


@BOTH
def test_only_machines_without_answer_are_undetermined(check_id):
    """A fleet in which nothing answers is undetermined, not "nothing to examine"."""
    assert fleet(check_id, silent()).outcome is U


@BOTH
def test_agentless_machines_are_not_judged(check_id):
    """Where an appliance protects, no agent's signature is verified; not even silence counts."""
    bare = answering(root=frozenset(), root_update_disabled=True)
    agentless = machine(agentless=True, answer=bare.answer)
    judgement = fleet(check_id, agentless, silent(agentless=True))
    assert judgement.outcome is Outcome.NOT_APPLICABLE


@BOTH
def test_machines_that_the_environment_names_are_judged(check_id):
    """Of a machine that the environment names nobody says that it is agentless: it is judged."""
    named = machine(
        computer_id=None,
        agentless=None,
        answer=windows(root=frozenset(), root_update_disabled=True),
    )
    judgement = fleet(check_id, named)
    assert judgement.outcome is F
    assert judgement.blocks
    assert fleet(check_id, silent(computer_id=None, agentless=None)).outcome is U


@BOTH
def test_an_empty_fleet_is_not_judged(check_id):
    """Without a Windows machine with anti-malware there is nothing to ask."""
    assert fleet(check_id).outcome is Outcome.NOT_APPLICABLE


@BOTH
def test_a_computer_that_no_fleet_covers_is_undetermined(check_id):
    """A Windows machine that the manager knows and nobody looked at is no good one."""
    other = concerned(id=202, host_name="app-02.example.jp", display_name="app-02")
    judgement = fleet(check_id, answering(), computers=(concerned(), other))
    assert judgement.outcome is U
    assert judgement.examined == 2
    assert [subject for subject, _ in missed(judgement)] == ["app-02.example.jp (dsm 202)"]


def by_name(check_id, *computers):
    """A check where the environment names App-01 itself, and that machine is good."""
    named = machine(name="App-01", computer_id=None, agentless=None)
    return fleet(
        check_id,
        named,
        computers=computers,
        environment=environment(DSM, NAMED),
    )


@BOTH
def test_a_machine_that_the_environment_names_covers_a_computer_by_its_name(check_id):
    """Host name or display name, in any case; a computer of another name is not covered."""
    assert by_name(check_id, concerned(host_name="APP-01", display_name="x")).outcome is P
    assert by_name(check_id, concerned(host_name="192.0.2.7", display_name="app-01")).outcome is P
    other = by_name(check_id, concerned(host_name="app-01.example.jp", display_name="x"))
    assert other.outcome is U


@BOTH
def test_a_machine_that_the_environment_names_covers_one_computer(check_id):
    """Two computers of one name and one machine that was looked at: one was not."""
    twins = (concerned(), concerned(id=202, vm_uuid="another"))
    assert by_name(check_id, *twins).outcome is not P


@BOTH
def test_an_environment_without_fleet_is_undetermined(check_id):
    """Where the environment names no Windows fleet, the manager's machines are not forgotten."""
    bare = {"all_windows_machines": {}, "environment": environment(DSM)}
    judgement = fleet(check_id, computers=(concerned(),), **bare)
    assert judgement.outcome is U
    assert judgement.examined == 1


@BOTH
@pytest.mark.parametrize(
    "changes",
    [
        {"platform": "Red Hat Enterprise 7 (64 bit)"},
        {"modules": ()},
        {"agent_status": "inactive", "appliance_status": "active"},
    ],
)
def test_other_computers_are_not_asked_for(check_id, changes):
    """Linux, a machine without anti-malware and an agentless one need no fleet."""
    judgement = fleet(check_id, computers=(concerned(**changes),))
    assert judgement.outcome is Outcome.NOT_APPLICABLE


@BOTH
@pytest.mark.parametrize("platform", ["", "Unknown", "WINDOWS Server 2019"])
def test_a_computer_that_may_be_windows_is_asked_for(check_id, platform):
    """Only a platform that is known to be another leaves a machine out."""
    judgement = fleet(check_id, computers=(concerned(platform=platform),))
    assert judgement.outcome is U
    assert judgement.examined == 1


@BOTH
@pytest.mark.parametrize("kind", ["appliance", "esx"])
def test_what_is_no_machine_and_has_no_platform_is_not_asked_for(check_id, kind):
    """An appliance or a host of unknown platform is no Windows machine."""
    judgement = fleet(check_id, computers=(concerned(platform="", kind=kind),))
    assert judgement.outcome is Outcome.NOT_APPLICABLE


@BOTH
def test_computers_behind_one_address_are_undetermined(check_id):
    """One address of two computers: one machine answered, and nobody can say for which."""
    both = (machine(computer_id=201), machine(computer_id=202))
    judgement = fleet(check_id, *both, computers=(concerned(), concerned(id=202)))
    assert judgement.outcome is U
    assert missed(judgement) == [
        (f"{APP_01} (dsm 201)", "several computers have its address"),
        (f"{APP_01} (dsm 202)", "several computers have its address"),
    ]


@BOTH
@pytest.mark.parametrize(
    ("name", "slug"), [("all_dsm_computers", "dsm"), ("all_windows_machines", "fleet")]
)
def test_an_unread_source_is_undetermined(check_id, name, slug):
    """Where the manager or a fleet could not be read, the reason is told."""
    judgement = fleet(check_id, answering(), **{name: {slug: Unread("it: login refused")}})
    assert judgement.outcome is U
    assert judgement.reason == "it: login refused"


@BOTH
@pytest.mark.parametrize(
    "stranger",
    [
        concerned(id=202),  # a clone, or the same name in another domain
        concerned(id=202, host_name="192.0.2.7", display_name="app-01"),
    ],
)
def test_a_computer_of_the_same_name_is_another_one(check_id, stranger):
    """Of two computers of one name the one that was looked at does not cover the other."""
    looked_at = machine(computer_id=201)
    judgement = fleet(check_id, looked_at, computers=(concerned(), stranger))
    assert judgement.outcome is U
    assert [subject for subject, _ in missed(judgement)] == [f"{stranger.host_name} (dsm 202)"]


@BOTH
def test_a_computer_of_another_manager_is_another_one(check_id):
    """Two managers each have an app-01: a fleet that comes from one does not cover the other's."""
    both = {"dsm": (concerned(),), "dsm-b": (concerned(vm_uuid="another"),)}
    judgement = fleet(check_id, machine(), all_dsm_computers=both)
    assert judgement.outcome is U
    assert [subject for subject, _ in missed(judgement)] == ["app-01.example.jp (dsm-b 201)"]


@BOTH
def test_machines_of_one_name_are_told_apart(check_id):
    """Two machines of one host name are two lines that an operator can tell apart."""
    bad = windows(root=LACKING, root_update_disabled=True)
    twins = [
        machine(computer_id=number, address=f"192.0.2.{number}", answer=bad) for number in (1, 2)
    ]
    subjects = {finding.subject for finding in fleet(check_id, *twins).findings}
    assert len(subjects) == 2


@pytest.mark.parametrize("others", [(), (answering("app-03"),)])
def test_a_warning_does_not_hide_a_silent_machine(others):
    """A warning about one machine and no answer from another is never a GO."""
    judgement = fleet("WIN-ROOT-001", answering(root=LACKING), silent(), *others)
    assert judgement.weight is Severity.WARNING
    assert missed(judgement)
    assert decide(1, [judgement], ()) is not Gate.GO


@BOTH
def test_an_answer_of_one_fleet_counts_where_another_has_none(check_id):
    """A machine that answered with one fleet's login was looked at."""
    answered = machine(computer_id=201)
    refused = silent("app-01", computer_id=201)
    assert fleet(check_id, refused, answered, computers=(concerned(),)).outcome is P
