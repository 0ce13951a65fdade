"""Runs of the suite against simulated estates: as an operator starts them, and in this process."""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

from kanmon import redaction
from kanmon.commands.cli import main
from kanmon.errors import UsageError
from kanmon.evidence import signature
from kanmon.knowledge import use_overlay
from kanmon.report import page, terminal
from kanmon.report.plain import one_line
from kanmon.report.translate import translator
from kanmon.suite.asked import Options, asked
from kanmon.suite.conclude import Conclusion, conclude
from kanmon.suite.ended import judged
from kanmon.suite.estate import read_estate
from kanmon.suite.keep import (
    clear_away,
    keep_evidence,
    keep_facts,
    keep_index,
    keep_renderings,
    make_directory,
    seal,
)
from kanmon.suite.run import Run
from kanmon.suite.whole import Claim, chosen, comes_last, refuse_unknown, wanted, whole
from lab.estate import Estate
from lab.world.world import WORLDS, load

HOME = Path(__file__).resolve().parent.parent
PASSWORD = "Rd0nly-Lab-Passw0rd"


@dataclass(frozen=True)
class Ended:
    """A run that ended.

    Attributes:
        directory: where it landed; None when it left nothing.
    """

    status: int
    output: str
    directory: Path | None

    @property
    def results(self) -> dict[str, Any]:
        """Its evidence."""
        assert self.directory, self.output
        return json.loads((self.directory / "results.json").read_text(encoding="utf-8"))

    @property
    def page(self) -> str:
        """Its report."""
        assert self.directory, self.output
        return (self.directory / "report.html").read_text(encoding="utf-8")

    @property
    def texts(self) -> list[str]:
        """All that it said and wrote, file by file; a workbook part by part."""
        assert self.directory, self.output
        return [self.output, *written(self.directory)]

    def outcomes(self, id_: str) -> dict[str | None, str]:
        """How a check ended, by target."""
        return {c["target"]: c["outcome"] for c in self.results["checks"] if c["id"] == id_}


def written(directory: Path) -> list[str]:
    """All that stands in the files below a directory; a workbook part by part."""
    found = []
    for path in filter(Path.is_file, directory.rglob("*")):
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as parts:
                found += [parts.read(name).decode("utf-8") for name in parts.namelist()]
        else:
            found.append(path.read_text(encoding="utf-8"))
    return found


def run(
    reports: Path, *arguments: str, cwd: Path = HOME, checks: str = "checks/", **variables: str
) -> Ended:
    """``pytest CHECKS --report-dir REPORTS ARGUMENTS``, with variables of the environment."""
    command = [sys.executable, "-m", "pytest", checks, "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--report-dir", str(reports), *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(HOME), "COLUMNS": "200", **variables},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    return Ended(done.returncode, done.stdout + done.stderr, landed(reports))


def landed(reports: Path) -> Path | None:
    """The directory of the newest run; None where none left anything."""
    found = sorted(path for path in reports.glob("*/*Z-*") if path.is_dir())
    return found[-1] if found else None


def judge(
    reports: Path,
    *arguments: str,
    cwd: Path = HOME,
    root: Path | None = None,
    held: tuple[str, ...] = (),
    **variables: str,
) -> Ended:
    """The same run in this process: read, judged and concluded, with all files that it leaves.

    Of the page there is what kanmon says in it, without the table and the style of pytest-html.

    Args:
        reports: directory that it lands in.
        arguments: as on the command line; pytest's own are not known here.
        cwd: the directory that it is typed in.
        root: the one that ``checks/`` is in, where that is another.
        held: files of the run that another program holds, so that they cannot be written.
        variables: of the environment.
    """
    options, run = _options(reports, cwd, root or cwd, arguments), None
    key = _key(arguments)
    with ExitStack() as stack:
        stack.callback(use_overlay, None)
        stack.enter_context(redaction.afresh())
        stack.enter_context(patch.dict(os.environ, variables))
        try:
            run = asked(options, stack)
            assert run, "an estate is named"
            use_overlay(run.overlay)
            make_directory(run)
            signed_with = signature.fingerprint(key) if key else None
            refuse_unknown(run)
            claims = claimed(run)
            if not claims:
                clear_away(run)
                return Ended(5, "", landed(reports))
            said = _read(run, claims)
        except UsageError as error:
            if run:
                clear_away(run)
            return Ended(4, f"ERROR: {error}", landed(reports))
        conclusion = _concluded(run, claims)
        said += _kept(run, conclusion, held)
        seal(run, conclusion.record, ("pytest", *arguments), HOME, signed_with)
        if key:
            signature.sign(run.directory, key)
        return Ended(conclusion.gate.exit_status, "\n".join(map(one_line, said)), run.directory)


def claimed(run: Run) -> list[Claim]:
    """The claims that were asked for, in the order in which they are judged."""
    chosen_ = [one for one in whole(run) if chosen(run, one.check.card, one.slug)]
    return sorted(chosen_, key=lambda one: comes_last(one.check.parameters))


def _read(run: Run, claims: list[Claim]) -> list[str]:
    """Read what the claims ask for, where no facts are there yet; what is said of each target."""
    said: list[str] = []
    if run.facts is None:
        needed = wanted(run, [(one.slug, one.check.parameters) for one in claims])
        run.facts = read_estate(
            run, needed, lambda *told: said.append(": ".join(told)), said.append
        )
    return said


def _concluded(run: Run, claims: list[Claim]) -> Conclusion:
    """What the claims come to."""
    keep_facts(run)
    run.collected = len(claims)
    for claim in claims:
        run.judged.append(judged(run, claim))
    return conclude(run, datetime.now(UTC))


def _kept(run: Run, conclusion: Conclusion, held: tuple[str, ...]) -> list[str]:
    """Write what a run leaves; the last words, and what could not be written."""
    record, report = conclusion.record, run.directory / "report.html"
    keep_evidence(run.directory, conclusion)
    shown = page.page(record, run.language, translator(run.language, record["messages"]))
    report.write_text(f"<!doctype html>{page.STYLE}{shown}", encoding="utf-8")
    for name in held:
        (run.directory / name).mkdir()
    unwritten = [*keep_renderings(run, record), *keep_index(run)]
    return [*terminal.closing(record, report), *unwritten]


def _options(reports: Path, cwd: Path, root: Path, arguments: tuple[str, ...]) -> Options:
    """The command line as pytest reads it: a few options may be given several times."""
    parser = argparse.ArgumentParser()
    for name in ("--env", "--step", "--phase", "--facts", "--baseline"):
        parser.add_argument(name)
    for name in ("--sign-key", "--allowed-signers"):
        parser.add_argument(name)
    for name in ("--check", "--target"):
        parser.add_argument(name, action="append", default=[])
    parser.add_argument("--lang", default="en")
    given = vars(parser.parse_args(arguments))
    del given["sign_key"]  # it is of no concern to what is judged
    several = {name: tuple(given.pop(name)) for name in ("check", "target")}
    return Options(root=root, directory=cwd, report_dir=str(reports), **given, **several)


def _key(arguments: tuple[str, ...]) -> Path | None:
    """The key that the run is to be signed with."""
    given = dict(pairwise(arguments)).get("--sign-key")
    return Path(given) if given else None


def kanmon(*arguments: str) -> subprocess.CompletedProcess[str]:
    """``kanmon ARGUMENTS`` in this process: its exit status and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            status = main([*arguments])
        except SystemExit as ended:  # argparse ends wrong usage so
            status = int(ended.code or 0)
        finally:
            use_overlay(None)
    command = ["kanmon", *arguments]
    return subprocess.CompletedProcess(command, status, out.getvalue(), err.getvalue())


@contextmanager
def estate(file: Path, name: str) -> Iterator[Estate]:
    """A shipped world's estate in this process, whose environment file is written."""
    with Estate(load(name)) as running:
        file.write_text(running.environment(), encoding="utf-8")
        file.with_suffix(".waivers.toml").write_text(running.waivers(), encoding="utf-8")
        yield running


def approve(file: Path, run: Ended) -> None:
    """What the board writes into the environment file once it saw a run."""
    said = (
        f'{{ run = "{run.directory.name}", by = "Hanako Sato", ticket = "C-B", on = 2026-12-02 }}'
    )
    text = file.read_text(encoding="utf-8")
    assert text.count("\n[change]\n") == 1
    decided = text.replace("\n[change]\n", f"\n[change]\napproved = {said}\n")
    file.write_text(decided, encoding="utf-8")


@contextmanager
def up(file: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """An estate in a process of its own, whose environment file is written; ended by its id."""
    command = [sys.executable, "-m", "lab", "--write", str(file), *arguments]
    process = subprocess.Popen(
        command, cwd=HOME, stdin=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    try:
        while not file.exists() and process.poll() is None:
            time.sleep(0.05)
        assert process.poll() is None, process.stderr.read()
        yield process
    finally:
        os.kill(process.pid, signal.SIGTERM)
        process.communicate(timeout=30)


def world(path: Path, name: str = "demo", **changes: Any) -> str:
    """A world file that changes a shipped one, and the environment file that starts it.

    Args:
        path: directory for both.
        name: of the shipped world.
        changes: top-level values that replace those of the world, for example ``misbehaviour``.

    Returns:
        what ``--env`` takes.
    """
    values = tomllib.loads((WORLDS / f"{name}.toml").read_text(encoding="utf-8"))
    file = path / "changed.toml"
    file.write_text(_toml({**values, **changes}), encoding="utf-8")
    environment = path / "estate.toml"
    environment.write_text(f"[lab]\nworld = {json.dumps(file.as_posix())}\n", encoding="utf-8")
    return str(environment)


def _toml(values: dict[str, Any]) -> str:
    return "\n".join(f"{key} = {_value(value)}" for key, value in values.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return json.dumps(value)
