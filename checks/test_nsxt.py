"""NSX-T itself: its health, the vCenter that it is attached to, its licences, its backups."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from kanmon.check import NSX, Attestable, Finding, Judge, Note, Problem, Severity, Unknown, check
from kanmon.environment.file import Environment
from kanmon.environment.targets import NsxT, VCenter
from kanmon.facts import Certificate
from kanmon.facts.nsxt.inventory import ComputeManager, TransportNode
from kanmon.facts.nsxt.state import Alarm, ClusterGroup, NodeService, Registration
from kanmon.facts.run import Moment
from kanmon.facts.vcenter.inventory import About
from kanmon.judging.migration import is_migrated
from kanmon.judging.records import AllIdentities, NsxtHealth
from kanmon.knowledge import load
from kanmon.knowledge.health import NsxtStateWord
from kanmon.knowledge.lookup import nsxt_word
from kanmon.text import Text

HOST = "HostNode"
"""The type of a transport node that is an ESXi host."""
SHA_256 = 64
"""Hex digits."""

Registered = tuple[ComputeManager, Registration]
Of = Literal["cluster", "service", "compute manager", "transport node"]


@dataclass(frozen=True, slots=True)
class Said:
    """What NSX-T says of one object.

    Attributes:
        words: None where it says nothing.
        detail: its own explanation, may be empty.
    """

    subject: str
    of: Of
    words: tuple[str | None, ...]
    detail: str = ""


@check(
    "NSXT-STATE-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=(*NSX, "vsphere-target"),
    phases=("pre", "post"),
    remediation="Open the named object in NSX Manager (System > Appliances, System > Fabric, "
    "Alarms), follow what NSX recommends there, and see it up; let an alarm that nothing causes "
    "any more be resolved.",
    refs=("table:nsxt_state_words",),
)
def test_nsxt_is_healthy(
    nsxt: NsxT,
    nsxt_health: NsxtHealth,
    environment: Environment,
    moment: Moment,
    judge: Judge,
) -> None:
    """The management cluster is stable, every transport node is up, no critical alarm is open.

    NSX-T that is not whole when hosts are prepared or migrated leaves them half way: neither
    protected by the one NSX nor by the other. A new NSX-T may have no transport node yet, one to
    which hosts were migrated has some. A HIGH alarm, or a critical one that somebody acknowledged
    or suppressed, asks for a sign-off: no text says that it keeps an upgrade from starting.
    """
    objects, alarms = _objects(nsxt_health), nsxt_health.nsxt_alarms
    problems = [problem for said in objects for problem in _gravest(said)]
    problems += [problem for alarm in alarms for problem in _alarm(alarm, nsxt.slug)]
    if moment.step != "nsxt-build" and is_migrated(environment, moment):
        problems += _no_host(nsxt, nsxt_health.nsxt_transport_nodes)
    judge(
        examined=len(objects) + len(alarms),
        of=Text("parts and alarms of {slug}", slug=nsxt.slug),
        problems=problems,
        rests_on=[row.citation for row in load(NsxtStateWord).rows if row.meaning == "good"],
        notes=[*_stopped(nsxt_health.nsxt_node_services), *_lesser(alarms)],
    )


def _objects(told: NsxtHealth) -> list[Said]:
    """What NSX-T says of each of its parts."""
    return [
        Said("management cluster", "cluster", (told.nsxt_manager.management_status,)),
        Said("control cluster", "cluster", (told.nsxt_manager.control_status,)),
        *(_group(one) for one in told.nsxt_cluster_groups),
        *(_service(one) for one in told.nsxt_node_services),
        *(_compute_manager(one) for one in told.nsxt_compute_managers),
        *(_node(one) for one in told.nsxt_transport_nodes),
    ]


def _group(group: ClusterGroup) -> Said:
    bad = [f"{address} {status}" for address, status in group.members if status != "UP"]
    words = (group.status, *(status for _, status in group.members))
    return Said(f"cluster group {group.kind}", "cluster", words, ", ".join(bad))


def _service(service: NodeService) -> Said:
    words = [service.state, *([service.health] if service.health is not None else [])]
    return Said(f"service {service.name}", "service", tuple(words), service.reason)


def _compute_manager(manager: ComputeManager) -> Said:
    words = (manager.connection_status, manager.registration_status)
    subject = f"compute manager {manager.name} ({manager.server})"
    return Said(subject, "compute manager", words, "; ".join(manager.errors))


def _node(node: TransportNode) -> Said:
    subject = f"{node.name} ({node.host_moref or node.id})"
    return Said(subject, "transport node", (node.state, node.status))


def _no_host(nsxt: NsxT, nodes: Iterable[TransportNode]) -> Iterator[Finding]:
    """An NSX-T without any host, after the migration: nothing else of it would tell."""
    if not any(node.node_type == HOST for node in nodes):
        yield Finding(
            nsxt.slug, Text("no host is a transport node"), Text("the hosts that were migrated")
        )


def _gravest(said: Said) -> Iterator[Problem]:
    """The gravest of what its words say against it; errors beside good words count too."""
    found = Text.joined(", ", (word or Text("nothing") for word in said.words))
    if said.detail:
        found = Text("{found} ({detail})", found=found, detail=said.detail)
    rows = [nsxt_word(said.of, word or "") for word in said.words]
    meanings = {row.meaning if row else "unknown" for row in rows}
    if "bad" in meanings:
        row = next(row for row in rows if row and row.meaning == "bad")
        yield Finding(said.subject, found, Text("up and stable"), row.citation)
    elif "unknown" in meanings:
        yield Unknown(said.subject, Text("{found}: no document says what this means", found=found))
    elif "warn" in meanings:
        row = next(row for row in rows if row and row.meaning == "warn")
        yield Finding(said.subject, found, Text("up and stable"), row.citation, Severity.WARNING)
    elif said.detail and said.of == "compute manager":
        yield Finding(said.subject, found, Text("no error"))


def _alarm(alarm: Alarm, slug: str) -> Iterator[Problem]:
    """An alarm of a severity that asks for something; only a critical one that is open blocks."""
    subject = f"{alarm.event_type} on {alarm.node or slug} (alarm {alarm.id})"
    found = f"{alarm.severity}, {alarm.status}: {alarm.summary}"
    severity, status = nsxt_word("alarm", alarm.severity), nsxt_word("alarm", alarm.status)
    if severity is None or status is None:
        yield Unknown(subject, Text("{found}; no document says what this means", found=found))
    elif severity.meaning != "good":
        weaker = next((row for row in (severity, status) if row.meaning == "warn"), None)
        expected = Text("no critical alarm") if weaker is None else Text("resolved, or signed off")
        gravity = None if weaker is None else Severity.WARNING
        yield Finding(subject, found, expected, (weaker or severity).citation, gravity)


def _stopped(services: Iterable[NodeService]) -> Iterator[Note]:
    names = [one.name for one in services if one.state == "stopped"]
    if names:
        text = Text(
            "stopped on the node that answered: {names}; some run only where they are used",
            names=", ".join(names),
        )
        yield Note("services", text)


def _lesser(alarms: Iterable[Alarm]) -> Iterator[Note]:
    """Alarms that ask for nothing, by severity and kind."""
    counted = Counter(
        (alarm.severity, alarm.event_type)
        for alarm in alarms
        if (row := nsxt_word("alarm", alarm.severity)) and row.meaning == "good"
    )
    for severity in sorted({severity for severity, _ in counted}):
        told = [f"{event} ({n})" for (s, event), n in sorted(counted.items()) if s == severity]
        yield Note(f"alarms of severity {severity}", ", ".join(told))


@check(
    "NSXT-VC-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("nsxt-build",),
    phases=("post",),
    remediation="In NSX Manager (System > Fabric > Compute Managers) register the named vCenter, "
    "or edit it and accept the certificate that vCenter shows after comparing its SHA-256 "
    "thumbprint on vCenter itself. Where NSX shows no SHA-256 thumbprint, compare the two by hand "
    "and attest it in the environment file.",
    refs=("table:nsxt_state_words",),
)
def test_compute_manager_is_this_vcenter(
    nsxt: NsxT,
    nsxt_compute_managers: tuple[ComputeManager, ...],
    nsxt_registrations: tuple[Registration, ...],
    all_identities: AllIdentities,
    environment: Environment,
    judge: Judge,
) -> None:
    """NSX-T's compute manager is this vCenter: registered, up, trusted.

    Hosts are prepared and appliances deployed through the compute manager. One that is another
    vCenter, or whose certificate NSX-T no longer trusts, stops the migration at its first host.
    """
    wanted = _attached(nsxt, environment)
    registered = _registered(nsxt_compute_managers, nsxt_registrations)
    problems: list[Problem] = []
    for vcenter in wanted:
        this = Identity(vcenter, *all_identities.of(vcenter))
        mine = this.among(registered)
        problems += _registration(this, mine) if mine else _missing(this, registered, environment)
        problems += [doubt for one in mine for doubt in _untold(this, *one)]
    judge(
        examined=len(wanted),
        of=Text("vCenters that {slug} is to be attached to", slug=nsxt.slug),
        problems=problems,
    )


@dataclass(frozen=True, slots=True)
class Identity:
    """What identifies a vCenter."""

    vcenter: VCenter
    about: About
    certificate: Certificate

    @property
    def subject(self) -> str:
        """What an operator can search for."""
        return f"{self.vcenter.slug} ({self.vcenter.address})"

    def among(self, registered: Sequence[Registered]) -> list[Registered]:
        """The compute managers that are meant to be it: by its own marks, or else by address."""
        marks = (self.about.instance_uuid.lower(), self.certificate.sha256)
        marked = [
            (manager, told)
            for manager, told in registered
            if told.instance_uuid in marks or told.thumbprint in marks
        ]
        address = _spelt(self.vcenter.address)
        return marked or [one for one in registered if _spelt(one[0].server) == address]


def _spelt(address: str) -> str:
    return address.lower().removesuffix(".")


def _attached(nsxt: NsxT, environment: Environment) -> list[VCenter]:
    """The vCenters of this NSX-T that its step is about, by the operator's order where declared."""
    builds = [step for step in environment.plan if step.step == "nsxt-build"]
    named = {slug for step in builds for slug in step.vcenters or nsxt.vcenters}
    wanted = [slug for slug in nsxt.vcenters if slug in named or not builds]
    return [one for one in environment.vcenter if one.slug in wanted]


def _registered(
    managers: Iterable[ComputeManager], registrations: Iterable[Registration]
) -> list[Registered]:
    """Each compute manager with what identifies it; one read alone is identified by nothing."""
    told = {one.id: one for one in registrations}
    return [(one, told.get(one.id, Registration(one.id, None, None))) for one in managers]


def _registration(this: Identity, mine: Iterable[Registered]) -> Iterator[Problem]:
    """Problems of the compute managers that are meant to be this vCenter."""
    for manager, told in mine:
        uuid = this.about.instance_uuid.lower()
        if told.instance_uuid not in (None, uuid):
            found = Text(
                "{server} is the vCenter with instance uuid {instance_uuid}",
                server=manager.server,
                instance_uuid=told.instance_uuid,
            )
            yield Finding(this.subject, found, uuid)
        shown = told.thumbprint or ""
        if len(shown) == SHA_256 and shown != this.certificate.sha256:
            found = Text("NSX-T trusts the certificate {shown}", shown=shown)
            yield Finding(
                this.subject,
                found,
                Text("{sha256}, which vCenter shows", sha256=this.certificate.sha256),
            )
        said = _compute_manager(manager)
        yield from _gravest(Said(this.subject, said.of, said.words, said.detail))


def _untold(this: Identity, manager: ComputeManager, told: Registration) -> Iterator[Unknown]:
    """What nobody can compare: NSX-T shows no thumbprint, or one of another kind."""
    if told.thumbprint is None:
        reason = Text(
            "NSX-T shows no thumbprint of {server} to this account", server=manager.server
        )
        yield Unknown(
            this.subject,
            Text("{reason}: nobody can say which certificate it trusts", reason=reason),
        )
    elif len(told.thumbprint) != SHA_256:
        reason = Text(
            "NSX-T shows the thumbprint {thumbprint} of {server}",
            thumbprint=told.thumbprint,
            server=manager.server,
        )
        yield Unknown(this.subject, Text("{reason}, which is no SHA-256 to compare", reason=reason))


def _missing(
    this: Identity,
    registered: Iterable[Registered],
    environment: Environment,
) -> Iterator[Problem]:
    """It is not registered, unless a registered server could be it under another address."""
    others = {_spelt(one.address) for one in environment.vcenter}
    servers = [manager.server for manager, _ in registered]
    untold = [
        manager.server
        for manager, told in registered
        if _spelt(manager.server) not in others
        and told.instance_uuid is None
        and len(told.thumbprint or "") != SHA_256
    ]
    if untold:
        reason = Text(
            "NSX-T has {untold} registered and does not say which vCenter that is",
            untold=", ".join(untold),
        )
        yield Unknown(this.subject, reason)
    else:
        found = Text("registered: {servers}", servers=", ".join(servers) or Text("none"))
        yield Finding(this.subject, found, Text("this vCenter among the compute managers"))
