"""What is wrong with a database and its copies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kanmon.check import Finding, Note, Problem, Severity, Unknown
from kanmon.facts import Unread
from kanmon.facts.common import NotKept
from kanmon.facts.database.server import Server
from kanmon.facts.database.state import Health, Replica
from kanmon.judging.database_backups import stamp
from kanmon.text import Text

IN_SYNC = {
    "SYNCHRONOUS_COMMIT": "SYNCHRONIZED",
    "ASYNCHRONOUS_COMMIT": "SYNCHRONIZING",  # as far as it can come
    "sync": "streaming",
    "quorum": "streaming",
    "potential": "streaming",
    "async": "streaming",
    "slot": "streaming",
}
"""The state in which a copy of each mode is in sync."""


def problems(server: Server, health: Health, where: str, oldest: datetime) -> Iterator[Problem]:
    """What keeps a database from being upgraded.

    Args:
        server: with the database's state.
        health: its copies, checks and damage.
        where: what findings call the database.
        oldest: when it may have been checked at the earliest.
    """
    yield from _state(server, where)
    if isinstance(health.replicas, Unread):
        yield Unknown(where, health.replicas.reason)
    else:
        for replica in health.replicas:
            yield from _replica(replica)
    for fact in (health.checked, health.damaged_pages):
        if isinstance(fact, Unread):
            yield Unknown(where, fact.reason)
        elif isinstance(fact, NotKept):
            yield Unknown(where, Text("{untold}, and attest it (DB-STATE-001)", untold=fact.untold))
    pages = health.damaged_pages
    if isinstance(pages, int) and pages:
        yield Finding(
            where, Text("{pages} damaged pages that nobody repaired", pages=pages), Text("none")
        )
    fresh = Text("an integrity check since {stamp} that found nothing", stamp=stamp(oldest))
    if health.checked is None:
        yield Finding(where, Text("no integrity check ever"), fresh, severity=Severity.WARNING)
    elif isinstance(health.checked, datetime) and health.checked < oldest:
        found = Text("the last good integrity check is of {stamp}", stamp=stamp(health.checked))
        yield Finding(where, found, fresh, severity=Severity.WARNING)


def backing_up(health: Health, where: str) -> list[Note]:
    """That base backups are running, which keep the log and load the server until they end."""
    if isinstance(health.base_backups, Unread) or not health.base_backups:
        return []
    return [
        Note(
            where,
            Text("base backups that are running: {base_backups}", base_backups=health.base_backups),
        )
    ]


def _state(server: Server, where: str) -> Iterator[Problem]:
    for found, expected in ((server.state, "ONLINE"), (server.user_access, "MULTI_USER")):
        if isinstance(found, Unread):
            yield Unknown(where, found.reason)
        elif found != expected:
            yield Finding(where, found, expected)
    if isinstance(server.read_only, Unread):
        yield Unknown(where, server.read_only.reason)
    elif server.read_only:
        yield Finding(where, Text("read-only"), Text("read-write"))


def _replica(replica: Replica) -> Iterator[Problem]:
    """A copy that is not in sync; a word that nobody knows is none that is good."""
    subject = f"replica {replica.server} of {replica.group}"
    expected = IN_SYNC.get(replica.mode or "")
    told = {
        Text("connection"): (replica.connected, "CONNECTED"),
        Text("state"): (replica.state, expected),
        **({} if replica.group == "streaming" else {Text("health"): (replica.health, "HEALTHY")}),
    }
    if replica.local and replica.role != "PRIMARY":
        yield Finding(
            subject,
            Text("role {role}", role=replica.role),
            Text("the primary, to which managers write"),
        )
        return  # a secondary tells nothing of the others
    if expected is None:
        yield Unknown(subject, Text("nobody knows the mode {mode}", mode=replica.mode))
        return
    missing = [name for name, (found, _) in told.items() if found is None]
    if replica.suspended is None or missing:
        yield Unknown(
            subject,
            Text(
                "the server does not tell its {missing}",
                missing=Text.joined(", ", missing) or Text("suspension"),
            ),
        )
    wrong = [str(found) for found, good in told.values() if found not in (None, good)]
    wrong += [Text("suspended")] if replica.suspended else []
    if wrong:
        # What subscribes takes rows elsewhere: it keeps the log, and is no copy of the database.
        least = Severity.WARNING if replica.role == "subscriber" else None
        good = f"CONNECTED, {expected}, HEALTHY"
        yield Finding(subject, Text.joined(", ", wrong), good, severity=least)
