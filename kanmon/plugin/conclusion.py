"""The end of a run: its exit status, its evidence, and the last words."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kanmon.plugin.judgement import CARD
from kanmon.plugin.options import RUN
from kanmon.report import page, terminal
from kanmon.report.plain import one_line
from kanmon.report.translate import translator
from kanmon.suite.conclude import conclude
from kanmon.suite.keep import clear_away, keep_evidence

INTERRUPTED = pytest.StashKey[bool]()
RECORD = pytest.StashKey[dict[str, Any]]()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Decide, write the evidence, and set the exit status.

    pytest's own statuses keep their meaning: only a run that ended by itself is judged.
    """
    session.config.stash[INTERRUPTED] = exitstatus == pytest.ExitCode.INTERRUPTED
    run = session.config.stash.get(RUN, None)
    ended = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    if run is None or run.facts is None or not ended or session.config.option.collectonly:
        return
    conclusion = conclude(run, datetime.now(UTC))
    keep_evidence(run.directory, conclusion)
    session.config.stash[RECORD] = conclusion.record
    session.exitstatus = conclusion.gate.exit_status


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
        return
    report = Path(config.option.htmlpath)
    lines = terminal.closing(record, report)
    if not report.is_file():
        lines = ["", f"NOT JUDGED: the report could not be written to {report}"]
    _say(lines)


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
