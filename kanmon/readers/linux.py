"""Linux hosts over SSH: one POSIX sh command, which works without root, and its answer as facts.

Secrets in the manager's files are masked on the host, before they travel, and once more here.
"""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from testinfra.host import Host as Shell

from kanmon.environment import Linux
from kanmon.errors import CouldNotRead
from kanmon.facts import Unread
from kanmon.facts.linux import Filesystem, Host, InstallerFile, ManagerFiles, Service
from kanmon.readers import Request, ssh
from kanmon.readers.sections import Section, split

PROBES: Mapping[str, Callable[[Any], object]] = {}

MANAGER = "/opt/dsm"
PROPERTIES = f"{MANAGER}/webclient/webapps/ROOT/WEB-INF/dsm.properties"
VMOPTIONS = f"{MANAGER}/dsm_s.vmoptions"
MASK = "***"
GIVE_RIGHTS = "let the account read it, or give the credential of one that can"

_SECRET = "pass|pwd|secret|key|token|credential"  # noqa: S105 - what secrets are called
_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}

# Drops comments, joins continued lines, and masks the whole value of every line that mentions a
# secret, be it in the key or in the value (a connection string).
_MASKED = (
    r"sed -E '/^[[:space:]]*[#!]/d;"
    r":a;s/\r$//;/(^|[^\\])(\\\\)*\\$/{$!{N;s/\\\n[[:space:]]*//;ba}};"
    rf"/{_SECRET}/Is/^[[:space:]]*([^=:[:space:]]*).*/\1={MASK}/'"
)


def _questions(installer: str) -> dict[str, str]:
    """What is asked, by name; the words are those of RHEL 7's tools."""
    folder = PurePosixPath(installer).parent
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
        " dsm_s.service ds_agent.service",
        "manager": f"stat -c %F {MANAGER}",
        "properties": f"{_MASKED} {PROPERTIES}",
        "vmoptions": f"{_MASKED} {VMOPTIONS}",
        # Listing the folder first tells a folder that may not be listed from one without a match.
        "installers": f"ls {folder} >/dev/null && for f in {installer}; do r=-; x=-;"
        ' test -r "$f" && r=r; test -x "$f" && x=x; stat -c "$r$x %s %Y %n" "$f"; done',
    }


def command(installer: str) -> str:
    """The combined command for an installer pattern: the only one that this reader runs."""
    lines = ["LC_ALL=C; export LC_ALL", "echo kanmon:begin:0"]
    lines += [
        rf'({question}) 2>&1; printf "\nkanmon:{name}:%s\n" $?'
        for name, question in _questions(installer).items()
    ]
    return "/bin/sh -c " + shlex.quote("\n".join([*lines, "echo kanmon:end:0"]))


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
        yield Session(target, door.log_in(request.login, [command(target.installer)]))


def read_host(session: Session) -> Host:
    """The host with the manager's files on it.

    Raises:
        CouldNotRead: the answer is not whole, or an answer of the system is not understood.
    """
    target = session.target
    answer = session.shell.run(command(target.installer)).stdout_bytes
    output = answer.decode("utf-8", errors="replace")
    advice = "the account needs a login shell that runs /bin/sh"
    parts = split(output, _questions(target.installer), f"read {target.where}", advice)
    return host(parts, target.installer)


PARTS: Mapping[str, Callable[[Any], object]] = {"host": read_host}


def host(parts: Mapping[str, Section], installer: str) -> Host:
    """The facts in a whole answer.

    Raises:
        CouldNotRead: an answer of the system is not understood.
    """
    release = _release(parts["os"])
    return Host(
        hostname=_match(parts, "hostname", r"(\S+)"),
        os_id=release["ID"],
        os_version=release["VERSION_ID"],
        os_name=release["PRETTY_NAME"],
        kernel=_match(parts, "kernel", r"(\S+)"),
        memory=int(_match(parts, "memory", r"MemTotal:\s+(\d+) kB")) * 1024,
        cores=int(_match(parts, "cores", r"(\d+)")),
        clock=datetime.fromtimestamp(int(_match(parts, "clock", r"(\d+)")), UTC),
        timezone=_match(parts, "timezone", r"(?:.*/zoneinfo/)?(\S+)"),
        filesystems=_filesystems(parts["filesystems"]),
        services=_services(parts["services"]),
        manager=_manager_files(parts, installer),
    )


def _not_understood(what: str, section: Section) -> CouldNotRead:
    said = " ".join(section.text.split())[:200] or "nothing"
    return CouldNotRead(f"read the {what}", f"{said} (exit status {section.status})")


def _match(parts: Mapping[str, Section], name: str, pattern: str) -> str:
    section = parts[name]
    found = re.fullmatch(pattern, section.text.strip())
    if section.status or not found:
        raise _not_understood(name, section)
    return found[1]


def _release(section: Section) -> dict[str, str]:
    """Values of /etc/os-release."""
    pairs = (line.partition("=") for line in section.lines if not line.startswith("#"))
    try:
        values = {key: "".join(shlex.split(value)) for key, _, value in pairs}
        wanted = {key: values[key] for key in ("ID", "VERSION_ID", "PRETTY_NAME")}
    except (KeyError, ValueError):
        raise _not_understood("operating system", section) from None
    if section.status:
        raise _not_understood("operating system", section)
    return wanted


def _filesystems(section: Section) -> tuple[Filesystem, ...]:
    """Local file systems; a mount that df may not look at is an error, never left out."""
    rows = [
        re.fullmatch(r".+\s(\d+)\s+\d+\s+(\d+)\s+(?:\d+%|-)\s+(/.*)", line)
        for line in section.lines[1:]
    ]
    found = [row for row in rows if row]
    if section.status or len(found) < len(rows) or not found:
        raise _not_understood("file systems", section)
    return tuple(Filesystem(row[3], int(row[1]) * 1024, int(row[2]) * 1024) for row in found)


def _services(section: Section) -> tuple[Service, ...]:
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
            )
            for unit in units
        )
    except KeyError:
        raise _not_understood("services", section) from None
    if section.status or [service.name for service in services] != ["dsm_s", "ds_agent"]:
        raise _not_understood("services", section)
    return services


def _manager_files(parts: Mapping[str, Section], installer: str) -> ManagerFiles:
    vmoptions = _vmoptions(parts["vmoptions"])
    return ManagerFiles(
        installed=_installed(parts["manager"]),
        properties=_properties(parts["properties"]),
        vmoptions=vmoptions,
        heap=vmoptions if isinstance(vmoptions, Unread) else _heap(vmoptions),
        installers=_installers(parts["installers"], installer),
    )


def _absent(section: Section) -> bool:
    said = section.lines
    return (
        section.status != 0 and len(said) == 1 and said[0].endswith(": No such file or directory")
    )


def _unread(path: str, section: Section) -> Unread:
    got = f"{' '.join(section.text.split())[:200]} (exit status {section.status})"
    return Unread(str(CouldNotRead(f"read {path}", got, GIVE_RIGHTS)))


def _installed(section: Section) -> bool:
    if section.status and not _absent(section):
        raise _not_understood("folder of the manager", section)
    return section.status == 0


def _properties(section: Section) -> tuple[tuple[str, str], ...] | Unread:
    if _absent(section):
        return ()
    if section.status:
        return _unread(PROPERTIES, section)
    pairs = (_property(line) for line in section.lines if line[0] not in "#!")
    return tuple((key, _mask(key, value)) for key, value in pairs)


def _property(line: str) -> tuple[str, str]:
    """Key and value of a line of a Java properties file."""
    found = re.fullmatch(r"((?:\\.|[^\\=:\s])*)\s*[=:]?\s*(.*)", line)
    if not found:
        raise CouldNotRead(f"read {PROPERTIES}", "a line that is not a property")
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
    if _absent(section):
        return ()
    if section.status:
        return _unread(VMOPTIONS, section)
    return tuple(
        re.sub(r"^([^=:\s]*).*", rf"\1={MASK}", line)
        if re.search(_SECRET, line, re.IGNORECASE)
        else line
        for line in section.lines
    )


def _heap(vmoptions: tuple[str, ...]) -> int | None:
    """Bytes of the last -Xmx, which is the one that Java takes."""
    sizes = [option for line in vmoptions for option in line.split() if option.startswith("-Xmx")]
    if not sizes:
        return None
    found = re.fullmatch(r"-Xmx(\d+)([kmgt]?)", sizes[-1], re.IGNORECASE)
    if not found:
        raise CouldNotRead(f"read the heap size in {VMOPTIONS}", sizes[-1])
    return int(found[1]) * _UNITS[found[2].lower()]


def _installers(section: Section, pattern: str) -> tuple[InstallerFile, ...] | Unread:
    if _absent(section):
        return ()
    rows = [re.fullmatch(r"([r-])([x-]) (\d+) (\d+) (/.*)", line) for line in section.lines]
    found = [row for row in rows if row]
    if section.status or len(found) < len(rows):
        return _unread(pattern, section)
    return tuple(
        InstallerFile(
            path=row[5],
            size=int(row[3]),
            modified=datetime.fromtimestamp(int(row[4]), UTC),
            readable=row[1] == "r",
            executable=row[2] == "x",
        )
        for row in found
    )
