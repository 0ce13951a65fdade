"""The driver in a guest that hands its files to the appliance."""

from collections.abc import Iterator, Sequence

from kanmon.check import NSX, Finding, Severity, Unknown, Verdict, check, known, split
from kanmon.environment import Dsm, Environment
from kanmon.facts import Unread
from kanmon.facts import nsxt as nsxt_facts
from kanmon.facts.dsm import Computer
from kanmon.facts.vcenter import About, Vm
from kanmon.facts.windows import Machine
from kanmon.matching import Guest, Stray, guests

FILE_DRIVER = "vsepflt"

Problem = Finding | Unknown


@check(
    "GI-VM-001",
    severity=Severity.BLOCKER,
    steps=("appliance", *NSX),
    phases=("pre", "post"),
    remediation="Install the NSX file introspection driver in the named guest (VMware Tools, "
    "custom installation), start it, and see it connected to the appliance.",
    refs=("https://docs.vmware.com (NSX-T 3.2 administration, GUID-756EF955)",),
)
def test_protected_vms_have_a_working_file_driver(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    all_vcenter_about: dict[str, About | Unread],
    all_vcenter_vms: dict[str, tuple[Vm, ...] | Unread],
    all_nsxt_guest_tools: dict[str, tuple[nsxt_facts.GuestTools, ...] | Unread],
    all_windows_machines: dict[str, tuple[Machine, ...] | Unread],
    environment: Environment,
    verdict: Verdict,
) -> None:
    """Every running, agentlessly protected VM has a working file-introspection driver.

    vSphere shows Tools as healthy whether or not the driver is in them. Without it no file reaches
    the appliance, and the VM is unprotected without any product saying so.
    """
    tools = [one for part in all_nsxt_guest_tools.values() for one in known(part)]
    fleets = [one.slug for one in environment.windows if one.from_dsm == dsm.slug]
    machines = [one for slug in fleets for one in known(all_windows_machines[slug])]
    by_appliance = [one for one in dsm_computers if one.by_appliance]
    running = [
        guest
        for guest in guests(by_appliance, all_vcenter_about, all_vcenter_vms)
        if isinstance(guest, Stray) or not _is_off(guest.vm)
    ]
    problems = [problem for guest in running for problem in _driver(guest, tools, machines)]
    findings, unknown = split(problems)
    verdict(
        examined=len(running),
        of=f"running VMs that an appliance of {dsm.slug} protects",
        findings=findings,
        unknown=unknown,
    )


def _is_off(vm: Vm) -> bool:
    """Whether vCenter sees that it is off: of one that it cannot reach it shows the last state."""
    return vm.connection_state == "connected" and vm.power_state != "poweredOn"


def _driver(
    guest: Guest | Stray,
    tools: Sequence[nsxt_facts.GuestTools],
    machines: Sequence[Machine],
) -> Iterator[Problem]:
    """What NSX-T says of the guest's file agent; where it does not know the VM, its driver."""
    if isinstance(guest, Stray):
        yield Unknown(guest.subject, guest.reason)
        return
    if guest.vm.connection_state != "connected":
        yield Unknown(guest.subject, f"vCenter calls the VM {guest.vm.connection_state}")
        return
    uuid = (guest.vm.instance_uuid or "").lower()
    told = [one for one in tools if one.vm_uuid.lower() == uuid]
    found = [one for one in machines if one.computer_id == guest.computer.id]
    seen = [one for one in found if not isinstance(one.answer, Unread)] or found
    if told:
        yield from [problem for one in told for problem in _file_agent(guest, one)][:1]
    elif not seen:
        reason = "neither NSX-T nor a Windows fleet of the environment tells of its driver"
        yield Unknown(guest.subject, reason)
    else:
        yield from [problem for one in seen for problem in _in_the_guest(guest, one)][:1]


def _in_the_guest(guest: Guest, machine: Machine) -> Iterator[Problem]:
    if isinstance(machine.answer, Unread):
        yield Unknown(guest.subject, machine.answer.reason)
    elif (state := machine.answer.service(FILE_DRIVER)) != "RUNNING":
        yield Finding(guest.subject, f"driver {FILE_DRIVER} is {state}", "RUNNING")


def _file_agent(guest: Guest, told: nsxt_facts.GuestTools) -> Iterator[Problem]:
    if not told.file_agent_version:
        yield Finding(guest.subject, "NSX-T sees no file agent in it", "one that is connected")
    elif told.svm_connectivity is None:
        yield Unknown(guest.subject, "NSX-T does not say whether its file agent is connected")
    elif not told.svm_connectivity:
        found = f"file agent {told.file_agent_version} is not connected to the service VM"
        yield Finding(guest.subject, found, "connected")
