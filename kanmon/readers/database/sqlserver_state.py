"""SQL Server: who it is, its clock, its copies of the database, who holds it, who is in it.

What is asked is asked of server-wide views. The database itself is named in one question, for the
members of its db_owner, and is entered by none: see ``kanmon.readers.database.sqlserver``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from kanmon.errors import CouldNotRead
from kanmon.facts.common import NotKept
from kanmon.facts.database.state import Clock, Connection, Health, Holder, Instance, Replica
from kanmon.readers.apart import each
from kanmon.readers.database.names import resolved
from kanmon.readers.database.question import (
    Answer,
    Question,
    ask,
    ask_one,
    ask_some,
    attempt,
    question,
    session_label,
)
from kanmon.readers.database.session import Session
from kanmon.readers.database.sqlserver_terms import (
    OFFSET,
    SEE_DATABASE,
    SEE_DEFINITIONS,
    SEE_HISTORY,
    SEE_STATE,
    TEXT,
    iso,
    literal,
    number_of,
    quoted,
    row_of,
)
from kanmon.text import Text

NEVER_CHECKED = datetime(1900, 1, 1, tzinfo=UTC).date()

INSTANCE = question(
    Text("the server's own names"),
    {
        "machine": "SERVERPROPERTY('MachineName')",
        "instance": "SERVERPROPERTY('InstanceName')",
        "server": "SERVERPROPERTY('ServerName')",
        "engine": "SERVERPROPERTY('EngineEdition')",
        "groups": "SERVERPROPERTY('IsHadrEnabled')",
    },
    "(SELECT 1 AS one) AS here",
    TEXT,
)
CLOCK = question(
    Text("the server's clock"),
    {"utc": iso("SYSUTCDATETIME()"), "minutes": OFFSET},
    "(SELECT 1 AS one) AS here",
    TEXT,
)
SYSADMINS = question(
    Text("the members of sysadmin"),
    {"name": "m.name", "kind": "m.type_desc"},
    "sys.server_role_members r "
    "JOIN sys.server_principals g ON g.principal_id = r.role_principal_id AND g.name = N'sysadmin' "
    "JOIN sys.server_principals m ON m.principal_id = r.member_principal_id",
    TEXT,
)


def integrity(database: str) -> Question:
    """When the database was last found sound."""
    good = f"DATABASEPROPERTYEX({literal(database)}, 'LastGoodCheckDbTime')"
    columns = {
        "checked": iso(f"CAST({good} AS datetime)"),
        "minutes": OFFSET,
    }
    return question(
        Text("the last integrity check of {database}", database=database),
        columns,
        f"sys.databases d {row_of(database)}",
        TEXT,
    )


def damage(database: str) -> Question:
    """How many damaged pages the server remembers: 1 to 3 are damaged, 4 to 7 repaired or gone."""
    return question(
        Text("the damaged pages of {database}", database=database),
        {"pages": "COUNT(*)"},
        f"msdb.dbo.suspect_pages p WHERE p.database_id = {number_of(database)} "
        "AND p.event_type IN (1, 2, 3)",
        TEXT,
    )


def replicas(database: str) -> Question:
    """The replicas of the database's availability group; one row without names for none."""
    columns = {
        "member": "CASE WHEN d.replica_id IS NULL THEN 0 ELSE 1 END",
        "group_name": "g.name",
        "server": "r.replica_server_name",
        "mode": "r.availability_mode_desc",
        "here": "s.is_local",
        "role": "s.role_desc",
        "connected": "s.connected_state_desc",
        "state": "b.synchronization_state_desc",
        "health": "b.synchronization_health_desc",
        "suspended": "b.is_suspended",
    }
    return question(
        Text("the availability group of {database}", database=database),
        columns,
        "sys.databases d "
        "LEFT JOIN sys.availability_replicas me ON me.replica_id = d.replica_id "
        "LEFT JOIN sys.availability_groups g ON g.group_id = me.group_id "
        "LEFT JOIN sys.availability_replicas r ON r.group_id = me.group_id "
        "LEFT JOIN sys.dm_hadr_availability_replica_states s ON s.replica_id = r.replica_id "
        "LEFT JOIN sys.dm_hadr_database_replica_states b ON b.replica_id = r.replica_id "
        "AND b.group_database_id = d.group_database_id "
        f"{row_of(database)}",
        TEXT,
    )


def owner(database: str) -> Question:
    """The login that owns the database."""
    return question(
        Text("the owner of {database}", database=database),
        {"owner": "SUSER_SNAME(d.owner_sid)"},
        f"sys.databases d {row_of(database)}",
        TEXT,
    )


def members(database: str) -> Question:
    """The members of db_owner; the user dbo is always one."""
    at = quoted(database)
    return question(
        Text("the members of db_owner in {database}", database=database),
        {"name": "m.name", "login": "SUSER_SNAME(m.sid)", "kind": "m.type_desc"},
        f"{at}.sys.database_role_members r "
        f"JOIN {at}.sys.database_principals g ON g.principal_id = r.role_principal_id "
        "AND g.name = N'db_owner' "
        f"JOIN {at}.sys.database_principals m ON m.principal_id = r.member_principal_id",
        TEXT,
    )


def connections(database: str) -> Question:
    """The live sessions in the database other than this one."""
    return question(
        Text("the live sessions in {database}", database=database),
        {
            "login": "s.login_name",
            "program": "s.program_name",
            "machine": "s.host_name",
            "encrypted": "CASE c.encrypt_option WHEN 'TRUE' THEN 1 WHEN 'FALSE' THEN 0 END",
        },
        "sys.dm_exec_connections c JOIN sys.dm_exec_sessions s ON s.session_id = c.session_id "
        f"WHERE s.session_id <> @@SPID AND s.database_id = {number_of(database)}",
        TEXT,
    )


def questions(database: str) -> Iterator[Question]:
    """Everything that this module asks about a database."""
    yield from (INSTANCE, CLOCK, SYSADMINS)
    yield from (integrity(database), damage(database), replicas(database))
    yield from (owner(database), members(database), connections(database))


def read_instance(session: Session) -> Instance:
    """Who the server says it is; a service in a cloud may have no machine to tell of."""
    target = session.target
    found = ask_one(session, INSTANCE)
    return Instance(
        machine=found.maybe("machine") or "",
        instance=found.maybe("instance") or "",
        engine_edition=found.whole("engine"),
        addresses=resolved(target.address, target.port),
    )


def read_clock(session: Session) -> Clock:
    """The server's clock; SQL Server before 2022 does not tell the name of its time zone."""
    sent = datetime.now(UTC)
    found = ask_one(session, CLOCK)
    asked = datetime.now(UTC)
    return Clock(found.when("utc"), found.whole("minutes"), "", asked, sent)


def read_health(session: Session) -> Health:
    """Copies of the database, and whether it is sound."""
    name = session.target.database
    found = ask_one(session, integrity(name), SEE_DEFINITIONS)
    return Health(
        replicas=attempt(lambda: _replicas(session)),
        checked=attempt(lambda: _checked(found)),
        damaged_pages=attempt(lambda: ask_one(session, damage(name), SEE_HISTORY).whole("pages")),
    )


def _checked(found: Answer) -> datetime | NotKept | None:
    if found.maybe("checked") is None:
        return NotKept(
            Text(
                "this build does not tell when the database was last checked (SQL Server does from "
                "2016 SP2 on): look at the result of the last DBCC CHECKDB"
            )
        )
    when = found.when("checked", found.whole("minutes"))
    never = found.when("checked").date() == NEVER_CHECKED
    return None if never else when


def in_group(session: Session) -> list[Answer]:
    """The rows of the database's availability group, none where it is in none."""
    if ask_one(session, INSTANCE).maybe("groups") != "1":
        return []
    rows = ask_some(session, replicas(session.target.database), SEE_DEFINITIONS)
    return [row for row in rows if row.truth("member")]


def _replicas(session: Session) -> tuple[Replica, ...]:
    rows = in_group(session)
    if any(row.maybe("server") is None for row in rows):
        got = Text("the server hides them")
        raise CouldNotRead(
            Text("read {about}", about=rows[0].about),
            got,
            Text.joined("; ", (SEE_DEFINITIONS, SEE_STATE)),
        )
    return each(
        rows,
        lambda row: Replica(
            group=row.text("group_name"),
            server=row.text("server"),
            local=row.maybe("here") == "1",
            role=row.maybe("role"),
            mode=row.maybe("mode"),
            state=row.maybe("state"),
            health=row.maybe("health"),
            connected=row.maybe("connected"),
            suspended=None if row.maybe("suspended") is None else row.truth("suspended"),
        ),
        lambda row: row.called("server"),
    )


def read_holders(session: Session) -> tuple[Holder, ...]:
    """The owner, the members of db_owner, and those of sysadmin."""
    name = session.target.database
    login = ask_one(session, owner(name)).maybe("owner")
    inside = ask_some(session, members(name), Text.joined("; ", (SEE_DATABASE, SEE_DEFINITIONS)))
    above = ask_some(session, SYSADMINS, SEE_DEFINITIONS)
    return (
        Holder(login, "dbo", "SQL_USER", "owner"),
        *(
            Holder(row.maybe("login"), row.text("name"), row.text("kind"), "db_owner")
            for row in inside
            if row.text("name") != "dbo"  # the owner, once more
        ),
        *(
            Holder(row.text("name"), row.text("name"), row.text("kind"), "sysadmin")
            for row in above
        ),
    )


def read_connections(session: Session) -> tuple[Connection, ...]:
    """The live sessions in the database."""
    rows = ask(session, connections(session.target.database), SEE_STATE)
    return each(
        rows,
        lambda row: Connection(
            login=row.text("login"),
            program=row.maybe("program") or "",
            machine=row.maybe("machine") or "",
            encrypted=row.truth("encrypted"),
        ),
        session_label,
    )
