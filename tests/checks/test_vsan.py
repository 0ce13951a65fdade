"""ESX-VSAN-001: hosts in their vSAN cluster, and what no host tells of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Outcome
from kanmon.facts import Unread
from kanmon.facts.vcenter.hosts import HostAnswer
from kanmon.facts.vcenter.vsan import VsanCluster, VsanStatus
from tests.checks.estates import ONE, TWO
from tests.facts_by_hand import VC_MAIN, environment
from tests.judging import answered, judged, missed, told

NODES = ("5a-21", "5a-22")
FIRST = VsanStatus("52-7", "5a-21", "healthy", NODES)
SECOND = VsanStatus("52-7", "5a-22", "healthy", NODES)
TOPICS = [
    f"Protected (domain-c7): {topic}"
    for topic in (
        "health checks",
        "objects that resynchronise",
        "objects that are inaccessible",
        "the witness of a stretched cluster",
        "controllers, their drivers and firmware",
    )
]


def vsan(second=SECOND, first=FIRST):
    """The check on a cluster of two hosts."""
    hosts = (
        HostAnswer("host-21", "esx-01.example.jp", first),
        HostAnswer("host-22", "esx-02.example.jp", second),
    )
    return on(VsanCluster("domain-c7", "Protected", hosts))


def on(*clusters):
    vcenter = environment(VC_MAIN).vcenter[0]
    return judged("ESX-VSAN-001", vcenter=vcenter, vcenter_vsan=clusters)


def test_an_estate_without_vsan_is_not_held_up():
    """No cluster has it: there is nothing to look at and nothing to attest."""
    assert on().outcome is Outcome.NOT_APPLICABLE


def test_what_hosts_do_not_tell_a_person_looks_at():
    """Healthy hosts that see each other leave the topics of the health service open."""
    judgement = vsan()
    assert judgement.outcome is Outcome.UNDETERMINED
    assert [subject for subject, _ in missed(judgement)] == TOPICS
    assert judgement.examined == 2 + len(TOPICS)
    assert answered("ESX-VSAN-001", judgement, "vc-main").outcome is Outcome.ATTESTED


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"health": "unhealthy"}, "unhealthy in its vSAN cluster"),
        ({"members": ("5a-22",)}, "does not see 1 of 2 hosts"),
        ({"members": ()}, "does not see 2 of 2 hosts"),
        ({"node": None}, "in no vSAN cluster, though vSAN is on"),
        ({"cluster": None}, "in no vSAN cluster, though vSAN is on"),
    ],
)
def test_a_host_that_its_cluster_has_lost_blocks(changes, found):
    """No word of a person opens that."""
    judgement = vsan(replace(SECOND, **changes))
    assert [one[:2] for one in told(judgement)] == [(TWO, found)]
    assert judgement.blocks
    assert answered("ESX-VSAN-001", judgement, "vc-main").blocks


def test_a_witness_among_the_members_is_no_stranger():
    """A stretched cluster has a host more than vCenter's."""
    witness = (*NODES, "5a-99")
    judgement = vsan(replace(SECOND, members=witness), replace(FIRST, members=witness))
    assert told(judgement) == []


@pytest.mark.parametrize("health", ["unknown", "splendid"])
def test_a_health_that_nobody_knows_is_unknown(health):
    """A new word is never green."""
    judgement = vsan(replace(SECOND, health=health))
    assert missed(judgement)[0] == (TWO, f"its health in vSAN is {health}")


def test_a_host_that_does_not_answer_is_unknown_by_itself():
    """The other one is judged."""
    judgement = vsan(Unread("esx-02: HostNotConnected"), replace(FIRST, health="unhealthy"))
    assert missed(judgement)[0] == (TWO, "esx-02: HostNotConnected")
    assert [one[0] for one in told(judgement)] == [ONE]
