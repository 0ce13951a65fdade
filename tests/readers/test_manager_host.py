"""The reader of a manager's Windows host, against a simulated cmd over WinRM and SSH."""

from __future__ import annotations

import re
import struct

import pytest
from pydantic import SecretStr

from kanmon.environment.credentials import Login
from kanmon.environment.targets import ManagerHost
from kanmon.errors import CouldNotRead, NotAllowed
from kanmon.facts import Unread
from kanmon.readers import Request, manager_host
from lab.manager_host import resources, servers
from lab.transport.pki import Pki
from lab.world.world import make

GIB = 2**30
PASSWORD = "Rd0nly-Lab-Passw0rd"
REPORT = r"C:\kanmon\precheck-*.csv"


@pytest.fixture
def lab():
    """Starts a simulated host, and gives the request that reads it."""
    pki = Pki()
    started = []

    def start(transport="winrm", precheck=REPORT, **host):
        row = {"slug": "win", "node": "dsm-1", "transport": transport, **host}
        (server,) = servers(make("test", {"title": "t", "manager_host": [row]}), pki)
        server.start()
        started.append(server)
        trust = {"ca": str(pki.trusted.path)}
        if transport == "ssh":
            trust = {"known_hosts": str(pki.home / "known_hosts")}
        target = ManagerHost(
            slug="win",
            platform="windows",
            node="dsm-1",
            address="127.0.0.1",
            transport=transport,
            port=server.port,
            credential="win",
            precheck=precheck,
            old_installer=r"C:\kanmon\old\Manager-Windows-*.x64.exe",
            timeout=10.0,
            **trust,
        )
        login = Login(username="kanmon-ro", password=SecretStr(PASSWORD))
        return Request(target, login, lambda *_: None)

    yield start
    for server in started:
        server.stop()
    pki.close()


def read(request, part):
    with manager_host.connect(request) as session:
        return manager_host.PARTS[part](session)


@pytest.mark.parametrize("transport", ["winrm", "ssh"])
def test_a_host_is_read(lab, transport):
    """System, memory, cores, disk, service, heap, database, installer, report, clock, restart."""
    request = lab(
        transport, pending_restart=True, old_installers=["Manager-Windows-11.0.9.x64.exe"]
    )
    host = read(request, "host")
    assert (host.os_id, host.os_version) == ("windows server", "2019")
    assert host.kernel == "10.0.17763.4467"
    assert (host.memory, host.cores, host.hostname) == (32 * GIB, 8, "win")
    assert host.manager_service.state == "active"
    assert host.manager.heap == 8 * GIB
    assert ("database.name", "dsm") in host.manager.properties
    (installer,) = host.manager.installers
    assert installer.path == r"C:\kanmon\Manager-Windows-20.0.877.x64.exe"
    assert installer.size == GIB
    node = read(request, "node")
    assert (node.disk.mount, node.disk.size, node.disk.free) == ("C:", 200 * GIB, 120 * GIB)
    assert (node.clock.offset_minutes, node.clock.zone) == (540, "Tokyo Standard Time")
    assert abs((node.clock.utc - node.clock.asked).total_seconds()) < 60
    assert node.pending_restart == ("Component Based Servicing",)
    assert dict(node.changes)[installer.path] == installer.modified
    (report,) = node.prechecks
    assert "Memory,OK,16 GB" in report.text
    assert [old.path for old in node.old_installers] == [
        r"C:\kanmon\old\Manager-Windows-11.0.9.x64.exe"
    ]
    (content,) = read(request, "installers")
    assert content.path == installer.path
    assert re.fullmatch("[0-9a-f]{64}", content.sha256)


def test_what_is_not_there_is_absent(lab):
    """No installer, no report, no -Xmx, a service that is stopped: each is told, none is unread."""
    request = lab(installers=[], old_installers=[], prechecked=False, heap=None, service="stopped")
    host, node = read(request, "host"), read(request, "node")
    assert host.manager.installers == host.manager.vmoptions == ()
    assert host.manager.heap is None
    assert host.manager_service.state == "inactive"
    assert node.prechecks == node.changes == node.old_installers == ()
    assert read(request, "installers") == ()
    assert read(lab(service="absent"), "host").manager_service is None


def test_a_file_with_a_space_in_its_name_is_counted(lab):
    """A second copy of an installer, as a browser names it, is a second installer."""
    names = ["Manager-Windows-20.0.877.x64.exe", "Manager-Windows-20.0.877 (1).x64.exe"]
    host = read(lab(installers=names), "host")
    assert sorted(one.path for one in host.manager.installers) == sorted(
        rf"C:\kanmon\{name}" for name in names
    )


@pytest.mark.parametrize(
    ("line", "size"),
    [
        ("Total # of bytes             : 63898120192", "63898120192"),
        ("Total bytes                  :  63,898,120,192 ( 59.5 GB)", "63,898,120,192"),
        ("Gesamtbytes                  : 63.898.120.192 ( 59,5 GB)", "63.898.120.192"),
        ("Reserved                     : 4096", None),
    ],
)
def test_the_size_of_a_drive_in_any_form(line, size):
    """Older systems print the digits alone, newer ones group them."""
    assert manager_host._SIZE.findall(line) == ([size] if size else [])


def test_a_service_without_its_folder_is_no_absence(lab):
    """A folder that may not be listed looks absent to dir; the service says that it is not."""
    request = lab()
    elsewhere = request.target.model_copy(update={"folder": r"D:\elsewhere"})
    with pytest.raises(CouldNotRead, match="though the manager's service is"):
        read(Request(elsewhere, request.login, request.related), "host")


def test_an_account_that_is_no_administrator_is_told_so(lab):
    """The properties and the size of the drive are unread; what everybody may see is read."""
    request = lab(administrator=False)
    properties = read(request, "host").manager.properties
    assert isinstance(properties, Unread)
    assert "let the account read it" in properties.reason
    disk = read(request, "node").disk
    assert disk.free == 120 * GIB
    assert isinstance(disk.size, Unread)


def test_a_report_that_the_environment_does_not_place_is_unread(lab):
    """Nobody guesses where it lies."""
    assert "precheck" in read(lab(precheck=None), "node").prechecks.reason


def test_nothing_else_is_sent(lab):
    """A line of cmd that is not the reader's own is refused before it is sent."""
    with manager_host.connect(lab()) as session, pytest.raises(NotAllowed):
        session.shell.run("sc stop dsm")


def test_only_commands_that_read_are_asked():
    """Every question is one of a tool that reads, with a form that changes nothing."""
    target = ManagerHost(
        slug="win", platform="windows", node="a", address="h", credential="c", precheck=REPORT
    )
    reading = re.compile(
        r"reg query .*|net start|dir /-c .*|fsutil volume diskfree C:|findstr /[rb] .*"
        r"|call echo %\^date% %\^time%"
        r'|for %f in \("[^"&]*"\) do @\(echo/&echo kanmon-file:%~nxf'
        r'&(?:type "%f"|certutil -hashfile "%f" SHA256)&echo/\)'
    )
    both = manager_host.command(target), manager_host.contents_command(target)
    for line in both:
        assert len(line) < 8191
        asked = [part.removesuffix(" 2>&1") for part in line.split(" & ")]
        asked = [part for part in asked if "echo kanmon:" not in part]
        assert all(reading.fullmatch(part) for part in asked)
        assert ">" not in "".join(asked)


def test_no_line_with_a_secret_leaves_the_host():
    """The pattern takes the database's place and login, and neither a password nor other keys."""
    pattern = re.compile("|".join(manager_host._WANTED.split(" ")), re.IGNORECASE)
    for line in ("database.type=SqlServer", "database.SqlServer.user=dsm", "database.name=dsm"):
        assert pattern.match(line)
    for line in ("database.SqlServer.password=x", "manager.key=x", "database.x.userPassword=x"):
        assert not pattern.match(line)


def test_memory_is_the_sum_of_its_pieces():
    """Also of large ones, whose length is told in units; another form is not guessed at."""
    assert manager_host.memory(resources(33 * GIB).hex()) == 33 * GIB
    row = struct.pack("<BBHQII", 7, 0, 0x200, 0, 2**30, 0)
    large = struct.pack("<IIIHHI", 1, 0, 0, 0, 0, 1) + row
    assert manager_host.memory(large.hex()) == 2**38
    for wrong in ("", "00", large[:-1].hex(), (b"\0" * 40).hex(), "zz"):
        with pytest.raises(CouldNotRead):
            manager_host.memory(wrong)
