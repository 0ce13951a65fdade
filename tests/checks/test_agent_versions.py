"""DSA-VER-001, DSVA-STATE-001 and DSVA-VER-001: versions of agents and appliances."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.judging.scope import LeftOut
from tests.checks.estates import RULES, appliance, rows
from tests.facts_by_hand import DSM, VC_MAIN, agent, computer, environment, moment
from tests.judging import judged, missed, told

HOP, STATE, VERSION = "DSA-VER-001", "DSVA-STATE-001", "DSVA-VER-001"
APP, DSVA, SECOND = "app-01 (computer 201)", "dsva (computer 301)", "dsva (computer 302)"
TARGET = {"deep_security": "20.0.0-877"}
P, F, U, NA = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED, Outcome.NOT_APPLICABLE


def hop(*computers, phase="pre", left_out=LeftOut(), **upgrade):  # noqa: B008 - it is frozen
    """DSA-VER-001 on the computers of one manager."""
    named = environment(DSM, VC_MAIN, **(upgrade or TARGET))
    return judged(
        HOP,
        dsm=named.dsm[0],
        dsm_computers=computers,
        environment=named,
        rules=RULES,
        moment=moment(step="agent", phase=phase),
        left_out=left_out,
    )


def state(*computers):
    """DSVA-STATE-001 on the computers of one manager."""
    return judged(STATE, dsm=environment(DSM).dsm[0], dsm_computers=computers)


def version(*computers, **upgrade):
    """DSVA-VER-001 on the computers of one manager."""
    named = environment(DSM, VC_MAIN, **(upgrade or TARGET))
    return judged(VERSION, dsm=named.dsm[0], dsm_computers=computers, environment=named)


# Agents


def test_agents_that_go_straight_pass():
    """11.0 and 12.0 go to 20.0 in one hop; every agent is counted, and the rows are told."""
    judgement = hop(agent(), agent(id=203, agent_version="12.0.0.967"), computer())
    assert (judgement.outcome, judgement.examined) == (P, 2)
    assert judgement.rests_on


def test_an_agent_too_old_for_the_hop_is_refused_by_name():
    """10.0 needs a release in between; the agents beside it do not hide it."""
    judgement = hop(agent(agent_version="10.0.0.3000"), agent(id=203))
    assert judgement.blocks
    found = "agent from 10.0.0-3000 to 20.0.0-877: not supported"
    assert told(judgement) == [(APP, found, "supported")]
    assert rows(judgement) == ["agent below 11.0 to 20.0"]


@pytest.mark.parametrize(
    ("installed", "outcome", "weight"),
    [
        ("20.0.0.876", P, None),
        ("20.0.0.877", P, None),
        ("20.0.0.878", F, Severity.WARNING),
        ("21.0.0.1", F, Severity.WARNING),
        ("11.0.0.1", P, None),
        ("10.9.0.1", F, Severity.BLOCKER),
        ("11.2.0.225", F, Severity.WARNING),
    ],
)
def test_where_the_hop_begins_and_ends(installed, outcome, weight):
    """Builds of the target's line need no row; what is newer stays."""
    judgement = hop(agent(agent_version=installed))
    assert (judgement.outcome, judgement.weight) == (outcome, weight)


@pytest.mark.parametrize(
    ("installed", "outcome"), [("20.0.0.876", F), ("20.0.0.877", P), ("20.0.0.900", P)]
)
def test_after_the_step_every_agent_runs_the_target(installed, outcome):
    """One agent that stayed old among others is named."""
    judgement = hop(
        agent(agent_version=installed), agent(id=203, agent_version="20.0.0.877"), phase="post"
    )
    assert judgement.outcome is outcome
    expected = [(APP, "agent 20.0.0-876", "20.0.0-877")] if outcome is F else []
    assert told(judgement) == expected
    assert judgement.blocks == (outcome is F)


def test_a_target_that_is_a_line_is_reached_by_any_build():
    """An operator who says 20.0 means any of it."""
    line = {"deep_security": "20.0"}
    assert hop(agent(agent_version="20.0.0.1"), phase="post", **line).outcome is P
    assert hop(agent(), phase="post", **line).outcome is F


@pytest.mark.parametrize("installed", ["", "0.0.0.0"])  # noqa: S104 - a version
def test_machines_without_an_agent_are_not_judged(installed):
    """There is nothing to upgrade."""
    without = agent(agent_version=installed, agent_status="inactive", agent_messages=())
    judgement = hop(without, computer(), appliance())
    assert (judgement.outcome, judgement.examined) == (NA, 0)


@pytest.mark.parametrize("phase", ["pre", "post"])
@pytest.mark.parametrize("installed", ["", "0.0.0.0"])  # noqa: S104 - a version
def test_a_managed_agent_whose_version_nobody_tells_does_not_drop_out(installed, phase):
    """The manager manages an agent there, so there is one, of whatever version."""
    judgement = hop(agent(agent_version=installed), agent(id=203), phase=phase)
    assert APP in [subject for subject, _ in missed(judgement)]
    assert judgement.examined == 2


def test_an_agent_of_no_version_is_undetermined():
    """A version that nobody understands is not taken for one that can go."""
    judgement = hop(agent(agent_version="eleven"), agent(id=203))
    assert judgement.outcome is U
    assert [subject for subject, _ in missed(judgement)] == [APP]


@pytest.mark.parametrize("judge", [hop, version])
def test_without_a_target_nobody_can_say(judge):
    """An environment without a Deep Security target leaves the question open."""
    judgement = judge(agent(), appliance(), vcenter="7.0 U2")
    assert judgement.outcome is U
    assert "upgrade.deep_security" in judgement.reason


# Appliances


def test_appliances_in_contact_and_alike_pass():
    """Agents beside them are not counted."""
    judgement = state(appliance(), appliance(id=302), agent())
    assert (judgement.outcome, judgement.examined) == (P, 2)


def test_an_appliance_out_of_contact_is_found():
    """One of two that is away is named with the manager's words."""
    away = appliance(id=302, online=False, agent_messages=("Managed (Offline)",))
    judgement = state(appliance(), away)
    assert told(judgement) == [(SECOND, "Managed (Offline)", "online")]
    assert judgement.blocks


def test_an_appliance_with_many_errors_is_found():
    """The vendor's words for more than one error are known, and no appliance is whole with them."""
    many = appliance(id=302, online=False, doubtful=True, agent_messages=("Multiple Errors",))
    assert told(state(appliance(), many)) == [(SECOND, "Multiple Errors", "online")]


def test_an_appliance_that_is_not_managed_is_found():
    """One that the manager does not manage is in contact with nobody."""
    judgement = state(appliance(online=None, agent_messages=()))
    assert told(judgement) == [(DSVA, "not managed", "online")]


def test_appliances_of_several_versions_are_found():
    """The odd one is named beside what most of them run."""
    judgement = state(
        appliance("20.0.0.877"), appliance("20.0.0.877", id=303), appliance("11.0.0.582", id=302)
    )
    wanted = "20.0.0-877, as most of them"
    assert told(judgement) == [(SECOND, "version 11.0.0-582", wanted)]


def test_an_appliance_that_says_nothing_of_its_contact_is_undetermined():
    """Words that nobody knows are not taken for good ones."""
    odd = appliance(online=False, doubtful=True, agent_messages=("Rebalancing",))
    judgement = state(odd, appliance(id=302))
    assert judgement.outcome is U
    assert [subject for subject, _ in missed(judgement)] == [DSVA]


@pytest.mark.parametrize("judge", [state, version])
def test_an_estate_without_appliances_has_nothing_to_judge(judge):
    """No appliance, no claim."""
    judgement = judge(agent())
    assert (judgement.outcome, judgement.examined) == (NA, 0)


@pytest.mark.parametrize("judge", [state, version])
def test_appliances_that_the_account_does_not_see_are_not_absent(judge):
    """A VM that an appliance protects has one, whatever the list of computers holds."""
    judgement = judge(agent(), computer())
    assert judgement.outcome is U
    ((subject, reason),) = missed(judgement)
    assert subject == "dsm"
    assert "protect 1 of its computers" in reason


@pytest.mark.parametrize("judge", [state, version])
@pytest.mark.parametrize("told_version", ["0.0.0.0", "", "20.0"])  # noqa: S104 - a version
def test_appliances_whose_version_nobody_tells_are_not_alike(judge, told_version):
    """Two that both say nothing, or only a line, are not two of one version."""
    judgement = judge(appliance(told_version), appliance(told_version, id=302))
    assert judgement.outcome is U
    assert [subject for subject, _ in missed(judgement)] == [DSVA, SECOND]


@pytest.mark.parametrize(
    ("installed", "outcome"), [("20.0.0.876", F), ("20.0.0.877", P), ("20.0.0.878", P)]
)
def test_appliances_run_what_was_promised(installed, outcome):
    """The build counts; one that stayed old is named."""
    judgement = version(appliance(installed), appliance("20.0.0.877", id=302))
    assert judgement.outcome is outcome
    expected = [(DSVA, "appliance 20.0.0-876", "20.0.0-877")] if outcome is F else []
    assert told(judgement) == expected


def test_appliances_may_have_a_target_of_their_own():
    """upgrade.appliance stands before the manager's."""
    both = {**TARGET, "appliance": "20.0.0-1822"}
    assert version(appliance("20.0.0.877"), **both).blocks
    assert version(appliance("20.0.0.1822"), **both).outcome is P


def test_an_appliance_of_no_version_is_undetermined():
    """What cannot be placed is named."""
    judgement = version(appliance("twelve"), appliance("20.0.0.877", id=302))
    assert judgement.outcome is U
    assert [subject for subject, _ in missed(judgement)] == [DSVA]
