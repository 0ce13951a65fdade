"""A run on disk: the facts that it judged, so that it can be judged again without any network."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from kanmon import __version__
from kanmon.environment.file import Environment, faults
from kanmon.errors import UsageError
from kanmon.evidence import manifest
from kanmon.facts import PARTS, Apart, Unread
from kanmon.facts.collected import Facts
from kanmon.gate.accepted import Waivers, of_runs
from kanmon.gate.accepted import load as read_waivers
from kanmon.knowledge import Overlay, read_overlay
from kanmon.redaction import cleaned
from kanmon.text import Message

Schema = Literal["kanmon/facts/1", "kanmon/facts/2"]
SCHEMA: Schema = "kanmon/facts/2"
"""Since 2, a sentence may be its text, template and values, and an attestation says which reason it
answers; in 1 a sentence was its text alone."""
EVIDENCE = ("facts/", "results.json")
"""The files of a run that judging again rests on."""
OVERLAY = "overlay"
"""Directory of the operator's own tables beside the facts."""
WAIVERS = "waivers.toml"
"""The waivers beside the facts."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


class TableState(_File):
    """A table of the project's when a run was judged: SHA-256 of its text, its review date."""

    sha256: str
    review_by: date


class _Head(_File):
    """``run.json``: what the run was about.

    Attributes:
        overlay: SHA-256 of each table of the operator's own, by the name of its file.
        waivers: SHA-256 of the file of waivers; None where there was none.
        run_waivers: SHA-256 of each waiver of a run, by the name of its file.
        allowed_signers: SHA-256 of the file that said whose signatures are believed.
        signers: who signed each waiver of a run, by the name of its file, where that was asked.
        knowledge: each table of the project's, by its name; empty before these were kept.
        loose: the run that these facts are of, where no manifest named them.
    """

    form: Schema = Field(alias="schema")
    suite: str
    environment: dict[str, Any]
    step: str | None
    phase: str
    now: AwareDatetime
    simulated: bool
    overlay: dict[str, str] = Field(default_factory=dict)
    waivers: str | None = None
    run_waivers: dict[str, str] = Field(default_factory=dict)
    allowed_signers: str | None = None
    signers: dict[str, str | None] = Field(default_factory=dict)
    knowledge: dict[str, TableState] = Field(default_factory=dict)
    loose: str | None = None


class _Part(_File):
    """A fact, or the reason why there is none.

    Attributes:
        apart: its objects that could not be read, where there are any.
    """

    fact: Any = None
    unread: Message | None = None
    apart: tuple[Apart, ...] = ()

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.model_fields_set not in ({"fact"}, {"unread"}, {"fact", "apart"}):
            raise ValueError("expected a fact, or the reason why it is unread")
        return self


class _Target(_File):
    """``target-<slug>.json``: the facts of one target."""

    kind: str
    seconds: float | None
    parts: dict[str, _Part]


@dataclass(frozen=True, slots=True)
class SavedRun:
    """What a run was about and what it read.

    Attributes:
        now: when the run started, aware, UTC; checks that judge again use this time.
        simulated: the estate is a lab.
        overlay: the operator's own tables that it was judged with.
        waivers: that it was judged with; None where there was no file of them.
        knowledge: the project's tables as they stood then, by name.
        loose: name of an earlier run that had no manifest when its facts were taken over.
    """

    environment: Environment
    step: str | None
    phase: str
    now: datetime
    facts: Facts
    simulated: bool = False
    overlay: Overlay | None = None
    waivers: Waivers | None = None
    knowledge: Mapping[str, TableState] = field(default_factory=dict)
    loose: str | None = None


def save(directory: Path, run: SavedRun) -> None:
    """Write a run's facts: ``run.json``, a file for each target, the operator's tables and waivers.

    Args:
        directory: the run's ``facts`` directory; made if need be.
        run: what to write.
    """
    directory.mkdir(parents=True, exist_ok=True)
    head = _Head(
        schema=SCHEMA,
        suite=__version__,
        environment=cleaned(run.environment.model_dump(mode="json", exclude={"lab"})),
        step=run.step,
        phase=run.phase,
        now=run.now,
        simulated=run.simulated,
        overlay=_digests(run.overlay),
        waivers=_digest(run.waivers),
        run_waivers=_run_digests(run.waivers),
        allowed_signers=run.waivers.allowed_signers if run.waivers else None,
        signers=_signers(run.waivers),
        knowledge=dict(run.knowledge),
        loose=run.loose,
    )
    _write(directory / "run.json", head)
    for name, text in run.overlay.files.items() if run.overlay else ():
        (directory / OVERLAY).mkdir(exist_ok=True)
        (directory / OVERLAY / name).write_text(text, encoding="utf-8")
    for path, text in _waiver_files(run.waivers, directory):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for target in run.environment.targets:
        parts = run.facts.of(target.slug)
        if parts:
            seconds = run.facts.seconds.get(target.slug)
            saved = {
                name: _saved(
                    target.kind, name, parts[name], run.facts.apart.get((target.slug, name))
                )
                for name in sorted(parts)
            }
            file = _Target(kind=target.kind, seconds=seconds, parts=saved)
            _write(directory / f"target-{target.slug}.json", file)


def _saved(kind: str, name: str, fact: Any, apart: tuple[Apart, ...] | None) -> _Part:
    if isinstance(fact, Unread):
        return _Part(unread=fact.reason)
    told = _adapter(kind, name).dump_python(fact, mode="json")
    return _Part(fact=told, apart=apart) if apart else _Part(fact=told)


@cache
def _adapter(kind: str, name: str) -> TypeAdapter[Any]:
    """How a fact is written and read back; to work that out costs more than to use it."""
    return TypeAdapter(PARTS[kind][name])


def _write(path: Path, file: _File) -> None:
    text = file.model_dump_json(indent=1, exclude_unset=True, by_alias=True)
    path.write_text(text, encoding="utf-8")


def load(run_directory: Path) -> SavedRun:
    """A run that was saved.

    Args:
        run_directory: the run, as ``reports/<env>/<run>``.

    Raises:
        UsageError: there is no such run, its files are not what ``save`` writes, or they were
            changed since its manifest was written.
    """
    home = run_directory / "facts"
    _refuse_changes(run_directory)
    try:
        head = _Head.model_validate_json((home / "run.json").read_bytes())
        environment = Environment.model_validate_json(json.dumps(_of_today(head)))
        parts: dict[tuple[str, str], Any] = {}
        seconds: dict[str, float] = {}
        apart: dict[tuple[str, str], tuple[Apart, ...]] = {}
        for target in environment.targets:
            path = home / f"target-{target.slug}.json"
            if path.exists():
                saved = _Target.model_validate_json(path.read_bytes())
                seconds[target.slug] = saved.seconds or 0.0
                parts |= {
                    (target.slug, name): _fact(target.kind, name, part)
                    for name, part in saved.parts.items()
                }
                apart |= {
                    (target.slug, name): part.apart
                    for name, part in saved.parts.items()
                    if part.apart
                }
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        told = "; ".join(faults(error))
        raise UsageError(f"{home}: the saved facts cannot be used: {told}") from None
    except (KeyError, ValueError) as error:
        raise UsageError(f"{home}: the saved facts cannot be used: {error}") from None
    return SavedRun(
        environment,
        head.step,
        head.phase,
        head.now,
        Facts(parts, seconds, apart),
        head.simulated,
        _overlay(home / OVERLAY, head.overlay),
        _waivers(home / WAIVERS, head, environment),
        head.knowledge,
        head.loose,
    )


def _of_today(head: _Head) -> dict[str, Any]:
    """The environment of a run as it is written today.

    In 1 an attestation did not say which reason it answers, so it answers none.
    """
    if head.form == SCHEMA:
        return head.environment
    tolerances = dict(head.environment.get("tolerances") or {})
    tolerances.pop("attestation_days", None)
    return {**head.environment, "attestation": [], "tolerances": tolerances}


def _waiver_files(waivers: Waivers | None, directory: Path) -> Iterator[tuple[Path, str]]:
    """The files of waivers as they lie beside facts, with their texts."""
    home = directory / WAIVERS
    if waivers and waivers.text is not None:
        yield home, waivers.text
    for name, text in waivers.files.items() if waivers else ():
        yield of_runs(home) / name, text


def _waivers(path: Path, head: _Head, environment: Environment) -> Waivers | None:
    """The waivers that a run was judged with, whole and unchanged."""
    waivers = read_waivers(path, environment)
    if (_digest(waivers), _run_digests(waivers)) != (head.waivers, head.run_waivers):
        raise UsageError(f"{path}: the waivers are not those that the run was judged with")
    if waivers is None or head.allowed_signers is None:
        return waivers
    for name, waiver in waivers.of_runs.items():
        waiver.signed(head.signers[name])
    return replace(waivers, allowed_signers=head.allowed_signers)


def _signers(waivers: Waivers | None) -> dict[str, str | None]:
    if waivers is None or waivers.allowed_signers is None:
        return {}
    return {name: waiver.signer for name, waiver in waivers.of_runs.items()}


def _digest(waivers: Waivers | None) -> str | None:
    return _sha256(waivers.text) if waivers and waivers.text is not None else None


def _run_digests(waivers: Waivers | None) -> dict[str, str]:
    return {name: _sha256(text) for name, text in waivers.files.items()} if waivers else {}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _refuse_changes(run_directory: Path) -> None:
    """Refuse evidence that is not what was read; a run without a manifest came to no verdict."""
    if not (run_directory / manifest.FILE).exists():
        return
    try:
        told = list(manifest.changes(run_directory, manifest.read(run_directory)))
    except manifest.NotIntact as error:
        told = [str(error)]
    else:
        told = [one for one in told if one.partition(": ")[2].startswith(EVIDENCE)]
    if told:
        raise UsageError(
            f"{run_directory} is not as kanmon wrote it ({'; '.join(told)}): read the estate again"
        )


def _overlay(directory: Path, digests: dict[str, str]) -> Overlay | None:
    """The operator's own tables that a run was judged with, whole and unchanged."""
    overlay = read_overlay(directory) if digests or directory.exists() else None
    if _digests(overlay) != digests:
        raise UsageError(f"{directory}: the tables are not those that the run was judged with")
    return overlay


def _digests(overlay: Overlay | None) -> dict[str, str]:
    files = overlay.files if overlay else {}
    return {name: _sha256(text) for name, text in files.items()}


def _fact(kind: str, name: str, part: _Part) -> Any:
    if part.unread is not None:
        return Unread(part.unread)
    return _adapter(kind, name).validate_json(json.dumps(part.fact), strict=True)
