"""VMs that a vCenter lists and does not reach."""

from collections.abc import Iterator, Sequence

from kanmon.check import (
    VSPHERE,
    Attestable,
    Finding,
    Judge,
    Problem,
    Severity,
    Unknown,
    check,
)
from kanmon.environment.file import Environment
from kanmon.environment.targets import VCenter
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer
from kanmon.facts.vcenter.clusters import AGENT_MANAGER
from kanmon.facts.vcenter.inventory import Vm
from kanmon.matching import Place, is_at, places
from kanmon.text import Text


@check(
    "VC-VM-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=VSPHERE,
    phases=("pre", "post"),
    remediation="Bring back the datastore or the host that the named VM is on, or register it "
    "again; remove from the inventory what no longer exists.",
    refs=(
        "https://developer.broadcom.com/xapis/virtual-infrastructure-json-api/latest/data-structures/VirtualMachineConnectionState",
    ),
)
def test_every_vm_is_reached(
    vcenter: VCenter,
    vcenter_vms: tuple[Vm, ...],
    all_dsm_computers: dict[str, tuple[Computer, ...] | Unread],
    environment: Environment,
    judge: Judge,
) -> None:
    """Every VM of a vCenter is within its reach.

    A VM whose files or whose host are out of reach cannot be moved, and what vCenter shows of it is
    old; after the step nobody can say whether the step broke it. One that the upgrade itself needs,
    a manager node, a relay, an appliance, has to be there before.
    """
    computers = [
        one for part in all_dsm_computers.values() if not isinstance(part, Unread) for one in part
    ]
    unread = any(isinstance(part, Unread) for part in all_dsm_computers.values())
    named = list(places(environment, computers))
    lost = [vm for vm in vcenter_vms if vm.connection_state != "connected"]
    judge(
        examined=len(vcenter_vms),
        of=Text("VMs of {slug}", slug=vcenter.slug),
        problems=[_out_of_reach(vm, _role(vm, computers, named), unread=unread) for vm in lost],
    )


def _out_of_reach(vm: Vm, role: str | None, *, unread: bool) -> Problem:
    """As grave as what hangs on the VM; where computers are unread nobody knows what does."""
    state = Text("vCenter calls the VM {connection_state}", connection_state=vm.connection_state)
    if role is not None:
        return Finding(vm.label, Text("{state}: {role}", state=state, role=role), Text("connected"))
    if unread:
        doubt = Text("{state}, and it may be a relay or an appliance", state=state)
        return Unknown(vm.label, doubt)
    return Finding(vm.label, state, Text("connected"), severity=Severity.WARNING)


def _role(vm: Vm, computers: Sequence[Computer], named: Sequence[Place]) -> str | None:
    """What the upgrade needs a VM for."""
    return next(_roles(vm, computers, named), None)


def _roles(vm: Vm, computers: Sequence[Computer], named: Sequence[Place]) -> Iterator[str]:
    """By its BIOS uuid, or by its name: vCenter may have nothing else of it."""
    uuid = (vm.bios_uuid or "").lower()
    for place in named:
        if uuid in place.uuids or is_at(place.address, vm.name):
            yield place.slug
    for one in computers:
        if (uuid and uuid == one.vm_uuid) or is_at(one.host_name, vm.name):
            if one.relay is not False and one.has_agent and one.kind == "machine":
                yield Text("a relay") if one.relay else Text("it may be a relay")
            if one.kind == "appliance":
                yield Text("an appliance")
    if vm.managed_by == AGENT_MANAGER:
        yield Text("an appliance")
