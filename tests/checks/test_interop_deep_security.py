"""IOP-DSA-DSM-001: agents and relays beside their manager."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from tests.checks.estates import (
    OTHER_DSM,
    TARGETS,
    appliance,
    computers,
    ended,
    listed,
    relay,
    rows,
    world,
)
from tests.facts_by_hand import DSM, VC_MAIN, agent, computer, manager
from tests.judging import missed, told

FITS = "IOP-DSA-DSM-001"
APP, RELAY = "app-01 (computer 201)", "relay-01 (computer 202)"
NEWER = "agent from 11.1 with manager from 11.0 below 11.1"


def beside(manager_version, *fleet, **changes):
    """The check today on a manager of this version with these computers."""
    facts = {"named": (DSM,), "upgrade": {}, "managers": {"dsm": manager(version=manager_version)}}
    return world(**{**facts, **listed(*fleet), **changes}).judge(FITS)


def test_the_procedure_fits_from_start_to_end():
    """Now and after each step agents and relays fit their manager; the rows are told."""
    judgement = world().judge(FITS)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 16)
    assert "agent 11.0 with manager 11.0" in {one.row for one in judgement.rests_on}
    after = ended(phase="post").judge(FITS)
    assert (after.outcome, after.examined) == (Outcome.PASS, 2)


def test_a_newer_agent_is_refused_by_name():
    """The manager does not talk to an agent that is newer than itself."""
    judgement = beside("11.0.510", agent(agent_version="20.0.0.877"), agent(id=203))
    assert judgement.blocks
    found = "agent 20.0.0-877 with manager 11.0.0-510: not supported"
    assert told(judgement) == [(APP, found, "supported")]
    assert rows(judgement) == [NEWER]
    assert judgement.examined == 2


@pytest.mark.parametrize(
    ("manager_version", "agent_version", "outcome"),
    [
        ("11.0.510", "11.0.0.9999", Outcome.PASS),
        ("11.0.510", "11.1.0.1", Outcome.FAIL),
        ("12.0.400", "12.5.0.936", Outcome.PASS),
        ("12.0.400", "20.0.0.1", Outcome.FAIL),
        ("20.0.877", "20.0.0.5137", Outcome.PASS),
        ("20.0.877", "20.1.0.1", Outcome.FAIL),
        ("20.0.877", "9.0.0.1", Outcome.PASS),
        ("11.0.510", "9.0.0.1", Outcome.PASS),
        ("11.0.510", "8.0.0.1", Outcome.UNDETERMINED),
        ("10.0.3000", "10.0.0.3000", Outcome.UNDETERMINED),
    ],
)
def test_where_a_line_ends(manager_version, agent_version, outcome):
    """The manager's line decides, not the build; of what no row says nobody can judge."""
    for fleet in (agent(agent_version=agent_version), relay(agent_version)):
        judgement = beside(manager_version, fleet)
        assert judgement.outcome is outcome
        assert judgement.blocks == (outcome is Outcome.FAIL)


def test_a_yes_that_is_unverified_is_told_as_such():
    """Agents below 9.0 with a manager 20.0 pass on a row that nobody verified."""
    judgement = beside("20.0.877", agent(agent_version="8.0.0.100"))
    assert judgement.outcome is Outcome.PASS
    assert [one.confidence for one in judgement.rests_on] == ["unverified"]


def test_a_relay_has_rows_of_its_own():
    """A relay that is newer than its manager is told as a relay."""
    judgement = beside("11.0.510", relay("20.0.0.877"), agent())
    assert rows(judgement) == ["relay from 11.1 with manager from 11.0 below 11.1"]
    assert [subject for subject, _, _ in told(judgement)] == [RELAY]


def test_a_manager_that_does_not_say_which_are_relays():
    """Where the manager names no relay, every machine is judged as an agent, none left out."""
    judgement = beside("11.0.510", agent(relay=None, agent_version="20.0.0.877"))
    assert rows(judgement) == [NEWER]


def test_what_is_no_machine_with_an_agent_is_not_judged():
    """Appliances, hosts and VMs without an agent have no agent to fit."""
    others = (
        computer(),
        appliance("20.0.0.877"),
        agent(id=205, kind="esx", agent_version="20.0.0.877"),
        agent(id=206, agent_version="0.0.0.0", agent_status="inactive"),  # noqa: S104 - "no agent"
    )
    placed = world(upgrade={}, **listed(*others)).judge(FITS)
    assert (placed.outcome, placed.examined) == (Outcome.NOT_APPLICABLE, 0)


@pytest.mark.parametrize("version", ["20.0.2", "11.0", "eleven"])
def test_a_version_that_cannot_be_read_is_undetermined(version):
    """A machine whose version nobody can place is named, and no other is passed instead."""
    judgement = beside("20.0.877", agent(agent_version=version), agent(id=203))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert [subject for subject, _ in missed(judgement)] == [APP]
    assert version in missed(judgement)[0][1]


def test_a_manager_that_could_not_be_read_is_undetermined():
    """Without the manager's version there is nothing to be newer than."""
    judgement = beside("20.0.877", agent(), managers={"dsm": Unread("dsm: refused")})
    assert missed(judgement) == [("dsm", "dsm: refused")]
    assert judgement.outcome is Outcome.UNDETERMINED


def test_agents_before_the_manager_are_found_by_the_step():
    """Run before the agent step while the manager is old, the check tells what would come."""
    judgement = world(step="agent").judge(FITS)
    assert judgement.blocks
    assert told(judgement)[0][:2] == (
        "agents of dsm after agent",
        "agent 20.0.0-877 with manager 11.0.0-510: not supported",
    )
    assert world(step="agent", phase="post").judge(FITS).outcome is Outcome.PASS
    assert world(step="manager").judge(FITS).examined == 4


def test_agents_too_old_for_the_target_are_found_before_the_manager_goes():
    """After the manager's step its old agents are judged against the new one."""
    judgement = world(
        step="manager",
        upgrade={**TARGETS, "deep_security": "21.0"},
        **listed(*computers()),
    ).judge(FITS)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "agent of dsm" in {subject for subject, _ in missed(judgement)}


def test_two_managers_are_judged_each_by_its_own():
    """An agent of one manager is not measured by the other."""
    both = {
        "named": (VC_MAIN, DSM, OTHER_DSM),
        "extensions": {"vc-main": ()},
        "upgrade": {},
        "managers": {"dsm": manager(version="20.0.877"), "dsb": manager()},
        "computers": {
            "dsm": (agent(agent_version="20.0.0.877"),),
            "dsb": (agent(id=301, agent_version="20.0.0.877"),),
        },
    }
    assert world(**both).judge(FITS, "dsm").outcome is Outcome.PASS
    judgement = world(**both).judge(FITS, "dsb")
    assert judgement.weight is Severity.BLOCKER
    assert [subject for subject, _, _ in told(judgement)] == ["app-01 (computer 301)"]
