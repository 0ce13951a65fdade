"""A simulated SQL Server for tests, and how they reach it."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr

from kanmon.environment.credentials import Login
from kanmon.environment.targets import Database
from kanmon.facts.database.server import Tls
from kanmon.readers import Request
from kanmon.readers.database import reader as database
from lab.database.server import SqlServer, servers
from lab.transport.pki import Pki
from lab.world import world

PASSWORD = "p}w;d{'1\\Secret"


@contextmanager
def lab(pki: Pki, fault: str | None = None, **values: object) -> Iterator[SqlServer]:
    """A running SQL Server of a world that differs from the usual one in the values."""
    described = world.make(
        "test",
        {
            "title": "test",
            "password": PASSWORD,
            "database": [{"slug": "db", "version": "13.0.5026.0", **values}],
            "misbehaviour": [{"target": "db", "how": fault}] if fault else [],
        },
    )
    (server,) = servers(described, pki)
    assert isinstance(server, SqlServer)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def target(server: SqlServer, **changes: object) -> Database:
    trust = {} if "fingerprint" in changes else {"ca": str(server.pki.trusted.path)}
    values = {"slug": "db", "product": "sqlserver", "address": "127.0.0.1", "port": server.port}
    return Database(**{**values, "credential": "dsm-db", "timeout": 5.0, **trust, **changes})


def session(of: Database, password: str = PASSWORD, username: str = "kanmon-ro"):
    login = Login(username=username, password=SecretStr(password))
    return database.connect(Request(target=of, login=login, related=lambda *_: None))


def outcomes(facts: Tls) -> dict[str, str]:
    return {attempt.version: attempt.outcome for attempt in facts.attempts}


def leaf_fingerprint(pki: Pki) -> str:
    pem = (pki.home / "db.pem").read_text()
    der = ssl.PEM_cert_to_DER_cert(pem[: pem.index("-----BEGIN PRIVATE")])
    return f"sha256:{hashlib.sha256(der).hexdigest()}"
