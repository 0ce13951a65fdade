"""Database servers: the TLS that they take, their certificate, and a manager's database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kanmon.facts.database import Server
from kanmon.readers import Request, database_postgresql, database_sqlserver, database_tls
from kanmon.readers.database_session import Session


@contextmanager
def connect(request: Request) -> Iterator[Session]:
    """Log in over verified TLS 1.2 or later; log out at the end.

    Raises:
        TargetLost: no such TLS session can be had, or the login fails.
    """
    sqlserver = request.target.product == "sqlserver"
    product = database_sqlserver if sqlserver else database_postgresql
    with product.connect(request.target, request.login) as session:
        yield session


def _server(session: Session) -> Server:
    if session.target.product == "sqlserver":
        return database_sqlserver.read_server(session)
    return database_postgresql.read_server(session)


PROBES = {"tls": database_tls.read, "certificates": database_tls.certificates}
PARTS = {"server": _server}
