"""``objects.toml``: what is compared, by which ids, and what a change of it tells."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from kanmon.environment.file import Environment

FILE = Path(__file__).parent / "objects.toml"
TARGET = "@target"
"""Stands among the fields of an id for the target that the object belongs to."""

Aspect = Literal["version", "state", "role", "setting", "presence"]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Identity(_Row):
    """Fields by which an object is known again, as the head of the file explains them."""

    by: tuple[str, ...]
    unless: tuple[str, ...] = ()
    alike: bool = False


class Compared(_Row):
    """The objects of one part of the facts, or what each of them holds in a field of its own.

    Attributes:
        part: "vcenter.vms": the kind of the target, and the name of the part.
        each: the field that holds these objects; empty where they are those of the part itself.
        id: the field that an operator can search for.
        name: fields of which the first that is not empty names the object.
        appearing: the field that says how grave it is that one appears; empty where it is not.
        left_out: by field, why it is not compared.
    """

    part: str
    each: str = ""
    object: str
    inventory: bool = False
    ids: tuple[Identity, ...]
    id: str
    name: tuple[str, ...] = ()
    version: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    role: tuple[str, ...] = ()
    setting: tuple[str, ...] = ()
    appearing: str = ""
    left_out: dict[str, str]

    @property
    def path(self) -> str:
        """What rows about its fields begin with."""
        return f"{self.part}.{self.each}" if self.each else self.part

    @property
    def is_target(self) -> bool:
        """Whether its one object is the target itself."""
        return self.ids == (Identity(by=(TARGET,)),)

    @property
    def aspects(self) -> Iterator[tuple[str, Aspect]]:
        """Every field that is compared, and what a change of it tells."""
        yield from ((field, "version") for field in self.version)
        yield from ((field, "state") for field in self.state)
        yield from ((field, "role") for field in self.role)
        yield from ((field, "setting") for field in dict.fromkeys((*self.setting, *self.name)))


class LeftOut(_Row):
    """Parts that are not compared, and why."""

    parts: tuple[str, ...]
    why: str


class Order(_Row):
    """The values of fields from good to bad, in lower case; values that share a place are equal.

    Attributes:
        mild: a change to these asks for a sign-off and does not block.
        harmless: an object may appear with these.
    """

    fields: tuple[str, ...]
    good: tuple[tuple[str, ...], ...]
    mild: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()

    def rank(self, value: str) -> int | None:
        """The place of a value, the best being 0; None for one that nobody knows."""
        word = value.lower()
        return next((place for place, words in enumerate(self.good) if word in words), None)


class Expected(_Row):
    """What some steps change by themselves; its fields are explained in the file."""

    steps: tuple[str, ...]
    part: str
    where: dict[str, str] = {}
    fields: tuple[str, ...] = ()
    presence: bool = False
    moves: str = ""
    replaced: bool = False
    phases: tuple[str, ...] = ()


class Objects(_Row):
    """The whole file."""

    compared: tuple[Compared, ...]
    left_out: tuple[LeftOut, ...]
    order: tuple[Order, ...]
    expected: tuple[Expected, ...]

    @cached_property
    def orders(self) -> dict[str, Order]:
        """By the path of the field."""
        return {field: row for row in self.order for field in row.fields}

    @cached_property
    def whole(self) -> tuple[Compared, ...]:
        """The rows of parts, without those of what is inside an object."""
        return tuple(row for row in self.compared if not row.each)

    def within(self, part: str) -> tuple[Compared, ...]:
        """The rows of what is inside the objects of a part."""
        return tuple(row for row in self.compared if row.each and row.part == part)


@cache
def objects() -> Objects:
    """The file's content."""
    return Objects.model_validate(tomllib.loads(FILE.read_text(encoding="utf-8")))


def keys(environment: Environment) -> frozenset[tuple[str, str]]:
    """(slug, part) of everything of an environment that a comparison asks for."""
    named = (row.part.split(".") for row in objects().whole)
    return frozenset(
        (target.slug, part) for kind, part in named for target in environment.of_kind(kind)
    )
