"""The machines of a manager's nodes, as their shells show them."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import ceil

from kanmon.check import Attestable, Finding, Judge, Note, Problem, Severity, Unknown, check, known
from kanmon.environment.file import Environment
from kanmon.environment.targets import Dsm, DsmNode
from kanmon.facts import Unread
from kanmon.facts.database import state
from kanmon.facts.dsm.manager import Computer
from kanmon.facts.linux.host import Host
from kanmon.facts.linux.manager import ManagerNode
from kanmon.judging.clocks import Shown, apart, of_database, of_host
from kanmon.judging.floors import weighed
from kanmon.judging.nodes import count_agents, each, fact_of, host_of, needed
from kanmon.knowledge.floors import Need
from kanmon.knowledge.lookup import floor, manager_disk, manager_os
from kanmon.text import Text
from kanmon.versions import DeepSecurity

GIB = 1024**3
NODE_CORES: Need = "cores of a manager node"
NODE_HEAP: Need = "heap of a manager node"
NODE_DISK: Need = "free disk of a manager node"
GB = 1000**3  # the vendor writes GB, and a disk's are decimal


@check(
    "DSM-CPU-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("manager",),
    phases=("pre",),
    remediation="Give the node's machine the expected cores while it is shut down, before the "
    "change window.",
    refs=("table:manager_sizing", "table:floors"),
)
def test_nodes_have_the_cores_of_the_target(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    manager_hosts: dict[str, Host | Unread],
    environment: Environment,
    target_manager: DeepSecurity,
    judge: Judge,
) -> None:
    """Every node has the cores that the target asks for at this number of agents.

    After the upgrade every agent reports again at once; a node with too few cores falls behind, and
    the health check of the step meets machines that seem offline. The vendor calls its figures
    recommendations, so fewer cores warn; a node with less than the floor blocks.
    """
    row = needed(target_manager, dsm_computers)

    def of_node(node: DsmNode) -> Iterator[Finding]:
        host = host_of(node, environment, manager_hosts)
        if host.cores < row.cores:
            expected = Text(
                "{cores} cores for {count_agents} agents",
                cores=row.cores,
                count_agents=count_agents(dsm_computers),
            )
            found = Text("{cores} cores", cores=host.cores)
            named, warns = f"{node.slug} on {host.hostname}", Severity.WARNING
            short = Finding(named, found, expected, row.citation, warns)
            yield weighed(short, host.cores, NODE_CORES)

    problems, _ = each(dsm, of_node)
    judge(
        examined=len(dsm.nodes),
        of=Text("nodes of {slug}", slug=dsm.slug),
        problems=problems,
        rests_on=[row.citation, floor(NODE_CORES).citation],
    )


@check(
    "DSM-MEM-002",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("manager",),
    phases=("pre", "post"),
    remediation='Set -Xmx in /opt/dsm/dsm_s.vmoptions (on Windows in "Deep Security '
    'Manager.vmoptions") of the named node to the expected heap, once '
    "its machine has the memory (DSM-MEM-001), and restart dsm_s when that is agreed.",
    refs=("table:manager_sizing", "table:floors"),
)
def test_nodes_have_the_heap_of_the_target(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    manager_hosts: dict[str, Host | Unread],
    manager_nodes: dict[str, ManagerNode | Unread],
    environment: Environment,
    target_manager: DeepSecurity,
    judge: Judge,
) -> None:
    """The JVM heap is what the target asks for at this number of agents, as set and as running.

    More memory alone does not help a manager whose heap stays small: it collects garbage instead of
    upgrading the schema, and ends with an out-of-memory error in the middle. The vendor calls its
    figures recommendations, so a smaller heap warns; one below the floor blocks.
    """
    row = needed(target_manager, dsm_computers)

    expected = Text(
        "{heap_gib} GiB for {count} agents",
        heap_gib=row.heap_gib,
        count=count_agents(dsm_computers),
    )

    def of_node(node: DsmNode) -> Iterator[Problem | Note]:
        host = host_of(node, environment, manager_hosts)
        running = known(fact_of(node, environment, manager_nodes).heaps)
        largest = max((heap for heap in running if heap is not None), default=None)
        named = f"{node.slug} on {host.hostname}"
        least, heap = row.heap_gib * GIB, known(host.manager.heap)
        if heap is not None and heap < least:
            found = Text("{heap:.1f} GiB is set", heap=heap / GIB)
            short = Finding(named, found, expected, row.citation, Severity.WARNING)
            yield weighed(short, heap, NODE_HEAP)
        if largest is not None and largest < least:
            found = Text("{heap:.1f} GiB is what runs", heap=largest / GIB)
            short = Finding(named, found, expected, row.citation, Severity.WARNING)
            yield weighed(short, largest, NODE_HEAP)
        yield from (Unknown(named, why) for why in _untold(host, running))
        if not running:
            yield Note(
                named, Text("no running Java of the manager was seen: what is set was judged")
            )

    problems, notes = each(dsm, of_node)
    judge(
        examined=len(dsm.nodes),
        of=Text("nodes of {slug}", slug=dsm.slug),
        problems=problems,
        notes=notes,
        rests_on=[row.citation, floor(NODE_HEAP).citation],
    )


def _untold(host: Host, running: Sequence[int | None]) -> Iterator[str]:
    """Why nobody can say which heap a node has, as set and as running."""
    if host.manager.heap is None:
        yield Text("no -Xmx is set: which heap the manager takes by itself is unknown")
    elif running and set(running) == {None}:
        yield Text(
            "what runs was started without the -Xmx that is set: dsm_s was not restarted since"
        )
    service = host.manager_service
    if not running and service and (service.name, service.state) == ("dsm_s", "active"):
        yield Text(
            "dsm_s is active, but kanmon's account sees no Java of it: let it see all processes"
        )


@check(
    "DSM-DISK-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("manager",),
    phases=("pre",),
    remediation="Free or add disk where the manager lies. The vendor's own least could not be "
    "read: put its figure into an overlay of manager_disk, and a lack of it blocks.",
    refs=("table:manager_disk", "table:manager_sizing", "table:floors"),
)
def test_nodes_have_the_disk_of_the_installer(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    manager_nodes: dict[str, ManagerNode | Unread],
    environment: Environment,
    target_manager: DeepSecurity,
    judge: Judge,
) -> None:
    """Every node has the free disk that the installer needs, and a disk of the recommended size.

    An installer that fills the disk stops after the old version is gone and before the new one
    works. The recommended size warns: agent packages and updates grow there after the upgrade. So
    does the least free disk, which is recalled; less than the floor blocks.
    """
    row, least = needed(target_manager, dsm_computers), manager_disk(target_manager)
    if least is None:
        judge.undetermined(Text("no row of manager_disk covers {target}", target=target_manager))

    def of_node(node: DsmNode) -> Iterator[Problem]:
        disk = known(fact_of(node, environment, manager_nodes).disk)
        folder = "/opt/dsm" if disk.mount.startswith("/") else "the manager"
        named = f"{node.slug}, {folder} on {disk.mount}"
        if disk.free < least.free_mib * 1024**2:
            found = Text("{free:.1f} GiB free", free=disk.free / GIB)
            expected = Text("{free_mib} GiB free", free_mib=f"{least.free_mib / 1024:g}")
            short = Finding(named, found, expected, least.citation)
            yield weighed(short, disk.free, NODE_DISK)
        if isinstance(disk.size, Unread):
            yield Unknown(named, disk.size.reason)
        elif disk.size < row.disk_gib * GB:
            found, wanted = (
                Text("{size:.0f} GB in all", size=disk.size / GB),
                Text("{disk_gib} GB, recommended", disk_gib=row.disk_gib),
            )
            yield Finding(named, found, wanted, row.citation, Severity.WARNING)

    problems, _ = each(dsm, of_node)
    judge(
        examined=len(dsm.nodes),
        of=Text("nodes of {slug}", slug=dsm.slug),
        problems=problems,
        rests_on=[row.citation, least.citation, floor(NODE_DISK).citation],
    )


@check(
    "DSM-OS-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    steps=("manager",),
    phases=("pre",),
    remediation="Move the node to a system that the target supports, before the upgrade. What the "
    "vendor supports could hardly be read: confirm it, and put it into an overlay of manager_os.",
    refs=("table:manager_os",),
)
def test_nodes_run_a_supported_system(
    dsm: Dsm,
    manager_hosts: dict[str, Host | Unread],
    environment: Environment,
    target_manager: DeepSecurity,
    judge: Judge,
) -> None:
    """The operating system of every node is supported by the target.

    An installer refuses a system that it does not know, or installs a manager that its vendor does
    not help with when it fails.
    """
    rests_on = []

    def of_node(node: DsmNode) -> Iterator[Problem | Note]:
        host = host_of(node, environment, manager_hosts)
        named = f"{node.slug} on {host.hostname}"
        row = manager_os(f"{host.os_id} {host.os_version.partition('.')[0]}", target_manager)
        if row is None:
            yield Unknown(
                named,
                Text(
                    "no row of manager_os covers {os_name} and {target}",
                    os_name=host.os_name,
                    target=target_manager,
                ),
            )
            return
        rests_on.append(row.citation)
        if not row.supported:
            expected = Text("a system that a manager {target} supports", target=target_manager)
            yield Finding(named, host.os_name, expected, row.citation)
        elif row.note:
            yield Note(named, Text("{os}: {note}", os=row.os, note=row.note))

    problems, notes = each(dsm, of_node)
    judge(
        examined=len(dsm.nodes),
        of=Text("nodes of {slug}", slug=dsm.slug),
        problems=problems,
        notes=notes,
        rests_on=list(dict.fromkeys(rests_on)),
    )


@check(
    "DSM-BOOT-001",
    severity=Severity.WARNING,
    attestable=Attestable.MOMENTARY,
    steps=("manager",),
    phases=("pre",),
    remediation="Restart the named machine before the change window, and see the manager's service "
    "come back.",
    refs=(
        "https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-movefileexa (renames)",
    ),
)
def test_no_restart_is_pending_on_a_node(
    dsm: Dsm,
    manager_nodes: dict[str, ManagerNode | Unread],
    environment: Environment,
    judge: Judge,
) -> None:
    """No node on Windows waits for a restart.

    What is still to be replaced at the next start may be what the installer needs, and an installer
    that finds a restart pending stops or asks for one in the middle. Linux keeps no such list.
    """
    on_windows = {one.node for one in environment.manager_host}
    asked = [node for node in dsm.nodes if node.slug in on_windows]

    def of_node(node: DsmNode) -> Iterator[Finding]:
        reasons = known(fact_of(node, environment, manager_nodes).pending_restart)
        if node in asked and reasons:
            found = Text("pending: {reasons}", reasons=", ".join(reasons))
            yield Finding(node.slug, found, Text("no restart pending"))

    problems, _ = each(dsm, of_node) if asked else ([], [])
    judge(
        examined=len(asked),
        of=Text("nodes of {slug} on Windows", slug=dsm.slug),
        problems=[one for one in problems if one.subject in on_windows],
    )


@check(
    "DSM-TIME-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=("manager",),
    phases=("pre",),
    remediation="Let the named machine take its time from the same source as the others, set the "
    "same time zone on all of them, and restart dsm_s where the zone changed.",
    refs=(
        "https://help.deepsecurity.trendmicro.com/12_0/on-premise/ja-jp/Get-Started/Install/install-database.html",
        "https://help.deepsecurity.trendmicro.com/10_3/on-premise/Manage-Components/multinode-dsm.html",
    ),
)
def test_nodes_and_database_agree_on_time(
    dsm: Dsm,
    manager_nodes: dict[str, ManagerNode | Unread],
    all_database_clock: dict[str, state.Clock | Unread],
    environment: Environment,
    judge: Judge,
) -> None:
    """Nodes and database agree on time and time zone.

    The nodes share out their work by the database's time: one that is apart takes the other for
    dead, or itself for the only one, while the schema changes.
    """
    clocks, problems = _clocks(dsm, environment, manager_nodes, all_database_clock)
    tolerated = environment.tolerances.clock_seconds
    for one, other in combinations(clocks, 2):
        least, most = apart(one.span, other.span)
        found = Text(
            "{least:.0f} to {most:.0f} s apart from {name}", least=least, most=most, name=one.name
        )
        if least > tolerated:
            problems.append(
                Finding(
                    other.name, found, Text("at most {tolerated} s", tolerated=f"{tolerated:g}")
                )
            )
        elif most > tolerated:
            problems.append(
                Unknown(
                    other.name,
                    Text(
                        "{found}, {tolerated} s are allowed",
                        found=found,
                        tolerated=f"{tolerated:g}",
                    ),
                )
            )
        if one is clocks[0] and other.offset_minutes != one.offset_minutes:
            problems.append(
                Finding(
                    other.name,
                    other.offset,
                    Text("{offset} as {name}", offset=one.offset, name=one.name),
                )
            )
    zones = ", ".join(f"{one.name} {one.zone}" for one in clocks if one.zone)
    differ = len({one.zone for one in clocks if one.zone}) > 1
    judge(
        examined=len(dsm.nodes) + 1,
        of=Text("clocks of {slug} (of its nodes and its database)", slug=dsm.slug),
        problems=problems,
        notes=[Note(dsm.slug, Text("names of the time zones: {zones}", zones=zones))]
        if differ
        else [],
    )


def _clocks(
    dsm: Dsm,
    environment: Environment,
    nodes: dict[str, ManagerNode | Unread],
    databases: dict[str, state.Clock | Unread],
) -> tuple[list[Shown], list[Problem]]:
    """The clocks that were read, and whose was not."""
    clocks: list[Shown] = []

    def of_node(node: DsmNode) -> Iterator[Unknown]:
        clock = fact_of(node, environment, nodes).clock
        if isinstance(clock, Unread):
            yield Unknown(node.slug, clock.reason)
        else:
            clocks.append(of_host(node.slug, clock))

    problems, _ = each(dsm, of_node)
    database = next(one for one in environment.database if one.slug == dsm.database)
    clock = databases[database.slug]
    if isinstance(clock, Unread):
        return clocks, [*problems, Unknown(database.slug, clock.reason)]
    return [*clocks, of_database(database.slug, clock, ceil(database.timeout))], problems
