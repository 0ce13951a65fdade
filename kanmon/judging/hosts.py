"""Hosts under judgement: what each told, and the releases that it still has to reach."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from kanmon.check import Unknown
from kanmon.errors import Undetermined
from kanmon.facts import Unread
from kanmon.facts.run import Moment
from kanmon.facts.vcenter.hosts import HostAnswer
from kanmon.facts.vcenter.inventory import Host
from kanmon.knowledge import builds
from kanmon.knowledge.builds import Placed
from kanmon.knowledge.compatibility import At
from kanmon.planning.course import Planned
from kanmon.planning.estate import Component
from kanmon.planning.plan import Step
from kanmon.text import Text
from kanmon.versions import VSphere

T = TypeVar("T")


class Told(NamedTuple, Generic[T]):
    """A host, and what it told."""

    host: Host
    answer: T


def told(
    hosts: Iterable[Host], answers: Iterable[HostAnswer[T]]
) -> tuple[list[Told[T]], list[Unknown]]:
    """What hosts told, and of which of them nobody knows."""
    by_host = {one.host: one.answer for one in answers}
    heard: list[Told[T]] = []
    unknown: list[Unknown] = []
    for host in hosts:
        answer = by_host.get(
            host.moref, Unread(Text("it came while the vCenter was read: read again"))
        )
        if isinstance(answer, Unread):
            unknown.append(Unknown(host.label, answer.reason))
        else:
            heard.append(Told(host, answer))
    return heard, unknown


def steps(planned: Planned, moment: Moment) -> list[Step]:
    """The steps of the plan that a run before them is about."""
    if moment.step is None:
        return list(planned.steps)
    named = planned.step(moment.step)
    return [named] if named else []


def open_ends(planned: Planned, moment: Moment, slug: str) -> list[Unknown]:
    """Why nobody knows what the steps ahead do to a vCenter; empty where that is known."""
    found = planned.unjudged(moment, slug)
    refused = planned.declared.refused if planned.declared else None
    if refused and (moment.step in (None, refused[0]) or planned.step(moment.step) is None):
        reason = Text("it is refused at {refused}: what follows is open", refused=refused[0])
        found.append(Unknown("the declared order", reason))
    return found


def releases(planned: Planned, moment: Moment, slug: str) -> list[VSphere]:
    """The releases that the hosts of a vCenter go to, in the order in which they come."""
    part = Component("esxi", slug)
    goals: list[Any] = [
        move.to.version
        for step in steps(planned, moment)
        for move in step.moves
        if move.component == part
    ]
    return list(dict.fromkeys(goals))


def keeps(at: At, wanted: VSphere) -> bool | None:
    """Whether a build is the promised level or a later patch of it; None where nobody can say."""
    version: Any = at.version
    kept = {
        one.reaches(wanted) and (one.line, one.update) == (wanted.line, wanted.update)
        for one in version.bounds
    }
    return kept.pop() if len(kept) == 1 else None


def stands(host: Host) -> Placed:
    """Where a host stands.

    Raises:
        Undetermined: nothing is known of its line, or of what is as old as its build.
    """
    return builds.esxi(host.build, host.version)


def runs(host: Host) -> VSphere | None:
    """The release that a host runs, by its neighbours where no row names it; None for no known."""
    try:
        version: Any = stands(host).at.version
    except Undetermined:
        return None
    return version  # type: ignore[no-any-return] # of vSphere


def _ahead(host: Host, goals: Sequence[VSphere]) -> list[VSphere]:
    """Those of them that a host has not reached; it has none when its build is not known."""
    today = runs(host)
    return [goal for goal in goals if today and not today.reaches(goal)]


def moving(
    planned: Planned, moment: Moment, slug: str, hosts: Iterable[Host]
) -> dict[str, list[VSphere]]:
    """By moref, the hosts that the steps ahead move, and where to."""
    goals = releases(planned, moment, slug)
    return {host.moref: left for host in hosts if (left := _ahead(host, goals))}
