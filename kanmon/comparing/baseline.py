"""What checks know of the run before the step."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kanmon.check import known
from kanmon.comparing.compared import objects
from kanmon.comparing.objects import Side, things, ways, without
from kanmon.comparing.pairing import Pairs, pair
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer
from kanmon.facts.dsm.tenants import Tenants
from kanmon.text import Text

COMPUTERS = "dsm.computers"


@dataclass(frozen=True, slots=True)
class Baseline:
    """The run before the step, as it was read.

    Attributes:
        run: its name.
        read: when it was read, aware, UTC.
        unseen: by target and part, the subjects that could not be read now.
    """

    run: str
    read: datetime
    side: Side
    unseen: Mapping[tuple[str, str], Collection[str]] = field(default_factory=dict)

    def computers(self, slug: str, now: Sequence[Computer]) -> Pairs[Computer]:
        """The computers of a manager as they were and as they are, known again by their ids.

        One that could not be read now has not vanished: every claim that asks for the computers
        says itself that it is unknown.

        Raises:
            Undetermined: that run did not read them.
        """
        row = next(row for row in objects().whole if row.part == COMPUTERS)
        then = known(self.side.fact(slug, COMPUTERS, f"the run before, {self.run}"))
        olds = without(self.unseen.get((slug, "computers"), ()), things(row, slug, slug, then))
        found = pair(olds, things(row, slug, slug, tuple(now)), ways(row.ids))
        return Pairs(
            tuple((one.record, other.record) for one, other in found.both),
            tuple(one.record for one in found.vanished),
            tuple(one.record for one in found.appeared),
        )

    def tenants(self, slug: str) -> Tenants | Unread:
        """The tenants of a manager as they were; one of 11.0 tells none, whether it has any."""
        told: Tenants | Unread = self.side.parts.get(
            (slug, "tenants"), Unread(Text("it was not read"))
        )
        reason = told.untold if isinstance(told, Tenants) else told.reason
        if not reason:
            return told
        return Unread(
            Text(
                "is a tenant missing? {run}, the run before, told of none: {reason}",
                run=self.run,
                reason=reason,
            )
        )
