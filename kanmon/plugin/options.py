"""The command line, and the run that it asks for."""

from __future__ import annotations

import io
import sys
from contextlib import ExitStack

import pytest

from kanmon.errors import UsageError
from kanmon.knowledge import use_overlay
from kanmon.plugin.loaded import missing
from kanmon.report.translate import LANGUAGES
from kanmon.steps import PHASES, STEPS
from kanmon.suite.asked import Options, asked
from kanmon.suite.keep import make_directory
from kanmon.suite.run import Run

RUN = pytest.StashKey[Run]()
LOOKS = {
    "help": "--help",
    "version": "--version",
    "markers": "--markers",
    "showfixtures": "--fixtures",
    "show_fixtures_per_test": "--fixtures-per-test",
    "collectonly": "--collect-only",
}
"""What pytest is asked instead of a run, by the attribute of its options."""


def looks(config: pytest.Config) -> str | None:
    """The option by which pytest only looks and judges nothing; None for a run."""
    given = vars(config.option)
    if given.get("version", 0) == 1:  # pytest answers one alone before it reads anything of ours
        given = {**given, "version": 0}
    return next((name for key, name in LOOKS.items() if given.get(key)), None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the gate."""
    group = parser.getgroup(
        "kanmon",
        "kanmon, the gate that an upgrade must pass",
    )
    group.addoption("--env", metavar="NAME", help="judge the estate of envs/NAME.toml (or a path)")
    group.addoption("--step", metavar="STEP", help=f"only checks of one step: {', '.join(STEPS)}")
    group.addoption(
        "--phase", metavar="PHASE", help=f"{', '.join(PHASES)}: before, amid, after the step [pre]"
    )
    group.addoption("--facts", metavar="RUN", help="judge the facts that an earlier run saved")
    group.addoption("--baseline", metavar="RUN", help="compare with the run before the step")
    group.addoption("--check", action="append", metavar="ID", help="only this check (repeatable)")
    group.addoption(
        "--target", action="append", metavar="SLUG", help="only this target (repeatable)"
    )
    group.addoption(
        "--lang", metavar="LANG", default="en", help=f"of the report: {', '.join(LANGUAGES)} [en]"
    )
    group.addoption("--report-dir", metavar="DIR", default="reports", help="[reports]")
    group.addoption(
        "--allowed-signers",
        metavar="FILE",
        help="a waiver of a run holds only if one of these signed it (ssh-keygen(1))",
    )
    group.addoption("--sign-key", metavar="KEY", help="sign the run's manifest with this SSH key")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Know the marker, load what the run is about, and send pytest's reports to its directory."""
    config.addinivalue_line("markers", "check(card): identity of a check; use kanmon.check.check")
    if looks(config) not in (None, "--collect-only"):
        return
    stack = ExitStack()
    config.add_cleanup(stack.close)
    try:
        run = asked(_options(config), stack)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    if run is None:
        return
    _refuse_strict(config)
    _refuse_half(config)
    config.stash[RUN] = run
    use_overlay(run.overlay)
    if isinstance(
        sys.stdout, io.TextIOWrapper
    ):  # a console that lacks a letter still gets a verdict
        sys.stdout.reconfigure(errors="backslashreplace")
    if not hasattr(config.option, "htmlpath"):
        raise pytest.UsageError("the report is made by pytest-html: leave it on")
    if not config.option.collectonly:
        try:
            make_directory(run)
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
        config.option.htmlpath = config.option.htmlpath or str(run.directory / "report.html")
        config.option.self_contained_html = True
        config.option.reportchars = ""  # the last words name what failed, once


def _options(config: pytest.Config) -> Options:
    return Options(
        root=config.rootpath,
        directory=config.invocation_params.dir,
        env=config.getoption("--env"),
        step=config.getoption("--step"),
        phase=config.getoption("--phase"),
        facts=config.getoption("--facts"),
        baseline=config.getoption("--baseline"),
        check=tuple(config.getoption("--check") or ()),
        target=tuple(config.getoption("--target") or ()),
        lang=config.getoption("--lang"),
        report_dir=str(config.getoption("--report-dir")),
        allowed_signers=config.getoption("--allowed-signers"),
    )


def _refuse_half(config: pytest.Config) -> None:
    """Refuse a run without one of kanmon's own plugins, or one that is spread over processes."""
    if off := missing(config):
        raise pytest.UsageError(f"{', '.join(off)}: a part of kanmon is switched off; leave it on")
    spread = getattr(config.option, "dist", "no") != "no" or getattr(config.option, "tx", None)
    if spread or getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("kanmon reads all targets at the same time by itself: leave out -n")


def _refuse_strict(config: pytest.Config) -> None:
    """Refuse --strict, which pytest takes for itself: nobody may think that it closes the gate."""
    given = getattr(config.option, "strict", None)  # pytest 8
    if given if given is not None else config.getini("strict"):
        raise pytest.UsageError(
            "--strict is no option of kanmon's: a warning that nobody signed makes CONDITIONAL, "
            "exit status 7, never GO; a pipeline that goes on with open warnings accepts 7 itself"
        )
