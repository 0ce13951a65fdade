"""The Linux reader, against simulated hosts over real SSH and against answers made by hand."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import paramiko
import pytest
from pydantic import SecretStr

from kanmon.environment.credentials import Login
from kanmon.environment.targets import Linux
from kanmon.errors import CouldNotRead, NotAllowed, TargetLost
from kanmon.facts import Unread
from kanmon.facts.linux.host import Filesystem, Service
from kanmon.readers import Request
from kanmon.readers.linux import host as linux
from kanmon.readers.transport.posix import GIVE_RIGHTS
from kanmon.readers.transport.sections import Section, split
from kanmon.readers.transport.ssh import LoginRefused
from lab.linux.server import servers
from lab.transport.pki import Pki
from lab.world.world import make

GIB = 2**30
PASSWORD = "Rd0nly-Lab-Passw0rd"


@pytest.fixture
def lab():
    """Starts one simulated host: ``lab(fault="silent", heap="4g")`` gives it and its target."""
    pki = Pki()
    started = []

    def start(*, fault=None, timeout=10.0, **host):
        values = {"slug": "dsm-1-host", "node": "dsm-1", **host}
        faults = [{"target": values["slug"], "how": fault}] if fault else []
        world = make("test", {"title": "t", "linux": [values], "misbehaviour": faults})
        (server,) = servers(world, pki)
        server.start()
        started.append(server)
        target = Linux(
            slug="dsm-1-host",
            address="127.0.0.1",
            port=server.port,
            credential="linux",
            known_hosts=str(pki.home / "known_hosts"),
            timeout=timeout,
        )
        return server, target

    yield start
    for server in started:
        server.stop()
    pki.close()


def read(target, password=PASSWORD):
    login = Login(username="kanmon-ro", password=SecretStr(password))
    request = Request(target, login, related=lambda *_: None)
    with linux.connect(request) as session:
        return linux.PARTS["host"](session)


def test_a_host_is_read_whole_with_one_command(lab):
    """Every fact of a manager node comes back, from a single command."""
    server, target = lab(heap="12g", memory=32, disk=200, disk_free=120, service_hours=3)
    host = read(target)
    assert (host.os_id, host.os_version, host.timezone) == ("rhel", "7.9", "Asia/Tokyo")
    assert host.kernel == "3.10.0-1160.el7.x86_64"
    assert host.hostname == "dsm-1-host.example.jp"
    assert 30 * GIB < host.memory < 32 * GIB
    assert host.cores == 8
    assert abs(host.clock - datetime.now(UTC)) < timedelta(minutes=5)
    assert Filesystem("/", 200 * GIB, 120 * GIB) in host.filesystems
    (service, _) = host.services
    assert service.started is not None
    assert abs(service.started - (host.clock - timedelta(hours=3))) < timedelta(seconds=5)
    plain = replace(service, started=None)
    assert plain == Service("dsm_s", loaded=True, state="active", enabled="enabled")
    assert host.manager.installed
    assert host.manager.heap == 12 * GIB
    assert dict(host.manager.properties)["database.type"] == "SqlServer"
    assert dict(host.manager.properties)["database.SqlServer.password"] == "***"
    assert [file.path for file in host.manager.installers] == [
        "/root/Manager-Linux-20.0.877.x64.sh"
    ]
    assert host.manager.installers[0].readable
    assert server.requests == [linux.command(target.installer)]


def test_a_host_without_manager_has_no_manager_files(lab):
    """Absent is empty, and is told from unreadable."""
    _, target = lab(node=None, services={}, installers=[])
    host = read(target)
    manager = host.manager
    assert not manager.installed
    assert (manager.properties, manager.vmoptions, manager.heap, manager.installers) == (
        (), (), None, (),
    )  # fmt: skip
    assert not any(service.loaded for service in host.services)


def test_files_that_the_account_may_not_read_are_unread(lab):
    """Weak rights never look like "no properties", "no heap" or "no installer"."""
    _, target = lab(fault="weak rights")
    manager = read(target).manager
    for fact in (manager.properties, manager.vmoptions, manager.heap, manager.installers):
        assert isinstance(fact, Unread)
        assert "Permission denied" in fact.reason
        assert GIVE_RIGHTS in fact.reason


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("refused", "is it up?"),
        ("silent", "no SSH greeting within 1 s"),
        ("wrong certificate", "known is ecdsa"),
        ("wrong password", "check the credential 'linux'"),
    ],
)
def test_a_host_out_of_reach_is_lost(lab, fault, expected):
    """Nothing listens, nobody answers, another host key, a refused login: the target is lost."""
    _, target = lab(fault=fault, timeout=1.0 if fault == "silent" else 10.0)
    with pytest.raises(TargetLost, match=expected) as caught:
        read(target)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("fault", ["cut off", "half a page"])
def test_half_an_answer_is_not_read(lab, fault):
    """A truncated answer is an error, however the connection ends."""
    _, target = lab(fault=fault)
    with pytest.raises(CouldNotRead, match=r"not whole|connection"):
        read(target)


def test_a_wrong_password_names_the_credential_and_not_the_password(lab):
    """The operator learns which credential to correct."""
    _, target = lab()
    with pytest.raises(LoginRefused, match="check the credential 'linux'") as caught:
        read(target, password="mistyped-secret")
    assert "mistyped-secret" not in str(caught.value)


def test_a_host_key_that_nobody_knows_is_refused(lab, tmp_path):
    """An unknown host key stops the run before the password is sent, and shows the key."""
    server, target = lab()
    empty = tmp_path / "known_hosts"
    empty.touch()
    with pytest.raises(TargetLost, match=rf"which is not known.*{empty}") as caught:
        read(target.model_copy(update={"known_hosts": str(empty)}))
    assert server.key.fingerprint in str(caught.value)


def test_a_known_hosts_file_that_is_not_there_is_named(lab, tmp_path):
    """A missing known_hosts file is an error of its own, not an unknown host."""
    _, target = lab()
    with pytest.raises(TargetLost, match="correct known_hosts"):
        read(target.model_copy(update={"known_hosts": str(tmp_path / "none")}))


def test_a_host_key_in_the_environment_is_what_counts(lab):
    """host_key replaces known_hosts: the right one is taken, another one refused, junk named."""
    server, target = lab()
    right = f"{server.key.get_name()} {server.key.get_base64()}"
    other = paramiko.ECDSAKey.generate()
    wrong = f"{other.get_name()} {other.get_base64()}"
    assert read(target.model_copy(update={"host_key": right, "known_hosts": None})).cores == 8
    with pytest.raises(TargetLost, match="known is"):
        read(target.model_copy(update={"host_key": wrong, "known_hosts": None}))
    for junk in ("ssh-ed25519 AAAA", "ssh-ed25519", "nonsense !!", "ssh-rsa AAAAB3NzaC1yc2E"):
        with pytest.raises(TargetLost, match="it is not a key"):
            read(target.model_copy(update={"host_key": junk}))


def test_only_the_readers_own_command_may_be_run(lab):
    """Anything else is refused before it is sent."""
    server, target = lab()
    login = Login(username="kanmon-ro", password=SecretStr(PASSWORD))
    with linux.connect(Request(target, login, related=lambda *_: None)) as session:
        for other in ("reboot", "uname -n", linux.command("/srv/*")):
            with pytest.raises(NotAllowed):
                session.shell.run(other)
        with pytest.raises(NotAllowed):
            session.shell.run(linux.command(target.installer), "argument")
        with pytest.raises(NotAllowed):
            session.shell.file("/etc/shadow").exists  # noqa: B018 - testinfra runs test -e
    assert server.requests == []


GOOD = {
    "hostname": "dsm1\n",
    "os": 'ID="rhel"\nVERSION_ID="7.9"\nPRETTY_NAME="Red Hat"\n',
    "kernel": "3.10\n",
    "memory": "MemTotal:       16266504 kB\n",
    "cores": "4\n",
    "clock": "1795423669\n",
    "timezone": "JST\n",
    "filesystems": "Filesystem 1024-blocks Used Available Capacity Mounted on\n"
    "/dev/sda1 100 40 60 40% /\n//odd name 10 1 9 - /mnt/with space\n",
    "services": "Id=dsm_s.service\nLoadState=loaded\nActiveState=failed\nUnitFileState=\n\n"
    "Id=ds_agent.service\nLoadState=not-found\nActiveState=inactive\n",
    "uptime": "3600.50 7000.00\n",
    "manager": "directory\n",
    "properties": "a=1\n",
    "vmoptions": "-Xmx8g\n",
    "installers": "rx 5 1795423669 /root/Manager-Linux-1.sh\n",
}


def judge(statuses=None, **changed):
    parts = {
        name: Section((statuses or {}).get(name, 0), text)
        for name, text in {**GOOD, **changed}.items()
    }
    return linux.host(parts, "/root/*.sh")


def test_odd_but_right_answers_are_understood():
    """A time zone without link, mounts with spaces, a unit without file state."""
    host = judge()
    assert host.timezone == "JST"
    assert host.filesystems[1] == Filesystem("/mnt/with space", 10240, 9216)
    assert host.services[1] == Service("ds_agent", loaded=False, state="inactive", enabled="")
    assert host.services[0].state == "failed"


RUNNING = "LoadState=loaded\nActiveState={}\nActiveEnterTimestampMonotonic={}\n"


@pytest.mark.parametrize(
    ("state", "since", "uptime", "ago"),
    [
        ("active", "600500000", "3600.50 7000.00\n", 3000),
        ("active", "0", "3600.50 7000.00\n", None),  # never started
        ("inactive", "600500000", "3600.50 7000.00\n", None),  # it says when it was active last
        ("active", "", "3600.50 7000.00\n", None),
        ("active", "600500000", "cat: /proc/uptime: Permission denied\n", None),
    ],
)
def test_since_when_a_service_runs(state, since, uptime, ago):
    """Told from the host's own boot and clock, whatever its time zone; None where it is not."""
    unit = RUNNING.format(state, since)
    text = f"Id=dsm_s.service\n{unit}\nId=ds_agent.service\n{unit}"
    host = judge(services=text, uptime=uptime)
    expected = host.clock - timedelta(seconds=ago) if ago else None
    assert [service.started for service in host.services] == [expected, expected]


@pytest.mark.parametrize(
    ("name", "text", "status"),
    [
        ("hostname", "", 0),
        ("os", "NAME=x\n", 0),
        ("os", 'ID="rhel\n', 0),
        ("os", "cat: /etc/os-release: No such file or directory\n", 1),
        ("memory", "", 1),
        ("cores", "many\n", 0),
        ("clock", "Mon\n", 0),
        ("filesystems", "Filesystem\n", 0),
        ("filesystems", "Filesystem\n/dev/sda1 100 40 60 40% /\ndf: /x: Permission denied\n", 1),
        ("filesystems", "Filesystem\n/dev/sda1 100 40 60 40% /\n/dev/sdb1 - - - - /opt\n", 0),
        ("services", "Failed to connect to bus: Host is down\n", 1),
        ("services", "Id=dsm_s.service\nLoadState=loaded\nActiveState=active\n", 0),
        ("manager", "stat: cannot stat '/opt/dsm': Permission denied\n", 1),
        ("vmoptions", "-Xmxlots\n", 0),
    ],
)
def test_an_answer_that_is_not_understood_is_an_error(name, text, status):
    """An answer of another form is never taken for an empty or a default value."""
    with pytest.raises(CouldNotRead):
        judge({name: status}, **{name: text})


@pytest.mark.parametrize(
    ("options", "heap"),
    [
        ("-Xmx8g\n", 8 * GIB),
        ("-Xmx2g\n-Xms1g\n-Xmx4096m\n", 4 * GIB),
        ("-Xmx1048576K\n", GIB),
        ("-Xmx1073741824\n", GIB),
        ("-Xms1g\n", None),
        ("", None),
    ],
)
def test_the_last_heap_size_counts(options, heap):
    """Java takes the last -Xmx; suffixes k, m and g in either case."""
    assert judge(vmoptions=options).manager.heap == heap


def test_secrets_that_the_host_did_not_mask_are_masked_here():
    """Whatever mentions a secret loses its whole value, and no other does."""
    manager = judge(
        properties="database.SqlServer.password=Hush1\n"
        "database.url=jdbc\\:sqlserver\\://db;Password\\=Hush2\n"
        "p\\u0061ssword : Hush3\nAPI_KEY Hush4\n# secret=Hush5\n"
        "database.SqlServer.user=dsm\npath=C\\:\\\\dsm\n",
        vmoptions="-DLOCAL_KEY_SECRET=Hush6\nLOCAL_KEY_SECRET Hush7\n-Xmx1g\n",
    ).manager
    assert "Hush" not in repr(manager)
    assert ("database.SqlServer.user", "dsm") in manager.properties
    assert ("path", "C:\\dsm") in manager.properties
    assert "-DLOCAL_KEY_SECRET=***" in manager.vmoptions


def test_a_folder_that_may_not_be_listed_is_not_an_empty_one():
    """No match is empty; a refused listing, or one file that vanished among others, is unread."""
    absent = "stat: cannot stat '/root/*.sh': No such file or directory\n"
    denied = "ls: cannot open directory /root: Permission denied\n"
    assert judge({"installers": 1}, installers=absent).manager.installers == ()
    assert isinstance(judge({"installers": 2}, installers=denied).manager.installers, Unread)
    for mixed in (GOOD["installers"] + absent, absent + GOOD["installers"]):
        assert isinstance(judge({"installers": 1}, installers=mixed).manager.installers, Unread)


def test_an_answer_must_have_every_part_in_order():
    """A missing, foreign or repeated marker makes the whole answer unreadable."""
    whole = "motd\nkanmon:begin:0\n1\nkanmon:a:0\n2\nkanmon:b:1\nkanmon:end:0\n"
    assert split(whole, ["a", "b"], "t", "").keys() == {"a", "b", "end"}
    assert split(whole, ["a", "b"], "t", "")["a"] == Section(0, "\n1\n")
    for broken in (
        whole.removesuffix("kanmon:end:0\n"),
        whole.replace("kanmon:a:0\n", ""),
        whole.replace("2\n", "2\nkanmon:b:0\n"),
        "This account is currently not available.\n",
        "",
    ):
        with pytest.raises(CouldNotRead):
            split(broken, ["a", "b"], "t", "advice")


def test_the_command_is_one_word_for_any_login_shell():
    """The script reaches /bin/sh whole, whatever shell the account logs in with."""
    words = shlex.split(linux.command("/root/*.sh"))
    assert words[:2] == ["/bin/sh", "-c"]
    assert len(words) == 3
