"""How ESXi hosts are set: time, lockdown mode, acceptance level."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from kanmon.check import (
    ALL,
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
from kanmon.environment.file import Environment
from kanmon.environment.targets import VCenter
from kanmon.facts import ClockReading, Unread
from kanmon.facts.run import Moment
from kanmon.facts.vcenter.hosts import Clock, HostAnswer, Settings
from kanmon.facts.vcenter.inventory import Host, HostVibs, Vib
from kanmon.facts.vcenter.profiles import HostProfile
from kanmon.judging.clocks import Span, clock_problem
from kanmon.judging.host_rules import image_level, setting_rule
from kanmon.judging.hosts import open_ends, steps, told
from kanmon.planning.course import Planned
from kanmon.text import Text, shortened

LEVELS = ("community", "partner", "vmware_accepted", "vmware_certified")
"""Acceptance levels as vSphere calls them, the strictest last."""
MOVED = ("vcenter", "esxi", "nsx")
SHOWN = 5
"""Hosts and clusters that a note names."""


@check(
    "ESX-TIME-001",
    severity=Severity.WARNING,
    attestable=Attestable.MOMENTARY,
    steps=ALL,
    phases=("pre",),
    remediation="Name NTP servers on the host, let ntpd start and stop with it, and see its offset "
    "settle; then run again.",
    refs=("table:host_settings", "https://docs.vmware.com (NSX-V 6.4, GUID-62B22E0C)"),
)
def test_clocks_of_hosts_agree(
    vcenter: VCenter,
    vcenter_hosts: tuple[Host, ...],
    vcenter_settings: tuple[HostAnswer[Settings], ...],
    vcenter_clocks: tuple[HostAnswer[Clock], ...],
    all_vcenter_clock: dict[str, ClockReading | Unread],
    environment: Environment,
    judge: Judge,
) -> None:
    """NTP runs on every host, and its clock agrees with vCenter's.

    Certificates and sessions are judged by the clock. A host that is ahead or behind is refused by
    its vCenter or by NSX in the middle of the change; with NSX-V its VMs may be unprotected while
    their cluster shows green. Where the host is right and its vCenter is not, NET-TIME-001 says so.
    """
    set_, unset = told(vcenter_hosts, vcenter_settings)
    clocks, silent = told(vcenter_hosts, vcenter_clocks)
    limit = environment.tolerances.clock_seconds
    problems: list[Problem] = [*unset, *silent]
    problems += [problem for host, one in set_ for problem in _ntp(host.label, one)]
    own = all_vcenter_clock[vcenter.slug]
    problems += filter(None, (_apart(host, one, limit, own) for host, one in clocks))
    judge(
        examined=len(vcenter_hosts),
        of=Text("ESXi hosts of {slug}", slug=vcenter.slug),
        problems=problems,
    )


def _ntp(subject: str, settings: Settings) -> Iterator[Problem]:
    if not settings.ntp_servers:
        yield Finding(subject, Text("no NTP server"), Text("an NTP server or more"))
    if not settings.ntp_running:
        yield Finding(subject, Text("ntpd stopped"), Text("ntpd running"))
    row = setting_rule("time service", settings.ntp_policy)
    if row is None:
        yield Unknown(
            subject,
            Text(
                "no row knows the policy {ntp_policy} of ntpd", ntp_policy=repr(settings.ntp_policy)
            ),
        )
    elif row.verdict != "accepted":
        yield Finding(
            subject, Text("policy of ntpd: {word}", word=row.word), row.expected, row.citation
        )


def _apart(
    host: Host, clock: Clock, limit: float, own: ClockReading | Unread
) -> Finding | Unknown | None:
    """What is to be said of a host's clock: nothing of one that is right where vCenter's is wrong.

    Both are told by the reader's clock, and of the wrong vCenter NET-TIME-001 says it once.
    """
    span = Span(clock.least, clock.most)
    if not isinstance(own, Unread) and Span(own.low, own.high).off(limit):
        low, high = own.low + span.low, own.high + span.high
        if -limit <= low and high <= limit:
            return None
    return clock_problem(host.label, span, limit, "vCenter")


@check(
    "ESX-SEC-001",
    severity=Severity.WARNING,
    attestable=Attestable.CONFIGURATION,
    steps=(*VSPHERE, "nsx-migration"),
    phases=("pre",),
    remediation="Take the named host out of lockdown mode for the step, or set its acceptance "
    "level to the one of the image that will be used (esxcli software acceptance set).",
    refs=("table:host_settings",),
)
def test_lockdown_and_acceptance_allow_the_upgrade(
    vcenter: VCenter,
    vcenter_hosts: tuple[Host, ...],
    vcenter_settings: tuple[HostAnswer[Settings], ...],
    vcenter_acceptance: tuple[HostAnswer[str], ...],
    vcenter_vibs: tuple[HostVibs, ...],
    planned: Planned,
    moment: Moment,
    judge: Judge,
) -> None:
    """Lockdown mode and acceptance level of every host allow the steps ahead.

    A host in strict lockdown mode whose vCenter does not come back from its upgrade lets nobody in.
    One that is stricter than the image, or than a package that it has, refuses the image as a
    whole. The image is taken to be at the level of VMware's. What the migration from NSX-V asks of
    lockdown mode is judged by NSXV-MIG-002.
    """
    ahead = _steps_of(planned, moment, vcenter.slug)
    hosts = vcenter_hosts if ahead else ()
    set_, unset = told(hosts, vcenter_settings)
    levels, silent = told(hosts, vcenter_acceptance)
    vibs = {one.host: one.vibs for one in vcenter_vibs}
    problems: list[Problem] = [*open_ends(planned, moment, vcenter.slug), *unset, *silent]
    for host, settings in set_:
        problems += _locked(host.label, settings.lockdown, ahead)
    for host, level in levels:
        problems += _strict(host.label, level, vibs.get(host.moref, Unread(Text("not read"))))
    judge(
        examined=len({host.label for host in hosts} | {one.subject for one in problems}),
        of=Text("hosts of {slug} that a step ahead concerns", slug=vcenter.slug),
        problems=problems,
        notes=list(_unsupported(hosts, vibs)),
    )


def _steps_of(planned: Planned, moment: Moment, slug: str) -> list[str]:
    """The steps ahead that move a vCenter, its hosts or its NSX."""
    return [
        step.name
        for step in steps(planned, moment)
        if any(move.component.owner == slug and move.component.kind in MOVED for move in step.moves)
    ]


def _locked(subject: str, mode: str, ahead: Iterable[str]) -> Iterator[Problem]:
    rows = [setting_rule("lockdown mode", mode, step) for step in ahead]
    if None in rows:
        yield Unknown(subject, Text("no row knows the lockdown mode {mode}", mode=repr(mode)))
    for row in dict.fromkeys(row for row in rows if row and row.verdict != "accepted"):
        yield Finding(subject, Text("lockdown mode {mode}", mode=mode), row.expected, row.citation)


def _strict(subject: str, level: str, vibs: tuple[Vib, ...] | Unread) -> Iterator[Problem]:
    """Whether a host is stricter than its image, or than a package that it has."""
    image = image_level()
    if level not in LEVELS:
        yield Unknown(
            subject, Text("no such acceptance level is known: {level}", level=repr(level))
        )
        return
    if isinstance(vibs, Unread):
        yield Unknown(subject, vibs.reason)
        return
    if _rank(level) > _rank(image.word):
        wanted = Text("{word}, as VMware's images are, or the level of your own", word=image.word)
        yield Finding(
            subject, Text("acceptance level {level}", level=level), wanted, image.citation
        )
    lower = [one for one in vibs if _rank(one.acceptance_level) < _rank(level)]
    if lower:
        names = ", ".join(f"{one.name} ({one.acceptance_level})" for one in lower)
        found = Text(
            "acceptance level {level}, and packages below it: {names}", level=level, names=names
        )
        yield Finding(
            subject, found, Text("no package below the level of its host"), image.citation
        )


def _rank(level: str) -> int:
    """Its place among the levels; below all of them for a word that is none."""
    return LEVELS.index(level) if level in LEVELS else -1


def _unsupported(
    hosts: Sequence[Host], vibs: dict[str, tuple[Vib, ...] | Unread]
) -> Iterator[Note]:
    """Packages that neither VMware nor a partner answers for."""
    found = defaultdict[str, list[str]](list)
    for host in hosts:
        packages = vibs.get(host.moref)
        for one in packages if isinstance(packages, tuple) else ():
            if one.acceptance_level == LEVELS[0]:
                found[f"{one.name} {one.version}"].append(host.name)
    for package, names in found.items():
        yield Note(
            package,
            Text(
                "of the community, nobody supports it; on {names}", names=", ".join(sorted(names))
            ),
        )


@check(
    "ESX-PROF-001",
    severity=Severity.ADVICE,
    attestable=Attestable.CONFIGURATION,
    steps=(*VSPHERE, "nsx-migration"),
    phases=("pre",),
    remediation="Check the compliance of the named host profile, and bring hosts or profile in "
    "line. Update it from an upgraded host before it is applied again; NSX does not migrate hosts "
    "with one.",
    refs=(
        "https://docs.vmware.com (NSX-T 3.1 migration guide, GUID-2A39C982)",
        "https://developer.broadcom.com (vSphere Web Services API, ProfileManager)",
    ),
)
def test_attached_host_profiles_are_complied_with(
    vcenter: VCenter,
    vcenter_hosts: tuple[Host, ...],
    vcenter_profiles: tuple[HostProfile, ...],
    judge: Judge,
) -> None:
    """Hosts comply with the host profile that is attached to them.

    A profile sets what its hosts are set to when it is applied. One of the old release that nobody
    has looked after takes settings of the new one back, or is refused by it, after the upgrade.
    """
    judge(
        examined=len({one.label for one in vcenter_profiles}) + len(vcenter_hosts),
        of=Text("host profiles and hosts of {slug}", slug=vcenter.slug),
        problems=[
            Finding(one.label, _compliance(one), Text("hosts that comply, or no profile"))
            for one in vcenter_profiles
            if one.compliance != "compliant"
        ],
        notes=[
            Note(
                one.label,
                Text(
                    "attached to {attached}; compliance: {compliance}",
                    attached=shortened(one.attached, SHOWN),
                    compliance=one.compliance or Text("not told"),
                ),
            )
            for one in vcenter_profiles
        ],
    )


def _compliance(profile: HostProfile) -> Text:
    """What nobody has checked is not complied with: the profile may be of another release."""
    attached = shortened(profile.attached, SHOWN)
    if profile.compliance == "nonCompliant":
        return Text("not complied with by {attached}", attached=attached)
    return Text("never checked, or not to its end, on {attached}", attached=attached)
