"""Fixed questions to a database server, and their answers as texts that are read strictly.

Every value is cast to text by the server itself, so that no driver decides what a number or a date
becomes on the way, and a missing one stays missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NoReturn, TypeVar

from kanmon.errors import CouldNotRead, TargetLost
from kanmon.facts import Unread
from kanmon.readers.database.session import Session
from kanmon.text import Text

Fact = TypeVar("Fact")


@dataclass(frozen=True, slots=True)
class Question:
    """A statement, and the names of its columns.

    Attributes:
        about: what is asked, in words: "the files of dsm".
    """

    about: str
    columns: tuple[str, ...]
    sql: str


def question(about: str, columns: Mapping[str, str], source: str, text: str) -> Question:
    """A question.

    Args:
        about: what is asked, in words.
        columns: the expression of each column, by its name.
        source: what follows FROM.
        text: the product's type for a text.
    """
    told = ", ".join(f"CAST({value} AS {text}) AS {name}" for name, value in columns.items())
    return Question(about, tuple(columns), f"SELECT {told} FROM {source}")  # noqa: S608 - fixed texts


@dataclass(frozen=True, slots=True)
class Answer:
    """A row; every method raises ``CouldNotRead`` for a value that is missing or makes no sense."""

    about: str
    values: Mapping[str, str | None]

    def maybe(self, name: str) -> str | None:
        """A text, None where the server says NULL."""
        return self.values[name]

    def text(self, name: str) -> str:
        """A text."""
        value = self.values[name]
        if value is None:
            self._odd(name)
        return value

    def whole(self, name: str) -> int:
        """A whole number."""
        try:
            return int(self.text(name))
        except ValueError:
            self._odd(name)

    def truth(self, name: str) -> bool:
        """A truth value, as SQL Server or PostgreSQL writes it."""
        words = {"1": True, "0": False, "true": True, "false": False}
        found = words.get(self.text(name))
        if found is None:
            self._odd(name)
        return found

    def when(self, name: str, offset_minutes: int = 0) -> datetime:
        """A time without zone, so many minutes ahead of UTC."""
        try:
            local = datetime.fromisoformat(self.text(name))
        except ValueError:
            self._odd(name)
        if local.tzinfo:
            return local.astimezone(UTC)
        return (local - timedelta(minutes=offset_minutes)).replace(tzinfo=UTC)

    def called(self, *names: str) -> str:
        """What a row is called of which not everything can be read: the first name that it has."""
        return next(filter(None, (self.values.get(name) for name in names)), "unset")

    def _odd(self, name: str) -> NoReturn:
        raise CouldNotRead(
            Text("read {about}", about=self.about),
            Text("{name} is {value}", name=name, value=repr(self.values[name])),
        )


def session_label(row: Answer) -> str:
    """What a session is called of which not everything can be read."""
    return f"session of {row.called('login')} from {row.called('machine', 'program')}"


def ask(session: Session, asked: Question, advice: str = "") -> list[Answer]:
    """The rows of a question's answer.

    Raises:
        CouldNotRead: the server refused it, or the answer has other columns.
    """
    rows = session.select(asked.sql, advice)
    if any(len(row) != len(asked.columns) for row in rows):
        raise CouldNotRead(
            Text("read {about}", about=asked.about),
            Text("rows of other columns: {row}", row=rows[0]),
        )
    return [Answer(asked.about, dict(zip(asked.columns, row, strict=True))) for row in rows]


def ask_one(session: Session, asked: Question, advice: str = "") -> Answer:
    """The only row of a question's answer.

    Raises:
        CouldNotRead: the server refused it, or there is not exactly one.
    """
    rows = ask(session, asked, advice)
    if len(rows) != 1:
        raise CouldNotRead(
            Text("read {about}", about=asked.about),
            Text("{count} rows, expected 1", count=len(rows)),
            advice,
        )
    return rows[0]


def ask_some(session: Session, asked: Question, advice: str = "") -> list[Answer]:
    """The rows of a question whose answer is empty only where rights hide the rows.

    Raises:
        CouldNotRead: the server refused it, or there is no row.
    """
    rows = ask(session, asked, advice)
    if not rows:
        raise CouldNotRead(
            Text("read {about}", about=asked.about),
            Text("no row, which is what missing rights show"),
            advice,
        )
    return rows


def attempt(read: Callable[[], Fact]) -> Fact | Unread:
    """What a reader returns, or why it could not: the rest of the part may still be read.

    Raises:
        TargetLost: nothing more can be asked.
    """
    try:
        return read()
    except TargetLost:
        raise
    except CouldNotRead as error:
        return Unread(error.message)
