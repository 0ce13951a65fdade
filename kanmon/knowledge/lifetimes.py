"""Until when a vendor stands by a release, and when a build of Deep Security came out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kanmon.knowledge import load
from kanmon.knowledge.releases import DeepSecurityDay, LifeCycle
from kanmon.knowledge.requirements import Database
from kanmon.versions import DeepSecurity, Nsx

DEEP_SECURITY = ("manager", "relay", "agent", "appliance")
PRODUCTS: Mapping[str, str] = {
    "vcenter": "vCenter",
    "esxi": "ESXi",
    "tools": "VMware Tools",
    **dict.fromkeys(DEEP_SECURITY, "Deep Security"),
}
"""The product in the table by the kind of a component; NSX says its own."""


@dataclass(frozen=True, slots=True)
class Lifetime:
    """When the support of a release ends.

    Attributes:
        earliest: not before this day; None where nothing tells.
        latest: not after it; None where nothing tells.
    """

    row: LifeCycle
    earliest: dt.date | None
    latest: dt.date | None

    def over_on(self, day: dt.date) -> bool | None:
        """Whether support has ended when a day begins; None where nobody can say."""
        if self.row.over or (self.latest is not None and self.latest < day):
            return True
        if self.earliest is not None and day <= self.earliest:
            return False
        return None


def lifetime(kind: str, version: Any) -> Lifetime | None:
    """When the support of a component's version ends; None where no row is of it.

    Args:
        kind: of the component, as `kanmon.knowledge.compatibility.NAMES` has it.
        version: of the kind's family.
    """
    product = version.product if isinstance(version, Nsx) else PRODUCTS[kind]
    rows = (row for row in load(LifeCycle).rows if row.product == product)
    row = next((row for row in rows if _is_of(row, version)), None)
    if row is None:
        return None
    if row.years is None:
        return Lifetime(row, row.support_ends, row.support_ends)
    after, until = came_out(kind, version)
    return Lifetime(row, _years_on(after, row.years), _years_on(until, row.years))


def database_lifetime(database: Database) -> LifeCycle | None:
    """How long the vendor of a database stands by its release; None where no row is of it."""
    product = "Oracle Database" if database.product == "Oracle" else database.product
    rows = (row for row in load(LifeCycle).rows if row.product == product)
    return next((row for row in rows if row.release.partition(" ")[0] == database.release), None)


def came_out(kind: str, version: DeepSecurity) -> tuple[dt.date | None, dt.date | None]:
    """The days between which a build came out, by the nearest builds whose day is known.

    Relays are agents, and an appliance is told by the agent in it. A line has no day.

    Returns:
        not before the first and not after the second; None where no build is older, or newer.
    """
    if version.build is None:
        return None, None
    product = "manager" if kind == "manager" else "agent"
    known = [
        (DeepSecurity.parse(row.version), row.date)
        for row in load(DeepSecurityDay).rows
        if row.product == product
    ]
    older = (day for build, day in known if build.line == version.line and build <= version)
    newer = (day for build, day in known if build.line == version.line and build >= version)
    return max(older, default=None), min(newer, default=None)


def _is_of(row: LifeCycle, version: Any) -> bool:
    """Whether a row's release is this version or has it in it."""
    if isinstance(version, Nsx):
        return Nsx.parse(f"{row.product} {row.release}").covers(version)
    if isinstance(version, DeepSecurity):
        return DeepSecurity.parse(row.release).covers(version)
    return row.release == f"{version.major}.{version.minor}"


def _years_on(day: dt.date | None, years: int) -> dt.date | None:
    return day and dt.date(day.year + years, 12, 31)
