"""Combined commands for a POSIX sh, and what the answers of the system's tools mean.

The words are those of RHEL 7's tools.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath

from testinfra.host import Host as Shell

from kanmon.errors import CouldNotRead, Denied
from kanmon.facts import Unread
from kanmon.facts.linux.host import Filesystem, InstallerFile
from kanmon.readers.transport.sections import Section, split
from kanmon.redaction import excerpt
from kanmon.text import Text

GIVE_RIGHTS = Text("let the account read it, or give the credential of one that can")

_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def command(questions: Mapping[str, str]) -> str:
    """One command that asks everything; a single word for whatever shell the account has."""
    lines = ["LC_ALL=C; export LC_ALL", "echo kanmon:begin:0"]
    lines += [
        rf'({question}) 2>&1; printf "\nkanmon:{name}:%s\n" $?'
        for name, question in questions.items()
    ]
    return "/bin/sh -c " + shlex.quote("\n".join([*lines, "echo kanmon:end:0"]))


def ask(shell: Shell, questions: Mapping[str, str], where: str) -> dict[str, Section]:
    """The answers to all questions, by name.

    Raises:
        CouldNotRead: the answer is not whole.
    """
    output = shell.run(command(questions)).stdout_bytes.decode("utf-8", errors="replace")
    advice = Text("the account needs a login shell that runs /bin/sh")
    return split(output, questions, Text("read {where}", where=where), advice)


def each(pattern: str, do: str) -> str:
    """The question that does something with every file ``$f`` of a pattern.

    Listing the folder first tells a folder that may not be listed from one without a match.
    """
    return f"ls {PurePosixPath(pattern).parent} >/dev/null && for f in {pattern}; do {do}; done"


def listing(pattern: str) -> str:
    """The question which files match a pattern; ``installer_files`` understands its answer."""
    return each(
        pattern,
        'r=-; x=-; test -r "$f" && r=r; test -x "$f" && x=x; stat -c "$r$x %s %Y %n" "$f"',
    )


def not_understood(what: str, section: Section) -> CouldNotRead:
    """The error of an answer that has another form than the tool's."""
    return CouldNotRead(Text("read the {what}", what=what), said(section))


def said(section: Section) -> str:
    """What came in place of an answer."""
    return Text(
        "{said} (exit status {status})",
        said=excerpt(section.text) or Text("nothing"),
        status=section.status,
    )


def absent(section: Section) -> bool:
    """Whether the answer is that there is no such file, and nothing else."""
    said = section.lines
    return (
        section.status != 0 and len(said) == 1 and said[0].endswith(": No such file or directory")
    )


def denied(path: str, section: Section) -> CouldNotRead:
    """The error of a file that the account could not read."""
    return Denied(Text("read {path}", path=path), said(section), GIVE_RIGHTS)


def unread(path: str, section: Section) -> Unread:
    """What is kept of a file that the account could not read."""
    return Unread(denied(path, section).message)


def moment(seconds: str) -> datetime:
    """The time of so many seconds after 1970, as ``date`` and ``stat`` print it."""
    return datetime.fromtimestamp(int(seconds), UTC)


def filesystems(section: Section) -> tuple[Filesystem, ...]:
    """What ``df -P -k`` prints.

    Raises:
        CouldNotRead: a mount that it may not look at, or another form.
    """
    rows = [
        re.fullmatch(r".+\s(\d+)\s+\d+\s+(\d+)\s+(?:\d+%|-)\s+(/.*)", line)
        for line in section.lines[1:]
    ]
    found = [row for row in rows if row]
    if section.status or len(found) < len(rows) or not found:
        raise not_understood(Text("file systems"), section)
    return tuple(Filesystem(row[3], int(row[1]) * 1024, int(row[2]) * 1024) for row in found)


def installer_files(section: Section, pattern: str) -> tuple[InstallerFile, ...] | Unread:
    """The answer to ``listing``."""
    if absent(section):
        return ()
    rows = [re.fullmatch(r"([r-])([x-]) (\d+) (\d+) (/.*)", line) for line in section.lines]
    found = [row for row in rows if row]
    if section.status or len(found) < len(rows):
        return unread(pattern, section)
    return tuple(
        InstallerFile(
            path=row[5],
            size=int(row[3]),
            modified=moment(row[4]),
            readable=row[1] == "r",
            executable=row[2] == "x",
        )
        for row in found
    )


def heap_size(option: str, where: str) -> int:
    """Bytes of an option ``-Xmx8g``.

    Raises:
        CouldNotRead: it has another form.
    """
    found = re.fullmatch(r"-Xmx(\d+)([kmgt]?)", option, re.IGNORECASE)
    if not found:
        raise CouldNotRead(Text("read the heap size in {where}", where=where), option)
    return int(found[1]) * _UNITS[found[2].lower()]
