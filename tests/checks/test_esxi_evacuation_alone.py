"""ESX-EVAC-001: hosts without vMotion, and VMs that only go down with their host."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome
from kanmon.facts import Unread
from kanmon.facts.vcenter.clusters import Tie
from tests.checks.estates import ONE
from tests.checks.evacuations import CLUSTER, DISK, HOSTS, THIRD, VDI, evacuation, three
from tests.facts_by_hand import capacity, cluster, host, running_vm, second_host
from tests.judging import answered, missed, told

GPU = (Tie("passthrough", "GPU"),)

# vMotion


def test_a_host_without_vmotion_neither_gives_nor_takes():
    """Its own VMs cannot leave it, and those of the other one have nowhere to go."""
    dark = cluster(hosts=(capacity(vmotion=False), capacity(host="host-22")))
    found = "vMotion is not enabled on it, and 1 VMs run there"
    judgement = evacuation(clusters=(dark,))
    assert told(judgement) == [(ONE, found, "vMotion enabled")]
    assert judgement.blocks
    found = f"no host that vMotion leads to beside esx-02.example.jp, on which 1 VMs run: {VDI}"
    judgement = evacuation(running_vm(host="host-22"), clusters=(dark,))
    assert told(judgement) == [(CLUSTER, found, "a host that can take them")]


def test_a_host_without_vmotion_on_which_nothing_runs_is_no_fault():
    """Two others take each other's VMs."""
    hosts = (capacity(), capacity(host="host-22"), capacity(host="host-23", vmotion=False))
    judgement = evacuation(hosts=(*HOSTS, THIRD), clusters=(cluster(hosts=hosts),))
    assert judgement.outcome is Outcome.PASS


# VMs that only go down with their host

ALONE = {
    "hosts": (host(),),
    "clusters": (cluster(standalone=True, drs=None, hosts=(capacity(vmotion=False),)),),
}
ALONE_FOUND = (
    CLUSTER,
    "no host that vMotion leads to beside esx-01.example.jp, on which 1 VMs run: vdi-01 (vm-101)",
    "a host that can take them",
)


@pytest.mark.parametrize("ties", [(), GPU])
def test_a_standalone_host_that_vms_run_on_is_a_finding(ties):
    """What they are tied to does not matter then, and nobody's word lets them go down with it."""
    judgement = evacuation(running_vm(ties=ties), **ALONE)
    assert told(judgement) == [ALONE_FOUND]
    assert judgement.blocks
    assert answered("ESX-EVAC-001", judgement, "vc-main") == judgement


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ties": Unread("its datastore cannot be seen")}, "its datastore cannot be seen"),
        ({"cpu_used": None}, "vCenter has no statistics of it"),
    ],
)
def test_what_is_unknown_of_a_vm_takes_no_finding_away(changes, reason):
    """A person may answer for that VM; the host that it runs on is alone all the same."""
    judgement = evacuation(running_vm(**changes), **ALONE)
    assert missed(judgement) == [(VDI, reason)]
    attested = answered("ESX-EVAC-001", judgement, "vc-main")
    assert missed(attested) == []
    assert told(attested) == [ALONE_FOUND]
    assert attested.blocks


@pytest.mark.parametrize(
    ("changes", "clusters", "hosts"),
    [
        ({"ties": GPU}, (cluster(),), HOSTS),
        ({"ties": (DISK,)}, (three(),), (host(), second_host(in_maintenance=True), THIRD)),
    ],
)
def test_nobodys_word_shuts_a_tied_vm_down(changes, clusters, hosts):
    """Whether no other host could take it, or one that is out of service: the finding stands."""
    judgement = evacuation(running_vm(**changes), clusters=clusters, hosts=hosts)
    assert [subject for subject, _, _ in told(judgement)] == [VDI]
    assert judgement.blocks
    assert answered("ESX-EVAC-001", judgement, "vc-main") == judgement


def test_a_vm_that_must_be_switched_off_needs_no_room():
    """It is named once, for what ties it: one waiver accepts that it goes down."""
    judgement = evacuation(running_vm(memory_reserved=99_000, ties=GPU))
    assert [(subject, found) for subject, found, _ in told(judgement)] == [
        (VDI, "passthrough: GPU")
    ]
