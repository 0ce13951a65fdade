"""What the migration from NSX-V to NSX-T cannot take over, or does not."""

from collections.abc import Iterator, Sequence

from kanmon.check import Attestable, Finding, Judge, Note, Problem, Severity, Unknown, check, known
from kanmon.environment.file import Environment
from kanmon.environment.targets import NsxV
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer
from kanmon.facts.nsxv.inventory import Deployment, Manager
from kanmon.facts.nsxv.policy import GiPolicies, SecurityPolicy, ServiceProfile
from kanmon.facts.nsxv.state import Networks
from kanmon.facts.vcenter.inventory import Host
from kanmon.judging.answers import problems, rested
from kanmon.judging.introspection import APPLIANCE
from kanmon.judging.migration import limit
from kanmon.judging.records import AllVms
from kanmon.knowledge import Citation, load
from kanmon.knowledge.compatibility import At, Rules
from kanmon.knowledge.lookup import nsxv_migration_limit
from kanmon.knowledge.nsx import NsxvMigrationLimit
from kanmon.matching import Guest, Stray
from kanmon.text import Text, shortened
from kanmon.versions import Nsx

OWN_SERVICES = ("guest introspection", APPLIANCE)
SHOWN = 3
"""Names of VMs in a note; the saved facts have them all."""

Configured = tuple[str, str, str]
"""Subject, feature, value."""


@check(
    "NSXV-MIG-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("nsx-migration",),
    phases=("pre",),
    remediation="Upgrade NSX-V to a release that can be migrated, or change what is named to "
    "what the migration takes over; ask the vendor where a row is not verified. Look at the "
    "features that no interface tells, and let a named person attest it: [[attestation]] with "
    'check = "NSXV-MIG-001" in the environment file.',
    refs=("table:nsx_hops", "table:nsxv_migration_limits"),
)
def test_nsxv_can_be_migrated(
    nsxv: NsxV,
    nsxv_manager: Manager,
    nsxv_networks: Networks,
    nsxv_deployments: tuple[Deployment, ...],
    environment: Environment,
    rules: Rules,
    judge: Judge,
) -> None:
    """NSX-V has a release that can be migrated, and no feature is configured that cannot.

    The migration coordinator says so only once it has read the configuration, inside the window.
    Some features are not told by NSX-V's interface, or belong to vSphere: a named person attests
    that none of them is configured, else nobody can say whether it can be migrated.
    """
    if environment.upgrade.nsx is None:
        judge.undetermined(Text("[upgrade] names no nsx, so nobody can say what it is migrated to"))
    target = Nsx.parse(environment.upgrade.nsx)
    if target.product != "NSX-T":
        judge.not_applicable(Text("the upgrade ends at {target}", target=target))
    version = Nsx.parse(f"NSX-V {nsxv_manager.version}")
    hop = rules.hop("nsx", At(version), At(target))
    configured = list(_configured(nsxv, nsxv_manager, nsxv_networks, nsxv_deployments))
    limits = [problem for one in configured for problem in limit(*one)]
    judge(
        examined=2 + len(configured),
        of=Text("release and features of {slug}", slug=nsxv.slug),
        problems=[*problems([(f"NSX-V {nsxv.slug}", hop)]), *limits, _untold(nsxv)],
        rests_on=[*rested([hop]), *_allowed(configured)],
    )


def _untold(nsxv: NsxV) -> Unknown:
    """What nobody looked at: one line for all of it."""
    unseen = [row for row in load(NsxvMigrationLimit).rows if not row.seen]
    listed = "; ".join(f"{row.feature} ({row.rule})" for row in unseen)
    reason = Text("look at them: is any of them configured? {listed}", listed=listed)
    return Unknown(f"features that {nsxv.slug} does not tell", reason)


def _configured(
    nsxv: NsxV, manager: Manager, networks: Networks, deployments: Sequence[Deployment]
) -> Iterator[Configured]:
    """What is configured; the port and the controllers matter only where there are overlays."""
    yield f"role of {nsxv.slug}", "role between vCenters", _role(networks)
    for zone in networks.zones:
        yield zone.label, "replication of a transport zone", zone.mode
    if networks.zones:
        yield f"VXLAN of {nsxv.slug}", "VXLAN port", str(networks.vxlan_port)
        number = str(len(manager.controllers) or "none")
        yield f"controllers of {nsxv.slug}", "controllers beside VXLAN", number
    for service in sorted({one.service for one in deployments}):
        if not any(own in service.lower() for own in OWN_SERVICES):
            yield f"service {service}", "service of another partner", service


def _role(networks: Networks) -> str:
    """The role, a primary one with whether it has secondaries."""
    if networks.role != "PRIMARY" or networks.secondaries is None:
        return networks.role
    return f"PRIMARY {'with' if networks.secondaries else 'without'} secondaries"


def _allowed(configured: Sequence[Configured]) -> list[Citation]:
    rows = [nsxv_migration_limit(feature, value) for _, feature, value in configured]
    return list(dict.fromkeys(row.citation for row in rows if row and row.accepted))


@check(
    "NSXV-GI-MAP-001",
    severity=Severity.WARNING,
    attestable=Attestable.CONFIGURATION,
    steps=("nsx-migration",),
    phases=("pre",),
    remediation="Put the named VM into a group that a policy of guest introspection applies to, "
    "or know why it is in none; correct a policy that protects nobody. Keep this run: its saved "
    "facts are what the policies on NSX-T are built from and compared with.",
    refs=("https://docs.vmware.com (NSX-T 3.1 migration guide, GUID-3BEAB1C6)",),
)
def test_who_is_protected_is_known_before_the_migration(
    nsxv: NsxV,
    nsxv_gi_policies: GiPolicies,
    nsxv_service_profiles: tuple[ServiceProfile, ...],
    nsxv_deployments: tuple[Deployment, ...],
    all_dsm_computers: dict[str, tuple[Computer, ...] | Unread],
    all_vms: AllVms,
    all_vcenter_hosts: dict[str, tuple[Host, ...] | Unread],
    judge: Judge,
) -> None:
    """Every VM that NSX-V has protected without an agent is in a group that a policy applies to.

    The migration does not carry guest introspection over: policies, groups and profiles are built
    anew on NSX-T. Whoever is not known by then is unprotected after it, and nothing says so. The
    run's saved facts hold all of it, the notes a summary.
    """
    policies = nsxv_gi_policies.policies
    every = [one for part in all_dsm_computers.values() for one in known(part)]
    agentless = [one for one in every if one.agentless]
    clusters = {one.cluster for one in nsxv_deployments}
    hosts = {one.moref: one.cluster for one in known(all_vcenter_hosts[nsxv.vcenter])}
    protected = [
        one
        for one in all_vms.guests(agentless)
        if isinstance(one, Stray) or _is_here(one, nsxv, hosts, clusters)
    ]
    if not policies and not any(one.by_appliance for one in every):
        _refuse_silence(nsxv, nsxv_deployments, judge)
    grouped = {moref for group in nsxv_gi_policies.groups for moref, _ in group.machines}
    problems = [problem for one in protected for problem in _in_a_group(one, grouped)]
    problems += [problem for policy in policies for problem in _reach(policy, nsxv_gi_policies)]
    judge(
        examined=len(protected) + len(policies),
        of=Text("VMs without an agent, and policies that protect, of {slug}", slug=nsxv.slug),
        problems=problems,
        notes=[_told(one, nsxv_gi_policies, nsxv_service_profiles) for one in policies],
    )


def _refuse_silence(nsxv: NsxV, deployments: Sequence[Deployment], judge: Judge) -> None:
    """Where the appliance is deployed, that it protects nobody is more than silence can say."""
    services = {one.service for one in deployments if APPLIANCE in one.service.lower()}
    if services:
        judge.undetermined(
            Text(
                "{slug} has {services} deployed, but neither it nor a manager tells of "
                "anybody who is protected: do the accounts see all of it?",
                slug=nsxv.slug,
                services=", ".join(sorted(services)),
            )
        )


def _is_here(guest: Guest, nsxv: NsxV, hosts: dict[str, str], clusters: set[str]) -> bool:
    """Whether NSX-V protects it; of a VM on a host that vCenter does not list nobody can say no."""
    if guest.vcenter != nsxv.vcenter:
        return False
    return hosts.get(guest.vm.host or "") in {*clusters, None}


def _in_a_group(guest: Guest | Stray, grouped: set[str]) -> Iterator[Problem]:
    if isinstance(guest, Stray):
        yield Unknown(guest.subject, guest.reason)
    elif guest.vm.moref not in grouped:
        found = Text("protected without an agent, and in no group of a policy that protects")
        yield Finding(guest.subject, found, Text("in one"))


def _reach(policy: SecurityPolicy, known_policies: GiPolicies) -> Iterator[Finding]:
    """A policy that is bound to nobody; one without a group may be the parent of others."""
    parents = {one.parent for one in known_policies.policies}
    groups = known_policies.of(policy)
    subject = policy.label
    if not groups and policy.id not in parents:
        yield Finding(subject, Text("it applies to no group"), Text("to one with VMs in it"))
    elif groups and not any(group.machines for group in groups):
        empty = ", ".join(group.name for group in groups)
        yield Finding(
            subject, Text("no VM is in {empty}", empty=empty), Text("a group with VMs in it")
        )


def _told(
    policy: SecurityPolicy, known_policies: GiPolicies, profiles: Sequence[ServiceProfile]
) -> Note:
    """What a policy does to whom."""
    names = {profile.id: profile.name for profile in profiles}
    used = [one.profile for one in policy.actions if one.enabled and one.profile]
    through = Text.joined(
        ", ",
        (
            Text("{name} ({profile})", name=names.get(one, Text("profile")), profile=one)
            for one in dict.fromkeys(used)
        ),
    )
    groups: list[str] = []
    for group in known_policies.of(policy):
        text = Text("{group}: {count} VMs", group=group.label, count=len(group.machines))
        if group.machines:
            names_shown = shortened([name for _, name in group.machines], SHOWN)
            text = Text("{group} ({names})", group=text, names=names_shown)
        groups.append(text)
    return Note(
        policy.label,
        Text(
            "{profiles} -> {groups}",
            profiles=through or Text("inherited"),
            groups=Text.joined("; ", groups) or Text("no group of its own"),
        ),
    )
