"""What a manager needs of its host, against OpenSSH's server and the tools of this machine."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kanmon.environment.targets import Linux
from kanmon.facts import Unread
from kanmon.readers import Request
from kanmon.readers.linux import host as linux
from kanmon.readers.linux import manager as reader
from kanmon.readers.transport.sections import split
from tests.readers.openssh import sshd
from tests.servers import lacking, need

PATHS = "SetEnv PATH=/usr/bin:/bin"
SCRIPT = b"#!/bin/sh\n# Deep Security Manager 20.0.877\ntail -c 9 $0\nexit\n"
BINARY = bytes(range(256)) * 4096


def target(server, home, **changes):
    values = {
        "installer": f"{home}/new/Manager-*.sh",
        "old_installer": f"{home}/old/Manager-*.sh",
        "precheck": f"{home}/new/*.csv",
        **changes,
    }
    return Linux(
        slug="here",
        address="127.0.0.1",
        port=server.port if server else 22,
        credential="linux",
        known_hosts=server.known_hosts if server else None,
        timeout=20.0,
        **values,
    )


def read(where, login, part):
    with linux.connect(Request(where, login, related=lambda *_: None)) as session:
        return linux.PARTS[part](session)


@pytest.fixture
def home(tmp_path):
    """A folder with two installers, one that is kept, and two reports."""
    folder = tmp_path / "files"
    for name in ("new", "old"):
        (folder / name).mkdir(parents=True)
    (folder / "new/Manager-Linux-20.0.877.x64.sh").write_bytes(SCRIPT + BINARY)
    (folder / "new/Manager-Linux-20.0.844.x64.sh").write_bytes(b"")
    (folder / "old/Manager-Linux-11.0.510.x64.sh").write_bytes(SCRIPT)
    (folder / "new/one.csv").write_bytes("項目,結果\nメモリ,警告\n".encode("utf-16"))
    (folder / "new/two with space.csv").write_bytes(b"Check,Status\nMemory,OK\n")
    return folder


@pytest.fixture
def java():
    """A process that looks like a running manager, and one of another product."""
    need("ps")
    started = [
        subprocess.Popen([name, "-c", "sleep 60; :", *options], executable="/bin/sh")
        for name, options in (
            ("/opt/dsm/jre/bin/java", ["-Xmx1g", "-Dpassword=Hush1", "-Xmx3g", "/opt/dsm/x.jar"]),
            ("/opt/dsm/jre/bin/java", ["/opt/dsm/y.jar"]),
            ("/usr/bin/java", ["-Xmx7g", "/opt/other/z.jar"]),
            ("/usr/bin/javac", ["-Xmx7g", "/opt/dsm/z.jar"]),
        )
    ]
    yield
    for process in started:
        process.kill()
        process.wait(10)


def test_this_machine_is_read_as_it_is(tmp_path, home, java):
    """Clock, heaps, installers and reports come back over SSH as the machine has them."""
    del java
    with sshd(tmp_path, PATHS) as server:
        node = read(target(server, home), server.login, "node")
        contents = read(target(server, home), server.login, "installers")
    assert abs(node.clock.utc - datetime.now(UTC)) < timedelta(minutes=5)
    offset = datetime.now().astimezone().utcoffset()
    assert timedelta(minutes=node.clock.offset_minutes) == offset
    assert sorted(node.heaps, key=str) == [3 * 2**30, None]
    reports = {Path(one.path).name: one for one in node.prechecks}
    assert reports["one.csv"].text == "項目,結果\nメモリ,警告\n"
    assert reports["two with space.csv"].text == "Check,Status\nMemory,OK\n"
    written = (home / "new/one.csv").stat().st_mtime
    assert reports["one.csv"].modified.timestamp() == int(written)
    assert [file.size for file in node.old_installers] == [len(SCRIPT)]
    empty, whole = contents
    assert whole.sha256 == hashlib.sha256(SCRIPT + BINARY).hexdigest()
    assert whole.first_line == "#!/bin/sh"
    assert whole.numbers == ("# Deep Security Manager 20.0.877",)
    assert (empty.sha256, empty.first_line) == (hashlib.sha256(b"").hexdigest(), "")
    changed = dict(node.changes)[whole.path]
    assert changed.timestamp() == int(Path(whole.path).stat().st_ctime)


def test_arguments_of_processes_stay_on_the_host(tmp_path, home, java):
    """Of the command line of a Java only -Xmx travels: it may hold a password."""
    del java
    with sshd(tmp_path, PATHS) as server:
        where = target(server, home)
        with linux.connect(Request(where, server.login, related=lambda *_: None)) as session:
            sent = session.shell.run(reader.command(where)).stdout
    assert "heap -Xmx3g" in sent
    assert "Hush1" not in sent


def test_an_ordinary_user_is_told_what_it_may_not_read(tmp_path, home):
    """Closed files of an open folder are unread one by one; a closed folder is not an empty one."""
    if os.geteuid() != 0:
        lacking("needs root")
    for name in ("new/Manager-Linux-20.0.877.x64.sh", "new/one.csv"):
        (home / name).chmod(0o600)
    (home / "old").chmod(0o700)
    for folder in (home, *home.parents):
        folder.chmod(folder.stat().st_mode | 0o055)
    nobody = tmp_path / "as-nobody"
    drop = "setpriv --reuid=65534 --regid=65534 --clear-groups"
    nobody.write_text(f'#!/bin/sh\nexec {drop} /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n')
    nobody.chmod(0o755)
    with sshd(tmp_path, PATHS, f"ForceCommand {nobody}") as server:
        node = read(target(server, home), server.login, "node")
        empty, closed = read(target(server, home), server.login, "installers")
    first, second = node.prechecks
    assert "Permission denied" in first.text.reason
    assert second.text.startswith("Check")
    assert isinstance(node.old_installers, Unread)
    assert "Permission denied" in closed.sha256.reason
    assert not isinstance(empty.sha256, Unread)


def test_nothing_prepared_is_empty(tmp_path, home):
    """Patterns without a match, and a folder that is not there, are empty."""
    keys = {"installer": f"{home}/none/M-*.sh", "precheck": f"{home}/new/none-*.csv"}
    with sshd(tmp_path, PATHS) as server:
        node = read(target(server, home, **keys), server.login, "node")
        assert read(target(server, home, **keys), server.login, "installers") == ()
    assert (node.prechecks, node.changes) == ((), ())


@pytest.mark.parametrize("shell", [["dash"], ["bash", "--posix"], ["bash"]])
def test_every_shell_says_the_same(shell, home):
    """What /bin/sh is differs from system to system: RHEL's is bash, Debian's dash."""
    program = need(shell[0])
    need("ps")
    where = target(None, home)
    for command, names in (
        (reader.command(where), reader._questions(where)),
        (reader.contents_command(where), reader._contents(where)),
    ):
        script = shlex.split(command)[2]
        done = subprocess.run(
            [program, *shell[1:], "-c", script], capture_output=True, encoding="utf-8", check=True
        )
        parts = split(done.stdout, names, "read", "")
        for name in set(names) - {"disk", "heaps"}:
            assert parts[name].status == 0, (name, parts[name])
        told = re.sub(r"\d+", "", done.stdout)
        assert "not found" not in told.replace("No such file", "")
    contents = reader.contents(parts["installers"], where.installer)
    assert contents[1].sha256 == hashlib.sha256(SCRIPT + BINARY).hexdigest()
