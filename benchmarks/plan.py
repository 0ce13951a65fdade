"""What the search for a plan takes: for one vCenter, for ten alike, and for ten at ten builds.

.venv/bin/python benchmarks/plan.py
"""

from __future__ import annotations

import time
from datetime import date

from kanmon.knowledge import builds, load
from kanmon.knowledge.compatibility import At, Rules
from kanmon.knowledge.releases import EsxiRelease, VCenterRelease
from kanmon.planning.estate import Component, Estate, Value
from kanmon.planning.hops import Mover
from kanmon.planning.make import make
from kanmon.planning.search import search
from kanmon.planning.waypoints import goal_of, waypoints
from kanmon.versions import DeepSecurity, Nsx, Tools

UNTIL = date(2019, 4, 1)
"""Builds of 6.5 after this day are younger than ESXi 6.7 U2: a hop to it goes back in time."""
BUILDS = {
    kind: [
        str(row.build)
        for row in load(model).rows
        if row.version.startswith("6.5 U") and row.date and row.date < UNTIL
    ]
    for kind, model in (("vcenter", VCenterRelease), ("esxi", EsxiRelease))
}


def estate(pairs: list[tuple[str, str]]) -> Estate:
    """VCenters at these builds, each with hosts at these, NSX-V 6.4.5 and an appliance in all."""
    today: dict[Component, Value] = {}
    goal: dict[Component, At] = {}
    for number, pair in enumerate(pairs):
        owner = f"vc-{number}"
        today[Component("vcenter", owner)] = (builds.vcenter(pair[0], "", "").at,)
        today[Component("esxi", owner)] = (builds.esxi(pair[1], "").at,)
        for kind in ("vcenter", "esxi"):
            goal[Component(kind, owner)] = goal_of(kind, "7.0 U2")
        today[Component("nsx", owner)] = (At(Nsx.parse("NSX-V 6.4.5")),)
        goal[Component("nsx", owner)] = At(Nsx.parse("NSX-T 3.1.2"))
        today[Component("tools", owner)] = (At(Tools.parse("10.3.10")),)
    for kind in ("manager", "relay", "agent", "appliance"):
        today[Component(kind, "dsm")] = (At(DeepSecurity.parse("11.0.0-582")),)
        goal[Component(kind, "dsm")] = At(DeepSecurity.parse("20.0.0-877"))
    owners = frozenset(part.owner for part in today if part.kind == "vcenter")
    kinds = ("vcenter", "esxi")
    ways = {
        part: waypoints(part.kind, value, goal[part])
        for part, value in today.items()
        if part.kind in kinds
    }
    return Estate(today, goal, {"dsm": owners}, ways)


def measure(name: str, made: Estate) -> float:
    """Print the median of five searches, and the time of one whole plan with its reasons."""
    times = []
    for _ in range(5):
        started = time.perf_counter()
        ways = search(Mover(made, Rules()))
        times.append(time.perf_counter() - started)
    started = time.perf_counter()
    make(made, Rules())
    whole = time.perf_counter() - started
    left = sum(one.left for one in ways)
    print(f"{name}: search {sorted(times)[2]:.3f} s, with reasons {whole:.2f} s, hops left {left}")
    return sorted(times)[2]


def main() -> None:
    """Print every figure, and what ten vCenters cost beside one."""
    pairs = list(zip(BUILDS["vcenter"][:10], BUILDS["esxi"][:10], strict=True))
    one = measure("1 vCenter", estate(pairs[9:]))
    alike = measure("10 vCenters alike", estate(pairs[9:] * 10))
    apart = measure("10 vCenters at 10 builds", estate(pairs))
    print(f"ten alike cost {alike / one:.1f} times one, ten at ten builds {apart / one:.1f} times")


if __name__ == "__main__":
    main()
