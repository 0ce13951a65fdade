"""The objects of a run, each with the row of the table that says how it is compared."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kanmon.comparing.compared import TARGET, Compared, Identity
from kanmon.comparing.pairing import By
from kanmon.environment.file import Environment
from kanmon.facts import Apart, Unread
from kanmon.facts.vcenter.inventory import Vm
from kanmon.matching import is_vcls
from kanmon.text import Text

NOT_SET = "not set"
COMPUTERS = {"machine": "computer", "appliance": "appliance", "esx": "host in the manager"}
"""What a manager's list holds, by the kind of its entries."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two runs: its environment, and what it read."""

    environment: Environment
    parts: Mapping[tuple[str, str], Any]
    apart: Mapping[tuple[str, str], tuple[Apart, ...]] = field(default_factory=dict)

    def fact(self, slug: str, part: str, run: str) -> Any:
        """A fact, ``Unread`` where the run does not hold it; ``part`` is "kind.name"."""
        name = part.split(".")[1]
        fact = self.parts.get((slug, name), Unread(Text("it was not read")))
        if isinstance(fact, Unread):
            return Unread(Text("{run}: {reason}", run=run, reason=fact.reason))
        return fact

    def slugs(self, kind: str) -> list[str]:
        """The targets of a kind."""
        return [target.slug for target in self.environment.of_kind(kind)]

    def uuid(self, slug: str) -> str | None:
        """Of a vCenter whose identity was read, None for everything else."""
        about = self.parts.get((slug, "about"))
        return None if about is None or isinstance(about, Unread) else about.instance_uuid.lower()


@dataclass(frozen=True, slots=True)
class Thing:
    """An object of a run.

    Attributes:
        target: slug.
        owner: what identifies the target itself: the uuid of a vCenter, else the slug.
        record: the fact.
    """

    row: Compared
    target: str
    owner: str
    record: Any

    def get(self, field: str) -> Any:
        """A field's value, or the target."""
        return self.owner if field == TARGET else getattr(self.record, field)

    def text(self, field: str) -> str:
        """A field's value as a report shows it."""
        return shown(self.get(field))

    @property
    def id(self) -> str:
        """By which the estate itself knows it."""
        return self.target if self.row.id == TARGET else self.text(self.row.id)

    @property
    def name(self) -> str:
        """The first of its names that is not empty."""
        return next((text for f in self.row.name if (text := str(self.get(f) or ""))), "")

    @property
    def kind(self) -> str:
        """What it is; a manager's list holds several kinds."""
        if self.row.part != "dsm.computers" or self.row.each:
            return self.row.object
        return "relay" if self.record.relay else COMPUTERS[self.record.kind]


def things(row: Compared, target: str, owner: str, fact: Any) -> list[Thing]:
    """The objects of one part of a target, without the VMs that vCenter re-creates at will."""
    records: Sequence[Any] = fact if isinstance(fact, tuple) else (fact,)
    return [
        Thing(row, target, owner, record)
        for record in records
        if not (isinstance(record, Vm) and is_vcls(record))
    ]


def without(subjects: Collection[str], whole: list[Thing]) -> list[Thing]:
    """The things that no such subject names: those that one of two runs could not read."""
    return [one for one in whole if not any(_is_named(one, subject) for subject in subjects)]


def _is_named(thing: Thing, subject: str) -> bool:
    """Whether a subject ends in the id of a thing, and of what shares an id names it too."""
    last = re.split(r"[\s()]+", subject.rstrip(")"))[-1]
    alike = any(one.alike for one in thing.row.ids)
    return thing.id in (subject, last) and (not alike or thing.name in subject)


def ways(identities: Iterable[Identity]) -> list[By[Thing]]:
    """How things are known again."""
    return [_way(one) for one in identities]


def _way(identity: Identity) -> By[Thing]:
    def key(thing: Thing) -> Hashable | None:
        values = tuple(_spelt(thing.get(field)) for field in identity.by)
        return None if not identity.alike and None in values else values

    def differ(before: Thing, now: Thing) -> bool:
        told = [(_spelt(before.get(f)), _spelt(now.get(f))) for f in identity.unless]
        return bool(told) and all(a and b and a != b for a, b in told)

    return By(key, differ, identity.alike)


def _spelt(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def shown(value: Any) -> str:
    """A value in words: what is not set has a word too."""
    if value is None:
        return NOT_SET
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(" ".join(map(str, v)) if isinstance(v, tuple) else str(v) for v in value)
    return value.isoformat() if isinstance(value, datetime) else str(value)
