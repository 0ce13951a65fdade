"""A real PostgreSQL for tests, and how they reach it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from kanmon.environment.credentials import Login
from kanmon.environment.targets import Database
from kanmon.readers import Request
from kanmon.readers.database import reader as database
from lab.transport.leaf import Leaf
from lab.transport.pki import Pki
from tests.servers import need

PASSWORD = "p}w;d{'1\\Secret"
OLD = {"ssl_ciphers": "ALL:@SECLEVEL=0"}
HBA = """\
local all all trust
local replication all trust
hostssl all old-hash 127.0.0.1/32 md5
hostssl all all 127.0.0.1/32 scram-sha-256
"""


def as_server_user() -> dict[str, object]:
    """PostgreSQL refuses to run as root; the package brings a user for it."""
    if os.geteuid():
        return {}
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


def program(name: str) -> str:
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return need(*map(str, places), name)


@dataclass(frozen=True)
class Cluster:
    """A data directory with roles, a database and a certificate."""

    home: Path
    pki: Pki
    leaf: Leaf

    @property
    def data(self) -> Path:
        """What initdb made."""
        return self.home / "data"

    def admin(self, port: int, database: str = "postgres") -> psycopg.Connection:
        """A superuser's session over the local socket."""
        return psycopg.connect(
            host=str(self.home), port=port, user="admin", dbname=database, autocommit=True
        )

    @contextmanager
    def running(self, **settings: str) -> Iterator[int]:
        """Run the server with these settings; yield its port."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": str(self.home),
            "ssl": "on",
            "ssl_cert_file": "server.pem",
            "ssl_key_file": "server.pem",
            "fsync": "off",
            **settings,
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        with (self.home / "log").open("w") as log:
            process = subprocess.Popen(
                [program("postgres"), "-D", self.data, *options],
                stderr=log,
                cwd="/",
                **as_server_user(),
            )
        try:
            self._wait(process, port)
            yield port
        finally:
            process.send_signal(signal.SIGINT)  # ends its sessions, then itself
            process.wait(30)

    def _wait(self, process: subprocess.Popen, port: int) -> None:
        for _ in range(200):
            with contextlib.suppress(psycopg.OperationalError):
                self.admin(port).close()
                return
            if process.poll() is not None:
                break
            time.sleep(0.05)
        pytest.fail((self.home / "log").read_text())


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    initdb = program("initdb")
    pki = Pki()
    home = Path(tempfile.mkdtemp(prefix="kanmon-pg-"))
    made = Cluster(home, pki, pki.leaf("pg", ["127.0.0.1"]))
    try:
        if not os.geteuid():
            shutil.chown(home, "postgres", "postgres")
        subprocess.run(
            [initdb, "-D", made.data, "-U", "admin", "--auth=trust", "--no-sync"],
            check=True,
            capture_output=True,
            cwd="/",
            **as_server_user(),
        )
        (made.data / "pg_hba.conf").write_text(HBA)
        _put_certificate(made)
        with made.running() as port, made.admin(port) as admin:
            literal = psycopg.sql.Literal(PASSWORD)
            for role, hashing in (("kanmon-ro", "scram-sha-256"), ("old-hash", "md5")):
                admin.execute(f"SET password_encryption = '{hashing}'")
                create = psycopg.sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
                admin.execute(create.format(psycopg.sql.Identifier(role), literal))
            admin.execute("CREATE DATABASE dsm")
        yield made
    finally:
        shutil.rmtree(home)
        pki.close()


def _put_certificate(cluster: Cluster) -> None:
    place = cluster.data / "server.pem"
    place.touch(mode=0o600)
    place.write_bytes(cluster.leaf.path.read_bytes())
    if not os.geteuid():
        shutil.chown(place, "postgres", "postgres")


@pytest.fixture
def usual(cluster: Cluster) -> Iterator[int]:
    """Port of the server as the package sets it up."""
    with cluster.running() as port:
        yield port


def target(cluster: Cluster, port: int, **changes: object) -> Database:
    trust = {} if "fingerprint" in changes else {"ca": str(cluster.pki.trusted.path)}
    values = {"slug": "db", "product": "postgresql", "address": "127.0.0.1", "port": port}
    return Database(**{**values, "credential": "dsm-db", "timeout": 5.0, **trust, **changes})


def session(of: Database, password: str = PASSWORD, username: str = "kanmon-ro"):
    login = Login(username=username, password=SecretStr(password))
    return database.connect(Request(target=of, login=login, related=lambda *_: None))


def versions(low: str, high: str) -> dict[str, str]:
    return {"ssl_min_protocol_version": low, "ssl_max_protocol_version": high}
