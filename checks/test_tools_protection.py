"""What guest introspection asks of a protected VM's Tools and virtual hardware."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Literal

from kanmon.check import (
    NSX,
    Attestable,
    Finding,
    Judge,
    Note,
    Problem,
    Severity,
    Unknown,
    check,
    known,
)
from kanmon.environment.file import Environment
from kanmon.environment.targets import Dsm
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer
from kanmon.facts.run import Moment
from kanmon.facts.vcenter.clusters import ToolsPolicy
from kanmon.facts.vcenter.inventory import Vm
from kanmon.judging.guest_tools import has_none, out_of_sight
from kanmon.judging.records import AllVms
from kanmon.knowledge import load
from kanmon.knowledge.compatibility import At
from kanmon.knowledge.health import ToolsDefect
from kanmon.knowledge.lookup import bundled_tools, tools_defect
from kanmon.knowledge.vmotion import ProtectedHardware
from kanmon.matching import Guest, Stray
from kanmon.planning.course import Planned
from kanmon.planning.estate import Component
from kanmon.text import Text
from kanmon.versions import Tools, VersionError

AT_POWER_CYCLE = "upgradeAtPowerCycle"
TROUBLED = ("warning", "error")

Bundles = Mapping[str, Mapping[At, tuple[Tools, ...]]]
"""By vCenter, the Tools that each release of ESXi on the way brings along."""


@check(
    "TOOLS-BAD-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    steps=("vsphere-bridge", *NSX),
    phases=("pre",),
    remediation="Bring the named guests to a release without the defect, not to the one that their "
    "host brings along; where protection has failed already, restart the guest after that.",
    refs=("table:tools_defects", "table:tools_releases"),
)
def test_no_protected_guest_has_or_gets_defective_tools(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    all_vms: AllVms,
    all_vcenter_tools_policies: dict[str, tuple[ToolsPolicy, ...] | Unread],
    planned: Planned,
    moment: Moment,
    judge: Judge,
) -> None:
    """No guest has, or would get at the next hop, Tools with a known guest-introspection defect.

    ESXi 6.7 U2 brings along VMware Tools 10.3.5, with which the appliance sees no file any more
    after a failed upgrade of NSX, and nothing says so. The release alone is a warning, since the
    vendor shipped it beside NSX-V; with protection that is in trouble already it blocks.
    """
    protected = [one for one in dsm_computers if one.by_appliance]
    found = all_vms.guests(protected)
    policies = {
        (slug, vm.moref): vm.policy
        for slug, part in all_vcenter_tools_policies.items()
        for vm in known(part)
    }
    bundles = _bundles(planned, moment, list(all_vms.all_vcenter_vms))
    problems = [*_unjudged(planned, moment, found)]
    problems += [p for one in found for p in _defects(one, bundles, policies)]
    judge(
        examined=len(found) + len({one.subject for one in problems} - {o.subject for o in found}),
        of=Text("VMs that an appliance of {slug} protects", slug=dsm.slug),
        problems=problems,
        rests_on=[row.citation for row in load(ToolsDefect).rows if not row.condition],
        notes=list(_others(dsm.slug, found, all_vms.all_vcenter_vms)),
    )


def _bundles(planned: Planned, moment: Moment, slugs: list[str]) -> Bundles:
    stages = planned.stages(moment)
    return {
        slug: {
            at: tuple(Tools.parse(row.release) for row in bundled_tools(at))
            for stage in stages
            for at in stage.state.get(Component("esxi", slug), ())
        }
        for slug in slugs
    }


def _unjudged(planned: Planned, moment: Moment, found: list[Guest | Stray]) -> list[Problem]:
    """Why nobody can say which ESXi protected guests will run on."""
    slugs = sorted({one.vcenter for one in found if isinstance(one, Guest)})
    return [*planned.unjudged(moment, *slugs)] if slugs else []


def _defects(
    one: Guest | Stray, bundles: Bundles, policies: Mapping[tuple[str, str], str | None]
) -> Iterator[Problem]:
    """The defect of the Tools that a guest has, and of those that it would get."""
    if isinstance(one, Stray):
        yield Unknown(one.subject, one.reason)
        return
    if lost := out_of_sight(one.vm):
        yield Unknown(one.subject, lost)
        return
    if has_none(one.vm):
        return  # IOP-TOOLS-NSX-001 names it
    try:
        tools = Tools.from_number(one.vm.tools_version or 0)
    except VersionError as error:
        yield Unknown(one.subject, error.message)
        return
    if row := tools_defect(tools.number):
        troubled = _is_troubled(one.computer)
        severity = None if troubled else Severity.WARNING
        found = Text("VMware Tools {tools}: {defect}", tools=tools, defect=row.defect)
        if troubled:
            found = Text("{found}, and the manager reports its protection in trouble", found=found)
        yield Finding(one.subject, found, row.remedy, row.citation, severity=severity)
    by_itself = policies.get((one.vcenter, one.vm.moref)) == AT_POWER_CYCLE
    for esxi, brought in bundles[one.vcenter].items():
        yield from _would_get(one.subject, tools, esxi, brought, by_itself=by_itself)


def _would_get(
    subject: str, tools: Tools, esxi: At, brought: tuple[Tools, ...], *, by_itself: bool
) -> Iterator[Problem]:
    """Defective Tools that a release of ESXi brings along and that are newer than the guest's."""
    if not brought:
        yield Unknown(
            subject,
            Text(
                "no row of {table} says which Tools ESXi {esxi} brings",
                table="tools_releases",
                esxi=esxi,
            ),
        )
    for new in brought:
        row = tools_defect(new.number)
        if row is None or new <= tools:
            continue
        found = Text(
            "would get VMware Tools {new} on ESXi {esxi} if somebody upgrades it to the newest",
            new=new,
            esxi=esxi,
        )
        if by_itself:
            found = Text(
                "would get VMware Tools {new} on ESXi {esxi} at its next power cycle",
                new=new,
                esxi=esxi,
            )
        found = Text("{found}: {defect}", found=found, defect=row.defect)
        yield Finding(subject, found, row.remedy, row.citation, severity=Severity.WARNING)


def _is_troubled(computer: Computer) -> bool:
    """Whether the manager itself says that the appliance does not protect it as it should."""
    modules = [one.appliance_status for one in computer.modules if one.on]
    return computer.online is False or any(
        status in TROUBLED for status in (computer.appliance_status, *modules)
    )


def _others(
    dsm: str, found: list[Guest | Stray], vms: Mapping[str, tuple[Vm, ...] | Unread]
) -> Iterator[Note]:
    """Running guests with a defect that no appliance of the manager protects, by vCenter."""
    protected = {(one.vcenter, one.vm.moref) for one in found if isinstance(one, Guest)}
    for slug, part in vms.items():
        counted = Counter(
            str(Tools.from_number(vm.tools_version or 0))
            for vm in known(part)
            if vm.power_state == "poweredOn" and (slug, vm.moref) not in protected
            if tools_defect(vm.tools_version or 0)
        )
        for release, count in sorted(counted.items()):
            text = Text(
                "{count} running guests that no appliance of {dsm} protects have VMware Tools "
                "{release}, which has a known defect",
                count=count,
                dsm=dsm,
                release=release,
            )
            yield Note(slug, text)


@check(
    "GI-VM-002",
    severity=Severity.WARNING,
    attestable=Attestable.CONFIGURATION,
    steps=NSX,
    phases=("pre",),
    remediation="Upgrade the virtual hardware of the named VM while it is switched off.",
    refs=("table:protected_hardware",),
)
def test_protected_vms_have_virtual_hardware_that_keeps_them_protected(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    all_vms: AllVms,
    environment: Environment,
    judge: Judge,
) -> None:
    """Protected VMs have virtual hardware 9 or newer.

    Below it protection does not outlive a vMotion, and the migration moves every VM from host to
    host: it arrives unprotected.
    """
    protected = [one for one in dsm_computers if one.by_appliance]
    found = all_vms.guests(protected)
    problems = [problem for one in found for problem in _hardware(one, environment)]
    judge(
        examined=len(found),
        of=Text("VMs that an appliance of {slug} protects", slug=dsm.slug),
        problems=problems,
        rests_on=[row.citation for row in load(ProtectedHardware).rows],
    )


def _hardware(one: Guest | Stray, environment: Environment) -> Iterator[Problem]:
    """What the NSX of its vCenter says against a VM's hardware; the first that does is enough."""
    if isinstance(one, Stray):
        yield Unknown(one.subject, one.reason)
        return
    version = re.fullmatch(r"vmx-(\d+)", one.vm.hardware_version or "")
    if version is None:
        yield Unknown(
            one.subject,
            Text(
                "its virtual hardware is {hardware_version}",
                hardware_version=one.vm.hardware_version,
            ),
        )
        return
    rows = [
        row for nsx in _nsx(one.vcenter, environment) if (row := load(ProtectedHardware).get(nsx))
    ]
    if not rows:
        yield Unknown(
            one.subject, Text("the environment names no NSX of {vcenter}", vcenter=one.vcenter)
        )
    for row in [row for row in rows if int(version[1]) < row.minimum][:1]:
        yield Finding(
            one.subject,
            version[0],
            Text("vmx-{minimum:02} or newer for {nsx}", minimum=row.minimum, nsx=row.nsx),
            row.citation,
        )


def _nsx(vcenter: str, environment: Environment) -> Iterator[Literal["NSX-V", "NSX-T"]]:
    if any(one.vcenter == vcenter for one in environment.nsxv):
        yield "NSX-V"
    if any(vcenter in one.vcenters for one in environment.nsxt):
        yield "NSX-T"
