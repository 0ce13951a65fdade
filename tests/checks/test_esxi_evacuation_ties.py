"""ESX-EVAC-001: what ties a VM to its host."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome
from kanmon.facts.vcenter.clusters import Rule, Tie
from kanmon.knowledge import load
from kanmon.knowledge.vmotion import VmotionTie
from tests.checks.evacuations import CLUSTER, DISK, HOSTS, THIRD, VDI, evacuation, three
from tests.facts_by_hand import capacity, cluster, host, running_vm, second_host
from tests.judging import missed, told


@pytest.mark.parametrize("row", load(VmotionTie).rows, ids=lambda row: row.tie)
def test_every_tie_that_the_table_knows_is_told(row):
    """It blocks where the vendor says so and no hand can help, else it warns."""
    judgement = evacuation(running_vm(ties=(Tie(row.tie, "it"),)))
    assert told(judgement) == [(VDI, f"{row.tie}: it", row.expected)]
    assert judgement.blocks is (row.confidence == "documented" and not row.by_hand)


def test_a_tie_that_no_row_knows_is_undetermined():
    """A new word is never green."""
    judgement = evacuation(running_vm(ties=(Tie("tachyon", "it"),)))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [(VDI, "no row of vmotion_ties says what comes of tachyon: it")]


@pytest.mark.parametrize("kind", ["datastore", "network"])
def test_what_another_host_in_service_has_is_no_tie(kind):
    """Of three hosts two have it: the VM can move, unless the second one is away."""
    vm = running_vm(ties=(Tie(kind, "it", ("host-21", "host-22")),))
    hosts = (*HOSTS, THIRD)
    assert evacuation(vm, hosts=hosts, clusters=(three(),)).outcome is Outcome.PASS
    away = (host(), second_host(in_maintenance=True), THIRD)
    assert told(evacuation(vm, hosts=away, clusters=(three(),)))[0][0] == VDI


@pytest.mark.parametrize(
    ("kind", "hosts", "outcome"),
    [
        ("on", ("host-21", "host-22"), Outcome.PASS),
        ("on", ("host-21",), Outcome.FAIL),
        ("on", (), Outcome.FAIL),
        ("off", ("host-23",), Outcome.PASS),
        ("off", ("host-22", "host-23"), Outcome.FAIL),
    ],
)
def test_a_rule_must_leave_another_host(kind, hosts, outcome):
    """The VM is on host-21 of three."""
    ruled = three(rules=(Rule("licence", kind, ("vm-101",), hosts),))
    judgement = evacuation(hosts=(*HOSTS, THIRD), clusters=(ruled,))
    assert judgement.outcome is outcome
    if outcome is Outcome.FAIL:
        assert told(judgement)[0][:2] == (VDI, "rule: rule licence")


CARD = Tie("network", "dmz", ("host-21", "host-23"))
ON_THIRD = Rule("licence", "on", ("vm-101",), ("host-21", "host-23"))
OFF_SECOND = Rule("no licence", "off", ("vm-101",), ("host-22",))


@pytest.mark.parametrize(
    ("ties", "rules", "told_as"),
    [
        ((DISK, CARD), (), "datastore gold, network dmz"),
        ((DISK,), (ON_THIRD,), "datastore gold, rule licence"),
        ((DISK,), (OFF_SECOND,), "datastore gold, rule no licence"),
        ((CARD,), (ON_THIRD,), None),
        ((CARD,), (OFF_SECOND, ON_THIRD), None),
        (
            (),
            (OFF_SECOND, Rule("rack", "off", ("vm-101",), ("host-23",))),
            "rule no licence, rule rack",
        ),
    ],
)
def test_one_host_must_have_all_of_it(ties, rules, told_as):
    """Each of them leaves the VM a host of three, and it is not the same one."""
    vm = running_vm(ties=ties)
    judgement = evacuation(vm, hosts=(*HOSTS, THIRD), clusters=(three(rules=rules),))
    expected = [] if told_as is None else [(VDI, f"together: {told_as}")]
    assert [one[:2] for one in told(judgement)] == expected
    assert judgement.blocks is bool(expected)


def test_what_leaves_no_host_by_itself_is_told_alone():
    """A second tie that leaves some is not to blame."""
    vm = running_vm(ties=(DISK, Tie("network", "inner", ("host-21",))))
    judgement = evacuation(vm, hosts=(*HOSTS, THIRD), clusters=(three(),))
    assert [one[:2] for one in told(judgement)] == [(VDI, "network: inner")]


def test_a_rule_binds_only_its_own_vms():
    """A rule about another VM says nothing of this one."""
    ruled = cluster(rules=(Rule("licence", "on", ("vm-999",), ("host-21",)),))
    assert evacuation(clusters=(ruled,)).outcome is Outcome.PASS


@pytest.mark.parametrize(("members", "outcome"), [(1, Outcome.PASS), (2, Outcome.FAIL)])
def test_vms_that_are_kept_apart_need_a_host_to_spare(members, outcome):
    """Two on two hosts leave none; what is switched off does not count."""
    apart = Rule("apart", "apart", ("vm-101", "vm-102", "vm-103"), ())
    second = running_vm(moref="vm-102", name="second", host="host-22")
    vms = (running_vm(), second)[:members]
    judgement = evacuation(*vms, clusters=(cluster(rules=(apart,)),))
    assert judgement.outcome is outcome
    if outcome is Outcome.FAIL:
        assert told(judgement)[0][0] == CLUSTER


@pytest.mark.parametrize("drs", ["manual", None])
def test_vms_are_kept_apart_only_where_drs_is_on(drs):
    """Where it is off nothing enforces the rule, which is a note; hands are needed either way."""
    apart = Rule("pair", "apart", ("vm-101", "vm-102"), ())
    second = running_vm(moref="vm-102", name="second", host="host-22")
    judgement = evacuation(running_vm(), second, clusters=(cluster(drs=drs, rules=(apart,)),))
    assert judgement.blocks is (drs is not None)
    noted = [note.text for note in judgement.notes if "rule pair" in note.text]
    assert noted == (
        [] if drs else ["DRS is off, so nothing keeps 2 VMs apart as the rule pair wants"]
    )


@pytest.mark.parametrize(("kind", "where"), [("on", "host-21"), ("off", "host-22")])
def test_a_rule_about_hosts_holds_without_drs(kind, where):
    """A rule that must be kept is kept by vMotion itself."""
    ruled = cluster(drs=None, rules=(Rule("licence", kind, ("vm-101",), (where,)),))
    assert (VDI, "rule: rule licence") in [one[:2] for one in told(evacuation(clusters=(ruled,)))]


def test_ties_are_not_told_where_there_is_no_other_host():
    """That there is none says it all."""
    vm = running_vm(ties=(Tie("passthrough", "GPU"),))
    judgement = evacuation(vm, hosts=(host(),), clusters=(cluster(hosts=(capacity(),)),))
    assert [subject for subject, _, _ in told(judgement)] == [CLUSTER]


def test_every_tie_of_a_vm_is_told_at_once():
    """Devices, what no other host has, what none has all of: nothing hides another."""
    ruled = three(rules=(Rule("licence", "on", ("vm-101",), ("host-21", "host-23")),))
    ties = (
        Tie("host device", "CD/DVD drive 1"),
        Tie("affinity", "cpu affinity"),
        Tie("network", "inner", ("host-21",)),
        DISK,
    )
    vm = running_vm(ties=ties, untold=("what adapter 2 is on nobody says",))
    judgement = evacuation(vm, hosts=(*HOSTS, THIRD), clusters=(ruled,))
    assert [one[:2] for one in told(judgement)] == [
        (VDI, "host device: CD/DVD drive 1"),
        (VDI, "affinity: cpu affinity"),
        (VDI, "network: inner"),
        (VDI, "together: datastore gold, rule licence"),
    ]
    assert missed(judgement) == [(VDI, "what adapter 2 is on nobody says")]


def test_ties_are_told_while_the_other_hosts_are_out_of_service():
    """They come back before the window: what holds the VM then is told now."""
    vm = running_vm(ties=(Tie("host device", "CD/DVD drive 1"), DISK))
    judgement = evacuation(vm, hosts=(host(), second_host(in_maintenance=True)))
    assert (VDI, "host device: CD/DVD drive 1") in [one[:2] for one in told(judgement)]
    assert CLUSTER in [one[0] for one in told(judgement)]
    assert (VDI, "datastore: gold") not in [one[:2] for one in told(judgement)]


def test_what_is_not_told_of_a_vm_is_unknown_beside_its_room():
    """Nobody says that it fits nowhere while nobody knows where it may go."""
    vm = running_vm(memory_reserved=90_000, untold=("its network cannot be seen",))
    judgement = evacuation(vm, hosts=(*HOSTS, THIRD), clusters=(three(),))
    assert missed(judgement) == [(VDI, "its network cannot be seen")]
    assert VDI not in [one[0] for one in told(judgement)]
