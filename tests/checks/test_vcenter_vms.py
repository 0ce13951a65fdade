"""VC-VM-001: VMs that a vCenter lists and does not reach."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.vcenter.clusters import AGENT_MANAGER
from tests.facts_by_hand import (
    DSM,
    VC_MAIN,
    VM_UUID,
    agent,
    computer,
    environment,
    orphan,
    vm,
)
from tests.judging import judged, missed, told

NAMED = environment(VC_MAIN, DSM)
NODE = NAMED.dsm[0].nodes[0].address
VDI = "vdi-01 (vm-101)"


def reach(*vms, computers=()):
    """The check on these VMs of vc-main."""
    return judged(
        "VC-VM-001",
        vcenter=NAMED.vcenter[0],
        vcenter_vms=vms,
        all_dsm_computers=computers if isinstance(computers, dict) else {"dsm": computers},
        environment=NAMED,
    )


def test_vms_within_reach_pass():
    """On or off, template or not: all are counted."""
    judgement = reach(vm(), vm(moref="vm-2", power_state="poweredOff"), vm(template=True))
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 3)


def test_no_vm_is_not_applicable():
    """A vCenter without any VM has none out of reach."""
    assert reach().outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("state", ["inaccessible", "orphaned", "invalid", "disconnected"])
def test_a_vm_out_of_reach_asks_for_a_sign_off(state):
    """Whatever vCenter calls it; the others are judged by themselves."""
    judgement = reach(vm(connection_state=state), vm(moref="vm-2"), orphan())
    assert told(judgement)[0] == (VDI, f"vCenter calls the VM {state}", "connected")
    assert len(judgement.findings) == 2
    assert judgement.weight is Severity.WARNING


@pytest.mark.parametrize(
    ("lost", "computers", "role"),
    [
        ({"name": NODE, "bios_uuid": None}, (), "dsm-1"),
        ({}, (agent(vm_uuid=VM_UUID, relay=True),), "a relay"),
        ({}, (agent(vm_uuid=VM_UUID, relay=None),), "it may be a relay"),
        (
            {"bios_uuid": None, "name": "dsva-9"},
            (computer(kind="appliance", host_name="dsva-9"),),
            "an appliance",
        ),
        ({"managed_by": AGENT_MANAGER}, (), "an appliance"),
    ],
)
def test_what_the_upgrade_needs_blocks(lost, computers, role):
    """Known by its uuid, or by its name where vCenter has nothing else of it."""
    judgement = reach(vm(connection_state="inaccessible", **lost), computers=computers)
    assert [one[1] for one in told(judgement)] == [f"vCenter calls the VM inaccessible: {role}"]
    assert judgement.blocks


def test_an_agent_that_is_no_relay_warns():
    """A machine among many."""
    judgement = reach(
        vm(connection_state="invalid"), computers=(agent(vm_uuid=VM_UUID, relay=False),)
    )
    assert judgement.weight is Severity.WARNING


def test_where_computers_are_unread_nobody_knows_what_hangs_on_it():
    """It may be a relay: neither a warning nor a blocker."""
    judgement = reach(
        vm(connection_state="orphaned"), computers={"dsm": Unread("no answer within 5 s")}
    )
    assert judgement.outcome is Outcome.UNDETERMINED
    words = "vCenter calls the VM orphaned, and it may be a relay or an appliance"
    assert missed(judgement) == [(VDI, words)]
