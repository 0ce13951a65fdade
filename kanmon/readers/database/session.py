"""A session with a database server that sends the statements on its list, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from kanmon.environment.credentials import Login
from kanmon.environment.targets import Database
from kanmon.errors import NotAllowed
from kanmon.readers.database.failures import no_answer


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

    def rollback(self) -> None:
        """End the transaction that the last statement began."""


@dataclass(frozen=True)
class Session:
    """A logged-in connection.

    Attributes:
        allowed: the statements that may be sent, word for word.
        fault: what the driver raises.
        said: the server's own words in such a fault, None where it said nothing.
    """

    target: Database
    login: Login
    connection: Connection
    allowed: frozenset[str]
    fault: type[Exception]
    said: Callable[[Exception], str | None]

    def select(self, statement: str, grant: str = "") -> list[tuple[Any, ...]]:
        """The rows that a statement gives, in a transaction of its own: it spoils no later one.

        Args:
            statement: one of the list.
            grant: the right that it needs, told where the server refuses it.

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
            raise no_answer(
                self.target, self.login, statement, self.said(error), error, grant
            ) from None
        finally:
            cursor.close()
            with suppress(self.fault):  # of a connection that is gone
                self.connection.rollback()
