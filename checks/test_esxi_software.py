"""The software of ESXi hosts: its release, and the packages that others have put on them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

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
from kanmon.environment.file import Environment
from kanmon.environment.targets import VCenter
from kanmon.errors import Undetermined
from kanmon.facts.run import Moment
from kanmon.facts.vcenter.hosts import HostAnswer
from kanmon.facts.vcenter.inventory import Extension, Host, HostVibs, Vib
from kanmon.judging.host_rules import nsx_package, package_rule, silent
from kanmon.judging.hosts import keeps, moving, open_ends, stands, told
from kanmon.judging.migration import is_migrated
from kanmon.knowledge import Citation
from kanmon.knowledge.hosts import EsxiPackage, NsxPackage
from kanmon.matching import NSXV_EXTENSION
from kanmon.planning.course import Planned
from kanmon.planning.estate import Component, versions
from kanmon.text import Text, shortened
from kanmon.versions import Nsx, VSphere

SHOWN = 5
"""Packages of one host that a finding names."""


@check(
    "ESX-VER-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=VSPHERE,
    phases=("post",),
    remediation="Upgrade the named host, or take it out of its vCenter; where hosts were meant to "
    "go elsewhere, correct [upgrade] or [[plan]].",
    refs=("table:esxi_releases",),
)
def test_hosts_run_the_promised_version(
    vcenter: VCenter,
    vcenter_hosts: tuple[Host, ...],
    planned: Planned,
    moment: Moment,
    judge: Judge,
) -> None:
    """Every host in scope runs the version that the step promised.

    A host that was left behind keeps its cluster at two releases, and the next step starts from a
    state that nobody planned. A later patch of the promised update level counts, another level does
    not: the rules say something else of it. Hosts of vCenters that the step does not move are not
    judged here; that they were left alone is a matter of the comparison with the run before.
    """
    step = moment.step or Text("the upgrade")
    promised = planned.promised(moment.step, Component("esxi", vcenter.slug))
    if promised is None:
        judge.not_applicable(
            Text("{step} does not move the hosts of {slug}", step=step, slug=vcenter.slug)
        )
    wanted: Any = promised.version
    builds = Counter(host.build for host in vcenter_hosts)
    judge(
        examined=len(vcenter_hosts),
        of=Text("ESXi hosts of {slug}", slug=vcenter.slug),
        problems=[problem for host in vcenter_hosts for problem in _behind(host, wanted, step)],
        notes=[
            Note(f"build {build}", Text("{number} hosts", number=number))
            for build, number in builds.items()
        ],
    )


def _behind(host: Host, wanted: VSphere, step: str) -> Iterator[Problem]:
    """Why a host does not count as upgraded."""
    if host.connection_state != "connected":
        reason = Text(
            "{connection_state}: what vCenter knows of it may be old",
            connection_state=host.connection_state,
        )
        yield Unknown(host.label, reason)
        return
    try:
        here = stands(host)
    except Undetermined as error:
        yield Unknown(host.label, error.message)
        return
    kept = keeps(here.at, wanted)
    if kept is None:
        yield Unknown(host.label, Text("ESXi {build}: {told}", build=here.at, told=here.told))
    elif not kept:
        found = Text("ESXi {here} (build {build})", here=here.at.version, build=host.build)
        yield Finding(
            host.label, found, Text("ESXi {wanted}, as {step} promised", wanted=wanted, step=step)
        )


@check(
    "ESX-VIB-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    steps=VSPHERE,
    phases=("pre",),
    remediation="Build an image with newer packages in place of the named ones, or remove them "
    "from the host (esxcli software vib remove) where nothing uses them. Where the image that "
    "will be used has them already, have the finding waived.",
    refs=("table:esxi_packages",),
)
def test_no_package_stops_the_upgrade(
    vcenter: VCenter,
    vcenter_hosts: tuple[Host, ...],
    vcenter_vibs: tuple[HostVibs, ...],
    planned: Planned,
    moment: Moment,
    judge: Judge,
) -> None:
    """No package on a host stops its upgrade: no vmklinux driver, none that needs an old vmkapi.

    An upgrade keeps what others have put on a host and ends in a DependencyError when the new image
    has neither what that depends on nor something newer of its name. The host stays as it is, in
    maintenance, while the clock of the change runs.
    """
    goals = moving(planned, moment, vcenter.slug, vcenter_hosts)
    packages = [HostAnswer(one.host, one.host_name, one.vibs) for one in vcenter_vibs]
    heard, missed = told([one for one in vcenter_hosts if one.moref in goals], packages)
    problems: list[Problem] = [*open_ends(planned, moment, vcenter.slug), *missed]
    for host, vibs in heard:
        for release in goals[host.moref]:
            problems += _stumbling(host.label, vibs, release)
    judge(
        examined=len({host.label for host, _ in heard} | {one.subject for one in problems}),
        of=Text("hosts of {slug} that move", slug=vcenter.slug),
        problems=problems,
    )


def _stumbling(subject: str, vibs: Iterable[Vib], release: VSphere) -> Iterator[Problem]:
    """What the upgrade to a release stumbles over, the packages of one row together."""
    if silent(EsxiPackage, release):
        yield Unknown(
            subject,
            Text("no row says which packages stop an upgrade to ESXi {release}", release=release),
        )
    hit = defaultdict[EsxiPackage, list[str]](list)
    for vib in vibs:
        if rule := package_rule(vib, release):
            hit[rule].append(
                Text(
                    "{name} {version} of {vendor}",
                    name=vib.name,
                    version=vib.version,
                    vendor=vib.vendor,
                )
            )
    for row, names in hit.items():
        if row.verdict == "accepted":
            continue
        found = shortened(names, SHOWN)
        if row.depends:
            found = Text("{names}, which need {depends}", names=found, depends=row.depends)
        severity = Severity.WARNING if row.verdict == "warned" else None
        wanted = Text("{expected}, for ESXi {release}", expected=row.expected, release=release)
        yield Finding(subject, found, wanted, row.citation, severity)


@check(
    "ESX-VIB-002",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("nsx-migration", "vsphere-target"),
    phases=("pre", "post"),
    remediation="Remove what NSX-V has left on the named host (NSX-T's migration guide says how), "
    "with the host in maintenance mode, and restart it. Where an NSX-V still manages these hosts, "
    "name it in the environment.",
    refs=("table:nsx_packages", "https://docs.vmware.com (NSX-T 3.1 migration guide)"),
)
def test_no_package_of_nsx_v_is_left(
    vcenter: VCenter,
    vcenter_hosts: tuple[Host, ...],
    vcenter_vibs: tuple[HostVibs, ...],
    vcenter_extensions: tuple[Extension, ...],
    environment: Environment,
    planned: Planned,
    moment: Moment,
    judge: Judge,
) -> None:
    """No package of NSX-V is on a host where no NSX-V manages it, and none has both kinds.

    Two data planes on one host fight for the same ports: its VMs lose network or protection. What
    is left behind stops the host's next upgrade as a conflicting package. Before the migration the
    packages of NSX-V alone are what a prepared host has to have; without an NSX-V nobody takes them
    away, whatever the step.
    """
    packages = [HostAnswer(one.host, one.host_name, one.vibs) for one in vcenter_vibs]
    heard, unknown = told(vcenter_hosts, packages)
    nsx = versions(planned.plan.estate.today, "nsx", vcenter.slug)
    managed = _has_nsx_v(vcenter, environment, vcenter_extensions)
    over = is_migrated(environment, moment) and not _is_left_out(planned, moment, vcenter)
    residues = [
        problem
        for host, vibs in heard
        for problem in _residue(host.label, vibs, nsx, left=over or not managed)
    ]
    judge(
        examined=len(vcenter_hosts),
        of=Text("ESXi hosts of {slug}", slug=vcenter.slug),
        problems=[*residues, *unknown],
    )


def _has_nsx_v(vcenter: VCenter, environment: Environment, extensions: Iterable[Extension]) -> bool:
    """Whether a vCenter has an NSX-V: the environment names one for it, or it is registered."""
    named = any(one.vcenter == vcenter.slug for one in environment.nsxv)
    return named or NSXV_EXTENSION in {one.key for one in extensions}


def _is_left_out(planned: Planned, moment: Moment, vcenter: VCenter) -> bool:
    """Whether the declared order leaves the vCenter's NSX-V to another migration."""
    if planned.declared is None or moment.step != "nsx-migration":
        return False
    nsx = versions(planned.plan.estate.today, "nsx", vcenter.slug)
    named = planned.declared.promises.get(moment.step, {})
    attached = any(one.product == "NSX-V" for one in nsx)
    return attached and Component("nsx", vcenter.slug) not in named


def _residue(
    subject: str, vibs: Iterable[Vib], nsx: Sequence[Nsx], *, left: bool
) -> Iterator[Finding]:
    """What NSX-V has on a host where it has no place any more, or beside NSX-T."""
    found = defaultdict[str, list[tuple[Vib, NsxPackage]]](list)
    for vib in vibs:
        row = nsx_package(vib.name)
        if row and not _is_shared(row, nsx):
            found[row.product].append((vib, row))
    old, new = found["NSX-V"], found["NSX-T"]
    if not old or not (new or left):
        return
    seen = shortened([f"{vib.name} {vib.version}" for vib, _ in old], SHOWN)
    if new:
        others = shortened([vib.name for vib, _ in new], SHOWN)
        seen = Text("{names} beside {others}", names=seen, others=others)
    wanted = Text("packages of one kind of NSX") if new and not left else Text("none of NSX-V")
    source: Citation = old[0][1].citation
    yield Finding(subject, seen, wanted, source)


def _is_shared(row: NsxPackage, nsx: Iterable[Nsx]) -> bool:
    """Whether an NSX that is attached uses the package too."""
    return row.shared is not None and any(one in row.shared for one in nsx)
