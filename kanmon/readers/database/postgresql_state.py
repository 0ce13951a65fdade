"""PostgreSQL: what its catalogue knows of itself; of backups and volumes it knows nothing."""

from __future__ import annotations

from datetime import UTC, datetime

from kanmon.errors import CouldNotRead
from kanmon.facts.common import NotKept
from kanmon.facts.database.state import (
    Clock,
    Connection,
    Health,
    Holder,
    Instance,
    Replica,
    Storage,
)
from kanmon.readers.apart import each
from kanmon.readers.database.names import resolved
from kanmon.readers.database.question import (
    Answer,
    ask,
    ask_one,
    ask_some,
    attempt,
    question,
    session_label,
)
from kanmon.readers.database.session import Session
from kanmon.text import Text

SEE_SESSIONS = Text("GRANT pg_read_all_stats TO the role")
_OF_THE_ROLE = ("user", "database user", "client", "session")
_UTC = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')"""
_HERE = "(SELECT 1 AS one) AS here"

CLOCK = question(
    Text("the server's clock"),
    {
        "utc": _UTC.format("clock_timestamp()"),
        "seconds": "EXTRACT(TIMEZONE FROM clock_timestamp())::int",
        "zone": "s.setting",
        "source": "s.source",
    },
    "pg_settings s WHERE s.name = 'TimeZone'",
    "text",
)
SIZE = question(
    Text("the size of the database"),
    {"bytes": "pg_database_size(current_database())"},
    _HERE,
    "text",
)
ARCHIVER = question(
    Text("the archiver of the log"),
    {
        "mode": "current_setting('archive_mode')",
        "archived": _UTC.format("a.last_archived_time"),
        "failed": _UTC.format("a.last_failed_time"),
        "failing": "a.last_failed_time > coalesce(a.last_archived_time, '-infinity')",
    },
    "pg_stat_archiver a",
    "text",
)
# pg_basebackup has two entries, its copy and the log beside it. A row whose state is hidden stays.
_BASE_BACKUP = "(r.state = 'backup' OR r.application_name = 'pg_basebackup')"
STANDBYS = question(
    Text("the standbys"),
    {"name": "r.application_name", "state": "r.state", "mode": "r.sync_state"},
    f"pg_stat_replication r WHERE r.state IS NULL OR {_BASE_BACKUP} IS NOT TRUE",
    "text",
)
BASE_BACKUPS = question(
    Text("the running base backups"),
    {"running": "count(*)"},
    "pg_stat_replication r WHERE r.state = 'backup'",
    "text",
)
# A lost slot has no restart_lsn any more. The columns that tell of it are read as JSON, since older
# servers lack them and would refuse their names: wal_status is of 13, invalidation_reason of 17.
_LOST = "to_jsonb(s) ->> 'wal_status' = 'lost'"
ABANDONED = question(
    Text("the replication slots that nobody uses"),
    {
        "name": "s.slot_name",
        "kind": "s.slot_type",
        "lost": f"coalesce({_LOST}, false)",
        "reason": "to_jsonb(s) ->> 'invalidation_reason'",
    },
    f"pg_replication_slots s WHERE {_LOST} OR (NOT s.active AND s.restart_lsn IS NOT NULL)",
    "text",
)
CHECKSUMS = question(
    Text("the failures of page checksums"),
    {"on": "current_setting('data_checksums') = 'on'", "failures": "d.checksum_failures"},
    "pg_stat_database d WHERE d.datname = current_database()",
    "text",
)
HOLDERS = question(
    Text("who holds the database"),
    {
        "name": "r.rolname",
        "login": "r.rolcanlogin",
        "superuser": "r.rolsuper",
        "owner": "r.oid = d.datdba",
    },
    "pg_roles r JOIN pg_database d ON d.datname = current_database() "
    "WHERE pg_has_role(r.oid, d.datdba, 'MEMBER')",
    "text",
)
CONNECTIONS = question(
    Text("the live sessions"),
    {
        "login": "a.usename",
        "program": "a.application_name",
        "machine": "host(a.client_addr)",
        "encrypted": "s.ssl",
    },
    "pg_stat_activity a LEFT JOIN pg_stat_ssl s USING (pid) "
    "WHERE a.datname = current_database() AND pid <> pg_backend_pid()",
    "text",
)
QUESTIONS = (
    CLOCK,
    SIZE,
    ARCHIVER,
    STANDBYS,
    BASE_BACKUPS,
    ABANDONED,
    CHECKSUMS,
    HOLDERS,
    CONNECTIONS,
)


def read_instance(session: Session) -> Instance:
    """PostgreSQL does not tell its machine's name."""
    target = session.target
    return Instance("", "", None, resolved(target.address, target.port))


def read_clock(session: Session) -> Clock:
    """The server's clock, in the time zone that a session gets.

    Raises:
        CouldNotRead: the account, or the machine that kanmon runs on, has a time zone of its own.
    """
    sent = datetime.now(UTC)
    found = ask_one(session, CLOCK)
    asked = datetime.now(UTC)
    if found.text("source") in _OF_THE_ROLE:
        got = Text(
            "TimeZone is set for the account itself (source: {source})", source=found.text("source")
        )
        raise CouldNotRead(
            Text("read {about}", about=found.about),
            got,
            Text("reset the account's TimeZone; unset PGTZ where kanmon runs"),
        )
    offset = found.whole("seconds") // 60
    return Clock(found.when("utc"), offset, found.text("zone"), asked, sent)


def read_storage(session: Session) -> Storage:
    """The size of the database; what is free on its volumes the catalogue does not know."""
    size = ask_one(session, SIZE).whole("bytes")
    reason = Text(
        "PostgreSQL does not tell what is free on its volumes: look with df on its server"
    )
    return Storage(
        used=size,
        files=NotKept(reason, (Text("the database holds {size:.1f} GiB", size=size / 2**30),)),
    )


def read_backups(session: Session) -> NotKept:
    """PostgreSQL's catalogue keeps no backups; what its archiver did is told beside that."""
    found = ask_one(session, ARCHIVER)
    told = Text("archive_mode is {mode}", mode=found.text("mode"))
    if last := found.maybe("archived"):
        last = last[:16]
        told = Text("{told}, the last segment was archived {last} UTC", told=told, last=last)
    if found.maybe("failing") == "true":
        told = Text(
            "{told}, and the archiver has failed since ({failed} UTC)",
            told=told,
            failed=found.text("failed")[:16],
        )
    reason = Text("PostgreSQL keeps no history of backups: look at the tool that takes them")
    return NotKept(reason, (told,))


def read_health(session: Session) -> Health:
    """Standbys, and failures of page checksums where the server counts them."""
    reason = Text(
        "PostgreSQL keeps no date of an integrity check: look at the last pg_amcheck or dump"
    )
    return Health(
        replicas=attempt(lambda: _standbys(session) + _away(session)),
        checked=NotKept(reason),
        damaged_pages=attempt(lambda: _failures(session)),
        base_backups=attempt(lambda: ask_one(session, BASE_BACKUPS).whole("running")),
    )


def _standbys(session: Session) -> tuple[Replica, ...]:
    rows = ask(session, STANDBYS)
    if any(row.maybe("state") is None for row in rows):
        raise CouldNotRead(
            Text("read the standbys"), Text("the server hides their state"), SEE_SESSIONS
        )
    return each(
        rows,
        lambda row: Replica(
            group="streaming",
            server=row.maybe("name") or "a standby without a name",
            local=False,
            role="standby",
            mode=row.text("mode"),
            state=row.text("state"),
            health=None,
            connected="CONNECTED",
            suspended=False,
        ),
        lambda row: row.called("name"),
    )


def _away(session: Session) -> tuple[Replica, ...]:
    """Copies that no longer stream: the server forgets them, and keeps its log for their slots.

    A subscriber's logical slot keeps it as a standby's does. Of a slot that is lost it keeps none:
    whoever comes back for it must be made anew.

    Source: https://www.postgresql.org/docs/current/view-pg-replication-slots.html
    """
    return each(
        ask(session, ABANDONED),
        lambda row: Replica(
            group="streaming",
            server=f"of slot {row.text('name')}",
            local=False,
            role="standby" if row.text("kind") == "physical" else "subscriber",
            mode="slot",
            state=ended(row),
            health=None,
            connected="DISCONNECTED",
            suspended=False,
        ),
        lambda row: f"of slot {row.called('name')}",
    )


def ended(slot: Answer) -> str:
    """What became of a slot, with the server's reason where it tells one."""
    if not slot.truth("lost"):
        return "inactive"
    reason = slot.maybe("reason")
    return f"lost ({reason})" if reason else "lost"


def _failures(session: Session) -> int | NotKept:
    found = ask_one(session, CHECKSUMS)
    if found.truth("on"):
        return found.whole("failures")
    return NotKept(Text("data_checksums is off: the server does not notice damaged pages"))


def read_holders(session: Session) -> tuple[Holder, ...]:
    """The owner, who is a member of it, and superusers."""
    return tuple(
        Holder(
            login=row.text("name") if row.truth("login") else None,
            user=row.text("name"),
            kind="ROLE",
            through="owner"
            if row.truth("owner")
            else ("superuser" if row.truth("superuser") else "member"),
        )
        for row in ask_some(session, HOLDERS)
    )


def read_connections(session: Session) -> tuple[Connection, ...]:
    """The live sessions in the database."""
    return each(
        ask(session, CONNECTIONS),
        lambda row: Connection(
            login=row.text("login"),
            program=row.maybe("program") or "",
            machine=row.maybe("machine") or "",
            encrypted=_encrypted(row.maybe("encrypted")),
        ),
        session_label,
    )


def _encrypted(told: str | None) -> bool:
    if told is None:
        raise CouldNotRead(
            Text("read the live sessions"), Text("the server hides them"), SEE_SESSIONS
        )
    return told == "true"
