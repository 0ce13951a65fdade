"""The Windows reader against Wine's own cmd, reg, sc and registry, behind OpenSSH's server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from kanmon.environment.credentials import Login
from kanmon.environment.targets import ManagerHost, WindowsMachine
from kanmon.environment.targets import Windows as Fleet
from kanmon.facts import Unread
from kanmon.readers import Request, manager_host, windows
from kanmon.readers.transport.sections import Section
from lab.manager_host import resources
from tests.readers.openssh import sshd
from tests.servers import need

CERTIFICATES = r"HKLM\SOFTWARE\Microsoft\SystemCertificates"
POLICIES = r"HKLM\SOFTWARE\Policies\Microsoft\SystemCertificates"
VERSION = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
CURRENT = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion"
SESSION = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager"
FIRST, SECOND, THIRD, FOURTH = (f"{number:040X}" for number in (0xA1, 0xB2, 0xC3, 0xD4))

# Wine takes a command line apart into words and quotes those with a space again, so the quotes of
# the line that came over SSH are dropped here.
FORCED = """#!{python}
import os, re
words = re.findall(r'"([^"]*)"|(\\S+)', os.environ["SSH_ORIGINAL_COMMAND"])
os.environ.update(WINEPREFIX={prefix!r}, WINEDEBUG="-all")
os.execv({wine!r}, ["wine", "cmd", "/c", *(quoted or plain for quoted, plain in words)])
"""


class Wine:
    """A Windows of one's own: a Wine prefix, and an SSH server in front of it."""

    def __init__(self, prefix):
        self.program = need("wine")
        self.environment = {
            **os.environ, "WINEPREFIX": str(prefix), "WINEDEBUG": "-all", "DISPLAY": "",
        }  # fmt: skip
        self.prefix = prefix
        self.server = None

    def __call__(self, *words):
        """Run a Windows program; its output is left alone, since Windows' services inherit it."""
        subprocess.run(
            [self.program, *words],
            env=self.environment,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=120,
        )

    def add(self, key, value="", kind="REG_SZ", data=""):
        """Put a key, or a value into one, with Wine's own reg."""
        self("reg", "add", key, *(["/v", value, "/t", kind, "/d", data] if value else []), "/f")

    def machine(self):
        """What the reader makes of it."""
        named = WindowsMachine(name="wine", address="127.0.0.1")
        fleet = Fleet(
            slug="windows",
            transport="ssh",
            port=self.server.port,
            machines=[named],
            credential="windows",
            known_hosts=self.server.known_hosts,
            timeout=60.0,
        )
        login: Login = self.server.login
        with windows.connect(Request(fleet, login, lambda *_: None)) as session:
            (machine,) = windows.PARTS["machines"](session)
        return machine


@pytest.fixture(scope="module")
def wine(tmp_path_factory):
    """A fresh prefix with a root certificate in it.

    It is booted twice, since services do not start before. Wine's own server is then kept for the
    whole module, or every command would boot again and carry out the pending renames; it is ended
    through its prefix.
    """
    home = tmp_path_factory.mktemp("wine")
    made = Wine(home / "prefix")
    forced = home / "forced"
    forced.write_text(
        FORCED.format(python=sys.executable, prefix=str(made.prefix), wine=made.program)
    )
    forced.chmod(0o755)
    server = need("wineserver")
    made.prefix.mkdir()

    def stop():
        subprocess.run([server, "-k"], env=made.environment, check=False)
        subprocess.run([server, "-w"], env=made.environment, check=False, timeout=60)

    try:
        made("wineboot", "--init")
        stop()
        subprocess.run([server, "-p"], env=made.environment, check=True)
        made.add(rf"{CERTIFICATES}\ROOT\Certificates\{FIRST}")
        with sshd(home, f"ForceCommand {forced}") as made.server:
            yield made
    finally:
        stop()


def test_a_fresh_windows_is_read(wine):
    """Versions, roots, no policy, no pending reboot, no services of ours, room on the drive."""
    answer = wine.machine().answer
    assert not isinstance(answer, Unread), answer
    assert answer.product == "Microsoft Windows 7"
    assert (answer.build, answer.ubr) == ("7601", None)
    assert answer.root == {FIRST}
    assert answer.auth_root == answer.disallowed == frozenset()
    assert not answer.root_update_disabled
    assert answer.root_update_url is None
    assert answer.pending_reboot == ()
    assert {service.state for service in answer.services} == {"ABSENT"}
    drive = shutil.disk_usage(wine.prefix)
    assert abs(answer.system_drive_free - drive.free) < 2**30
    # Wine's cmd knows date and time, and tells the time without its seconds.
    assert isinstance(answer.clock, Unread)
    assert re.search(r"\d+/\d+/2\d{3} \d+:\d\d [AP]M", answer.clock.reason)


def test_a_windows_with_everything_is_read(wine):
    """Roots from every place, policies, a redirect, a pending reboot, services in two states."""
    wine.add(rf"{POLICIES}\Root\Certificates\{SECOND}")
    wine.add(r"HKLM\SOFTWARE\Microsoft\EnterpriseCertificates\Root\Certificates" + rf"\{THIRD}")
    wine.add(rf"{CERTIFICATES}\AuthRoot\Certificates\{FOURTH}")
    wine.add(rf"{CERTIFICATES}\Disallowed\Certificates\{FIRST}")
    wine.add(rf"{POLICIES}\AuthRoot", "DisableRootAutoUpdate", "REG_DWORD", "1")
    wine.add(rf"{CERTIFICATES}\AuthRoot\AutoUpdate", "RootDirURL", data="http://roots.corp/x y")
    wine.add(VERSION, "UBR", "REG_DWORD", "4467")
    wine.add(SESSION, "PendingFileRenameOperations", "REG_MULTI_SZ", r"\??\C:\old.tmp")
    wine.add(rf"{CURRENT}\Component Based Servicing\RebootPending")
    wine.add(rf"{CURRENT}\WindowsUpdate\Auto Update\RebootRequired")
    program = ["binPath=", r"C:\windows\system32\spoolsv.exe"]
    for name in ("ds_agent", "vsepflt"):
        wine("sc", "create", name, *program, "start=", "demand")
    wine("sc", "start", "ds_agent")
    answer = wine.machine().answer
    assert not isinstance(answer, Unread), answer
    assert answer.root == {FIRST, SECOND, THIRD}
    assert answer.auth_root == {FOURTH}
    assert answer.disallowed == {FIRST}
    assert answer.root_update_disabled
    assert answer.root_update_url == "http://roots.corp/x y"
    assert answer.ubr == 4467
    assert answer.pending_reboot == (
        "Component Based Servicing", "Windows Update", "file rename operations",
    )  # fmt: skip
    assert answer.service("ds_agent") == "RUNNING"
    assert answer.service("vsepflt") == "STOPPED"
    assert answer.service("Amsp") == "ABSENT"


def test_a_windows_without_any_root_is_unread(wine):
    """A root store that lists nothing was not read: no Windows is without roots."""
    key = rf"{CERTIFICATES}\ROOT\Certificates"
    wine("reg", "delete", key, "/f")
    assert isinstance(wine.machine().answer, Unread)
    wine.add(key)
    assert "ROOT" in wine.machine().answer.reason.upper()
    wine.add(rf"{key}\{FIRST}")
    assert FIRST in wine.machine().answer.root


def test_a_managers_host_is_read(wine):
    """Registry, folders and services of a manager.

    Wine has no fsutil, no findstr, no clock with seconds, and no list of the memory: this one is
    put into its answer.
    """
    folder = wine.prefix / "drive_c" / "Manager"
    folder.mkdir()
    control = r"HKLM\SYSTEM\CurrentControlSet\Control"
    wine.add(rf"{control}\TimeZoneInformation", "ActiveTimeBias", "REG_DWORD", "0")
    program = ["binPath=", r"C:\windows\system32\spoolsv.exe", "start=", "demand"]
    wine("sc", "create", "dsm", *program, "DisplayName=", manager_host.SERVICE)
    target = ManagerHost(
        slug="wine",
        platform="windows",
        node="dsm-1",
        address="127.0.0.1",
        transport="ssh",
        port=wine.server.port,
        credential="windows",
        known_hosts=wine.server.known_hosts,
        folder=r"C:\Manager",
        installer=r"C:\Manager\Manager-Windows-*.x64.exe",
        timeout=60.0,
    )
    with manager_host.connect(Request(target, wine.server.login, lambda *_: None)) as session:
        parts = session.ask(manager_host._questions(target))
        node = manager_host.PARTS["node"](session)
    listed = f"    .Translated    REG_RESOURCE_LIST    {resources(2**34).hex()}"
    parts["memory"] = Section(0, listed)
    now = datetime.now(UTC)
    host = manager_host._Told(parts, target).host(now, now)
    assert (host.memory, host.cores) == (2**34, os.cpu_count())
    assert host.hostname
    assert host.kernel.startswith("10.0.7601")
    assert host.manager_service.state == "inactive"
    assert host.manager.installed
    assert host.manager.installers == node.old_installers == ()
    assert isinstance(host.manager.properties, Unread)
    assert abs(node.disk.free - shutil.disk_usage(wine.prefix).free) < 2**30
    assert isinstance(node.disk.size, Unread)
