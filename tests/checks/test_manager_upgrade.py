"""DSM-VER-002 and DSM-NODE-002: the nodes of a manager, upgraded one after the other."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome
from kanmon.errors import TargetLost
from kanmon.facts import Unread
from tests.facts_by_hand import (
    DSM,
    LINUX,
    ONE_NODE,
    agent,
    dead_node,
    environment,
    linux_host,
    manager,
    manager_node,
    moment,
    node,
    unit,
)
from tests.judging import answered, judged, missed, told

OLD, NEW, TARGET = "11.0.510", "20.0.877", "20.0.0-877"
ONE, TWO = "dsm-1 (dsm1.example.jp:4119)", "dsm-2 (dsm2.example.jp:4119)"
API = "dsm (its API)"
NO_WAY = Unread(TargetLost("reach dsm-2", "ssh: no answer").message)
STOPPED = manager_node(heaps=())
P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED
A = Outcome.ATTESTED


def versions(*nodes, phase="post", api=NEW, target=TARGET, text=DSM):
    """DSM-VER-002 on these nodes."""
    given = environment(text, **({"deep_security": target} if target else {}))
    facts = {"dsm": given.dsm[0], "dsm_nodes": nodes, "dsm_computers": (agent(),)}
    return judged(
        "DSM-VER-002",
        **facts,
        dsm_manager=manager(version=api),
        environment=given,
        moment=moment(phase=phase),
    )


def alone(second, host, *, text=DSM + LINUX, shell=STOPPED):
    """DSM-NODE-002 with this second node on this machine."""
    given = environment(text)
    return judged(
        "DSM-NODE-002",
        dsm=given.dsm[0],
        dsm_nodes=(node(1, version=NEW), second),
        manager_hosts={"dsm-1-host": linux_host(), "dsm-2-host": host},
        manager_nodes={"dsm-1-host": manager_node(), "dsm-2-host": shell},
        environment=given,
    )


def service(state):
    """The second node's machine, its manager's service in this state."""
    return linux_host(hostname="dsm2", services=(unit("dsm_s", state=state), unit("ds_agent")))


# DSM-VER-002


@pytest.mark.parametrize(
    ("phase", "first", "second", "outcome"),
    [
        ("mid", NEW, OLD, P),
        ("mid", NEW, NEW, P),
        ("mid", OLD, OLD, F),
        ("post", NEW, NEW, P),
        ("post", NEW, OLD, F),
        ("post", OLD, NEW, F),
    ],
)
def test_who_runs_the_promised_version(phase, first, second, outcome):
    """Between the nodes the first one does, after the step all of them do."""
    judgement = versions(node(1, version=first), node(2, version=second), phase=phase)
    assert judgement.outcome is outcome
    assert judgement.examined == (2 if phase == "mid" else 3)


def test_a_stopped_second_node_is_not_asked_between_the_nodes():
    """What the second node says of itself is of no account until its own upgrade."""
    assert versions(node(1, version=NEW), dead_node(2), phase="mid").outcome is P


def test_a_node_that_was_left_behind_is_named():
    """The finding says which node, what it runs and what was promised; it blocks."""
    judgement = versions(node(1, version=NEW), node(2, version=OLD))
    assert told(judgement) == [(TWO, "11.0.0-510", "20.0.0-877, as the upgrade promises")]
    assert judgement.blocks


def test_an_api_of_the_old_release_is_named():
    """A node may say the new version while what answers for the database is of the old one."""
    judgement = versions(node(1, version=NEW), node(2, version=NEW), api=OLD)
    assert [finding.subject for finding in judgement.findings] == [API]


@pytest.mark.parametrize(
    ("target", "runs", "outcome"),
    [
        ("20.0.0-877", "20.0.877", P),
        ("20.0.0-877", "20.0.876", F),
        ("20.0.0-877", "20.0.1108", P),
        ("20.0.0-877", "21.0.100", F),
        ("20.0", "20.0.877", P),
        ("20.0", "12.0.327", F),
        ("20.0", "21.0.100", F),
        ("20.0.0-877", "20.0", U),
        ("20.0", "20.0", P),
        ("20.0.0-877", "0.0", U),
    ],
)
def test_when_a_version_is_the_promised_one(target, runs, outcome):
    """A later build of the promised release is; another release is not, and a line may be."""
    both = node(1, version=runs), node(2, version=runs)
    assert versions(*both, api=runs, target=target).outcome is outcome


def test_a_node_that_says_no_version_is_undetermined():
    """A dead or mute node is never taken for an upgraded one."""
    judgement = versions(node(1, version=NEW), dead_node(2))
    assert judgement.outcome is U
    assert missed(judgement) == [(TWO, "it does not tell its version: connection refused")]


def test_nothing_is_promised_without_a_target():
    """An environment without upgrade.deep_security promises nothing that could be judged."""
    assert versions(node(1), node(2), target=None).outcome is U


@pytest.mark.parametrize("phase", ["mid", "post"])
def test_a_node_that_nobody_asked_is_undetermined(phase):
    """That nothing is known of a node is not that it is as it should be."""
    assert versions(node(1, version=NEW), phase=phase).outcome is U


def test_a_single_node_is_upgraded_alone():
    """A manager of one node has no second one to wait for."""
    assert versions(node(1, version=NEW), text=ONE_NODE).outcome is P
    assert versions(node(1, version=OLD), text=ONE_NODE).outcome is F


# DSM-NODE-002


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ("inactive", P),
        ("failed", P),
        ("active", F),
        ("activating", F),
        ("deactivating", F),
        ("reloading", F),
        ("a word of tomorrow", F),
    ],
)
def test_a_service_in_every_state(state, outcome):
    """Behind a closed port only a service that is stopped is; any other word is not."""
    judgement = alone(dead_node(2), service(state))
    assert judgement.outcome is outcome
    assert judgement.examined == 1


def test_a_running_service_is_named():
    """The finding names node, machine and state; it blocks."""
    judgement = alone(dead_node(2), service("active"))
    assert told(judgement) == [(TWO, "dsm_s on dsm2 is active", "stopped")]
    assert judgement.blocks


def test_a_manager_that_runs_beside_its_service_is_named():
    """One that was started by hand writes into the database, though its service is inactive."""
    judgement = alone(dead_node(2), service("inactive"), shell=manager_node(heaps=(None,)))
    assert told(judgement) == [
        (TWO, "dsm_s is inactive, but a Java of the manager runs", "stopped")
    ]
    assert judgement.blocks
    for shell in (manager_node(heaps=Unread("ps: no")), Unread("ps: no")):
        assert missed(alone(dead_node(2), service("failed"), shell=shell)) == [(TWO, "ps: no")]


@pytest.mark.parametrize("state", ["online", "failing"])
def test_a_node_that_listens_runs(state):
    """What listens runs, whatever its machine says or does not say."""
    for host in (service("inactive"), Unread("no answer")):
        assert alone(node(2, state=state), host).outcome is F


def test_the_machine_answers_for_a_silent_port():
    """A port that a firewall hides is of no account beside the service itself."""
    assert alone(dead_node(2, "silent"), service("inactive")).outcome is P
    assert alone(dead_node(2, "silent"), service("active")).outcome is F


def test_a_machine_that_cannot_be_asked_is_undetermined():
    """A closed port alone does not say that the service is stopped."""
    assert missed(alone(dead_node(2, "silent"), NO_WAY)) == [(TWO, NO_WAY.reason)]
    other = linux_host(hostname="web", services=(unit("dsm_s", loaded=False, state="inactive"),))
    assert missed(alone(dead_node(2), other)) == [
        (TWO, "web has no service dsm_s: is it this node?")
    ]
    for text in (DSM, DSM + LINUX.replace('node = "dsm-2"', 'node = "dsm-1"')):
        assert alone(dead_node(2), service("inactive"), text=text).outcome is U


def test_a_person_answers_for_a_machine_that_is_off():
    """A machine that is off answers nobody: beside a refused console a person's word counts."""
    judgement = alone(dead_node(2), NO_WAY)
    assert judgement.outcome is U
    assert missed(judgement) == [
        (TWO, f"its console is refused, and its machine is not read: {NO_WAY.reason}")
    ]
    assert answered("DSM-NODE-002", judgement, "dsm").outcome is A


def test_nobody_answers_for_a_machine_out_of_reach_behind_a_silent_port():
    """What is hidden by a firewall may run, and was not read."""
    judgement = alone(dead_node(2, "silent"), NO_WAY)
    assert judgement.outcome is U
    assert answered("DSM-NODE-002", judgement, "dsm") == judgement


@pytest.mark.parametrize(("second", "host"), [(dead_node(2), service("active")), (node(2), NO_WAY)])
def test_no_word_hides_a_node_that_runs(second, host):
    """What the machine or its console answers stands against what a person says."""
    judgement = alone(second, host)
    assert judgement.outcome is F
    assert answered("DSM-NODE-002", judgement, "dsm") == judgement


def test_a_single_node_runs_alone():
    """Of one node there is nothing to judge."""
    given = environment(ONE_NODE)
    judgement = judged(
        "DSM-NODE-002",
        dsm=given.dsm[0],
        dsm_nodes=(node(1),),
        manager_hosts={},
        manager_nodes={},
        environment=given,
    )
    assert judgement.outcome is Outcome.NOT_APPLICABLE


def test_nobody_asked_the_second_node():
    """That nothing is known of it is undetermined, not a single node."""
    given = environment(DSM)
    judgement = judged(
        "DSM-NODE-002",
        dsm=given.dsm[0],
        dsm_nodes=(node(1),),
        manager_hosts={},
        manager_nodes={},
        environment=given,
    )
    assert judgement.outcome is U
