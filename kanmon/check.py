"""What a check is: its card, its findings, and the four ways in which it can end."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, NoReturn, Protocol, TypeVar

import pytest

from kanmon.errors import Undetermined
from kanmon.facts import Unread
from kanmon.knowledge import Citation
from kanmon.steps import ALL, NSX, PHASES, STEPS, VSPHERE

__all__ = [
    "ALL",
    "NSX",
    "PHASES",
    "STEPS",
    "VSPHERE",
    "Attestable",
    "Card",
    "Finding",
    "Judge",
    "Note",
    "Outcome",
    "Problem",
    "Severity",
    "Unknown",
    "card_of",
    "check",
    "known",
]

_ID = re.compile(r"[A-Z]+(-[A-Z]+)+-\d{3}")


class Severity(IntEnum):
    """What a failed claim asks for: nothing, a sign-off, or that the change does not start."""

    ADVICE = 1
    WARNING = 2
    BLOCKER = 3

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def named(cls, name: str) -> Severity:
        """The severity with this name, as environment files write it."""
        return cls[name.upper()]


class Outcome(StrEnum):
    """How a check ended; an undetermined one never counts as a pass nor as a fail.

    A waived one failed, and somebody accepted every finding of it. Of an attested one something
    could not be judged, and somebody answers for all of that.
    """

    PASS = "pass"  # noqa: S105 - an outcome
    FAIL = "fail"
    UNDETERMINED = "undetermined"
    NOT_APPLICABLE = "not applicable"
    WAIVED = "waived"
    ATTESTED = "attested"


class Attestable(StrEnum):
    """What a person can answer for where no interface tells it, by how soon it is out of date."""

    MOMENTARY = "momentary"
    """What is so now: a service stopped, a replica in sync. 12 hours, told with its time."""
    CONFIGURATION = "configuration"
    """What somebody set. 7 days."""
    DOCUMENT = "document"
    """What is written: a vendor's word, a contract, a rehearsal's record. 90 days."""
    NEVER = "never"
    """Nothing that a person says can stand for it; the card says why."""


@dataclass(frozen=True, slots=True)
class Card:
    """The identity of a check.

    Attributes:
        id: permanent, never used again for another claim.
        title: the claim in words: the first line of the function's docstring.
        why: what breaks during the upgrade when the claim does not hold.
        remediation: what to do about a finding.
        refs: "table:NAME" or an address.
        waivable: a board may accept what it finds; False is for what no one may wave through.
        attestable: whether a named person may answer for what it could not judge, and for how long.
        why_not: why nobody may, of one that is never attestable.
    """

    id: str
    title: str
    why: str
    severity: Severity
    steps: tuple[str, ...]
    phases: tuple[str, ...]
    remediation: str
    refs: tuple[str, ...]
    waivable: bool = True
    attestable: Attestable = Attestable.CONFIGURATION
    why_not: str = ""


Function = TypeVar("Function", bound=Callable[..., None])
Fact = TypeVar("Fact")


def check(
    id: str,  # noqa: A002 - the field's own word
    *,
    severity: Severity,
    steps: Sequence[str],
    phases: Sequence[str],
    remediation: str,
    refs: Sequence[str],
    waivable: bool = True,
    attestable: Attestable,
    why_not: str = "",
) -> Callable[[Function], Function]:
    """Give a check function its card; collection refuses a check without one.

    Raises:
        ValueError: the card is incomplete or names an unknown step or phase.
    """

    def decorate(function: Function) -> Function:
        title, _, why = inspect.cleandoc(function.__doc__ or "").partition("\n")
        whole = _ID.fullmatch(id) and title and why.strip() and remediation and refs
        if not (whole and steps and phases):
            raise ValueError(
                f"{id}: a card needs an id, a title, a reason, a remediation, refs, steps, phases"
            )
        if (attestable is Attestable.NEVER) is (not why_not):
            raise ValueError(f"{id}: what is never attestable says why, and nothing else does")
        if unknown := [*set(steps) - set(STEPS), *set(phases) - set(PHASES)]:
            raise ValueError(f"{id}: unknown step or phase: {', '.join(unknown)}")
        card = Card(
            id=id,
            title=title.rstrip("."),
            why=why.strip(),
            severity=severity,
            steps=tuple(steps),
            phases=tuple(phases),
            remediation=remediation,
            refs=tuple(refs),
            waivable=waivable,
            attestable=attestable,
            why_not=why_not,
        )
        marked: Function = pytest.mark.check(card)(function)
        return marked

    return decorate


@dataclass(frozen=True, slots=True)
class Finding:
    """An object that does not comply.

    Attributes:
        subject: what an operator can search for, e.g. "esx-01.example.jp (host-21)".
        found: what was seen, with units.
        expected: what was wanted, with units.
        source: the knowledge that the expectation rests on, None where the claim itself says it.
        severity: of this finding alone where it is less than the check's.
    """

    subject: str
    found: str
    expected: str
    source: Citation | None = None
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """An object that could not be judged: nobody may take it for a good one.

    Attributes:
        by_person: a named person may answer for it, as far as the card and the reason allow.
        since: what an attestation says of it was seen no earlier than that.
    """

    subject: str
    reason: str
    by_person: bool = True
    since: datetime | None = None


Problem = Finding | Unknown
"""An object that does not comply, or one that could not be judged."""


@dataclass(frozen=True, slots=True)
class Note:
    """What the board is to know of an object, whatever the outcome: it asks for nothing."""

    subject: str
    text: str


class Judge(Protocol):
    """How a check ends; the ``judge`` fixture is one."""

    def __call__(
        self,
        *,
        examined: int,
        of: str,
        problems: Iterable[Problem] = (),
        severity: Severity | None = None,
        rests_on: Sequence[Citation] = (),
        notes: Sequence[Note] = (),
    ) -> None:
        """Record what was examined and what was found.

        Args:
            examined: how many objects were judged, the unknown ones included; with none the check
                is not applicable.
            of: what they are, in words: "ESXi hosts of vc-main".
            problems: findings are objects that do not comply: any makes the check fail. Unknown
                ones could not be judged: any makes a check undetermined that did not fail.
            severity: of the claim in this very case, where it depends on the upgrade.
            rests_on: knowledge rows that a pass rests on.
            notes: what the report lists beside, few: objects that are alike share one.
        """

    def not_applicable(self, reason: str) -> NoReturn:
        """The claim has no meaning here."""

    def undetermined(self, reason: str) -> NoReturn:
        """Nobody can say whether the claim holds."""


def known(fact: Fact | Unread) -> Fact:
    """A fact that was read.

    Raises:
        Undetermined: it could not be read.
    """
    if isinstance(fact, Unread):
        raise Undetermined(fact.reason)
    return fact


def card_of(item: Any) -> Card | None:
    """The card of a collected pytest item, None when it is no check."""
    marker = item.get_closest_marker("check")
    return marker.args[0] if marker else None
