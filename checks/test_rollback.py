"""The way back, before anything is changed."""

from kanmon.by_person import by_person
from kanmon.check import Finding, Note, Severity, Unknown, Verdict, check
from kanmon.database_backups import flaws, fulls, stamp, told
from kanmon.environment import Database, Environment
from kanmon.facts.database import Server
from kanmon.facts.database_state import Backups, NotKept
from kanmon.facts.run import Moment


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


def _line(version: str) -> str:
    """The release of a build: 13.0 of 13.0.5026, and 10.50, which is not 10.0."""
    return ".".join(version.split(".")[:2])
