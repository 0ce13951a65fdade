"""A session with a database server that sends the statements on its list, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from kanmon.credentials import MASK, Login
from kanmon.environment import Database
from kanmon.errors import CouldNotRead, NotAllowed


class Cursor(Protocol):
    """A DB-API cursor, as far as it is used."""

    def execute(self, statement: str, /) -> object:
        """Send a statement."""

    def fetchall(self) -> Sequence[Sequence[Any]]:
        """The rows of its result."""

    def close(self) -> None:
        """Let it go."""


class Connection(Protocol):
    """A DB-API connection, as far as it is used."""

    def cursor(self) -> Cursor:
        """A new cursor."""


@dataclass(frozen=True)
class Session:
    """A logged-in connection.

    Attributes:
        allowed: the statements that may be sent, word for word.
        fault: what the driver raises.
    """

    target: Database
    login: Login
    connection: Connection
    allowed: frozenset[str]
    fault: type[Exception]

    def select(self, statement: str, advice: str = "") -> list[tuple[Any, ...]]:
        """The rows that a statement gives.

        Raises:
            NotAllowed: the statement is not on the list; nothing was sent.
            CouldNotRead: the server refused it, or its answer broke off.
        """
        if statement not in self.allowed:
            raise NotAllowed(f"not on the reader's list of statements: {statement[:60]}")
        cursor = self.connection.cursor()
        try:
            cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()]
        except self.fault as error:
            tried = f"run {statement[:60]}... on {self.target.where}"
            raise CouldNotRead(tried, one_line(error, self.login), advice) from None
        finally:
            cursor.close()


def one_line(error: Exception, login: Login) -> str:
    """A driver's message on one line, without secrets."""
    text = " ".join(str(error).split())
    for secret in login.secrets():
        text = text.replace(secret, MASK)
    return text


def login_advice(target: Database) -> str:
    """What to look at when a login failed, whatever language the server's message is in."""
    return f"check the username and the password of credential {target.credential!r}"
