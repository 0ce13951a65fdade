"""What is read from the Linux host of a manager node beyond the host itself.

Times are aware, UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kanmon.facts.common import Unread
from kanmon.facts.linux.host import Filesystem, InstallerFile


@dataclass(frozen=True, slots=True)
class Clock:
    """The host's clock, between two looks at the clock of the machine that asked.

    Attributes:
        utc: what it showed, in whole seconds.
        offset_minutes: how far its local time is ahead of UTC.
        zone: name of its time zone, e.g. "Asia/Tokyo".
        asked: the asking machine's clock before the question.
        answered: and after the answer.
    """

    utc: datetime
    offset_minutes: int
    zone: str
    asked: datetime
    answered: datetime


@dataclass(frozen=True, slots=True)
class PrecheckReport:
    """A file that the installer's pre-check left, as it stands.

    Attributes:
        text: what it says, or why it cannot be told.
    """

    path: str
    modified: datetime
    text: str | Unread


@dataclass(frozen=True, slots=True)
class ManagerNode:
    """What one quick command tells of a manager node.

    Attributes:
        clock: of the host.
        heaps: bytes of the last -Xmx of each running Java of the manager; None for one without.
            Always empty of Windows, whose cmd shows no arguments of what runs.
        disk: the file system on which the manager is installed.
        prechecks: reports that match the environment's pattern.
        changes: path of each file that matches the installer pattern, and when its content or its
            state (name, owner, rights) last changed on this host.
        old_installers: files that match the pattern of today's installer.
        pending_restart: why Windows waits for one, in its registry's words; empty of Linux.
    """

    clock: Clock | Unread
    heaps: tuple[int | None, ...] | Unread
    disk: Filesystem | Unread
    prechecks: tuple[PrecheckReport, ...] | Unread
    changes: tuple[tuple[str, datetime], ...] | Unread
    old_installers: tuple[InstallerFile, ...] | Unread
    pending_restart: tuple[str, ...] | Unread = ()


@dataclass(frozen=True, slots=True)
class InstallerContent:
    """What is in a file that matches the installer pattern of the environment.

    Attributes:
        sha256: of the whole file, 64 lower-case hex digits.
        first_line: of its first 100 bytes, without what cannot be printed.
        numbers: lines of its first 64 KiB that hold three numbers with dots between.
    """

    path: str
    sha256: str | Unread
    first_line: str
    numbers: tuple[str, ...]
