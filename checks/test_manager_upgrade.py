"""The upgrade of a manager's nodes, one after the other."""

from collections.abc import Iterator, Mapping

from kanmon.check import Attestable, Finding, Judge, Problem, Severity, Unknown, check
from kanmon.environment.file import Environment
from kanmon.environment.targets import Dsm, DsmNode
from kanmon.errors import Undetermined
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer, Manager, Node
from kanmon.facts.linux.host import Host, Service
from kanmon.facts.linux.manager import ManagerNode
from kanmon.facts.run import Moment
from kanmon.judging.nodes import Fact, fact_of, in_order, named
from kanmon.text import Text
from kanmon.versions import DeepSecurity, VersionError

SERVICE = "dsm_s"
LISTENING = ("online", "failing")
STOPPED = ("inactive", "failed")  # as systemd calls it


@check(
    "DSM-VER-002",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    waivable=False,
    steps=("manager",),
    phases=("mid", "post"),
    remediation="Run the installer on the named node, one node at a time, and look at its "
    "installation log and at server0.log; where the schema's upgrade failed, go back by the "
    "database's backup.",
    refs=(
        "https://docs.trendmicro.com/en-us/documentation/article/deep-security-20-aws-marketplace-manager-multi-node",
    ),
)
def test_nodes_run_the_promised_version(
    dsm: Dsm,
    dsm_nodes: tuple[Node, ...],
    dsm_manager: Manager,
    dsm_computers: tuple[Computer, ...],
    moment: Moment,
    target_manager: DeepSecurity,
    judge: Judge,
) -> None:
    """The nodes run the promised version, between them the first one, and the database serves it.

    A node that was left behind does not come back, and the other one carries every agent alone. A
    later build of the promised release counts.

    That the schema is upgraded is seen from outside only: the manager says the promised version,
    lets kanmon log in, and lists its computers, all of it out of the database. What the database
    says of its own version (its table systemversions) is not read, since nobody documents the
    columns; what the upgrade lost on its way is for the comparison with the run before it.
    """
    upgraded = in_order(dsm, dsm_nodes)[: 1 if moment.phase == "mid" else None]
    problems = [one for node in upgraded for one in _node_version(node, target_manager)]
    problems += _version(f"{dsm.slug} (its API)", dsm_manager.version, target_manager)
    judge(
        examined=len(upgraded) + 1,
        of=Text(
            "versions (of {count} nodes, and of the API that lists {computers} computers "
            "of {slug})",
            count=len(upgraded),
            computers=len(dsm_computers),
            slug=dsm.slug,
        ),
        problems=problems,
    )


@check(
    "DSM-NODE-002",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    waivable=False,
    steps=("manager",),
    phases=("mid",),
    remediation=f"Stop the manager's service on the named node (systemctl stop {SERVICE}), end "
    "what runs of it in /opt/dsm beside the service, and let nothing start it before its own "
    "upgrade. Name the machine of every node as [[manager_host]] with its node; for one that "
    "kanmon cannot ask, a person who looked answers with an [[attestation]] of DSM-NODE-002.",
    refs=(
        "https://help.deepsecurity.trendmicro.com/10_3/on-premise/Manage-Components/multinode-dsm.html",
    ),
)
def test_one_node_runs_during_the_first_installer(
    dsm: Dsm,
    dsm_nodes: tuple[Node, ...],
    manager_hosts: dict[str, Host | Unread],
    manager_nodes: dict[str, ManagerNode | Unread],
    environment: Environment,
    judge: Judge,
) -> None:
    """At the moment of the first installer run only the first node is running.

    A second node writes into the database whose schema the installer is changing. Its console may
    be closed while its service still runs, or starts just now: so the service is asked for on the
    machine itself, beside the port, and for a Java that somebody started without it. A run tells
    of its own moment only: start it right before the installer, and once more before the second
    one.
    """
    others = in_order(dsm, dsm_nodes)[1:]
    if not others:
        judge.not_applicable(Text("{slug} has a single node", slug=dsm.slug))
    hosts = {node.slug: _told(node, environment, manager_hosts) for node in dsm.nodes[1:]}
    shells = {node.slug: _told(node, environment, manager_nodes) for node in dsm.nodes[1:]}
    judge(
        examined=len(others),
        of=Text("nodes of {slug} beside the first", slug=dsm.slug),
        problems=[
            problem
            for node in others
            for problem in _running(node, hosts[node.slug], shells[node.slug])
        ],
    )


def _node_version(node: Node, target: DeepSecurity) -> Iterator[Problem]:
    if node.version is None:
        yield Unknown(
            named(node), Text("it does not tell its version: {detail}", detail=node.detail)
        )
    else:
        yield from _version(named(node), node.version, target)


def _version(subject: str, text: str, target: DeepSecurity) -> Iterator[Problem]:
    """What is wrong with a version: another release than the promised one is never reached."""
    try:
        runs = DeepSecurity.parse(text)
        arrived = runs.line == target.line and runs.reaches(target)
    except VersionError as error:
        yield Unknown(subject, error.message)
        return
    if not arrived:
        yield Finding(subject, str(runs), Text("{target}, as the upgrade promises", target=target))


def _told(
    node: DsmNode, environment: Environment, facts: Mapping[str, Fact | Unread]
) -> Fact | Unread:
    """What the machine of a node told, or why it cannot be asked."""
    try:
        return fact_of(node, environment, facts)
    except Undetermined as error:
        return Unread(error.message)


def _not_asked(node: Node, host: Unread) -> str:
    """Why nobody knows whether a node runs.

    A machine that is off answers nobody: while its console's port is refused, a person may say so.
    """
    if node.state != "refused":
        return host.reason
    unread = str(host.reason)  # its words alone: as a reason it would be one that nobody may answer
    return Text("its console is refused, and its machine is not read: {unread}", unread=unread)


def _running(node: Node, host: Host | Unread, shell: ManagerNode | Unread) -> Iterator[Problem]:
    """Reasons the node counts as running; one that listens needs no look at its machine."""
    if node.state in LISTENING:
        yield Finding(
            named(node),
            Text("{state}: {detail}", state=node.state, detail=node.detail),
            Text("stopped"),
        )
        return
    if isinstance(host, Unread):
        yield Unknown(named(node), _not_asked(node, host))
        return
    service = host.manager_service
    if service is None:
        yield Unknown(
            named(node),
            Text(
                "{hostname} has no service {service}: is it this node?",
                hostname=host.hostname,
                service=SERVICE,
            ),
        )
    elif service.state not in STOPPED:
        found = Text(
            "{service} on {hostname} is {state}",
            service=service.name,
            hostname=host.hostname,
            state=service.state,
        )
        yield Finding(named(node), found, Text("stopped"))
    else:
        yield from _left_running(node, service, shell)


def _left_running(node: Node, service: Service, shell: ManagerNode | Unread) -> Iterator[Problem]:
    """What runs of a manager beside its service, started by hand or left over."""
    running = shell if isinstance(shell, Unread) else shell.heaps
    if isinstance(running, Unread):
        yield Unknown(named(node), running.reason)
    elif running:
        found = Text(
            "{service} is {state}, but a Java of the manager runs",
            service=SERVICE,
            state=service.state,
        )
        yield Finding(named(node), found, Text("stopped"))
