"""SQL Server by query, through Microsoft's driver."""

from __future__ import annotations

import math
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kanmon.credentials import Login
from kanmon.environment import Database
from kanmon.errors import CouldNotRead, TargetLost
from kanmon.facts.database import Server
from kanmon.readers import database_sqlserver_state as state
from kanmon.readers import database_sqlserver_storage as storage
from kanmon.readers import tds_prelogin
from kanmon.readers.database_relay import relay
from kanmon.readers.database_session import Session, login_advice, one_line
from kanmon.readers.database_tls import secured

VERSION = (
    "SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS version, "
    "CAST(SERVERPROPERTY('ProductLevel') AS nvarchar(128)) AS level, "
    "CAST(SERVERPROPERTY('Edition') AS nvarchar(128)) AS edition"
)
DATABASES = (
    "SELECT name, state_desc, is_read_only, user_access_desc, recovery_model_desc "
    "FROM sys.databases"
)


def statements(database: str) -> frozenset[str]:
    """Everything that may be sent, word for word; some of it names the database."""
    questions = (*state.questions(database), *storage.questions(database))
    return frozenset({VERSION, DATABASES, *(one.sql for one in questions)})


@contextmanager
def connect(target: Database, login: Login) -> Iterator[Session]:
    """Log in to ``master``, which every login may enter; log out at the end.

    The database itself is not entered: on an availability group a session that declares itself
    read-only could then be sent to another replica.

    Raises:
        TargetLost: no verified TLS session, or the login fails.
    """
    import mssql_python  # noqa: PLC0415 - loads a native driver, needed for this product alone

    mssql_python.pooling(enabled=False)  # a pooled session would outlive its logout
    line = secured(target)

    def greet(driver: socket.socket) -> None:
        assert line.prelogin  # noqa: S101 - SQL Server has always sent one
        tds_prelogin.receive(driver)
        answer = tds_prelogin.without_encryption(line.prelogin)
        tds_prelogin.send(driver, answer, tds_prelogin.REPLY)

    with relay(line, greet) as port:
        connection = _log_in(mssql_python, target, login, port)
        try:
            allowed = statements(target.database)
            yield Session(target, login, connection, allowed, mssql_python.Error)
        finally:
            connection.close()


def _log_in(driver: Any, target: Database, login: Login, port: int) -> Any:
    """A connection through the relay, whose leg outside this process is encrypted."""
    seconds = math.ceil(target.timeout)
    try:
        connection = driver.connect(
            Server=f"tcp:127.0.0.1,{port}",
            Database="master",
            UID=login.username,
            PWD=login.password.get_secret_value() if login.password else "",
            Encrypt="no",
            ApplicationIntent="ReadOnly",
            ConnectRetryCount="0",
            autocommit=True,
            timeout=seconds,
        )
    except (driver.Error, ValueError, RuntimeError) as error:
        tried = f"log in to {target.where} as {login.username}"
        raise TargetLost(tried, one_line(error, login), login_advice(target)) from None
    connection.timeout = seconds
    return connection


def read_server(session: Session) -> Server:
    """The server, and the database that the environment names.

    Raises:
        CouldNotRead: the database is not there or not visible, or the answer makes no sense.
    """
    target = session.target
    versions = session.select(VERSION)
    grant = "VIEW ANY DATABASE (public has it unless it was revoked)"
    databases = session.select(DATABASES, f"the login needs {grant}")
    tried = f"look for the database {target.database} on {target.where}"
    named = [row for row in databases if str(row[0]).casefold() == target.database.casefold()]
    if not named:
        visible = ", ".join(sorted(str(row[0]) for row in databases)) or "none"
        advice = f"check the name, or grant {grant} to {session.login.username}"
        raise CouldNotRead(tried, f"it is absent or not visible; visible are: {visible}", advice)
    texts = [*versions[0], named[0][1], *named[0][3:]] if len(versions) == len(named) == 1 else []
    if not texts or not all(isinstance(text, str) and text for text in texts):
        raise CouldNotRead(tried, f"an answer that makes no sense: {versions} {named}")
    version, level, edition, state, user_access, recovery_model = texts
    return Server(
        product="sqlserver",
        version=version,
        level=level,
        edition=edition,
        database=named[0][0],
        state=state,
        read_only=_truth(named[0][2], tried),
        user_access=user_access,
        recovery_model=recovery_model,
    )


def _truth(value: object, tried: str) -> bool:
    if not isinstance(value, bool):
        raise CouldNotRead(tried, f"is_read_only is {value!r}, expected 0 or 1")
    return value
