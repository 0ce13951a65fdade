"""vCenter itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

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
from kanmon.errors import Undetermined
from kanmon.facts import Unread
from kanmon.facts.nsxt.inventory import Deployment as NsxtDeployment
from kanmon.facts.nsxv.inventory import Deployment as NsxvDeployment
from kanmon.facts.run import Moment
from kanmon.facts.vcenter.inventory import About, Extension
from kanmon.facts.vcenter.management import Access, Rights
from kanmon.judging.hosts import keeps
from kanmon.judging.introspection import VENDOR
from kanmon.judging.migration import is_migrated
from kanmon.knowledge import builds, load
from kanmon.knowledge.builds import Placed
from kanmon.knowledge.lookup import extension_owner
from kanmon.knowledge.vcenter import VCenterPrivilege
from kanmon.matching import NSXT_EXTENSION, NSXV_EXTENSION, unnamed_nsx
from kanmon.planning.course import Planned
from kanmon.planning.estate import Component
from kanmon.text import Text

AllNsxv = dict[str, tuple[NsxvDeployment, ...] | Unread]
AllNsxt = dict[str, tuple[NsxtDeployment, ...] | Unread]
DEEP_SECURITY = "Deep Security"
HARMLESS = frozenset({"System.Anonymous"})


@check(
    "VC-VER-001",
    severity=Severity.WARNING,
    attestable=Attestable.DOCUMENT,
    steps=VSPHERE,
    phases=("pre", "post"),
    remediation="Look the build up in VMware's list of builds (KB 2143838), and add it to the "
    "table with its date; until then no rule of release can be judged for this vCenter.",
    refs=("table:vcenter_releases",),
)
def test_build_is_a_known_release(
    vcenter: VCenter, vcenter_about: About, planned: Planned, judge: Judge
) -> None:
    """The vCenter build is a known release.

    6.5 and 6.7 show their update level only in the build number, and whether a hop is allowed or
    goes back in time depends on it. A build that no row names, here and on the hosts, is told by
    its neighbours: that is a note.
    """
    try:
        here = [_stands(vcenter_about)]
    except Undetermined as error:
        here = []
        told = Text("{build}: {reason}", build=vcenter_about.build, reason=error.message)
    judge(
        examined=1,
        of=Text("vCenter builds"),
        problems=[]
        if here
        else [Finding(vcenter.where, told, Text("a build of the release table"))],
        rests_on=[one.row.citation for one in here if one.row],
        notes=[*_neighbours(vcenter, here), *_host_neighbours(vcenter, planned)],
    )


def _stands(about: About) -> Placed:
    return builds.vcenter(about.build, about.version, about.os_type)


def _neighbours(vcenter: VCenter, here: Iterable[Placed]) -> Iterator[Note]:
    yield from (Note(vcenter.where, one.told) for one in here if one.told)


def _host_neighbours(vcenter: VCenter, planned: Planned) -> Iterator[Note]:
    """How the hosts' builds were placed that no row names, each build once."""
    for at in planned.plan.estate.today.get(Component("esxi", vcenter.slug), ()):
        told = builds.esxi(at.build, str(at.version.line)).told  # type: ignore[union-attr] # a host's
        if told:
            yield Note(Text("ESXi build {build}", build=at.build), told)


@check(
    "VC-VER-002",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=VSPHERE,
    phases=("post",),
    remediation="Look at vCenter's own upgrade log and end the upgrade, or go back by the backup; "
    "where vCenter was meant to go elsewhere, correct [upgrade] or [[plan]].",
    refs=("table:vcenter_releases",),
)
def test_vcenter_runs_the_promised_version(
    vcenter: VCenter, vcenter_about: About, planned: Planned, moment: Moment, judge: Judge
) -> None:
    """The vCenter runs the version that the step promised.

    The hosts come next and must not be newer than their vCenter; one that the step left behind
    loses them. A later patch of the promised update level counts: its level is the one that the
    rules were asked of. Another level is not, for the rules say something else of it.
    """
    step = moment.step or Text("the upgrade")
    promised = planned.promised(moment.step, Component("vcenter", vcenter.slug))
    if promised is None:
        judge.not_applicable(Text("{step} does not move {slug}", step=step, slug=vcenter.slug))
    here = _stands(vcenter_about)
    runs: Any = here.at.version
    wanted: Any = promised.version
    found = Text("vCenter {runs} (build {build})", runs=runs, build=vcenter_about.build)
    kept = keeps(here.at, wanted)
    if kept is None:
        judge.undetermined(Text("vCenter {build}: {told}", build=here.at, told=here.told))
    patched = Note(
        vcenter.where,
        Text("{found} is a later patch of the promised {wanted}", found=found, wanted=wanted),
    )
    judge(
        examined=1,
        of=Text("vCenters"),
        problems=[]
        if kept
        else [
            Finding(
                vcenter.where, found, Text("vCenter {wanted}, as {step}", wanted=wanted, step=step)
            )
        ],
        rests_on=[here.row.citation] if here.row else [],
        notes=[patched] if kept and runs != wanted else [],
    )


@check(
    "VC-EXT-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("vsphere-bridge", "nsxt-build", "nsx-migration", "vsphere-target"),
    phases=("pre", "post"),
    remediation="Register the NSX that is missing, remove the registration of one that is gone "
    "(after its manager was taken out of service), or name the product in the environment file. "
    "An NSX-V that is to stay is told by upgrade.nsx.",
    refs=("table:extension_owners", "https://docs.vmware.com (NSX-T 3.1 migration guide)"),
)
def test_registered_extensions_are_the_expected_ones(
    vcenter: VCenter,
    vcenter_extensions: tuple[Extension, ...],
    all_nsxv_deployments: AllNsxv,
    all_nsxt_deployments: AllNsxt,
    environment: Environment,
    moment: Moment,
    judge: Judge,
) -> None:
    """The registered extensions are known: NSX and Deep Security are the expected ones.

    NSX-V has to be gone after its migration and before vSphere 7.0. A registration that is left
    behind keeps a dead manager in charge of hosts and of service VMs, and the upgrade of vCenter
    carries it along; one that nobody named belongs to a product that nobody judged. An appliance
    in NSX is named nowhere else where the environment has no manager of Deep Security.
    """
    in_nsx: Sequence[AllNsxv | AllNsxt] = (all_nsxv_deployments, all_nsxt_deployments)
    registered = {one.key: one for one in vcenter_extensions}
    problems: list[Problem] = [
        *_nsx_registrations(vcenter, environment, moment, registered),
        *unnamed_nsx(vcenter, environment, vcenter_extensions),
        *_unnamed_deep_security(environment, vcenter_extensions),
        *_unnamed_appliances(vcenter, environment, in_nsx),
    ]
    judge(
        examined=len(set(registered) | {one.subject for one in problems}),
        of=Text("extensions of {slug}", slug=vcenter.slug),
        problems=problems,
        notes=list(_extension_notes(vcenter_extensions)),
    )


def _nsx_registrations(
    vcenter: VCenter, environment: Environment, moment: Moment, registered: Mapping[str, Extension]
) -> Iterator[Finding]:
    """Problems of the registrations of the NSX managers that the environment names."""
    nsxv = [one.slug for one in environment.nsxv if one.vcenter == vcenter.slug]
    nsxt = [one.slug for one in environment.nsxt if vcenter.slug in one.vcenters]
    migrated = is_migrated(environment, moment)
    if migrated and (left := registered.get(NSXV_EXTENSION)):
        found = Text("NSX-V {version} is still registered", version=left.version)
        yield Finding(NSXV_EXTENSION, found, Text("gone, as the migration to NSX-T leaves it"))
    if nsxv and not migrated and NSXV_EXTENSION not in registered:
        found = Text(
            "not registered, though {nsxv} is named for {slug}",
            nsxv=", ".join(nsxv),
            slug=vcenter.slug,
        )
        yield Finding(NSXV_EXTENSION, found, Text("registered"))
    built = migrated or moment.step == "nsx-migration"
    if nsxt and built and NSXT_EXTENSION not in registered:
        found = Text(
            "not registered, though {nsxt} is named for {slug}",
            nsxt=", ".join(nsxt),
            slug=vcenter.slug,
        )
        yield Finding(NSXT_EXTENSION, found, Text("registered, as nsxt-build leaves it"))


def _unnamed_deep_security(
    environment: Environment, extensions: Iterable[Extension]
) -> Iterator[Unknown]:
    for one in extensions:
        if not environment.dsm and extension_owner(one.key, one.company) == DEEP_SECURITY:
            reason = Text(
                "{company} is registered, but the environment names no dsm: add [[dsm]] with its "
                "[[database]]",
                company=one.company or one.key,
            )
            yield Unknown(one.key, reason)


def _unnamed_appliances(
    vcenter: VCenter, environment: Environment, in_nsx: Iterable[AllNsxv | AllNsxt]
) -> Iterator[Unknown]:
    """Services of Deep Security in the NSX of a vCenter, where no manager is named."""
    if environment.dsm:
        return
    own = {one.slug for one in environment.nsxv if one.vcenter == vcenter.slug}
    own |= {one.slug for one in environment.nsxt if vcenter.slug in one.vcenters}
    for slug, part in ((slug, part) for parts in in_nsx for slug, part in parts.items()):
        if slug not in own:
            continue
        if isinstance(part, Unread):
            yield Unknown(slug, part.reason)
            continue
        for service in sorted({one.service for one in part if VENDOR in one.service.lower()}):
            reason = Text(
                "{service} is deployed, but the environment names no dsm: add [[dsm]] with its "
                "[[database]]",
                service=service,
            )
            yield Unknown(slug, reason)


def _extension_notes(extensions: Iterable[Extension]) -> Iterator[Note]:
    """NSX and Deep Security one by one; what is neither theirs nor VMware's in one line."""
    foreign: list[str] = []
    for one in extensions:
        owner = extension_owner(one.key, one.company)
        told = Text("version {version}", version=one.version)
        if one.urls:
            told = Text("version {version}, {urls}", version=one.version, urls=", ".join(one.urls))
        if one.key in (NSXV_EXTENSION, NSXT_EXTENSION):
            yield Note(one.key, told)
        elif owner == DEEP_SECURITY:
            yield Note(
                one.key,
                Text("{told}: Deep Security's by its name alone, no text gives its key", told=told),
            )
        elif owner is None:
            foreign.append(
                Text(
                    "{key} {version} ({company})",
                    key=one.key,
                    version=one.version,
                    company=one.company or Text("no company"),
                )
            )
    if foreign:
        yield Note("extensions of others", Text.joined(", ", sorted(foreign)))


@check(
    "VC-ROLE-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.NEVER,
    why_not="what an account cannot see is missing from every other claim, unseen",
    waivable=False,
    steps=ALL,
    phases=("pre",),
    remediation="Give the account the role on the root folder of vCenter's inventory, with "
    "'Propagate to children', and take away what restricts it below; then run again.",
    refs=("table:vcenter_privileges",),
)
def test_account_sees_everything_it_judges(
    vcenter: VCenter, vcenter_rights: Rights, judge: Judge
) -> None:
    """The account used can see everything it judges.

    vCenter leaves out of its answers what an account may not see, and says nothing of it. Hosts
    and VMs that nobody sees are not judged, and a change would start without them.
    """
    needed = load(VCenterPrivilege).rows
    held = {one.moref: _privileges(vcenter_rights, one) for one in vcenter_rights.access}
    unknown = [
        Unknown(one.label, reason)
        for one in vcenter_rights.access
        if (reason := _hidden(one, vcenter_rights, held[one.moref], needed))
    ]
    named_by = {one.moref: one.named_by for one in vcenter_rights.unseen}
    unknown += [
        Unknown(moref, Text("{by} names it, and the account cannot see it", by=by))
        for moref, by in named_by.items()
    ]
    judge(
        examined=len(vcenter_rights.access) + len(named_by),
        of=Text("folders, datacenters, clusters and hosts of {slug}", slug=vcenter.slug),
        problems=unknown,
        rests_on=[row.citation for row in needed if row.without == "hidden"],
        notes=[*_refused(vcenter_rights, held, needed), *_too_much(held, needed)],
    )


def _privileges(rights: Rights, access: Access) -> frozenset[str]:
    """What the account may do with an object, by all its roles there."""
    return frozenset(
        name for role in rights.roles if role.id in access.roles for name in role.privileges
    )


def _hidden(
    access: Access, rights: Rights, held: frozenset[str], needed: Sequence[VCenterPrivilege]
) -> str:
    """Why what is below an object may be missing without a word; empty where nothing is."""
    if strange := set(access.roles) - {role.id for role in rights.roles}:
        return Text(
            "vCenter does not list the role {ids}", ids=", ".join(map(str, sorted(strange)))
        )
    lacking = [
        row.privilege for row in needed if row.without == "hidden" and row.privilege not in held
    ]
    return Text("the account lacks {lacking} there", lacking=", ".join(lacking)) if lacking else ""


def _refused(
    rights: Rights, held: Mapping[str, frozenset[str]], needed: Iterable[VCenterPrivilege]
) -> Iterator[Note]:
    """Privileges without which a fact is unread by itself."""
    hosts = [one.moref for one in rights.access if one.kind == "HostSystem"]
    for row in needed:
        where = hosts if row.on == "hosts" else [rights.root]
        lacking = [one for one in where if row.privilege not in held.get(one, frozenset())]
        if row.without == "refused" and lacking:
            facts = ", ".join(row.facts)
            text = Text("lacking on vCenter itself: not read without it: {facts}", facts=facts)
            if row.on == "hosts":
                text = Text(
                    "lacking on {count} of {total} hosts: not read without it: {facts}",
                    count=len(lacking),
                    total=len(hosts),
                    facts=facts,
                )
            yield Note(row.privilege, text)


def _too_much(
    held: Mapping[str, frozenset[str]], needed: Iterable[VCenterPrivilege]
) -> Iterator[Note]:
    """What the account could do beside reading; kanmon would never."""
    every = frozenset[str]().union(*held.values())
    more = sorted(every - {row.privilege for row in needed} - HARMLESS)
    if more:
        text = Text(
            "it may do more than read: {count} privileges, such as {more}",
            count=len(more),
            more=", ".join(more[:3]),
        )
        yield Note("the account", text)
