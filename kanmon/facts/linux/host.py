"""What is read from a Linux host, such as a manager node; of a node's Windows host likewise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kanmon.facts.common import Unread

MANAGER_SERVICES = ("dsm_s", "Trend Micro Deep Security Manager")
"""The manager's service, by systemd's name and by the one that Windows displays."""


@dataclass(frozen=True, slots=True)
class Filesystem:
    """A mounted file system; sizes in bytes, free as available to an ordinary user.

    Attributes:
        mount: of Windows the drive, as in "C:".
        size: unread where Windows tells it to administrators alone.
    """

    mount: str
    size: int | Unread
    free: int


@dataclass(frozen=True, slots=True)
class Service:
    """A systemd unit: state as ``systemctl show`` prints it (active, inactive, failed).

    Of Windows a service by its displayed name, active unless it is stopped.

    Attributes:
        started: when it became active, by the host's clock, aware, UTC; None where it is not
            active or systemd does not tell.
    """

    name: str
    loaded: bool
    state: str
    enabled: str
    started: datetime | None = None


@dataclass(frozen=True, slots=True)
class InstallerFile:
    """A file that matches the installer pattern of the environment.

    Attributes:
        size: bytes.
        modified: aware, UTC.
    """

    path: str
    size: int
    modified: datetime
    readable: bool
    executable: bool


@dataclass(frozen=True, slots=True)
class ManagerFiles:
    """The manager's own files on a node.

    Attributes:
        properties: dsm.properties, secrets redacted as "***"; empty when the file is absent.
            Of Windows the lines alone that say which database it is.
        vmoptions: lines of dsm_s.vmoptions, secrets redacted; empty when the file is absent. Of
            Windows the -Xm lines of "Deep Security Manager.vmoptions" alone.
        heap: bytes of the last -Xmx line, None when there is none (the manager's default applies).
        installed: the directory of the manager exists.
        installers: files that match the environment's installer pattern.
    """

    installed: bool
    properties: tuple[tuple[str, str], ...] | Unread
    vmoptions: tuple[str, ...] | Unread
    heap: int | Unread | None
    installers: tuple[InstallerFile, ...] | Unread


@dataclass(frozen=True, slots=True)
class Host:
    """The host, read with one command over one connection.

    Attributes:
        os_id: ID of /etc/os-release, e.g. "rhel"; "windows server" of Windows.
        os_version: VERSION_ID, e.g. "7.9"; of Windows e.g. "2019" or "2012 R2".
        kernel: of Windows its build, e.g. "10.0.17763.4467".
        memory: MemTotal in bytes: what the kernel leaves of the machine's memory, some per cent
            under the nominal size.
        clock: the host's clock at the time of reading, aware, UTC.
        timezone: e.g. "Asia/Tokyo".
    """

    hostname: str
    os_id: str
    os_version: str
    os_name: str
    kernel: str
    memory: int
    cores: int
    clock: datetime | Unread
    timezone: str
    filesystems: tuple[Filesystem, ...]
    services: tuple[Service, ...]
    manager: ManagerFiles

    @property
    def manager_service(self) -> Service | None:
        """The service of the manager; None where it has none."""
        found = (one for one in self.services if one.name in MANAGER_SERVICES and one.loaded)
        return next(found, None)
