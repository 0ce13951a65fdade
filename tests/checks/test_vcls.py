"""The VMs of vCLS, which vCenter has from 7.0 U1 on: no check takes them for guests."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome
from kanmon.facts.vcenter.clusters import Tie
from kanmon.matching import is_vcls
from tests.checks.estates import world
from tests.checks.evacuations import evacuation
from tests.facts_by_hand import VC_MAIN, environment, running_vm, vm
from tests.judging import judged

EAM = "com.vmware.vim.eam"
UUID = "vCLS-4201abcd-0000-4000-8000-000000000777"
VCLS = [("vCLS (1)", EAM), ("vCLS (12)", EAM), (UUID, EAM), (UUID, "VirtualCenter")]
OTHERS = [
    *(("vCLS (1)", None), ("vCLS", EAM), ("vCLS-backup", EAM), (f"{UUID}-copy", None)),
    *((UUID, None), (UUID, "com.vmware.vcloud"), ("vdi-01", "VirtualCenter")),
]


@pytest.mark.parametrize(("name", "owner"), [*VCLS, *OTHERS])
def test_they_are_known_by_name_and_owner(name, owner):
    """A name that anybody could give counts only where vCenter or its agent manager owns the VM."""
    assert is_vcls(vm(name=name, managed_by=owner)) is ((name, owner) in VCLS)


def test_one_whose_owner_is_not_told_is_known_by_its_name_and_noted():
    """Of a VM on a lost host there is no configuration; nobody guesses in silence."""
    silent = {"name": UUID, "managed_by": None, "bios_uuid": None, "connection_state": "orphaned"}
    lost = vm(**silent, tools_version=None, tools_running=None)
    vcenter = environment(VC_MAIN).vcenter[0]
    tools = judged("TOOLS-RUN-001", vcenter=vcenter, vcenter_vms=(lost, vm()))
    floors = world(vms={"vc-main": (lost, vm())}).judge("IOP-TOOLS-ESX-001")
    hosts = evacuation(running_vm(), running_vm(**silent, moref="vm-777"))
    for judgement in (tools, floors, hosts):
        assert judgement.outcome is Outcome.PASS
        noted = [one.text for one in judgement.notes if "by its name" in one.text]
        assert [text.partition(" (")[0] for text in noted] == [UUID]
    assert not is_vcls(vm(**{**silent, "name": "vCLS (1)"}))


@pytest.mark.parametrize(("name", "owner"), VCLS)
def test_they_hold_up_no_evacuation(name, owner):
    """Whatever ties them, and though vCenter has no statistics of them; they are noted."""
    service = running_vm(
        moref="vm-777",
        name=name,
        managed_by=owner,
        cpu_used=None,
        ties=(Tie("passthrough", "it"),),
        untold=("it cannot be seen",),
    )
    judgement = evacuation(running_vm(), service)
    assert judgement.outcome is Outcome.PASS
    assert ("vc-main", "1 VMs of vCLS move or end by vCenter's own hand") in [
        (note.subject, note.text) for note in judgement.notes
    ]


@pytest.mark.parametrize(("name", "owner"), VCLS)
def test_nobody_asks_for_their_tools(name, owner):
    """They have none, and need none to be shut down."""
    service = vm(name=name, managed_by=owner, tools_version=0, tools_running=None)
    vcenter = environment(VC_MAIN).vcenter[0]
    judgement = judged("TOOLS-RUN-001", vcenter=vcenter, vcenter_vms=(service, vm()))
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 1)
    estate = world(vms={"vc-main": (service, vm())})
    judgement = estate.judge("IOP-TOOLS-ESX-001")
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 1)
