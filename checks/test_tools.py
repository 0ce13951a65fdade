"""VMware Tools in guests: whether they run, how they are upgraded, whether they harm protection."""

from collections import Counter
from collections.abc import Iterator, Sequence

from kanmon.check import (
    VSPHERE,
    Attestable,
    Finding,
    Judge,
    Note,
    Problem,
    Severity,
    Unknown,
    check,
)
from kanmon.environment.targets import VCenter
from kanmon.facts.vcenter.clusters import AGENT_MANAGER, ToolsPolicy
from kanmon.facts.vcenter.inventory import Vm
from kanmon.judging.guest_tools import has_none
from kanmon.knowledge import load
from kanmon.knowledge.lookup import tools_upgrade_race
from kanmon.knowledge.releases import ToolsRelease
from kanmon.matching import is_vcls, vcls_by_name
from kanmon.text import Text
from kanmon.versions import Tools, VersionError

RUNNING = ("guestToolsRunning", "guestToolsExecutingScripts")
UNMANAGED = "guestToolsUnmanaged"
BY_HAND = ("manual", None)
AT_POWER_CYCLE = "upgradeAtPowerCycle"
LOST = ("orphaned", "inaccessible", "invalid")
"""States of a VM that cannot be started."""


@check(
    "TOOLS-RUN-001",
    severity=Severity.WARNING,
    attestable=Attestable.CONFIGURATION,
    steps=VSPHERE,
    phases=("pre",),
    remediation="Install VMware Tools in the named guests, start their service, or look up the "
    "release that nobody here knows.",
    refs=("table:tools_releases",),
)
def test_tools_run_in_every_guest(
    vcenter: VCenter, vcenter_vms: tuple[Vm, ...], judge: Judge
) -> None:
    """Tools run in every powered-on guest, and their version decodes to a known release.

    A guest without running Tools cannot be shut down cleanly when its host must be emptied, and
    what is judged of it by the number of its Tools is judged by an old word. Appliances of the
    agent manager bring their own Tools, and distributions maintain theirs; a release that came
    after the table is noted.
    """
    on = [vm for vm in vcenter_vms if vm.power_state == "poweredOn" and not vm.template]
    guests = [vm for vm in on if vm.managed_by != AGENT_MANAGER and not is_vcls(vm)]
    judge(
        examined=len(guests),
        of=Text("running guests of {slug}", slug=vcenter.slug),
        problems=[problem for vm in guests for problem in _running(vm)],
        notes=[
            *_beside(vcenter.slug, len(on) - len(guests), guests),
            *vcls_by_name(vcenter.slug, on),
        ],
    )


def _running(vm: Vm) -> Iterator[Problem]:
    """What is wrong with the Tools of a running guest."""
    subject = vm.label
    if vm.connection_state != "connected":
        yield Unknown(
            subject,
            Text("vCenter calls the VM {connection_state}", connection_state=vm.connection_state),
        )
    elif has_none(vm):
        yield Finding(subject, Text("no VMware Tools"), Text("Tools that run"))
    elif vm.tools_running is None:
        yield Unknown(subject, Text("vCenter does not say whether its Tools run"))
    elif vm.tools_running not in RUNNING:
        yield Finding(
            subject,
            Text("Tools do not run ({tools_running})", tools_running=vm.tools_running),
            Text("Tools that run"),
        )
    elif not (_of_distribution(vm) or _known(vm.tools_version or 0) or _newer(vm)):
        yield Finding(subject, _told(vm.tools_version or 0), Text("a release that the table knows"))


def _of_distribution(vm: Vm) -> bool:
    """Whether the distribution maintains its Tools: their number is none of VMware's releases."""
    return vm.tools_status == UNMANAGED


def _known(number: int) -> bool:
    return load(ToolsRelease).get(str(number)) is not None


def _newest() -> int:
    """The number of the newest release of the table."""
    return max(row.number for row in load(ToolsRelease).rows)


def _newer(vm: Vm) -> bool:
    """Whether its Tools are a release that came after the table: no ground for a finding."""
    number = vm.tools_version or 0
    try:
        Tools.from_number(number)
    except VersionError:
        return False
    return number > _newest() and not _of_distribution(vm)


def _told(number: int) -> str:
    try:
        return Text(
            "VMware Tools {from_number} (number {number})",
            from_number=Tools.from_number(number),
            number=number,
        )
    except VersionError:
        return Text("number {number}, which stands for no release", number=number)


def _beside(slug: str, appliances: int, guests: Sequence[Vm]) -> Iterator[Note]:
    if appliances:
        yield Note(
            slug,
            Text(
                "{appliances} appliances of {agent_manager} are left to it",
                appliances=appliances,
                agent_manager=AGENT_MANAGER,
            ),
        )
    if maintained := sum(_of_distribution(vm) for vm in guests):
        text = Text(
            "{count} guests have Tools of their distribution, which maintains them",
            count=maintained,
        )
        yield Note(slug, text)
    newer = [vm.tools_version or 0 for vm in guests if _newer(vm)]
    if newer:
        releases = ", ".join(str(Tools.from_number(number)) for number in sorted(set(newer)))
        text = Text(
            "{count} guests have Tools newer than {newest}, the newest that the table knows: "
            "{releases}",
            count=len(newer),
            newest=Tools.from_number(_newest()),
            releases=releases,
        )
        yield Note(slug, text)


@check(
    "TOOLS-POL-001",
    severity=Severity.WARNING,
    attestable=Attestable.CONFIGURATION,
    steps=VSPHERE,
    phases=("pre",),
    remediation="Set the upgrade policy of VMware Tools to manual in the named VMs until the "
    "upgrade has ended.",
    refs=("table:tools_upgrade_race",),
)
def test_no_guest_upgrades_its_tools_by_itself(
    vcenter: VCenter, vcenter_tools_policies: tuple[ToolsPolicy, ...], judge: Judge
) -> None:
    """No guest upgrades its Tools by itself at a power cycle inside the window.

    Once its host is upgraded, each restart of such a guest brings the Tools of the new host: a
    change that nobody planned, in many guests at once, and where Windows Update wants a restart,
    too, drivers were lost.
    """
    machines = [vm for vm in vcenter_tools_policies if not vm.template]
    problems = [problem for vm in machines for problem in _by_itself(vm)]
    idle = Counter(reason for vm in machines if (reason := _idle(vm)))
    judge(
        examined=len(machines),
        of=Text("VMs of {slug}", slug=vcenter.slug),
        problems=problems,
        rests_on=list({one.source for one in problems if isinstance(one, Finding) and one.source}),
        notes=[
            Note(vcenter.slug, Text("{count} VMs: {reason}", count=count, reason=reason))
            for reason, count in idle.items()
        ],
    )


def _idle(vm: ToolsPolicy) -> str | None:
    """Why a VM upgrades nothing although its policy does not say so."""
    if vm.policy is None and vm.connection_state in LOST:
        return Text(
            "they are {state} and cannot be started; their policy is not known",
            state=vm.connection_state,
        )
    if vm.policy == AT_POWER_CYCLE and vm.tools_status == UNMANAGED:
        return Text(
            "they have {policy}, and Tools of their distribution, which vSphere leaves alone",
            policy=vm.policy,
        )
    if vm.policy == AT_POWER_CYCLE and has_none(vm):
        return Text("they have {policy}, and no Tools that could be upgraded", policy=vm.policy)
    return None


def _by_itself(vm: ToolsPolicy) -> Iterator[Problem]:
    subject = vm.label
    if vm.policy in BY_HAND or _idle(vm):
        return
    if vm.policy != AT_POWER_CYCLE:
        yield Unknown(subject, Text("nobody here knows the policy {policy}", policy=vm.policy))
        return
    try:
        tools = Tools.from_number(vm.tools_version or 0)
    except VersionError as error:
        yield Finding(
            subject,
            Text(
                "{policy}, with Tools of no known release: {error}",
                policy=vm.policy,
                error=error.message,
            ),
            Text("manual"),
        )
        return
    windows = (vm.guest_id or "").lower().startswith("win")
    row = tools_upgrade_race(tools, AT_POWER_CYCLE) if windows else None
    found = Text("{policy} with VMware Tools {tools}", policy=vm.policy, tools=tools)
    if row:
        found = Text("{found}: {defect}", found=found, defect=row.defect)
    yield Finding(subject, found, Text("manual"), row.citation if row else None)
