"""Whether the clusters of NSX-V are set as the migration to NSX-T asks for."""

from collections.abc import Iterator, Mapping, Sequence

from kanmon.check import Attestable, Finding, Judge, Note, Problem, Severity, Unknown, check
from kanmon.environment.file import Environment
from kanmon.environment.targets import NsxV
from kanmon.facts import Unread
from kanmon.facts.nsxv.inventory import Deployment, Preparation
from kanmon.facts.run import Moment
from kanmon.facts.vcenter.clusters import FAULT_TOLERANCE as STATE
from kanmon.facts.vcenter.clusters import Cluster
from kanmon.judging.migration import AllMigrating, Migrating, by_host, limit
from kanmon.knowledge.lookup import nsxv_migration_setting
from kanmon.text import Text
from kanmon.versions import Nsx, VSphere, dotted

STEP = "nsx-migration"
FAULT_TOLERANCE = "fault tolerance"
"""The tie that a VM under vSphere Fault Tolerance has."""


@check(
    "NSXV-MIG-002",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=(STEP,),
    phases=("pre",),
    remediation="Say under [upgrade] of the environment file how hosts are migrated "
    '(nsx_migration = "in-place", "automated maintenance" or "manual maintenance"). Switch fault '
    "tolerance and lockdown mode off where they are named, and set DRS and HA of the named "
    "clusters as the finding says for the time of the migration; note how they were set before.",
    refs=("table:nsxv_migration_settings", "table:nsxv_migration_limits"),
)
def test_clusters_fit_the_migration(
    nsxv: NsxV,
    nsxv_preparation: tuple[Preparation, ...],
    nsxv_deployments: tuple[Deployment, ...],
    all_migrating: AllMigrating,
    target_nsx: Nsx,
    environment: Environment,
    moment: Moment,
    judge: Judge,
) -> None:
    """Every cluster that the migration coordinator migrates is set as its mode asks for.

    Hosts lose their network for a while as their switch changes hands. HA then restarts VMs that
    run, DRS moves others onto hosts that are not migrated yet, and VMs under fault tolerance and
    hosts in lockdown mode are refused half way. DRS and HA are judged as the step begins: steps
    before it need them.
    """
    if target_nsx.product != "NSX-T":
        judge.not_applicable(Text("the upgrade ends at {target}", target=target_nsx))
    told = all_migrating.of(nsxv.vcenter)
    names = _migrated(nsxv_preparation, nsxv_deployments)
    clusters = [one for one in told.clusters if one.moref in names]
    problems: list[Problem] = [*_unlisted(names, clusters)]
    problems += [problem for one in clusters for problem in _refused(one, told)]
    notes = []
    if moment.step == STEP:
        problems += _settings(nsxv, clusters, told, environment.upgrade.nsx_migration)
    elif clusters:
        text = Text("{step} itself judges DRS and HA: steps before it need them", step=STEP)
        notes = [Note(nsxv.slug, text)]
    judge(
        examined=len({one.label for one in clusters} | {one.subject for one in problems}),
        of=Text("clusters of {slug}, with their hosts and VMs", slug=nsxv.slug),
        problems=problems,
        notes=notes,
    )


def _migrated(prepared: Sequence[Preparation], deployments: Sequence[Deployment]) -> dict[str, str]:
    """Names of the clusters that NSX-V has prepared, or serves, by moref."""
    named = {one.resource: one.label for one in prepared}
    morefs = {one.cluster for one in prepared if one.is_ready}
    morefs |= {one.cluster for one in deployments}
    return {moref: named.get(moref, moref) for moref in sorted(morefs)}


def _unlisted(names: Mapping[str, str], clusters: Sequence[Cluster]) -> Iterator[Unknown]:
    seen = {one.moref for one in clusters}
    for moref, name in names.items():
        if moref not in seen:
            yield Unknown(name, Text("NSX-V has it, and vCenter does not list it"))


def _refused(cluster: Cluster, told: Migrating) -> Iterator[Problem]:
    """Hosts in lockdown mode and VMs under fault tolerance, which no mode migrates."""
    for host, settings in by_host(cluster, told.settings):
        if isinstance(settings, Unread):
            yield Unknown(host, settings.reason)
        else:
            yield from limit(host, "lockdown mode", settings.lockdown)
    if isinstance(told.running, Unread):
        yield Unknown(f"running VMs of {cluster.label}", told.running.reason)
        return
    for vm in told.running:
        if vm.host not in cluster.members:
            continue
        if isinstance(vm.ties, Unread):
            yield Unknown(vm.label, vm.ties.reason)
        elif any(one.kind == FAULT_TOLERANCE for one in vm.ties):
            yield from limit(vm.label, "vSphere Fault Tolerance", "on")
        else:
            yield from (Unknown(vm.label, one) for one in vm.untold if _is_of_its_state(one))


def _is_of_its_state(untold: str) -> bool:
    """Whether what a VM does not tell is its fault tolerance: a hidden datastore is not."""
    return STATE in Text.of(untold).values("path")


def _settings(
    nsxv: NsxV, clusters: Sequence[Cluster], told: Migrating, mode: str | None
) -> Iterator[Problem]:
    """DRS and HA; how they have to be set nobody knows without the mode."""
    if mode is None and clusters:
        reason = Text("[upgrade] names no nsx_migration: how hosts are migrated says how to set it")
        yield Unknown(f"DRS and HA in the clusters of {nsxv.slug}", reason, by_person=False)
    elif isinstance(told.about, Unread) and clusters:
        yield Unknown(f"DRS and HA in the clusters of {nsxv.slug}", told.about.reason)
    elif mode and not isinstance(told.about, Unread):
        line = VSphere.parse(".".join(told.about.version.split(".")[:2]))
        for cluster in clusters:
            yield from _drs(cluster, mode, line)
            yield from _ha(cluster, mode, line, told)


def _drs(cluster: Cluster, mode: str, vcenter: VSphere) -> Iterator[Problem]:
    row = nsxv_migration_setting("DRS", mode, vcenter)
    word = cluster.drs or "off"
    if row is None:
        yield _no_row(cluster, "DRS", mode, vcenter)
    elif word not in row.accepted:
        accepted = " / ".join(row.accepted)
        expected = Text(
            "{accepted} ({mode} on vCenter {vcenter})",
            accepted=accepted,
            mode=mode,
            vcenter=vcenter,
        )
        yield Finding(cluster.label, Text("DRS {word}", word=word), expected, row.citation)


def _ha(cluster: Cluster, mode: str, vcenter: VSphere, told: Migrating) -> Iterator[Problem]:
    """HA that is on is in the way of switches that lose the management network."""
    if cluster.ha is None:
        yield Unknown(cluster.label, Text("the run that read it did not keep whether HA is on"))
    if not cluster.ha:
        return
    row = nsxv_migration_setting("HA", mode, vcenter)
    if row is None or row.switch_below is None:
        yield _no_row(cluster, "HA", mode, vcenter)
        return
    told_of = list(_old_switches(cluster, told, row.switch_below))
    yield from (one for one in told_of if isinstance(one, Unknown))
    if old := dict.fromkeys(one for one in told_of if not isinstance(one, Unknown)):
        found = Text(
            "HA is on, and the management network is on {switches}", switches=", ".join(old)
        )
        expected = Text(
            "HA off, or that network on a standard switch or on one of {minimum}",
            minimum=row.switch_below,
        )
        yield Finding(cluster.label, found, expected, row.citation)


def _old_switches(cluster: Cluster, told: Migrating, minimum: str) -> Iterator[str | Unknown]:
    """Switches below a version that carry the management network of a host of a cluster."""
    for host, switches in by_host(cluster, told.management_switches):
        if isinstance(switches, Unread):
            yield Unknown(host, switches.reason)
            continue
        for switch in switches:
            version = dotted(switch.version)
            if version is None:
                reason = Text("the version of its switch {name} is not known", name=switch.name)
                yield Unknown(host, reason)
            elif version < (dotted(minimum) or ()):
                yield f"{switch.name} {switch.version}"


def _no_row(cluster: Cluster, setting: str, mode: str, vcenter: VSphere) -> Unknown:
    reason = Text(
        "no row says how {setting} has to be set for {mode} on vCenter {vcenter}",
        setting=setting,
        mode=mode,
        vcenter=vcenter,
    )
    return Unknown(cluster.label, reason)
