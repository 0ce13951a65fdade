"""SQL Server by query, through python-tds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kanmon.environment.credentials import Login
from kanmon.environment.targets import Database
from kanmon.errors import CouldNotRead
from kanmon.facts.database.server import Server
from kanmon.readers.database import sqlserver_state as state
from kanmon.readers.database import sqlserver_storage as storage
from kanmon.readers.database import tds
from kanmon.readers.database.session import Session
from kanmon.readers.database.tls import secured
from kanmon.text import Text

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
    """Log in to ``master``, which every login may enter; the session ends with its line.

    Raises:
        TargetLost: no verified TLS session, or the login fails.
    """
    with secured(target) as line:
        connection = tds.log_in(line, login)
        allowed = statements(target.database)
        # A broken answer makes python-tds raise whatever its parser meets.
        yield Session(target, login, connection, allowed, Exception, tds.said)


def read_server(session: Session) -> Server:
    """The server, and the database that the environment names.

    Raises:
        CouldNotRead: the database is not there or not visible, or the answer makes no sense.
    """
    target = session.target
    versions = session.select(VERSION)
    databases = session.select(
        DATABASES,
        Text("the login needs VIEW ANY DATABASE (public has it unless it was revoked)"),
    )
    tried = Text(
        "look for the database {database} on {where}", database=target.database, where=target.where
    )
    named = [row for row in databases if str(row[0]).casefold() == target.database.casefold()]
    if not named:
        visible = ", ".join(sorted(str(row[0]) for row in databases)) or Text("none")
        advice = Text(
            "check the name, or grant VIEW ANY DATABASE to {username} (public has it unless it was "
            "revoked)",
            username=session.login.username,
        )
        raise CouldNotRead(
            tried,
            Text("it is absent or not visible; visible are: {visible}", visible=visible),
            advice,
        )
    texts = [*versions[0], named[0][1], *named[0][3:]] if len(versions) == len(named) == 1 else []
    if not texts or not all(isinstance(text, str) and text for text in texts):
        raise CouldNotRead(
            tried,
            Text(
                "an answer that makes no sense: {versions} {named}", versions=versions, named=named
            ),
        )
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
        raise CouldNotRead(
            tried, Text("is_read_only is {value}, expected 0 or 1", value=repr(value))
        )
    return value
