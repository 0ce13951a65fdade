"""DSA-HEALTH-001 and DSA-CONTACT-001, and the share of a fleet that may be bad."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts.dsm.manager import Computer, Module
from kanmon.gate.judgement import Judgement
from tests.facts_by_hand import DSM, NOW, agent, computer, environment, moment
from tests.judging import judged, missed, told

HEALTH, CONTACT, STATE = "DSA-HEALTH-001", "DSA-CONTACT-001", "DSA-STATE-001"
APP = "app-01 (computer 201)"
ENGINE = ("Anti-Malware Engine Offline",)
P, F, U, NA = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED, Outcome.NOT_APPLICABLE


def module(status: str | None = "active", name: str = "antiMalware", **changes: Any) -> Module:
    return Module(name, **{"on": True, "agent_status": status, "appliance_status": None, **changes})


def health(*computers: Computer, share: float | None = None) -> Judgement:
    named = environment(DSM, _share(share))
    return judged(HEALTH, dsm=named.dsm[0], dsm_computers=computers, environment=named)


def contact(*computers: Computer, tolerances: str = "") -> Judgement:
    named = environment(DSM, tolerances)
    return judged(
        CONTACT,
        dsm=named.dsm[0],
        dsm_computers=computers,
        environment=named,
        moment=moment(),
    )


def _share(share: float | None) -> str:
    return "" if share is None else f"[tolerances]\nbad_share = {share}\n"


def broken(**changes: Any) -> Computer:
    """A machine whose scanner stands still."""
    values = {"agent_status": "error", "agent_messages": ENGINE, "modules": (module("error"),)}
    return agent(**{**values, **changes})


def fleet(count: int) -> list[Computer]:
    """So many machines on which all is well."""
    return [agent(id=1000 + number, modules=(module(),)) for number in range(count)]


# Protection.


def test_what_works_passes() -> None:
    """Modules that are off are not asked; an appliance's word stands for its guest."""
    guest = computer(modules=(module("inactive", appliance_status="active"),))
    off = agent(id=2, modules=(module(), module("error", "firewall", on=False)))
    judgement = health(guest, off)
    assert (judgement.outcome, judgement.examined) == (P, 2)


def test_an_engine_that_stands_still_is_found() -> None:
    """Its module and the manager's words are told."""
    judgement = health(broken())
    found = "antiMalware error; Anti-Malware Engine Offline"
    assert told(judgement) == [(APP, found, "all that is on is active")]
    assert judgement.weight is Severity.BLOCKER


@pytest.mark.parametrize(
    ("changes", "weight"),
    [
        ({"modules": (module("error"),)}, "blocker"),
        ({"modules": (module("inactive"),)}, "blocker"),
        ({"modules": (module("warning"),)}, "advice"),
        ({"modules": (module("not-supported"),)}, "advice"),
        ({"modules": (), "agent_status": "error"}, "blocker"),
        ({"modules": (), "agent_status": "warning"}, "advice"),
        (
            {
                "modules": (),
                "agent_status": "warning",
                "agent_messages": ("Upgrade Recommended",),
            },
            None,
        ),
        ({"modules": (module(),), "agent_status": "warning"}, None),
        ({"modules": (module(), module(None, "x")), "agent_status": "warning"}, "advice"),
        ({"modules": (module(), module(None, "x", on=False)), "agent_status": "warning"}, None),
    ],
)
def test_how_grave_it_is(changes: dict[str, Any], weight: str | None) -> None:
    """What does not protect is grave; a colour alone, and an old agent, are not."""
    judgement = health(agent(**changes))
    assert (str(judgement.weight) if judgement.weight else None) == weight


def test_what_is_offline_or_unmanaged_is_not_examined() -> None:
    """Another check tells who is offline: of its modules nobody can know."""
    away = broken(online=False, agent_messages=("Managed (Offline)",))
    unmanaged = agent(online=None, agent_status="inactive")
    assert health(away, unmanaged, agent(kind="esx")).outcome is NA


def test_a_status_of_no_known_word_is_undetermined() -> None:
    """Nobody takes it for health."""
    judgement = health(agent(modules=(module("blooming"),)))
    assert judgement.outcome is U
    assert missed(judgement) == [(APP, "nobody knows what 'blooming' says of antiMalware")]


@pytest.mark.parametrize("one", [broken(relay=True), broken(relay=None), broken(kind="appliance")])
def test_a_relay_and_an_appliance_block(one: Computer) -> None:
    """Others hang on them, however large the fleet is."""
    assert health(one, *fleet(1000)).weight is Severity.BLOCKER


# Contact.


def test_what_was_heard_of_lately_passes() -> None:
    """Within the tolerance, to the second."""
    assert contact(agent(last_contact=NOW - timedelta(hours=48))).outcome is P


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (NOW - timedelta(hours=48, seconds=1), "2026-11-21 08:59 UTC"),
        (NOW - timedelta(days=60), "2026-09-24 09:00 UTC"),
        (None, "never"),
    ],
)
def test_what_is_online_and_silent_is_found(last: Any, said: str) -> None:
    """A manager that misses any number of heartbeats calls it online all the same."""
    judgement = contact(agent(last_contact=last))
    found = f"called online, last contact {said}"
    assert told(judgement) == [(APP, found, "in contact within 48 h")]
    assert judgement.weight is Severity.BLOCKER


def test_the_operator_says_how_long() -> None:
    """By the environment's own tolerance."""
    late = agent(last_contact=NOW - timedelta(hours=60))
    assert contact(late, tolerances="[tolerances]\ncontact_hours = 72\n").outcome is P


def test_what_is_offline_is_not_silent() -> None:
    """Another check tells it, and one of which nobody knows."""
    long_ago = NOW - timedelta(days=60)
    away = agent(online=False, last_contact=long_ago)
    odd = agent(id=2, online=False, doubtful=True, last_contact=long_ago)
    assert contact(away, odd).outcome is NA


@pytest.mark.parametrize("changes", [{"relay": True}, {"kind": "appliance"}])
def test_a_silent_relay_blocks(changes: dict[str, Any]) -> None:
    """Whatever the share."""
    silent = agent(last_contact=NOW - timedelta(days=40), **changes)
    assert contact(silent, *fleet(1000)).weight is Severity.BLOCKER


# The share.


@pytest.mark.parametrize(("bad", "weight"), [(2, "warning"), (3, "blocker")])
def test_up_to_the_share_each_is_a_warning(bad: int, weight: str) -> None:
    """Two of a hundred are signed by their names; with a third the fleet is at fault."""
    judgement = health(*(broken(id=n) for n in range(1, bad + 1)), *fleet(100 - bad))
    assert str(judgement.weight) == weight
    (note,) = judgement.notes
    assert note.text == f"{bad} of 100 machines: more than 2 % of them stop a step"


@pytest.mark.parametrize("check", [HEALTH, CONTACT, STATE])
def test_the_share_is_the_same_for_all_three(check: str) -> None:
    """Offline, silent or broken: one of a hundred is a warning, and of its own share it blocks."""
    bad = {
        HEALTH: broken(),
        CONTACT: agent(last_contact=None),
        STATE: agent(online=False, agent_messages=("Offline",)),
    }[check]
    for share, weight in ((1, Severity.WARNING), (0.9, Severity.BLOCKER)):
        named = environment(DSM, _share(share))
        facts: dict[str, Any] = {
            "dsm": named.dsm[0],
            "dsm_computers": (bad, *fleet(99)),
            "environment": named,
            "moment": moment(),
            "baseline": None,
        }
        wanted = {
            HEALTH: ("dsm", "dsm_computers", "environment"),
            CONTACT: ("dsm", "dsm_computers", "environment", "moment"),
            STATE: tuple(facts),
        }[check]
        judgement = judged(check, **{name: facts[name] for name in wanted})
        assert judgement.weight is weight


def test_relays_and_appliances_are_not_of_the_share() -> None:
    """They block for themselves, and leave single machines warnings."""
    judgement = health(broken(id=1), broken(id=2, relay=True), *fleet(99))
    weights = {one.subject: one.severity for one in judgement.findings}
    assert weights == {
        "app-01 (computer 1)": Severity.WARNING,
        "app-01 (computer 2)": None,
    }
