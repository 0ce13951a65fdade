"""Debian's own sshd, on a loopback port, for one test."""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from kanmon.environment.credentials import Login
from tests.servers import need


@dataclass(frozen=True)
class Sshd:
    """A running server that lets the user of the test in with one key."""

    port: int
    host_key: str
    login: Login
    home: Path

    @property
    def known_hosts(self):
        """A known_hosts file that holds the server's key."""
        path = self.home / "known_hosts"
        path.write_text(f"[127.0.0.1]:{self.port} {self.host_key}\n")
        return str(path)


def key(path, passphrase=""):
    """A new key pair; gives the path of the private one."""
    tool = need("ssh-keygen")
    kind = ["-t", "ed25519", "-C", "", "-N", passphrase]
    subprocess.run([tool, "-q", *kind, "-f", str(path)], check=True)
    return path


@contextlib.contextmanager
def sshd(home, *lines):
    """Start sshd with more lines of configuration; it is ended by its own pid."""
    program = need("sshd")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    host = key(home / "host")
    user = key(home / "user")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    config = [
        f"Port {port}",
        "ListenAddress 127.0.0.1",
        f"HostKey {host}",
        f"AuthorizedKeysFile {user}.pub",
        "PidFile none",
        "StrictModes no",
        "UsePAM no",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "PermitRootLogin prohibit-password",
        *lines,
    ]
    (home / "sshd_config").write_text("\n".join(config) + "\n")
    server = subprocess.Popen(
        [program, "-f", str(home / "sshd_config"), "-D", "-E", str(home / "sshd.log")]
    )
    try:
        _wait(port, server, home / "sshd.log")
        login = Login(username=getpass.getuser(), private_key=user)
        public = Path(f"{host}.pub").read_text().strip()
        yield Sshd(port, public, login, home)
    finally:
        server.terminate()
        server.wait(10)


def _wait(port, server, log):
    for _ in range(200):
        if server.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError(f"sshd did not start: {log.read_text()}")
