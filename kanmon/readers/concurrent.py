"""Read once, all targets at the same time, exactly what the checks of a run need."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from kanmon.environment.credentials import Login
from kanmon.environment.file import Environment
from kanmon.environment.targets import NsxV, Target, Windows
from kanmon.errors import CouldNotRead, TargetLost
from kanmon.facts import IDENTITY, Apart, Unread
from kanmon.facts.collected import Facts, Key
from kanmon.readers import Reader, Request, reader
from kanmon.readers.apart import Fault, gathering, set_apart
from kanmon.redaction import clean, cleaned, remember_login
from kanmon.text import Text

COLLECT = (20_000, 10, 10)
"""When Python looks for garbage while targets are read; ``benchmarks/`` shows time and memory."""

Progress = Callable[[str, str], None]
"""Told of each target: its slug, then "reading", "read" or why something of it was not."""


def complete(environment: Environment, wanted: Iterable[Key]) -> frozenset[Key]:
    """What must be read: the wanted parts, their targets' identity, what readers ask of others."""
    keys = set(wanted)
    for slug, part in tuple(keys):
        target = environment.target(slug)
        if isinstance(target, Windows) and target.from_dsm:
            keys.add((target.from_dsm, "computers"))
        if isinstance(target, NsxV) and part not in ("manager", "clock", "certificates"):
            keys.add((target.vcenter, "hosts"))
    slugs = {slug for slug, _ in keys}
    return frozenset(keys | {(slug, IDENTITY[environment.target(slug).kind]) for slug in slugs})


def read(
    environment: Environment,
    wanted: Iterable[Key],
    logins: Mapping[str, Login],
    progress: Progress = lambda _slug, _state: None,
) -> Facts:
    """Read every wanted part, all targets concurrently; no fact and no reason holds a secret.

    A target that is lost is not dialled again: all its parts get the same reason.

    Args:
        environment: names the targets.
        wanted: the parts, as ``complete`` returns them.
        logins: resolved, by name of the credential.
        progress: told when a target starts and ends.
    """
    wanted = frozenset(wanted)
    for login in logins.values():
        remember_login(login)
    with _fewer_collections():
        return _Run(environment, wanted, logins, progress).facts()


@contextmanager
def _fewer_collections() -> Iterator[None]:
    """What is read is kept: to look for garbage among it all the time costs a sixth of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(*COLLECT)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


class _Run:
    def __init__(
        self,
        environment: Environment,
        wanted: frozenset[Key],
        logins: Mapping[str, Login],
        progress: Progress,
    ) -> None:
        self.targets = [t for t in environment.targets if any(t.slug == s for s, _ in wanted)]
        self.wanted = wanted
        self.logins = logins
        self.progress = progress
        self.futures: dict[Key, Future[Any]] = {key: Future() for key in wanted}
        self.seconds: dict[str, float] = {}
        self.apart: dict[Key, tuple[Apart, ...]] = {}
        self.readers: dict[str, Any] = {}

    def facts(self) -> Facts:
        # One after the other: a library that several threads import at once may lock them up.
        self.readers = {one.kind: self._attempt(one, partial(reader, one)) for one in self.targets}
        threads = [_thread(self._target, target) for target in self.targets]
        for thread in threads:
            while thread.is_alive():  # a bounded wait lets Ctrl-C through on every system
                thread.join(0.2)
        parts = {key: future.result() for key, future in self.futures.items()}
        return Facts(parts, self.seconds, self.apart)

    def _target(self, target: Target) -> None:
        """Every wanted part of one target; whatever happens, each part gets an answer."""
        started = time.monotonic()
        parts = {part for slug, part in self.wanted if slug == target.slug}
        try:
            self.progress(target.slug, "reading")
            self._parts(target, parts)
        finally:
            self._settle(target, parts, Unread(Text("the reader ended without an answer")))
            self.seconds[target.slug] = time.monotonic() - started
        answers = [self.futures[target.slug, part].result() for part in sorted(parts)]
        lost = [answer.reason for answer in answers if isinstance(answer, Unread)]
        self.progress(target.slug, lost[0] if lost else "read")

    def _parts(self, target: Target, parts: set[str]) -> None:
        """Probes beside the session, each in its own thread."""
        module = self.readers[target.kind]
        if isinstance(module, Unread):
            self._settle(target, parts, module)
            return
        probes = [
            _thread(self._probe, target, name, probe)
            for name, probe in module.PROBES.items()
            if name in parts
        ]
        in_session = [name for name in module.PARTS if name in parts]
        if in_session:
            self._session(target, module, in_session)
        for thread in probes:
            thread.join()
        for name in parts - {*module.PROBES, *module.PARTS}:
            self._settle(
                target, [name], Unread(Text("{kind} has no {name}", kind=target.kind, name=name))
            )

    def _probe(self, target: Target, name: str, probe: Callable[[Any], object]) -> None:
        self.futures[target.slug, name].set_result(
            self._attempt(target, lambda: cleaned(probe(target)))
        )

    def _session(self, target: Target, module: Reader, names: list[str]) -> None:
        """The parts that need a login, one after the other in one session."""
        request = Request(target, self.logins[target.credential], self._related)
        failed = self._attempt(target, lambda: self._in_session(target, module, request, names))
        if isinstance(failed, Unread):
            self._settle(target, names, failed)

    def _in_session(
        self, target: Target, module: Reader, request: Request, names: list[str]
    ) -> None:
        with module.connect(request) as session:
            for name in names:
                with gathering() as faults:
                    try:
                        fact = cleaned(module.PARTS[name](session))
                    except TargetLost as error:
                        self._settle(target, names, self._unread(target, error))
                        return
                    except Exception as error:  # noqa: BLE001 - the next part may still be read
                        fact = self._unread(target, error)
                if faults and not isinstance(fact, Unread):
                    self.apart[target.slug, name] = tuple(self._apart(target, faults))
                self.futures[target.slug, name].set_result(fact)

    def _apart(self, target: Target, faults: Iterable[Fault]) -> Iterator[Apart]:
        for subject, error in faults:
            yield Apart(cleaned(subject), self._unread(target, error).reason)

    def _settle(self, target: Target, names: Iterable[str], reason: Unread) -> None:
        """Give the reason to every part that has no answer yet."""
        for name in names:
            future = self.futures[target.slug, name]
            if not future.done():
                future.set_result(reason)

    def _related(self, slug: str, part: str) -> Any:
        fact = self.futures[slug, part].result()
        if isinstance(fact, Unread):
            raise CouldNotRead(
                Text("learn the {part} of {slug}", part=part, slug=slug), fact.reason
            )
        for one in self.apart.get((slug, part), ()):
            tried = Text("learn the {part} of {slug}", part=part, slug=slug)
            set_apart(one.subject, CouldNotRead(tried, one.reason))
        return fact

    def _attempt(self, target: Target, action: Callable[[], Any]) -> Any:
        """What an action returns, or an ``Unread`` that says why it could not."""
        try:
            return action()
        except Exception as error:  # noqa: BLE001 - whatever a reader meets, the run goes on
            return self._unread(target, error)

    def _unread(self, target: Target, error: Exception) -> Unread:
        reason = _reason(error)
        return Unread(
            Text("{slug} ({where}): {reason}", slug=target.slug, where=target.where, reason=reason)
        )


def _thread(function: Callable[..., None], *args: Any) -> threading.Thread:
    """A started daemon thread: a reader that hangs must not outlive Ctrl-C."""
    thread = threading.Thread(target=function, args=args, daemon=True)
    thread.start()
    return thread


def _reason(error: Exception) -> str:
    """The error in words; cleaned of secrets before anything is cut or joined."""
    if isinstance(error, CouldNotRead):
        return clean(error.message)
    told = clean(str(error))
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    place = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else "?"
    text = " ".join(told.split())[:300]
    return Text(
        "the reader failed at {place}: {error}: {text}",
        place=place,
        error=type(error).__name__,
        text=text,
    )
