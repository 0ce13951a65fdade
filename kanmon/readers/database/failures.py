"""Why there is no session with a database server, told apart here and nowhere else.

A server that cannot be reached or verified, a login that it refuses, a right that is missing, a
session that breaks off: each has an advice of its own, and none is told as another. A library that
cannot be loaded is told by ``kanmon.readers.loading``.
"""

from __future__ import annotations

import struct

from kanmon.environment.credentials import MASK, Login
from kanmon.environment.targets import Database
from kanmon.errors import CouldNotRead, Denied, TargetLost
from kanmon.text import Text


def not_reached(target: Database, tried: str, error: OSError) -> TargetLost:
    """Nothing answers, or something else than the product."""
    if isinstance(error, TimeoutError):
        return TargetLost(
            tried,
            Text("no answer within {timeout} s", timeout=f"{target.timeout:g}"),
            Text("is the database up?"),
        )
    advice = Text("is {product} up, and is this its port?", product=target.product)
    return TargetLost(tried, error.strerror or str(error), advice)


def strict_only(target: Database, tried: str) -> TargetLost:
    """A SQL Server that forces what kanmon does not speak."""
    advice = Text(
        "kanmon speaks TDS 7.4: set Force Strict Encryption to No in SQL Server Configuration "
        "Manager; whether the manager's own driver speaks TDS 8 is nowhere documented"
    )
    return TargetLost(
        tried, Text("{where} forces strict encryption (TDS 8)", where=target.where), advice
    )


def not_verified(target: Database, got: str, advice: str) -> TargetLost:
    """There is no line that is encrypted to the server that the environment file names."""
    tried = Text("open an encrypted session with {where}; no password was sent", where=target.where)
    return TargetLost(tried, got, advice)


def no_session(target: Database, login: Login, said: str | None, error: Exception) -> TargetLost:
    """A login that failed.

    Args:
        target: the server.
        login: with which it was tried.
        said: the server's own words; None where it said nothing of the login.
        error: the driver's.
    """
    if said is None:
        advice = Text(
            "the server did not judge the login: look at its log, and at what is in between"
        )
    else:
        advice = Text(
            "the server said no: check the username and the password of credential "
            "{credential}, and that it may enter the database",
            credential=repr(target.credential),
        )
    return TargetLost(_tried(target, login), one_line(said or words(error), login), advice)


def no_answer(
    target: Database, login: Login, statement: str, said: str | None, error: Exception, grant: str
) -> CouldNotRead:
    """A question that failed; missing rights are an advice only where the server itself said no.

    Args:
        target: the server.
        login: of the session.
        statement: what was asked.
        said: the server's own words; None where the session broke off.
        error: the driver's.
        grant: the right that the question needs.
    """
    tried = Text("run {statement}... on {where}", statement=statement[:60], where=target.where)
    got = one_line(said or words(error), login)
    if said is None:
        return CouldNotRead(tried, got, Text("the answer broke off: look at its log"))
    return Denied(tried, got, grant) if grant else CouldNotRead(tried, got)


def sent_elsewhere(target: Database, login: Login, address: str) -> TargetLost:
    """The server wants another one to be asked in its place, which is not done."""
    advice = Text(
        "nothing was sent there: if that is the server that is meant, name it in the environment "
        "file with its own ca or fingerprint"
    )
    address = one_line(address, login)
    got = Text("the server sends the login elsewhere, to {address}", address=address)
    return TargetLost(_tried(target, login), got, advice)


def _tried(target: Database, login: Login) -> str:
    # A login to SQL Server enters master; the others name the database in the login itself.
    if target.product == "sqlserver":
        return Text("log in to {where} as {username}", where=target.where, username=login.username)
    return Text(
        "log in to {database} on {where} as {username}",
        database=target.database,
        where=target.where,
        username=login.username,
    )


def words(error: Exception) -> str:
    """A driver's own words; its parser's are no sentence."""
    if isinstance(error, struct.error | AssertionError | LookupError | ValueError | TypeError):
        return Text(
            "an answer that makes no sense ({error_type}: {error})",
            error_type=type(error).__name__,
            error=error,
        )
    return str(error) or type(error).__name__


def one_line(text: str, login: Login) -> str:
    """A driver's message on one line, without secrets."""
    text = " ".join(text.split())
    for secret in login.secrets():
        text = text.replace(secret, MASK)
    return text
