"""The machines that a board leaves out of the agents' step: known to be bad, and accepted so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kanmon.check import Finding, Note, Severity
from kanmon.environment.file import Environment
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer
from kanmon.gate.accepted import AnyWaiver
from kanmon.gate.waivers import Waiver
from kanmon.judging.protection import (
    Judged,
    is_single,
    managed,
    out_of_contact,
    protecting,
    unhealthy,
    weighed,
)
from kanmon.matching import label
from kanmon.text import Text

Find = Callable[[Sequence[Computer]], list[Judged]]
Among = Callable[[Sequence[Computer]], list[Computer]]

CLAIMS: Mapping[str, tuple[Find, Among]] = {
    "DSA-STATE-001": (out_of_contact, managed),
    "DSA-HEALTH-001": (unhealthy, protecting),
}
"""By the check whose waiver leaves a machine out: what it finds, and what it looks at."""

Accept = Callable[[str, str, Sequence[Finding]], Sequence[tuple[Finding, AnyWaiver | None]]]
"""Check, manager and its findings to each with the waiver that holds of it."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Machines that are bad now, by a check of whose finding a waiver holds.

    One that works again is found by no check, and is back.

    Attributes:
        by: the waiver, by manager and number of the computer.
    """

    by: Mapping[tuple[str, int], AnyWaiver] = field(default_factory=dict)

    def names(self, dsm: str, number: int) -> bool:
        """Whether a computer of a manager is left out."""
        return (dsm, number) in self.by

    def notes(self, dsm: str | None = None) -> list[Note]:
        """How many machines each waiver leaves out; of one manager, or of all."""
        told = [f"{one.ticket} ({one.approver})" for slug, one in self._of(dsm)]
        return [
            Note(
                Text("left out by waiver {waiver}", waiver=waiver),
                Text("{count} machines of the step", count=told.count(waiver)),
            )
            for waiver in dict.fromkeys(told)
        ]

    def _of(self, dsm: str | None) -> Iterator[tuple[str, AnyWaiver]]:
        return ((slug, one) for (slug, _), one in self.by.items() if dsm in (None, slug))


def left_out(
    environment: Environment,
    all_dsm_computers: dict[str, tuple[Computer, ...] | Unread],
    accept: Accept,
) -> LeftOut:
    """The machines whose being offline or broken a board accepted; no relay and no appliance.

    Args:
        environment: of the run.
        all_dsm_computers: of every manager; one that was not read leaves nothing out.
        accept: what the board accepts of a judgement.
    """
    share, by = environment.tolerances.bad_share, {}
    for slug, computers in all_dsm_computers.items():
        if isinstance(computers, Unread):
            continue
        numbers = {label(one): one.id for one in computers if is_single(one)}
        for check, (find, among) in CLAIMS.items():
            problems = weighed(find(computers), among(computers), share)
            findings = [
                one
                for one in problems
                if isinstance(one, Finding) and one.severity is not Severity.ADVICE
            ]
            for finding, waiver in accept(check, slug, findings):
                if waiver and finding.subject in numbers and _names(waiver, finding):
                    by[slug, numbers[finding.subject]] = waiver
    return LeftOut(by)


def _names(waiver: AnyWaiver, finding: Finding) -> bool:
    """Whether a waiver leaves a machine out: of more than the share that may be bad, by its name.

    A pattern accepts whatever is bad on the day; so many are no single machines, and it may stand
    for a fleet that nobody looked at.
    """
    by_pattern = isinstance(waiver, Waiver) and waiver.subject != finding.subject
    return finding.severity is not None or not by_pattern
