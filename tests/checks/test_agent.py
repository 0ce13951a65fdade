"""DSA-STATE-001: machines and appliances as their manager sees them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Module
from tests.facts_by_hand import DSM, agent, baseline, computer, environment, moment
from tests.judging import by_id, card, judged, missed, told

LAST = datetime(2026, 11, 20, 7, 5, tzinfo=UTC)


def state(*computers, before=None, phase="pre"):
    """The check on these computers of the manager; after a step beside those of before."""
    return judged(
        "DSA-STATE-001",
        dsm=environment(DSM).dsm[0],
        dsm_computers=computers,
        environment=environment(DSM),
        baseline=Unread("none was named") if before is None else baseline(before),
        moment=moment(phase=phase),
    )


def offline(**changes):
    """A machine whose agent is out of contact."""
    values = {"online": False, "agent_messages": ("Managed (Offline)",), "last_contact": LAST}
    return agent(**{**values, **changes})


def test_machines_in_contact_pass():
    """Agents and agentless VMs in contact are all examined and all good."""
    judgement = state(agent(), computer())
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 2


def test_between_the_nodes_a_fleet_that_lost_its_manager_blocks():
    """Relays need not be among those; a single machine is a warning there as before the step."""
    fleet = [agent(id=number) for number in range(1, 100)]
    assert state(*fleet, offline(), phase="mid").weight is Severity.WARNING
    lost = state(*fleet, *(offline(id=number) for number in range(101, 105)), phase="mid")
    assert lost.blocks
    assert "mid" in card(by_id()["DSA-STATE-001"]).phases


def test_an_appliance_is_judged_like_a_machine():
    """An appliance out of contact is named and blocks; one in contact is examined and good."""
    appliance = {"id": 301, "display_name": "dsva-01", "kind": "appliance"}
    good = state(agent(), agent(**appliance))
    assert (good.outcome, good.examined) == (Outcome.PASS, 2)
    judgement = state(agent(), offline(**appliance))
    assert [subject for subject, _, _ in told(judgement)] == ["dsva-01 (computer 301)"]
    assert judgement.examined == 2
    assert judgement.weight is Severity.BLOCKER


def test_a_machine_out_of_contact_fails():
    """One offline machine of two blocks; it is named with its number and its last contact."""
    judgement = state(agent(id=1), offline())
    assert judgement.outcome is Outcome.FAIL
    assert judgement.examined == 2
    assert told(judgement) == [
        (
            "app-01 (computer 201)",
            "Managed (Offline), last contact 2026-11-20 07:05 UTC",
            "online",
        )
    ]
    assert judgement.weight is Severity.BLOCKER


@pytest.mark.parametrize(
    ("changes", "subject", "found"),
    [
        ({"display_name": ""}, "app-01.example.jp (computer 201)", None),
        ({"agent_messages": ()}, None, "offline, last contact 2026-11-20 07:05 UTC"),
        ({"last_contact": None}, None, "Managed (Offline), last contact never"),
        (
            {"agent_messages": ("A",), "appliance_messages": ("B",)},
            None,
            "A, B, last contact 2026-11-20 07:05 UTC",
        ),
    ],
)
def test_what_is_told_of_a_machine(changes, subject, found):
    """A machine without display name, message or contact is told of all the same."""
    (finding,) = state(offline(**changes)).findings
    assert finding.subject == (subject or "app-01 (computer 201)")
    assert finding.found == (found or "Managed (Offline), last contact 2026-11-20 07:05 UTC")


def test_computers_of_one_name_are_told_apart():
    """Two machines of one name are two findings."""
    judgement = state(offline(id=1), offline(id=2))
    assert {finding.subject for finding in judgement.findings} == {
        "app-01 (computer 1)",
        "app-01 (computer 2)",
    }


def test_agents_out_of_contact_by_the_thousand():
    """Each of 20,000 machines is a finding of its own with its last contact, none is left out."""
    judgement = state(*(offline(id=number) for number in range(1, 20_001)))
    assert judgement.examined == len({finding.subject for finding in judgement.findings}) == 20_000
    assert {finding.found for finding in judgement.findings} == {
        "Managed (Offline), last contact 2026-11-20 07:05 UTC"
    }


@pytest.mark.parametrize("kind", ["machine", "appliance"])
def test_anti_malware_that_nobody_carries_out_is_a_warning(kind):
    """A computer whose anti-malware is on and that nobody manages is told, without blocking."""
    on = Module("antiMalware", on=True, agent_status=None, appliance_status=None)
    left = agent(kind=kind, online=None, agent_status="inactive", modules=(on,))
    judgement = state(agent(id=1), left)
    found = "anti-malware is on, and neither agent nor appliance manages it"
    assert told(judgement) == [("app-01 (computer 201)", found, "managed, or anti-malware off")]
    assert (judgement.examined, judgement.weight) == (2, Severity.WARNING)
    off = agent(online=None, modules=(replace(on, on=False),))
    assert state(agent(id=1), off).examined == 1
    assert state(left, offline()).weight is Severity.BLOCKER


def test_what_nobody_manages_is_not_examined():
    """ESXi hosts, and what has no contact with the manager at all, do not count."""
    unmanaged = agent(online=None, agent_version="0.0.0.0", agent_status="inactive")  # noqa: S104 - the manager's word for "no agent"
    undeployed = agent(kind="appliance", online=None)
    judgement = state(unmanaged, undeployed, offline(kind="esx"))
    assert judgement.outcome is Outcome.NOT_APPLICABLE
    nothing = "nothing to examine: there are no managed machines and appliances of dsm"
    assert judgement.reason == nothing


def test_a_text_that_says_neither_way_is_undetermined():
    """A computer of which nobody knows whether it is in contact is neither online nor offline."""
    odd = agent(online=False, doubtful=True, agent_messages=("Interfaces Out of Sync",))
    judgement = state(agent(id=1), odd)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert [subject for subject, _ in missed(judgement)] == ["app-01 (computer 201)"]
    assert "Interfaces Out of Sync" in missed(judgement)[0][1]


def test_many_errors_are_found_with_the_last_contact():
    """Its words are known and tell nothing of its contact: the last contact is told beside them."""
    many = agent(online=False, doubtful=True, agent_messages=("Multiple Errors",))
    judgement = state(agent(id=1), many)
    assert judgement.outcome is Outcome.FAIL
    assert [(one[0], one[1].split(",")[0]) for one in told(judgement)] == [
        ("app-01 (computer 201)", "Multiple Errors")
    ]
    assert "last contact 20" in told(judgement)[0][1]


def test_after_a_step_they_are_no_fewer_than_before():
    """One that nobody manages any more, and one that is not listed, were online: both are named."""
    before = (agent(), agent(id=2, host_name="b", display_name="b"), computer())
    left = computer(appliance_status="inactive", appliance_messages=(), online=None)
    judgement = state(agent(), left, before=before, phase="post")
    assert told(judgement) == [
        ("b (computer 2)", "not listed any more", "online, as in before"),
        ("vdi-01 (computer 101)", "no longer managed", "online, as in before"),
    ]
    assert judgement.weight is Severity.BLOCKER
    assert state(*before, before=before, phase="post").outcome is Outcome.PASS


def test_what_was_offline_before_is_not_missed_after_it():
    """Only machines that were online count: the step took nothing from the others."""
    before = (agent(), offline(id=2, host_name="b", display_name="b"))
    assert state(agent(), before=before, phase="post").outcome is Outcome.PASS


def test_after_a_step_without_the_run_before_nobody_can_say():
    """Whether they are fewer is not known; before a step nobody asks."""
    judgement = state(agent(), phase="post")
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [("dsm", "none was named")]
    assert state(agent()).outcome is Outcome.PASS
