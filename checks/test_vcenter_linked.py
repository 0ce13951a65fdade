"""vCenters that share a single sign-on domain."""

from collections.abc import Iterator, Mapping, Sequence

from kanmon.check import VSPHERE, Attestable, Finding, Judge, Problem, Severity, Unknown, check
from kanmon.environment.file import Environment
from kanmon.environment.targets import VCenter
from kanmon.facts import Unread
from kanmon.facts.vcenter.deployment import Linked, LinkedNode, Naming, Replication
from kanmon.facts.vcenter.inventory import About
from kanmon.text import Text

CONTROLLER = "PSC_EXTERNAL"
TYPES = ("VCSA_EMBEDDED", "VCSA_EXTERNAL", CONTROLLER)

Namings = Mapping[str, Naming | Unread]


@check(
    "VC-ELM-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=VSPHERE,
    phases=("pre",),
    remediation="Name every vCenter in linked mode in the environment file and give kanmon its "
    "login; repair replication before anything is upgraded; upgrade one after the other, each "
    "ended before the next one starts, and attest that order.",
    refs=(
        "https://docs.vmware.com (vSphere 7.0 vCenter upgrade guide, GUID-66836F60)",
        "https://developer.broadcom.com (vSphere Automation API, vcenter topology)",
    ),
)
def test_partners_in_linked_mode_are_known(
    vcenter: VCenter,
    environment: Environment,
    vcenter_linked: Linked,
    all_vcenter_about: dict[str, About | Unread],
    all_vcenter_naming: dict[str, Naming | Unread],
    judge: Judge,
) -> None:
    """Partners of vCenter in linked mode are known and reachable, and so is their order.

    They share one directory, which each upgrade changes. Two at a time, or one whose partner does
    not answer or does not follow, leave it in two halves that nothing joins again.
    """
    nodes = vcenter_linked.nodes
    if isinstance(nodes, Unread):
        untold = [Unknown(f"partners of {vcenter.slug}", _untold(nodes))]
        judge(examined=1, of=Text("partners of {slug}", slug=vcenter.slug), problems=untold)
        return
    own = _nodes_of(vcenter, nodes, all_vcenter_naming)
    others = [one for one in nodes if one not in own and one.type != CONTROLLER]
    replication = list(_replication(vcenter, vcenter_linked.replication))
    if own and not others and (len(nodes) == 1 or not replication):
        judge.not_applicable(Text("{slug} stands alone", slug=vcenter.slug))
    problems = [
        *_own(vcenter, own),
        *_partners(environment, others, all_vcenter_about, all_vcenter_naming),
        *replication,
        *_order(vcenter, others),
    ]
    seen = {one.subject for one in problems} | {one.name for one in others}
    judge(examined=len(seen), of=Text("partners of {slug}", slug=vcenter.slug), problems=problems)


def _nodes_of(vcenter: VCenter, nodes: Sequence[LinkedNode], namings: Namings) -> list[LinkedNode]:
    """The node of a vCenter, by the name that it was deployed with.

    A certificate may bear a partner's name too, and a short name be that of two.
    """
    naming = namings[vcenter.slug]
    name = naming if isinstance(naming, Unread) else naming.node_name
    if isinstance(name, Unread):
        return []
    return [node for node in nodes if _whole(node.name) == _whole(name)]


def _whole(name: str) -> str:
    return name.casefold().rstrip(".")


def _untold(why: Unread) -> str:
    return Text(
        "is it in linked mode, with which vCenters, and in which order are they upgraded? Not told:"
        " {reason}",
        reason=why.reason,
    )


def _own(vcenter: VCenter, own: Sequence[LinkedNode]) -> Iterator[Unknown]:
    if not own:
        reason = Text("which of the nodes of its domain it is nobody can say")
        yield Unknown(f"partners of {vcenter.slug}", reason)


def _partners(
    environment: Environment,
    others: Sequence[LinkedNode],
    abouts: Mapping[str, About | Unread],
    namings: Namings,
) -> Iterator[Problem]:
    """Partners that the environment does not name, or that were not reached."""
    for node in others:
        if node.type not in TYPES:
            yield Unknown(node.name, Text("it is of the type {type}", type=node.type))
            continue
        here = [one for one in environment.vcenter if _nodes_of(one, (node,), namings)]
        if not here:
            found = Text("in linked mode, and the environment does not name it")
            yield Finding(node.name, found, Text("named, and read"))
        for one in here:
            about = abouts[one.slug]
            if isinstance(about, Unread):
                yield Unknown(node.name, about.reason)


def _replication(
    vcenter: VCenter, replication: tuple[Replication, ...] | Unread
) -> Iterator[Problem]:
    if isinstance(replication, Unread):
        yield Unknown(f"replication of {vcenter.slug}", replication.reason)
        return
    for one in replication:
        if not one.available:
            yield Finding(one.label, Text("the partner does not answer"), Text("replicating"))
        elif one.replicating is None:
            yield Unknown(one.label, Text("whether it follows its partner it does not say"))
        elif not one.replicating:
            yield Finding(one.label, Text("not replicating"), Text("replicating"))


def _order(vcenter: VCenter, others: Sequence[LinkedNode]) -> Iterator[Unknown]:
    if others:
        partners = ", ".join(sorted(one.name for one in others))
        reason = Text(
            "in which order, one after the other, does it go with {partners}?", partners=partners
        )
        yield Unknown(f"order of {vcenter.slug}", reason)
