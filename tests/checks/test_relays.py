"""DSR-VER-001 and DSR-ORDER-001: relays beside the packages and the agents that they serve."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts.dsm.system import RelayUpdate
from tests.checks.estates import relay, rows
from tests.facts_by_hand import DSM, VC_MAIN, agent, computer, environment, moment
from tests.judging import judged, missed, told

SIGNATURES, ORDER = "DSR-VER-001", "DSR-ORDER-001"
RELAY, APP = "relay-01 (computer 202)", "app-01 (computer 201)"
LINUX = "Red Hat Enterprise 7 (64 bit) (3.10.0-1160.el7.x86_64)"
P, F, U, NA = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED, Outcome.NOT_APPLICABLE


def signatures(*computers, step="agent", phase="pre"):
    """DSR-VER-001 on the computers of one manager."""
    return judged(
        SIGNATURES,
        dsm=environment(DSM).dsm[0],
        dsm_computers=computers,
        moment=moment(step=step, phase=phase),
    )


def order(*computers, step="agent", phase="pre", **upgrade):
    """DSR-ORDER-001 on the computers of one manager; the target is 20.0.0-877 if none is given."""
    named = environment(DSM, VC_MAIN, **(upgrade or {"deep_security": "20.0.0-877"}))
    return judged(
        ORDER,
        dsm=named.dsm[0],
        dsm_computers=computers,
        environment=named,
        moment=moment(step=step, phase=phase),
    )


def test_a_relay_that_checks_signatures_passes():
    """11.0.0-1617 is the first of its line; the row that says so is told."""
    judgement = signatures(relay("11.0.0.1617"), agent())
    assert (judgement.outcome, judgement.examined) == (P, 1)
    assert len(judgement.rests_on) == 1


@pytest.mark.parametrize(
    ("version", "platform", "outcome", "minimum"),
    [
        ("11.0.0.1616", LINUX, F, "11.0.0-1617"),
        ("11.0.0.1617", LINUX, P, None),
        ("12.0.0.966", LINUX, F, "12.0.0-967"),
        ("12.0.0.967", LINUX, P, None),
        ("12.5.0.834", "Microsoft Windows Server 2016 (64 bit)", P, None),
        ("12.5.0.834", LINUX, F, "12.5.0-936"),
        ("12.5.0.936", LINUX, P, None),
        ("20.0.0.1", LINUX, P, None),
        ("10.0.0.3000", LINUX, F, "11.0.0-1617"),
        ("11.2.0.225", LINUX, U, None),
        ("21.0.0.1", LINUX, U, None),
    ],
)
def test_the_first_relay_of_each_line(version, platform, outcome, minimum):
    """Each line has its own first build; of a line without a row nobody can say."""
    judgement = signatures(relay(version, platform=platform))
    assert judgement.outcome is outcome
    assert told(judgement) == ([(RELAY, f"relay {version}", minimum)] if minimum else [])
    assert judgement.blocks == (outcome is F)
    assert [subject for subject, _ in missed(judgement)] == ([RELAY] if outcome is U else [])


def test_between_the_nodes_a_relay_that_is_too_old_is_told():
    """Then it can be upgraded, and the second node does not need it; before, it could not be."""
    old = relay("11.0.0.1616")
    amid = signatures(old, step="manager", phase="mid")
    assert (amid.outcome, amid.weight) == (F, Severity.WARNING)
    assert signatures(old, step="manager").outcome is NA
    assert signatures(old, step=None).weight is Severity.BLOCKER


@pytest.mark.parametrize("judge", [signatures, order])
def test_a_manager_without_any_relay_is_a_finding(judge):
    """Nobody hands out packages: that is not an estate without work."""
    judgement = judge(agent(relay=False, agent_version="20.0.0.877"))
    assert judgement.blocks
    assert told(judgement) == [("dsm", "no relay at all", "at least one, which hands out packages")]


@pytest.mark.parametrize("judge", [signatures, order])
def test_a_manager_that_does_not_say_which_are_relays_is_undetermined(judge):
    """An account that may not see the setting is not taken for a manager without relays."""
    judgement = judge(agent(relay=None, agent_version="20.0.0.877"))
    assert judgement.outcome is U
    assert missed(judgement) == [
        ("dsm", "the manager does not say which of its computers are relays")
    ]


@pytest.mark.parametrize("judge", [signatures, order])
def test_a_manager_without_agents_has_nothing_to_judge(judge):
    """Where an appliance protects everything, no agent asks a relay."""
    judgement = judge(computer())
    assert (judgement.outcome, judgement.examined) == (NA, 0)


def test_a_relay_of_no_version_is_undetermined():
    """A version that nobody understands is not taken for a new one."""
    assert signatures(relay("twenty")).outcome is U
    assert missed(order(relay("twenty"), agent()))[0][0] == RELAY


def test_relays_at_the_target_come_before_old_agents():
    """Before the step the relays are there already, and the agents are not."""
    judgement = order(relay("20.0.0.877"), agent(agent_version="11.0.0.582"))
    assert (judgement.outcome, judgement.examined) == (P, 2)


@pytest.mark.parametrize(
    ("version", "outcome"), [("20.0.0.876", F), ("20.0.0.877", P), ("20.0.0.878", P)]
)
def test_a_relay_below_the_target_is_found_before_the_step(version, outcome):
    """The build counts, not the line."""
    judgement = order(relay(version), agent())
    assert judgement.outcome is outcome
    if outcome is F:
        wanted = "20.0.0-877, before any agent"
        assert told(judgement) == [(RELAY, "relay 20.0.0-876", wanted)]
        assert judgement.blocks


def test_before_the_whole_upgrade_relays_are_where_they_are():
    """Without a step nothing was to be upgraded yet; a newer agent is a fault all the same."""
    assert order(relay(), agent(), step=None).outcome is P
    assert order(relay(), agent(agent_version="11.0.0.900"), step=None).outcome is F


def test_a_relay_older_than_an_agent_is_found_after_the_step():
    """After the step the newest agent is the measure, whatever the target says."""
    new = agent(agent_version="20.0.0.877")
    judgement = order(relay("20.0.0.100"), new, agent(id=203), phase="post")
    assert told(judgement) == [(RELAY, "relay 20.0.0-100", "20.0.0-877, as its newest agent")]
    assert judgement.examined == 3
    assert order(relay("20.0.0.877"), new, phase="post").outcome is P


def test_agents_have_a_target_of_their_own():
    """upgrade.agent is that of relays too."""
    both = {"deep_security": "20.0.0-877", "agent": "20.0.0-5000"}
    assert order(relay("20.0.0.877"), agent(), **both).blocks
    assert order(relay("20.0.0.5000"), agent(), **both).outcome is P


def test_an_order_without_a_target_is_undetermined_before_the_step():
    """Nobody can say what the relays are to reach; afterwards the agents say it."""
    judgement = order(relay(), agent(), vcenter="7.0 U2")
    assert judgement.outcome is U
    assert "upgrade.deep_security" in judgement.reason
    assert order(relay(), agent(), phase="post", vcenter="7.0 U2").outcome is P


def test_an_agent_without_a_build_is_undetermined():
    """Of an agent that is only called 20.0 nobody can say that no relay is older."""
    judgement = order(relay("20.0.0.877"), agent(agent_version="20.0"))
    assert missed(judgement) == [(APP, "which build of 20.0?")]


def test_rows_are_cited():
    """The finding rests on the row of the vendor's page."""
    assert rows(signatures(relay("11.0.0.1")))[0].startswith("11.0")


# DSR-STATE-001


def state(*computers, updates=None, **more):
    """DSR-STATE-001; every relay is current if nothing else is said."""
    current = tuple(RelayUpdate(c.id, True, "Up-to-date") for c in computers if c.relay)
    return judged(
        "DSR-STATE-001",
        dsm=environment(DSM).dsm[0],
        dsm_computers=computers,
        dsm_relay_updates=current if updates is None else updates,
        **more,
    )


def test_a_computer_that_was_not_read_may_be_the_relay():
    """Beside it nobody says that there is none."""
    assert state(agent()).blocks
    odd = {("dsm", "computers"): ("odd (computer 9)",)}
    assert not state(agent(), unseen=odd).findings


def test_a_relay_that_is_online_and_current_passes():
    """Relays are counted, agents are not."""
    judgement = state(relay(), agent())
    assert (judgement.outcome, judgement.examined) == (P, 1)


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        ({"online": False, "agent_messages": ("Managed (Offline)",)}, F),
        ({"online": False, "doubtful": True, "agent_messages": ("Multiple Errors",)}, F),
        ({"online": True, "doubtful": True, "agent_messages": ("Interfaces Out of Sync",)}, U),
        ({"online": None}, U),
    ],
)
def test_a_relay_that_is_not_known_to_be_online(values, outcome):
    """Offline blocks; what says neither way is undetermined."""
    judgement = state(relay(**values))
    assert judgement.outcome is outcome
    assert judgement.blocks == (outcome is F)
    named = told(judgement) if outcome is F else missed(judgement)
    assert [one[0] for one in named] == [RELAY]


def test_a_relay_with_old_updates_is_a_finding():
    """What the manager said of them is told."""
    judgement = state(relay(), updates=(RelayUpdate(202, False, "Out-of-Date"),))
    assert told(judgement) == [(RELAY, "its updates: Out-of-Date", "current")]
    assert judgement.blocks


def test_a_relay_of_which_no_update_is_known_is_undetermined():
    """Updates of another relay say nothing of this one."""
    judgement = state(relay(), updates=(RelayUpdate(999, True, "Up-to-date"),))
    assert missed(judgement) == [(RELAY, "nothing is known of its updates")]


def test_a_manager_whose_relays_are_not_known_has_no_good_relays():
    """As for the other claims of relays: none at all blocks, untold is undetermined."""
    assert state(agent(relay=False)).blocks
    assert state(agent(relay=None)).outcome is U
    assert state(computer()).outcome is NA
