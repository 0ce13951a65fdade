"""What a world says of a database beyond its TLS and its version; healthy where it says nothing."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Right = Literal["VIEW SERVER STATE", "VIEW ANY DEFINITION", "msdb", "database"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class DatabaseFile(_Model):
    """A file of the database; sizes in GiB.

    Attributes:
        limit: None where only the volume limits it.
        volume: mount point; None for a volume that the server cannot ask.
    """

    name: str
    kind: str = "ROWS"
    size: float
    grows: bool = True
    limit: float | None = None
    volume: str | None = "D:\\"


class DatabaseBackup(_Model):
    """A backup set, so many hours old.

    Attributes:
        kind: D full, I differential, L log.
        gap: a log backup before it is missing.
        version: of the server that took it, the database's own where None.
        device: where it lies, or "NUL".
        time_zone: of the server in quarters of an hour, 127 for unknown; the server's where None.
    """

    kind: str = "D"
    hours: float
    checksums: bool = True
    damaged: bool = False
    copy_only: bool = False
    snapshot: bool = False
    gap: bool = False
    version: str | None = None
    device: str = "\\\\backup\\sql\\dsm.bak"
    time_zone: int | None = None


class DatabaseReplica(_Model):
    """A replica of the database's availability group; words are SQL Server's, None for NULL."""

    server: str
    local: bool = False
    role: str | None = "SECONDARY"
    mode: str = "SYNCHRONOUS_COMMIT"
    state: str | None = "SYNCHRONIZED"
    health: str | None = "HEALTHY"
    connected: str | None = "CONNECTED"
    suspended: bool | None = False


class DatabaseUser(_Model):
    """A member of db_owner or sysadmin; a user without login is an orphan."""

    name: str
    login: str | None = None
    kind: str = "SQL_USER"


class DatabaseSession(_Model):
    """A live session of the manager."""

    program: str = "Deep Security Manager"
    machine: str = "dsm-1"
    encrypted: bool = True


class DatabaseState(_Model):
    """What is in the database and around it.

    Attributes:
        rights: those that the account has; what is not among them is denied or hidden.
        used: GiB of data.
        free: GiB free on each volume.
        created_days: how long ago the database was created or restored.
        log_chain: the server has something for a log backup to continue from.
        checked_days: since the last good integrity check; None for never.
        tells_checks: the build tells when that was.
        minutes: how far the server's local time is ahead of UTC.
        clock: seconds by which its clock is fast.
        login: of the manager, as its dsm.properties name it.
    """

    machine: str | None = "SQL1"
    instance: str = "DSM"
    engine: int = 2
    rights: tuple[Right, ...] = ("VIEW SERVER STATE", "VIEW ANY DEFINITION", "msdb", "database")
    used: float = 15
    files: list[DatabaseFile] = [
        DatabaseFile(name="dsm", size=20),
        DatabaseFile(name="dsm_log", kind="LOG", size=4, limit=2048, volume="L:\\"),
    ]
    free: dict[str, float] = {"D:\\": 200, "L:\\": 40}
    created_days: float = 400
    log_chain: bool = True
    backups: list[DatabaseBackup] = [
        DatabaseBackup(hours=30),
        DatabaseBackup(kind="L", hours=12),
        DatabaseBackup(hours=6),
        DatabaseBackup(kind="L", hours=4),
        DatabaseBackup(kind="L", hours=2),
    ]
    replicas: list[DatabaseReplica] = []
    checked_days: float | None = 3
    tells_checks: bool = True
    damaged_pages: int = 0
    files_encrypted: bool = False
    minutes: int = 540
    clock: float = 0
    login: str = "dsm"
    owner: str | None = "dsm"
    members: list[DatabaseUser] = []
    sysadmins: list[DatabaseUser] = [DatabaseUser(name="sa", login="sa", kind="SQL_LOGIN")]
    sessions: list[DatabaseSession] = [DatabaseSession(), DatabaseSession(machine="dsm-2")]
