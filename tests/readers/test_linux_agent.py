"""What an agent needs of its machine: against simulated hosts, shells and OpenSSH."""

from __future__ import annotations

import base64
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from pydantic import SecretStr

from kanmon.environment.credentials import Login
from kanmon.environment.targets import Linux
from kanmon.errors import CouldNotRead, NotAllowed
from kanmon.facts import Unread
from kanmon.facts.linux.agent import SecureBoot
from kanmon.facts.linux.host import Filesystem
from kanmon.readers import Request
from kanmon.readers.linux import agent as reader
from kanmon.readers.linux import host as linux
from kanmon.readers.transport import efi
from kanmon.readers.transport.sections import Section, split
from lab.linux.agent import signature_list
from lab.linux.server import servers
from lab.transport.pki import Pki
from lab.world.world import make
from tests.readers.openssh import sshd
from tests.servers import lacking, need

GIB = 2**30
KERNEL = "3.10.0-1160.el7.x86_64"
ATTRIBUTES = b"\6\0\0\0"


def sha(data):
    return hashlib.sha256(data).hexdigest().upper()


@pytest.fixture
def lab():
    """Reads one simulated host: ``lab(secure_boot=True)`` gives the facts and the server."""
    pki = Pki()
    started = []

    def read(fault=None, **host):
        values = {"slug": "web", **host}
        faults = [{"target": "web", "how": fault}] if fault else []
        world = make("test", {"title": "t", "linux": [values], "misbehaviour": faults})
        (server,) = servers(world, pki)
        server.start()
        started.append(server)
        known = str(pki.home / "known_hosts")
        where = Linux(
            slug="web", address="127.0.0.1", port=server.port, credential="l", known_hosts=known
        )
        login = Login(username="kanmon-ro", password=SecretStr("Rd0nly-Lab-Passw0rd"))
        with linux.connect(Request(where, login, related=lambda *_: None)) as session:
            with pytest.raises(NotAllowed):
                session.shell.run("mokutil --import x")
            return linux.PARTS["agent"](session), server

    yield read
    for server in started:
        server.stop()
    pki.close()


def test_a_machine_is_read_with_one_command(lab):
    """Disk, firmware and kernels come back, from a single command."""
    facts, server = lab(disk=50, disk_free=3, default_kernel="4.18.0-1.el8.x86_64")
    assert facts.disk == Filesystem("/", 50 * GIB, 3 * GIB)
    assert facts.secure_boot is None
    assert facts.default_kernel == "4.18.0-1.el8.x86_64"
    assert facts.kernels == (KERNEL, "4.18.0-1.el8.x86_64")
    assert server.requests == [reader.command()]


def test_keys_of_a_machine_that_starts_by_efi(lab):
    """Every certificate of both lists is known by its hash; no list is an empty one."""
    facts, _ = lab(secure_boot=True, owner_keys=["one", "other"], firmware_keys=["third"])
    owner, firmware = (sha(b"one"), sha(b"other")), (sha(b"third"),)
    assert facts.secure_boot == SecureBoot(True, owner, firmware)
    assert lab(secure_boot=False)[0].secure_boot == SecureBoot(False, (), ())


def test_what_the_account_may_not_read_is_unread(lab):
    """Closed variables never look like "off", nor a closed default like the running kernel."""
    facts, _ = lab(fault="weak rights", secure_boot=True, owner_keys=["one"])
    for fact in (facts.secure_boot, facts.default_kernel):
        assert isinstance(fact, Unread)
        assert "Permission denied" in fact.reason


@pytest.mark.parametrize("fault", ["cut off", "half a page"])
def test_half_an_answer_is_not_read(lab, fault):
    """A truncated answer is an error, however the connection ends."""
    with pytest.raises(CouldNotRead, match=r"not whole|connection"):
        lab(fault=fault)


def variable(data, name="SecureBoot-x"):
    told = base64.b64encode(data).decode()
    return f"file /sys/firmware/efi/efivars/{name}\nvalue {told}\nwhole\n"


ON = variable(ATTRIBUTES + b"\1")
NOTHING = Section(1, "stat: cannot stat 'x': No such file or directory\n")


def boot(state=ON, firmware="acpi\nefi\n", owner=NOTHING, status=0):
    parts = {
        "firmware": Section(0, firmware),
        "secure_boot": Section(status, state),
        "owner_keys": owner,
        "firmware_keys": NOTHING,
    }
    return reader.secure_boot(parts)


@pytest.mark.parametrize(
    "given",
    [
        {"firmware": ""},  # a container sees an empty folder
        {"state": NOTHING.text, "status": 1},  # efivarfs is not mounted
        {"state": variable(ATTRIBUTES)},
        {"state": variable(ATTRIBUTES + b"\2")},
        {"state": variable(ATTRIBUTES + b"\1\1")},
        {"state": ON + ON},
        {"state": ON.replace("whole\n", "")},
        {"state": ON.replace("value ", "value !")},
        {"state": ON + "base64: read error: Input/output error\n"},
        {"state": ON, "status": 1},
        {"state": "ls: cannot open directory /sys: Permission denied\n", "status": 2},
        {"state": "", "status": 0},
    ],
)
def test_a_state_that_is_not_understood_is_an_error(given):
    """Neither "off" nor "no EFI" is ever taken from an answer of another form."""
    with pytest.raises(CouldNotRead):
        boot(**given)


def test_states_that_are_told():
    """On, off, and a machine without EFI."""
    assert boot().on
    assert not boot(variable(ATTRIBUTES + b"\0")).on
    assert boot(firmware="acpi\nmemmap\n") is None


GOOD = signature_list(b"cert")
HASHES = GOOD.replace(GOOD[:16], bytes(16))


@pytest.mark.parametrize(
    "data",
    [
        GOOD[:-1],
        GOOD + b"x",
        GOOD[:20],
        GOOD.replace((20).to_bytes(4, "little"), (0).to_bytes(4, "little")),
        GOOD.replace((48).to_bytes(4, "little"), (0).to_bytes(4, "little")),
        GOOD.replace((48).to_bytes(4, "little"), (47).to_bytes(4, "little")),
    ],
)
def test_keys_that_are_no_list_are_unread(data):
    """Half a list is not a shorter one, and none makes the reader run for ever."""
    with pytest.raises(ValueError, match="list of keys"):
        efi.certificates(data)
    owner = Section(0, variable(ATTRIBUTES + data))
    assert isinstance(boot(owner=owner).owner_keys, Unread)


def test_lists_that_follow_each_other():
    """Hashes between certificates are passed over; several variables are one list."""
    assert efi.certificates(GOOD + HASHES + signature_list(b"aa", b"bb")) == (
        sha(b"cert"), sha(b"aa"), sha(b"bb"),
    )  # fmt: skip
    assert efi.certificates(b"") == ()
    two = Section(0, variable(ATTRIBUTES + GOOD) + variable(ATTRIBUTES + signature_list(b"z")))
    assert boot(owner=two).owner_keys == (sha(b"cert"), sha(b"z"))


@pytest.mark.parametrize(
    ("read", "text", "status"),
    [
        (reader.disk, "df: /opt: No such file or directory\n", 1),
        (reader.disk, "Filesystem\n/dev/a 9 4 5 1% /\n/dev/b 9 4 5 1% /b\n", 0),
        (reader.default_kernel, "/bin/sh: 1: /usr/sbin/grubby: not found\n", 127),
        (reader.default_kernel, "", 0),
        (reader.default_kernel, f"grubby: no\n/boot/vmlinuz-{KERNEL}\n", 0),
        (reader.default_kernel, f"/boot/vmlinuz-{KERNEL}\n", 1),
        (reader.kernels, "config-5\nvmlinuz\n", 0),
        (reader.kernels, "vmlinuz-0-rescue-1f\n", 0),
        (reader.kernels, f"vmlinuz-{KERNEL}\nls: closed\n", 2),
    ],
)
def test_an_answer_that_is_not_understood_is_an_error(read, text, status):
    """An answer of another form is never taken for an empty or a default value."""
    with pytest.raises(CouldNotRead):
        read(Section(status, text))


def test_kernels_are_told_from_what_else_lies_in_boot():
    """Rescue images, links, configurations and images of memory are none."""
    names = f"System.map-{KERNEL}\nvmlinuz\nvmlinuz.old\nvmlinuz-0-rescue-1f\nvmlinuz-{KERNEL}\n"
    assert reader.kernels(Section(0, names)) == (KERNEL,)
    assert reader.default_kernel(Section(0, f"/boot/vmlinuz-{KERNEL}\n")) == KERNEL


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Folders as a machine has them that starts by EFI, and a certificate that openssl made."""
    variables = tmp_path / "firmware/efi/efivars"
    variables.mkdir(parents=True)
    (tmp_path / "boot").mkdir()
    (tmp_path / "boot" / f"vmlinuz-{KERNEL}").touch()
    subject = ["-subj", "/CN=Trend", "-outform", "DER", "-keyout", str(tmp_path / "key")]
    made = [need("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject]
    der = subprocess.run(made, check=True, capture_output=True).stdout
    (variables / f"SecureBoot-{reader._GLOBAL}").write_bytes(ATTRIBUTES + b"\1")
    (variables / f"MokListRT-{reader._SHIM}").write_bytes(ATTRIBUTES + signature_list(der))
    (variables / f"MokListRT1-{reader._SHIM}").write_bytes(ATTRIBUTES + signature_list(b"more"))
    grubby = tmp_path / "grubby"
    grubby.write_text(f'#!/bin/sh\ntest "$*" = --default-kernel && echo /boot/vmlinuz-{KERNEL}\n')
    grubby.chmod(0o755)
    monkeypatch.setattr(reader, "FIRMWARE", str(tmp_path / "firmware"))
    monkeypatch.setattr(reader, "BOOT", str(tmp_path / "boot"))
    monkeypatch.setattr(reader, "GRUBBY", str(grubby))
    fingerprint = [need("openssl"), "x509", "-inform", "DER", "-noout", "-fingerprint", "-sha256"]
    told = subprocess.run(fingerprint, input=der, check=True, capture_output=True).stdout.decode()
    return variables, told.strip().partition("=")[2].replace(":", "")


@pytest.mark.parametrize("shell", [["dash"], ["bash", "--posix"], ["bash"]])
def test_every_shell_says_the_same(shell, machine):
    """What /bin/sh is differs from system to system; a key has the hash that openssl tells."""
    _, fingerprint = machine
    script = shlex.split(reader.command())[2]
    command = [need(shell[0]), *shell[1:], "-c", script]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    parts = split(done.stdout, reader._questions(), "read", "")
    assert reader.secure_boot(parts) == SecureBoot(True, (fingerprint, sha(b"more")), ())
    assert reader.default_kernel(parts["default_kernel"]) == KERNEL
    assert reader.kernels(parts["kernels"]) == (KERNEL,)
    assert reader.disk(parts["disk"]).size == shutil.disk_usage("/opt").total


def over_ssh(tmp_path, *lines):
    with sshd(tmp_path, "SetEnv PATH=/usr/bin:/bin", *lines) as server:
        where = Linux(
            slug="here",
            address="127.0.0.1",
            port=server.port,
            credential="linux",
            known_hosts=server.known_hosts,
        )
        with linux.connect(Request(where, server.login, related=lambda *_: None)) as session:
            return linux.PARTS["agent"](session)


def test_a_machine_over_openssh(tmp_path, machine):
    """The same over SSH, with the tools of this machine."""
    _, fingerprint = machine
    facts = over_ssh(tmp_path)
    assert facts.secure_boot == SecureBoot(True, (fingerprint, sha(b"more")), ())
    assert (facts.default_kernel, facts.kernels) == (KERNEL, (KERNEL,))
    assert abs(facts.disk.free - shutil.disk_usage("/opt").free) < GIB


def test_an_ordinary_user_is_told_what_it_may_not_read(tmp_path, machine):
    """A closed list of keys is not an empty one, nor a closed variable "off"."""
    if os.geteuid() != 0:
        lacking("needs root")
    variables, _ = machine
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    nobody = tmp_path / "as-nobody"
    drop = "setpriv --reuid=65534 --regid=65534 --clear-groups"
    nobody.write_text(f'#!/bin/sh\nexec {drop} /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n')
    nobody.chmod(0o755)
    (variables / f"MokListRT1-{reader._SHIM}").chmod(0o600)
    facts = over_ssh(tmp_path, f"ForceCommand {nobody}")
    assert facts.secure_boot.on
    assert "Permission denied" in facts.secure_boot.owner_keys.reason
    (tmp_path / "second").mkdir()
    variables.chmod(0o700)
    facts = over_ssh(tmp_path / "second", f"ForceCommand {nobody}")
    assert "Permission denied" in facts.secure_boot.reason


def test_this_machine_is_read_as_it_is(tmp_path):
    """What it does not tell is unread; its firmware is told by its own folder."""
    facts = over_ssh(tmp_path)
    assert facts.disk.size == shutil.disk_usage("/opt").total
    if not shutil.which("grubby", path="/usr/sbin"):
        assert "grubby" in facts.default_kernel.reason
    firmware = Path("/sys/firmware")
    if any(firmware.iterdir()) and not (firmware / "efi").is_dir():
        assert facts.secure_boot is None
    if Path(f"/boot/vmlinuz-{platform.release()}").exists():
        assert platform.release() in facts.kernels
