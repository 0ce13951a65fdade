"""Records that every target kind uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kanmon.text import Message


@dataclass(frozen=True, slots=True)
class Unread:
    """A fact that could not be read.

    Attributes:
        reason: what was tried, what came back, what to do.
    """

    reason: Message


@dataclass(frozen=True, slots=True)
class Certificate:
    """The leaf certificate that an endpoint presented.

    Attributes:
        endpoint: "address:port".
        subject: RFC 4514 name.
        issuer: RFC 4514 name.
        not_before: start of validity, aware, UTC.
        not_after: end of validity, aware, UTC.
        sha256: fingerprint, 64 lower-case hex digits.
        problem: why the verification that the environment asks for failed; None when it succeeded.
    """

    endpoint: str
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    sha256: str
    problem: Message | None


@dataclass(frozen=True, slots=True)
class Kind:
    """What there is to know of a kind of target.

    Attributes:
        identity: the fact that says what the target is; it is read of every target in use.
        release: version and build of a target, as far as that fact tells them.
        parts: the type of every fact, by name.
    """

    identity: str
    release: Callable[[Any], tuple[str | None, str | None]]
    parts: Mapping[str, Any]
