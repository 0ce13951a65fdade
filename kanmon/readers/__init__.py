"""Live target to facts, one module per target kind.

Every reader module has the same three names:

``PROBES``
    Facts that need no login, by name: ``function(target) -> fact``.
``PARTS``
    Facts that need a session, by name: ``function(session) -> fact``.
``connect(request)``
    A context manager that logs in and yields the session for ``PARTS``.

Each function raises ``CouldNotRead`` when its own fact cannot be read and ``TargetLost`` when
nothing more can be asked of the target. A reader only ever reads: its client refuses whatever is
not on its allow-list with ``NotAllowed``, before anything is sent.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, cast

from kanmon.environment.credentials import Login
from kanmon.environment.targets import Target
from kanmon.errors import TargetLost
from kanmon.text import Text


@dataclass(frozen=True, slots=True)
class Request:
    """What a reader needs to open a session.

    Attributes:
        target: of the reader's own kind.
        login: resolved.
        related: ``related(slug, part)`` is a fact of another target; it waits until that is read,
            and raises ``CouldNotRead`` when it could not be.
    """

    target: Any
    login: Login
    related: Callable[[str, str], Any]


class Reader(Protocol):
    """What a reader module looks like."""

    PROBES: Mapping[str, Callable[[Any], object]]
    PARTS: Mapping[str, Callable[[Any], object]]

    def connect(self, request: Request) -> AbstractContextManager[Any]:
        """Log in; log out at the end."""


@contextmanager
def loading(library: str) -> Iterator[None]:
    """Import what a target is read with: what is missing is told as that, not as the target's.

    Raises:
        TargetLost: this machine cannot load it; nothing was dialled.
    """
    try:
        yield
    except (ImportError, OSError) as error:
        raise TargetLost(
            Text("load {library} on this machine", library=library),
            f"{type(error).__name__}: {error}",
            Text(
                "the target was not asked: `pip install -r requirements.txt` brings what "
                "kanmon needs"
            ),
        ) from None


def reader(target: Target) -> Reader:
    """The reader module of a target's kind, imported only when something is read.

    Raises:
        TargetLost: this machine cannot load it.
    """
    with loading(Text("what reads {kind} targets", kind=target.kind)):
        return cast("Reader", importlib.import_module(f"kanmon.readers.{target.kind}"))
