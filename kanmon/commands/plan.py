"""From targets, or from facts, to the plan: what ``kanmon plan`` does."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from kanmon.environment.file import Environment
from kanmon.environment.opening import opened
from kanmon.facts.collected import Facts
from kanmon.knowledge import use_overlay
from kanmon.planning.course import Planned
from kanmon.planning.of import FACTS
from kanmon.planning.record import record
from kanmon.readers.concurrent import Progress, complete, read
from kanmon.report.plan_text import text
from kanmon.report.translate import translator


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
        wanted = [(t.slug, part) for t in environment.targets for part in FACTS.get(t.kind, ())]
        keys = complete(environment, wanted)
        logins = environment.resolve_logins(frozenset(slug for slug, _ in keys), path.parent)
        return environment, read(environment, keys, logins, progress)
