"""Every table is looked up by some check: one that no check asks decides nothing.

From each check the functions are followed that its body, and theirs, really name: the makers of
what it asks for, the methods that are called on what they make, the tables of rows that they keep.
What is only imported, annotated or listed is not followed.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from types import CodeType, FunctionType, ModuleType
from typing import Any

from kanmon import knowledge
from kanmon.knowledge import Row, load, tables
from kanmon.knowledge.health import BadRelease, CertificateEvent
from kanmon.knowledge.network import Port
from kanmon.planning import of
from kanmon.suite.checks import checks
from kanmon.suite.made import MADE
from tests.running import HOME

WAITING = {"ports": "waits for the probes that try connections from each machine (NET-PORT-001)"}
"""Tables that no check looks up yet: why."""
OURS = ("kanmon", "checks", "tests")
OF_THE_PLAN = {"planned": of.plan, "rules": of.plan}
"""Parameters of checks that are made by no function of ``MADE``."""


class Followed:
    """What is named from a function on, in bodies alone."""

    def __init__(self, *functions: Any) -> None:
        self.tables: set[type[Row]] = set()
        self._names: set[str] = set()
        self._classes: set[type] = set()
        self._seen: set[int] = set()
        for function in functions:
            self._follow(function)
        while self._methods():
            pass

    def _methods(self) -> bool:
        """Follow the methods of classes in use whose names are used; whether there were more."""
        before = len(self._seen)
        for cls in tuple(self._classes):
            for name, member in vars(cls).items():
                if name in self._names or (name.startswith("__") and callable(member)):
                    self._follow(member)
        return len(self._seen) > before

    def _follow(self, thing: Any) -> None:
        """Follow a function, a class, or what holds such, once."""
        thing = inspect.unwrap(thing) if callable(thing) else thing
        if id(thing) in self._seen or thing is knowledge.tables:
            return
        self._seen.add(id(thing))
        if isinstance(thing, property):
            self._follow(thing.fget)
        elif isinstance(thing, type):
            self._class(thing)
        elif isinstance(thing, FunctionType):
            self._body(thing)
        elif callable(getattr(thing, "func", None)):  # cached properties
            self._follow(thing.func)
        elif isinstance(thing, staticmethod | classmethod):
            self._follow(thing.__func__)
        elif isinstance(thing, Mapping):
            self._all(thing.values())
        elif isinstance(thing, tuple | list | frozenset):
            self._all(thing)

    def _all(self, things: Iterable[Any]) -> None:
        for thing in things:
            self._follow(thing)

    def _class(self, cls: type) -> None:
        if issubclass(cls, Row):
            self.tables.add(cls)
        if cls.__module__.startswith(OURS):
            self._classes.update(one for one in cls.__mro__ if one.__module__.startswith(OURS))

    def _body(self, function: FunctionType) -> None:
        if not str(function.__module__).startswith(OURS):
            return
        names = set(_named(function.__code__))
        self._names |= names
        for name in names & function.__globals__.keys():
            found = function.__globals__[name]
            if isinstance(found, ModuleType):
                self._all(getattr(found, one) for one in names if hasattr(found, one))
            else:
                self._follow(found)


def _named(code: CodeType) -> Iterator[str]:
    """The names in a body, and in the functions within it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _named(constant)


def followed() -> Followed:
    """What all checks look up."""
    starts: list[Any] = []
    for one in checks(HOME):
        starts.append(one.function)
        starts += [MADE[name] for name in one.parameters if name in MADE]
        starts += [OF_THE_PLAN[name] for name in one.parameters if name in OF_THE_PLAN]
    return Followed(*starts)


def test_every_table_is_looked_up():
    """But for those that wait for something, each with its reason."""
    unused = {model.table for model in tables()} - {model.table for model in followed().tables}
    assert unused == WAITING.keys()


# What the test notices


def named_in_a_body() -> Any:
    """A check that looks a table up."""
    return load(BadRelease).rows


def named_in_a_function_of_it() -> Any:
    """A check whose helper does."""
    return named_in_a_body()


class Holder:
    """What a check makes."""

    def asked(self) -> Any:
        """Looks a table up."""
        return load(CertificateEvent)

    def left(self) -> Any:
        """Nobody calls it."""
        return load(Port)


def named_in_a_method() -> Any:
    """A check that calls one of two methods."""
    return Holder().asked()


def only_annotated(row: BadRelease) -> str:
    """A check that is given a row and looks nothing up."""
    other: CertificateEvent | None = None
    return f"{row}{other}"


def all_of_them() -> Any:
    """A check of the tables themselves."""
    return knowledge.tables(), [load(model) for model in tables()]


def test_what_counts_as_looked_up():
    """What is named in the end, through functions and methods that are called."""
    assert Followed(named_in_a_body).tables == {BadRelease}
    assert Followed(named_in_a_function_of_it).tables == {BadRelease}
    assert Followed(named_in_a_method).tables == {CertificateEvent}


def test_what_does_not_count():
    """An annotation is no question, and whoever goes through all tables asks none of them."""
    assert Followed(only_annotated).tables == set()
    assert Followed(all_of_them).tables == set()
