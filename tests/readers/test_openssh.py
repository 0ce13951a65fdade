"""The Linux reader against OpenSSH's server and the tools of the machine that runs the test."""

from __future__ import annotations

import os
import platform
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from kanmon.environment.credentials import Login
from kanmon.environment.targets import Linux
from kanmon.errors import CouldNotRead, TargetLost
from kanmon.facts import Unread
from kanmon.readers import Request
from kanmon.readers.linux import host as linux
from kanmon.readers.transport.sections import split
from kanmon.readers.transport.ssh import LoginRefused
from tests.readers.openssh import key, sshd
from tests.servers import lacking

SYSTEMCTL = """#!/bin/sh
printf 'Id=dsm_s.service\\nLoadState=loaded\\nActiveState=active\\nUnitFileState=enabled\\n\\n'
printf 'Id=ds_agent.service\\nLoadState=not-found\\nActiveState=inactive\\n'
"""


@pytest.fixture
def tools(tmp_path):
    """A line for sshd that puts a systemctl first: not every machine is started by systemd."""
    folder = tmp_path / "bin"
    folder.mkdir()
    stub = folder / "systemctl"
    stub.write_text(SYSTEMCTL)
    stub.chmod(0o755)
    return f"SetEnv PATH={folder}:/usr/bin:/bin"


def target(server, **changes):
    values = {"known_hosts": server.known_hosts, "installer": f"{server.home}/Manager-*.sh"}
    return Linux(
        slug="here",
        address="127.0.0.1",
        port=server.port,
        credential="linux",
        timeout=20.0,
        **{**values, **changes},
    )


def read(where, login):
    with linux.connect(Request(where, login, related=lambda *_: None)) as session:
        return linux.PARTS["host"](session)


def test_this_machine_is_read_as_it_is(tmp_path, tools):
    """What comes back over SSH is what the machine itself says."""
    installer = tmp_path / "Manager-Linux-20.0.877.x64.sh"
    installer.write_bytes(b"x" * 1000)
    installer.chmod(0o644)
    with sshd(tmp_path, tools) as server:
        host = read(target(server), server.login)
    release = platform.freedesktop_os_release()
    assert (host.os_id, host.os_version) == (release["ID"], release["VERSION_ID"])
    assert host.os_name == release["PRETTY_NAME"]
    assert (host.hostname, host.kernel) == (platform.node(), platform.release())
    assert host.memory == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert host.cores == os.sysconf("SC_NPROCESSORS_ONLN")
    assert abs(host.clock - datetime.now(UTC)) < timedelta(minutes=5)
    (root,) = [found for found in host.filesystems if found.mount == "/"]
    assert root.size == shutil.disk_usage("/").total
    assert abs(root.free - shutil.disk_usage("/").free) < 2**30
    (found,) = host.manager.installers
    assert (found.path, found.size) == (str(installer), 1000)
    assert (found.readable, found.executable) == (True, False)
    assert found.modified.timestamp() == int(installer.stat().st_mtime)
    assert [service.loaded for service in host.services] == [True, False]


def test_a_machine_without_systemd_is_an_error(tmp_path):
    """No answer about the services is not "no services"."""
    folder = tmp_path / "bin"
    folder.mkdir()
    stub = folder / "systemctl"
    stub.write_text("#!/bin/sh\necho 'Failed to connect to bus: Host is down' >&2\nexit 1\n")
    stub.chmod(0o755)
    with (
        sshd(tmp_path, f"SetEnv PATH={folder}:/usr/bin:/bin") as server,
        pytest.raises(CouldNotRead, match="Failed to connect to bus"),
    ):
        read(target(server), server.login)


@pytest.fixture
def manager_folder():
    """A manager's files where a manager has them; nothing is touched where there is one."""
    home = Path("/opt/dsm")
    if os.geteuid() != 0 or home.exists():
        lacking("needs root, and a machine without a manager")
    properties = home / "webclient/webapps/ROOT/WEB-INF/dsm.properties"
    properties.parent.mkdir(parents=True)
    properties.write_text(
        "# old secret=Hush1\n"
        "database.type=SqlServer\n"
        "database.SqlServer.server=10.0.0.5\n"
        "database.SqlServer.password=Hush2\\\n   Hush3\n"
        "database.name=dsm\n"
        "install.path=C\\:\\\\installfiles\\\\\n"
        "database.url=jdbc\\:sqlserver\\://db;Password\\=Hush4\n"
        "manager.Key : Hush5\\\n"
    )
    properties.chmod(0o600)
    options = home / "dsm_s.vmoptions"
    options.write_text("-Xms1g\n-Xmx4g\n-DLOCAL_KEY_SECRET=Hush6\n-Xmx12g")
    options.chmod(0o600)
    yield home
    shutil.rmtree(home)


def test_secrets_are_masked_before_they_travel(tmp_path, tools, manager_folder):
    """The host's own sed masks every secret, continued lines and connection strings included."""
    del manager_folder
    with sshd(tmp_path, tools) as server:
        where = target(server)
        with linux.connect(Request(where, server.login, related=lambda *_: None)) as session:
            sent = session.shell.run(linux.command(where.installer)).stdout
            manager = linux.PARTS["host"](session).manager
    assert "Hush" not in sent
    assert manager.installed
    assert dict(manager.properties) == {
        "database.type": "SqlServer",
        "database.SqlServer.server": "10.0.0.5",
        "database.SqlServer.password": "***",
        "database.name": "dsm",
        "install.path": "C:\\installfiles\\",
        "database.url": "***",
        "manager.Key": "***",
    }
    assert manager.vmoptions == ("-Xms1g", "-Xmx4g", "-DLOCAL_KEY_SECRET=***", "-Xmx12g")
    assert manager.heap == 12 * 2**30


def test_an_ordinary_user_is_told_what_it_may_not_read(tmp_path, manager_folder):
    """Without root the host is read, and the manager's closed files are unread, never empty."""
    del manager_folder
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    nobody = tmp_path / "as-nobody"
    drop = "setpriv --reuid=65534 --regid=65534 --clear-groups"
    nobody.write_text(f'#!/bin/sh\nexec {drop} /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n')
    nobody.chmod(0o755)
    with sshd(tmp_path, "SetEnv PATH=/usr/bin:/bin", f"ForceCommand {nobody}") as server:
        where = target(server, installer=f"{closed}/Manager-*.sh")
        with linux.connect(Request(where, server.login, related=lambda *_: None)) as session:
            sent = session.shell.run(linux.command(where.installer)).stdout
    parts = split(sent, linux._questions(where.installer), "read", "")
    manager = linux._manager_files(parts, where.installer)
    assert manager.installed
    for fact in (manager.properties, manager.vmoptions, manager.heap, manager.installers):
        assert isinstance(fact, Unread)
        assert "Permission denied" in fact.reason


def test_an_unknown_host_key_is_refused(tmp_path):
    """Nothing is sent to a server that nobody vouched for."""
    empty = tmp_path / "empty"
    empty.touch()
    with sshd(tmp_path) as server, pytest.raises(TargetLost, match="is not known") as caught:
        read(target(server, known_hosts=str(empty)), server.login)
    assert "ssh-ed25519 SHA256:" in str(caught.value)
    assert "Accepted" not in (tmp_path / "sshd.log").read_text()


def test_a_changed_host_key_is_refused(tmp_path):
    """Another key than the known one stops everything, in known_hosts and in host_key."""
    other = Path(f"{key(tmp_path / 'other')}.pub").read_text().strip()
    known = tmp_path / "changed"
    with sshd(tmp_path) as server:
        known.write_text(f"[127.0.0.1]:{server.port} {other}\n")
        for trust in ({"known_hosts": str(known)}, {"known_hosts": None, "host_key": other}):
            with pytest.raises(TargetLost, match="find out why it changed"):
                read(target(server, **trust), server.login)
    assert "Accepted" not in (tmp_path / "sshd.log").read_text()


def test_another_port_of_the_same_host_has_its_own_key(tmp_path):
    """A key that is known for port 22 does not vouch for another port."""
    known = tmp_path / "port22"
    with sshd(tmp_path) as server:
        known.write_text(f"127.0.0.1 {server.host_key}\n")
        with pytest.raises(TargetLost, match="is not known"):
            read(target(server, known_hosts=str(known)), server.login)


def test_wrong_keys_and_passphrases_name_the_credential(tmp_path, tools):
    """A key that the server does not take, one that does not open, one that is not there."""
    locked = key(tmp_path / "locked", "Sesame-1")
    junk = tmp_path / "junk"
    junk.write_text("not a key")
    user = "nobody-here"
    with sshd(tmp_path, tools) as server:
        name = server.login.username
        refused = (
            Login(username=name, private_key=key(tmp_path / "stranger")),
            Login(username=user, private_key=server.login.private_key),
            Login(username=name, private_key=locked),
            Login(username=name, private_key=locked, passphrase=SecretStr("Wrong-1")),
            Login(username=name, private_key=server.login.private_key, passphrase=SecretStr("x")),
            Login(username=name, private_key=junk),
            Login(username=name, private_key=tmp_path / "none"),
            Login(username=name, password=SecretStr("Wrong-1")),
        )
        for login in refused:
            with pytest.raises(LoginRefused, match="check the credential 'linux'") as caught:
                read(target(server), login)
            assert "Wrong-1" not in str(caught.value)


def test_a_key_with_a_passphrase_opens(tmp_path, tools):
    """The passphrase of the credential is used."""
    locked = key(tmp_path / "locked", "Sesame-1")
    with sshd(tmp_path, tools) as server:
        shutil.copy(f"{locked}.pub", f"{server.login.private_key}.pub")
        login = Login(
            username=server.login.username, private_key=locked, passphrase=SecretStr("Sesame-1")
        )
        assert read(target(server), login).cores == os.sysconf("SC_NPROCESSORS_ONLN")
