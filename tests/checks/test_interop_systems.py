"""IOP-OS-DSA-001 and IOP-OS-DSVA-001: operating systems beside the target agent and appliance."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.gate.judgement import Judgement
from tests.checks.estates import rows
from tests.facts_by_hand import DSM, VC_MAIN, agent, computer, environment
from tests.judging import judged, missed, told

AGENT, APPLIANCE = "IOP-OS-DSA-001", "IOP-OS-DSVA-001"
APP, VDI = "app-01 (computer 201)", "vdi-01 (computer 101)"
SERVER_2022 = "Microsoft Windows Server 2022 (64 bit)  Build 20348"
WINDOWS_7 = "Microsoft Windows 7 (64 bit)  Build 7601"
WINDOWS_10 = "Microsoft Windows 10 (64 bit)  Build 19041"
WINDOWS_XP = "Microsoft Windows XP (32 bit)  Build 2600"
RHEL_5 = "Red Hat Enterprise 5 (64 bit) (2.6.18-416.el5)"
RHEL_7 = "Red Hat Enterprise 7 (64 bit) (3.10.0-1160.el7.x86_64)"
UNHEARD_OF = "Plan 9 (64 bit)"
CURRENT = {"deep_security": "20.0.0-877"}


def on(check_id: str, *computers: object, **upgrade: str) -> Judgement:
    """The check on these computers of one manager; ``CURRENT`` is the target if none is given."""
    named = environment(DSM, VC_MAIN, **(upgrade or CURRENT))
    (dsm,) = named.of_kind("dsm")
    return judged(check_id, dsm=dsm, dsm_computers=computers, environment=named)


def agents(*platforms: str, **upgrade: str) -> Judgement:
    """The agent's check on app-01 and its neighbours, one for each platform."""
    fleet = [
        agent(id=number, platform=platform) for number, platform in enumerate(platforms, start=201)
    ]
    return on(AGENT, *fleet, **upgrade)


def guest(platform: str, **upgrade: str) -> Judgement:
    """The appliance's check on vdi-01."""
    return on(APPLIANCE, computer(platform=platform), **upgrade)


def test_systems_that_the_target_agent_supports():
    """Every machine is counted, and each row that answered is told once."""
    judgement = agents(WINDOWS_10, WINDOWS_10, RHEL_7)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 3)
    assert [one.row for one in judgement.rests_on] == [
        "Windows 10 with agent from 11.0 below 20.1",
        "RHEL 7 with agent from 11.0 below 20.1",
    ]


def test_a_system_that_the_target_agent_left_behind_is_refused_by_name():
    """Windows XP ends with agent 10.0: its machine is told with where it may stay."""
    judgement = agents(WINDOWS_XP, WINDOWS_10)
    assert judgement.blocks
    found = f"{WINDOWS_XP}, supported by agent from 10.0 below 11.0"
    wanted = "an operating system that agent 20.0.0-877 supports"
    assert told(judgement) == [(APP, found, wanted)]
    assert rows(judgement) == ["Windows XP with agent from 11.0 below 20.1"]
    assert judgement.examined == 2


@pytest.mark.parametrize(
    ("platform", "target", "outcome"),
    [
        (SERVER_2022, "20.0.0-3444", Outcome.FAIL),
        (SERVER_2022, "20.0.0-3445", Outcome.PASS),
        (WINDOWS_7, "20.0.0-8000", Outcome.PASS),
        (RHEL_5, "11.0.0-582", Outcome.FAIL),
    ],
)
def test_the_build_from_which_a_system_is_supported(platform, target, outcome):
    """A system newer than the agent is supported from one build on, not from a line on."""
    judgement = agents(platform, deep_security=target)
    assert judgement.outcome is outcome
    assert judgement.blocks == (outcome is Outcome.FAIL)


@pytest.mark.parametrize(
    ("platform", "target", "where"),
    [
        (WINDOWS_7, "20.0.1-690", "supported by agent from 11.0 below 20.0.1-1"),
        (RHEL_5, "20.0.0-877", "supported by agent from 10.0 below 11.0"),
    ],
)
def test_the_newest_agent_of_a_system_is_told(platform, target, where):
    """Who keeps an old system needs to know at which agent to stay."""
    ((_, found, _),) = told(agents(platform, deep_security=target))
    assert found == f"{platform}, {where}"


def test_a_system_that_no_row_knows_is_undetermined():
    """An unknown system is named; the known one beside it does not turn that into a pass."""
    judgement = agents(UNHEARD_OF, WINDOWS_10)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [(APP, f"no row knows agent 20.0.0-877 on {UNHEARD_OF!r}")]


def test_a_target_line_too_vague_for_a_system_is_undetermined():
    """20.0 has builds with Server 2022 and builds without: the line alone decides nothing."""
    judgement = agents(SERVER_2022, deep_security="20.0")
    assert judgement.outcome is Outcome.UNDETERMINED
    ((subject, reason),) = missed(judgement)
    assert subject == APP
    assert reason.startswith("which build of 20.0 is meant?")


def test_agents_may_have_a_target_of_their_own():
    """upgrade.agent is the agents' target where it differs from the manager's."""
    both = {"deep_security": "20.0.0-877", "agent": "20.0.0-3445"}
    assert agents(SERVER_2022, **both).outcome is Outcome.PASS
    assert agents(SERVER_2022, deep_security="20.0.0-3445", agent="20.0.0-877").blocks


@pytest.mark.parametrize(
    ("check_id", "one"), [(AGENT, agent()), (APPLIANCE, computer())], ids=["agent", "appliance"]
)
def test_without_a_target_nobody_can_say(check_id, one):
    """An environment that names no Deep Security target leaves the question open."""
    judgement = on(check_id, one, vcenter="7.0 U2")
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "upgrade.deep_security" in judgement.reason


def test_machines_without_an_agent_are_not_the_agents_matter():
    """VMs without an agent and hosts have no agent that an upgrade could take away."""
    others = (computer(platform=WINDOWS_XP), agent(id=205, kind="esx", platform=UNHEARD_OF))
    judgement = on(AGENT, *others)
    assert (judgement.outcome, judgement.examined) == (Outcome.NOT_APPLICABLE, 0)


@pytest.mark.parametrize("platform", [WINDOWS_10, WINDOWS_7])
def test_guests_that_the_target_appliance_supports(platform):
    """A VM whose system the appliance supports passes on the row that says so."""
    judgement = guest(platform)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 1)
    assert judgement.rests_on


def test_a_guest_without_a_driver_is_refused_by_name():
    """The appliance sees nothing of a RHEL guest: the VM shows as protected and is not."""
    judgement = guest(RHEL_7)
    assert judgement.blocks
    wanted = "an operating system that appliance 20.0.0-877 supports"
    assert told(judgement) == [(VDI, RHEL_7, wanted)]
    assert rows(judgement) == ["RHEL with appliance any"]


def test_a_no_that_nobody_verified_warns():
    """What is only recalled of Server 2022 does not stop a change."""
    judgement = guest(SERVER_2022)
    assert (judgement.outcome, judgement.weight) == (Outcome.FAIL, Severity.WARNING)
    assert [one.confidence for one in judgement.rests_on] == ["unverified"]


def test_a_guest_that_no_row_knows_is_undetermined():
    """A system without a row is named, and is not taken for a supported one."""
    judgement = guest(UNHEARD_OF)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [(VDI, f"no row knows appliance 20.0.0-877 for {UNHEARD_OF!r}")]


def test_appliances_may_have_a_target_of_their_own():
    """upgrade.appliance is told as the target where it differs from the manager's."""
    judgement = guest(RHEL_7, appliance="20.0.0-1822", **CURRENT)
    assert told(judgement)[0][2] == "an operating system that appliance 20.0.0-1822 supports"


def test_machines_with_an_agent_are_not_the_appliances_matter():
    """A machine that its own agent protects does not depend on the appliance."""
    judgement = on(APPLIANCE, agent(platform=UNHEARD_OF))
    assert (judgement.outcome, judgement.examined) == (Outcome.NOT_APPLICABLE, 0)
