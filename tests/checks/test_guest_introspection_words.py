"""GI-HOST-001: the words and errors of NSX for what is deployed to a protected host."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from tests.checks.protected import (
    AGENTS,
    APPLIANCE_AGENTS,
    NODES,
    ONE,
    TWO,
    by_both,
    by_t,
    by_v,
    nsxt_facts,
    nsxv_facts,
)
from tests.facts_by_hand import (
    appliance_agent,
    instance,
    nsxt_deployment,
    nsxv_agent,
    nsxv_appliance,
    nsxv_deployment,
    transport_node,
)
from tests.judging import missed, told

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED


def with_instance(**changes):
    """The check where the service VM of host-21 is changed."""
    return by_t(nsxt_deployment(instances=(instance(**changes), instance(host_moref="host-22"))))


@pytest.mark.parametrize(
    ("word", "outcome", "weight"),
    [
        ("UP", P, None),
        ("SUCCEEDED", P, None),
        ("WARNING", F, Severity.WARNING),
        ("OUT_OF_DATE", F, Severity.WARNING),
        ("FAILED", F, Severity.BLOCKER),
        ("RED", F, Severity.BLOCKER),
        ("DOWN", U, None),  # no document was read that says it
        ("UNKNOWN", U, None),
        ("up", U, None),
        ("", U, None),
        ("NOT_A_WORD", U, None),
    ],
)
def test_the_words_of_nsx_v(word, outcome, weight):
    """A word of a deployment or of an agent counts as its table says; any other is no health."""
    judgements = [
        by_v(deployments=(nsxv_deployment(service_status=word),)),
        by_v(deployments=(nsxv_deployment(progress_status=word),)),
        by_v(appliances=(nsxv_appliance(service_status=word),)),
        by_v(appliances=(nsxv_appliance(progress_status=word),)),
    ]
    for key in ("operational_status", "progress_status", "service_status"):
        judgements += [
            by_v(agents=(nsxv_agent(**{key: word}), AGENTS[1])),
            by_v(appliance_agents=(appliance_agent(**{key: word}), APPLIANCE_AGENTS[1])),
        ]
    for judgement in judgements:
        assert judgement.outcome is outcome
        assert judgement.weight is weight


@pytest.mark.parametrize(
    ("word", "outcome", "weight"),
    [
        ("UP", P, None),
        ("NEEDS_ATTENTION", F, Severity.WARNING),
        ("DOWN", F, Severity.BLOCKER),
        ("NOT_AVAILABLE", F, Severity.BLOCKER),
        ("UNKNOWN", U, None),
        (None, U, None),
    ],
)
def test_the_words_of_nsx_t(word, outcome, weight):
    """A word of a service VM counts as its table says; any other, and none at all, is no health."""
    for key in ("runtime_status", "solution_status", "mux_status"):
        judgement = with_instance(**{key: word})
        assert judgement.outcome is outcome
        assert judgement.weight is weight


@pytest.mark.parametrize(
    ("changes", "outcome", "weight"),
    [
        ({"state": "success"}, P, None),
        ({"state": "in_sync"}, P, None),
        ({"state": "in_progress"}, F, Severity.WARNING),
        ({"state": "partial_success"}, F, Severity.WARNING),
        ({"state": "failed"}, F, Severity.BLOCKER),
        ({"state": "orphaned"}, F, Severity.BLOCKER),
        ({"state": "unknown"}, U, None),
        ({"state": ""}, U, None),
        ({"status": "DEGRADED"}, F, Severity.WARNING),
        ({"status": "DOWN"}, F, Severity.BLOCKER),
        ({"status": "UNKNOWN"}, U, None),
        ({"status": ""}, U, None),
    ],
)
def test_the_words_of_a_transport_node(changes, outcome, weight):
    """Good service VMs do not help on a host whose own modules are not up."""
    judgement = by_t(nsxt_deployment(), nodes=(transport_node(**changes), NODES[1]))
    assert judgement.outcome is outcome
    assert judgement.weight is weight


def test_what_is_told_of_a_transport_node():
    """A finding names the host and the word of its node."""
    judgement = by_t(
        nsxt_deployment(), nodes=(NODES[0], transport_node(host_moref="host-22", status="DOWN"))
    )
    assert told(judgement) == [(TWO, "NSX-T on the host: DOWN", "up")]


@pytest.mark.parametrize(
    "nodes",
    [
        (NODES[0],),
        (NODES[0], transport_node(host_moref="host-31")),
        (NODES[0], transport_node(host_moref=None, compute_manager=None, node_type="EdgeNode")),
    ],
    ids=["no other", "another host", "an edge"],
)
def test_a_host_that_is_no_transport_node_fails(nodes):
    """A host that NSX-T has not prepared has no guest introspection, whatever else is deployed."""
    judgement = by_t(nsxt_deployment(), nodes=nodes)
    assert told(judgement) == [(TWO, "it is no transport node of NSX-T", "one that is up")]
    assert judgement.blocks


def test_nsx_v_needs_no_transport_nodes():
    """Where NSX-V protects, a host that a new NSX-T has not prepared yet is no fault."""
    assert by_both(nsxv_facts(), nsxt_facts(nodes=())).outcome is P


def test_what_is_told_of_a_host_under_nsx_v():
    """A finding names host, agent and word; a deployment's word is told of each host."""
    bad = (nsxv_agent(), nsxv_agent(host="host-22", service_status="FAILED", error="lost"))
    judgement = by_v(agents=bad)
    found = "Guest Introspection agent Guest Introspection (1): FAILED (lost)"
    assert told(judgement) == [(TWO, found, "up")]
    assert judgement.blocks
    whole = by_v(deployments=(nsxv_deployment(service_status="FAILED"),))
    assert [subject for subject, _, _ in told(whole)] == [ONE, TWO]
    assert told(whole)[0][1] == "Guest Introspection of the cluster: FAILED"


def test_what_is_told_of_a_host_under_nsx_t():
    """A finding names the host, the service and NSX's own words."""
    judgement = with_instance(runtime_status="OUT_OF_SERVICE", error="no heartbeat")
    found = "service VM of Trend Micro Deep Security: OUT_OF_SERVICE (no heartbeat)"
    assert told(judgement) == [(ONE, found, "up")]
    failed = by_t(nsxt_deployment(status="DEPLOYMENT_FAILED", issues=("no space", "no IP")))
    assert told(failed)[0][1] == "Trend Micro Deep Security: DEPLOYMENT_FAILED (no space; no IP)"


def test_a_deployment_without_progress_passes():
    """NSX-V's own sample of a deployment has no progress: its absence says nothing."""
    assert by_v(deployments=(nsxv_deployment(progress_status=None),)).outcome is P
    assert by_v(appliances=(nsxv_appliance(progress_status=None),)).outcome is P


def test_the_gravest_problem_of_a_host_is_told():
    """What is certainly bad comes before what nobody knows, and that before a warning."""
    words = {"operational_status": "WARNING", "progress_status": "odd", "service_status": "FAILED"}
    bad = by_v(agents=(nsxv_agent(**words), nsxv_agent(host="host-22")))
    assert bad.weight is Severity.BLOCKER
    assert len(bad.findings) == 1
    odd = nsxv_agent(**{**words, "service_status": "UP"})
    assert by_v(agents=(odd, nsxv_agent(host="host-22"))).outcome is U


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [({"stale": True}, U), ({"mux_incompatible": True}, F), ({"error": "no heartbeat"}, F)],
)
def test_a_service_vm_with_a_flaw_is_no_pass(changes, outcome):
    """Good words beside a stale report, another protocol or an error text do not count."""
    assert with_instance(**changes).outcome is outcome


def with_agent(**changes):
    """The check where the guest introspection agent of host-21 is changed."""
    return by_v(agents=(nsxv_agent(**changes), AGENTS[1]))


AGENT = "Guest Introspection agent Guest Introspection (1)"
SERVICE = "Trend Micro Deep Security"


@pytest.mark.parametrize(
    ("judgement", "found"),
    [
        (with_agent(error="lost"), f"{AGENT}: lost"),
        (
            by_v(appliance_agents=(appliance_agent(error="lost"), APPLIANCE_AGENTS[1])),
            f"{SERVICE} agent {SERVICE} (1): lost",
        ),
        (with_instance(error="no heartbeat"), f"service VM of {SERVICE}: no heartbeat"),
        (by_t(nsxt_deployment(issues=("no space", "no IP"))), f"{SERVICE}: no space; no IP"),
    ],
    ids=["agent", "appliance agent", "service VM", "deployment"],
)
def test_an_error_beside_good_words_is_a_finding(judgement, found):
    """What NSX itself says is wrong is not healthy, whatever its status words are."""
    assert told(judgement)[0] == (ONE, found, "no error")
    assert judgement.blocks


@pytest.mark.parametrize(
    ("judgement", "found", "weight"),
    [
        (
            with_agent(service_status="WARNING", error="late"),
            f"{AGENT}: WARNING (late)",
            Severity.WARNING,
        ),
        (
            with_agent(service_status="FAILED", error="late"),
            f"{AGENT}: FAILED (late)",
            Severity.BLOCKER,
        ),
        (
            with_instance(runtime_status="NEEDS_ATTENTION", error="late"),
            f"service VM of {SERVICE}: NEEDS_ATTENTION (late)",
            Severity.WARNING,
        ),
        (
            by_t(nsxt_deployment(status="UPGRADE_IN_PROGRESS", issues=("late",))),
            f"{SERVICE}: UPGRADE_IN_PROGRESS (late)",
            Severity.WARNING,
        ),
    ],
    ids=["agent warns", "agent failed", "service VM warns", "deployment warns"],
)
def test_an_error_beside_a_word_that_tells_of_it_is_its_detail(judgement, found, weight):
    """The error says what the word is about, and weighs as much as the word."""
    assert told(judgement)[0] == (ONE, found, "up")
    assert judgement.weight is weight


def test_an_error_beside_a_word_that_nobody_knows_is_told_with_it():
    """A word without a row stays unknown, and the error is not lost."""
    judgement = with_agent(service_status="ODD", error="late")
    assert judgement.outcome is U
    assert missed(judgement)[0][1].startswith(f"{AGENT}: ODD (late)")


def test_an_error_of_one_agent_is_not_hidden_by_a_warning_of_another():
    """An error beside good words blocks, although another part of the host only warns."""
    warned = (nsxv_agent(service_status="WARNING"), AGENTS[1])
    lost = (appliance_agent(error="lost"), APPLIANCE_AGENTS[1])
    assert by_v(agents=warned, appliance_agents=lost).weight is Severity.BLOCKER


def test_a_pass_names_the_words_that_it_rests_on():
    """A pass rests on rows of the table, some of them unverified: the evidence has to show them."""
    rows = {one.row: one.confidence for one in by_v().rests_on}
    assert rows.get("NSX-V UP") == "unverified"
