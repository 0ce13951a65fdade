"""The way back, before anything is changed."""

from collections.abc import Iterator

from kanmon.by_person import by_person
from kanmon.check import Finding, Note, Severity, Unknown, Verdict, check, known
from kanmon.database_backups import flaws, fulls, stamp, told
from kanmon.environment import Database, Dsm, DsmNode, Environment
from kanmon.facts import Unread
from kanmon.facts.database import Server
from kanmon.facts.database_state import Backups, NotKept
from kanmon.facts.dsm import Manager
from kanmon.facts.linux_manager import ManagerNode
from kanmon.facts.run import Moment
from kanmon.installer import of_version
from kanmon.nodes import each, fact_of
from kanmon.versions import DeepSecurity


@check(
    "RB-DB-001",
    severity=Severity.BLOCKER,
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
    environment: Environment,
    moment: Moment,
    verdict: Verdict,
) -> None:
    """The way back exists: a database backup from before the step, restorable on the same version.

    The product cannot go back to an earlier release: today's manager is installed again and shown
    this backup. kanmon reads what the server says of it and restores nothing, so whether it can
    really be restored a named person attests; the report says so where nobody does.
    """
    of, where = f"ways back of {database.slug}", f"{database.database} on {database.where}"
    attested = environment.attested("RB-DB-001", database.slug, moment.now)
    if isinstance(database_backups, NotKept):
        by_person(verdict, subject=where, of=of, record=database_backups, attested=attested)
        return
    line = _line(database_server.version)
    found = [one for one in fulls(database_backups) if not [*flaws(one, database_backups)]]
    same = [one for one in found if _line(one.version) == line]
    problem = (
        f"taken by another version of the server: {told(found[0])}"
        if found
        else "none that is whole"
    )
    problem = f"{problem}, read back to {stamp(database_backups.since)}"
    unseen = database_backups.elsewhere and not same
    nobody = "nobody attests that a restore was rehearsed (RB-DB-001)"
    notes = [told(same[0])] if same else []
    notes += ["its files are encrypted (TDE): keep the certificate"] * database_backups.encrypted
    expected = f"a full backup taken by a server of version {line}"
    verdict(
        examined=1,
        of=of,
        findings=[] if same or unseen else [Finding(where, problem, expected)],
        unknown=[Unknown(where, f"{problem}; other replicas may have one")] if unseen else [],
        notes=[Note(where, note) for note in (*notes, str(attested or nobody))],
    )


@check(
    "RB-INST-001",
    severity=Severity.WARNING,
    steps=("manager",),
    phases=("pre",),
    remediation="Put the installer of today's version on a node, by its own name, where kanmon's "
    "account may read it, and say where in the environment file (old_installer of its linux host).",
    refs=("https://help.deepsecurity.trendmicro.com/aws/release-lifecycle.html",),
)
def test_todays_installer_is_at_hand(
    dsm: Dsm,
    dsm_manager: Manager,
    all_linux_node: dict[str, ManagerNode | Unread],
    environment: Environment,
    verdict: Verdict,
) -> None:
    """Today's manager installer is at hand on one of the nodes.

    The product does not go back by itself: the way back is today's installer and the restored
    database, and the download centre may not offer an old build in the night of the change.
    """
    today = DeepSecurity.parse(dsm_manager.version)
    kept: list[str] = []

    def judge(node: DsmNode) -> Iterator[Unknown]:
        files = of_version(known(fact_of(node, environment, all_linux_node).old_installers), today)
        kept.extend(file.path for file in files if file.readable)
        if closed := [file.path for file in files if not file.readable]:
            yield Unknown(node.slug, f"kanmon's account may not read {', '.join(closed)}")

    _, unknown, _ = each(dsm, judge)
    nowhere = Finding(dsm.slug, "no such file on its nodes", f"an installer of {today}")
    verdict(
        examined=len(dsm.nodes),
        of=f"nodes of {dsm.slug} on which it may lie",
        findings=[] if kept or unknown else [nowhere],
        unknown=[] if kept else unknown,
    )


def _line(version: str) -> str:
    """The release of a build: 13.0 of 13.0.5026, and 10.50, which is not 10.0."""
    return ".".join(version.split(".")[:2])
