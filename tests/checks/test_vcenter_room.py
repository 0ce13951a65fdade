"""VC-ROOM-001: where the new machine of a vCenter is put."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.vcenter.deployment import PortGroup
from kanmon.facts.vcenter.hosts import Datastore
from kanmon.gate.judgement import Judgement
from kanmon.knowledge.lookup import appliance_size
from kanmon.versions import VSphere
from tests.checks.estates import STRANGE_BUILD, TARGETS, about, world
from tests.checks.test_vcenter_rules import NAMING, OWN
from tests.facts_by_hand import host, vm
from tests.judging import answered, judged, missed, told

GB = 10**9
SUBJECT = "room for the new appliance of vc-main"
ADDRESS = (
    "a temporary address for vc-main",
    "which address is free for it, with records of the DNS in both directions?",
)
STORE = Datastore("datastore-7", "gold", "VMFS", "6.82", 463 * GB)
GROUP = PortGroup("network-1", "VM Network", "standard")
EARLY = PortGroup("dvportgroup-1", "dv-vms", "earlyBinding")
UNREAD = Unread("denied")
HOSTS = (host(),)
VMS = (vm(),)


def placed(
    *, stores=(STORE,), groups=(GROUP,), listed=(OWN,), hosts=HOSTS, vms=VMS, estate=None
) -> Judgement:
    """The check on vc-main, which lists its own VM and goes to 7.0 U2 as a tiny appliance."""
    estate = estate or world(step="vsphere-target")
    return judged(
        "VC-ROOM-001",
        vcenter=estate.environment.vcenter[0],
        vcenter_hosts=hosts,
        vcenter_vms=vms,
        all_vcenter_datastores={"vc-main": stores},
        all_vcenter_port_groups={"vc-main": groups},
        all_vcenter_upkeep={"vc-main": listed},
        all_vcenter_naming={"vc-main": NAMING},
        planned=estate.planned,
        moment=estate.moment,
    )


def test_with_room_only_the_address_is_asked_for():
    """To the last GB; a person answers for the address."""
    judgement = placed()
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [ADDRESS]
    assert [one.row for one in judgement.rests_on] == ["tiny, from 7.0 below 8.0"]
    assert judgement.notes[0].text.startswith("size tiny by its hosts and VMs: 2 CPUs")
    assert answered("VC-ROOM-001", judgement, "vc-main").outcome is Outcome.ATTESTED


def test_a_datastore_with_a_gigabyte_too_little_is_a_warning():
    """The one with most room is named."""
    small = replace(STORE, moref="datastore-8", name="silver", free=GB)
    judgement = placed(stores=(small, replace(STORE, free=463 * GB - 1)))
    assert judgement.weight is Severity.WARNING
    found = "462 GB on gold (datastore-7), the most"
    assert told(judgement) == [(SUBJECT, found, "463 GB on one datastore")]


@pytest.mark.parametrize("stores", [(), (replace(STORE, free=None),)])
def test_where_nobody_says_what_is_free_it_is_unknown(stores):
    """Out of service, or a run of a version that did not ask."""
    reason = "vc-main says of no datastore what is free on it"
    assert missed(placed(stores=stores)) == [(SUBJECT, reason), ADDRESS]


@pytest.mark.parametrize("binding", ["standard", "ephemeral"])
def test_one_port_group_that_the_installer_takes_is_enough(binding):
    """Straight to a host it offers no other."""
    judgement = placed(groups=(EARLY, replace(GROUP, binding=binding)))
    assert told(judgement) == []


@pytest.mark.parametrize("binding", ["earlyBinding", "lateBinding", "opaque"])
def test_other_port_groups_alone_are_a_warning(binding):
    """They are named."""
    judgement = placed(groups=(replace(EARLY, binding=binding),))
    assert judgement.weight is Severity.WARNING
    found = "no standard or ephemeral port group among dv-vms"
    assert [(one, seen) for one, seen, _ in told(judgement)] == [(SUBJECT, found)]


def test_a_port_group_of_which_nobody_says_the_kind_may_be_the_one():
    """Unless another one is."""
    open_ = replace(EARLY, binding=None)
    reason = "vCenter does not say of which kind dv-vms is"
    assert missed(placed(groups=(open_,))) == [(SUBJECT, reason), ADDRESS]
    assert missed(placed(groups=(open_, GROUP))) == [ADDRESS]


def test_no_network_at_all_is_unknown():
    """The account may not see them."""
    reason = "vc-main shows no network: may the account see it?"
    assert missed(placed(groups=())) == [(SUBJECT, reason), ADDRESS]


@pytest.mark.parametrize("part", ["stores", "groups"])
def test_what_could_not_be_read_is_unknown(part):
    """With the reader's own reason."""
    assert missed(placed(**{part: UNREAD})) == [(SUBJECT, "denied"), ADDRESS]


@pytest.mark.parametrize("listed", [(), UNREAD])
def test_a_machine_that_no_vcenter_lists_a_person_looks_for(listed):
    """Neither datastore nor port group is judged elsewhere."""
    judgement = placed(listed=listed, stores=(), groups=())
    assert [subject for subject, _ in missed(judgement)] == [SUBJECT, ADDRESS[0]]
    assert answered("VC-ROOM-001", judgement, "vc-main").outcome is Outcome.ATTESTED


def test_the_size_is_that_of_the_inventory():
    """One VM more than a tiny one is for; templates do not count."""
    many = tuple(vm(moref=f"vm-{number}") for number in range(101))
    assert placed(vms=many).notes[0].text.startswith("size small")
    kept = (*many[:100], vm(moref="vm-900", template=True))
    assert placed(vms=kept).notes[0].text.startswith("size tiny")


def test_an_inventory_beyond_every_size_is_unknown():
    """No row is for it."""
    judgement = placed(hosts=(host(),) * 2001)
    reason = "no row of appliance_sizes is for 2001 hosts and 1 VMs"
    assert missed(judgement) == [(SUBJECT, reason), ADDRESS]


def test_an_unknown_release_leaves_the_rest_judged():
    """Its size is open; its port groups are not."""
    estate = world(step="vsphere-target", abouts={"vc-main": about(build=STRANGE_BUILD)})
    judgement = placed(estate=estate, groups=(EARLY,))
    assert [subject for subject, _ in missed(judgement)] == [SUBJECT, ADDRESS[0]]
    assert [subject for subject, _, _ in told(judgement)] == [SUBJECT]


def test_a_vcenter_that_does_not_move_needs_no_place():
    """Nothing is deployed."""
    estate = world(upgrade={"esxi": TARGETS["esxi"]}, step="vsphere-target")
    assert placed(estate=estate).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("target", ["6.7 U3", "7.0 U2", "8.0"])
@pytest.mark.parametrize(("hosts", "size"), [(10, "tiny"), (11, "small"), (2000, "x-large")])
def test_each_release_has_its_sizes(target, hosts, size):
    """By the number of hosts."""
    row = appliance_size(VSphere.parse(target), hosts, 1)
    assert row is not None
    assert row.size == size
