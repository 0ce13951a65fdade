"""Why there is no session with a database server, told apart here and nowhere else.

A server that cannot be reached or verified, a login that it refuses, a right that is missing, a
session that breaks off: each has an advice of its own, and none is told as another. A library that
cannot be loaded is told by ``kanmon.readers.loading``.
"""

from __future__ import annotations

import struct

from kanmon.environment.credentials import MASK, Login
from kanmon.environment.targets import Database
from kanmon.errors import CouldNotRead, TargetLost


def not_reached(target: Database, tried: str, error: OSError) -> TargetLost:
    """Nothing answers, or something else than the product."""
    if isinstance(error, TimeoutError):
        return TargetLost(tried, f"no answer within {target.timeout:g} s", "is the database up?")
    advice = f"is {target.product} up, and is this its port?"
    return TargetLost(tried, error.strerror or str(error), advice)


def strict_only(target: Database, tried: str) -> TargetLost:
    """A SQL Server that forces what kanmon does not speak."""
    advice = (
        "kanmon speaks TDS 7.4: set Force Strict Encryption to No in SQL Server Configuration "
        "Manager; whether the manager's own driver speaks TDS 8 is nowhere documented"
    )
    return TargetLost(tried, f"{target.where} forces strict encryption (TDS 8)", advice)


def not_verified(target: Database, got: str, advice: str) -> TargetLost:
    """There is no line that is encrypted to the server that the environment file names."""
    tried = f"open an encrypted session with {target.where}; no password was sent"
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
        advice = "the server did not judge the login: look at its log, and at what is in between"
    else:
        advice = (
            "the server said no: check the username and the password of credential "
            f"{target.credential!r}, and that it may enter the database"
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
    tried = f"run {statement[:60]}... on {target.where}"
    got = one_line(said or words(error), login)
    return CouldNotRead(tried, got, grant if said else "the answer broke off: look at its log")


def sent_elsewhere(target: Database, login: Login, address: str) -> TargetLost:
    """The server wants another one to be asked in its place, which is not done."""
    advice = (
        "nothing was sent there: if that is the server that is meant, name it in the environment "
        "file with its own ca or fingerprint"
    )
    got = f"the server sends the login elsewhere, to {address}"
    return TargetLost(_tried(target, login), one_line(got, login), advice)


def _tried(target: Database, login: Login) -> str:
    # A login to SQL Server enters master; the others name the database in the login itself.
    inside = "" if target.product == "sqlserver" else f"{target.database} on "
    return f"log in to {inside}{target.where} as {login.username}"


def words(error: Exception) -> str:
    """A driver's own words; its parser's are no sentence."""
    if isinstance(error, struct.error | AssertionError | LookupError | ValueError | TypeError):
        return f"an answer that makes no sense ({type(error).__name__}: {error})"
    return str(error) or type(error).__name__


def one_line(text: str, login: Login) -> str:
    """A driver's message on one line, without secrets."""
    text = " ".join(text.split())
    for secret in login.secrets():
        text = text.replace(secret, MASK)
    return text
