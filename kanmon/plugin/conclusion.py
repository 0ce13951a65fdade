"""The end of a run: its exit status, its evidence, and the last words."""

from __future__ import annotations

import os
from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kanmon.evidence.software import compared
from kanmon.plugin.judgement import CARD
from kanmon.plugin.loaded import loaded, strangers
from kanmon.plugin.options import RUN, looks
from kanmon.report import page, terminal
from kanmon.report.plain import one_line
from kanmon.report.translate import translator
from kanmon.suite.conclude import conclude
from kanmon.suite.keep import clear_away, keep_evidence

INTERRUPTED = pytest.StashKey[bool]()
RECORD = pytest.StashKey[dict[str, Any]]()
VERDICT = pytest.StashKey[int]()
"""The exit status of the verdict, which the run has not earned yet."""
FINISHED = pytest.StashKey[bool]()
"""Every plugin came to the end of its part: the page is written."""
EARNED = pytest.StashKey[int]()
"""The exit status of a run whose evidence is sealed; nothing else makes a 0."""
UNWRITTEN = pytest.StashKey[str]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(
    config: pytest.Config,
) -> Generator[None, int | pytest.ExitCode, int | pytest.ExitCode]:
    """End with the status that the run earned, whatever was made of it later; else never with 0."""
    status = yield
    if (earned := config.stash.get(EARNED, None)) is not None:
        return earned
    asked = config.getoption("--env", None) or config.getoption("--facts", None)
    if status != pytest.ExitCode.OK or not asked:
        return status
    if look := looks(config):
        _say([f"nothing was judged: {look} only looks"])
        return status
    _say(["NOT JUDGED: the run did not come to its own end"])
    return pytest.ExitCode.INTERNAL_ERROR


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Decide, write the evidence, and set the exit status.

    pytest's own statuses keep their meaning: only a run that ended by itself is judged.
    """
    session.config.stash[INTERRUPTED] = exitstatus == pytest.ExitCode.INTERRUPTED
    run = session.config.stash.get(RUN, None)
    ended = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    config = session.config
    if run is None or run.facts is None or not ended or config.option.collectonly:
        return
    run.software = replace(
        compared(run.root), plugins=loaded(config), strangers=strangers(config, session.items)
    )
    conclusion = conclude(run, datetime.now(UTC))
    try:
        keep_evidence(run.directory, conclusion)
    except OSError as error:
        config.stash[UNWRITTEN] = f"NOT JUDGED: the evidence could not be written: {error}"
        session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        return
    config.stash[RECORD] = conclusion.record
    config.stash[VERDICT] = session.exitstatus = conclusion.gate.exit_status


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Say the last words: verdict, blockers by name, where the report is."""
    run = config.stash.get(RUN, None)
    record = config.stash.get(RECORD, None)
    if run is None:
        return
    if record is None:
        clear_away(run)
        if config.stash.get(INTERRUPTED, default=False):
            _say(["", "NOT JUDGED: the run was interrupted before its verdict"])
        if told := config.stash.get(UNWRITTEN, None):
            _say(["", told])
        return
    report = report_of(config)
    lines = terminal.closing(record, report)
    if not has_report(config):
        lines = ["", f"NOT JUDGED: the report could not be written to {report}"]
    _say(lines)


def report_of(config: pytest.Config) -> Path:
    """Where the page is, as pytest-html reads the path."""
    return Path(os.path.expandvars(config.option.htmlpath)).expanduser()


def has_report(config: pytest.Config) -> bool:
    """Whether the page could be written, and is a file that somebody can read tomorrow."""
    return config.stash.get(FINISHED, default=False) and report_of(config).is_file()


def _say(lines: list[str]) -> None:
    print("\n".join(map(one_line, lines)))  # noqa: T201 - the last words must come after pytest's own


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Generator[None, None, None]:
    """Announce the report once, in the last words, and no report that was not made."""
    if config.stash.get(RUN, None) is None:
        return (yield)
    say = terminalreporter.write_sep

    def say_less(sep: str, title: str | None = None, **more: Any) -> None:
        if not (title or "").lower().startswith(("generated html report", "generated xml file")):
            say(sep, title, **more)

    terminalreporter.write_sep = say_less  # type: ignore[assignment,method-assign] # for this summary alone
    try:
        return (yield)
    finally:
        terminalreporter.write_sep = say  # type: ignore[method-assign] # as it was


def pytest_html_report_title(report: Any) -> None:
    """The page's name, which is the same in every language."""
    report.title = "kanmon 関門"


def pytest_html_results_summary(prefix: list[str], session: pytest.Session) -> None:
    """The page's first screen and every check, as plain HTML that needs no script."""
    config = session.config
    run = config.stash.get(RUN, None)
    if run is None:
        return
    record = config.stash.get(RECORD, None)
    tr = translator(run.language, record["messages"] if record else ())
    prefix.append(page.STYLE)
    prefix.append(page.page(record, run.language, tr) if record else page.not_judged(tr))


def pytest_html_results_table_header(cells: list[str]) -> None:
    """Columns of the table that scripts can sort and filter."""
    cells[1:1] = ['<th class="sortable" data-column-type="check">Check</th>']


def pytest_html_results_table_row(report: Any, cells: list[str]) -> None:
    """The check's id and title before the test's own id."""
    cells[1:1] = [page.row_cell(getattr(report, CARD, None))]
