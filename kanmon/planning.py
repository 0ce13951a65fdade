"""From targets, or from facts, to the plan: what ``kanmon plan`` does."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from pathlib import Path

from kanmon import today
from kanmon.compatibility import Rules
from kanmon.environment import Environment
from kanmon.facts.collected import Facts
from kanmon.knowledge import edition, use_overlay
from kanmon.opening import opened
from kanmon.plan import make
from kanmon.plan_record import record
from kanmon.planned import Planned, follow
from kanmon.reading import Progress, complete, read
from kanmon.report.plan_text import text
from kanmon.report.translate import translator
from kanmon.today import Read

PARTS = {
    "vcenter": ("about", "hosts", "vms", "extensions"),
    "nsxv": ("manager",),
    "nsxt": ("manager", "compute_managers"),
    "dsm": ("manager", "computers"),
}
"""What the plan needs to know of each kind of target."""


def plan(environment: Environment, known: Read) -> Planned:
    """The plan that follows from what was read."""
    rules = _rules(edition())
    now, unknown = today.estate(environment, known)
    declared = follow(now, rules, environment.plan) if environment.plan else None
    return Planned(make(now, rules), declared, unknown, rules)


@lru_cache(1)
def _rules(_edition: object) -> Rules:
    """The tables in force; what was concluded from them serves every plan."""
    return Rules()


def shown(environment: Environment, planned: Planned, moment: datetime, language: str) -> str:
    """The plan as text, its moment in UTC."""
    tr = translator(language)
    title = tr("Plan of {}, read {}").format(environment.name, f"{moment:%Y-%m-%d %H:%M} UTC")
    return text(record(planned), title, tr)


def read_now(path: Path, progress: Progress) -> tuple[Environment, Facts]:
    """What the plan needs, read from the targets of an environment, or of its lab.

    The overlay that the environment names is in force from here on.

    Raises:
        UsageError: the file or a secret that it names cannot be used.
    """
    with opened(path) as estate:
        use_overlay(estate.environment.read_overlay())
        environment = estate.dialled()
        wanted = [(t.slug, part) for t in environment.targets for part in PARTS.get(t.kind, ())]
        keys = complete(environment, wanted)
        logins = environment.resolve_logins(frozenset(slug for slug, _ in keys), path.parent)
        return environment, read(environment, keys, logins, progress)
