"""The Deep Security Manager and its nodes."""

from collections.abc import Iterator, Sequence

from kanmon.check import Attestable, Finding, Judge, Problem, Severity, Unknown, check
from kanmon.environment.file import Environment
from kanmon.environment.targets import Dsm, DsmNode
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer, Manager, Node
from kanmon.facts.linux.host import Host
from kanmon.facts.run import Moment
from kanmon.judging.nodes import count_agents, each, host_of, in_order, named, needed
from kanmon.knowledge.lookup import deep_security_hop, memory_reserve, relay_footprint
from kanmon.text import Text
from kanmon.versions import DeepSecurity

GIB = 1024**3


@check(
    "DSM-NODE-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=("manager",),
    phases=("pre", "mid", "post"),
    remediation="pre and post: start the named node and look at its log. mid: stop the service of "
    "every node but the first, since the upgrade fails with two running, and leave its machine on: "
    "one that is off cannot be told from one that cannot be reached; start the first.",
    refs=(
        "https://help.deepsecurity.trendmicro.com/10_1/on-premise/Manage-Components/multinode-dsm.html",
    ),
)
def test_nodes_run_as_the_phase_asks(
    dsm: Dsm, dsm_nodes: tuple[Node, ...], moment: Moment, judge: Judge
) -> None:
    """Every manager node is online, asked one by one; between the nodes only the first one is.

    No interface lists the nodes: one that the environment file does not name is not seen. The
    cluster's own ping hides a dead node. A node that is down before the change has its own
    trouble that the upgrade will meet; a second node that runs during the first installer corrupts
    the upgrade.
    """
    problems: list[Problem] = []
    for position, node in enumerate(in_order(dsm, dsm_nodes)):
        stopped_is_right = moment.phase == "mid" and position > 0
        subject = named(node)
        if node.state == "silent":
            problems.append(Unknown(subject, node.detail))
        elif stopped_is_right and node.state != "refused":
            problems.append(
                Finding(
                    subject,
                    Text("{state}: {detail}", state=node.state, detail=node.detail),
                    Text("stopped"),
                )
            )
        elif not stopped_is_right and node.state != "online":
            problems.append(
                Finding(
                    subject,
                    Text("{state}: {detail}", state=node.state, detail=node.detail),
                    Text("online"),
                )
            )
    judge(
        examined=len(dsm.nodes),
        of=Text("nodes of {slug}", slug=dsm.slug),
        problems=problems,
    )


@check(
    "DSM-WEB-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=("manager", "agent", "appliance", "nsxt-build", "nsx-migration", "vsphere-target"),
    phases=("pre", "mid", "post"),
    remediation="Open the console of the named node in a browser, and look at its server0.log.",
    refs=(
        "https://docs.trendmicro.com/en-us/documentation/article/deep-security-20-aws-marketplace-iptables",
    ),
)
def test_console_and_api_answer(
    dsm: Dsm, dsm_nodes: tuple[Node, ...], dsm_manager: Manager, moment: Moment, judge: Judge
) -> None:
    """The console answers on every running node with its sign-in page, and the API login works.

    Without the console nobody can import packages or see what the upgrade did; without the API
    kanmon itself cannot say how the change ended.
    """
    asked = in_order(dsm, dsm_nodes)[: 1 if moment.phase == "mid" else None]
    judge(
        examined=len(asked),
        of=Text(
            "consoles of {slug} ({interfaces} offered)",
            slug=dsm.slug,
            interfaces=", ".join(dsm_manager.interfaces),
        ),
        problems=[
            *(
                Finding(
                    named(node),
                    Text(
                        "HTTP {console_status}: {detail}",
                        console_status=node.console_status or Text("none"),
                        detail=node.detail,
                    ),
                    Text("the manager's sign-in page"),
                )
                for node in asked
                if not node.console_valid and node.state != "silent"
            ),
            *(Unknown(named(node), node.detail) for node in asked if node.state == "silent"),
        ],
    )


@check(
    "DSM-VER-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    waivable=False,
    steps=("manager",),
    phases=("pre",),
    remediation="Bring every node to one version; where the release is too old, upgrade to a "
    "release first from which the target can be reached.",
    refs=("table:deep_security_hops",),
)
def test_manager_can_go_straight_to_the_target(
    dsm: Dsm,
    dsm_nodes: tuple[Node, ...],
    dsm_manager: Manager,
    target_manager: DeepSecurity,
    judge: Judge,
) -> None:
    """Every node reports the same version, and it may be upgraded to the target directly.

    An installer that meets a release it does not know how to upgrade stops half way, with the
    database's schema already touched; there is no way back but the backup.
    """
    source = DeepSecurity.parse(dsm_manager.version)
    path = deep_security_hop("manager", source, target_manager)
    nodes = in_order(dsm, dsm_nodes)
    findings = [
        Finding(
            named(node), node.version, Text("{version} as the others", version=dsm_manager.version)
        )
        for node in nodes
        if node.version is not None and node.version != dsm_manager.version
    ]
    unknown = [
        Unknown(named(node), Text("it does not tell its version: {detail}", detail=node.detail))
        for node in nodes
        if node.version is None
    ]
    if source.line == target_manager.line:
        if target_manager.build is not None and source > target_manager:
            expected = Text("not newer than {target}", target=target_manager)
            findings.append(Finding(dsm.slug, str(source), expected))
    elif path is None:
        reason = Text(
            "no table row covers the path from {source} to {target}",
            source=source,
            target=target_manager,
        )
        unknown.append(Unknown(dsm.slug, reason))
    elif not path.allowed:
        expected = Text("a release that can be upgraded to {target}", target=target_manager)
        findings.append(Finding(dsm.slug, str(source), expected, path.citation))
    judge(
        examined=len(nodes) + 1,
        of=Text("versions (of {count} nodes, and the path)", count=len(nodes)),
        problems=[*findings, *unknown],
        rests_on=[path.citation] if path else [],
    )


def _may_be_relay(host: Host, computers: Sequence[Computer]) -> bool:
    """Whether a node's machine has an agent, and the manager does not say that it is no relay."""
    has_agent = any(unit.name == "ds_agent" and unit.loaded for unit in host.services)
    itself = [one for one in computers if one.host_name.lower() == host.hostname.lower()]
    return has_agent and not any(one.relay is False for one in itself)


@check(
    "DSM-MEM-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("manager",),
    phases=("pre",),
    remediation="Give the node's machine the expected memory while it is shut down, before the "
    "change window; then raise the manager's heap (-Xmx in dsm_s.vmoptions).",
    refs=("table:manager_sizing", "table:relay_footprint", "table:memory_reserve"),
)
def test_nodes_have_the_memory_of_the_target(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    manager_hosts: dict[str, Host | Unread],
    environment: Environment,
    target_manager: DeepSecurity,
    judge: Judge,
) -> None:
    """Every node has the memory that the target asks for at this number of agents, relay included.

    Release 20 asks for more than release 11 did. The installer's pre-check warns of too little, and
    the procedure lets no such warning stand: a manager that swaps during the schema upgrade runs
    past the end of the window.
    """
    row, relay = needed(target_manager, dsm_computers), relay_footprint(target_manager)
    reserve, agents = memory_reserve(), count_agents(dsm_computers)
    if relay is None:
        judge.undetermined(Text("no row of relay_footprint covers {target}", target=target_manager))

    def of_node(node: DsmNode) -> Iterator[Finding]:
        host = host_of(node, environment, manager_hosts)
        nominal = host.memory / GIB / (1 - reserve.share_percent / 100)
        found, where = (
            Text("{memory:.1f} GiB", memory=host.memory / GIB),
            f"{node.slug} on {host.hostname}",
        )
        needs = Text(
            "{memory_gib} GiB for the manager of {agents} agents",
            memory_gib=row.memory_gib,
            agents=agents,
        )
        with_relay = row.memory_gib + relay.memory_gib
        if nominal < row.memory_gib:
            yield Finding(where, found, needs, row.citation)
        elif _may_be_relay(host, dsm_computers) and nominal < with_relay:
            both = Text(
                "{with_relay} GiB: {needs} and {memory_gib} GiB for the relay on it",
                with_relay=with_relay,
                needs=needs,
                memory_gib=relay.memory_gib,
            )
            yield Finding(where, found, both, relay.citation)

    problems, _ = each(dsm, of_node)
    judge(
        examined=len(dsm.nodes),
        of=Text("nodes of {slug}", slug=dsm.slug),
        problems=problems,
        rests_on=[row.citation, relay.citation, reserve.citation],
    )
