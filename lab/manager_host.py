r"""Windows hosts of manager nodes in the lab: a small cmd that answers from the world."""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch

from lab.transport.pki import Pki
from lab.transport.server import Server
from lab.transport.ssh import SshServer
from lab.transport.winrm import WinRmServer
from lab.windows import BIAS, NO_KEY
from lab.world.world import Database, ManagerHost, World

SERVICE = "Trend Micro Deep Security Manager"
NOT_FOUND = "File Not Found"
DENIED = "Access is denied."
FOLDER = r"C:\Program Files\Trend Micro\Deep Security Manager"
REBOOT = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending"
EACH = r'for %f in \("(.*)"\) do @\(echo/&echo kanmon-file:%~nxf&'
PIECE = 2**31
"""Bytes of a piece of memory: its length is told in 32 bits."""


def servers(world: World, pki: Pki) -> list[Server]:
    """A server for each Windows host of a manager node."""
    return [_server(world, host, pki) for host in world.manager_host]


def _server(world: World, host: ManagerHost, pki: Pki) -> Server:
    kind = WinRmServer if host.transport == "winrm" else SshServer
    return kind(world, host.slug, pki, Cmd(world, host).execute, ("127.0.0.1",))


class Cmd:
    """A cmd that knows no more than what the world says."""

    def __init__(self, world: World, host: ManagerHost) -> None:
        self.world = world
        self.host = host
        self.registry = _registry(host)

    def execute(self, line: str, address: str) -> tuple[int, bytes]:
        """Run simple commands, one after another, joined by "&"."""
        del address
        status, output = 0, ""
        for command in line.split(" & "):
            if echo := re.fullmatch(r"(?:call )?echo (.*)", command):
                said = echo[1].removesuffix(" 2>&1").replace("%^errorlevel%", str(status))
                output += said.replace("%^date% %^time%", self._clock()) + "\n"
            else:
                status, text = self._run(command.removesuffix(" 2>&1"))
                output += text + "\n"
        return status, output.replace("\n", "\r\n").encode("utf-8")

    def _run(self, command: str) -> tuple[int, str]:
        for pattern, answer in self._answers():
            if asked := re.fullmatch(pattern, command):
                return answer(*asked.groups())
        return 9009, f"'{command.partition(' ')[0]}' is not recognized as an internal command."

    def _answers(self) -> list[tuple[str, Callable[..., tuple[int, str]]]]:
        services = r"HKLM\\SYSTEM\\CurrentControlSet\\Services"
        return [
            (r'reg query "HK(?:LM|CU)\\(.*?)"(?: /v (.*))?', self._reg),
            (rf"reg query {services} /s /v DisplayName", self._names),
            (r"net start", self._started),
            (r'dir /-c /a-d /t[wc] "(.*)"', self._dir),
            (r'dir /-c "(.*)"', self._folder),
            (r"fsutil volume diskfree C:", self._disk),
            (r'findstr /r /i ".*" "(.*dsm\.properties)"', self._properties),
            (r'findstr /b /c:"-Xm" ".*"', self._heap),
            (EACH + r'type "%f"&echo/\)', self._type),
            (EACH + r'certutil -hashfile "%f" SHA256&echo/\)', self._sums),
        ]

    def _local(self, hours: float = 0) -> datetime:
        """So many hours ago, by the host's clock and in Japan."""
        now = datetime.now(UTC) + timedelta(seconds=self.host.clock, minutes=-BIAS)
        return now - timedelta(hours=hours)

    def _clock(self) -> str:
        local = self._local()
        return f"{local:%Y/%m/%d %k:%M:%S}.{local.microsecond // 10_000:02}"

    def _reg(self, path: str, value: str | None) -> tuple[int, str]:
        key = self.registry.get(path)
        if key is None or (value is not None and value not in key):
            return 1, NO_KEY
        full = f"HKEY_LOCAL_MACHINE\\{path}"
        if value is None:
            return 0, "\n".join(["", *(f"{full}\\{name}" for name in key)])
        return 0, f"\n{full}\n    {value}    {key[value]}\n"

    def _names(self) -> tuple[int, str]:
        names = ["Windows Event Log", *([SERVICE] if self.host.service != "absent" else [])]
        keys = [
            f"HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\s{number}\n"
            f"    DisplayName    REG_SZ    {name}\n"
            for number, name in enumerate(names)
        ]
        return 0, "\n".join(["", *keys, f"End of search: {len(keys)} match(es) found."])

    def _started(self) -> tuple[int, str]:
        runs = self.host.service == "running" and self.host.node not in self.world.stopped_nodes
        names = ["Windows Event Log", *([SERVICE] if runs else [])]
        heading = "These Windows services are started:\n"
        return 0, "\n".join([heading, *(f"   {name}" for name in names), "", "Done."])

    def _found(self, pattern: str) -> list[str]:
        """Names of the files that fit."""
        folder = pattern.rpartition("\\")[0]
        fits = (path for path in self._paths() if fnmatch(path, pattern))
        return [name for at, _, name in (path.rpartition("\\") for path in fits) if at == folder]

    def _paths(self) -> list[str]:
        host = self.host
        managers = [dsm for dsm in self.world.dsm if host.node in [one.slug for one in dsm.nodes]]
        today = [f"Manager-Windows-{dsm.version}.x64.exe" for dsm in managers]
        old = today if host.old_installers is None else host.old_installers
        return [
            *(rf"C:\kanmon\{name}" for name in host.installers),
            *(rf"C:\kanmon\old\{name}" for name in old),
            *([r"C:\kanmon\precheck-20261122.csv"] if host.prechecked else []),
            *([rf"{FOLDER}\Deep Security Manager.vmoptions"] if host.heap else []),
        ]

    def _dir(self, pattern: str) -> tuple[int, str]:
        head = " Volume in drive C has no label.\n\n Directory of C:\\kanmon\n\n"
        names = self._found(pattern)
        if not names:
            return 1, head + NOT_FOUND
        rows = [self._row(name) for name in names]
        tail = [f"{len(rows):16} File(s)  1 bytes", "  0 Dir(s)  9 bytes free"]
        return 0, head + "\n".join([*rows, *tail])

    def _row(self, name: str) -> str:
        report = name.endswith(".csv")
        size = len(self.host.precheck.encode()) if report else self.host.installer_bytes
        at = self._local(self.host.precheck_hours if report else self.host.installer_hours)
        return f"{at:%Y/%m/%d}  {at:%H:%M} {size:17} {name}"

    def _folder(self, folder: str) -> tuple[int, str]:
        if folder != FOLDER:
            return 1, f" Volume in drive C has no label.\n\n Directory of {folder}\n\n{NOT_FOUND}"
        free = round(self.host.disk_free * 2**30)
        rows = ["     0 File(s)   0 bytes", f"     2 Dir(s)  {free} bytes free"]
        return 0, "\n".join([f" Directory of {folder}", "", *rows])

    def _disk(self) -> tuple[int, str]:
        if not self.host.administrator:
            return 1, "Error 5: " + DENIED
        size, free = (round(gib * 2**30) for gib in (self.host.disk, self.host.disk_free))
        return 0, f"Total free bytes : {free} ( 1 GB)\nTotal bytes      : {size} ( 2 GB)"

    def _properties(self, path: str) -> tuple[int, str]:
        if not self.host.administrator:
            return 1, f"FINDSTR: Cannot open {path}"
        managers = (d for d in self.world.dsm if self.host.node in [one.slug for one in d.nodes])
        used = next((dsm.database for dsm in managers), None)
        found = [one for one in self.world.database if one.slug == used]
        database = found[0] if found else Database(slug="nobody's", version="13.0.5026.0")
        instance = rf"\\{database.instance}" if database.instance else ""
        return 0, (
            "database.type=SqlServer\n"
            f"database.SqlServer.server={self.host.database_server or '127.0.0.1' + instance}\n"
            f"database.SqlServer.user={database.login}\n"
            f"database.name={database.database}"
        )

    def _heap(self) -> tuple[int, str]:
        return (0, f"-Xmx{self.host.heap}") if self.host.heap else (1, "")

    def _type(self, pattern: str) -> tuple[int, str]:
        names = self._found(pattern) or [pattern.rpartition("\\")[2]]
        return 0, "".join(f"\nkanmon-file:{name}\n{self.host.precheck}\n" for name in names)

    def _sums(self, pattern: str) -> tuple[int, str]:
        return 0, "".join(
            f"\nkanmon-file:{name}\nSHA256 hash of {name}:\n"
            f"{self.host.installer_sha256 or hashlib.sha256(name.encode()).hexdigest()}\n"
            "CertUtil: -hashfile command completed successfully.\n\n"
            for name in self._found(pattern)
        )


def _registry(host: ManagerHost) -> dict[str, dict[str, str]]:
    """The keys that are asked for: values of one, or names of the keys in it."""
    control = r"SYSTEM\CurrentControlSet\Control"
    memory = resources(round(host.memory * 2**30)).hex()
    keys = {
        r"SOFTWARE\Microsoft\Windows NT\CurrentVersion": {
            "ProductName": f"REG_SZ    {host.product}",
            "CurrentBuildNumber": f"REG_SZ    {host.build}",
            "UBR": "REG_DWORD    0x1173",
        },
        rf"{control}\ComputerName\ActiveComputerName": {"ComputerName": f"REG_SZ    {host.slug}"},
        rf"{control}\TimeZoneInformation": {
            "ActiveTimeBias": f"REG_DWORD    {BIAS + 2**32:#x}",
            "TimeZoneKeyName": "REG_SZ    Tokyo Standard Time",
        },
        rf"{control}\Session Manager": {"BootExecute": "REG_MULTI_SZ    autocheck autochk *"},
        r"HARDWARE\RESOURCEMAP\System Resources\Physical Memory": {
            ".Translated": f"REG_RESOURCE_LIST    {memory}"
        },
        r"HARDWARE\DESCRIPTION\System\CentralProcessor": {
            str(number): "" for number in range(host.cores)
        },
        r"Control Panel\International": {"sShortDate": "REG_SZ    yyyy/MM/dd"},
    }
    return keys | ({REBOOT: {}} if host.pending_restart else {})


def resources(size: int) -> bytes:
    """A resource list with so much memory: CM_RESOURCE_LIST of the Windows Driver Kit."""
    lengths = [PIECE] * (size // PIECE) + ([size % PIECE] if size % PIECE else [])
    rows = [
        struct.pack("<BBHQII", 3, 0, 0, number * PIECE, length, 0)
        for number, length in enumerate(lengths)
    ]
    return struct.pack("<IIIHHI", 1, 0, 0, 0, 0, len(rows)) + b"".join(rows)
