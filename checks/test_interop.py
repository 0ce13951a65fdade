"""Whether the products of the estate fit each other, now and after the step."""

from collections.abc import Iterator

from kanmon.check import NSX, VSPHERE, Finding, Severity, Unknown, Verdict, check, split
from kanmon.environment import Dsm, Environment
from kanmon.facts import Unread
from kanmon.facts.dsm import Computer
from kanmon.facts.vcenter import About, Vm
from kanmon.knowledge.interop import ToolsFloor
from kanmon.lookup import tools_floor
from kanmon.matching import Guest, Stray, guests
from kanmon.versions import Nsx, Tools, VersionError

NOT_INSTALLED = "guestToolsNotInstalled"


@check(
    "IOP-TOOLS-NSX-001",
    severity=Severity.BLOCKER,
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
    all_vcenter_about: dict[str, About | Unread],
    all_vcenter_vms: dict[str, tuple[Vm, ...] | Unread],
    environment: Environment,
    verdict: Verdict,
) -> None:
    """Every guest under guest introspection has VMware Tools that the target NSX supports.

    The thin agent that hands files to the appliance is a driver of VMware Tools. Where it is absent
    or too old, the machine shows as protected after the migration and nothing scans its files.
    """
    if environment.upgrade.nsx is None:
        verdict.undetermined("the environment does not say upgrade.nsx")
    floor = tools_floor(Nsx.parse(environment.upgrade.nsx))
    if floor is None:
        verdict.undetermined(f"no table row says which Tools {environment.upgrade.nsx} supports")
    by_appliance = [computer for computer in dsm_computers if computer.by_appliance]
    protected = list(guests(by_appliance, all_vcenter_about, all_vcenter_vms))
    problems = [problem for one in protected for problem in _tools(one, floor)]
    findings, unknown = split(problems)
    verdict(
        examined=len(protected),
        of=f"VMs that an appliance of {dsm.slug} protects",
        findings=findings,
        unknown=unknown,
        rests_on=[floor.citation],
    )


def _tools(guest: Guest | Stray, floor: ToolsFloor) -> Iterator[Finding | Unknown]:
    if isinstance(guest, Stray):
        yield Unknown(guest.subject, guest.reason)
        return
    expected = f"Tools {floor.minimum} or newer for {floor.nsx}"
    if not guest.vm.tools_version or guest.vm.tools_status == NOT_INSTALLED:
        yield Finding(guest.subject, "no VMware Tools", expected)
        return
    try:
        tools = Tools.from_number(guest.vm.tools_version)
    except VersionError as error:
        yield Unknown(guest.subject, str(error))
        return
    if tools < Tools.parse(floor.minimum):
        yield Finding(guest.subject, f"Tools {tools}", expected, floor.citation)
