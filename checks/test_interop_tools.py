"""Whether guests have VMware Tools that NSX and hosts support."""

from collections.abc import Iterator

from kanmon.check import NSX, VSPHERE, Attestable, Finding, Judge, Problem, Severity, Unknown, check
from kanmon.environment.file import Environment
from kanmon.environment.targets import Dsm, VCenter
from kanmon.facts.dsm.manager import Computer
from kanmon.facts.run import Moment
from kanmon.facts.vcenter.inventory import Vm
from kanmon.judging.answers import Asked, problems, rested
from kanmon.judging.goals import target_nsx
from kanmon.judging.guest_tools import has_none, out_of_sight
from kanmon.judging.records import AllVms
from kanmon.knowledge.compatibility import Rules
from kanmon.knowledge.interop import ToolsFloor
from kanmon.knowledge.lookup import tools_floor
from kanmon.matching import Guest, Stray, is_vcls, vcls_by_name
from kanmon.planning.course import Planned
from kanmon.planning.estate import versions
from kanmon.text import Text
from kanmon.versions import Tools, VersionError

UNMANAGED = "guestToolsUnmanaged"
REFUSED = ("guestToolsTooOld", "guestToolsBlacklisted")
"""What vCenter itself says of Tools that the host of today does not take."""


@check(
    "IOP-TOOLS-ESX-001",
    severity=Severity.WARNING,
    attestable=Attestable.DOCUMENT,
    steps=VSPHERE,
    phases=("pre",),
    remediation="Upgrade VMware Tools in the named guests before their hosts move.",
    refs=("table:tools_esxi",),
)
def test_running_guests_have_tools_that_the_target_host_supports(
    vcenter: VCenter,
    vcenter_vms: tuple[Vm, ...],
    planned: Planned,
    rules: Rules,
    moment: Moment,
    judge: Judge,
) -> None:
    """Every running guest has VMware Tools that the ESXi of the step supports.

    A guest below the floor keeps running but loses quiesced snapshots and clean shutdown, so the
    evacuation of its host can hang in the middle of the window.
    """
    now, *later = planned.stages(moment)
    ahead = later or [now]
    hosts = {esxi for stage in ahead for esxi in versions(stage.state, "esxi", vcenter.slug)}
    on = [vm for vm in vcenter_vms if vm.power_state == "poweredOn" and not vm.template]
    running = [vm for vm in on if not is_vcls(vm)]
    unplaced = planned.unjudged(moment, vcenter.slug)
    asked: list[Asked] = []
    against: list[Problem] = list(unplaced)
    if running and not hosts and not unplaced:
        against += [Unknown(vm.label, Text("no host is listed")) for vm in running]
    for vm in running:
        tools = _tools_of(vm)
        if isinstance(tools, Tools):
            subject = vm.label
            asked += [(subject, rules.tools_on_esxi(tools, host)) for host in sorted(hosts)]
        else:
            against.append(tools)
    judge(
        examined=len(running) + len({one.subject for one in unplaced}),
        of=Text("running guests of {slug}", slug=vcenter.slug),
        problems=[*against, *problems(asked)],
        rests_on=rested(answer for _, answer in asked),
        notes=list(vcls_by_name(vcenter.slug, on)),
    )


def _tools_of(vm: Vm) -> Tools | Problem:
    """A guest's Tools, or their problem on whatever host."""
    subject = vm.label
    if lost := out_of_sight(vm):
        return Unknown(subject, lost)
    if has_none(vm):
        return Finding(subject, Text("no VMware Tools"), Text("Tools that the host supports"))
    if vm.tools_status in REFUSED:
        return Finding(
            subject,
            Text("{tools_status} on today's host", tools_status=vm.tools_status),
            Text("Tools that it supports"),
        )
    try:
        return Tools.from_number(vm.tools_version or 0)
    except VersionError as error:
        if vm.tools_status != UNMANAGED:
            return Unknown(subject, error.message)
        found, wanted = (
            Text("Tools of its own distribution"),
            Text("a yes of the distribution's vendor"),
        )
        return Finding(subject, found, wanted, severity=Severity.ADVICE)


@check(
    "IOP-TOOLS-NSX-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    steps=(*NSX, *VSPHERE),
    phases=("pre", "post"),
    remediation="Upgrade VMware Tools in the named guests, with the NSX file introspection driver "
    "(not part of a typical installation), before their host or NSX moves.",
    refs=(
        "table:tools_nsx",
        "https://docs.vmware.com (NSX-T 3.2 administration, GUID-756EF955)",
    ),
)
def test_protected_guests_have_tools_that_nsx_supports(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    all_vms: AllVms,
    environment: Environment,
    judge: Judge,
) -> None:
    """Every guest under guest introspection has VMware Tools that the target NSX supports.

    The thin agent that hands files to the appliance is a driver of VMware Tools. Where it is absent
    or too old, the machine shows as protected after the migration and nothing scans its files.
    """
    by_appliance = [computer for computer in dsm_computers if computer.by_appliance]
    if not by_appliance:
        judge.not_applicable(Text("{slug} protects nothing by an appliance", slug=dsm.slug))
    target = target_nsx(environment)
    floor = tools_floor(target)
    if floor is None:
        judge.undetermined(
            Text("no table row says which Tools {target_nsx} supports", target_nsx=target)
        )
    protected = all_vms.guests(by_appliance)
    problems = [problem for one in protected for problem in _tools(one, floor)]
    judge(
        examined=len(protected),
        of=Text("VMs that an appliance of {slug} protects", slug=dsm.slug),
        problems=problems,
        rests_on=[floor.citation],
    )


def _tools(guest: Guest | Stray, floor: ToolsFloor) -> Iterator[Problem]:
    if isinstance(guest, Stray):
        yield Unknown(guest.subject, guest.reason)
        return
    expected = Text("Tools {minimum} or newer for {nsx}", minimum=floor.minimum, nsx=floor.nsx)
    if lost := out_of_sight(guest.vm):
        yield Unknown(guest.subject, lost)
        return
    if has_none(guest.vm):
        yield Finding(guest.subject, Text("no VMware Tools"), expected)
        return
    try:
        tools = Tools.from_number(guest.vm.tools_version or 0)
    except VersionError as error:
        yield Unknown(guest.subject, error.message)
        return
    if tools < Tools.parse(floor.minimum):
        yield Finding(guest.subject, Text("Tools {tools}", tools=tools), expected, floor.citation)
