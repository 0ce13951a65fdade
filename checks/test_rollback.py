"""The way back, before anything is changed."""

from collections.abc import Iterator

from kanmon.check import (
    ALL,
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
from kanmon.environment.change import DECISION
from kanmon.environment.file import Environment
from kanmon.environment.targets import Database, Dsm, DsmNode
from kanmon.facts import Unread
from kanmon.facts.common import NotKept
from kanmon.facts.database.server import Server
from kanmon.facts.database.state import Backups, Instance
from kanmon.facts.dsm.manager import Computer, Manager
from kanmon.facts.dsm.system import Packages
from kanmon.facts.linux.manager import ManagerNode
from kanmon.facts.run import Moment
from kanmon.judging.by_person import by_person
from kanmon.judging.database_backups import flaws, fulls, stamp, told
from kanmon.judging.installer import of_version
from kanmon.judging.nodes import each, fact_of
from kanmon.judging.packages import groups, lacking
from kanmon.knowledge.lookup import sqlserver_engine
from kanmon.matching import installed
from kanmon.text import Text
from kanmon.versions import DeepSecurity


@check(
    "RB-DB-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=("manager",),
    phases=("pre",),
    remediation="Take a full backup on the server as it is now, restore it on another one of the "
    "same version, and attest that (check = RB-DB-001).",
    refs=("https://learn.microsoft.com/sql/t-sql/statements/restore-statements-transact-sql",),
)
def test_database_can_be_brought_back(
    database: Database,
    database_server: Server,
    database_backups: Backups | NotKept,
    all_database_instance: dict[str, Instance | Unread],
    judge: Judge,
) -> None:
    """The way back exists: a database backup from before the step, restorable on the same version.

    The product cannot go back to an earlier release: today's manager is installed again and shown
    this backup. kanmon reads what the server says of it and restores nothing: whether it can really
    be restored is a question of RB-HUMAN-001.
    """
    of, where = (
        Text("ways back of {slug}", slug=database.slug),
        f"{database.database} on {database.where}",
    )
    if isinstance(database_backups, NotKept):
        by_person(judge, subject=where, of=of, record=database_backups)
        return
    line = _line(database_server.version)
    found = [one for one in fulls(database_backups) if not [*flaws(one, database_backups)]]
    same = [one for one in found if _line(one.version) == line]
    problem = (
        Text("taken by another version of the server: {told}", told=told(found[0]))
        if found
        else Text("none that is whole")
    )
    problem = Text(
        "{problem}, read back to {stamp}", problem=problem, stamp=stamp(database_backups.since)
    )
    instance = all_database_instance[database.slug]
    unseen = _unseen(database_backups, instance, where, problem, whole=bool(found))
    notes = [told(same[0])] if same else []
    if database_backups.encrypted:
        notes.append(Text("its files are encrypted (TDE): keep the certificate"))
    expected = Text("a full backup taken by a server of version {line}", line=line)
    judge(
        examined=1,
        of=of,
        problems=[
            *([] if same or unseen else [Finding(where, problem, expected)]),
            *([] if same else unseen),
        ],
        notes=[Note(where, note) for note in notes],
    )


@check(
    "RB-INST-001",
    severity=Severity.WARNING,
    attestable=Attestable.CONFIGURATION,
    steps=("manager",),
    phases=("pre",),
    remediation="Put the installer of today's version on a node, by its own name, where kanmon's "
    "account may read it, and say where in the environment file (old_installer of its host).",
    refs=("https://help.deepsecurity.trendmicro.com/aws/release-lifecycle.html",),
)
def test_todays_installer_is_at_hand(
    dsm: Dsm,
    dsm_manager: Manager,
    manager_nodes: dict[str, ManagerNode | Unread],
    environment: Environment,
    judge: Judge,
) -> None:
    """Today's manager installer is at hand on one of the nodes.

    The product does not go back by itself: the way back is today's installer and the restored
    database, and the download centre may not offer an old build in the night of the change.
    """
    today = DeepSecurity.parse(dsm_manager.version)
    kept: list[str] = []

    def of_node(node: DsmNode) -> Iterator[Unknown]:
        files = of_version(known(fact_of(node, environment, manager_nodes).old_installers), today)
        kept.extend(file.path for file in files if file.readable and file.size)
        if closed := [file.path for file in files if not file.readable]:
            yield Unknown(
                node.slug, Text("kanmon's account may not read {closed}", closed=", ".join(closed))
            )

    unread, _ = each(dsm, of_node)
    nowhere = Finding(
        dsm.slug, Text("no such file on its nodes"), Text("an installer of {today}", today=today)
    )
    judge(
        examined=len(dsm.nodes),
        of=Text("nodes of {slug} on which it may lie", slug=dsm.slug),
        problems=[] if kept else unread or [nowhere],
    )


@check(
    "RB-AGENT-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("agent",),
    phases=("pre",),
    remediation="Import the package of today's agent version for the named platform again, and "
    "keep it until the change is accepted (mind how many the manager keeps of each platform).",
    refs=("table:package_platforms", "https://success.trendmicro.com/en-US/solution/KA-0010891"),
)
def test_packages_of_todays_agents_are_kept(
    dsm: Dsm, dsm_computers: tuple[Computer, ...], dsm_packages: Packages, judge: Judge
) -> None:
    """The packages of today's agent version are still in the manager, for every platform in use.

    An agent goes back by removing it and installing its old package, which the manager deletes
    once it keeps too many. Windows needs a restart on the way back, Linux does not.
    """
    agents = [one for one in dsm_computers if one.has_agent and one.kind == "machine"]
    versions, unclear = installed(agents)
    problems: list[Problem] = [*unclear]
    examined = len(unclear)
    rests_on = []
    for version in sorted(set(versions.values())):
        for group in groups(one for one in agents if versions.get(one.id) == version):
            examined += 1
            rests_on += [group.row.citation] if group.row else []
            problems += lacking(
                group,
                dsm_packages,
                "Agent",
                version.__eq__,
                Text("agent {version}, as it is now", version=version),
            )
    judge(
        examined=examined,
        of=Text("platforms and versions of agents of {slug}", slug=dsm.slug),
        problems=problems,
        rests_on=rests_on,
    )


def _unseen(
    backups: Backups, instance: Instance | Unread, where: str, problem: str, *, whole: bool
) -> list[Unknown]:
    """That a way back may be there, although the history shows none of this very version."""
    engine = None if isinstance(instance, Unread) else sqlserver_engine(instance.engine_edition)
    if whole and engine and not engine.builds:
        return [
            Unknown(
                where,
                Text(
                    "{problem}; the version of {product} cannot be compared",
                    problem=problem,
                    product=engine.product,
                ),
            )
        ]
    if backups.elsewhere:
        return [Unknown(where, Text("{problem}; other replicas may have one", problem=problem))]
    return []


def _line(version: str) -> str:
    """The release of a build: 13.0 of 13.0.5026, and 10.50, which is not 10.0."""
    return ".".join(version.split(".")[:2])


TOPICS = ("vendor told", "restore rehearsed")


NOT_APPROVED = Text("no run is approved: what the board decides on is named by [change] approved")


@check(
    "RB-HUMAN-001",
    severity=Severity.WARNING,
    attestable=Attestable.DOCUMENT,
    steps=ALL,
    phases=("pre",),
    remediation="See to what is named, and have it attested: by name, and with the day. What the "
    "board approved is written as [change] approved; docs/gate.md shows it.",
    refs=(
        "https://blog.jbs.co.jp/entry/2023/03/17/113607 (the procedure, as integrators went it)",
    ),
)
def test_what_no_machine_can_see_is_attested(
    environment: Environment, moment: Moment, judge: Judge
) -> None:
    """Change approved, vendor told, restore rehearsed: each by a named person.

    What the board approved is a run, which the environment file names. A simulated estate has no
    board. No interface knows whether a board agreed, whether the vendor's support will answer at
    night, or whether anybody ever went the way back; on the night it is too late to find out.
    """
    change = environment.change
    board = not moment.simulated
    approved = change and change.approved
    problems = [Unknown(topic, Text("no machine can see it")) for topic in TOPICS]
    if board and not approved:
        problems.append(Unknown(DECISION, NOT_APPROVED, by_person=False))
    notes = []
    if approved:
        said = Text(
            "{by} approved {run}, {ticket}",
            by=approved.by,
            run=approved.run,
            ticket=approved.ticket,
        )
        notes.append(Note(DECISION, said))
    judge(
        examined=len(TOPICS) + board,
        of=Text("things that no machine can see"),
        problems=problems,
        notes=notes,
    )
