"""Whether vCenter, hosts, NSX and appliances fit each other, now and after the step."""

from collections.abc import Iterable, Iterator

from kanmon.check import NSX, VSPHERE, Attestable, Finding, Judge, Severity, Unknown, check, known
from kanmon.environment.file import Environment
from kanmon.environment.targets import Dsm, VCenter
from kanmon.facts.run import Moment
from kanmon.facts.vcenter.inventory import Host
from kanmon.judging.answers import Asked, conclude
from kanmon.judging.hosts import runs
from kanmon.judging.records import AllNsxvClusters
from kanmon.knowledge.compatibility import Rules
from kanmon.planning.course import NOW, Planned, Stage
from kanmon.planning.estate import versions
from kanmon.text import Text
from kanmon.versions import VSphere


@check(
    "IOP-VC-ESX-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    steps=VSPHERE,
    phases=("pre", "post"),
    remediation="Upgrade vCenter before its hosts, and hosts that are too old for it before it.",
    refs=("table:esxi_vcenter",),
)
def test_vcenter_manages_its_hosts(
    vcenter: VCenter,
    vcenter_hosts: tuple[Host, ...],
    planned: Planned,
    rules: Rules,
    moment: Moment,
    judge: Judge,
) -> None:
    """Every ESXi release is one its vCenter manages, now and after the step.

    A host that its vCenter does not manage drops out of it: nobody can evacuate it, and nothing
    protects what runs on it while the change goes on.
    """
    asked = [
        (subject, rules.esxi_under_vcenter(esxi, release))
        for stage in planned.stages(moment)
        for subject, esxi in _hosts(vcenter, vcenter_hosts, stage)
        for release in versions(stage.state, "vcenter", vcenter.slug)
    ]
    of = Text("hosts of {slug}", slug=vcenter.slug)
    conclude(judge, asked, of, unplaced=planned.unjudged(moment, vcenter.slug))


@check(
    "IOP-NSX-VC-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    steps=(*VSPHERE, *NSX),
    phases=("pre", "post"),
    remediation="Move NSX or vCenter in the order of the plan, so that they never meet at releases "
    "that do not fit.",
    refs=("table:nsx_vsphere",),
)
def test_nsx_fits_its_vcenter(
    vcenter: VCenter, planned: Planned, rules: Rules, moment: Moment, judge: Judge
) -> None:
    """Every NSX manager fits its vCenter, now and after the step.

    NSX follows vCenter's inventory; at a release that it does not know it loses hosts and groups,
    and with them the protection that hangs on them.
    """
    asked = [
        (f"{nsx} of {vcenter.slug} {stage.label}", rules.nsx_with_vcenter(nsx, release))
        for stage in planned.stages(moment)
        for nsx in versions(stage.state, "nsx", vcenter.slug)
        for release in versions(stage.state, "vcenter", vcenter.slug)
    ]
    of = Text("NSX managers attached to {slug}", slug=vcenter.slug)
    conclude(judge, asked, of, unplaced=planned.unjudged(moment, vcenter.slug))


@check(
    "IOP-NSX-ESX-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    steps=(*VSPHERE, *NSX),
    phases=("pre", "post"),
    remediation="Move NSX or the hosts in the order of the plan; hosts of a release for which the "
    "NSX manager has no VIBs cannot be prepared.",
    refs=("table:nsx_vsphere", "https://github.com/vmware/powernsx (nwfabric.properties)"),
)
def test_nsx_fits_its_hosts(
    vcenter: VCenter,
    vcenter_hosts: tuple[Host, ...],
    all_nsxv_clusters: AllNsxvClusters,
    environment: Environment,
    planned: Planned,
    rules: Rules,
    moment: Moment,
    judge: Judge,
) -> None:
    """Every prepared ESXi host fits its NSX, now and after the step, by table and by NSX's VIBs.

    A host that comes back from its upgrade without VIBs of NSX for its release has no guest
    introspection: what runs on it is unprotected, or cut off where NSX fails closed.
    """
    managers = [one.slug for one in environment.nsxv if one.vcenter == vcenter.slug]
    prepared = _prepared(vcenter_hosts, managers, all_nsxv_clusters)
    asked: list[Asked] = []
    missing: list[Finding] = []
    for stage in planned.stages(moment):
        for nsx in versions(stage.state, "nsx", vcenter.slug):
            here = prepared if nsx.product == "NSX-V" else vcenter_hosts
            for subject, esxi in _hosts(vcenter, here, stage) if here else ():
                asked.append((subject, rules.nsx_with_esxi(nsx, esxi)))
                if nsx.product == "NSX-V":
                    missing += _without_vibs(subject, esxi, managers, all_nsxv_clusters)
    of = Text("prepared hosts of {slug}", slug=vcenter.slug)
    conclude(judge, asked, of, unplaced=planned.unjudged(moment, vcenter.slug), more=missing)


def _prepared(
    hosts: Iterable[Host], managers: Iterable[str], nsxv: AllNsxvClusters
) -> tuple[Host, ...]:
    """The hosts of every cluster that NSX-V has prepared or deployed a service to."""
    clusters: set[str] = set()
    for slug in managers:
        clusters |= {
            one.cluster
            for one in known(nsxv.all_nsxv_preparation[slug])
            if any(feature.installed for feature in one.features)
        }
        clusters |= {one.cluster for one in known(nsxv.all_nsxv_deployments[slug])}
    return tuple(host for host in hosts if host.cluster in clusters)


def _without_vibs(
    subject: str, esxi: VSphere, managers: Iterable[str], nsxv: AllNsxvClusters
) -> Iterator[Finding]:
    """The manager's own list is what it will install from: an observed fact, no rule."""
    for slug in managers:
        published = known(nsxv.all_nsxv_trains[slug])
        if esxi.line not in published:
            found = Text("{slug} has VIBs for no release", slug=slug)
            if published:
                found = Text(
                    "{slug} has VIBs for {releases} only", slug=slug, releases=", ".join(published)
                )
            yield Finding(subject, found, Text("VIBs for ESXi {line}", line=esxi.line))


@check(
    "IOP-DSVA-NSX-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    steps=("appliance", *NSX),
    phases=("pre", "post"),
    remediation="Upgrade the appliance before NSX moves, to a release that VMware has signed "
    "(12.0.0-682 or later).",
    refs=("table:appliance_nsx",),
)
def test_appliances_fit_nsx_and_hosts(
    dsm: Dsm,
    environment: Environment,
    planned: Planned,
    rules: Rules,
    moment: Moment,
    judge: Judge,
) -> None:
    """Every appliance version fits its NSX and ESXi, now and after the step.

    NSX-T 2.5 and later refuse an appliance that VMware has not signed: after the migration it
    cannot be deployed again, and every VM that it protected stays without protection.
    """
    estate = planned.plan.estate
    asked = [
        (f"appliance {appliance} in {slug} {stage.label}", rules.appliance_on(appliance, nsx, esxi))
        for stage in planned.stages(moment)
        for appliance in versions(stage.state, "appliance", dsm.slug)
        for slug in sorted(estate.protects.get(dsm.slug, ()))
        for nsx in versions(stage.state, "nsx", slug)
        for esxi in versions(stage.state, "esxi", slug)
    ]
    present = versions(estate.today, "appliance", dsm.slug)
    unplaced = list(planned.unplaced(dsm.slug))
    if present:
        unplaced = planned.unjudged(moment, dsm.slug)
        unplaced += [one for vc in environment.vcenter for one in planned.unjudged(moment, vc.slug)]
    if present and not asked and not unplaced:
        unplaced = [
            Unknown(f"appliances of {dsm.slug}", Text("no NSX with a host is known for them"))
        ]
    conclude(
        judge, asked, Text("places of the appliances of {slug}", slug=dsm.slug), unplaced=unplaced
    )


def _hosts(vcenter: VCenter, hosts: Iterable[Host], stage: Stage) -> Iterator[tuple[str, VSphere]]:
    """Every host by name now; the releases that they will run later."""
    if stage.label != NOW:
        for version in versions(stage.state, "esxi", vcenter.slug):
            yield f"hosts of {vcenter.slug} {stage.label}", version
        return
    for host in hosts:
        version = runs(host)
        if version is not None:  # else the plan has the vCenter among what it cannot place
            yield host.label, version
