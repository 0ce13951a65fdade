"""What a manager needs of its host, against simulated hosts over SSH and answers made by hand."""

from __future__ import annotations

import base64
import shlex
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr, ValidationError

from kanmon.environment.credentials import Login
from kanmon.environment.targets import Linux
from kanmon.errors import CouldNotRead, NotAllowed
from kanmon.facts import Unread
from kanmon.facts.linux.host import Filesystem
from kanmon.readers import Request
from kanmon.readers.linux import host as linux
from kanmon.readers.linux import manager as reader
from kanmon.readers.transport import ssh
from kanmon.readers.transport.posix import GIVE_RIGHTS
from kanmon.readers.transport.sections import Section
from lab.linux.server import servers
from lab.transport.pki import Pki
from lab.world.world import make

GIB = 2**30
PASSWORD = "Rd0nly-Lab-Passw0rd"
NEW = "/root/Manager-Linux-20.0.877.x64.sh"
OLD = "/root/old/Manager-Linux-11.0.510.x64.sh"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def lab():
    """Starts one simulated host: ``lab(fault="silent", heap="4g")`` gives it and its target."""
    pki = Pki()
    started = []

    def start(*, fault=None, seconds=2.0, timeout=10.0, keys=None, **host):
        values = {"slug": "dsm-1-host", "node": "dsm-1", "old_installers": [OLD], **host}
        faults = [{"target": "dsm-1-host", "how": fault, "seconds": seconds}] if fault else []
        world = make("test", {"title": "t", "linux": [values], "misbehaviour": faults})
        (server,) = servers(world, pki)
        server.start()
        started.append(server)
        given = {"old_installer": "/root/old/*.sh", "precheck": "/root/precheck-*.csv"}
        target = Linux(
            slug="dsm-1-host",
            address="127.0.0.1",
            port=server.port,
            credential="linux",
            known_hosts=str(pki.home / "known_hosts"),
            timeout=timeout,
            **(given if keys is None else keys),
        )
        return server, target

    yield start
    for server in started:
        server.stop()
    pki.close()


def read(target, part):
    login = Login(username="kanmon-ro", password=SecretStr(PASSWORD))
    with linux.connect(Request(target, login, related=lambda *_: None)) as session:
        return linux.PARTS[part](session)


def test_a_node_is_read_whole_with_one_command(lab):
    """Every fact of the quick command comes back, from a single command."""
    server, target = lab(heap="12g", running_heap="4096m", disk=300, disk_free=80)
    node = read(target, "node")
    assert node.heaps == (4 * GIB,)
    assert node.disk == Filesystem("/", 300 * GIB, 80 * GIB)
    assert (node.clock.offset_minutes, node.clock.zone) == (540, "Asia/Tokyo")
    assert node.clock.asked <= node.clock.answered
    assert node.clock.asked - timedelta(seconds=1) <= node.clock.utc <= node.clock.answered
    (report,) = node.prechecks
    assert report.text.startswith("Check,Status,Message\n")
    assert [path for path, _ in node.changes] == [NEW]
    assert [file.path for file in node.old_installers] == [OLD]
    assert node.changes[0][1] < report.modified
    assert server.requests == [reader.command(target)]


def test_installers_are_read_with_one_command(lab):
    """SHA-256, first line and the lines with a version come back, from a single command."""
    server, target = lab(installer_sha256="ab" * 32)
    (content,) = read(target, "installers")
    assert (content.path, content.sha256) == (NEW, "ab" * 32)
    assert content.first_line == "#!/bin/sh"
    assert content.numbers == ("# Deep Security Manager 20.0.877",)
    assert server.requests == [reader.contents_command(target)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932"])
def test_reports_in_every_usual_encoding(lab, encoding):
    """Japanese comes back as it was written, without the encoding's mark."""
    text = "項目,結果\nメモリ,警告\n"
    _, target = lab(precheck=text, precheck_encoding=encoding)
    assert read(target, "node").prechecks[0].text == text


def test_nothing_there_is_empty(lab):
    """A node on which nothing was prepared has no report and no installers; absent is empty."""
    _, target = lab(prechecked=False, old_installers=[], installers=[], services={})
    node = read(target, "node")
    assert (node.prechecks, node.changes, node.old_installers, node.heaps) == ((), (), (), ())
    assert read(target, "installers") == ()


def test_a_host_without_a_manager_has_no_disk_for_it(lab):
    """Where there is no /opt/dsm, nobody can say how much is free there."""
    _, target = lab(node=None)
    assert isinstance(read(target, "node").disk, Unread)


def test_what_the_account_may_not_read_is_unread(lab):
    """Weak rights never look like "no report" or "no installer", and the advice is about rights."""
    _, target = lab(fault="weak rights")
    node = read(target, "node")
    for fact in (node.prechecks, node.changes, node.old_installers):
        assert isinstance(fact, Unread)
        assert "Permission denied" in fact.reason
        assert GIVE_RIGHTS in fact.reason
    with pytest.raises(CouldNotRead, match="Permission denied"):
        read(target, "installers")


def test_an_environment_that_names_no_report(lab):
    """Without the key nothing is asked, and the reason says which key to set."""
    server, target = lab(keys={})
    node = read(target, "node")
    assert "set precheck of linux 'dsm-1-host'" in node.prechecks.reason
    assert "precheck" not in server.requests[0]
    assert [file.path for file in node.old_installers] == [NEW]  # where the new one lies


@pytest.mark.parametrize("part", ["node", "installers"])
@pytest.mark.parametrize("fault", ["cut off", "half a page"])
def test_half_an_answer_is_not_read(lab, fault, part):
    """A truncated answer is an error, however the connection ends."""
    _, target = lab(fault=fault)
    with pytest.raises(CouldNotRead, match=r"not whole|connection"):
        read(target, part)


def test_a_checksum_may_take_longer_than_the_timeout(lab, monkeypatch):
    """Reading gigabytes has a time of its own; past it the reason names that time."""
    _, target = lab(fault="slow", seconds=1.5, timeout=1.0)
    with pytest.raises(CouldNotRead, match="no answer within 1 s"):
        read(target, "node")
    assert len(read(target, "installers")) == 1
    monkeypatch.setattr(ssh, "SLOWEST_ANSWER", 1.2)
    with pytest.raises(CouldNotRead, match=r"no answer within 1\.2 s"):
        read(target, "installers")


def test_only_the_readers_own_commands_may_be_run(lab):
    """Anything else, an installer's start above all, is refused before it is sent."""
    server, target = lab()
    login = Login(username="kanmon-ro", password=SecretStr(PASSWORD))
    other = target.model_copy(update={"installer": "/srv/*.sh"})
    forbidden = (
        f"bash {NEW} -q -console -t",
        "sha256sum /etc/shadow",
        reader.command(other),
        reader.contents_command(other),
    )
    with linux.connect(Request(target, login, related=lambda *_: None)) as session:
        for command in forbidden:
            with pytest.raises(NotAllowed):
                session.shell.run(command)
    assert server.requests == []


def test_no_command_starts_an_installer(lab):
    """In what is sent, an installer is only ever listed, or read by a tool."""
    _, target = lab()
    for command in (reader.command(target), reader.contents_command(target)):
        script = shlex.split(command)[2]
        assert "-q" not in script
        assert "-console" not in script
        for start in ('bash "$f"', 'sh "$f"', '; "$f"', '&& "$f"', '. "$f"'):
            assert start not in script


@pytest.mark.parametrize("key", ["installer", "old_installer", "precheck"])
@pytest.mark.parametrize("pattern", ["x.csv", "/root/a b", "/root/$(reboot)", "/root/a;b", "/a\nb"])
def test_a_pattern_that_the_shell_could_take_for_more_is_refused(key, pattern):
    """Only plain paths and wildcards reach the shell."""
    with pytest.raises(ValidationError, match=key):
        Linux(slug="a", address="a", credential="linux", **{key: pattern})


@pytest.mark.parametrize(
    ("text", "minutes", "zone"),
    [
        ("1795423669 +0900\n../usr/share/zoneinfo/Asia/Tokyo\n", 540, "Asia/Tokyo"),
        ("1795423669 -0330\nNST\n", -210, "NST"),
        ("1795423669 +0000\n/usr/share/zoneinfo/Etc/UTC\n", 0, "Etc/UTC"),
    ],
)
def test_clocks(text, minutes, zone):
    """Offsets on both sides of UTC, and a zone with or without a link."""
    clock = reader.clock(Section(0, text), NOW, NOW)
    assert (clock.offset_minutes, clock.zone) == (minutes, zone)
    assert clock.utc == datetime.fromtimestamp(1795423669, UTC)


@pytest.mark.parametrize(
    ("read", "text", "status"),
    [
        (lambda s: reader.clock(s, NOW, NOW), "1795423669\nJST\n", 0),
        (lambda s: reader.clock(s, NOW, NOW), "date: no\n", 1),
        (reader.heaps, "error: /proc must be mounted\n", 0),
        (reader.heaps, "heap -Xmx8g\nps: no\n", 0),
        (reader.heaps, "heap -Xmxlots\n", 0),
        (reader.heaps, "", 127),
        (reader.disk, "df: /opt/dsm: No such file or directory\n", 1),
        (reader.disk, "Filesystem\n/dev/a 9 4 5 1% /\n/dev/b 9 4 5 1% /b\n", 0),
        (lambda s: reader.changes(s, NEW), f"file 5 {NEW}\nstat: {NEW}: Permission denied\n", 1),
        (lambda s: reader.changes(s, NEW), f"file x {NEW}\n", 0),
        (lambda s: reader.changes(s, NEW), "\n", 0),
        (lambda s: reader.contents(s, NEW), "ls: cannot open directory /root: no\n", 2),
    ],
)
def test_an_answer_that_is_not_understood_is_an_error(read, text, status):
    """An answer of another form is never taken for an empty or a default value."""
    with pytest.raises(CouldNotRead):
        read(Section(status, text))


def test_the_last_heap_of_each_java():
    """A Java without -Xmx is told from one that has it."""
    assert reader.heaps(Section(0, "heap default\nheap -Xmx8g\n")) == (None, 8 * GIB)


def report(data, size=None, more=""):
    """The text of the one report in an answer."""
    told = base64.b64encode(data).decode()
    size = len(data) if size is None else size
    section = Section(0, f"file {size} 1795423669 /root/p.csv\n{more}text {told}\n")
    target = Linux(slug="a", address="a", credential="linux", precheck="/root/p.csv")
    (made,) = reader.prechecks(section, target)
    return made.text


@pytest.mark.parametrize(
    "data",
    [
        b"Check,Status\n\x81\xff\n",
        b"\xff\xfeO\x00K",  # UTF-16 with half a character
        "OK\n".encode("utf-16-le"),  # without its mark
        b"\xef\xbb\xbf\x81\x41",
        b"OK\x00\n",
        b"\x1b$B7k2L\x1b(B,OK\n",  # ISO-2022-JP
        b"\x7fELF\x02\x01",
    ],
)
def test_bytes_that_are_no_text_are_unread(data):
    """What is no text in a known encoding is told with its first bytes, never guessed."""
    told = report(data)
    assert isinstance(told, Unread)
    assert "save it as UTF-8" in told.reason


def test_half_a_report_is_unread():
    """A file that grew while it was read, is too large, or came with a complaint is not judged."""
    assert report(b"a,OK\n") == "a,OK\n"
    for told in (
        report(b"a,OK\n", size=6),
        report(b"a,OK\n" * 60_000),
        report(b"a,OK\n", more="head: error reading\n"),
        report(b"", size=5),
    ):
        assert isinstance(told, Unread)


def test_passwords_in_a_report_are_masked():
    """What looks like a password does not get into the saved facts; rows stay whole."""
    told = report(b"Database,OK,user=dsm;Password=Hush1,PWD: Hush2\nPassword policy,OK\n")
    assert told == "Database,OK,user=dsm;Password=***,PWD: ***\nPassword policy,OK\n"


def test_one_file_that_may_not_be_read_leaves_the_others():
    """A digest that is missing or of another form is unread, with what the shell said."""
    text = (
        f"file {NEW}\nsum {'a' * 64}\nfirst #!/bin/sh\ntext 20.0.877\n"
        "file /root/b.sh\n/bin/sh: 3: cannot open /root/b.sh: Permission denied\n"
        "file /root/c.sh\nsum abc\nfirst \n"
    )
    first, second, third = reader.contents(Section(0, text), "/root/*.sh")
    assert (first.sha256, first.numbers) == ("a" * 64, ("20.0.877",))
    assert "Permission denied" in second.sha256.reason
    assert isinstance(third.sha256, Unread)
