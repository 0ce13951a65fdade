"""What a manager needs of its host: clock, running heap, disk, installers, the pre-check's report.

Two commands: a quick one, and one that reads every installer from end to end. An installer is never
started: ``-q`` means an unattended installation, and a build that does not know ``-t`` upgrades.
"""

from __future__ import annotations

import base64
import codecs
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from testinfra.host import Host as Shell

from kanmon.environment.targets import Linux
from kanmon.errors import CouldNotRead, Denied
from kanmon.facts import Unread
from kanmon.facts.linux.host import Filesystem
from kanmon.facts.linux.manager import Clock, InstallerContent, ManagerNode, PrecheckReport
from kanmon.readers.transport import posix
from kanmon.readers.transport.sections import Section
from kanmon.redaction import excerpt
from kanmon.text import Text

MANAGER = "/opt/dsm"
LARGEST_REPORT = 256 * 1024

Fact = TypeVar("Fact")

_PASSWORD = re.compile(r"((?:password|passwd|pwd|secret)\s*[=:]\s*)[^\s,;|\"]+", re.IGNORECASE)

# The last -Xmx counts. The arguments stay on the host: they may hold secrets.
_HEAPS = (
    'ps -ww -e -o args= | awk \'$1 ~ /java$/ && /\\/opt\\/dsm\\// { heap = "default";'
    ' for (i = 2; i <= NF; i++) if ($i ~ /^-Xmx/) heap = $i; print "heap " heap }\''
)
_REPORT = (
    'stat -c "file %s %Y %n" "$f" && '
    f'text=$(head -c {LARGEST_REPORT + 1} <"$f" | base64 -w 0) && echo "text $text"'
)
_CONTENT = (
    'echo "file $f" && sum=$(sha256sum <"$f") && echo "sum ${sum%% *}" && '
    'echo "first $(head -c 100 <"$f" | head -n 1 | tr -dc "[:print:]")" && '
    'head -c 65536 <"$f" | grep -a -E -m 40 "[0-9]+[.][0-9]+[.][0-9]+" | cut -c 1-200 | '
    'tr -dc "[:print:]\\n" | sed "s/^/text /"'
)


def _questions(target: Linux) -> dict[str, str]:
    asked = {
        "clock": 'date "+%s %z" && { readlink /etc/localtime || date +%Z; }',
        "heaps": _HEAPS,
        "disk": f"df -P -k {MANAGER}",
        "changes": posix.each(target.installer, 'stat -c "file %Z %n" "$f"'),
        "old_installers": posix.listing(target.old_installer or target.installer),
    }
    return asked | ({"prechecks": posix.each(target.precheck, _REPORT)} if target.precheck else {})


def _contents(target: Linux) -> dict[str, str]:
    return {"installers": posix.each(target.installer, _CONTENT)}


def command(target: Linux) -> str:
    """The quick command."""
    return posix.command(_questions(target))


def contents_command(target: Linux) -> str:
    """The command that reads gigabytes."""
    return posix.command(_contents(target))


def read_node(target: Linux, shell: Shell) -> ManagerNode:
    """What the quick command tells; what one question could not learn leaves the others.

    Raises:
        CouldNotRead: the answer is not whole.
    """
    asked = datetime.now(UTC)
    parts = posix.ask(shell, _questions(target), target.where)
    answered = datetime.now(UTC)
    old = target.old_installer or target.installer
    return ManagerNode(
        clock=attempt(lambda: clock(parts["clock"], asked, answered)),
        heaps=attempt(lambda: heaps(parts["heaps"])),
        disk=attempt(lambda: disk(parts["disk"])),
        prechecks=attempt(lambda: prechecks(parts.get("prechecks"), target)),
        changes=attempt(lambda: changes(parts["changes"], target.installer)),
        old_installers=posix.installer_files(parts["old_installers"], old),
    )


def read_installers(target: Linux, shell: Shell) -> tuple[InstallerContent, ...]:
    """What is in every file that matches the installer pattern.

    Raises:
        CouldNotRead: the answer is not whole, did not come in time, or the folder may not be read.
    """
    section = posix.ask(shell, _contents(target), target.where)["installers"]
    return contents(section, target.installer)


def attempt(read: Callable[[], Fact]) -> Fact | Unread:
    """What one question told, or why it could not be learnt."""
    try:
        return read()
    except CouldNotRead as error:
        return Unread(error.message)


def clock(section: Section, asked: datetime, answered: datetime) -> Clock:
    """The host's clock.

    Raises:
        CouldNotRead: it is not understood.
    """
    said = "\n".join(section.lines)
    found = re.fullmatch(r"(\d+) ([+-])(\d\d)(\d\d)\n(?:.*/zoneinfo/)?(\S+)", said)
    if section.status or not found:
        raise posix.not_understood(Text("clock"), section)
    ahead = int(found[3]) * 60 + int(found[4])
    offset = -ahead if found[2] == "-" else ahead
    return Clock(posix.moment(found[1]), offset, found[5], asked, answered)


def heaps(section: Section) -> tuple[int | None, ...]:
    """Heap of each running Java of the manager.

    Raises:
        CouldNotRead: the list of processes is not understood.
    """
    found = [re.fullmatch(r"heap (default|-Xmx\S+)", line) for line in section.lines]
    if section.status or not all(found):
        raise posix.not_understood(Text("running processes"), section)
    options = [one[1] for one in found if one]
    where = Text("the running manager's arguments")
    return tuple(None if o == "default" else posix.heap_size(o, where) for o in options)


def disk(section: Section) -> Filesystem:
    """The file system of the manager's folder.

    Raises:
        CouldNotRead: there is no such folder, or the answer is not understood.
    """
    found = posix.filesystems(section)
    if len(found) != 1:
        raise posix.not_understood(Text("file system of {folder}", folder=MANAGER), section)
    return found[0]


def _blocks(section: Section, pattern: str) -> list[tuple[str, list[str]]]:
    """The line that ``stat`` printed of each file, and what was printed after it.

    Raises:
        CouldNotRead: the folder, or one of the files, cannot be looked at.
    """
    blocks: list[tuple[str, list[str]]] = []
    for line in [] if posix.absent(section) else section.lines:
        if line.startswith("file "):
            blocks.append((line, []))
        elif blocks:
            blocks[-1][1].append(line)
        else:
            raise posix.denied(pattern, section)
    if not blocks and not posix.absent(section):
        raise posix.not_understood(Text("files of {pattern}", pattern=pattern), section)
    return blocks


def _tagged(lines: list[str], tag: str) -> list[str]:
    return [line.removeprefix(tag).strip() for line in lines if line.split(" ")[0] == tag]


def changes(section: Section, pattern: str) -> tuple[tuple[str, datetime], ...]:
    """When each installer last changed, by path.

    Raises:
        CouldNotRead: the folder may not be read, or the answer is not understood.
    """
    blocks = _blocks(section, pattern)
    found = [re.fullmatch(r"file (\d+) (/.*)", head) for head, _ in blocks]
    if not all(found) or any(rest for _, rest in blocks):
        raise posix.not_understood(Text("installer files"), section)
    return tuple((one[2], posix.moment(one[1])) for one in found if one)


def prechecks(section: Section | None, target: Linux) -> tuple[PrecheckReport, ...]:
    """The reports; None stands for a question that was not asked.

    Raises:
        CouldNotRead: the environment does not say where they lie, or the folder may not be read.
    """
    if section is None or target.precheck is None:
        raise CouldNotRead(
            Text("read the report of the installer's pre-check"),
            Text("the environment does not say where it lies"),
            Text("set precheck of linux {slug}", slug=repr(target.slug)),
        )
    reports = []
    for head, lines in _blocks(section, target.precheck):
        found = re.fullmatch(r"file (\d+) (\d+) (/.*)", head)
        if not found:
            raise posix.not_understood(Text("reports of the pre-check"), section)
        text = attempt(lambda f=found, told=lines: _report(f[3], int(f[1]), told))  # type: ignore[misc]
        reports.append(PrecheckReport(found[3], posix.moment(found[2]), text))
    return tuple(reports)


def _report(path: str, size: int, lines: list[str]) -> str:
    texts = _tagged(lines, "text")
    if len(texts) != 1 or len(lines) != 1:
        raise Denied(
            Text("read {path}", path=path),
            excerpt(" ".join(lines)) or Text("nothing"),
            posix.GIVE_RIGHTS,
        )
    data = base64.b64decode(texts[0])
    if size > LARGEST_REPORT or len(data) != size:
        got = Text(
            "{size} bytes, of which {count} came; at most {largest_report} are read",
            size=size,
            count=len(data),
            largest_report=LARGEST_REPORT,
        )
        raise CouldNotRead(
            Text("read {path}", path=path),
            got,
            Text("is it the report, and is it written to the end?"),
        )
    return report_text(path, data)


def report_text(path: str, data: bytes) -> str:
    """The text of a report, in whichever of the usual encodings it is; passwords are masked.

    Raises:
        CouldNotRead: it is in none of them.
    """
    encodings = ["utf-8", "cp932"]
    if data.startswith(codecs.BOM_UTF8):
        encodings = ["utf-8-sig"]
    elif data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text.replace("\r", "")):
            return _PASSWORD.sub(r"\1***", text)
    got = Text("no text in UTF-8, UTF-16 with its mark, or Shift_JIS: {data}", data=repr(data[:40]))
    raise CouldNotRead(Text("read {path}", path=path), got, Text("save it as UTF-8"))


def contents(section: Section, pattern: str) -> tuple[InstallerContent, ...]:
    """What is in the installers.

    Raises:
        CouldNotRead: the folder may not be read, or the answer is not understood.
    """
    made = []
    for head, lines in _blocks(section, pattern):
        path = head.removeprefix("file ")
        sums = [one for one in _tagged(lines, "sum") if re.fullmatch(r"[0-9a-f]{64}", one)]
        got = excerpt(" ".join(lines)) or Text("nothing")
        denied = Denied(Text("read {path}", path=path), got, posix.GIVE_RIGHTS)
        made.append(
            InstallerContent(
                path=path,
                sha256=sums[0] if len(sums) == 1 else Unread(denied.message),
                first_line="".join(_tagged(lines, "first")),
                numbers=tuple(_tagged(lines, "text")),
            )
        )
    return tuple(made)
