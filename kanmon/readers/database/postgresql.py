"""PostgreSQL by query, through psycopg."""

from __future__ import annotations

import math
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import psycopg

from kanmon.environment.credentials import Login
from kanmon.environment.targets import Database
from kanmon.errors import CouldNotRead
from kanmon.facts.database.server import Server
from kanmon.readers.database import postgresql_state
from kanmon.readers.database.failures import no_session
from kanmon.readers.database.line import Line
from kanmon.readers.database.relay import relay
from kanmon.readers.database.session import Session
from kanmon.readers.database.tls import secured
from kanmon.text import Text

SERVER = (
    "SELECT current_setting('server_version'), d.datname, d.datallowconn AND d.datconnlimit <> 0, "
    "pg_is_in_recovery(), s.setting, s.source FROM pg_database d, pg_settings s "
    "WHERE d.datname = current_database() AND s.name = 'default_transaction_read_only'"
)
STATEMENTS = frozenset({SERVER, *(one.sql for one in postgresql_state.QUESTIONS)})
_OF_THE_ROLE = ("user", "database user", "client", "session")
_DIALLED = re.compile(
    r'(?:connection failed: )?connection to server at "[^"]*".*?, port \d+ failed: '
)
_OF_THE_SERVER = re.compile(r"\S+:  ")  # libpq parts the severity from what a server says so
_AUTHENTICATION = b"R"
_LENGTH = 4
_HEAD = 1 + _LENGTH  # a message's type and length; the first message has no type
_BOUND_TO_TLS = b"SCRAM-SHA-256-PLUS\0"


@contextmanager
def connect(target: Database, login: Login) -> Iterator[Session]:
    """Log in to the database; every transaction is read-only; log out at the end.

    Raises:
        TargetLost: no verified TLS session, or the login fails.
    """
    line = secured(target)  # tells of trouble with TLS in the words of every reader
    if target.ca:
        line.close()
        with _logged_in(target, login, target.address, target.port) as session:
            yield session
        return
    with (
        relay(line, partial(_greet, line)) as port,  # libpq cannot pin a leaf
        _logged_in(target, login, "127.0.0.1", port) as session,
    ):
        yield session


@contextmanager
def _logged_in(target: Database, login: Login, host: str, port: int) -> Iterator[Session]:
    """A session by libpq's own verified TLS where a CA file is given, else through the relay."""
    try:
        connection = psycopg.connect(
            host=host,
            port=port,
            sslmode="verify-full" if target.ca else "disable",
            sslrootcert=target.ca,
            gssencmode="disable",
            dbname=target.database,
            user=login.username,
            password=login.password.get_secret_value() if login.password else "",
            connect_timeout=math.ceil(target.timeout),
            options=f"-c statement_timeout={math.ceil(target.timeout * 1000)}",
            application_name="kanmon",
        )
    except psycopg.Error as error:
        raise no_session(target, login, _refusal(error), error) from None
    try:
        connection.read_only = True
        yield Session(target, login, connection, STATEMENTS, psycopg.Error, said)
    finally:
        connection.close()


def said(error: Exception) -> str | None:
    """The server's own words, which have a code; None where the driver speaks."""
    return str(error) if getattr(error, "sqlstate", None) else None


def _refusal(error: Exception) -> str | None:
    """The server's own words at a login, of which libpq keeps no code."""
    got = _DIALLED.sub("", str(error))
    return got if _OF_THE_SERVER.match(got) else None


def _greet(line: Line, driver: socket.socket) -> None:
    """Pass the start of the session on, without the offer to bind the login to TLS.

    The driver sees no TLS, so it would take that offer for somebody in the middle.
    """
    line.send(_startup(driver))
    answer = b""
    while len(answer) < _HEAD or len(answer) < 1 + int.from_bytes(answer[1:_HEAD]):
        more = line.arrived()
        if more is None:
            return
        answer += more
    if answer[:1] == _AUTHENTICATION and _BOUND_TO_TLS in answer:
        length = int.from_bytes(answer[1:_HEAD]) - len(_BOUND_TO_TLS)
        rest = answer[_HEAD:].replace(_BOUND_TO_TLS, b"")
        answer = _AUTHENTICATION + length.to_bytes(4) + rest
    driver.sendall(answer)


def _startup(driver: socket.socket) -> bytes:
    message = b""
    while len(message) < _LENGTH or len(message) < int.from_bytes(message[:_LENGTH]):
        more = driver.recv(4096)
        if not more:
            raise ConnectionResetError("the driver hung up")
        message += more
    return message


def read_server(session: Session) -> Server:
    """The server and the database that the environment names.

    Raises:
        CouldNotRead: the answer makes no sense, or the account's own settings hide the server's.
    """
    tried = Text("ask {where} for its version and state", where=session.target.where)
    rows = session.select(SERVER)
    if len(rows) != 1:
        raise CouldNotRead(tried, Text("{count} rows, expected 1", count=len(rows)))
    version, database, open_to_all, in_recovery, default_read_only, source = rows[0]
    if source in _OF_THE_ROLE:
        raise CouldNotRead(
            tried,
            Text(
                "default_transaction_read_only is set for the account itself (source: "
                "{source}), which hides what other accounts get",
                source=source,
            ),
            Text(
                'ALTER ROLE "{username}" RESET default_transaction_read_only; kanmon '
                "opens read-only transactions by itself",
                username=session.login.username,
            ),
        )
    return Server(
        product="postgresql",
        version=version.split()[0],
        level="",
        edition="",
        database=database,
        state="ONLINE",
        read_only=in_recovery or default_read_only == "on",
        user_access="MULTI_USER" if open_to_all else "RESTRICTED_USER",
        recovery_model="",
    )
