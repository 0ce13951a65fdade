"""Waivers of a run: what a board accepts is exactly what that run found, and nothing beside it.

Each is a file of its own, ``envs/<name>.waivers/<ticket>-<check>.toml``, which ``kanmon waive``
writes; docs/gate.md explains it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator

from kanmon.check import Card, Finding, Severity
from kanmon.environment.targets import Model, Text
from kanmon.gate.waivers import State, only_a_day
from kanmon.text import Text as Sentence

FIGURES = 0.1
"""By what part of it a figure may differ: 82 % that were accepted are not 97 %."""


class Accepted(Model):
    """A finding as a run told it.

    Attributes:
        found: the form of what was found, a name in braces for each of its values.
        figures: those of the values that are numbers.
        rule: "table:row" of the knowledge that it rests on; none where the claim itself says it.
    """

    target: Text | None = None
    subject: Text
    found: str
    figures: dict[str, float] = Field(default_factory=dict)
    severity: Literal["advice", "warning", "blocker"]
    rule: Text | None = None

    @classmethod
    def of(cls, target: str | None, finding: Finding, severity: Severity) -> Self:
        """What is to be accepted of a finding."""
        found = Sentence.of(finding.found)
        source = finding.source
        return cls(
            target=target,
            subject=finding.subject,
            found=found.form,
            figures=found.figures(),
            severity=str(severity),  # type: ignore[arg-type] # a severity's name is one of the three
            rule=f"{source.table}:{source.row}" if source else None,
        )

    def covers(self, other: Accepted) -> bool:
        """Whether another finding is this one, no graver and about as large."""
        same = ("target", "subject", "found", "rule")
        return (
            all(getattr(self, name) == getattr(other, name) for name in same)
            and Severity.named(other.severity) <= Severity.named(self.severity)
            and self.figures.keys() == other.figures.keys()
            and all(
                abs(figure - self.figures[name]) <= FIGURES * abs(self.figures[name])
                for name, figure in other.figures.items()
            )
        )


class RunWaiver(Model):
    """What a board accepts of one check in one run.

    Attributes:
        run: name of its directory.
        manifest: SHA-256 of its manifest.
        change: number of the change that it was of.
        digest: of the findings, so that none is added by hand.
    """

    check: Text
    run: Text
    manifest: Text
    change: Text | None = None
    step: Text | None = None
    reason: Text
    approver: Text
    ticket: Text
    expires: Annotated[dt.date, BeforeValidator(only_a_day)]
    digest: Text
    finding: Annotated[list[Accepted], Field(min_length=1)]
    _signer: str | None = PrivateAttr(None)
    _refused: bool = PrivateAttr(default=False)

    @model_validator(mode="after")
    def _is_as_it_was_written(self) -> Self:
        if self.digest != digest(self.finding):
            raise ValueError(
                "the findings are not those that were accepted: write it anew with kanmon waive"
            )
        return self

    def __str__(self) -> str:
        return f"{self.check}: {self.subject}"

    @property
    def subject(self) -> str:
        """What it names, as a hand-written waiver names its pattern."""
        return f"{len(self.finding)} findings of {self.run}"

    @property
    def target(self) -> str | None:
        """The one target of its findings; None where they are of several."""
        targets = {one.target for one in self.finding}
        return targets.pop() if len(targets) == 1 else None

    @property
    def signer(self) -> str | None:
        """Whose signature it bears, of those who were named as allowed; None where nobody's."""
        return self._signer

    def signed(self, by: str | None) -> None:
        """Whose signature was found where one is asked for; without any it does not hold."""
        self._signer, self._refused = by, by is None

    def accepts(self, check: str, target: str | None, finding: Finding, severity: Severity) -> bool:
        """Whether a finding is one of those that were accepted."""
        if check != self.check:
            return False
        told = Accepted.of(target, finding, severity)
        return any(one.covers(told) for one in self.finding if one.subject == told.subject)

    def fault(self, cards: Mapping[str, Card], now: dt.datetime) -> State | None:
        """Why it does not apply, whatever the checks find; None where it does."""
        if self.check not in cards:
            return State.UNKNOWN_CHECK
        if not cards[self.check].waivable:
            return State.NOT_WAIVABLE
        if self._refused:
            return State.NOT_SIGNED
        return State.EXPIRED if now.astimezone(dt.UTC).date() > self.expires else None


def digest(findings: Sequence[Accepted]) -> str:
    """SHA-256 of findings, in the order in which they stand."""
    plain = [one.model_dump(mode="json") for one in findings]
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
