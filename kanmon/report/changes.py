"""What changed between two runs, told by their briefs: check by check, not object by object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kanmon.report.brief import SEVERITIES, Brief
from kanmon.text import Text

UNSEEN = Text("not looked at")
OPEN = (*SEVERITIES, "undetermined")
KINDS = (
    Text("newly fails"),
    Text("newly undetermined"),
    Text("fails with another severity"),
    Text("not looked at any more"),
    Text("no longer fails"),
    Text("no longer undetermined"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """A check that stands otherwise than before.

    Attributes:
        before: its state then, ``UNSEEN`` where that run did not have it.
    """

    kind: str
    id: str
    target: str | None
    before: str
    now: str


def compared_with(run: str, runs: Mapping[str, Brief]) -> str | None:
    """The run that a run is compared with; None for the first of its step and phase.

    It is the latest earlier one of the same step and phase that left nothing out and read the
    estate itself. A run that judged again is compared with the one whose facts it judged.

    Args:
        run: its name.
        runs: by name, which begins with the time.
    """
    here = runs[run]
    if here.judged_again:
        return here.judged_again if here.judged_again in runs else None
    earlier = (
        name
        for name, brief in runs.items()
        if name < run
        and (brief.step, brief.phase) == (here.step, here.phase)
        and not brief.partial
        and not brief.judged_again
    )
    return max(earlier, default=None)


def changes(before: Brief, now: Brief) -> list[Change]:
    """Every check that fails or is undetermined in one of the runs and stands otherwise there."""
    then, today = before.states, now.states
    found = []
    for claim in dict.fromkeys([*today, *then]):
        old, new = then.get(claim, UNSEEN), today.get(claim, UNSEEN)
        if old != new and (old in OPEN or new in OPEN):
            found.append(Change(_kind(old, new), *claim, old, new))
    return sorted(found, key=lambda one: (KINDS.index(one.kind), one.id, one.target or ""))


def _kind(old: str, new: str) -> str:
    if new == UNSEEN:
        return Text("not looked at any more")
    if new == "undetermined":
        return Text("newly undetermined")
    if new in SEVERITIES:
        return Text("fails with another severity") if old in SEVERITIES else Text("newly fails")
    return Text("no longer undetermined") if old == "undetermined" else Text("no longer fails")
