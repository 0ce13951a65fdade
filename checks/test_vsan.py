"""vSAN under the hosts that are to be upgraded."""

from collections.abc import Iterator

from kanmon.check import VSPHERE, Attestable, Finding, Judge, Problem, Severity, Unknown, check
from kanmon.environment.targets import VCenter
from kanmon.facts import Unread
from kanmon.facts.vcenter.vsan import VsanCluster, VsanStatus
from kanmon.text import Text

HEALTHY, UNHEALTHY = "healthy", "unhealthy"
TOPICS = (
    Text("health checks"),
    Text("objects that resynchronise"),
    Text("objects that are inaccessible"),
    Text("the witness of a stretched cluster"),
    Text("controllers, their drivers and firmware"),
)
"""What no host tells of vSAN: its health service does, by an interface of its own."""


@check(
    "ESX-VSAN-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=VSPHERE,
    phases=("pre", "post"),
    remediation="Bring the named host back into its vSAN cluster, and wait until nothing "
    "resynchronises. See under Monitor > vSAN of the cluster (Skyline Health, Resyncing Objects, "
    "Virtual Objects) that the rest is in order, and attest it.",
    refs=(
        "https://developer.broadcom.com (vSphere Web Services API, VsanHostClusterStatus)",
        "https://developer.broadcom.com/xapis/vsan-management-api/6.7U3/",
    ),
)
def test_vsan_is_healthy(
    vcenter: VCenter, vcenter_vsan: tuple[VsanCluster, ...], judge: Judge
) -> None:
    """Every host is healthy in its vSAN cluster and sees all others; nothing is missing from it.

    A host that goes into maintenance takes its share of the data along. Where another one is gone
    already, or copies are still being made, objects become inaccessible and their VMs stop. What
    hosts do not tell a person has to look at, on clusters with vSAN alone.
    """
    problems = [problem for one in vcenter_vsan for problem in _cluster(one)]
    hosts = {one.label for cluster in vcenter_vsan for one in cluster.hosts}
    judge(
        examined=len(hosts | {one.subject for one in problems}),
        of=Text("hosts and topics of vSAN clusters of {slug}", slug=vcenter.slug),
        problems=problems,
    )


def _cluster(cluster: VsanCluster) -> Iterator[Problem]:
    told = {one.label: one.answer for one in cluster.hosts if not isinstance(one.answer, Unread)}
    nodes = {one.node for one in told.values() if one.node}
    for one in cluster.hosts:
        if isinstance(one.answer, Unread):
            yield Unknown(one.label, one.answer.reason)
    for label, status in told.items():
        yield from _host(label, status, nodes)
    for topic in TOPICS:
        subject = Text("{cluster}: {topic}", cluster=cluster.label, topic=topic)
        yield Unknown(subject, Text("hosts do not tell it; vSAN's own health service does"))


def _host(subject: str, status: VsanStatus, nodes: set[str]) -> Iterator[Problem]:
    """What a host has against its vSAN, and which of its neighbours it does not see."""
    if status.node is None or status.cluster is None:
        yield Finding(
            subject, Text("in no vSAN cluster, though vSAN is on"), Text("a member of its cluster")
        )
        return
    if status.health == UNHEALTHY:
        yield Finding(subject, Text("unhealthy in its vSAN cluster"), Text("healthy"))
    elif status.health != HEALTHY:
        yield Unknown(subject, Text("its health in vSAN is {health}", health=status.health))
    if unseen := len(nodes.difference(status.members)):
        seen = Text("does not see {unseen} of {count} hosts", unseen=unseen, count=len(nodes))
        yield Finding(subject, seen, Text("one vSAN cluster of all hosts"))
