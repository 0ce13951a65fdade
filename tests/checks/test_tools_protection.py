"""TOOLS-BAD-001 and GI-VM-002 on an estate whose bridge goes to ESXi 6.7 U2, with Tools 10.3.5."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Module
from tests.checks.estates import DSVA_VM, GOOD, STRANGE_BUILD, hosts_at, rows, steps, world
from tests.facts_by_hand import (
    DSM,
    NSXT,
    NSXV,
    VC_MAIN,
    about,
    computer,
    environment,
    host,
    tools_policy,
    vm,
)
from tests.judging import judged, missed, told

VDI = "vdi-01 (vc-main vm-101)"
BRIDGE_STEP = {"order": GOOD, "step": "vsphere-bridge"}
NEW = 11333  # 11.2.5
OLD = 10305  # 10.2.1: no defect is known of it, and 10.3.5 is newer
DEFECTIVE = 10341  # 10.3.5


def defects(*vms, policies=(), computers=None, **changes):
    """TOOLS-BAD-001 on the VMs; a manager's appliance protects vdi-01."""
    facts = {"vms": {"vc-main": vms}, **BRIDGE_STEP, **changes}
    estate = world(**facts)
    return judged(
        "TOOLS-BAD-001",
        dsm=estate.environment.dsm[0],
        dsm_computers=computers or (computer(),),
        all_vcenter_about=estate.read.abouts,
        all_vcenter_vms=estate.read.vms,
        all_vcenter_tools_policies={"vc-main": policies},
        planned=estate.planned,
        moment=estate.moment,
    )


# TOOLS-BAD-001


def test_tools_without_a_defect_pass():
    """Newer ones than any that the hosts on the way bring along."""
    judgement = defects(vm(tools_version=NEW))
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 1)
    assert judgement.rests_on


@pytest.mark.parametrize(
    ("number", "row"),
    [
        (DEFECTIVE, "10.3.5"),
        (10336, "10.3.0"),
        (10240, "from 9.10.0 below 10.1.10"),
        (10281, "from 9.10.0 below 10.1.10"),
        (9535, "below 9.10.0"),
    ],
)
def test_a_defect_of_today_warns(number, row):
    """The release alone is no reason to stop: the vendor shipped 10.3.5 beside NSX-V 6.4.5."""
    judgement = defects(vm(tools_version=number), order=steps("manager"), step=None)
    assert rows(judgement)[0] == row
    assert judgement.weight is Severity.WARNING


@pytest.mark.parametrize(
    "changes",
    [
        {"appliance_status": "error"},
        {"appliance_status": "warning"},
        {"online": False},
        {"modules": (Module("antiMalware", True, None, "error"),)},
    ],
)
def test_a_defect_with_protection_in_trouble_blocks(changes):
    """The manager itself says that something is wrong: then the defect has struck, or may have."""
    judgement = defects(vm(tools_version=DEFECTIVE), computers=(computer(**changes),))
    assert judgement.blocks
    assert "reports its protection in trouble" in judgement.findings[0].found
    assert not defects(vm(tools_version=NEW), computers=(computer(**changes),)).findings


def test_a_module_that_is_off_is_no_trouble():
    """Its old error says nothing of today."""
    off = computer(modules=(Module("antiMalware", False, None, "error"),))
    assert not defects(vm(tools_version=DEFECTIVE), computers=(off,)).blocks


@pytest.mark.parametrize(
    ("policy", "when"),
    [
        ("upgradeAtPowerCycle", "at its next power cycle"),
        ("manual", "if somebody upgrades it to the newest"),
        (None, "if somebody upgrades it to the newest"),
    ],
)
def test_tools_that_the_next_host_brings_warn(policy, when):
    """A guest with older ones would get 10.3.5 on ESXi 6.7 U2, by itself or by a hand."""
    judgement = defects(vm(tools_version=OLD), policies=(tools_policy(policy=policy),))
    ((subject, found, _),) = told(judgement)
    assert subject == VDI
    assert found.startswith(f"would get VMware Tools 10.3.5 on ESXi 6.7 U2 {when}: ")
    assert judgement.weight is Severity.WARNING


def test_nobody_gets_older_tools_than_he_has():
    """10.3.10 stays 10.3.10 on a host that brings along 10.3.5; so does 10.3.5 itself."""
    assert defects(vm(tools_version=10346)).outcome is Outcome.PASS
    assert len(defects(vm(tools_version=DEFECTIVE)).findings) == 1


@pytest.mark.parametrize(
    ("esxi", "outcome"),
    [("6.7 U1", Outcome.PASS), ("6.7 U2", Outcome.FAIL), ("6.7 U3", Outcome.PASS)],
)
def test_the_release_of_the_step_decides(esxi, outcome):
    """6.7 U1 brings 10.3.2, 6.7 U3 brings 10.3.10."""
    order = steps(f'vsphere-bridge; vcenter = "6.7 U3"; esxi = "{esxi}"')
    assert defects(vm(tools_version=OLD), order=order).outcome is outcome


def test_before_everything_every_stop_counts():
    """And at a later step the hosts of today do."""
    assert rows(defects(vm(tools_version=OLD), step=None)) == ["10.3.5"]
    hosts = {"vc-main": hosts_at("6.7 U2", "6.7 U2")}
    abouts = {"vc-main": about(build="14367737")}
    later = {"hosts": hosts, "abouts": abouts, "step": "nsx-migration", "order": GOOD}
    assert rows(defects(vm(tools_version=OLD), **later)) == ["10.3.5"]


def test_hosts_that_no_way_leads_to_their_end_are_undetermined():
    """Of ESXi 8.0 the tables say nothing, so which Tools come along nobody can say."""
    judgement = defects(
        vm(tools_version=OLD), order="", step=None, upgrade={"vcenter": "8.0", "esxi": "8.0"}
    )
    assert judgement.outcome is Outcome.UNDETERMINED


def test_hosts_that_cannot_be_placed_are_undetermined():
    """A build that no row knows brings along Tools that nobody knows."""
    judgement = defects(vm(tools_version=NEW), hosts={"vc-main": (host(build=STRANGE_BUILD),)})
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.examined == 2


def test_a_vm_that_no_vcenter_lists_is_undetermined():
    """What the manager protects and nobody finds has Tools that nobody knows."""
    judgement = defects(DSVA_VM)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement)[0][0] == "vdi-01 (computer 101)"


def test_a_number_of_no_release_is_undetermined():
    """It may be any release."""
    assert defects(vm(tools_version=6144)).outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize(
    "changes", [{"tools_version": 0}, {"tools_status": "guestToolsNotInstalled"}]
)
def test_a_guest_without_tools_has_no_defective_ones(changes):
    """That it has none is what IOP-TOOLS-NSX-001 says."""
    assert defects(vm(**changes)).outcome is Outcome.PASS


def test_the_tools_of_a_vm_out_of_reach_may_be_defective():
    """Of one that vCenter does not reach nobody knows the release."""
    judgement = defects(vm(connection_state="invalid", tools_version=None, tools_status=None))
    assert judgement.outcome is Outcome.UNDETERMINED


def test_others_are_notes():
    """Running guests that no appliance protects are counted by release."""
    others = [vm(moref=f"vm-{n}", bios_uuid=f"u-{n}", tools_version=DEFECTIVE) for n in (1, 2)]
    off = vm(moref="vm-3", bios_uuid="u-3", tools_version=DEFECTIVE, power_state="poweredOff")
    judgement = defects(vm(tools_version=NEW), *others, off)
    assert judgement.outcome is Outcome.PASS
    text = "2 running guests that no appliance of dsm protects have VMware Tools 10.3.5"
    assert [(note.subject, note.text) for note in judgement.notes] == [
        ("vc-main", f"{text}, which has a known defect")
    ]


def test_without_protected_guests_it_does_not_apply():
    """Agents do not need the file driver of Tools."""
    alone = computer(appliance_status="not-supported", agent_status="active")
    assert defects(vm(), computers=(alone,)).outcome is Outcome.NOT_APPLICABLE


def test_policies_that_could_not_be_read_are_undetermined():
    """Then nobody can say who gets what by itself."""
    estate = world(vms={"vc-main": (vm(),)}, **BRIDGE_STEP)
    judgement = judged(
        "TOOLS-BAD-001",
        dsm=estate.environment.dsm[0],
        dsm_computers=(computer(),),
        all_vcenter_about=estate.read.abouts,
        all_vcenter_vms=estate.read.vms,
        all_vcenter_tools_policies={"vc-main": Unread("vc-main is down")},
        planned=estate.planned,
        moment=estate.moment,
    )
    assert (judgement.outcome, judgement.reason) == (Outcome.UNDETERMINED, "vc-main is down")


# GI-VM-002


def hardware(version, *nsx, **changes):
    """GI-VM-002 on vdi-01 with this hardware, under these NSX managers."""
    estate = environment(VC_MAIN, DSM, *nsx)
    facts = {
        "dsm_computers": (computer(),),
        "all_vcenter_about": {"vc-main": about()},
        "all_vcenter_vms": {"vc-main": (vm(hardware_version=version),)},
    }
    return judged("GI-VM-002", dsm=estate.dsm[0], environment=estate, **{**facts, **changes})


@pytest.mark.parametrize("nsx", [(NSXV,), (NSXT,), (NSXV, NSXT)])
@pytest.mark.parametrize(
    ("version", "outcome"),
    [("vmx-08", Outcome.FAIL), ("vmx-09", Outcome.PASS), ("vmx-10", Outcome.PASS)],
)
def test_hardware_9_is_just_enough(version, outcome, nsx):
    """Compared as numbers, under whichever NSX; one finding for a VM, however many there are."""
    judgement = hardware(version, *nsx)
    assert (judgement.outcome, judgement.examined) == (outcome, 1)
    product = "NSX-V" if NSXV in nsx else "NSX-T"
    if outcome is Outcome.FAIL:
        assert told(judgement) == [(VDI, "vmx-08", f"vmx-09 or newer for {product}")]
        assert judgement.weight is Severity.WARNING
        assert rows(judgement) == [product]


@pytest.mark.parametrize("version", [None, "", "esx-9", "vmx-"])
def test_hardware_that_nobody_can_read_is_undetermined(version):
    """What is no "vmx-NN" is no version."""
    assert hardware(version, NSXV).outcome is Outcome.UNDETERMINED


def test_without_nsx_in_the_environment_it_is_undetermined():
    """What protects the VM nobody can say."""
    assert missed(hardware("vmx-13")) == [(VDI, "the environment names no NSX of vc-main")]


def test_a_protected_vm_that_nobody_lists_is_undetermined():
    """It is not left out."""
    judgement = hardware("vmx-13", NSXV, all_vcenter_vms={"vc-main": ()})
    assert judgement.outcome is Outcome.UNDETERMINED


def test_without_protected_vms_hardware_does_not_matter():
    """An agent does not care."""
    alone = replace(computer(), appliance_status="inactive")
    assert hardware("vmx-08", NSXV, dsm_computers=(alone,)).outcome is Outcome.NOT_APPLICABLE
