"""The releases at which a component of an estate can stand on its way, by the tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from kanmon.knowledge import load
from kanmon.knowledge.compatibility import At
from kanmon.knowledge.interop import (
    ApplianceNsx,
    DeepSecurityHop,
    DeepSecurityPair,
    EsxiVCenter,
    NsxVSphere,
    ToolsFloor,
    VSphereHop,
)
from kanmon.knowledge.lookup import tools_defect
from kanmon.knowledge.releases import (
    DeepSecurityRelease,
    EsxiRelease,
    NsxRelease,
    Release,
    VCenterRelease,
)
from kanmon.knowledge.spans import Span
from kanmon.planning.estate import Value
from kanmon.versions import DeepSecurity, Nsx, Tools, VSphere

VSPHERE_RELEASES: dict[str, type[Release]] = {"vcenter": VCenterRelease, "esxi": EsxiRelease}


def tools_floors(nsx: At | None) -> tuple[At, ...]:
    """The lowest Tools that an NSX asks for, where they have no known defect."""
    if nsx is None:
        return ()
    rows = [row for row in load(ToolsFloor).rows if Nsx.parse(row.nsx).covers(nsx.version)]  # type: ignore[arg-type] # an NSX's goal
    floors = [Tools.parse(row.minimum) for row in rows]
    return tuple(At(floor) for floor in floors if tools_defect(floor.number) is None)


def goal_of(kind: str, text: str) -> At:
    """A release of vCenter or ESXi that a path goes to: its first build tells its day."""
    version = VSphere.parse(text)
    days = {at.version: at.released for at in _first_builds(kind)}
    return At(version, days.get(version))


def _first_builds(kind: str) -> tuple[At, ...]:
    """Every dated release of vCenter or ESXi, the oldest first, with the day of its first build."""
    days: dict[VSphere, dt.date] = {}
    for row in load(VSPHERE_RELEASES[kind]).rows:
        if row.date:
            version = VSphere.parse(row.version)
            days[version] = min(row.date, days.get(version, row.date))
    return tuple(At(version, days[version]) for version in sorted(days))


def waypoints(kind: str, value: Value, goal: At) -> tuple[At, ...]:
    """Releases at which vCenter or hosts could stop: none beyond the goal.

    Of releases that no row tells apart the oldest stands for all, of those that are no step back in
    time: it leaves most ways open.
    """
    since = max((at.released for at in value if at.released), default=dt.date.min)
    spans = _spans(kind)
    found: list[At] = []
    told: tuple[bool, ...] = ()
    for at in _first_builds(kind):
        if at.released is None or at.released < since or not goal.reaches(at):
            continue
        inside = tuple(at.version in span for span in spans)
        if inside != told:
            found.append(at)
            told = inside
    return tuple(found)


def _spans(kind: str) -> list[Span[Any]]:
    """Every span of vCenter or of ESXi that a row of the tables names."""
    rows: list[Any] = [row for model in (EsxiVCenter, NsxVSphere) for row in load(model).rows]
    if kind == "esxi":
        rows += load(ApplianceNsx).rows
    spans = [span for row in rows if (span := getattr(row, kind)) is not None]
    for row in load(VSphereHop).rows:
        spans += [row.before, row.after]
    return list(dict.fromkeys(spans))


def nsx_releases(goal: At) -> tuple[At, ...]:
    """Releases at which NSX could stop; one that the goal lies in, or one beyond it, is no stop."""
    to: Nsx = goal.version  # type: ignore[assignment] # an NSX's goal
    every = {Nsx.parse(f"{row.product} {row.version}") for row in load(NsxRelease).rows}
    before = {one for one in every if not one.covers(to)}
    beyond = {one for one in before if one.comparable(to) and not to.covers(one) and one > to}
    versions = before - beyond
    return tuple(At(v) for v in sorted(versions, key=lambda v: (v.product, v.numbers)))


def in_order(value: Iterable[At]) -> Value:
    """Each once, the lowest first."""
    distinct = set(value)
    return tuple(sorted(distinct, key=lambda at: (str(type(at.version)), at.version, at.build)))


def lines_between(kind: str, value: Value, goal: At) -> tuple[At, ...]:
    """Known builds of the lines between today's and that of the goal.

    Of a line's builds that no row tells apart the oldest stands for all: a way by another one would
    be the same way once more.
    """
    product = "agent" if kind == "relay" else kind
    lines = {line_of(at) for at in (*value, goal)}
    known_builds = (
        At(DeepSecurity.parse(row.version))
        for row in load(DeepSecurityRelease).rows
        if row.product == product
    )
    spans = _deep_security_spans()
    found: dict[object, At] = {}
    for at in in_order(at for at in known_builds if line_of(at) not in lines):
        found.setdefault((line_of(at), *(at.version in span for span in spans)), at)
    return in_order(found.values())


def _deep_security_spans() -> list[Span[Any]]:
    """Every span of Deep Security that a row names by which a way is found."""
    spans: list[Span[Any]] = [row.appliance for row in load(ApplianceNsx).rows]
    for pair in load(DeepSecurityPair).rows:
        spans += [pair.version, pair.partner_version]
    for hop in load(DeepSecurityHop).rows:
        spans += [hop.before, hop.after]
    return list(dict.fromkeys(spans))


def line_of(at: At) -> object:
    """The line of a version, such as 20.0; None of a product without lines."""
    return getattr(at.version, "line", None)
