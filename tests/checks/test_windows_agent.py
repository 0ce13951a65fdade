"""WIN-SIGN-001, WIN-REBOOT-001, WIN-DISK-001, WIN-SVC-001, WIN-TIME-001: machines with agents."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.errors import TargetLost
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Module
from kanmon.facts.windows import Service
from tests.facts_by_hand import (
    DSM,
    GIB,
    VC_MAIN,
    WINDOWS,
    agent,
    environment,
    machine,
    reading,
    windows,
)
from tests.judging import answered, judged, missed, told

SIGN, REBOOT, DISK, SERVICES = "WIN-SIGN-001", "WIN-REBOOT-001", "WIN-DISK-001", "WIN-SVC-001"
TIME = "WIN-TIME-001"
ALL = (SIGN, REBOOT, DISK, SERVICES, TIME)
EACH = pytest.mark.parametrize("check_id", ALL)
APP = "app-01 (app-01.example.jp)"
RUNNING = {"ds_agent": "RUNNING", "ds_notifier": "RUNNING", "Amsp": "RUNNING"}
NAMED = """
[[windows]]
slug = "fleet"
machines = [{ name = "app-01", address = "app-01.example.jp" }]
credential = "ro"
"""
P, F, U, NA = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED, Outcome.NOT_APPLICABLE
A = Outcome.ATTESTED
LOST = Unread(TargetLost("connect", "connection refused").message)


def services(**changes):
    return tuple(Service(name, state) for name, state in {**RUNNING, **changes}.items())


def app(*, scans=True, **changes):
    """The computer app-01 of the manager."""
    module = Module("antiMalware", on=scans, agent_status="active", appliance_status=None)
    return agent(modules=(module,), **changes)


def asked(check_id, *, computers=None, machines=None, texts=(DSM, WINDOWS), target=None, **answer):
    """A check on app-01, with its answer changed."""
    values = {"build": "17763", "ubr": 5000, "services": services(), **answer}
    named = environment(*texts, VC_MAIN, deep_security=target or "20.0.0-8000")
    return judged(
        check_id,
        all_dsm_computers={"dsm": (app(),) if computers is None else computers},
        all_windows_machines={
            "fleet": (machine(answer=windows(**values)),) if machines is None else machines
        },
        environment=named,
    )


@EACH
def test_a_machine_in_good_order_passes(check_id):
    """Every machine with an agent is counted."""
    judgement = asked(check_id)
    assert (judgement.outcome, judgement.examined) == (P, 1)


@EACH
def test_a_machine_without_answer_is_undetermined(check_id):
    """What a silent machine has nobody knows, whatever a person says."""
    judgement = asked(check_id, machines=(machine(answer=LOST),))
    assert judgement.outcome is U
    assert missed(judgement) == [(APP, LOST.reason)]
    assert answered(check_id, judgement) == judgement


@EACH
def test_a_computer_that_no_fleet_covers_is_undetermined(check_id):
    """A machine that only the manager knows was looked at by nobody; a person may do so."""
    judgement = asked(check_id, machines=())
    assert judgement.outcome is U
    assert [subject for subject, _ in missed(judgement)] == ["app-01.example.jp (dsm 201)"]
    assert answered(check_id, judgement).outcome is A


@EACH
def test_other_systems_are_not_the_matter(check_id):
    """A Linux machine has no such services, and no machine at all is nothing to judge."""
    linux = app(platform="Red Hat Enterprise 7 (64 bit) (3.10.0-1160.el7.x86_64)")
    judgement = asked(check_id, computers=(linux,), machines=())
    assert (judgement.outcome, judgement.examined) == (NA, 0)


@pytest.mark.parametrize(
    ("build", "ubr", "outcome"),
    [
        ("14393", 4703, F),
        ("14393", 4704, P),
        ("17763", 2209, F),
        ("17763", 2210, P),
        ("20348", 260, F),
        ("20348", 261, P),
        ("19044", 1585, F),
        ("19044", 1586, P),
        ("19045", 1, P),
        ("22000", 1, P),
        ("26100", 1, P),
        ("18362", 1, U),
        ("9600", 20000, U),
        ("9200", None, U),
        ("7601", None, U),
        ("17763", None, U),
    ],
)
def test_the_build_that_knows_azure_code_signing(build, ubr, outcome):
    """The build that the update brings decides; where no build tells it, nobody can say."""
    judgement = asked(SIGN, build=build, ubr=ubr)
    assert judgement.outcome is outcome
    if outcome is F:
        assert judgement.blocks
        assert judgement.findings[0].source.confidence == "engineering"  # the first such agent
        ((subject, found, wanted),) = told(judgement)
        assert subject == APP
        assert f"build {build}.{ubr}" in found
        assert "KB" in wanted


def test_an_agent_from_before_azure_code_signing():
    """20.0.0-877 is signed as its time did it: any Windows from 2012 on takes it."""
    assert asked(SIGN, target="20.0.0-877", build="14393", ubr=1).outcome is P
    assert asked(SIGN, target="20.0.0-6657", build="14393", ubr=1).outcome is P
    assert asked(SIGN, target="20.0.0-6658", build="14393", ubr=1).outcome is F
    assert asked(SIGN, target="20.0.0-877", build="7601", ubr=None).outcome is U


@pytest.mark.parametrize(
    ("build", "target", "updates"),
    [
        ("9600", "20.0.0-8000", "KB5006714 / KB5006729"),
        ("7601", "20.0.0-877", "KB4474419 + KB4490628 / KB3033929"),
    ],
)
def test_what_no_build_tells_may_be_attested(build, target, updates):
    """An older Windows names its updates, all or any as the row has it; a person answers for it."""
    judgement = asked(SIGN, build=build, ubr=None, target=target)
    assert (judgement.outcome, judgement.examined) == (U, 1)
    reason = f"its build does not tell it: look for {updates} or a later rollup"
    assert missed(judgement) == [(APP, reason)]
    assert answered(SIGN, judgement).outcome is A


def test_no_word_hides_what_a_build_tells():
    """What a build does tell stays told."""
    judgement = asked(SIGN, build="14393", ubr=1)
    assert judgement.outcome is F
    assert answered(SIGN, judgement) == judgement


def test_a_target_line_does_not_say_how_it_is_signed():
    """20.0 has builds of both kinds."""
    judgement = asked(SIGN, target="20.0")
    assert judgement.outcome is U
    assert judgement.reason.startswith("which build of the agent is meant?")


def test_a_pending_restart_is_found():
    """The registry's reasons are told; it asks for a sign-off."""
    judgement = asked(REBOOT, pending_reboot=("Component Based Servicing", "Windows Update"))
    found = "pending: Component Based Servicing, Windows Update"
    assert told(judgement) == [(APP, found, "none pending")]
    assert judgement.weight is Severity.WARNING


@pytest.mark.parametrize(
    ("free", "wanted"),
    [
        (4 * GIB, None),
        (4 * GIB - 1, "4 GiB"),
        (GIB - 1, "4 GiB"),
    ],
)
def test_a_system_drive_without_room_is_found(free, wanted):
    """Below the figure of the vendor's page it asks for a sign-off; exactly that much is enough."""
    judgement = asked(DISK, system_drive_free=free)
    assert [expected for _, _, expected in told(judgement)] == ([wanted] if wanted else [])
    assert judgement.weight is (Severity.WARNING if wanted else None)


@pytest.mark.parametrize(("free", "blocks"), [(GIB // 4, False), (GIB // 4 - 1, True)])
def test_a_full_system_drive_blocks(free, blocks):
    """Below the floor nobody has to look up what an agent needs."""
    judgement = asked(DISK, system_drive_free=free)
    assert judgement.blocks is blocks
    assert ("below 0.25 GiB no step starts" in told(judgement)[0][2]) is blocks


@pytest.mark.parametrize("state", ["STOPPED", "ABSENT", "START_PENDING"])
def test_an_agent_that_stands_still_is_found(state):
    """An agent that is not running, or not there although the manager lists it, blocks."""
    judgement = asked(SERVICES, services=services(ds_agent=state))
    found = f"Trend Micro Deep Security Agent (ds_agent): {state}"
    assert told(judgement) == [(APP, found, "RUNNING")]
    assert judgement.blocks


@pytest.mark.parametrize(
    ("scans", "state", "outcome"),
    [(True, "STOPPED", F), (True, "ABSENT", F), (False, "STOPPED", P), (False, "ABSENT", P)],
)
def test_anti_malware_runs_where_it_is_on(scans, state, outcome):
    """The scanner is asked for where the manager has the module on."""
    judgement = asked(SERVICES, computers=(app(scans=scans),), services=services(Amsp=state))
    assert judgement.outcome is outcome
    assert judgement.blocks == (outcome is F)


@pytest.mark.parametrize(("state", "weight"), [("STOPPED", Severity.WARNING), ("ABSENT", None)])
def test_the_notifier_may_be_left_out(state, weight):
    """Who installed none needs none; one that is there and stands still asks for a look."""
    assert asked(SERVICES, services=services(ds_notifier=state)).weight is weight


@pytest.mark.parametrize(("state", "outcome"), [("RUNNING", P), ("STOPPED", F), ("ABSENT", U)])
def test_a_named_machine_that_no_manager_lists(state, outcome):
    """Nobody says whether its anti-malware is on: what stands still is told all the same."""
    named = machine(computer_id=None, agentless=None, answer=windows(services=services(Amsp=state)))
    judgement = asked(SERVICES, texts=(DSM, NAMED), computers=(), machines=(named,))
    assert judgement.outcome is outcome


def test_a_named_machine_is_the_computer_of_its_name():
    """A machine of the file is matched where one computer bears its name: its modules count."""
    named = machine(
        computer_id=None, agentless=None, answer=windows(services=services(Amsp="ABSENT"))
    )
    off = (app(scans=False, host_name="app-01"),)
    judgement = asked(SERVICES, texts=(DSM, NAMED), computers=off, machines=(named,))
    assert judgement.outcome is P


@pytest.mark.parametrize(
    ("ahead", "outcome"), [(0, P), (59, P), (60.5, U), (62, F), (-58, P), (-60, U), (-62, F)]
)
def test_the_clock_of_a_machine(ahead, outcome):
    """Beside that of the machine that runs kanmon, with the second that the answer took."""
    judgement = asked(TIME, clock=reading(ahead, grain=0.01))
    assert judgement.outcome is outcome
    if outcome is F:
        ((subject, found, _),) = told(judgement)
        assert subject == APP
        assert "the machine that runs kanmon" in found
        assert judgement.weight is Severity.WARNING


def test_a_clock_that_was_not_understood_a_person_may_tell():
    """And one that an earlier run did not ask for."""
    judgement = asked(TIME, clock=Unread("run call echo; got: 30-Nov-26"))
    assert missed(judgement) == [(APP, "run call echo; got: 30-Nov-26")]
    assert answered(TIME, judgement).outcome is A
