"""From what an operator typed to the run that it asks for."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from kanmon.environment.file import Environment
from kanmon.environment.opening import Estate, opened
from kanmon.errors import UsageError
from kanmon.evidence import approved, manifest, saved
from kanmon.evidence import baseline as before
from kanmon.evidence.approved import Approved
from kanmon.evidence.baseline import Before
from kanmon.evidence.saved import SavedRun
from kanmon.evidence.signature import NotSigned, signer_of_waiver
from kanmon.facts.collected import Facts
from kanmon.gate import accepted
from kanmon.gate.accepted import Waivers
from kanmon.report.translate import LANGUAGES
from kanmon.steps import NEEDED, PHASES, STEPS
from kanmon.suite.run import Run


@dataclass(frozen=True, slots=True)
class Options:
    """What an operator typed; ``README.md`` explains each.

    Attributes:
        root: the directory that ``checks/`` and ``envs/`` are in.
        directory: the one that relative paths of the command line start at.
    """

    root: Path
    directory: Path
    env: str | None = None
    step: str | None = None
    phase: str | None = None
    facts: str | None = None
    baseline: str | None = None
    check: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    lang: str = "en"
    report_dir: str = "reports"
    allowed_signers: str | None = None


def asked(options: Options, stack: ExitStack) -> Run | None:
    """The run that was asked for; None where none was.

    Args:
        options: what the operator typed.
        stack: closes the estate that is opened.

    Raises:
        UsageError: an option names what does not exist, or does not fit the others.
    """
    _refuse_strangers("--step", options.step, STEPS)
    _refuse_strangers("--phase", options.phase, PHASES)
    _refuse_strangers("--lang", options.lang, LANGUAGES)
    if options.facts:
        return _judged_again(options, options.facts)
    if not options.env:
        return None
    if options.phase == "mid" and options.step != "manager":
        raise UsageError(
            "--phase mid is between the two manager nodes: give --step manager with it"
        )
    return _live(options, options.env, stack)


def _live(options: Options, name: str, stack: ExitStack) -> Run:
    """A run that reads its targets."""
    path = Path(name) if name.endswith(".toml") else options.root / "envs" / f"{name}.toml"
    estate = stack.enter_context(opened(path))
    environment, phase, started = estate.environment, options.phase or "pre", datetime.now(UTC)
    _refuse_what_is_missing(options.step, environment, path)
    change = environment.change
    if change and change.window.end < started and phase == "pre":
        raise UsageError(
            f"{path}: change.window ended {change.window.end}: nothing can start in it"
        )
    simulated = estate.lab is not None
    to_come = SavedRun(environment, options.step, phase, started, Facts({}), simulated)
    return Run(
        root=options.root,
        environment=environment,
        home=path.parent,
        step=options.step,
        phase=phase,
        now=started,
        reports=options.directory / options.report_dir,
        ids=frozenset(options.check),
        slugs=frozenset(options.target),
        estate=estate,
        simulated=simulated,
        overlay=environment.read_overlay(),
        baseline=_baseline(options, to_come),
        approved=_approved(options, to_come),
        waivers=_waivers(options, path, estate),
        language=options.lang,
        started=started,
    )


def _waivers(options: Options, path: Path, estate: Estate) -> Waivers | None:
    """The waivers of an environment; those of runs with who signed them, where that is asked for.

    Raises:
        UsageError: a file cannot be used, or there is none of allowed signers.
    """
    found = accepted.load(accepted.beside(path), estate.environment, estate.waived)
    if not options.allowed_signers:
        return found
    allowed = options.directory / options.allowed_signers
    if not allowed.is_file():
        raise UsageError(f"--allowed-signers {options.allowed_signers}: there is no such file")
    if found is None:
        return None
    home = accepted.of_runs(accepted.beside(path))
    for name, waiver in found.of_runs.items():
        try:
            waiver.signed(signer_of_waiver(home / name, allowed))
        except NotSigned:
            waiver.signed(None)
    return replace(found, allowed_signers=hashlib.sha256(allowed.read_bytes()).hexdigest())


def _judged_again(options: Options, facts: str) -> Run:
    """A run on the facts that an earlier one saved, of the phase in which they were read."""
    directory = options.directory / facts
    old = saved.load(directory)
    _refuse_what_is_missing(options.step or old.step, old.environment, directory)
    if options.phase and options.phase != old.phase:
        raise UsageError(f"--phase {options.phase}: the facts in {facts} are of phase {old.phase}")
    name = options.env
    if name and Path(name).name.removesuffix(".toml") != old.environment.name:
        raise UsageError(f"--env {name}: the facts in {facts} are of {old.environment.name}")
    return Run(
        root=options.root,
        environment=old.environment,
        home=directory,
        step=options.step or old.step,
        phase=old.phase,
        now=old.now,
        reports=options.directory / options.report_dir,
        ids=frozenset(options.check),
        slugs=frozenset(options.target),
        facts=old.facts,
        judged_again=directory.name,
        simulated=old.simulated,
        overlay=old.overlay,
        approved=approved.kept(directory / "facts"),
        waivers=old.waivers,
        language=options.lang,
        knowledge_before=old.knowledge,
        loose=old.loose or (None if (directory / manifest.FILE).exists() else directory.name),
        baseline=_baseline_again(options, directory, replace(old, step=options.step or old.step)),
    )


def _approved(options: Options, run: SavedRun) -> Approved | None:
    """The run that a board approved; once the step began, what it approved is history."""
    change = run.environment.change
    if run.phase != "pre" or change is None or change.approved is None:
        return None
    home = options.directory / options.report_dir / run.environment.name
    return approved.read(home / change.approved.run, change.approved, run)


def _baseline(options: Options, run: SavedRun) -> Before | None:
    """The run that --baseline names, if it is one that this run can be compared with."""
    named = options.baseline
    if not named:
        return None
    told = f"--baseline {named}"
    try:
        found = before.read(options.directory / named)
    except UsageError as error:
        raise UsageError(f"{told}: {error}") from None
    before.refuse_unfit(found, run, named=told)
    return found


def _baseline_again(options: Options, directory: Path, run: SavedRun) -> Before | None:
    """The run that the facts were compared with when they were read; it stays the same one."""
    kept = before.kept(directory / "facts")
    if kept is None:
        return _baseline(options, run)
    if options.baseline:
        raise UsageError(
            f"--baseline: the facts in {directory.name} were compared with {kept.name}, "
            "which lies beside them: leave it out"
        )
    before.refuse_unfit(kept, run, named=f"the facts were compared with {kept.name}")
    return kept


def _refuse_what_is_missing(step: str | None, environment: Environment, path: Path) -> None:
    missing = [kind for kind in NEEDED.get(step or "", ()) if not environment.of_kind(kind)]
    if missing:
        raise UsageError(f"--step {step}: {path} names no {' and no '.join(missing)}")


def _refuse_strangers(option: str, value: str | None, known: tuple[str, ...]) -> None:
    if value is not None and value not in known:
        raise UsageError(f"{option} {value}: there is no such thing; there are: {', '.join(known)}")
