"""What checks know of the run before the step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kanmon.check import known
from kanmon.comparing.compared import objects
from kanmon.comparing.objects import Side, things, ways
from kanmon.comparing.pairing import Pairs, pair
from kanmon.facts.dsm.manager import Computer

COMPUTERS = "dsm.computers"


@dataclass(frozen=True, slots=True)
class Baseline:
    """The run before the step, as it was read.

    Attributes:
        run: its name.
        read: when it was read, aware, UTC.
    """

    run: str
    read: datetime
    side: Side

    def computers(self, slug: str, now: Sequence[Computer]) -> Pairs[Computer]:
        """The computers of a manager as they were and as they are, known again by their ids.

        Raises:
            Undetermined: that run did not read them.
        """
        row = next(row for row in objects().whole if row.part == COMPUTERS)
        then = known(self.side.fact(slug, COMPUTERS, f"the run before, {self.run}"))
        found = pair(
            things(row, slug, slug, then), things(row, slug, slug, tuple(now)), ways(row.ids)
        )
        return Pairs(
            tuple((one.record, other.record) for one, other in found.both),
            tuple(one.record for one in found.vanished),
            tuple(one.record for one in found.appeared),
        )
