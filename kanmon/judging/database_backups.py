"""Whether a backup in a server's own history is a way back, as a database administrator sees it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kanmon.facts.database.state import Backup, Backups
from kanmon.text import Text

FULL, LOG = "D", "L"
SIMPLE = "SIMPLE"
_KINDS = {
    (False, False): Text("full backup"),
    (False, True): Text("full backup by a volume snapshot"),
    (True, False): Text("copy-only full backup"),
    (True, True): Text("copy-only full backup by a volume snapshot"),
}
"""A full backup in words, by whether it is copy-only and whether it is a snapshot."""


def fulls(backups: Backups) -> list[Backup]:
    """The full backups, newest first; copy-only ones are full backups too."""
    found = [one for one in backups.history if one.kind == FULL]
    return sorted(found, key=lambda one: one.finished, reverse=True)


def flaws(full: Backup, backups: Backups) -> Iterator[str]:
    """Why a full backup could not be restored, whatever its age."""
    if full.damaged:
        yield Text("it is marked as damaged")
    if full.to_nothing:
        yield Text("it was written to {device}: nothing was kept", device=full.device)
    if full.finished < backups.created:
        yield Text(
            "the database was created or restored after it, at {created}",
            created=stamp(backups.created),
        )


def faults(full: Backup, backups: Backups, oldest: datetime, latest: datetime) -> Iterator[str]:
    """Why a full backup is not the one that is asked for before a change.

    Args:
        full: a full backup.
        backups: the history that it stands in.
        oldest: when it, and the last log backup after it, may have finished at the earliest.
        latest: when at the latest: now, and what clocks may differ.
    """
    yield from flaws(full, backups)
    if not full.checksums:
        yield Text("it has no checksums")
    if full.finished < oldest:
        yield Text("it is older than {oldest}", oldest=stamp(oldest))
    if full.finished > latest:
        yield Text("it finished in the future: look at the server's clock")
    if backups.recovery_model != SIMPLE:
        yield from _log_faults(full, backups, oldest)


def best(backups: Backups, oldest: datetime, latest: datetime) -> Backup | str:
    """The newest full backup that is as asked for, or what is wrong with the newest of all."""
    found = fulls(backups)
    wrong = {one: list(faults(one, backups, oldest, latest)) for one in found}
    if good := next((one for one in found if not wrong[one]), None):
        return good
    if not found:
        return Text("no full backup since {since}", since=stamp(backups.since))
    return Text(
        "{backup}: {wrong}", backup=told(found[0]), wrong=Text.joined("; ", wrong[found[0]])
    )


def _log_faults(full: Backup, backups: Backups, oldest: datetime) -> Iterator[str]:
    """Why the log backups do not lead from a full backup to today.

    A log backup follows by its log sequence numbers, not by its time: one that began before the
    full backup may well reach beyond it. Copy-only log backups repeat what another one holds.
    """
    if not backups.log_chain:
        yield Text("the log has nothing to continue from (the model was SIMPLE in between?)")
    reached, last = full.last_lsn, None
    logs = (one for one in backups.history if one.kind == LOG and not one.copy_only)
    for log in sorted(logs, key=lambda one: one.last_lsn):
        if log.damaged or log.to_nothing or log.last_lsn <= reached:
            continue
        if log.first_lsn > reached:
            yield Text(
                "log is missing between it and the log backup of {finished}",
                finished=stamp(log.finished),
            )
            return
        reached, last = log.last_lsn, log
    if last is None:
        yield Text("no log backup has followed it")
    elif last.finished < oldest:
        yield Text("the last log backup after it is of {finished}", finished=stamp(last.finished))


def stamp(when: datetime) -> str:
    """A time as findings print it."""
    return f"{when:%Y-%m-%d %H:%M} UTC"


def told(full: Backup) -> str:
    """A full backup in words."""
    kind = _KINDS[full.copy_only, full.snapshot]
    return Text(
        "{kind} of {finished} on {device}",
        kind=kind,
        finished=stamp(full.finished),
        device=full.device,
    )
