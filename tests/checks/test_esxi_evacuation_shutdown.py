"""ESX-EVAC-001: hosts without vMotion, and VMs that are shut down as planned."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome
from kanmon.facts import Unread
from kanmon.facts.vcenter.clusters import Rule, Tie
from kanmon.knowledge import load
from kanmon.knowledge.vmotion import VmotionTie
from tests.checks.estates import DSM, NSXT, NSXV, ONE, VC_MAIN, VC_OTHER, two_vcenters, world
from tests.checks.evacuations import CLUSTER, DISK, HOSTS, THIRD, VDI, evacuation, three
from tests.facts_by_hand import capacity, cluster, host, running_vm, second_host
from tests.judging import told

# vMotion


def test_a_host_without_vmotion_neither_gives_nor_takes():
    """Its own VMs cannot leave it, and those of the other one have nowhere to go."""
    dark = cluster(hosts=(capacity(vmotion=False), capacity(host="host-22")))
    found = "vMotion is not enabled on it, and 1 VMs run there"
    judgement = evacuation(clusters=(dark,))
    assert told(judgement) == [(ONE, found, "vMotion enabled")]
    assert judgement.blocks
    found = "no host that vMotion leads to beside esx-02.example.jp, on which 1 VMs run"
    judgement = evacuation(running_vm(host="host-22"), clusters=(dark,))
    assert told(judgement) == [(CLUSTER, found, "a host that can take them")]


def test_a_host_without_vmotion_on_which_nothing_runs_is_no_fault():
    """Two others take each other's VMs."""
    hosts = (capacity(), capacity(host="host-22"), capacity(host="host-23", vmotion=False))
    judgement = evacuation(hosts=(*HOSTS, THIRD), clusters=(cluster(hosts=hosts),))
    assert judgement.outcome is Outcome.PASS


# Planned shutdown


WORD = """
[[attestation]]
check = "ESX-EVAC-001"
target = "{target}"
says = "esx-01 and the GPU desktops are shut down at 22:00"
by = "Sato"
on = {day}
"""


def arranged(target="vc-main", day="2026-11-20"):
    """The estate with a named person's word that VMs are shut down."""
    return world(named=(VC_MAIN, NSXV, NSXT, DSM, WORD.format(target=target, day=day)))


ALONE = {
    "hosts": (host(),),
    "clusters": (cluster(standalone=True, drs=None, hosts=(capacity(vmotion=False),)),),
}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"ties": Unread("its datastore cannot be seen")},
        {"cpu_used": None},
        {"ties": (Tie("passthrough", "GPU"),)},
    ],
)
def test_a_standalone_host_may_go_down_with_its_vms(changes):
    """Where somebody attests it: what they need or are tied to does not matter then."""
    judgement = evacuation(running_vm(**changes), estate=arranged(), **ALONE)
    assert judgement.outcome is Outcome.PASS
    ((subject, text),) = [(note.subject, note.text) for note in judgement.notes]
    assert subject == "VMs that go down with their host"
    assert text.startswith(f"{VDI}; attested by Sato on 2026-11-20: esx-01")


@pytest.mark.parametrize(("target", "day"), [("vc-other", "2026-11-20"), ("vc-main", "2026-01-01")])
def test_another_or_an_old_word_does_not_count(target, day):
    """It is about another vCenter, or about another change."""
    word = WORD.format(target=target, day=day)
    estate = two_vcenters(named=(VC_MAIN, VC_OTHER, NSXV, NSXT, DSM, word))
    assert evacuation(estate=estate, **ALONE).blocks


@pytest.mark.parametrize("row", load(VmotionTie).rows, ids=lambda row: row.tie)
def test_a_word_for_vms_that_cannot_move_covers_no_others(row):
    """Where the table does not ask for the VM to be switched off, it is told as ever."""
    judgement = evacuation(running_vm(ties=(Tie(row.tie, "it"),)), estate=arranged())
    assert ("switched off" in row.expected) is row.shutdown
    assert (told(judgement) == []) is row.shutdown
    assert bool(judgement.notes) is row.shutdown


def test_a_disk_that_a_host_out_of_service_has_too_is_no_planned_shutdown():
    """The VM could move once that host is back."""
    vm = running_vm(ties=(DISK,))
    hosts = (host(), second_host(in_maintenance=True), THIRD)
    judgement = evacuation(vm, hosts=hosts, clusters=(three(),), estate=arranged())
    assert [subject for subject, _, _ in told(judgement)] == [VDI]


def test_a_vm_that_is_shut_down_needs_no_room():
    """It is too large for the others, and nothing of it has to go there; the next one is told."""
    gpu = (Tie("passthrough", "GPU"),)
    large = running_vm(memory_reserved=99_000, ties=gpu)
    assert evacuation(large, estate=arranged()).outcome is Outcome.PASS
    other = running_vm(moref="vm-102", name="vdi-02", memory_reserved=99_000)
    judgement = evacuation(large, other, estate=arranged())
    assert {subject for subject, _, _ in told(judgement)} == {CLUSTER}


@pytest.mark.parametrize(
    ("changes", "rules", "outcome"),
    [
        ({"ties": (Tie("passthrough", "GPU"),)}, (), Outcome.PASS),
        ({"ties": (Tie("datastore", "local", ("host-21",)),)}, (), Outcome.PASS),
        ({"ties": (DISK,)}, (), Outcome.FAIL),
        ({}, (Rule("licence", "on", ("vm-101",), ("host-21",)),), Outcome.PASS),
        ({}, (Rule("rack", "off", ("vm-101",), ("host-23",)),), Outcome.FAIL),
    ],
)
def test_who_is_in_service_does_not_matter_to_a_planned_shutdown(changes, rules, outcome):
    """The other host is away: what it could take when it is back is not shut down, it waits."""
    hosts = (host(), second_host(in_maintenance=True))
    clusters = (cluster(rules=rules),)
    vm = running_vm(**changes)
    judgement = evacuation(vm, hosts=hosts, clusters=clusters, estate=arranged())
    assert judgement.outcome is outcome


def test_a_word_does_not_excuse_a_cluster():
    """A cluster whose other host is away, or that is too full, is no planned shutdown."""
    away = evacuation(hosts=(host(), second_host(in_maintenance=True)), estate=arranged())
    full = evacuation(running_vm(memory_active=98_305), estate=arranged())
    assert away.blocks
    assert full.blocks
