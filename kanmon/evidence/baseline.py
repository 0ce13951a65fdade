"""The run before: what ``--baseline`` names, and what of it stays with the run that compared."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kanmon.environment.file import faults
from kanmon.errors import UsageError
from kanmon.evidence import manifest, saved
from kanmon.evidence.saved import SavedRun
from kanmon.gate.verdict import Verdict

KEPT = "baseline"
"""Directory, beside a run's own facts, of the facts of the run that it was compared with."""
FACTS = "facts"


@dataclass(frozen=True, slots=True)
class Before:
    """An earlier run of the same environment.

    Attributes:
        name: of its directory.
        verdict: the word of its gate.
        saved: what it was about and what it read.
        files: of its facts, by their path within them.
        findings: what it found: id of the check, target, subject.
    """

    name: str
    verdict: Verdict
    saved: SavedRun
    files: dict[str, bytes]
    findings: frozenset[tuple[str, str | None, str]] = frozenset()


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


class _Head(_File):
    """``baseline.json``: which run it was.

    Attributes:
        files: SHA-256 of each file of its facts.
        findings: likewise of the run; none were kept before it was asked for them.
    """

    run: str
    verdict: Verdict
    files: dict[str, str]
    findings: list[tuple[str, str | None, str]] = Field(default_factory=list)


class _Finding(BaseModel):
    subject: str


class _Check(BaseModel):
    id: str
    target: str | None
    findings: list[_Finding]


class _Results(BaseModel):
    """What ``results.json`` says of the run itself."""

    environment: str
    step: str | None
    phase: str
    read: str
    simulated: bool
    verdict: Verdict
    checks: list[_Check]

    @property
    def findings(self) -> frozenset[tuple[str, str | None, str]]:
        """What was found: id of the check, target, subject."""
        return frozenset(
            (check.id, check.target, one.subject) for check in self.checks for one in check.findings
        )


def read(directory: Path) -> Before:
    """The run in a directory, as ``reports/<environment>/<run>``.

    Raises:
        UsageError: there is none, it ended before its verdict, or its files are not what kanmon
            wrote or not of one run.
    """
    if not directory.is_dir():
        raise UsageError(f"{directory}: there is no such run; {_beside(directory)}")
    if not (directory / manifest.FILE).exists():
        raise UsageError(
            f"{directory} has no {manifest.FILE}: it ended before its verdict, or nobody can tell "
            "whether it was changed"
        )
    run = saved.load(directory)
    if run.loose:
        raise UsageError(
            f"{directory} judged the facts of {run.loose}, which had no {manifest.FILE}: nobody "
            "can tell whether they were changed"
        )
    results = _results(directory / "results.json")
    told = (results.environment, results.step, results.phase, results.read, results.simulated)
    moment = run.now.isoformat(timespec="seconds")
    if told != (run.environment.name, run.step, run.phase, moment, run.simulated):
        raise UsageError(f"{directory}: its results.json and its facts are of two runs")
    files = _files(directory / FACTS)
    return Before(directory.resolve().name, results.verdict, run, files, results.findings)


def keep(facts: Path, before: Before) -> None:
    """Put the run before beside a run's own facts, so that both can be compared anywhere.

    Args:
        facts: directory of the run's own facts.
        before: what it is compared with.
    """
    home = facts / KEPT
    for name, content in before.files.items():
        path = home / FACTS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    head = _Head(
        run=before.name,
        verdict=before.verdict,
        files=_digests(before.files),
        findings=sorted(before.findings, key=str),
    )
    (home / "baseline.json").write_text(head.model_dump_json(indent=1), encoding="utf-8")


def kept(facts: Path) -> Before | None:
    """The run that a run was compared with; None where it was compared with none.

    Raises:
        UsageError: its files are not those that were put there.
    """
    home = facts / KEPT
    if not home.exists():
        return None
    try:
        head = _Head.model_validate_json((home / "baseline.json").read_bytes())
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        raise _unusable(home, error) from None
    files = _files(home / FACTS)
    if _digests(files) != head.files:
        raise UsageError(f"{home}: the facts are not those that the run was compared with")
    return Before(head.run, head.verdict, saved.load(home), files, frozenset(head.findings))


def refuse_unfit(before: Before, run: SavedRun, *, named: str) -> None:
    """Refuse a run that nothing can be compared with: what it hides would read as "no change".

    Args:
        before: the run before.
        run: the run that is to be compared with it; its facts are not looked at.
        named: how the operator named the one before.

    Raises:
        UsageError: it is of another environment or of the lab, is not older, or was not made
            before the step.
    """
    old = before.saved
    for what, then, now in (
        ("environment", old.environment.name, run.environment.name),
        ("estate", _estate(old), _estate(run)),
    ):
        if then != now:
            raise UsageError(f"{named}: it is of {what} {then}, this run is of {now}")
    if old.now >= run.now:
        raise UsageError(
            f"{named}: it is no earlier run: it was read {old.now}, this one {run.now}"
        )
    if run.phase == "pre":
        return
    if old.phase != "pre" or old.step not in (None, run.step):
        about = f"step {run.step}" if run.step else "all steps"
        wanted = f"one of phase pre, of {about}" + (" or of all steps" if run.step else "")
        found = f"phase {old.phase} of {f'step {old.step}' if old.step else 'all steps'}"
        raise UsageError(f"{named}: it is of {found}, expected {wanted}")


def _estate(run: SavedRun) -> str:
    return "simulated" if run.simulated else "real"


def _results(path: Path) -> _Results:
    try:
        return _Results.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}; a run that ended before its verdict is none "
            "to compare with"
        ) from None
    except ValidationError as error:
        raise _unusable(path, error) from None


def _unusable(path: Path, error: ValidationError) -> UsageError:
    return UsageError(f"{path} cannot be used: {'; '.join(faults(error))}")


def _files(facts: Path) -> dict[str, bytes]:
    """Every file of a run's own facts, without those that it kept of another run."""
    paths = (path for path in sorted(facts.rglob("*")) if path.is_file())
    names = {path.relative_to(facts): path for path in paths}
    return {n.as_posix(): path.read_bytes() for n, path in names.items() if n.parts[0] != KEPT}


def _digests(files: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def _beside(directory: Path) -> str:
    """The runs that lie where this one was looked for."""
    home = directory.parent
    runs = sorted(p.name for p in home.iterdir() if (p / FACTS).is_dir()) if home.is_dir() else []
    return f"there are: {', '.join(runs[-5:])}" if runs else f"there is no run in {home}"
