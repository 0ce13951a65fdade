"""Linux hosts over SSH: POSIX sh commands, which work without root, and their answers as facts.

Secrets in the manager's files are masked on the host, before they travel, and once more here.
"""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from testinfra.host import Host as Shell

from kanmon.environment.targets import Linux
from kanmon.errors import CouldNotRead
from kanmon.facts import Unread
from kanmon.facts.linux.agent import AgentHost
from kanmon.facts.linux.host import Host, ManagerFiles, Service
from kanmon.facts.linux.manager import InstallerContent, ManagerNode
from kanmon.readers import Request
from kanmon.readers.linux import agent
from kanmon.readers.linux import manager as linux_manager
from kanmon.readers.transport import posix, ssh
from kanmon.readers.transport.sections import Section
from kanmon.text import Text

PROBES: Mapping[str, Callable[[Any], object]] = {}

MANAGER = "/opt/dsm"
PROPERTIES = f"{MANAGER}/webclient/webapps/ROOT/WEB-INF/dsm.properties"
VMOPTIONS = f"{MANAGER}/dsm_s.vmoptions"
MASK = "***"
_SECRET = "pass|pwd|secret|key|token|credential|community|licen[cs]e"  # noqa: S105 - what secrets are called

# Drops comments, joins continued lines, and masks the whole value of every line that mentions a
# secret, be it in the key or in the value (a connection string).
_MASKED = (
    r"sed -E '/^[[:space:]]*[#!]/d;"
    r":a;s/\r$//;/(^|[^\\])(\\\\)*\\$/{$!{N;s/\\\n[[:space:]]*//;ba}};"
    rf"/{_SECRET}/Is/^[[:space:]]*([^=:[:space:]]*).*/\1={MASK}/'"
)


def _questions(installer: str) -> dict[str, str]:
    """What is asked, by name."""
    return {
        "hostname": "uname -n",
        "os": "cat /etc/os-release",
        "kernel": "uname -r",
        "memory": "grep ^MemTotal: /proc/meminfo",
        "cores": "getconf _NPROCESSORS_ONLN",
        "clock": "date -u +%s",
        "timezone": "readlink /etc/localtime || date +%Z",
        "filesystems": "df -P -k -l",
        "services": "systemctl show -p Id -p LoadState -p ActiveState -p UnitFileState"
        " -p ActiveEnterTimestampMonotonic dsm_s.service ds_agent.service",
        "uptime": "cat /proc/uptime",
        "manager": f"stat -c %F {MANAGER}",
        "properties": f"{_MASKED} {PROPERTIES}",
        "vmoptions": f"{_MASKED} {VMOPTIONS}",
        "installers": posix.listing(installer),
    }


def command(installer: str) -> str:
    """The command that reads the host, for an installer pattern."""
    return posix.command(_questions(installer))


@dataclass(frozen=True, slots=True)
class Session:
    """An open connection to one host."""

    target: Linux
    shell: Shell


@contextlib.contextmanager
def connect(request: Request) -> Iterator[Session]:
    """Log in; the connection is closed at the end.

    Raises:
        TargetLost: no connection, an unverified host key, or a refused login.
    """
    target: Linux = request.target
    endpoint = ssh.Endpoint(
        target.address,
        target.port,
        target.timeout,
        target.host_key,
        target.known_hosts,
        target.credential,
    )
    with ssh.reach(endpoint) as door:
        quick = [
            command(target.installer),
            linux_manager.command(target),
            agent.command(),
        ]
        slow = [linux_manager.contents_command(target)]
        yield Session(target, door.log_in(request.login, quick, slow))


def read_host(session: Session) -> Host:
    """The host with the manager's files on it.

    Raises:
        CouldNotRead: the answer is not whole, or an answer of the system is not understood.
    """
    target = session.target
    parts = posix.ask(session.shell, _questions(target.installer), target.where)
    return host(parts, target.installer)


def read_node(session: Session) -> ManagerNode:
    """What a manager needs of the host beyond itself.

    Raises:
        CouldNotRead: the answer is not whole.
    """
    return linux_manager.read_node(session.target, session.shell)


def read_installers(session: Session) -> tuple[InstallerContent, ...]:
    """What is in the installer files.

    Raises:
        CouldNotRead: the answer is not whole, did not come in time, or the folder may not be read.
    """
    return linux_manager.read_installers(session.target, session.shell)


def read_agent(session: Session) -> AgentHost:
    """What an agent needs of its machine.

    Raises:
        CouldNotRead: the answer is not whole.
    """
    return agent.read_agent(session.target, session.shell)


PARTS: Mapping[str, Callable[[Any], object]] = {
    "host": read_host,
    "agent": read_agent,
    "node": read_node,
    "installers": read_installers,
}


def host(parts: Mapping[str, Section], installer: str) -> Host:
    """The facts in a whole answer.

    Raises:
        CouldNotRead: an answer of the system is not understood.
    """
    release = _release(parts["os"])
    clock = datetime.fromtimestamp(int(_match(parts, Text("clock"), r"(\d+)")), UTC)
    booted = _booted(parts["uptime"], clock)
    return Host(
        hostname=_match(parts, Text("hostname"), r"(\S+)"),
        os_id=release["ID"],
        os_version=release["VERSION_ID"],
        os_name=release["PRETTY_NAME"],
        kernel=_match(parts, Text("kernel"), r"(\S+)"),
        memory=int(_match(parts, Text("memory"), r"MemTotal:\s+(\d+) kB")) * 1024,
        cores=int(_match(parts, Text("cores"), r"(\d+)")),
        clock=clock,
        timezone=_match(parts, Text("timezone"), r"(?:.*/zoneinfo/)?(\S+)"),
        filesystems=posix.filesystems(parts["filesystems"]),
        services=_services(parts["services"], booted),
        manager=_manager_files(parts, installer),
    )


def _match(parts: Mapping[str, Section], name: str, pattern: str) -> str:
    section = parts[name]
    found = re.fullmatch(pattern, section.text.strip())
    if section.status or not found:
        raise posix.not_understood(name, section)
    return found[1]


def _release(section: Section) -> dict[str, str]:
    """Values of /etc/os-release."""
    pairs = (line.partition("=") for line in section.lines if not line.startswith("#"))
    try:
        values = {key: "".join(shlex.split(value)) for key, _, value in pairs}
        wanted = {key: values[key] for key in ("ID", "VERSION_ID", "PRETTY_NAME")}
    except (KeyError, ValueError):
        raise posix.not_understood(Text("operating system"), section) from None
    if section.status:
        raise posix.not_understood(Text("operating system"), section)
    return wanted


def _services(section: Section, booted: datetime | None) -> tuple[Service, ...]:
    units = [
        dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        for block in re.split(r"\n\s*\n", section.text.strip())
    ]
    try:
        services = tuple(
            Service(
                name=unit["Id"].removesuffix(".service"),
                loaded=unit["LoadState"] == "loaded",
                state=unit["ActiveState"],
                enabled=unit.get("UnitFileState", ""),  # left out for a unit that is not found
                started=_started(unit, booted),
            )
            for unit in units
        )
    except KeyError:
        raise posix.not_understood(Text("services"), section) from None
    if section.status or [service.name for service in services] != ["dsm_s", "ds_agent"]:
        raise posix.not_understood(Text("services"), section)
    return services


def _booted(section: Section, clock: datetime) -> datetime | None:
    """When the host was started, by its own clock; None where it does not tell."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) \S+", section.text.strip())
    return clock - timedelta(seconds=float(found[1])) if found and not section.status else None


def _started(unit: Mapping[str, str], booted: datetime | None) -> datetime | None:
    """When a unit became active: systemd counts microseconds from the boot, in no time zone."""
    since = unit.get("ActiveEnterTimestampMonotonic", "0")
    told = since.isdecimal() and since != "0" and unit["ActiveState"] == "active"
    if booted is None or not told:
        return None
    return (booted + timedelta(microseconds=int(since))).replace(microsecond=0)


def _manager_files(parts: Mapping[str, Section], installer: str) -> ManagerFiles:
    vmoptions = _vmoptions(parts["vmoptions"])
    return ManagerFiles(
        installed=_installed(parts["manager"]),
        properties=_properties(parts["properties"]),
        vmoptions=vmoptions,
        heap=vmoptions if isinstance(vmoptions, Unread) else heap_of(vmoptions),
        installers=posix.installer_files(parts["installers"], installer),
    )


def _installed(section: Section) -> bool:
    if section.status and not posix.absent(section):
        raise posix.not_understood(Text("folder of the manager"), section)
    return section.status == 0


def _properties(section: Section) -> tuple[tuple[str, str], ...] | Unread:
    if posix.absent(section):
        return ()
    if section.status:
        return posix.unread(PROPERTIES, section)
    return masked(section.lines)


def masked(lines: list[str]) -> tuple[tuple[str, str], ...]:
    """The properties in lines of dsm.properties, secrets masked.

    Raises:
        CouldNotRead: a line is no property.
    """
    pairs = (_property(line) for line in lines if line[0] not in "#!")
    return tuple((key, _mask(key, value)) for key, value in pairs)


def _property(line: str) -> tuple[str, str]:
    """Key and value of a line of a Java properties file."""
    found = re.fullmatch(r"((?:\\.|[^\\=:\s])*)\s*[=:]?\s*(.*)", line)
    if not found:
        raise CouldNotRead(
            Text("read {properties}", properties=PROPERTIES), Text("a line that is not a property")
        )
    return _unescape(found[1]), _unescape(found[2])


def _unescape(text: str) -> str:
    escapes = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
    return re.sub(
        r"\\(?:u([0-9a-fA-F]{4})|(.))",
        lambda found: chr(int(found[1], 16)) if found[1] else escapes.get(found[2], found[2]),
        text,
    )


def _mask(key: str, value: str) -> str:
    return MASK if re.search(_SECRET, f"{key}={value}", re.IGNORECASE) else value


def _vmoptions(section: Section) -> tuple[str, ...] | Unread:
    if posix.absent(section):
        return ()
    if section.status:
        return posix.unread(VMOPTIONS, section)
    return tuple(
        re.sub(r"^([^=:\s]*).*", rf"\1={MASK}", line)
        if re.search(_SECRET, line, re.IGNORECASE)
        else line
        for line in section.lines
    )


def heap_of(vmoptions: tuple[str, ...]) -> int | None:
    """Bytes of the last -Xmx, which is the one that Java takes."""
    sizes = [option for line in vmoptions for option in line.split() if option.startswith("-Xmx")]
    if not sizes:
        return None
    return posix.heap_size(sizes[-1], VMOPTIONS)
