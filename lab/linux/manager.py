"""What the shell of a simulated manager node answers about the manager and its upgrade."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import PurePosixPath

from lab.world.world import LinuxHost, World

NOT_FOUND = "No such file or directory"
DENIED = "Permission denied"
REPORT = "/root/precheck-20261122.csv"

_EACH = r"ls (\S+) >/dev/null && for f in (\S+); do "


class Node:
    """The files and processes of a manager on its host."""

    def __init__(self, world: World, host: LinuxHost, *, weak: bool) -> None:
        self.world = world
        self.host = host
        self.weak = weak
        self.installers = [*host.installers, *_old(world, host)]

    def answers(self) -> list[tuple[str, Callable[..., str]]]:
        """What it answers, by the form of the question."""
        return [
            (r"date -u \+%s", lambda: str(self._now())),
            (r'date "\+%s %z" && .*', self._clock),
            (r"ps -ww -e -o args= \| awk .*", self._heaps),
            (_EACH + r'stat -c "file %s %Y %n" .*', self._reports),
            (_EACH + r'stat -c "file %Z %n" .*', self._each(lambda path: f"{self._put()} {path}")),
            (_EACH + r'echo "file \$f" .*', self._each(self._content)),
            (_EACH + r"r=-; x=-; .*", self._listing),
        ]

    def _now(self) -> int:
        return int(time.time() + self.host.clock)

    def _put(self) -> int:
        return self._now() - int(self.host.installer_hours * 3600)

    def _clock(self) -> str:
        hours, minutes = divmod(abs(self.host.offset_minutes), 60)
        sign = "-" if self.host.offset_minutes < 0 else "+"
        zone = f"../usr/share/zoneinfo/{self.host.timezone}"
        return f"{self._now()} {sign}{hours:02}{minutes:02}\n{zone}"

    def _heaps(self) -> str:
        stopped = self.host.node in self.world.stopped_nodes
        runs = self.host.services.get("dsm_s") == "active" and not (stopped or self.weak)
        return f"heap -Xmx{self.host.running_heap or self.host.heap}" if runs else ""

    def _found(self, folder: str, pattern: str, paths: list[str]) -> list[str] | str:
        """The paths that match, or what the shell says instead."""
        if self.weak:
            return f"ls: cannot open directory {folder}: {DENIED}"
        found = [path for path in paths if fnmatch(path, pattern)]
        return found or f"stat: cannot stat '{pattern}': {NOT_FOUND}"

    def _listing(self, folder: str, pattern: str) -> str:
        found = self._found(folder, pattern, self.installers)
        if isinstance(found, str):
            return found
        return "\n".join(f"rx {self.host.installer_bytes} {self._put()} {path}" for path in found)

    def _each(self, tell: Callable[[str], str]) -> Callable[[str, str], str]:
        def answer(folder: str, pattern: str) -> str:
            found = self._found(folder, pattern, self.installers)
            return found if isinstance(found, str) else "\n".join(f"file {tell(p)}" for p in found)

        return answer

    def _content(self, path: str) -> str:
        name = PurePosixPath(path).name
        digest = self.host.installer_sha256 or hashlib.sha256(name.encode()).hexdigest()
        version = re.sub(r"[^\d.]|\.x64|\.$", "", name.removesuffix(".x64.sh"))
        lines = self.host.installer_lines
        lines = ["#!/bin/sh", f"# Deep Security Manager {version}"] if lines is None else lines
        numbers = [line for line in lines if re.search(r"\d+\.\d+\.\d+", line)]
        first = lines[0] if lines else ""
        return "\n".join(
            [path, f"sum {digest}", f"first {first}", *(f"text {line}" for line in numbers)]
        )

    def _reports(self, folder: str, pattern: str) -> str:
        found = self._found(folder, pattern, [REPORT] if self.host.prechecked else [])
        if isinstance(found, str):
            return found
        data = self.host.precheck.encode(self.host.precheck_encoding)
        modified = self._now() - int(self.host.precheck_hours * 3600)
        told = base64.b64encode(data).decode()
        return f"file {len(data)} {modified} {REPORT}\ntext {told}"


def _old(world: World, host: LinuxHost) -> list[str]:
    """Today's installers."""
    if host.old_installers is not None:
        return host.old_installers
    managers = [dsm for dsm in world.dsm if host.node in [node.slug for node in dsm.nodes]]
    return [f"/root/old/Manager-Linux-{dsm.version}.x64.sh" for dsm in managers]
