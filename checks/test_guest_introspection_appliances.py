"""The appliances that protect by guest introspection: where they are, and what happens without."""

from collections.abc import Iterator, Mapping, Sequence

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
from kanmon.facts.nsxt import inventory as nsxt_facts
from kanmon.facts.nsxv.policy import ServiceProfile
from kanmon.facts.vcenter.inventory import Host
from kanmon.judging.introspection import APPLIANCE, AllAppliances, Appliances
from kanmon.judging.records import AllNsxvProfiles, AllVms
from kanmon.knowledge import load
from kanmon.knowledge.lookup import gi_failure_mode
from kanmon.knowledge.nsx import GiFailureMode
from kanmon.matching import Guest, Stray, label, name, protected_hosts, unplaced
from kanmon.text import Text, shortened
from kanmon.versions import Nsx

IDLE = (None, "inactive", "not-supported")
"""An appliance's status of a module that it does not run."""

SHOWN = 3
"""Names of VMs in a note."""


@check(
    "GI-SVM-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=("appliance", *NSX),
    phases=("pre", "post"),
    remediation="Power the appliance on where it was deployed; move it back switched off, or "
    "delete it and let NSX deploy it again. Never move a running one: it can take its host down.",
    refs=("https://docs.vmware.com (NSX-V 6.4 administration guide, GUID-62B22E0C)",),
)
def test_every_protected_host_has_its_own_appliance(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    all_dsm_computers: dict[str, tuple[Computer, ...] | Unread],
    all_vms: AllVms,
    all_vcenter_hosts: dict[str, tuple[Host, ...] | Unread],
    all_appliances: AllAppliances,
    environment: Environment,
    judge: Judge,
) -> None:
    """Exactly one appliance is on every protected host, powered on, where NSX deployed it.

    Two on one host leave another host bare, and its VMs are unprotected from the moment on which
    they run there. NSX upgrades and deletes the appliance that it has recorded for a host, wherever
    that one has gone since. One that was moved and moved back shows no trace; NSX-T does not say
    which VM serves a host, so there only the numbers are compared.
    """
    concerned = [one for one in dsm_computers if one.by_appliance or one.kind == "appliance"]
    found = all_vms.guests(concerned)
    every = [one for part in all_dsm_computers.values() for one in known(part)]
    kept = [one for one in every if one.kind == "appliance"]
    called = all_vms.guests(kept)
    problems: list[Problem] = list(unplaced([*found, *called], all_vcenter_hosts))
    examined = len({one.subject for one in problems})
    for vcenter in environment.vcenter:
        hosts = known(all_vcenter_hosts[vcenter.slug])
        protected = protected_hosts(vcenter, found, hosts)
        examined += len(protected)
        seen = all_appliances.of(vcenter, called) if protected else None
        names = {host.moref: host.name for host in hosts}
        problems += [one for host in protected if seen for one in _on_host(host, seen, names)]
    judge(
        examined=examined,
        of=Text("hosts in clusters that an appliance of {slug} protects", slug=dsm.slug),
        problems=dict.fromkeys(problems),
    )


def _on_host(host: Host, seen: Appliances, names: Mapping[str, str]) -> list[Problem]:
    """The gravest problem of a host, if it has any: one object, one line."""
    problems = [*_present(host, seen), *_recorded(host, seen, names)]
    return sorted(problems, key=lambda one: isinstance(one, Unknown))[:1]


def _present(host: Host, seen: Appliances) -> Iterator[Problem]:
    """Problems of the appliances on a host."""
    here = [one for one in seen.called if one.vm.host == host.moref]
    subject = host.label
    if not here and seen.unseen:
        yield Unknown(subject, Text("its appliance may be {vms}", vms=", ".join(seen.unseen)))
    elif not here:
        yield Finding(subject, Text("no appliance is on it"), Text("exactly one"))
    elif len(here) > 1:
        named = ", ".join(sorted(f"{name(one.computer)} ({one.vm.moref})" for one in here))
        yield Finding(
            subject,
            Text("{count} appliances are on it: {named}", count=len(here), named=named),
            Text("exactly one"),
        )
    for one in here:
        called = Text("its appliance {name} ({moref})", name=name(one.computer), moref=one.vm.moref)
        if one.vm.connection_state != "connected":
            yield Unknown(
                subject,
                Text(
                    "{called}: vCenter calls it {connection_state}",
                    called=called,
                    connection_state=one.vm.connection_state,
                ),
            )
        elif one.vm.power_state != "poweredOn":
            yield Finding(
                subject,
                Text("{called} is {power_state}", called=called, power_state=one.vm.power_state),
                Text("poweredOn"),
            )


def _recorded(host: Host, seen: Appliances, names: Mapping[str, str]) -> Iterator[Problem]:
    """Where NSX has its appliance, beside where it is."""
    subject = host.label
    agents = [one for one in seen.nsxv if one.host == host.moref]
    for agent in agents:
        vm = seen.machines.get(agent.vm or "")
        if agent.vm is None:
            yield Unknown(subject, Text("NSX-V does not say which VM it deployed to it"))
        elif vm is None and any(f"({agent.vm})" in one for one in seen.unseen):
            yield Unknown(subject, Text("its appliance may be {vms}", vms=", ".join(seen.unseen)))
        elif vm is None:
            yield Finding(
                subject,
                Text("NSX-V has {vm} for it, which is no VM", vm=agent.vm),
                Text("its appliance"),
            )
        elif vm.host != host.moref:
            found = Text(
                "its appliance {name} ({moref}) is on {host} ({host_moref})",
                name=vm.name,
                moref=vm.moref,
                host=names.get(vm.host or "") or Text("no host"),
                host_moref=vm.host,
            )
            yield Finding(subject, found, Text("on the host to which NSX-V deployed it"))
    served = sum(1 for moref in seen.nsxt if moref == host.moref)
    if served > 1:
        yield Finding(
            subject,
            Text("{served} service VMs of NSX-T serve it", served=served),
            Text("exactly one"),
        )
    elif None in seen.nsxt:
        yield Unknown(subject, Text("NSX-T does not say which host a service VM serves"))
    elif not agents and not served:
        yield Unknown(
            subject, Text("no NSX has an appliance for it, so nobody can say whose it is")
        )


@check(
    "GI-FAIL-001",
    severity=Severity.WARNING,
    attestable=Attestable.CONFIGURATION,
    steps=("appliance", *NSX),
    phases=("pre",),
    remediation="Set failOpen to true in the named service profile and publish it, or plan for "
    "the VMs to be without network while their appliance is redeployed; then let a named person "
    'attest it: [[attestation]] with check = "GI-FAIL-001" in the environment file.',
    refs=("table:gi_failure_modes",),
)
def test_it_is_known_what_vms_do_without_their_appliance(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    all_vms: AllVms,
    all_nsxv_profiles: AllNsxvProfiles,
    all_nsxt_deployments: dict[str, tuple[nsxt_facts.Deployment, ...] | Unread],
    environment: Environment,
    judge: Judge,
) -> None:
    """What happens to protected VMs while their appliance is redeployed is known and wanted.

    From 6.3.0 on NSX-V fails closed: a VM whose firewall, intrusion prevention or web reputation
    runs in the appliance is cut off from its network as long as the appliance is away. Open lets
    the traffic pass unseen. Files are not examined in either case. What NSX-T does, and on what a
    person decided, only an attestation tells.
    """
    protected = [one for one in dsm_computers if one.by_appliance]
    modules = {module for row in load(GiFailureMode).rows for module in row.modules}
    through = [one for one in protected if _through_appliance(one, modules)]
    problems: list[Problem] = []
    problems += _silent(protected, modules)
    found = all_vms.guests(through)
    problems += [Unknown(one.subject, one.reason) for one in found if isinstance(one, Stray)]
    for slug in dict.fromkeys(one.vcenter for one in found if isinstance(one, Guest)):
        nsxv = [one.slug for one in environment.nsxv if one.vcenter == slug]
        for manager in nsxv:
            problems += _closed(manager, *all_nsxv_profiles.of(manager))
        nsxt = [one.slug for one in environment.nsxt if slug in one.vcenters]
        if not nsxv or any(known(all_nsxt_deployments[one]) for one in nsxt):
            reason = Text("no interface tells what NSX-T does with their network: attest it")
            problems.append(Unknown(f"protected VMs of {slug}", reason))
    notes = [_summary(dsm, protected, through)] if protected else []
    judge(
        examined=len({*map(label, protected), *(one.subject for one in problems)}),
        of=Text(
            "VMs that an appliance of {slug} protects, and what may cut their network off",
            slug=dsm.slug,
        ),
        problems=problems,
        notes=notes,
    )


def _silent(protected: Sequence[Computer], modules: set[str]) -> Iterator[Unknown]:
    """The VMs of which the manager does not say whether their network is looked at."""
    for one in protected:
        if not modules <= {module.name for module in one.modules}:
            reason = Text("the manager does not say which modules are on")
            yield Unknown(label(one), reason)


def _through_appliance(computer: Computer, modules: set[str]) -> bool:
    """Whether its network goes through the appliance; beside an agent the module's own side says.

    In combined mode the agent looks at the network, unless the appliance's status says otherwise.
    """
    return any(
        module.on and (computer.agentless or module.appliance_status not in IDLE)
        for module in computer.modules
        if module.name in modules
    )


def _summary(dsm: Dsm, protected: Sequence[Computer], through: Sequence[Computer]) -> Note:
    if not through:
        return Note(
            dsm.slug,
            Text("the network of none of {count} VMs needs the appliance", count=len(protected)),
        )
    text = Text(
        "the network of {through} of {count} VMs goes through the appliance: {names}",
        through=len(through),
        count=len(protected),
        names=shortened(sorted(name(one) for one in through), SHOWN),
    )
    return Note(dsm.slug, text)


def _closed(slug: str, version: Nsx, profiles: Sequence[ServiceProfile]) -> Iterator[Problem]:
    """The profiles of the appliance's service that stop the traffic."""
    row = gi_failure_mode(version)
    here = [one for one in profiles if APPLIANCE in one.service.lower()]
    if row is None:
        yield Unknown(
            slug,
            Text(
                "no row says what {version} does without an appliance: attest it", version=version
            ),
        )
        return
    if not here:
        yield Unknown(slug, Text("it lists no profile of the appliance's service"))
    for one in here:
        value = (one.fail_open or "").lower()
        if value != "true":
            unset = Text("not set, so it fails {default}", default=row.default)
            subject = f"{one.label} of {slug}"
            yield Finding(
                subject,
                Text("{setting}: {value}", setting=row.setting, value=one.fail_open or unset),
                Text("{setting}: true", setting=row.setting),
                row.citation,
            )
