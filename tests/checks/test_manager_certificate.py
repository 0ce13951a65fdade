"""DSM-CERT-001: what the manager shows to agents that are upgraded before it, or under it."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import AgentPort
from tests.facts_by_hand import DSM, environment, manager, moment
from tests.judging import judged, missed, told

OLD = AgentPort("dsm-1", "dsm1.example.jp:4120", ("sha1", "sha1"))
NEW = AgentPort("dsm-2", "dsm2.example.jp:4120", ("sha256",))


def judge(*ports, agent="20.0.0-6313", today="20.0.711", target="20.0.0-711", step="agent"):
    """The check at the agents' step, on what the nodes show."""
    read = {"dsm": ports[0] if ports and isinstance(ports[0], Unread) else ports}
    of = environment(DSM, deep_security=target, agent=agent)
    return judged(
        "DSM-CERT-001",
        dsm=of.dsm[0],
        dsm_manager=manager(version=today),
        all_dsm_agent_ports=read,
        environment=of,
        moment=moment(step=step),
    )


def test_new_certificates_are_taken():
    """A manager that is older, and whose nodes show nothing old, holds nobody up."""
    judgement = judge(NEW)
    assert judgement.outcome is Outcome.PASS
    assert [one.row for one in judgement.rests_on] == [
        "sha1: agent from 20.0.0-6313, manager below 20.0.0-737"
    ]


def test_an_old_certificate_blocks():
    """Each node that shows one is named."""
    judgement = judge(OLD, NEW)
    assert told(judgement) == [
        (
            "dsm-1 (dsm1.example.jp:4120)",
            "a certificate signed with sha1",
            "manager 20.0.737 or later, or algorithms upgraded in the manager",
        )
    ]
    assert judgement.weight is Severity.BLOCKER
    assert judgement.examined == 2


def test_an_old_issuer_blocks():
    """The agent verifies the whole chain."""
    assert judge(AgentPort("dsm-1", "x:4120", ("sha256", "sha1"))).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("agent", "today", "outcome"),
    [
        ("20.0.0-6313", "20.0.711", Outcome.FAIL),
        ("20.0.0-6312", "20.0.711", Outcome.NOT_APPLICABLE),
        ("20.0.0-877", "11.0.510", Outcome.NOT_APPLICABLE),
        ("20.0.2-20480", "20.0.736", Outcome.FAIL),
        ("20.0.2-20480", "20.0.737", Outcome.NOT_APPLICABLE),
        ("20.0.2-20480", "20.0.1039", Outcome.NOT_APPLICABLE),
    ],
)
def test_where_the_vendor_draws_the_line(agent, today, outcome):
    """Both must be: an agent with the new library, and a manager without the remedy."""
    assert judge(OLD, agent=agent, today=today).outcome is outcome


def test_the_managers_own_step_is_the_cure():
    """Of the whole upgrade the manager is asked as it will be when the agents follow."""
    cured = judge(OLD, today="11.0.510", target="20.0.0-877", step=None)
    still_old = judge(OLD, today="11.0.510", target="20.0.0-711", step=None)
    newer = judge(OLD, today="20.0.737", target="20.0.0-711", step=None)
    assert cured.outcome is Outcome.NOT_APPLICABLE
    assert still_old.outcome is Outcome.FAIL
    assert newer.outcome is Outcome.NOT_APPLICABLE


def test_a_node_that_shows_nothing_is_unknown():
    """It stands beside the others, with what came back."""
    dead = AgentPort("dsm-2", "dsm2.example.jp:4120", Unread("connection refused"))
    judgement = judge(OLD, dead)
    assert missed(judgement) == [("dsm-2 (dsm2.example.jp:4120)", "connection refused")]
    assert judgement.outcome is Outcome.FAIL
    assert judge(dead).outcome is Outcome.UNDETERMINED


def test_a_run_that_never_looked_is_undetermined():
    """Facts of before this was read are never a pass; beside a new manager none are needed."""
    never = Unread("the facts of this run hold no agent_ports")
    assert judge(never).outcome is Outcome.UNDETERMINED
    assert judge(never, today="20.0.737").outcome is Outcome.NOT_APPLICABLE


def test_a_line_does_not_say_the_build():
    """Of a target that is no more than a line nobody can say which library it brings."""
    judgement = judge(OLD, agent="20.0")
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "20.0" in judgement.reason
