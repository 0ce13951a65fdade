"""SQL Server: the files of the database with their volumes, and the history of its backups."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from kanmon.errors import CouldNotRead
from kanmon.facts import Unread
from kanmon.facts.database.state import Backup, Backups, File, Storage, Volume
from kanmon.readers.apart import each
from kanmon.readers.database.question import (
    Answer,
    Question,
    ask,
    ask_one,
    ask_some,
    attempt,
    question,
)
from kanmon.readers.database.session import Session
from kanmon.readers.database.sqlserver_state import in_group
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

PAGE = 8192
DAYS = 35
"""How far back the history of backups is read: a month, and some days for a monthly backup."""
_NO_LIMIT = -1
_QUARTER = 15
_ZONE_UNKNOWN = 127


def files(database: str) -> Question:
    """The files of the database; sizes and limits in pages."""
    return question(
        Text("the files of {database}", database=database),
        {
            "id": "f.file_id",
            "name": "f.name",
            "path": "f.physical_name",
            "kind": "f.type_desc",
            "size": "f.size",
            "max_size": "f.max_size",
            "growth": "f.growth",
        },
        f"sys.master_files f WHERE f.database_id = {number_of(database)}",
        TEXT,
    )


def volumes(database: str) -> Question:
    """The volume of each file; a file is missing whose volume the server cannot ask."""
    return question(
        Text("the volumes of the files of {database}", database=database),
        {
            "id": "v.file_id",
            "mount": "v.volume_mount_point",
            "size": "v.total_bytes",
            "free": "v.available_bytes",
        },
        "sys.master_files f CROSS APPLY sys.dm_os_volume_stats(f.database_id, f.file_id) v "
        f"WHERE f.database_id = {number_of(database)}",
        TEXT,
    )


def used(database: str) -> Question:
    """The pages that tables and indexes occupy."""
    return question(
        Text("the pages in use in {database}", database=database),
        {"pages": "SUM(u.total_pages)"},
        f"{quoted(database)}.sys.allocation_units u",
        TEXT,
    )


def recovery(database: str) -> Question:
    """The recovery model, and whether a log backup has something to continue from."""
    return question(
        Text("the recovery status of {database}", database=database),
        {
            "model": "d.recovery_model_desc",
            "created": iso("d.create_date"),
            "minutes": OFFSET,
            "seen": "CASE WHEN r.database_id IS NULL THEN 0 ELSE 1 END",
            "next_lsn": "r.last_log_backup_lsn",
            "encrypted": "d.is_encrypted",
        },
        "sys.databases d "
        "LEFT JOIN sys.database_recovery_status r ON r.database_id = d.database_id "
        f"{row_of(database)}",
        TEXT,
    )


def history(database: str) -> Question:
    """The backups of the last weeks that this very server took, the first medium of each."""
    return question(
        Text("the backups of {database}", database=database),
        {
            "kind": "b.type",
            "started": iso("b.backup_start_date"),
            "finished": iso("b.backup_finish_date"),
            "quarters": "b.time_zone",
            "checksums": "b.has_backup_checksums",
            "damaged": "b.is_damaged",
            "copy_only": "b.is_copy_only",
            "snapshot": "b.is_snapshot",
            "device": "m.physical_device_name",
            "first_lsn": "b.first_lsn",
            "last_lsn": "b.last_lsn",
            "major": "b.software_major_version",
            "minor": "b.software_minor_version",
            "build": "b.software_build_version",
        },
        "msdb.dbo.backupset b LEFT JOIN msdb.dbo.backupmediafamily m "
        "ON m.media_set_id = b.media_set_id AND m.family_sequence_number = 1 AND m.mirror = 0 "
        f"WHERE b.database_name = {literal(database)} "
        "AND b.server_name IN (@@SERVERNAME, CAST(SERVERPROPERTY('ServerName') AS nvarchar(128))) "
        f"AND b.backup_finish_date >= DATEADD(day, -{DAYS}, GETDATE()) "
        "ORDER BY b.backup_finish_date",
        TEXT,
    )


def questions(database: str) -> Iterator[Question]:
    """Everything that this module asks about a database."""
    yield from (files(database), volumes(database), used(database))
    yield from (recovery(database), history(database))


def read_storage(session: Session) -> Storage:
    """The files of the database, and how much of them is in use."""
    name = session.target.database
    inside = attempt(lambda: ask_one(session, used(name), SEE_DATABASE).whole("pages"))
    return Storage(
        used=inside if isinstance(inside, Unread) else inside * PAGE,
        files=attempt(lambda: _files(session, name)),
    )


def _files(session: Session, name: str) -> tuple[File, ...]:
    rows = ask_some(session, files(name), SEE_DEFINITIONS)
    told = attempt(lambda: _volumes(ask(session, volumes(name), SEE_STATE)))
    lost = Unread(Text("the server does not tell its volume"))
    return tuple(
        File(
            name=row.text("name"),
            path=row.text("path"),
            kind=row.text("kind"),
            size=row.whole("size") * PAGE,
            limit=_limit(row),
            volume=told if isinstance(told, Unread) else told.get(row.text("id"), lost),
        )
        for row in rows
    )


def _limit(row: Answer) -> int | None:
    """Where a file stops: growth 0 keeps its size, so does a limit of 0."""
    size, most = row.whole("size"), row.whole("max_size")
    if row.whole("growth") == 0 or most == 0:
        return size * PAGE
    return None if most == _NO_LIMIT else most * PAGE


def _volumes(rows: list[Answer]) -> dict[str, Volume]:
    """The volume of each file by its number; files are asked apart, so the least free counts."""
    told = each(
        rows,
        lambda row: (
            row.text("id"),
            Volume(row.text("mount"), row.whole("size"), row.whole("free")),
        ),
        lambda row: f"the volume of file {row.called('id')}",
    )
    found: dict[str, Volume] = {}
    for _, volume in told:
        known = found.get(volume.mount)
        if known is None or volume.free < known.free:
            found[volume.mount] = volume
    return {number: found[volume.mount] for number, volume in told}


def read_backups(session: Session) -> Backups:
    """The history of the database's backups, as msdb keeps it on this server."""
    name = session.target.database
    status = ask_one(session, recovery(name))
    offset = status.whole("minutes")
    if not status.truth("seen"):
        raise CouldNotRead(
            Text("read {about}", about=status.about), Text("the server hides it"), SEE_DEFINITIONS
        )
    asked = datetime.now(UTC)
    return Backups(
        since=asked - timedelta(days=DAYS),
        created=status.when("created", offset),
        recovery_model=status.text("model"),
        log_chain=status.maybe("next_lsn") is not None,
        elsewhere=bool(in_group(session)),
        encrypted=status.truth("encrypted"),
        history=tuple(_backup(row, offset) for row in ask(session, history(name), SEE_HISTORY)),
    )


def _backup(row: Answer, offset: int) -> Backup:
    """A backup; where it does not say its own distance from UTC, today's is taken."""
    quarters = row.whole("quarters")
    minutes = offset if quarters == _ZONE_UNKNOWN else quarters * _QUARTER
    return Backup(
        kind=row.text("kind"),
        started=row.when("started", minutes),
        finished=row.when("finished", minutes),
        checksums=row.truth("checksums"),
        damaged=row.truth("damaged"),
        copy_only=row.truth("copy_only"),
        snapshot=row.truth("snapshot"),
        device=row.maybe("device") or "not told",
        first_lsn=row.whole("first_lsn"),
        last_lsn=row.whole("last_lsn"),
        version=".".join(row.text(part) for part in ("major", "minor", "build")),
    )
