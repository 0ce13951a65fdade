"""The manager's installer: its version by its name and by what stands in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PureWindowsPath

from kanmon.facts.linux.host import InstallerFile
from kanmon.knowledge import load
from kanmon.knowledge.installers import InstallerMark
from kanmon.versions import DeepSecurity, VersionError

_NAME = re.compile(r"Manager-(?:Linux-(\d+\.\d+\.\d+)\.x64\.sh|Windows-(\d+\.\d+\.\d+)\.x64\.exe)")


def version_by_name(path: str) -> DeepSecurity | None:
    """The version in a name such as Manager-Linux-20.0.877.x64.sh; None in any other name."""
    found = _NAME.fullmatch(PureWindowsPath(path).name)
    return _version(found[1] or found[2]) if found else None


def is_program(path: str) -> bool:
    """Whether a file is the installer for Windows: a program, no script."""
    return path.lower().endswith(".exe")


def of_version(files: Sequence[InstallerFile], version: DeepSecurity) -> list[InstallerFile]:
    """The files that are by their names of a version, or of a line where it is one."""
    return [file for file in files if (own := version_by_name(file.path)) and version.covers(own)]


def versions_within(lines: Sequence[str]) -> Iterator[tuple[DeepSecurity, InstallerMark]]:
    """The versions of Deep Security that lines of the file name, each with the row that says so."""
    for mark in load(InstallerMark).rows:
        if mark.kind == "version":
            for found in (re.search(mark.pattern, line) for line in lines):
                if found and (version := _version(found[1])):
                    yield version, mark


def not_a_script(first_line: str) -> InstallerMark | None:
    """The row by which a first line is not that of an installer; None where it is one."""
    marks = [mark for mark in load(InstallerMark).rows if mark.kind == "first line"]
    fits = any(re.fullmatch(mark.pattern, first_line) for mark in marks)
    return None if fits else next(iter(marks), None)


def _version(text: str) -> DeepSecurity | None:
    try:
        return DeepSecurity.parse(text)
    except VersionError:
        return None
