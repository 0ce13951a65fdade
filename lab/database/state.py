"""The views of a simulated SQL Server: rows of texts, hidden or denied without the right."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from lab.transport import tds
from lab.world.database import DatabaseReplica
from lab.world.world import Database

Cell = str | None
Row = Mapping[str, object]

GIB = 2**30
PAGE = 8192
_LSN = 45 * 10**20
_COLUMN = re.compile(r" AS (\w+)(?=,| FROM )")  # the name of a column, not the type of a cast
_NAMED = re.compile(r"N'((?:[^']|'')*)'")
_SEES = "VIEW ANY DEFINITION"
_UNASKED = ("", _SEES)  # nothing is needed, or what may not be seen is hidden, not denied


def answer(database: Database, sql: str) -> bytes | None:
    """The reply to a question about a view; None where it is no such question."""
    found = re.match(r"SELECT CAST\(.* FROM (\S+)", sql)
    if not found:
        return None
    view = _view(database, found[1], sql)
    if view is None:
        return tds.error(208, f"Invalid object name '{found[1]}'.", 16)
    right, rows = view
    if right not in (*database.rights, *_UNASKED):
        return _denied(right, database)
    seen = () if right == _SEES and right not in database.rights else rows(database)
    columns = _COLUMN.findall(sql)
    return tds.result(columns, [[_text(row[name]) for name in columns] for row in seen])


_Rows = Callable[[Database], Sequence[Row]]


def _view(database: Database, name: str, sql: str) -> tuple[str, _Rows] | None:
    """The right that a view needs, and its rows for the database that the statement names."""
    inside = "[" + database.database.replace("]", "]]") + "].sys."
    if name.startswith(inside):
        name = f"[dsm].sys.{name.removeprefix(inside)}"
    views: dict[str, tuple[str, _Rows]] = {
        "(SELECT": ("", _server),
        "sys.databases": ("", _databases),
        "sys.master_files": (_SEES, _files),
        "sys.server_role_members": (_SEES, _sysadmins),
        "sys.dm_exec_connections": ("VIEW SERVER STATE", _connections),
        "msdb.dbo.backupset": ("msdb", _backups),
        "msdb.dbo.suspect_pages": ("msdb", _damage),
        "[dsm].sys.database_role_members": ("database", _members),
        "[dsm].sys.allocation_units": ("database", _used),
    }
    if "sys.dm_os_volume_stats" in sql:
        return "VIEW SERVER STATE", _volumes
    if "sys.dm_hadr_" in sql:
        return "VIEW SERVER STATE", _replicas
    if not _is_about(database, name, sql):
        return "", lambda _: ()
    return views.get(name)


def _is_about(database: Database, view: str, sql: str) -> bool:
    """Whether the statement asks about this database, or about the whole server."""
    names = _NAMED.findall(sql)
    within = view.startswith(("[", "(SELECT")) or view == "sys.server_role_members"
    return within or database.database.replace("'", "''") in names


def _denied(right: str, database: Database) -> bytes:
    if right == "VIEW SERVER STATE":
        said = "VIEW SERVER STATE permission was denied on object 'server', database 'master'."
        return tds.error(300, said)
    name = database.database if right == "database" else right
    said = f'The server principal "kanmon-ro" is not able to access the database "{name}" under the'
    return tds.error(916, f"{said} current security context.")


def _text(value: object) -> Cell:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    return str(value)


def _now(database: Database) -> datetime:
    """The server's clock, UTC, without a zone as SQL Server's types have it."""
    return datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=database.clock)


def _local(database: Database, *, hours: float) -> datetime:
    """The server's local time, so many hours ago."""
    return _now(database) + timedelta(minutes=database.minutes) - timedelta(hours=hours)


def _server(database: Database) -> Sequence[Row]:
    row = {
        "machine": database.machine,
        "instance": database.instance or None,
        "server": "\\".join(filter(None, (database.machine, database.instance))),
        "engine": database.engine,
        "groups": bool(database.replicas),
        "utc": _now(database),
        "minutes": database.minutes,
    }
    return [row]


def _databases(database: Database) -> Sequence[Row]:
    """The row of the database; what an account may not see of its recovery is NULL."""
    sees = _SEES in database.rights
    checked = None
    if database.tells_checks:
        days = database.checked_days
        checked = datetime(1900, 1, 1) if days is None else _local(database, hours=24 * days)  # noqa: DTZ001
    row = {
        "model": database.recovery_model,
        "created": _local(database, hours=24 * database.created_days),
        "minutes": database.minutes,
        "seen": sees,
        "next_lsn": _LSN if sees and database.log_chain else None,
        "owner": database.owner,
        "checked": checked,
        "encrypted": database.files_encrypted,
    }
    return [row]


def _replicas(database: Database) -> Sequence[Row]:
    """A row for each replica of the database's group, one without names where it has none.

    What an account without the right to definitions sees of them is NULL.
    """
    row = {"member": bool(database.replicas), "group_name": None, "here": None}
    hidden = {**row, **dict.fromkeys(DatabaseReplica.model_fields)}
    if not database.replicas or _SEES not in database.rights:
        return [hidden]
    known = {**row, "group_name": "ag-dsm"}
    return [{**known, "here": one.local, **one.model_dump()} for one in database.replicas]


def _files(database: Database) -> Sequence[Row]:
    return [
        {
            "id": number,
            "name": file.name,
            "path": f"{file.volume or '?'}data\\{file.name}",
            "kind": file.kind,
            "size": int(file.size * GIB / PAGE),
            "max_size": -1 if file.limit is None else int(file.limit * GIB / PAGE),
            "growth": 8192 if file.grows else 0,
        }
        for number, file in enumerate(database.files, start=1)
    ]


def _volumes(database: Database) -> Sequence[Row]:
    if _SEES not in database.rights:
        return ()
    return [
        {
            "id": number,
            "mount": file.volume,
            "size": 500 * GIB,
            "free": int(database.free[file.volume] * GIB),
        }
        for number, file in enumerate(database.files, start=1)
        if file.volume is not None
    ]


def _used(database: Database) -> Sequence[Row]:
    return [{"pages": int(database.used * GIB / PAGE)}]


def _backups(database: Database) -> Sequence[Row]:
    """Log sequence numbers follow from the hours; each log backup begins where the last ended."""
    rows: list[Row] = []
    reached = _lsn(1000)
    for backup in sorted(database.backups, key=lambda one: -one.hours):
        finished = _local(database, hours=backup.hours)
        ends = _lsn(backup.hours)
        is_log = backup.kind == "L"
        begins = reached if is_log else ends - 100
        major, minor, build, _ = (backup.version or database.version).split(".")
        rows.append(
            {
                **backup.model_dump(include={"kind", "checksums", "damaged", "copy_only"}),
                **backup.model_dump(include={"snapshot", "device"}),
                "started": finished - timedelta(minutes=5),
                "finished": finished,
                "quarters": database.minutes // 15
                if backup.time_zone is None
                else backup.time_zone,
                "first_lsn": ends - 1000 if backup.gap else begins,
                "last_lsn": ends,
                "major": major,
                "minor": minor,
                "build": build,
            }
        )
        reached = ends if is_log and not backup.copy_only else reached
    return rows


def _lsn(hours: float) -> int:
    """The log sequence number of so many hours ago."""
    return _LSN - int(hours * 3_600_000)


def _damage(database: Database) -> Sequence[Row]:
    return [{"pages": database.damaged_pages}]


def _members(database: Database) -> Sequence[Row]:
    dbo = {"name": "dbo", "login": database.owner, "kind": "SQL_USER"}
    return [dbo, *(user.model_dump() for user in database.members)]


def _sysadmins(database: Database) -> Sequence[Row]:
    return [user.model_dump() for user in database.sysadmins]


def _connections(database: Database) -> Sequence[Row]:
    return [{"login": database.login, **one.model_dump()} for one in database.sessions]
