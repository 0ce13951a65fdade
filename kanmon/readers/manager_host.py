"""Windows hosts of manager nodes: two lines of cmd, over WinRM (HTTPS) or SSH.

cmd's own tools are asked (reg, net start, dir, findstr, fsutil, type, certutil), never PowerShell,
and none is understood by its words: what "absent" looks like is asked first. Of dsm.properties
those lines alone leave the host that say which database it is.

An installer is never started, and the manager's own command (dsm_c) is never called.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PureWindowsPath
from typing import Any

from testinfra.host import Host as Shell

from kanmon.environment.targets import ManagerHost
from kanmon.errors import CouldNotRead, Denied
from kanmon.facts import ClockReading, Unread
from kanmon.facts.linux.host import (
    MANAGER_SERVICES,
    Filesystem,
    Host,
    InstallerFile,
    ManagerFiles,
    Service,
)
from kanmon.facts.linux.manager import Clock, InstallerContent, ManagerNode, PrecheckReport
from kanmon.readers import Request
from kanmon.readers.linux.host import heap_of, masked
from kanmon.readers.linux.manager import attempt, report_text
from kanmon.readers.transport import ssh, winrm
from kanmon.readers.transport.posix import GIVE_RIGHTS
from kanmon.readers.transport.sections import Section, split
from kanmon.readers.windows import QUESTIONS as OF_ANY
from kanmon.readers.windows import Answer, combined, registry
from kanmon.readers.windows import clock as clock_told
from kanmon.text import Text

PROBES: Mapping[str, Callable[[Any], object]] = {}

SERVICE = MANAGER_SERVICES[1]
PROPERTIES = r"webclient\webapps\ROOT\WEB-INF\dsm.properties"
VMOPTIONS = "Deep Security Manager.vmoptions"
FILE = "kanmon-file:"
MEMORY, LARGE = 3, 7
"""Types of a resource descriptor: memory, and memory whose length is told in larger units."""

_CONTROL = r"HKLM\SYSTEM\CurrentControlSet\Control"
_SHARED = (
    *("no-key", "no-value", "product", "build", "ubr"),
    *("servicing", "update", "renames", "bias", "date-order", "clock"),
)
_WANTED = " ".join(
    rf"^database\.{key}[=:]"
    for key in (
        "type",
        "name",
        *(rf"[a-z]*\.{one}" for one in ("server", "user", "port", "instance")),
    )
)
"""What of dsm.properties leaves the host: no line that could hold a secret, nor a part of one."""


def _questions(target: ManagerHost) -> dict[str, str]:
    folder, drive = target.folder, target.folder[:2]
    old = target.old_installer or target.installer
    asked = {name: OF_ANY[name] for name in _SHARED} | {
        "hostname": registry(rf"{_CONTROL}\ComputerName\ActiveComputerName", "ComputerName"),
        "zone": registry(rf"{_CONTROL}\TimeZoneInformation", "TimeZoneKeyName"),
        "memory": registry(
            r"HKLM\HARDWARE\RESOURCEMAP\System Resources\Physical Memory", ".Translated"
        ),
        "cores": registry(r"HKLM\HARDWARE\DESCRIPTION\System\CentralProcessor"),
        "services": r"reg query HKLM\SYSTEM\CurrentControlSet\Services /s /v DisplayName",
        "started": "net start",
        "no-file": _listing(r"%SystemDrive%\kanmon-absent*"),
        "no-folder": _listing(r"%SystemDrive%\kanmon-absent\*"),
        "folder": f'dir /-c "{folder}"',
        "disk": f"fsutil volume diskfree {drive}",
        "properties": f'findstr /r /i "{_WANTED}" "{folder}\\{PROPERTIES}"',
        "vmoptions-there": _listing(f"{folder}\\{VMOPTIONS}"),
        "vmoptions": f'findstr /b /c:"-Xm" "{folder}\\{VMOPTIONS}"',
        "installers": _listing(target.installer),
        "came": _listing(target.installer, "c"),
        "old-installers": _listing(old),
    }
    if target.precheck:
        asked["precheck-files"] = _listing(target.precheck)
        asked["prechecks"] = _each(target.precheck, 'type "%f"')
    return asked


def _contents(target: ManagerHost) -> dict[str, str]:
    return {"sums": _each(target.installer, 'certutil -hashfile "%f" SHA256')}


def _listing(pattern: str, of: str = "w") -> str:
    """Files with their size, and when each was last written ("w") or made ("c")."""
    return f'dir /-c /a-d /t{of} "{pattern}"'


def _each(pattern: str, do: str) -> str:
    return f'for %f in ("{pattern}") do @(echo/&echo {FILE}%~nxf&{do}&echo/)'


def command(target: ManagerHost) -> str:
    """The quick command."""
    return combined(_questions(target))


def contents_command(target: ManagerHost) -> str:
    """The command that reads gigabytes."""
    return combined(_contents(target))


@dataclass(frozen=True, slots=True)
class Session:
    """An open connection to one host."""

    target: ManagerHost
    shell: Shell

    def ask(self, questions: Mapping[str, str]) -> dict[str, Section]:
        """The answers to all questions, each byte one character.

        Raises:
            CouldNotRead: the answer is not whole.
        """
        output = self.shell.run(combined(questions)).stdout_bytes.decode("latin-1")
        advice = Text("the account's shell must be cmd")
        return split(output, questions, Text("read {where}", where=self.target.where), advice)


@contextlib.contextmanager
def connect(request: Request) -> Iterator[Session]:
    """Log in; the connection is closed at the end.

    Raises:
        TargetLost: no connection, an unverified host key or certificate, or a refused login.
    """
    target: ManagerHost = request.target
    slow = [contents_command(target)]
    with _reach(target) as door:
        yield Session(target, door.log_in(request.login, [command(target)], slow))


def _reach(target: ManagerHost) -> contextlib.AbstractContextManager[ssh.Door | winrm.Door]:
    where = (target.address, target.port, target.timeout)
    if target.transport == "ssh":
        keys = (target.host_key, target.known_hosts)
        return ssh.reach(ssh.Endpoint(*where, *keys, target.credential))
    return winrm.reach(winrm.Endpoint(*where, target.ca, target.credential))


def read_host(session: Session) -> Host:
    """The host with the manager's files on it.

    Raises:
        CouldNotRead: the answer is not whole, or an answer of the system is not understood.
    """
    asked = datetime.now(UTC)
    told = _Told(session.ask(_questions(session.target)), session.target)
    return told.host(asked, datetime.now(UTC))


def read_node(session: Session) -> ManagerNode:
    """What a manager needs of the host beyond itself.

    Raises:
        CouldNotRead: the answer is not whole.
    """
    asked = datetime.now(UTC)
    told = _Told(session.ask(_questions(session.target)), session.target)
    return told.node(asked, datetime.now(UTC))


def read_installers(session: Session) -> tuple[InstallerContent, ...]:
    """The checksum of every installer.

    Raises:
        CouldNotRead: the answer is not whole, or did not come in time.
    """
    section = session.ask(_contents(session.target))["sums"]
    folder = PureWindowsPath(session.target.installer).parent
    return tuple(
        InstallerContent(
            path=str(folder / name),
            sha256=attempt(lambda said=text, named=name: _sum(named, said)),  # type: ignore[misc]
            first_line="",
            numbers=(),
        )
        for name, text in _files(section)
    )


_DATED = re.compile(r"\d{1,4}[-/.]\d")
"""How each line of dir begins that is about a file."""
_ROW = re.compile(r"(\d\S+)\s+(\d{1,2}:\d\d(?:\s?[AP]M)?)\s+(\d+)\s+(\S.*)")
_SIZE = re.compile(r":\s+(\d{1,3}(?:[.,'\u00a0 ]\d{3}){2,}|\d{7,})(?!\d)")
"""A size in bytes; newer systems group its digits, in the account's own form."""

PARTS: Mapping[str, Callable[[Any], object]] = {
    "host": read_host,
    "node": read_node,
    "installers": read_installers,
}


def _files(section: Section) -> Iterator[tuple[str, str]]:
    """Name of each file, and what was printed of it; a pattern that nothing fits prints itself."""
    parts = re.split(rf"^{FILE}(.*)$", section.text, flags=re.MULTILINE)[1:]
    for name, text in zip(parts[::2], parts[1::2], strict=True):
        if "*" not in name and "?" not in name:
            yield name.strip(), text.lstrip("\r").removeprefix("\n")


def _sum(name: str, said: str) -> str:
    lines = ["".join(line.split()).lower() for line in said.splitlines()]
    sums = [line for line in lines if re.fullmatch(r"[0-9a-f]{64}", line)]
    if len(sums) != 1:
        raise Denied(Text("read {path}", path=name), said.strip()[:200], GIVE_RIGHTS)
    return sums[0]


class _Told:
    """A whole answer of the quick command."""

    def __init__(self, parts: Mapping[str, Section], target: ManagerHost) -> None:
        self.parts = parts
        self.target = target
        self.answer = Answer(parts, _questions(target))

    def host(self, asked: datetime, answered: datetime) -> Host:
        """The machine."""
        needed = self.answer.needed
        product = needed("product", "ProductName")
        year = re.search(r"Server (\d{4}(?: R2)?)", product)
        build, ubr = needed("build", "CurrentBuildNumber"), self.answer.number("ubr", "UBR")
        clock = clock_told(self.parts, asked, answered)
        return Host(
            hostname=needed("hostname", "ComputerName"),
            os_id="windows server" if year else "windows",
            os_version=year[1] if year else product,
            os_name=product,
            kernel=f"10.0.{build}" + (f".{ubr}" if ubr is not None else ""),
            memory=memory(needed("memory", ".Translated")),
            cores=self._cores(),
            clock=clock if isinstance(clock, Unread) else clock.told,
            timezone=needed("zone", "TimeZoneKeyName"),
            filesystems=(self.disk(),) if self._installed() else (),
            services=self._services(),
            manager=self._files(),
        )

    def node(self, asked: datetime, answered: datetime) -> ManagerNode:
        """What a manager needs of it."""
        old = self.target.old_installer or self.target.installer
        return ManagerNode(
            clock=attempt(lambda: self._clock(clock_told(self.parts, asked, answered))),
            heaps=(),
            disk=attempt(self.disk),
            prechecks=attempt(self._prechecks),
            changes=attempt(
                lambda: tuple(
                    (file.path, file.modified)
                    for file in self._listed("came", self.target.installer)
                )
            ),
            old_installers=attempt(lambda: self._listed("old-installers", old)),
            pending_restart=attempt(self._pending),
        )

    def _clock(self, told: ClockReading | Unread) -> Clock:
        if isinstance(told, Unread):
            raise CouldNotRead(Text("read the clock"), told.reason)
        zone = self.answer.needed("zone", "TimeZoneKeyName")
        whole = told.told.replace(microsecond=0)
        return Clock(whole, -self._bias(), zone, told.asked, told.answered)

    def _bias(self) -> int:
        """Minutes from local time to UTC."""
        bias = self.answer.number("bias", "ActiveTimeBias")
        if bias is None:
            raise self.answer.unclear("bias")
        return bias - 2**32 if bias >= 2**31 else bias  # a REG_DWORD has no sign

    def _pending(self) -> tuple[str, ...]:
        reasons = {
            "servicing": "Component Based Servicing",
            "update": "Windows Update",
            "renames": "file rename operations",
        }
        return tuple(reason for name, reason in reasons.items() if self.answer.pending(name))

    def _cores(self) -> int:
        found = [
            one for one in self.parts["cores"].lines if re.search(r"CentralProcessor\\\d+$", one)
        ]
        if self.parts["cores"].status or not found:
            raise self.answer.unclear("cores")
        return len(found)

    def _services(self) -> tuple[Service, ...]:
        """The manager's service, by the name that Windows displays: its short one is not known.

        ``net start`` lists whatever is not stopped.
        """
        running = self.parts["started"]
        if running.status or len(running.lines) < 2:  # noqa: PLR2004 - a heading, a service
            raise self.answer.unclear("started")
        state = "active" if SERVICE in running.lines else "inactive"
        return (Service(SERVICE, loaded=self._has_service(), state=state, enabled=""),)

    def _has_service(self) -> bool:
        names = self.parts["services"]
        shown = [re.sub(r"^DisplayName\s+REG_\w+\s+", "", line) for line in names.lines]
        if names.status or shown == names.lines:
            raise self.answer.unclear("services")
        return SERVICE in shown

    def _absent(self, name: str) -> bool:
        """Whether dir said what it says of a file that exists nowhere."""
        said = self.parts[name]
        samples = (self.parts["no-file"], self.parts["no-folder"])
        return said.status != 0 and any(
            (said.status, said.lines[-1:]) == (one.status, one.lines[-1:]) for one in samples
        )

    def _installed(self) -> bool:
        """Whether the manager's folder is there; one that may not be listed looks to dir absent."""
        if not self._absent("folder"):
            return True
        if self._has_service():
            raise CouldNotRead(
                Text("list {path}", path=self.target.folder),
                Text("nothing is there, though the manager's service is"),
                Text(
                    "set folder of manager_host {slug}, or let the account list it",
                    slug=repr(self.target.slug),
                ),
            )
        return False

    def disk(self) -> Filesystem:
        """The drive on which the manager lies; its size is told to administrators alone."""
        folder, disk = self.parts["folder"], self.parts["disk"]
        numbers = re.findall(r"\d+", folder.lines[-1]) if folder.lines else []
        if folder.status or len(numbers) != 2:  # noqa: PLR2004 - folders and bytes
            raise self.answer.unclear("folder")
        sizes = [int(re.sub(r"\D", "", one)) for one in _SIZE.findall(disk.text)]
        size = (
            max(sizes) if sizes and not disk.status else Unread(self.answer.unclear("disk").message)
        )
        return Filesystem(self.target.folder[:2], size, int(numbers[1]))

    def _files(self) -> ManagerFiles:
        vmoptions = attempt(self._vmoptions)
        return ManagerFiles(
            installed=self._installed(),
            properties=attempt(self._properties),
            vmoptions=vmoptions,
            heap=vmoptions if isinstance(vmoptions, Unread) else heap_of(vmoptions),
            installers=attempt(lambda: self._listed("installers", self.target.installer)),
        )

    def _properties(self) -> tuple[tuple[str, str], ...]:
        section = self.parts["properties"]
        lines = section.lines
        if not self._installed():
            return ()
        wrong = [one for one in lines if not one.lower().startswith("database.")]
        if section.status or not lines or wrong:
            raise Denied(
                Text("read {path}", path=f"{self.target.folder}\\{PROPERTIES}"),
                section.text.strip()[:200] or Text("nothing"),
                GIVE_RIGHTS,
            )
        return masked(lines)

    def _vmoptions(self) -> tuple[str, ...]:
        section = self.parts["vmoptions"]
        if self._absent("vmoptions-there") or (section.status == 1 and not section.lines):
            return ()
        if section.status or not all(line.startswith("-Xm") for line in section.lines):
            raise self.answer.unclear("vmoptions")
        return tuple(section.lines)

    def _listed(self, name: str, pattern: str) -> tuple[InstallerFile, ...]:
        """The files that ``dir`` lists: each line begins with a date in the account's own form."""
        if self._absent(name):
            return ()
        section = self.parts[name]
        folder = PureWindowsPath(pattern).parent
        rows = [_ROW.fullmatch(line) for line in section.lines if _DATED.match(line)]
        if section.status or not rows or not all(rows):
            raise self.answer.unclear(name)
        asked = PureWindowsPath(pattern).name
        return tuple(
            InstallerFile(
                path=str(folder / row[4]),
                size=int(row[3]),
                modified=self._moment(row[1], row[2]),
                readable=True,  # whether it is, its checksum tells
                executable=True,
            )
            for row in rows
            if row and PureWindowsPath(row[4]).match(asked)  # dir goes by short names, too
        )

    def _moment(self, day: str, time: str) -> datetime:
        order = self.answer.needed("date-order", "sShortDate")
        letters = [part[0] for part in re.findall(r"d+|M+|y+", order)]
        numbers = re.findall(r"\d+", day)
        hour, minute = (int(one) for one in re.findall(r"\d+", time))
        if sorted(letters) != ["M", "d", "y"] or len(numbers) != len(letters):
            raise CouldNotRead(Text("read the date of a file"), day)
        at = dict(zip(letters, map(int, numbers), strict=True))
        if time.endswith("M"):
            hour = hour % 12 + (12 if time.endswith("PM") else 0)
        try:
            local = datetime(at["y"], at["M"], at["d"], hour, minute)  # noqa: DTZ001 - see below
        except ValueError:
            raise CouldNotRead(Text("read the date of a file"), day) from None
        return (local + timedelta(minutes=self._bias())).replace(tzinfo=UTC)

    def _prechecks(self) -> tuple[PrecheckReport, ...]:
        if self.target.precheck is None:
            raise CouldNotRead(
                Text("read the report of the installer's pre-check"),
                Text("the environment does not say where it lies"),
                Text("set precheck of manager_host {slug}", slug=repr(self.target.slug)),
            )
        texts = dict(_files(self.parts["prechecks"]))
        return tuple(
            PrecheckReport(file.path, file.modified, attempt(lambda f=file: _report(f, texts)))  # type: ignore[misc]
            for file in self._listed("precheck-files", self.target.precheck)
        )


def _report(file: InstallerFile, texts: Mapping[str, str]) -> str:
    told = texts.get(PureWindowsPath(file.path).name, "").encode("latin-1")
    if len(told) < file.size and not told.startswith((b"\xff\xfe", b"\xfe\xff")):
        got = Text("{count} of {size} bytes", count=len(told), size=file.size)
        raise Denied(Text("read {path}", path=file.path), got, GIVE_RIGHTS)
    return report_text(file.path, told)


def memory(resources: str) -> int:
    """Bytes of memory in a resource list, as Windows' registry keeps it.

    Raises:
        CouldNotRead: it has another form.
    """
    unclear = CouldNotRead(Text("read the memory"), resources[:80])
    try:
        data = bytes.fromhex(resources)
    except ValueError:
        raise unclear from None
    count, size = int.from_bytes(data[16:20], "little"), 20
    rows = [data[at : at + size] for at in range(20, 20 + count * size, size)]
    if (
        not rows
        or len(data) < 20 + count * size
        or any(row[0] not in (MEMORY, LARGE) for row in rows)
    ):
        raise unclear
    return sum(_length(row) for row in rows)


def _length(row: bytes) -> int:
    """The length of a descriptor; of a large one in units of 2 to the 8th, 16th or 32nd."""
    flags, length = int.from_bytes(row[2:4], "little"), int.from_bytes(row[12:16], "little")
    if row[0] != LARGE:
        return length
    shifts = {0x200: 8, 0x400: 16, 0x800: 32}
    return length << next((by for flag, by in shifts.items() if flags & flag), 0)
