"""VC-RULE-001: what clusters forbid while hosts and vCenter are upgraded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.vcenter.clusters import NOT_KEPT, Override, Rule
from kanmon.facts.vcenter.deployment import Naming
from kanmon.gate.judgement import Judgement
from tests.checks.evacuations import CLUSTER, HOSTS, THIRD, VDI, three
from tests.checks.vcenter_facts import upkeep
from tests.facts_by_hand import VC_MAIN, cluster, environment, host, running_vm
from tests.judging import answered, judged, missed, told

UNREAD = Unread("denied")
NODE = "vcsa.corp.example"
NAMING = Naming(NODE, NODE, (NODE,), ("192.0.2.7",), (NODE,))
OWN = upkeep(moref="vm-900", name="vcsa", host_name=NODE, address="192.0.2.7")
OWN_VM = running_vm(moref="vm-900", name="vcsa", bios_uuid="4201abcd-0000-4000-8000-000000000900")
LABEL = "vcsa (vm-900)"
BY_HAND = cluster(overrides=(Override("vm-900", "manual"),))
RULE = Rule("licence", "on", ("vm-101",), ("host-21", "host-22"))


def ruled(
    *running, clusters=(BY_HAND,), hosts=HOSTS, listed=(OWN,), naming=NAMING, **others
) -> Judgement:
    """The check on vc-main, which lists its own VM; ``others`` replace a fact of all vCenters."""
    here = (OWN_VM, *running)
    facts = {
        "all_vcenter_upkeep": {"vc-main": listed},
        "all_vcenter_clusters": {"vc-main": clusters},
        "all_vcenter_running": {"vc-main": here},
        "all_vcenter_naming": {"vc-main": naming},
    }
    return judged(
        "VC-RULE-001",
        vcenter=environment(VC_MAIN).vcenter[0],
        vcenter_hosts=hosts,
        vcenter_clusters=clusters if isinstance(clusters, tuple) else (),
        vcenter_running=here,
        **{**facts, **others},
    )


def test_clusters_without_such_things_pass():
    """The VM of vCenter itself is moved by hand."""
    judgement = ruled(running_vm())
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 1 + 2 + 1)
    assert judgement.notes == ()


# Rules


def test_a_rule_of_two_hosts_leaves_one_while_the_other_is_upgraded():
    """What then fails is started nowhere."""
    judgement = ruled(running_vm(), clusters=(replace(BY_HAND, rules=(RULE,)),))
    assert judgement.weight is Severity.WARNING
    ((subject, found, _),) = told(judgement)
    assert subject == CLUSTER
    assert found == (
        "rule licence is mandatory: 1 running VMs may be on esx-01.example.jp, esx-02.example.jp"
        " alone; while one is upgraded, what fails on the other stays down"
    )


@pytest.mark.parametrize(
    "rule",
    [
        Rule("licence", "on", ("vm-101",), ("host-21", "host-22", "host-23")),
        Rule("not there", "off", ("vm-101",), ("host-99",)),
    ],
)
def test_a_rule_of_three_hosts_is_noted(rule):
    """One fails, one is upgraded, one is left."""
    hosts = (*HOSTS, THIRD)
    wide = three(rules=(rule,), overrides=BY_HAND.overrides)
    judgement = ruled(running_vm(), clusters=(wide,), hosts=hosts)
    assert judgement.outcome is Outcome.PASS
    assert [note.subject for note in judgement.notes] == [CLUSTER]


def test_a_rule_that_forbids_hosts_counts_what_it_leaves():
    """Of three hosts it forbids one."""
    rule = Rule("not there", "off", ("vm-101",), ("host-23",))
    wide = three(rules=(rule,), overrides=BY_HAND.overrides)
    assert ruled(running_vm(), clusters=(wide,), hosts=(*HOSTS, THIRD)).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    "rule",
    [
        Rule("alone", "on", ("vm-101",), ("host-21",)),
        Rule("nobody", "on", ("vm-7",), ("host-21", "host-22")),
        Rule("apart", "apart", ("vm-101", "vm-900"), ()),
    ],
)
def test_rules_of_others_are_left_to_them(rule):
    """One host is ESX-EVAC-001's, no running VM is nobody's, keeping apart is DRS's own."""
    judgement = ruled(running_vm(), clusters=(replace(BY_HAND, rules=(rule,)),))
    assert judgement.outcome is Outcome.PASS


def test_a_host_in_maintenance_does_not_count():
    """Three hosts by name are two in service."""
    hosts = (*HOSTS, host(moref="host-23", name="esx-03.example.jp", in_maintenance=True))
    rule = Rule("licence", "on", ("vm-101",), ("host-21", "host-22", "host-23"))
    wide = three(rules=(rule,), overrides=BY_HAND.overrides)
    assert ruled(running_vm(), clusters=(wide,), hosts=hosts).outcome is Outcome.FAIL


# Disks


def test_a_disk_that_several_vms_write_to_says_what_is_impossible():
    """No snapshot leads back."""
    judgement = ruled(running_vm(multi_writer=("Hard disk 2",)))
    assert judgement.weight is Severity.WARNING
    ((subject, found, expected),) = told(judgement)
    assert (subject, expected) == (VDI, "a way back that needs no snapshot")
    assert found.startswith("Hard disk 2: several VMs write to it; no snapshot")


@pytest.mark.parametrize("unread", [NOT_KEPT, UNREAD])
def test_disks_that_were_not_read_are_unknown(unread):
    """A run of an earlier version did not ask; that is no pass."""
    judgement = ruled(running_vm(multi_writer=unread))
    assert missed(judgement) == [(VDI, unread.reason)]


# The machine of vCenter


def test_drs_may_not_move_the_vm_of_vcenter_by_itself():
    """Its cluster is fully automated, and it has no override."""
    judgement = ruled(clusters=(cluster(),))
    assert judgement.weight is Severity.WARNING
    assert told(judgement) == [
        (
            LABEL,
            "DRS of Protected (domain-c7) may move it at any time",
            "not fully automated while its vCenter is upgraded",
        )
    ]


@pytest.mark.parametrize(
    ("drs", "overrides", "outcome"),
    [
        ("partiallyAutomated", (), Outcome.PASS),
        (None, (), Outcome.PASS),
        ("fullyAutomated", (Override("vm-900", "disabled"),), Outcome.PASS),
        ("fullyAutomated", (Override("vm-101", "manual"),), Outcome.FAIL),
        ("manual", (Override("vm-900", "fullyAutomated"),), Outcome.FAIL),
        (None, (Override("vm-900", "fullyAutomated"),), Outcome.PASS),
    ],
)
def test_what_drs_does_for_that_vm_alone_decides(drs, overrides, outcome):
    """An override is enough, in either direction; without DRS nothing moves."""
    assert ruled(clusters=(cluster(drs=drs, overrides=overrides),)).outcome is outcome


@pytest.mark.parametrize("known_by", [{"host_name": None}, {"address": None}])
def test_it_is_found_by_name_or_address(known_by):
    """By what its guest says."""
    assert ruled(listed=(replace(OWN, **known_by),), clusters=(cluster(),)).outcome is Outcome.FAIL


@pytest.mark.parametrize("listed", [(), (upkeep(),), UNREAD])
def test_a_machine_that_no_vcenter_lists_a_person_looks_for(listed):
    """It is elsewhere, physical or without VMware Tools."""
    judgement = ruled(listed=listed)
    assert judgement.outcome is Outcome.UNDETERMINED
    ((subject, reason),) = missed(judgement)
    assert subject == "the machine of vc-main"
    assert reason.endswith("is that in a cluster that is fully automated?")
    assert answered("VC-RULE-001", judgement, "vc-main").outcome is Outcome.ATTESTED


def test_a_copy_that_is_switched_off_is_not_the_machine():
    """Only what runs is asked of."""
    judgement = ruled(all_vcenter_running={"vc-main": ()})
    assert [subject for subject, _ in missed(judgement)] == ["the machine of vc-main"]


@pytest.mark.parametrize(
    ("fact", "subject"),
    [("all_vcenter_running", "the machine of vc-main"), ("all_vcenter_clusters", LABEL)],
)
def test_what_could_not_be_read_of_it_is_unknown(fact, subject):
    """With the reader's own reason."""
    assert missed(ruled(**{fact: {"vc-main": UNREAD}})) == [(subject, "denied")]


def test_a_host_in_no_cluster_leaves_it_unknown():
    """Nobody can say what moves it."""
    judgement = ruled(all_vcenter_clusters={"vc-main": ()})
    assert missed(judgement) == [(LABEL, "vCenter shows its host in no cluster")]
