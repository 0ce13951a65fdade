"""Facts of a healthy database made by hand, each changed by keyword; as ``tests.facts_by_hand``."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from kanmon.environment.file import Environment
from kanmon.facts.database.state import (
    Backup,
    Backups,
    File,
    Health,
    Holder,
    Instance,
    Replica,
    Storage,
    Volume,
)
from kanmon.facts.linux import host as linux
from tests.facts_by_hand import DSM, GIB, LINUX, NOW, environment, linux_host

WHERE = "dsm on sql1.example.jp:1433"
TARGET = "20.0.0-877"
PROPERTIES = {
    "database.type": "SqlServer",
    "database.SqlServer.server": "sql1.example.jp",
    "database.SqlServer.user": "dsm",
    "database.SqlServer.password": "***",
    "database.name": "dsm",
}


def estate(*texts: str, **upgrade: str) -> Environment:
    """A manager of two nodes, their hosts and the database, on the way to 20.0."""
    return environment(DSM, LINUX, *texts, **{"deep_security": TARGET, **upgrade})


def ago(**parts: float) -> datetime:
    """A time before the run."""
    return NOW - timedelta(**parts)


def full(**changes: Any) -> Backup:
    """A full backup of six hours ago, with checksums."""
    made = Backup(
        kind="D",
        started=ago(hours=6, minutes=10),
        finished=ago(hours=6),
        checksums=True,
        damaged=False,
        copy_only=False,
        snapshot=False,
        device="\\\\backup\\dsm.bak",
        first_lsn=900,
        last_lsn=1000,
        version="13.0.5026",
    )
    return replace(made, **changes)


def log(first: int, last: int, hours: float = 1, **changes: Any) -> Backup:
    """A log backup from one log sequence number up to another."""
    made = full(kind="L", first_lsn=first, last_lsn=last, finished=ago(hours=hours))
    return replace(made, **changes)


def backups(*history: Backup, **changes: Any) -> Backups:
    """A history in the model FULL; a full backup and a log backup after it where none is given."""
    made = Backups(
        since=ago(days=35),
        created=ago(days=400),
        recovery_model="FULL",
        log_chain=True,
        elsewhere=False,
        encrypted=False,
        history=history or (full(), log(950, 1200)),
    )
    return replace(made, **changes)


def volume(mount: str = "D:\\", free: float = 200) -> Volume:
    """A volume of 500 GiB with so many GiB free."""
    return Volume(mount, 500 * GIB, int(free * GIB))


def file(name: str = "dsm", size: float = 20, **changes: Any) -> File:
    """A data file of so many GiB that grows without limit on D:."""
    made = File(name, f"D:\\{name}.mdf", "ROWS", int(size * GIB), None, volume())
    return replace(made, **changes)


def log_file(size: float = 4, **changes: Any) -> File:
    """The log file, on L:."""
    values = {"kind": "LOG", "volume": volume("L:\\", 40), "limit": 2048 * GIB}
    return file("dsm_log", size, **{**values, **changes})


def storage(*files: File, used: float = 15, **changes: Any) -> Storage:
    """A database of so many GiB in these files."""
    made = Storage(used=int(used * GIB), files=files or (file(), log_file()))
    return replace(made, **changes)


def replica(**changes: Any) -> Replica:
    """A synchronous secondary that is in sync."""
    made = Replica(
        group="ag-dsm",
        server="SQL2",
        local=False,
        role="SECONDARY",
        mode="SYNCHRONOUS_COMMIT",
        state="SYNCHRONIZED",
        health="HEALTHY",
        connected="CONNECTED",
        suspended=False,
    )
    return replace(made, **changes)


def primary(**changes: Any) -> Replica:
    """The replica on the server that was asked."""
    return replica(**{"server": "SQL1", "local": True, "role": "PRIMARY", **changes})


def health(**changes: Any) -> Health:
    """Alone on its server, checked three days ago, without damage."""
    return replace(Health((), ago(days=3), 0), **changes)


def instance(**changes: Any) -> Instance:
    """The default instance of a standard edition on SQL1."""
    return replace(Instance("SQL1", "", 2, ("192.0.2.50",)), **changes)


def holder(**changes: Any) -> Holder:
    """The login of the manager, owner of the database."""
    return replace(Holder("dsm", "dbo", "SQL_USER", "owner"), **changes)


def node_host(number: int = 1, **properties: str | None) -> linux.Host:
    """The host of a node whose dsm.properties differ in these keys; "_" stands for a dot."""
    changed = {key.replace("_", "."): value for key, value in properties.items()}
    values = {**PROPERTIES, **changed}
    pairs = tuple((key, value) for key, value in values.items() if value is not None)
    usual = linux_host()
    return replace(usual, hostname=f"dsm{number}", manager=replace(usual.manager, properties=pairs))


def hosts(**properties: str | None) -> dict[str, Any]:
    """The hosts of both nodes; the second one's properties differ."""
    return {"dsm-1-host": node_host(1), "dsm-2-host": node_host(2, **properties)}
