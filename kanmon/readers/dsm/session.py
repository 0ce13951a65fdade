"""A login at a manager's node."""

from __future__ import annotations

from dataclasses import dataclass, field

from kanmon.facts.dsm.manager import Computer
from kanmon.readers.apart import Fault
from kanmon.readers.dsm.api import Api
from kanmon.readers.dsm.soap import Soap
from kanmon.readers.transport.http import Https


@dataclass(frozen=True, slots=True)
class Session:
    """A login at one manager node.

    Attributes:
        interfaces: which of "api", "rest", "soap" are offered, in that order.
        sid: session of ``/rest``, None where only an API key is given.
        api: after login, None where it is not offered.
        by_key: ``api`` was opened with an API key.
        username: who logged in with a password, None where only an API key is given.
        soap: after login, None where it is not offered or only an API key is given.
        seen: the computers, once they were read: another part asks for them too.
        apart: those of them that could not be read.
    """

    https: Https
    interfaces: tuple[str, ...]
    sid: str | None
    api: Api | None
    soap: Soap | None
    by_key: bool
    username: str | None
    seen: list[Computer] = field(default_factory=list)
    apart: list[Fault] = field(default_factory=list)
