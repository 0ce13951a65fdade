"""Waivers: what a board accepts although a check finds it, by name, for a reason, until a day.

They stand in ``envs/<name>.waivers.toml`` beside the environment file; docs/waivers.md explains it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from typing import Annotated, Any

from pydantic import BeforeValidator, PrivateAttr

from kanmon.check import Card, Finding, Severity
from kanmon.environment.targets import Model, Text

LETTERS = 3
"""Letters or digits that a pattern must have in one piece to name anything."""
WILDCARD = re.compile(r"\[!?\]?[^\]]*\]|[*?]")
NOBODY = "\0"
"""Stands for the name of an object: no estate and no pattern has it."""
FORMS = (
    NOBODY,
    f"{NOBODY} ({NOBODY})",
    f"{NOBODY} (alarm {NOBODY})",
    f"{NOBODY} on {NOBODY}",
    f"{NOBODY}, {NOBODY}",
)
"""The forms that subjects have: a pattern that matches one of them matches each of its form."""
NUMBERED = (
    f"{NOBODY} (host-#)",
    f"{NOBODY} (vm-#)",
    f"{NOBODY} ({NOBODY} vm-#)",
    f"{NOBODY} (computer #)",
    f"{NOBODY} (#.#.#.#)",
    f"{NOBODY}:#",
)
"""Forms with a number: a pattern that matches two of one form goes by what their ids begin with."""
NUMBERS = tuple(digit * count for digit in "0123456789" for count in (1, 2, 3, 4))


class State(StrEnum):
    """What became of a waiver in a run; only one that is used or unused holds in it."""

    USED = "used"
    UNUSED = "unused"
    NOT_JUDGED = "not judged"
    EXPIRED = "expired"
    TOO_WIDE = "too wide"
    UNKNOWN_CHECK = "unknown check"
    NOT_WAIVABLE = "not waivable"
    NOT_SIGNED = "not signed"


def only_a_day(value: Any) -> Any:
    """A time of day would be a promise that is not kept: a waiver holds until its day ends."""
    if type(value) is not dt.date:
        raise ValueError("expected a date without quotation marks, as in 2026-12-31")
    return value


class Waiver(Model):
    """What a board accepts.

    Attributes:
        check: id of the check.
        subject: of the findings, as the report prints it, or a shell-style pattern of it.
        target: slug of the target under judgement; every one where left out.
        ticket: where the decision is on file.
        expires: the last day on which it holds, in UTC.
    """

    check: Text
    subject: Text
    target: Text | None = None
    reason: Text
    approver: Text
    ticket: Text
    expires: Annotated[dt.date, BeforeValidator(only_a_day)]
    _slugs: tuple[str, ...] = PrivateAttr(())

    def model_post_init(self, context: Any) -> None:
        """Know the targets of the environment: the name of one names no object."""
        self._slugs = tuple(context or ())

    def __str__(self) -> str:
        of = f" of {self.target}" if self.target else ""
        return f"{self.check}{of}: {self.subject}"

    def covers(self, check: str, target: str | None, subject: str) -> bool:
        """Whether a finding of a check on a target is what this waiver names.

        What is copied out of a report names itself, whatever letters stand in it.
        """
        about = self.check == check and self.target in (None, target)
        return about and (subject == self.subject or fnmatchcase(subject, self.subject))

    def accepts(self, check: str, target: str | None, finding: Finding, severity: Severity) -> bool:
        """Whether it names a finding, however grave that is."""
        del severity
        return self.covers(check, target, finding.subject)

    def fault(self, cards: Mapping[str, Card], now: dt.datetime) -> State | None:
        """Why it does not apply, whatever the checks find; None where it does.

        Args:
            cards: of the checks, by id.
            now: of the run, aware.
        """
        if self.check not in cards:
            return State.UNKNOWN_CHECK
        if not cards[self.check].waivable:
            return State.NOT_WAIVABLE
        if _too_wide(self.subject, self._slugs):
            return State.TOO_WIDE
        if now.astimezone(dt.UTC).date() > self.expires:
            return State.EXPIRED
        return None


@cache
def _too_wide(pattern: str, slugs: tuple[str, ...]) -> bool:
    """Whether a pattern names nothing in particular: hardly a letter, or a form of all subjects."""
    pieces = WILDCARD.split(pattern)
    if len(pieces) == 1:
        return False  # it is one subject
    longest = max(sum(map(str.isalnum, piece)) for piece in pieces)
    whole = [*FORMS, *(f"{NOBODY} ({slug})" for slug in slugs)]
    of_target = (f"{NOBODY} ({slug} {kind}#)" for slug in slugs for kind in ("", "vm-", "host-"))
    return (
        longest < LETTERS
        or any(fnmatchcase(subject, pattern) for subject in whole)
        or any(_matches_two(form, pattern) for form in (*NUMBERED, *of_target))
    )


def _matches_two(form: str, pattern: str) -> bool:
    matches = (fnmatchcase(form.replace("#", number), pattern) for number in NUMBERS)
    return any(matches) and any(matches)
