"""The driver in a guest that hands its files to the appliance."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kanmon.check import NSX, Attestable, Finding, Judge, Problem, Severity, Unknown, check, known
from kanmon.environment.file import Environment
from kanmon.environment.targets import Dsm
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer
from kanmon.facts.nsxt import inventory as nsxt_facts
from kanmon.facts.vcenter.inventory import Vm
from kanmon.facts.windows import Machine
from kanmon.judging.records import AllVms
from kanmon.matching import Guest, Stray
from kanmon.text import Text
from kanmon.versions import Tools, VersionError

FILE_DRIVER = "vsepflt"
RUNNING = ("guestToolsRunning", "guestToolsExecutingScripts")
"""What vSphere calls VMware Tools that run."""


@check(
    "GI-VM-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=("appliance", *NSX),
    phases=("pre", "post"),
    remediation="Install the NSX file introspection driver in the named guest (VMware Tools, "
    "custom installation), start it, and see it connected to the appliance; where only one of the "
    "three sees a fault, clear it there. NSX-V tells of no driver: for its guests name a "
    "[[windows]] table that covers them, so that they are asked themselves.",
    refs=("https://docs.vmware.com (NSX-T 3.2 administration, GUID-756EF955)",),
)
def test_protected_vms_have_a_working_file_driver(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    all_vms: AllVms,
    all_nsxt_guest_tools: dict[str, tuple[nsxt_facts.GuestTools, ...] | Unread],
    all_windows_machines: dict[str, tuple[Machine, ...] | Unread],
    environment: Environment,
    judge: Judge,
) -> None:
    """Every running, agentlessly protected VM has a working file-introspection driver.

    vSphere shows Tools as healthy whether or not the driver is in them, and NSX may see a driver of
    a VM that the manager gave up. So all three are asked: where one of them disagrees, no file may
    reach the appliance, and the VM is unprotected without any other product saying so.
    """
    tools = [one for part in all_nsxt_guest_tools.values() for one in known(part)]
    fleets = [one.slug for one in environment.windows if one.from_dsm == dsm.slug]
    machines = [one for slug in fleets for one in known(all_windows_machines[slug])]
    by_appliance = [one for one in dsm_computers if one.by_appliance]
    running = [
        guest
        for guest in all_vms.guests(by_appliance)
        if isinstance(guest, Stray) or not _is_off(guest.vm)
    ]
    problems = [problem for guest in running for problem in _driver(guest, tools, machines)]
    judge(
        examined=len(running),
        of=Text("running VMs that an appliance of {slug} protects", slug=dsm.slug),
        problems=problems,
    )


def _is_off(vm: Vm) -> bool:
    """Whether vCenter sees that it is off: of one that it cannot reach it shows the last state."""
    return vm.connection_state == "connected" and vm.power_state != "poweredOn"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one product says of a guest.

    Attributes:
        good: whether it says that the guest is protected; None where it does not say.
    """

    text: str
    good: bool | None


def _driver(
    guest: Guest | Stray,
    tools: Sequence[nsxt_facts.GuestTools],
    machines: Sequence[Machine],
) -> Iterator[Problem]:
    """One problem where vSphere, NSX or the guest, and the manager do not all call it protected."""
    if isinstance(guest, Stray):
        yield Unknown(guest.subject, guest.reason)
        return
    if guest.vm.connection_state != "connected":
        yield Unknown(
            guest.subject,
            Text(
                "vCenter calls the VM {connection_state}",
                connection_state=guest.vm.connection_state,
            ),
        )
        return
    driver, manager = _of_the_driver(guest, tools, machines), _of_the_manager(guest.computer)
    answers = (driver, manager, _of_vsphere(guest.vm))
    if any(answer.good is False for answer in answers):
        grave = driver.good is False or manager.good is False
        found = Text.joined("; ", (answer.text for answer in answers))
        severity = None if grave else Severity.WARNING
        yield Finding(guest.subject, found, Text("all three call it protected"), severity=severity)
    elif missing := [answer.text for answer in answers if answer.good is None]:
        yield Unknown(guest.subject, Text.joined("; ", missing))


def _of_the_driver(
    guest: Guest, tools: Sequence[nsxt_facts.GuestTools], machines: Sequence[Machine]
) -> Answer:
    """What NSX-T says of the file agent; where it does not know the VM, the guest of its driver."""
    uuid = (guest.vm.instance_uuid or "").lower()
    told = [_file_agent(one) for one in tools if one.vm_uuid.lower() == uuid]
    asked = [_in_the_guest(one) for one in machines if one.computer_id == guest.computer.id]
    answers = told or [one for one in asked if one.good is not None] or asked
    if not answers:
        reason = Text("neither NSX-T nor a Windows fleet of the environment tells of its driver")
        return Answer(reason, None)
    return min(answers, key=lambda answer: (answer.good is not False, answer.good is not None))


def _in_the_guest(machine: Machine) -> Answer:
    if isinstance(machine.answer, Unread):
        return Answer(machine.answer.reason, None)
    state = machine.answer.service(FILE_DRIVER)
    text = Text("the guest: driver {driver} is {state}", driver=FILE_DRIVER, state=state)
    return Answer(text, state == "RUNNING")


def _file_agent(told: nsxt_facts.GuestTools) -> Answer:
    version, connected = told.file_agent_version, told.svm_connectivity
    if not version:
        return Answer(Text("NSX-T: no file agent in it"), good=False)
    text = Text("NSX-T: file agent {version}, connected", version=version)
    if connected is None:
        text = Text(
            "NSX-T: file agent {version}, not said whether it is connected", version=version
        )
    elif not connected:
        text = Text("NSX-T: file agent {version}, not connected to the service VM", version=version)
    return Answer(text, connected)


def _of_the_manager(computer: Computer) -> Answer:
    words = ", ".join((computer.appliance_status, *computer.appliance_messages))
    good = computer.appliance_status == "active" and computer.online is not False
    return Answer(Text("manager: {words}", words=words), good)


def _of_vsphere(vm: Vm) -> Answer:
    if not vm.tools_version:
        return Answer(Text("vSphere: no VMware Tools"), good=False)
    try:
        release = str(Tools.from_number(vm.tools_version))
    except VersionError:
        release = Text("of number {number}", number=vm.tools_version)
    running = vm.tools_running in RUNNING if vm.tools_running else None
    text = Text(
        "vSphere: VMware Tools {release}, {state}",
        release=release,
        state=vm.tools_running or Text("state unset"),
    )
    return Answer(text, running)
