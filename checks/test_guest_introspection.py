"""Guest introspection: what lets an appliance protect a VM without an agent in it."""

from collections.abc import Iterator, Sequence
from typing import Literal, TypeVar

from kanmon.check import (
    NSX,
    VSPHERE,
    Attestable,
    Finding,
    Judge,
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
from kanmon.facts.nsxv import inventory as nsxv_facts
from kanmon.facts.vcenter.inventory import Host
from kanmon.judging.introspection import APPLIANCE, VENDOR, AllDeployed, Deployed, is_ours
from kanmon.judging.records import AllVms
from kanmon.knowledge import load
from kanmon.knowledge.health import StatusWord
from kanmon.knowledge.lookup import status_word
from kanmon.matching import protected_hosts, unplaced
from kanmon.text import Text

GUEST_INTROSPECTION = "guest introspection"

T = TypeVar("T")


@check(
    "GI-HOST-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=(*VSPHERE, "appliance", *NSX),
    phases=("pre", "post"),
    remediation="Open the service deployment of the named cluster in NSX, resolve what it "
    "reports, and see guest introspection and the appliance up on the named host before going on.",
    refs=("table:gi_status_words",),
)
def test_guest_introspection_is_healthy_on_every_protected_host(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    all_dsm_computers: dict[str, tuple[Computer, ...] | Unread],
    all_vms: AllVms,
    all_vcenter_hosts: dict[str, tuple[Host, ...] | Unread],
    all_deployed: AllDeployed,
    environment: Environment,
    judge: Judge,
) -> None:
    """Guest introspection is present and healthy on every host that an appliance protects.

    While hosts are evacuated one after the other, VMs land on every host of the cluster. On one
    without working guest introspection they run unprotected, or lose their network where NSX-V
    fails closed.
    """
    concerned = [one for one in dsm_computers if one.by_appliance or one.kind == "appliance"]
    found = all_vms.guests(concerned)
    if not any(one.by_appliance for part in all_dsm_computers.values() for one in known(part)):
        _refuse_unseen_protection(all_deployed, judge)
    problems: list[Problem] = list(unplaced(found, all_vcenter_hosts))
    examined = len(problems)
    for vcenter in environment.vcenter:
        hosts = protected_hosts(vcenter, found, known(all_vcenter_hosts[vcenter.slug]))
        examined += len(hosts)
        deployed = all_deployed.of(vcenter) if hosts else None
        problems += [one for host in hosts if deployed for one in _gravest(host, deployed)]
    judge(
        examined=examined,
        of=Text("hosts in clusters that an appliance of {slug} protects", slug=dsm.slug),
        problems=problems,
        rests_on=[row.citation for row in load(StatusWord).rows if row.meaning == "good"],
    )


def _refuse_unseen_protection(deployed: AllDeployed, judge: Judge) -> None:
    """An account that does not see the appliances must not make their protection vanish."""
    if services := {one for one in deployed.services() if VENDOR in one.lower()}:
        judge.undetermined(
            Text(
                "NSX has {services} deployed, but no manager tells of a VM that an "
                "appliance protects: does the account see them?",
                services=", ".join(sorted(services)),
            )
        )


def _gravest(host: Host, deployed: Deployed) -> list[Problem]:
    """The gravest problem of a host, if it has any: one object, one line."""
    here = [one for one in deployed.nsxt if one.cluster_moref == host.cluster]
    by_t = [one for one in here if is_ours(one)]
    by_v = [
        one
        for one in deployed.nsxv
        if one.cluster == host.cluster
        and any(service in one.service.lower() for service in (GUEST_INTROSPECTION, APPLIANCE))
    ]
    problems: list[Problem] = []
    if by_t:
        problems += _nsxt_host(host, by_t, deployed)
    if by_v:
        problems += _nsxv_host(host, by_v, deployed)
    if not by_t and not by_v:
        problems.append(_bare(host, [one.service for one in here], deployed))
    return sorted(problems, key=_gravity)[:1]


def _missing(host: Host, found: str, expected: str, deployed: Deployed) -> Problem:
    """What is not there, unless it is among what could not be read."""
    if not deployed.unseen:
        return Finding(host.label, found, expected)
    unread = ", ".join(deployed.unseen)
    reason = Text("{reason}, as far as was read; {unread}", reason=found, unread=unread)
    return Unknown(host.label, reason)


def _bare(host: Host, foreign: Sequence[str], deployed: Deployed) -> Problem:
    """A host to which nothing is deployed, or nothing that is known to be Deep Security's."""
    if foreign:
        named = ", ".join(sorted(set(foreign)))
        reason = Text(
            "NSX-T has {named} deployed to its cluster, which does not bear the name {vendor}",
            named=named,
            vendor=VENDOR,
        )
        return Unknown(host.label, reason)
    if deployed.strangers:
        named = ", ".join(deployed.strangers)
        reason = Text(
            "NSX-T has {named} registered, the address of no vCenter of the environment",
            named=named,
        )
        return Unknown(host.label, reason)
    found = Text(
        "no guest introspection is deployed to cluster {cluster_name}",
        cluster_name=host.cluster_name,
    )
    return _missing(host, found, Text("deployed and healthy"), deployed)


def _gravity(problem: Problem) -> int:
    if isinstance(problem, Unknown):
        return 1
    return 2 if problem.severity is Severity.WARNING else 0


def _nsxv_host(
    host: Host, services: Sequence[nsxv_facts.Deployment], deployed: Deployed
) -> Iterator[Problem]:
    """Problems of one host of an NSX-V cluster: deployments first, then its own agents."""
    here = [agent for agent in deployed.agents if agent.host == host.moref]
    for service in (GUEST_INTROSPECTION, APPLIANCE):
        if not any(service in one.service.lower() for one in services):
            found = Text(
                "no service {service} is deployed to cluster {cluster_name}",
                service=repr(service),
                cluster_name=host.cluster_name,
            )
            yield _missing(host, found, Text("deployed and healthy"), deployed)
        elif not any(service in agent.service.lower() for agent in here):
            found = Text("no agent of {service} on the host", service=repr(service))
            yield _missing(host, found, Text("one that is up"), deployed)
    for one in services:
        words = [one.service_status]
        if one.progress_status is not None:
            words.append(one.progress_status)
        yield from _state(
            host, Text("{service} of the cluster", service=one.service), words, "NSX-V"
        )
    for agent in here:
        words = [agent.operational_status, agent.progress_status, agent.service_status]
        what = Text("{service} agent {name}", service=agent.service, name=agent.agent_name)
        yield from _state(host, what, words, "NSX-V", agent.error)


def _nsxt_host(
    host: Host, services: Sequence[nsxt_facts.Deployment], deployed: Deployed
) -> Iterator[Problem]:
    """Problems of one host of a cluster with endpoint protection, its modules included."""
    here = [node for node in deployed.nodes if node.host_moref == host.moref]
    if not here:
        found = Text("it is no transport node of NSX-T")
        yield _missing(host, found, Text("one that is up"), deployed)
    for node in here:
        yield from _state(host, Text("NSX-T on the host"), [node.state, node.status], "NSX-T")
    for one in services:
        yield from _state(host, one.service, [one.status], "NSX-T", "; ".join(one.issues))
        serving = [instance for instance in one.instances if instance.host_moref == host.moref]
        what = Text("service VM of {service}", service=one.service)
        if any(instance.host_moref is None for instance in one.instances):
            yield Unknown(
                host.label, Text("NSX-T does not say which host a {what} serves", what=what)
            )
        elif not serving:
            found = Text("no {what} serves it", what=what)
            yield _missing(host, found, Text("one that is up"), deployed)
        for instance in serving:
            yield from _service_vm(host, what, instance)


def _service_vm(host: Host, what: str, instance: nsxt_facts.Instance) -> Iterator[Problem]:
    """A stale report says nothing of today, however good its words are."""
    if instance.stale:
        yield Unknown(host.label, Text("{what}: its health report is stale", what=what))
    if instance.mux_incompatible:
        found = Text("{what}: it speaks another protocol version than the host", what=what)
        yield Finding(host.label, found, Text("the same version"))
    words = [instance.runtime_status, instance.solution_status, instance.mux_status]
    yield from _state(host, what, words, "NSX-T", instance.error)


def _state(
    host: Host,
    what: str,
    words: Sequence[str | None],
    product: Literal["NSX-V", "NSX-T"],
    error: str = "",
) -> Iterator[Problem]:
    """What its words say against it; an error that stands beside good words counts by itself."""
    problems = [problem for word in words for problem in _word(host, what, word, product, error)]
    if error and not problems:
        problems = [
            Finding(host.label, Text("{what}: {error}", what=what, error=error), Text("no error"))
        ]
    yield from problems


def _word(
    host: Host, what: str, word: str | None, product: Literal["NSX-V", "NSX-T"], detail: str
) -> Iterator[Problem]:
    """Nothing for a word that is known to be good; what no document calls bad stays unknown."""
    row = status_word(product, word or "")
    found = Text("{what}: {word}", what=what, word=word or Text("no status"))
    if detail:
        found = Text("{found} ({detail})", found=found, detail=detail)
    if row is None or (row.meaning == "bad" and row.confidence == "unverified"):
        yield Unknown(
            host.label, Text("{found}; no document says what this word means", found=found)
        )
    elif row.meaning == "bad":
        yield Finding(host.label, found, Text("up"), row.citation)
    elif row.meaning == "warn":
        yield Finding(host.label, found, Text("up"), row.citation, severity=Severity.WARNING)
