"""The releases that run, and those that are to come: whether they are sound, and supported."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kanmon.check import Finding, Note, Problem, Severity, Unknown
from kanmon.environment.file import Environment
from kanmon.facts import Unread
from kanmon.facts.database.server import Server
from kanmon.facts.dsm.manager import Computer
from kanmon.judging.fleet import OTHER_SYSTEMS
from kanmon.knowledge import load
from kanmon.knowledge.compatibility import NAMES, At
from kanmon.knowledge.health import BadRelease, CertificateEvent
from kanmon.knowledge.interop import DeepSecurityHop
from kanmon.knowledge.lifetimes import DEEP_SECURITY, Lifetime, came_out, lifetime
from kanmon.knowledge.lookup import deep_security_hop
from kanmon.planning.course import Planned
from kanmon.planning.current import kind_of
from kanmon.planning.estate import Component, comparable
from kanmon.text import Text, shortened
from kanmon.versions import DeepSecurity, Nsx, SqlServer, VersionError

SQL_SERVER = "SQL Server"
SHOWN = 3
"""Owners that a subject names: of more it says how many."""
APPLE = ("macos", "mac os")

System = Literal["Windows", "Unix", "macOS"]
Systems = Mapping[Component, frozenset[System | None]]
"""The systems of the machines that each component is on; None is one that is not told."""
When = Literal["runs", "stays", "a stop", "to come"]


@dataclass(frozen=True, slots=True)
class Release:
    """A release of a kind of component.

    Attributes:
        kind: of the component, or "SQL Server".
        owners: slugs of the vCenters, managers or databases that have it.
        when: it runs and is replaced, it runs and nothing replaces it, it is a stop on the way, or
            where the upgrade ends.
    """

    kind: str
    version: Any
    owners: tuple[str, ...]
    when: When

    @property
    def name(self) -> str:
        """Product and version; NSX says its product itself."""
        if isinstance(self.version, Nsx):
            return str(self.version)
        return f"{NAMES.get(self.kind, self.kind)} {self.version}"

    @property
    def subject(self) -> str:
        """What an operator can search for."""
        return Text("{name} of {owners}", name=self.name, owners=shortened(self.owners, SHOWN))

    @property
    def products(self) -> tuple[str, ...]:
        """What the table of bad releases calls it: a relay is an agent, too."""
        known = {"esxi": ("ESXi",), "vcenter": ("vCenter",), "nsx": ("NSX",)}
        return ("relay", "agent") if self.kind == "relay" else known.get(self.kind, (self.kind,))


def releases(planned: Planned) -> list[Release]:
    """Every release of the plan's components: today's, its stops, and where they are to end."""
    when: dict[tuple[Component, Any], When] = {}
    for component, at, moment in _told(planned):
        when.setdefault((component, at.version), moment)
    owners: dict[tuple[str, Any, When], list[str]] = {}
    for (component, version), moment in when.items():
        owners.setdefault((component.kind, version, moment), []).append(component.owner)
    return [
        Release(kind, version, tuple(slugs), moment)
        for (kind, version, moment), slugs in owners.items()
    ]


def _told(planned: Planned) -> Iterator[tuple[Component, At, When]]:
    """Where each component is to end, stops and stands; what is told first of a version counts."""
    estate = planned.plan.estate
    for component, goal in estate.goal.items():
        if not all(_is_there(at, goal) for at in estate.today.get(component, ())):
            yield component, goal, "to come"
    for step in planned.steps:
        for move in step.moves:
            yield move.component, move.to, "a stop"
    for component, value in estate.today.items():
        end = estate.goal.get(component)
        for at in value:
            yield component, at, "stays" if end is None or _is_there(at, end) else "runs"


def _is_there(at: At, goal: At) -> bool:
    """Whether an upgrade to the goal leaves a version where it is."""
    return comparable(at, goal) and at.reaches(goal)


def servers(
    environment: Environment, read: Mapping[str, Server | Unread]
) -> tuple[list[Release], list[Unknown]]:
    """The builds of SQL Server that managers use, and the servers that nobody could read."""
    found: list[Release] = []
    unread: list[Unknown] = []
    for database in environment.database:
        server = read[database.slug]
        if database.product != "sqlserver":
            continue
        if isinstance(server, Unread):
            unread.append(Unknown(database.slug, server.reason))
            continue
        try:
            version = SqlServer.parse(server.version)
        except VersionError as error:
            unread.append(Unknown(database.slug, error.message))
        else:
            found.append(Release(SQL_SERVER, version, (database.slug,), "stays"))
    return found, unread


def systems(computers: Mapping[str, tuple[Computer, ...] | Unread]) -> Systems:
    """The systems of the machines with an agent, by what they are to their manager."""
    found: dict[Component, set[System | None]] = {}
    for slug, part in computers.items():
        for one in () if isinstance(part, Unread) else part:
            if kind := kind_of(one):
                found.setdefault(Component(kind, slug), set()).add(_system(one.platform.lower()))
    return {component: frozenset(these) for component, these in found.items()}


def _system(platform: str) -> System | None:
    if "windows" in platform:
        return "Windows"
    if any(name in platform for name in APPLE):
        return "macOS"
    return "Unix" if any(name in platform for name in OTHER_SYSTEMS) else None


def defects(release: Release, on: Systems) -> Iterator[Problem]:
    """What is known to be wrong with a release; of one that the upgrade replaces it is advice."""
    for row in load(BadRelease).rows:
        if row.product not in release.products or not _strikes(row, release, on):
            continue
        try:
            named = {
                row.names(one) for one in getattr(release.version, "bounds", (release.version,))
            }
        except VersionError as error:
            yield Unknown(release.subject, error.message)
            continue
        if named == {True}:
            yield _bad(release, row)
        elif True in named:
            reason = Text(
                "its build is in no row, and of the releases that it lies between one is bad: "
                "{defect}",
                defect=row.defect,
            )
            yield Unknown(release.subject, reason)


def unheard(planned: Planned) -> Iterator[Unknown]:
    """Builds that stay and are newer than every row of their line: no list could name them yet.

    Of one that the upgrade replaces a recall would be advice, so nothing of it is open.
    """
    estate = planned.plan.estate
    for component, value in estate.today.items():
        end = estate.goal.get(component)
        for at in value:
            if at.beyond and (end is None or _is_there(at, end)):
                yield Unknown(
                    f"{NAMES[component.kind]} of {component.owner}",
                    Text(
                        "{build} is newer than every row of {table}: whether it was recalled, a "
                        "row of your own for this build tells",
                        build=at,
                        table=f"{component.kind}_releases",
                    ),
                )


def _strikes(row: BadRelease, release: Release, on: Systems) -> bool:
    """Whether some machine of the component has the system that a defect is of."""
    components = (Component(release.kind, owner) for owner in release.owners)
    here = {system for component in components for system in on.get(component, ())}
    return row.system is None or not here.isdisjoint({row.system, None})


def _bad(release: Release, row: BadRelease) -> Finding:
    known = f"{row.defect} {row.condition}" if row.condition else row.defect
    severity = Severity.named(row.severity)
    if release.when == "runs" or row.condition:
        severity = Severity.ADVICE
    found = Text("it is to come, and {defect}", defect=known)
    if release.when in ("runs", "stays"):
        found = Text("it runs, and {defect}", defect=known)
    return Finding(release.subject, found, row.remedy, row.citation, severity=severity)


def suspects(release: Release) -> Iterator[Problem]:
    """Changes of certificates that a release which stays or comes may be too old for.

    One that came out before that day is a warning; where no row tells that it came out later,
    advice.
    """
    events = load(CertificateEvent).rows if release.when != "runs" else ()
    for row in events:
        if not row.by_age or row.date is None or release.kind not in row.hits:
            continue
        after, until = came_out(release.kind, release.version)
        if after and after >= row.date:
            continue
        older = until is not None and until < row.date
        found = Text(
            "no row tells that it is younger than {change} ({day}): {effect}",
            change=row.change,
            day=row.date,
            effect=row.effect,
        )
        if older:
            found = Text(
                "it is older than {change} ({day}): {effect}",
                change=row.change,
                day=row.date,
                effect=row.effect,
            )
        severity = Severity.WARNING if older else Severity.ADVICE
        yield Finding(release.subject, found, row.remedy, row.citation, severity=severity)


def events(there: Iterable[Release], on: Systems) -> Iterator[Note]:
    """Changes of certificates that go by no release, where there is what they strike."""
    kinds = {release.kind for release in there}
    if any("Windows" in these for these in on.values()):
        kinds.add("Windows")
    for row in load(CertificateEvent).rows:
        if not row.by_age and kinds.intersection(row.hits):
            yield Note(row.change, Text("{effect}; {remedy}", effect=row.effect, remedy=row.remedy))


def unsupported(release: Release, day: dt.date) -> Iterator[Problem]:
    """Why a release is not known to be supported on a day.

    What runs is advice: that is why one upgrades; so is a stop. Of these nothing is unknown.
    """
    life = lifetime(release.kind, release.version)
    over = life.over_on(day) if life else None
    if life and over:
        severity = Severity.WARNING if release.when == "to come" else Severity.ADVICE
        found = Text("its support ended: {ended}", ended=_ended(life))
        wanted = Text("supported on {day}", day=day)
        yield Finding(release.subject, found, wanted, life.row.citation, severity=severity)
    elif over is None and release.when == "to come":
        reason = Text(
            "no row of {table} tells until when {release} is supported: is it on {day}?",
            table="life_cycles",
            release=release.name,
            day=day,
        )
        yield Unknown(release.subject, reason)


def _ended(life: Lifetime) -> str:
    """When support ended; where its vendor says only that it has, when that was read."""
    if life.latest is not None:
        return str(life.latest)
    return Text("before {read}, by its vendor's own text", read=life.row.citation.retrieved)


def late_hops(planned: Planned, day: dt.date) -> list[Finding]:
    """Hops that their vendor allows while the source is supported, where that has ended."""
    estate = planned.plan.estate
    kinds: dict[tuple[str, DeepSecurity, DeepSecurity], list[str]] = {}
    rules: dict[tuple[str, DeepSecurity, DeepSecurity], tuple[DeepSecurityHop, Lifetime]] = {}
    for component in estate.all_components:
        goal = estate.goal.get(component) if component.kind in DEEP_SECURITY else None
        for at in estate.today[component] if goal else ():
            old: Any = at.version
            new: Any = goal.version if goal else None
            if late := _late(component.kind, old, new, day):
                key = component.owner, old.line, new.line
                kinds.setdefault(key, []).append(NAMES[component.kind])
                rules[key] = late
    return [
        Finding(
            f"Deep Security {old} to {new} of {owner}",
            Text(
                "{kinds}: upgraded on {day}, after the support of {old} ended: {ended}",
                kinds=", ".join(dict.fromkeys(kinds[owner, old, new])),
                day=day,
                old=old,
                ended=_ended(life),
            ),
            Text("upgraded while {old} is supported", old=old),
            row.citation,
            severity=Severity.WARNING,
        )
        for (owner, old, new), (row, life) in rules.items()
    ]


def _late(
    kind: Any, old: DeepSecurity, new: DeepSecurity, day: dt.date
) -> tuple[DeepSecurityHop, Lifetime] | None:
    """The row that asks for a supported source, and how long it was, where that is over."""
    row = deep_security_hop(kind, old, new) if old.line != new.line else None
    life = lifetime(kind, old)
    if row and row.allowed and row.while_supported and life and life.over_on(day):
        return row, life
    return None
