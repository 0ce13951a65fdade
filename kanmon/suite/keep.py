"""What a run does beside judging: it reads its targets once, and keeps what it read and found."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from kanmon import before, rejudged, saved
from kanmon.facts.collected import Facts, Key
from kanmon.reading import Progress, read
from kanmon.suite.conclude import Conclusion
from kanmon.suite.run import Run

RESULTS = "results.json"


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


def keep_facts(run: Run) -> None:
    """Write what was read, and all else by which the run can be judged again."""
    assert run.facts  # noqa: S101 - kept once they are read
    if run.baseline:
        before.keep(run.directory / "facts", run.baseline)
    saved.save(
        run.directory / "facts",
        saved.SavedRun(
            run.environment,
            run.step,
            run.phase,
            run.now,
            run.facts,
            run.simulated,
            run.overlay,
            run.waivers,
            rejudged.tables_now(),
            run.loose,
        ),
    )


def keep_evidence(directory: Path, conclusion: Conclusion) -> None:
    """Write ``results.json``."""
    directory.mkdir(parents=True, exist_ok=True)
    text = json.dumps(conclusion.record, ensure_ascii=False, indent=1)
    (directory / RESULTS).write_text(text, encoding="utf-8")
