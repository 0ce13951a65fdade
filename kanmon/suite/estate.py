"""Reading the targets of a run, once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kanmon.environment.credentials import LONG
from kanmon.facts.collected import Facts, Key
from kanmon.readers.concurrent import Progress, read
from kanmon.suite.run import Run


def read_estate(
    run: Run,
    keys: Iterable[Key],
    progress: Progress = lambda *_: None,
    warn: Callable[[str], None] = lambda _: None,
) -> Facts:
    """What the targets of a run say; a lab runs from here on.

    Args:
        run: whose targets are read.
        keys: the parts that are wanted.
        progress: told of each target.
        warn: told of each credential with a secret that cannot be masked well.

    Raises:
        UsageError: a secret that the environment names cannot be had.
    """
    if run.estate:
        run.environment = run.estate.dialled()
    keys = frozenset(keys)
    logins = run.environment.resolve_logins(frozenset(slug for slug, _ in keys), run.home)
    for name in sorted(name for name, login in logins.items() if login.is_short()):
        warn(
            f"credentials.{name}: a secret has fewer than {LONG} characters; "
            "it is masked only where it stands alone"
        )
    return read(run.environment, keys, logins, progress)
