"""Reading the targets of a run, once."""

from __future__ import annotations

from collections.abc import Iterable

from kanmon.facts.collected import Facts, Key
from kanmon.readers.concurrent import Progress, read
from kanmon.suite.run import Run


def read_estate(run: Run, keys: Iterable[Key], progress: Progress = lambda *_: None) -> Facts:
    """What the targets of a run say; a lab runs from here on.

    Raises:
        UsageError: a secret that the environment names cannot be had.
    """
    if run.estate:
        run.environment = run.estate.dialled()
    keys = frozenset(keys)
    logins = run.environment.resolve_logins(frozenset(slug for slug, _ in keys), run.home)
    return read(run.environment, keys, logins, progress)
