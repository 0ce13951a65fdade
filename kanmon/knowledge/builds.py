"""Where a build of vSphere stands: at its row, between two rows of its line, or beyond them.

A build that no row names is told by its neighbours, so that one patch more leaves open only what
the tables say differently of these. Numbers are compared within a line and within one kind: the
build that vCenter's ``about`` shows is not that of its release notes.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from kanmon.errors import Undetermined
from kanmon.knowledge import load
from kanmon.knowledge.compatibility import At
from kanmon.knowledge.releases import EsxiRelease, Release, VCenterRelease
from kanmon.text import Text
from kanmon.versions import VSphere, dotted

TOP = VSphere(0, 0, 99, "z")
"""Its update and letter stand above every release of a line."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a build stands.

    Attributes:
        at: its level, which is that of the older bound, and its bounds where it is in no row.
        row: its own, or that of the older bound; None where only its line is known.
        newer: the row of the younger bound; None where it has a row, and beyond the table's end.
    """

    at: At
    row: Release | None
    newer: Release | None = None

    @property
    def told(self) -> str:
        """How it was placed, in words; empty where a row names it."""
        if not self.at.bounds:
            return ""
        if self.row is None:
            return Text("no row is of its line: judged by its version {version}", version=self.at)
        if self.newer is None:
            return Text(
                "newer than {release} (build {build}), at which the table ends: judged as that, "
                "but where it may go from here only a row of its own tells",
                release=self.row.version,
                build=self.row.build,
            )
        return Text(
            "between {first} (build {build}) and {last} (build {end}): judged as both",
            first=self.row.version,
            build=self.row.build,
            last=self.newer.version,
            end=self.newer.build,
        )


def vcenter(build: str, version: str, os_type: str) -> Placed:
    """Where a vCenter stands.

    Args:
        build: as ``about`` shows it.
        version: likewise, e.g. "6.5.0".
        os_type: likewise; on Windows the numbers are others.

    Raises:
        Undetermined: its line is in no table, or it is older than all that is known of its line.
    """
    windows = os_type.lower().startswith("win")

    def is_shown(row: Any) -> bool:
        return "about" in ((row.windows if windows else row.appliance) or "")

    rows = load(VCenterRelease)
    shown = [row for row in rows.rows if is_shown(row)]
    return _placed(rows.get(build), build, version, rows.rows, shown)


def esxi(build: str, version: str) -> Placed:
    """Where a host stands; see ``vcenter``."""
    rows = load(EsxiRelease)
    return _placed(rows.get(build), build, version, rows.rows, rows.rows)


def _placed(row: Release | None, build: str, version: str, every: Any, shown: Any) -> Placed:
    if row is not None:
        return Placed(At(VSphere.parse(row.version), row.date, build), row)
    line = _line(build, version)
    if not build.isdecimal():
        raise Undetermined(Text("its build {build} is no number", build=repr(build)))
    lines = {_release(one).line for one in every}
    if line.line not in lines:
        if all((line.major, line.minor) < _numbers(one) for one in lines):
            return Placed(_of_line(line, build), None)
        raise Undetermined(
            Text(
                "no table knows vSphere {version}: put its builds as rows of your own into {table}",
                version=line,
                table=f"{VCenterRelease.table}, {EsxiRelease.table}",
            )
        )
    of_line = sorted(
        (one for one in shown if _release(one).line == line.line), key=lambda one: one.build
    )
    return _between(line, int(build), of_line, every[0].table)


def _between(line: VSphere, build: int, rows: list[Any], table: str) -> Placed:
    below = [row for row in rows if row.build < build]
    above = [row for row in rows if row.build > build]
    if not below:
        raise Undetermined(
            Text(
                "build {build} of {version} is older than every row of {table}: put a row of your "
                "own for it there",
                build=build,
                version=line,
                table=table,
            )
        )
    since = next((row.date for row in reversed(below) if row.date), dt.date.min)
    if not above:
        newest = _release(below[-1])
        top = replace(line, update=TOP.update, letter=TOP.letter)
        bounds = (At(newest, since), At(top, dt.date.max))
        return Placed(At(newest, _day(since), str(build), bounds, beyond=True), below[-1])
    until = next((row.date for row in above if row.date), dt.date.max)
    low, high = sorted((below[-1], above[0]), key=_release)
    first, last = _release(low), _release(high)
    level = first if first == last else replace(first, upto=str(last))
    bounds = (At(first, min(since, until)), At(last, max(since, until)))
    return Placed(At(level, _day(bounds[0].released), str(build), bounds), low, high)


def _day(day: dt.date | None) -> dt.date | None:
    return day if day != dt.date.min else None


def _of_line(line: VSphere, build: str) -> At:
    """A build of a line that is older than every table: all that its line has may be said of it."""
    top = replace(line, update=TOP.update, letter=TOP.letter)
    bounds = (At(line, dt.date.min), At(top, dt.date.max))
    return At(replace(line, upto=str(top)), None, build, bounds)


def _line(build: str, version: str) -> VSphere:
    """The first release of the line that a product's own version tells."""
    numbers = dotted(version)
    if numbers is None or len(numbers) < 2:  # noqa: PLR2004 - major and minor
        raise Undetermined(
            Text("build {build} has the version {version}", build=build, version=repr(version))
        )
    return VSphere(numbers[0], numbers[1])


def _release(row: Release) -> VSphere:
    return VSphere.parse(row.version)


def _numbers(line: str) -> tuple[int, ...]:
    return tuple(int(part) for part in line.split("."))
