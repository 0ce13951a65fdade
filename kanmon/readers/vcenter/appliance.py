"""Facts of the appliance that a vCenter runs on, over its REST interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from kanmon.errors import CouldNotRead, Denied
from kanmon.facts.common import NotKept
from kanmon.facts.vcenter.appliance import (
    Appliance,
    Backup,
    Partition,
    Reading,
    Service,
    ServiceState,
    Storage,
)
from kanmon.facts.vcenter.trust import RootAccount
from kanmon.readers.apart import each
from kanmon.readers.transport.fields import child, flag, optional_text, text
from kanmon.readers.transport.unread import or_unread
from kanmon.readers.vcenter.rest import Rest
from kanmon.readers.vcenter.session import Session, about, required
from kanmon.text import Text

VERSION = "/rest/appliance/system/version"
HEALTH = "/rest/appliance/health"
MONITORING = "/rest/appliance/monitoring"
JOBS = "/rest/appliance/recovery/backup/job"
ROOT = "/rest/appliance/local-accounts/root"
SERVICES = "/rest/appliance/vmon/service"

Told = TypeVar("Told")
OTHERS = ("applmgmt", "load", "mem", "swap")
"""Parts whose health is told beside that of the storage; software-packages, which tells of updates
that lie ready, is none."""

JOBS_AT_MOST = 20
"""Of the jobs that 6.5 tells one by one, the newest; it has no schedule, so they are few."""

USED = "storage.used.filesystem."
TOTAL = "storage.totalsize.filesystem."
SAMPLED = timedelta(hours=6)
"""How far back the appliance is asked for samples of its file systems."""


def appliance(session: Session) -> Appliance:
    """Version of the appliance, and how it is deployed."""
    answer = _object(rest_of(session).get(VERSION), VERSION)
    return Appliance(
        deployment=text(answer, "type"),
        version=text(answer, "version"),
        build=text(answer, "build"),
    )


def backups(session: Session) -> tuple[Backup, ...]:
    """Every job of the file-based backup that the appliance remembers.

    6.7 and later tell them all at once, with their results; 6.5 tells their names, and then each.
    """
    rest = rest_of(session)
    if str(session.content.about.apiVersion).startswith("6.5"):
        names = _list(rest.get(JOBS), JOBS)
        newest = sorted(_text(name, JOBS) for name in names)[-JOBS_AT_MOST:]
        return each(newest, lambda name: _job_of_65(rest, name), _of_job)
    path = f"{JOBS}/details"
    listed = [_object(entry, path) for entry in _list(rest.get(path), path)]
    return each(
        listed,
        lambda one: _job(text(one, "key"), child(one, "value"), "status"),
        lambda one: _of_job(one.get("key")),
    )


def _of_job(name: object) -> str:
    return Text("backup {name}", name=str(name or Text("unset")))


def _job_of_65(rest: Rest, name: str) -> Backup:
    path = f"{JOBS}/{name}"
    return _job(name, _object(rest.get(path), path), "state")


def _job(name: str, told: dict[str, Any], word: str) -> Backup:
    end = optional_text(told, "end_time")
    return Backup(id=name, status=text(told, word), ended=_time(end, JOBS) if end else None)


def storage(session: Session) -> Storage:
    """What the appliance says of its file systems."""
    rest = rest_of(session)
    health = or_unread(lambda: _colour(rest, "storage"), Denied)
    database = or_unread(lambda: _colour(rest, "database-storage"), Denied)
    return Storage(health, database, or_unread(lambda: _partitions(rest)))


def readings(session: Session) -> tuple[Reading, ...]:
    """What the appliance says of itself beside its file systems."""
    rest = rest_of(session)

    def reading(of: str) -> Reading:
        return Reading(of, or_unread(lambda: _colour(rest, of), Denied))

    return tuple(map(reading, OTHERS))


def services(session: Session) -> tuple[Service, ...]:
    """Every service that the appliance watches; it has some at any time."""
    listed = _list(rest_of(session).get(SERVICES), SERVICES)
    if not listed:
        raise CouldNotRead(f"GET {SERVICES}", Text("no service at all"))
    return each(
        listed,
        lambda entry: _service(_object(entry, SERVICES)),
        lambda entry: Text("the service after {count} others", count=listed.index(entry)),
    )


def root_account(session: Session) -> RootAccount | NotKept:
    """When root's password ends; 6.5 has no such question."""
    rest, info = rest_of(session), session.content.about
    if str(info.apiVersion).startswith("6.5"):
        untold = Text(
            "vCenter {version} tells on no interface when it ends: see chage -l root",
            version=str(info.version),
        )
        return NotKept(untold)
    told = _object(rest.get(ROOT), ROOT)
    expires = optional_text(told, "password_expires_at")
    return RootAccount(
        usable=flag(told, "enabled") and flag(told, "has_password"),
        expires=_time(expires, ROOT) if expires is not None else None,
    )


def _colour(rest: Rest, of: str) -> str:
    path = f"{HEALTH}/{of}"
    return _text(rest.get(path), path)


def _service(entry: dict[str, Any]) -> Service:
    def told() -> ServiceState:
        value = child(entry, "value")
        health = optional_text(value, "health")
        return ServiceState(text(value, "startup_type"), text(value, "state"), health)

    return Service(text(entry, "key"), or_unread(told, Denied))


def _partitions(rest: Rest) -> tuple[Partition, ...]:
    """Every file system that the appliance watches; without any sample at all nothing is known."""
    items = [_object(item, MONITORING) for item in _list(rest.get(MONITORING), MONITORING)]
    ids = {text(item, "id") for item in items}
    names = sorted(one.removeprefix(USED) for one in ids if one.startswith(USED))
    if not names:
        raise CouldNotRead(f"GET {MONITORING}", Text("no file system among what it watches"))
    samples = _samples(rest, [prefix + name for name in names for prefix in (USED, TOTAL)])
    found = [Partition(one, samples.get(USED + one), samples.get(TOTAL + one)) for one in names]
    if not any(one.used is not None and one.total for one in found):
        got = Text(
            "no sample of the last {sampled} hours", sampled=f"{SAMPLED.total_seconds() / 3600:g}"
        )
        raise CouldNotRead(
            Text("GET {monitoring}/query", monitoring=MONITORING), got, Text("do the clocks agree?")
        )
    return tuple(found)


def _samples(rest: Rest, names: list[str]) -> dict[str, int]:
    """The last sample of each item that has one, in KiB."""
    path = f"{MONITORING}/query"
    now = datetime.now(UTC)
    params = {f"item.names.{number}": name for number, name in enumerate(names, start=1)}
    params |= {
        "item.interval": "MINUTES30",
        "item.function": "MAX",
        "item.start_time": _written(now - SAMPLED),
        "item.end_time": _written(now),
    }
    last: dict[str, int] = {}
    for entry in _list(rest.get(path, params), path):
        answer = _object(entry, path)
        told = [_text(value, path) for value in _list(answer.get("data"), path)]
        if measured := [value for value in told if value]:
            last[text(answer, "name")] = _number(measured[-1], path)
    return last


def rest_of(session: Session) -> Rest:
    """The REST interface of an appliance; vCenter on Windows has none for its machine."""
    tried = Text("read the appliance of {where}", where=session.target.where)
    system = required(about(session.content, session.target.where), "osType", tried)
    if system.startswith("win"):
        raise CouldNotRead(
            tried, Text("it runs on Windows ({system}) and is no appliance", system=system)
        )
    session.rest.open()
    return session.rest


def _object(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise CouldNotRead(
            f"GET {path}", Text("{type}, expected an object", type=type(value).__name__)
        )
    return value


def _list(value: Any, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise CouldNotRead(
            f"GET {path}", Text("{type}, expected a list", type=type(value).__name__)
        )
    return value


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise CouldNotRead(
            f"GET {path}", Text("{type}, expected a text", type=type(value).__name__)
        )
    return value


def _number(value: str, path: str) -> int:
    try:
        number = round(float(value))
    except (ValueError, OverflowError):
        number = -1
    if number < 0:
        raise CouldNotRead(
            f"GET {path}", Text("{value}, expected a number of KiB", value=repr(value))
        )
    return number


def _time(value: str, path: str) -> datetime:
    """As in "2026-11-22T21:09:11.651Z"."""
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise CouldNotRead(
            f"GET {path}", Text("{value}, expected a time with its zone", value=repr(value))
        )
    return read.astimezone(UTC)


def _written(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}.000Z"


PARTS: Mapping[str, Callable[[Any], object]] = {
    "appliance": appliance,
    "backups": backups,
    "storage": storage,
    "readings": readings,
    "services": services,
    "root_account": root_account,
}
