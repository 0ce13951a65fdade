"""From what was read to the plan of the estate."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from kanmon.environment.file import Environment
from kanmon.knowledge import edition
from kanmon.knowledge.compatibility import Rules
from kanmon.planning import current
from kanmon.planning.course import Planned, follow
from kanmon.planning.current import Read
from kanmon.planning.estate import Estate
from kanmon.planning.make import make
from kanmon.planning.plan import Plan

FACTS = {
    "vcenter": ("about", "hosts", "vms", "extensions"),
    "nsxv": ("manager",),
    "nsxt": ("manager", "compute_managers"),
    "dsm": ("manager", "computers"),
}
"""What the plan needs to know of each kind of target."""


def plan(environment: Environment, known: Read) -> Planned:
    """The plan that follows from what was read."""
    rules = _rules(edition())
    now, unknown = current.estate(environment, known)
    declared = follow(now, rules, environment.plan) if environment.plan else None
    return Planned(_made(now, rules), declared, unknown, rules)


def _made(estate: Estate, rules: Rules) -> Plan:
    """The plan of an estate; what stands alike under the same rules has the same one."""
    components = (estate.today, estate.goal, estate.protects, estate.waypoints)
    stands = tuple(
        tuple((component, _frozen(value)) for component, value in one.items()) for one in components
    )
    key = ("plan", stands)
    if key not in rules.concluded:
        rules.concluded[key] = make(estate, rules)
    made: Plan = rules.concluded[key]
    return made


def _frozen(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, Iterable) else (value,)


@lru_cache(1)
def _rules(_edition: object) -> Rules:
    """The tables in force; what was concluded from them serves every plan."""
    return Rules()
