"""What is read of a manager's database beyond its TLS and its version.

Times are aware, UTC. Sizes are bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kanmon.facts.common import NotKept, Unread


@dataclass(frozen=True, slots=True)
class Instance:
    """Who the server says it is.

    Attributes:
        machine: host name of the server, or of its cluster; empty where the product does not tell.
        instance: name of SQL Server's instance; empty for the default one and for other products.
        engine_edition: SQL Server's number: 2 Standard, 3 Enterprise, 4 Express, 5 Azure SQL
            Database, 8 managed instance; None for other products.
        addresses: IP addresses of the environment's address, as this machine resolves it.
    """

    machine: str
    instance: str
    engine_edition: int | None
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clock:
    """The server's clock.

    Attributes:
        utc: what it showed.
        offset_minutes: how far the server's local time is ahead of UTC at that moment.
        zone: name of its time zone; empty where the product does not tell.
        asked: what this machine's clock showed when the answer arrived.
        sent: and before the question; None in runs that kept the arrival alone.
    """

    utc: datetime
    offset_minutes: int
    zone: str
    asked: datetime
    sent: datetime | None = None


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume that holds files of the database."""

    mount: str
    size: int
    free: int


@dataclass(frozen=True, slots=True)
class File:
    """A file of the database.

    Attributes:
        kind: "ROWS", "LOG", "FILESTREAM" or another word of the product.
        limit: size beyond which it does not grow; its own size where it does not grow at all, None
            where nothing but the volume limits it.
    """

    name: str
    path: str
    kind: str
    size: int
    limit: int | None
    volume: Volume | Unread


@dataclass(frozen=True, slots=True)
class Storage:
    """What the database occupies, and what is free for it.

    Attributes:
        used: data, without what is free inside its files.
    """

    used: int | Unread
    files: tuple[File, ...] | NotKept | Unread


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup set in the server's own history.

    Attributes:
        kind: "D" full, "I" differential, "L" log, or another letter of the product.
        snapshot: of the volume, taken by a tool beside the server.
        device: path or name of (the first part of) its medium.
        first_lsn: where the log in it begins.
        last_lsn: the first log record that is not in it.
        version: major and minor version, and build, of the server that made it: "13.0.5026".
    """

    kind: str
    started: datetime
    finished: datetime
    checksums: bool
    damaged: bool
    copy_only: bool
    snapshot: bool
    device: str
    first_lsn: int
    last_lsn: int
    version: str

    @property
    def to_nothing(self) -> bool:
        """It was written to the null device: the server counts it, and nothing is kept."""
        return self.device.upper().rstrip(":") == "NUL" or self.device == "/dev/null"


@dataclass(frozen=True, slots=True)
class Backups:
    """The server's history of this database's backups.

    Attributes:
        since: how far back it was read.
        created: when this database was created, attached or restored.
        recovery_model: FULL, BULK_LOGGED or SIMPLE.
        log_chain: the server has a log backup or a full one to continue from; without it a database
            in the FULL model behaves as in SIMPLE.
        elsewhere: it is in an availability group, whose other replicas keep histories of their own.
        encrypted: its files are encrypted (TDE), and so are its backups: without the certificate
            none of them can be restored.
        history: oldest first.
    """

    since: datetime
    created: datetime
    recovery_model: str
    log_chain: bool
    elsewhere: bool
    encrypted: bool
    history: tuple[Backup, ...]


@dataclass(frozen=True, slots=True)
class Replica:
    """A copy of the database on a server; words are the product's, None where it does not tell.

    Attributes:
        group: name of the availability group; "streaming" for PostgreSQL.
        local: it is the one on the server that was asked.
        mode: SYNCHRONOUS_COMMIT or ASYNCHRONOUS_COMMIT; for PostgreSQL sync, potential, async, or
            slot for a copy that does not stream and of which only its replication slot tells.
        state: SYNCHRONIZED, SYNCHRONIZING, NOT SYNCHRONIZING ...; for PostgreSQL streaming ...; of
            a slot inactive where it waits, lost, or lost with the server's reason.
        health: HEALTHY ...; None for PostgreSQL.
    """

    group: str
    server: str
    local: bool
    role: str | None
    mode: str | None
    state: str | None
    health: str | None
    connected: str | None
    suspended: bool | None


@dataclass(frozen=True, slots=True)
class Health:
    """Copies of the database, and whether it is sound.

    Attributes:
        checked: when an integrity check last found nothing; None where none ever did.
        damaged_pages: pages that the server found damaged and that nobody repaired.
        base_backups: of PostgreSQL, running now; they are none of its copies yet.
    """

    replicas: tuple[Replica, ...] | Unread
    checked: datetime | NotKept | Unread | None
    damaged_pages: int | NotKept | Unread
    base_backups: int | Unread = 0


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has all rights in the database.

    Attributes:
        login: of the server; None for a user whose login is gone (an orphan).
        user: name in the database, or the login where it comes from the server.
        kind: SQL_LOGIN, SQL_USER, WINDOWS_GROUP, DATABASE_ROLE ...
        through: "owner", "db_owner", "sysadmin"; for PostgreSQL "owner", "member", "superuser".
    """

    login: str | None
    user: str
    kind: str
    through: str


@dataclass(frozen=True, slots=True)
class Connection:
    """A live session in the database other than kanmon's."""

    login: str
    program: str
    machine: str
    encrypted: bool
