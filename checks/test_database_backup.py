"""The backup and the free space of the manager's database: its way back, and its way through."""

from datetime import timedelta

from kanmon.check import Attestable, Finding, Judge, Note, Severity, check
from kanmon.environment.file import Environment
from kanmon.environment.targets import Database
from kanmon.facts import Unread
from kanmon.facts.common import NotKept
from kanmon.facts.database.state import Backup, Backups, Storage
from kanmon.facts.run import Moment
from kanmon.judging import goals
from kanmon.judging.by_person import by_person
from kanmon.judging.database_backups import best, stamp, told
from kanmon.judging.database_space import gib, problems, volumes
from kanmon.knowledge.lookup import upgrade_space
from kanmon.text import Text

ELSEWHERE = Text(
    "backups of an availability group may be taken on another replica, whose history is not "
    "read: look there"
)


@check(
    "DB-BKP-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=("manager",),
    phases=("pre",),
    remediation="Take a full backup WITH CHECKSUM (COPY_ONLY leaves the order of the others as it "
    "is), and a log backup after it where the recovery model is not SIMPLE. Where kanmon cannot "
    "see the backups, attest them by name.",
    refs=(
        "https://learn.microsoft.com/sql/relational-databases/system-tables/backupset-transact-sql",
    ),
)
def test_database_has_a_fresh_backup(
    database: Database,
    database_backups: Backups | NotKept,
    environment: Environment,
    moment: Moment,
    judge: Judge,
) -> None:
    """A full backup finished within the allowed age and is whole; log backups follow it.

    A schema upgrade that stops half way cannot be undone by the manager: restoring this backup is
    the only way back. It must have checksums, must not be marked as damaged, and in the recovery
    models FULL and BULK_LOGGED the log backups must lead from it to today without a gap.
    """
    of, where = (
        Text("backups of {slug}", slug=database.slug),
        f"{database.database} on {database.where}",
    )
    oldest = moment.now - timedelta(hours=environment.tolerances.backup_hours)
    latest = moment.now + timedelta(seconds=environment.tolerances.clock_seconds)
    if isinstance(database_backups, NotKept):
        by_person(judge, subject=where, of=of, record=database_backups)
        return
    if database_backups.since > oldest:
        judge.undetermined(
            Text("the history was read back to {stamp} only", stamp=stamp(database_backups.since))
        )
    found = best(database_backups, oldest, latest)
    if isinstance(found, Backup):
        judge(examined=1, of=of, notes=[Note(where, told(found))])
    elif database_backups.elsewhere:
        record = NotKept(Text.joined("; ", (found, ELSEWHERE)))
        by_person(judge, subject=where, of=of, record=record)
    else:
        expected = Text("one since {stamp} that can be restored up to now", stamp=stamp(oldest))
        judge(examined=1, of=of, problems=[Finding(where, found, expected)])


@check(
    "DB-SPACE-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("manager",),
    phases=("pre",),
    remediation="Enlarge the volume, or raise the limit of the files; deleting agent packages that "
    "nobody needs makes the database smaller. Where kanmon cannot see the volumes, attest them.",
    refs=("table:database_upgrade_space",),
)
def test_database_has_room_for_the_upgrade(
    database: Database,
    database_storage: Storage,
    environment: Environment,
    judge: Judge,
) -> None:
    """Free space is at least 2 x (data + log) for the schema upgrade, and no file is capped below.

    The upgrade copies whole tables within a few transactions. When a volume or a file is full it
    stops, and what it did must be rolled back, or restored.
    """
    of, where = (
        Text("files of {slug}", slug=database.slug),
        f"{database.database} on {database.where}",
    )
    files = database_storage.files
    if isinstance(files, NotKept):
        by_person(judge, subject=where, of=of, record=files)
        return
    row = upgrade_space(goals.target_manager(environment))
    if row is None or isinstance(files, Unread):
        judge.undetermined(files.reason if isinstance(files, Unread) else Text("no table row fits"))
    judge(
        examined=len(files) + 3,
        of=Text("{of}, and its data, log and both", of=of),
        problems=problems(database_storage, files, where, row),
        rests_on=[row.citation],
        notes=[Note(one.mount, Text("{gib} free", gib=gib(one.free))) for one in volumes(files)],
    )
