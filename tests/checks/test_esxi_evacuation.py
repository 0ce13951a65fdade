"""ESX-EVAC-001 on facts made by hand: a cluster of two hosts, one VM on the first of them."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.vcenter.clusters import Override, Tie
from tests.checks.estates import (
    AT_THE_END,
    BRIDGE,
    DSVA_UUID,
    ONE,
    STRANGE_BUILD,
    TARGETS,
    appliance,
    steps,
    two_vcenters,
    world,
)
from tests.checks.evacuations import CLUSTER, DISK, HOSTS, THIRD, VDI, evacuation, three
from tests.facts_by_hand import capacity, cluster, host, running_vm, second_host
from tests.judging import answered, missed, told

GIB = 1024
REFUSED = steps('vsphere-bridge; esxi = "7.0 U2"', "vsphere-target")
"""An order whose first hop is closed: of what follows nobody can say what it moves."""


# Room


def test_a_cluster_with_room_passes():
    """Every cluster, host and running VM was examined."""
    judgement = evacuation()
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 1 + 2 + 1


# 98,304 MiB are left on host-22 when the host's own 4,096 are taken off.
@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"memory_active": 98_304}, Outcome.PASS),
        ({"memory_active": 98_305}, Outcome.FAIL),
        ({"memory_active": 98_304, "memory_overhead": 1}, Outcome.FAIL),
        ({"memory_reserved": 98_304}, Outcome.PASS),
        ({"memory_reserved": 98_305}, Outcome.FAIL),
        ({"cpu_used": 99_000}, Outcome.PASS),
        ({"cpu_used": 99_001}, Outcome.FAIL),
        ({"cpu_reserved": 99_001}, Outcome.FAIL),
    ],
)
def test_what_is_used_or_guaranteed_must_find_room(changes, outcome):
    """To the last MiB and MHz; the host that cannot be emptied is named, and it blocks."""
    judgement = evacuation(running_vm(**changes))
    assert judgement.outcome is outcome
    if outcome is Outcome.FAIL:
        assert judgement.blocks
        subject, found, _ = told(judgement)[0]
        assert subject == CLUSTER
        assert found.startswith("without esx-01.example.jp the others lack 0.0 G")


def beside_two(large, **changes):
    """vdi-01 in a cluster of three, whose two other hosts have 52,304 MiB and 50,000 MHz left."""
    taken = {"memory_reserved": 46_000, "memory_consumed": 46_000, "cpu_used": 49_000}
    there = [
        running_vm(moref=f"vm-{number}", host=f"host-{number}", **taken) for number in (22, 23)
    ]
    used = {"memory_used": 4_096 + 46_000, "cpu_used": 50_000}
    hosts = (capacity(), *(capacity(host=one.host, **used) for one in there))
    clusters = (cluster(hosts=hosts),)
    return evacuation(large, *there, hosts=(*HOSTS, THIRD), clusters=clusters, **changes)


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"memory_reserved": 52_304}, Outcome.PASS),
        ({"memory_reserved": 52_305}, Outcome.FAIL),
        ({"memory_active": 52_305}, Outcome.FAIL),
        ({"cpu_used": 50_000}, Outcome.PASS),
        ({"cpu_used": 50_001}, Outcome.FAIL),
    ],
)
def test_one_other_host_must_hold_the_whole_vm(changes, outcome):
    """Half of its room here and half of it there is none."""
    judgement = beside_two(running_vm(**changes))
    assert judgement.outcome is outcome
    if outcome is Outcome.FAIL:
        ((subject, found, _),) = told(judgement)
        assert subject == VDI
        assert found.startswith("no host that it may move to has")
        assert judgement.blocks


def test_room_counts_where_the_vm_may_go():
    """The third host has room, and the datastore of the VM is on the second one only."""
    full = running_vm(moref="vm-2", host="host-22", memory_reserved=90_000)
    vm = running_vm(memory_reserved=20_000)
    hosts = (*HOSTS, THIRD)
    assert evacuation(vm, full, hosts=hosts, clusters=(three(),)).outcome is Outcome.PASS
    placed = running_vm(memory_reserved=20_000, ties=(DISK,))
    judgement = evacuation(placed, full, hosts=hosts, clusters=(three(),))
    assert [subject for subject, _, _ in told(judgement)] == [VDI]


def test_what_is_only_consumed_warns():
    """Memory that a host gives and could take back stops no evacuation: a sign-off is enough."""
    judgement = evacuation(running_vm(memory_consumed=98_304 + 2 * GIB))
    found = "without esx-01.example.jp the others lack 2.0 GiB of memory that VMs consume"
    assert told(judgement) == [(CLUSTER, found, "room for all of it")]
    assert judgement.weight is Severity.WARNING


def test_what_runs_on_the_others_takes_their_room():
    """Need there and what a host itself uses are taken off; what VMs use is not counted twice."""
    half = 50 * GIB
    busy = capacity(host="host-22", memory_used=4_096 + half)
    there = running_vm(moref="vm-2", host="host-22", memory_active=half, memory_consumed=half)
    fits = running_vm(memory_active=46 * GIB, memory_consumed=46 * GIB)
    more = running_vm(memory_active=47 * GIB, memory_consumed=47 * GIB)
    clusters = (cluster(hosts=(capacity(memory_used=50 * GIB), busy)),)
    assert evacuation(fits, there, clusters=clusters).outcome is Outcome.PASS
    assert evacuation(more, there, clusters=clusters).blocks


def test_the_worst_host_is_the_one_that_is_told():
    """Of three hosts the largest is missed most: it is named, and one finding is enough."""
    vms = [
        running_vm(moref=f"vm-{number}", host=f"host-{number}", memory_active=70 * GIB)
        for number in (21, 22, 23)
    ]
    large = capacity(host="host-22", memory=120 * GIB)
    hosts = (capacity(), large, capacity(host="host-23"))
    judgement = evacuation(*vms, hosts=(*HOSTS, THIRD), clusters=(cluster(hosts=hosts),))
    ((_, found, _),) = [one for one in told(judgement) if "used or guaranteed" in one[1]]
    assert found.startswith("without esx-02.example.jp the others lack 14.0 GiB")


@pytest.mark.parametrize(
    "changes",
    [
        {"in_maintenance": True},
        {"in_quarantine": True},
        {"connection_state": "notResponding"},
        {"power_state": "standBy"},
    ],
)
def test_a_host_that_is_not_in_service_takes_nothing(changes):
    """Two hosts of which one is away are a cluster of one."""
    judgement = evacuation(hosts=(host(), second_host(**changes)))
    found = "no host in service beside esx-01.example.jp, on which 1 VMs run: vdi-01 (vm-101)"
    assert told(judgement) == [(CLUSTER, found, "a host that can take them")]
    assert judgement.blocks


def test_what_runs_on_a_host_in_maintenance_must_move_too():
    """The host that is left takes it, where it has room."""
    hosts = (host(in_maintenance=True), second_host())
    assert evacuation(hosts=hosts).outcome is Outcome.PASS
    assert evacuation(running_vm(memory_active=98_305), hosts=hosts).blocks


def test_a_single_host_is_at_fault_only_where_something_runs():
    """A standalone host without a running VM is upgraded as it is."""
    alone = (cluster(standalone=True, drs=None, hosts=(capacity(),)),)
    assert evacuation(hosts=(host(),), clusters=alone).blocks
    off = judged_without_vms(hosts=(host(),), clusters=alone)
    assert off.outcome is Outcome.PASS


def judged_without_vms(**changes):
    """The check where nothing but an appliance runs."""
    return evacuation(running_vm(managed_by="com.vmware.vim.eam"), **changes)


def test_clusters_do_not_help_each_other():
    """Room in another cluster is none."""
    here = cluster(hosts=(capacity(),))
    there = cluster(moref="domain-c9", name="Other", hosts=(capacity(host="host-22"),))
    judgement = evacuation(clusters=(here, there))
    assert [subject for subject, _, _ in told(judgement)] == [CLUSTER]


# What DRS and HA do


@pytest.mark.parametrize("drs", [None, "manual", "partiallyAutomated"])
def test_drs_that_waits_for_a_hand_warns(drs):
    """The hosts can be emptied, but not by themselves."""
    judgement = evacuation(clusters=(cluster(drs=drs),))
    found = f"DRS is {drs or 'off'}: 1 VMs wait for a hand"
    assert told(judgement) == [(CLUSTER, found, "fullyAutomated, or hands")]
    assert judgement.weight is Severity.WARNING


def test_drs_does_not_matter_where_nothing_runs():
    """An empty cluster needs no hands."""
    judgement = judged_without_vms(clusters=(cluster(drs=None),))
    assert judgement.outcome is Outcome.PASS


def test_admission_control_is_a_note():
    """It may keep DRS from emptying a host, which the board should know."""
    judgement = evacuation(clusters=(cluster(admission_control=True),))
    assert judgement.outcome is Outcome.PASS
    assert [note.subject for note in judgement.notes] == [CLUSTER]
    assert "admission control" in judgement.notes[0].text


@pytest.mark.parametrize("behaviour", ["disabled", "manual", "partiallyAutomated"])
def test_a_vm_that_drs_leaves_alone_warns(behaviour):
    """A hand can move it."""
    overridden = cluster(overrides=(Override("vm-101", behaviour),))
    judgement = evacuation(clusters=(overridden,))
    assert told(judgement)[0][:2] == (VDI, f"override: DRS is {behaviour} for it")
    assert judgement.weight is Severity.WARNING


def test_an_override_that_does_more_than_the_cluster_is_none():
    """The cluster is manual, and for this VM DRS is fully automated."""
    more = cluster(drs="manual", overrides=(Override("vm-101", "fullyAutomated"),))
    assert [subject for subject, _, _ in told(evacuation(clusters=(more,)))] == [CLUSTER]


# Appliances


@pytest.mark.parametrize(
    ("changes", "computers"),
    [
        ({"managed_by": "com.vmware.vim.eam"}, ()),
        ({"bios_uuid": DSVA_UUID.upper()}, (appliance(),)),
    ],
)
def test_appliances_stay_and_are_noted(changes, computers):
    """The agent manager deployed it, or a manager calls it one: it goes down with its host."""
    dsva = running_vm(name="dsva", ties=(Tie("datastore", "local", ()),), **changes)
    judgement = evacuation(dsva, computers=computers)
    assert judgement.outcome is Outcome.PASS
    assert [note.text for note in judgement.notes] == [
        "appliances that go down with their host: dsva"
    ]


def test_a_manager_that_could_not_be_read_excuses_nobody():
    """Then a VM that may be an appliance counts as one that must move."""
    dsva = running_vm(bios_uuid=DSVA_UUID, ties=(Tie("passthrough", "GPU"),))
    assert evacuation(dsva, computers=Unread("dsm is down")).blocks


def test_what_stays_takes_room_all_the_same():
    """The appliance of the other host does not go away."""
    dsva = running_vm(
        moref="vm-2", host="host-22", managed_by="com.vmware.vim.eam", memory_active=100_000
    )
    assert evacuation(running_vm(), dsva).blocks


# What nobody can say


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"connection_state": "inaccessible"}, "vCenter calls the VM inaccessible"),
        ({"host": None}, "vCenter does not list its host None"),
        ({"host": "host-99"}, "vCenter does not list its host host-99"),
        ({"cpu_used": None}, "vCenter has no statistics of it"),
        ({"memory_active": None}, "vCenter has no statistics of it"),
        ({"memory_consumed": None}, "vCenter has no statistics of it"),
        ({"memory_overhead": None}, "vCenter has no statistics of it"),
        ({"ties": Unread("its datastore cannot be seen")}, "its datastore cannot be seen"),
    ],
)
def test_a_vm_that_cannot_be_judged_is_undetermined(changes, reason):
    """It is neither moved in thought nor left out, unless a person answers for it."""
    judgement = evacuation(running_vm(**changes))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [(VDI, reason)]
    assert answered("ESX-EVAC-001", judgement, "vc-main").outcome is Outcome.ATTESTED


@pytest.mark.parametrize("figure", ["cpu_used", "memory_used"])
def test_a_host_without_statistics_is_undetermined(figure):
    """What it has left nobody can say."""
    blind = cluster(hosts=(capacity(**{figure: None}), capacity(host="host-22")))
    judgement = evacuation(clusters=(blind,))
    assert missed(judgement) == [(ONE, "vCenter has no statistics of it")]


def test_a_cluster_of_which_a_host_was_not_read_is_undetermined():
    """What the others have room for nobody knows; neither lack nor tie is made of it."""
    bound = (running_vm(ties=(DISK,)), running_vm(moref="vm-102", name="vdi-02", host="host-22"))
    judgement = evacuation(*bound, hosts=(host(),))
    assert not judgement.findings
    reasons = {one.subject: one.reason for one in judgement.unknown}
    assert reasons[CLUSTER] == "of its hosts host-22 could not be read"


def test_a_host_that_is_in_no_cluster_is_undetermined():
    """Two answers of one vCenter that do not fit."""
    judgement = evacuation(hosts=(*HOSTS, THIRD))
    assert [subject for subject, _ in missed(judgement)] == ["esx-03.example.jp (host-23)"]


# When it applies


def test_a_step_that_moves_no_host_does_not_ask():
    """The bridge of vc-other says nothing of vc-main, and who has arrived has no way left."""
    bound = running_vm(ties=(Tie("passthrough", "GPU"),))
    order = steps('vsphere-bridge; vcenters = ["vc-other"]; vcenter = "6.7 U3"; esxi = "6.7 U2"')
    elsewhere = two_vcenters(order=order, step="vsphere-bridge")
    assert evacuation(bound, estate=elsewhere).outcome is Outcome.NOT_APPLICABLE
    arrived = world(hosts=AT_THE_END["hosts"], abouts=AT_THE_END["abouts"])
    assert evacuation(bound, estate=arrived).outcome is Outcome.NOT_APPLICABLE
    assert evacuation(bound, estate=world(upgrade={})).outcome is Outcome.NOT_APPLICABLE


def test_a_cluster_that_has_arrived_is_emptied_no_more():
    """Night after night, cluster by cluster: what is done does not stop the rest."""
    bound = running_vm(ties=(Tie("passthrough", "GPU"),))
    arrived = host(version="6.7.0", build="13006603")
    behind = host(moref="host-31", name="esx-31.example.jp", cluster="domain-c9")
    hosts = (arrived, behind)
    clusters = (
        cluster(hosts=(capacity(),)),
        cluster(moref="domain-c9", name="Other", hosts=(capacity(host="host-31"),)),
    )
    order = steps('vsphere-bridge; vcenter = "6.7 U3"; esxi = "6.7 U2"', "vsphere-target")
    bridge = world(hosts={"vc-main": hosts}, order=order, step="vsphere-bridge")
    judgement = evacuation(bound, hosts=hosts, clusters=clusters, estate=bridge)
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 1 + 1
    target = world(hosts={"vc-main": hosts}, order=order, step="vsphere-target")
    assert evacuation(bound, hosts=hosts, clusters=clusters, estate=target).blocks
    strange = (host(build=STRANGE_BUILD), behind)
    unknown = world(hosts={"vc-main": strange}, order=order, step="vsphere-bridge")
    assert evacuation(bound, hosts=strange, clusters=clusters, estate=unknown).blocks


@pytest.mark.parametrize(
    "changes",
    [
        {"step": "vsphere-bridge"},
        {"step": "vsphere-bridge", "order": steps(BRIDGE)},
        {"step": "vsphere-target"},
        {"order": steps("manager")},
        {"step": "vsphere-target", "order": REFUSED},
        {"hosts": {"vc-main": (host(build=STRANGE_BUILD),)}},
        {"upgrade": {**TARGETS, "esxi": "8.0"}},
    ],
)
def test_a_step_that_moves_hosts_asks_whatever_else_is_unknown(changes):
    """Also where nobody can say where the hosts are or how they get to their end."""
    bound = running_vm(ties=(Tie("passthrough", "GPU"),))
    assert evacuation(bound, estate=world(**changes)).blocks
