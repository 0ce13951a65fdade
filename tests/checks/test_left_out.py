"""Machines that a board leaves out of the agents' step: bad now, and accepted so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from kanmon.check import Finding, Outcome, Severity
from kanmon.facts import Unread
from kanmon.gate.accepted import AnyWaiver
from kanmon.gate.waivers import Waiver
from kanmon.judging.scope import LeftOut, left_out
from tests.checks.test_agent_health import broken, fleet, module
from tests.facts_by_hand import (
    DSM,
    LINUX,
    VC_MAIN,
    WINDOWS,
    agent,
    environment,
    machine,
    moment,
)
from tests.judging import judged

OFFLINE = agent(online=False, agent_messages=("Managed (Offline)",))
ESTATE = environment(DSM, WINDOWS, LINUX, VC_MAIN, deep_security="20.0.0-877")
APP = "app-01 (computer 201)"
WAIVER = Waiver(
    check="DSA-STATE-001",
    subject=APP,
    reason="scrapped in March",
    approver="Hanako Sato",
    ticket="C-1",
    expires=date(2026, 12, 31),
)


def accepting(check: str, *subjects: str) -> Any:
    """A board that accepts what a check finds of these."""

    def accept(
        of: str, slug: str, findings: Sequence[Finding]
    ) -> list[tuple[Finding, AnyWaiver | None]]:
        assert slug == "dsm"
        named = of == check
        return [(one, WAIVER if named and one.subject in subjects else None) for one in findings]

    return accept


def out(*computers: Any, check: str = "DSA-STATE-001", subjects: Sequence[str] = (APP,)) -> Any:
    return left_out(ESTATE, {"dsm": computers}, accepting(check, *subjects))


@pytest.mark.parametrize(
    ("one", "check"), [(OFFLINE, "DSA-STATE-001"), (broken(), "DSA-HEALTH-001")]
)
def test_what_is_bad_and_accepted_is_left_out(one: Any, check: str) -> None:
    """By the check that finds it, and by no other; nobody else is."""
    assert out(one, *fleet(99), check=check).by == {("dsm", 201): WAIVER}
    assert out(one, *fleet(99), check="DSA-CONTACT-001").by == {}
    assert out(one, *fleet(99), check=check, subjects=()).by == {}


def test_a_pattern_leaves_out_no_more_than_the_share() -> None:
    """It was written for a few; what it meets beyond them nobody looked at one by one."""
    fallen = [
        agent(id=number, display_name=f"app-{number}", online=False) for number in range(1, 6)
    ]
    subjects = [f"app-{number} (computer {number})" for number in range(1, 6)]

    def by(waiver: Any, computers: Sequence[Any]) -> set[int]:
        def accept(check: str, slug: str, findings: Sequence[Finding]) -> Any:
            weight = Severity.BLOCKER
            return [
                (one, waiver if waiver.accepts(check, slug, one, weight) else None)
                for one in findings
            ]

        left = left_out(ESTATE, {"dsm": tuple(computers)}, accept)
        return {number for _, number in left.by}

    pattern = WAIVER.model_copy(update={"subject": "app-* (computer *)"})
    exact = WAIVER.model_copy(update={"subject": subjects[0]})
    assert by(pattern, [*fallen, *fleet(95)]) == by(pattern, fallen) == set()
    assert by(exact, [*fallen, *fleet(95)]) == by(exact, fallen) == {1}
    assert by(pattern, [fallen[0], *fleet(95)]) == {1}


def test_a_check_whose_every_machine_is_left_out_says_by_whose_waiver() -> None:
    """Nothing to examine is no pass, and nobody has to look into the notes for the reason."""
    facts: dict[str, Any] = {
        "all_dsm_computers": {"dsm": (OFFLINE,)},
        "all_windows_machines": {"fleet": (machine(answer=Unread("no answer")),)},
        "environment": environment(DSM, WINDOWS, VC_MAIN, deep_security="20.0.0-877"),
    }
    judgement = judged("WIN-REBOOT-001", **facts, left_out=LeftOut({("dsm", 201): WAIVER}))
    assert judgement.outcome is Outcome.NOT_APPLICABLE
    assert judgement.reason.endswith(
        "; left out by waiver C-1 (Hanako Sato): 1 machines of the step"
    )


def test_what_works_again_is_back() -> None:
    """A waiver of it is unused, and the machine is in the step."""
    assert out(agent(modules=(module(),))).by == {}


def test_what_is_merely_told_stays() -> None:
    """An advice that somebody accepted too leaves no machine out of anything."""
    slight = agent(modules=(module("warning"),))
    assert out(slight, check="DSA-HEALTH-001").by == {}


@pytest.mark.parametrize("changes", [{"relay": True}, {"relay": None}, {"kind": "appliance"}])
def test_a_relay_and_an_appliance_are_never_left_out(changes: dict[str, Any]) -> None:
    """A board may accept that one is down; the step needs it all the same."""
    down = agent(online=False, agent_messages=("Offline",), **changes)
    assert out(down).by == {}


def test_a_manager_that_was_not_read_leaves_nobody_out() -> None:
    """Nobody knows what is bad there."""
    unread: dict[str, Any] = {"dsm": Unread("no answer")}
    assert left_out(ESTATE, unread, accepting("DSA-STATE-001", APP)) == LeftOut({})


def test_a_machine_that_is_left_out_is_counted_and_not_judged() -> None:
    """Of the version after the step it says nothing; the note says by whose waiver."""
    computers = (OFFLINE, agent(id=2, display_name="b", agent_version="20.0.0.877"))
    facts = {
        "dsm": ESTATE.dsm[0],
        "dsm_computers": computers,
        "environment": ESTATE,
        "rules": None,
        "moment": moment(step="agent", phase="post"),
    }
    rules: Any = type("Rules", (), {"hop": lambda *_: None})()
    facts["rules"] = rules
    judgement = judged("DSA-VER-001", **facts, left_out=out(*computers))
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 1)
    assert [(note.subject, note.text) for note in judgement.notes] == [
        ("left out by waiver C-1 (Hanako Sato)", "1 machines of the step")
    ]
    assert judged("DSA-VER-001", **facts, left_out=LeftOut({})).outcome is Outcome.FAIL


NAMED = """
[[windows]]
slug = "fleet"
machines = [{ name = "app-01", address = "app-01.example.jp" }]
credential = "ro"
"""


@pytest.mark.parametrize(("fleet", "number"), [(WINDOWS, 201), (NAMED, None)])
def test_a_windows_machine_is_left_out(fleet: str, number: int | None) -> None:
    """By the manager's number, or by the name that the environment gives it."""
    facts: dict[str, Any] = {
        "all_dsm_computers": {"dsm": (OFFLINE,)},
        "all_windows_machines": {
            "fleet": (machine(answer=Unread("no answer"), computer_id=number),)
        },
        "environment": environment(DSM, fleet, VC_MAIN, deep_security="20.0.0-877"),
    }
    assert judged("WIN-REBOOT-001", **facts).outcome is Outcome.UNDETERMINED
    judgement = judged("WIN-REBOOT-001", **facts, left_out=LeftOut({("dsm", 201): WAIVER}))
    assert judgement.outcome is Outcome.NOT_APPLICABLE


def test_a_machine_that_bears_the_name_of_one_left_out_is_in_the_step() -> None:
    """It was rebuilt under its name; what is left out is the record of the old one."""
    facts: dict[str, Any] = {
        "all_dsm_computers": {"dsm": (OFFLINE, agent(id=202))},
        "all_windows_machines": {"fleet": (machine(answer=Unread("no answer"), computer_id=None),)},
        "environment": environment(DSM, NAMED, VC_MAIN, deep_security="20.0.0-877"),
    }
    judgement = judged("WIN-REBOOT-001", **facts, left_out=LeftOut({("dsm", 201): WAIVER}))
    assert judgement.outcome is Outcome.UNDETERMINED


def test_a_linux_machine_is_left_out() -> None:
    """One that nobody asked is not missed."""
    rhel = "Red Hat Enterprise 7 (64 bit) (3.10.0-1160.el7.x86_64)"
    facts: dict[str, Any] = {
        "all_dsm_computers": {"dsm": (agent(platform=rhel),)},
        "all_linux_host": {one.slug: Unread("no answer") for one in ESTATE.linux},
        "all_linux_agent": {one.slug: Unread("no answer") for one in ESTATE.linux},
        "environment": ESTATE,
    }
    subject = "app-01.example.jp (dsm 201)"
    seen = judged("LNX-DISK-001", **facts)
    assert subject in {one.subject for one in seen.unknown}
    left = judged("LNX-DISK-001", **facts, left_out=LeftOut({("dsm", 201): WAIVER}))
    assert subject not in {one.subject for one in left.unknown}
    assert left.notes
