"""Linux hosts of the lab: they answer, over SSH, the shell lines that they know."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Callable, Iterator

from lab.linux.agent import Agent
from lab.linux.manager import DENIED, NOT_FOUND, Node
from lab.transport.pki import Pki
from lab.transport.server import Server
from lab.transport.ssh import SshServer
from lab.world.world import Database, LinuxHost, World

GIB_IN_KIB = 1024 * 1024
UPTIME = 100 * 86400.0
"""Seconds for which a host has been up when it is made."""


def servers(world: World, pki: Pki) -> list[Server]:
    """An SSH server for each Linux host of the world."""
    return [SshServer(world, host.slug, pki, Shell(world, host).execute) for host in world.linux]


class Shell:
    """A host whose /bin/sh knows no more than what the world says.

    It takes ``/bin/sh -c SCRIPT`` with lines of the forms ``echo TEXT`` and
    ``(QUESTION) 2>&1; printf FORMAT $?``; what it does not know ends with 127, as in a real shell.
    """

    def __init__(self, world: World, host: LinuxHost) -> None:
        self.world = world
        self.host = host
        self.made = time.time()
        self.weak = any(fault.how == "weak rights" for fault in world.faults(host.slug))

    def execute(self, command: str, address: str) -> tuple[int, bytes]:
        """Run the lines of a script one after another."""
        del address
        words = shlex.split(command)
        if words[:2] != ["/bin/sh", "-c"]:
            return 127, b"sh: command not found\n"
        lines = words[2].splitlines()
        return 0, "".join(text for line in lines for text in self._line(line)).encode()

    def _line(self, line: str) -> Iterator[str]:
        if line.startswith("echo "):
            yield line.removeprefix("echo ") + "\n"
        elif asked := re.fullmatch(r'\((.*)\) 2>&1; printf "(.*)" \$\?', line):
            status, text = self._ask(asked[1])
            yield text
            yield asked[2].replace(r"\n", "\n").replace("%s", str(status))

    def _ask(self, question: str) -> tuple[int, str]:
        for pattern, answer in self._answers():
            if asked := re.fullmatch(pattern, question):
                text = answer(*asked.groups())
                return (2 if text.endswith((f": {NOT_FOUND}", f": {DENIED}")) else 0), f"{text}\n"
        return 127, f"sh: {question.partition(' ')[0]}: command not found\n"

    def _answers(self) -> list[tuple[str, Callable[..., str]]]:
        host = self.host
        return [
            (r"uname -n", lambda: f"{host.slug}.example.jp"),
            (r"uname -r", lambda: host.kernel),
            (r"cat /etc/os-release", self._release),
            (r"grep .*MemTotal.*", lambda: f"MemTotal: {self._kib(host.memory * 0.97):>12} kB"),
            (r"getconf _NPROCESSORS_ONLN", lambda: str(host.cores)),
            (
                r"readlink /etc/localtime.*",
                lambda: f"../usr/share/zoneinfo/{host.timezone}",
            ),
            (r"df -P -k -l", self._df),
            (r"systemctl show (?:-p \w+ )+(.*)", self._systemctl),
            (r"cat /proc/uptime", lambda: f"{UPTIME + time.time() - self.made:.2f} 1000000.00"),
            (r"stat -c %F /opt/dsm", self._folder),
            (r"sed .* (\S+/dsm\.properties)", lambda path: self._file(path, self._properties())),
            (r"sed .* (\S+/dsm_s\.vmoptions)", lambda path: self._file(path, self._vmoptions())),
            (r"df -P -k /opt/dsm", self._manager_disk),
            (r"if test -e /opt/ds_agent; .*", lambda: "\n".join(self._df().splitlines()[:2])),
            *Agent(self.host, weak=self.weak).answers(),
            *Node(self.world, host, weak=self.weak).answers(),
        ]

    def _kib(self, gib: float) -> int:
        return int(gib * GIB_IN_KIB)

    def _release(self) -> str:
        host = self.host
        return (
            f'NAME="{host.os_name}"\nVERSION="{host.os_version}"\nID="{host.os_id}"\n'
            f'VERSION_ID="{host.os_version}"\nPRETTY_NAME="{host.os_name}"'
        )

    def _df(self) -> str:
        rows = [("/dev/mapper/rhel-root", self.host.disk, self.host.disk_free, "/")]
        rows += [("/dev/sda1", 1, 0.7, "/boot"), ("tmpfs", 4, 4, "/dev/shm")]  # noqa: S108 - a mount
        return "\n".join(
            ["Filesystem     1024-blocks     Used Available Capacity Mounted on"]
            + [
                f"{device} {self._kib(size)} {self._kib(size - free)} {self._kib(free)}"
                f" {round(100 * (size - free) / size)}% {mount}"
                for device, size, free, mount in rows
            ]
        )

    def _manager_disk(self) -> str:
        if self.host.node is None:
            return f"df: /opt/dsm: {NOT_FOUND}"
        return "\n".join(self._df().splitlines()[:2])

    def _systemctl(self, units: str) -> str:
        return "\n\n".join(self._unit(unit) for unit in units.split())

    def _unit(self, unit: str) -> str:
        name = unit.removesuffix(".service")
        state = self.host.services.get(name)
        if state is None:
            return f"Id={unit}\nLoadState=not-found\nActiveState=inactive"
        if (name, state) == ("dsm_s", "active") and self.host.node in self.world.stopped_nodes:
            state = "inactive"
        since = int((UPTIME - self.host.service_hours * 3600) * 1e6)
        return (
            f"Id={unit}\nLoadState=loaded\nActiveState={state}\nUnitFileState=enabled\n"
            f"ActiveEnterTimestampMonotonic={since}"
        )

    def _folder(self) -> str:
        found = self.host.node is not None
        return "directory" if found else f"stat: cannot stat '/opt/dsm': {NOT_FOUND}"

    def _file(self, path: str, text: str) -> str:
        """What sed prints of a file of the manager, with its secrets masked."""
        if self.weak:
            return f"sed: can't read {path}: {DENIED}"
        return text if self.host.node else f"sed: can't read {path}: {NOT_FOUND}"

    def _properties(self) -> str:
        manager = next(
            (dsm for dsm in self.world.dsm if self.host.node in [node.slug for node in dsm.nodes]),
            None,
        )
        found = [db for db in self.world.database if manager and db.slug == manager.database]
        database = found[0] if found else Database(slug="nobody's", version="13.0.5026.0")
        instance = rf"\\{database.instance}" if database.instance else ""
        return (
            "database.type=SqlServer\n"
            "database.SqlServer.driver=MSJDBC\n"
            f"database.SqlServer.server={self.host.database_server or '127.0.0.1' + instance}\n"
            f"database.SqlServer.user={database.login}\n"
            "database.SqlServer.password=***\n"
            f"database.name={database.database}\n"
            "install.precheckListFilename=/opt/dsm/installfiles/prechecker_list.json"
        )

    def _vmoptions(self) -> str:
        return f"-Xms1g\n-Xmx{self.host.heap}\n-DLOCAL_KEY_SECRET=***"
