"""What a database may still grow by: free on its volumes, within the limits of its files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kanmon.check import Finding, Problem, Unknown
from kanmon.facts import Unread
from kanmon.facts.database.state import File, Storage, Volume
from kanmon.knowledge.databases import UpgradeSpace
from kanmon.text import Text

GIB = 2**30


@dataclass(frozen=True, slots=True)
class Shortage:
    """Files that cannot grow as much as is asked for; sizes in bytes.

    Attributes:
        what: "data", "log" or "data and log".
    """

    what: str
    size: int
    needed: int
    room: int


def gib(size: int) -> str:
    """A size as findings print it."""
    return Text("{size:.1f} GiB", size=size / GIB)


def shortages(storage: Storage, files: Sequence[File], times: int) -> Iterator[Shortage]:
    """Where the room is less than so many times the size of data, of log, and of both together.

    Data and log each need their own, and both together what they share a volume for. Where nobody
    knows what of the data files is in use, they count as full.

    Args:
        storage: with the data in use.
        files: all of the database; the volume of each is known.
        times: how many times its size something must be able to grow.
    """
    log = [file for file in files if file.kind == "LOG"]
    data = [file for file in files if file.kind != "LOG"]
    allocated = sum(file.size for file in data)
    used = allocated if isinstance(storage.used, Unread) else storage.used
    inside = max(0, allocated - used)
    logged = sum(file.size for file in log)
    for what, size, room in (
        ("data", used, _growth(data) + inside),
        ("log", logged, _growth(log)),
        ("data and log", used + logged, _growth(files) + inside),
    ):
        if room < times * size:
            yield Shortage(what, size, times * size, room)


def problems(
    storage: Storage, files: Sequence[File], where: str, row: UpgradeSpace
) -> Iterator[Problem]:
    """What has too little room for an upgrade, or where nobody can say.

    Args:
        storage: with the data in use.
        files: all of the database.
        where: what findings call the database.
        row: how many times its size must be free.
    """
    lost = [file for file in files if isinstance(file.volume, Unread)]
    for file in lost:
        yield Unknown(f"{file.name} of {where}", getattr(file.volume, "reason", ""))
    for short in shortages(storage, files, row.times) if not lost else ():
        subject = f"{short.what} of {where}"
        if isinstance(storage.used, Unread):
            untold = Text(
                "too little by the sizes of its files; what of them is in use is not "
                "known: {reason}",
                reason=storage.used.reason,
            )
            yield Unknown(subject, untold)
            continue
        expected = Text(
            "{needed}: {times} x {size}",
            needed=gib(short.needed),
            times=row.times,
            size=gib(short.size),
        )
        yield Finding(
            subject, Text("room for {needed}", needed=gib(short.room)), expected, row.citation
        )


def volumes(files: Sequence[File]) -> list[Volume]:
    """The volumes of the files, each once."""
    found = (file.volume for file in files if isinstance(file.volume, Volume))
    return list({volume.mount: volume for volume in found}.values())


def _growth(files: Sequence[File]) -> int:
    """How much files can grow together: by volume, what is free, or what their limits leave."""
    total = 0
    for volume in volumes(files):
        here = [file for file in files if file.volume == volume]
        left = [volume.free if one.limit is None else max(0, one.limit - one.size) for one in here]
        total += min(volume.free, sum(left))
    return total
