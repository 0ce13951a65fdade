"""What a run leaves: what it read, its evidence, the renderings of that, and its manifest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kanmon import redaction
from kanmon.errors import UsageError
from kanmon.evidence import approved, manifest, rejudged, saved
from kanmon.evidence import baseline as before
from kanmon.evidence.manifest import Manifest
from kanmon.report import brief, files, index, junit, summary, xlsx
from kanmon.report.translate import translator
from kanmon.suite.conclude import Conclusion
from kanmon.suite.run import Run

FACTS = "facts"
RESULTS = "results.json"
PRIVATE = 0o700
"""Mode of a run's directory: what an estate looks like is its operator's to hand on."""


def make_directory(run: Run) -> None:
    """Have a place for the report before anything is read.

    Raises:
        UsageError: there can be none.
    """
    try:
        run.directory.mkdir(PRIVATE, parents=True)
    except OSError as error:
        raise UsageError(
            f"the report cannot be written to {run.directory}: {error.strerror}; give --report-dir"
        ) from None


def clear_away(run: Run) -> None:
    """Remove the directory of a run that read nothing: it holds but beginnings of empty reports."""
    if run.directory.is_dir() and not (run.directory / FACTS).exists():
        shutil.rmtree(run.directory)


def keep_facts(run: Run) -> None:
    """Write what was read, and all else by which the run can be judged again."""
    assert run.facts  # noqa: S101 - kept once they are read
    if run.baseline:
        before.keep(run.directory / FACTS, run.baseline)
    if run.approved:
        approved.keep(run.directory / FACTS, run.approved)
    saved.save(
        run.directory / FACTS,
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


def keep_renderings(run: Run, record: dict[str, Any]) -> list[str]:
    """Write what is told from the evidence beside the page; what could not be written, in words."""
    tr = translator(run.language, record["messages"])
    written: dict[str, Callable[[Path], None]] = {
        "brief.json": lambda path: files.replace(path, brief.document(record)),
        "junit.xml": lambda path: files.replace(path, junit.document(record)),
        "summary.md": lambda path: files.replace(path, summary.text(record, tr).encode()),
        "report.xlsx": lambda path: xlsx.write(record, path, tr),
    }
    return [
        told
        for name, write in written.items()
        if (told := attempt(run.directory / name, write)) is not None
    ]


def keep_index(run: Run) -> list[str]:
    """Bring the index of the environment's runs in line; in words that it could not be written."""
    home = run.directory.parent
    told = attempt(home / "index.html", lambda _: index.rebuild(home, run.language))
    return [told] if told else []


def attempt(path: Path, write: Callable[[Path], None]) -> str | None:
    """Write a file; in words that it could not be written, which costs no verdict."""
    try:
        write(path)
    except Exception as error:  # noqa: BLE001 - whatever it is, the verdict stands
        got = error.strerror if isinstance(error, OSError) else None
        told = got or f"{type(error).__name__}: {error}"
        return f"NOT WRITTEN: {path}: {told}; the verdict stands, and results.json is its evidence"
    return None


def seal(
    run: Run,
    record: dict[str, Any],
    command: Sequence[str],
    directory: Path,
    signed_with: str | None = None,
) -> None:
    """Write the manifest, when all other files of the run are there.

    Args:
        run: whose directory is sealed.
        record: its evidence.
        command: as the operator typed it.
        directory: in which it was typed.
        signed_with: fingerprint of the key that is to sign the manifest.

    Raises:
        OSError: it cannot be written.
    """
    manifest.write(
        run.directory,
        Manifest.model_validate(
            {
                "run": run.directory.name,
                "environment": run.environment.name,
                "step": run.step,
                "phase": run.phase,
                "verdict": record["verdict"],
                "suite": record["suite"],
                "operator": manifest.operator(directory),
                "command": redaction.command(command),
                "started": datetime.fromisoformat(record["started"]),
                "finished": datetime.fromisoformat(record["finished"]),
                "files": manifest.files(run.directory),
                "previous": manifest.latest(run.directory),
                "signed_with": signed_with,
                "written": datetime.now(UTC),
            }
        ),
    )
