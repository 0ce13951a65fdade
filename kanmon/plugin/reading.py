"""Read everything that the selected checks need, once, before the first of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from kanmon.errors import UsageError
from kanmon.facts.collected import Facts
from kanmon.plugin.options import RUN
from kanmon.plugin.selection import parameters, slug_of
from kanmon.readers.concurrent import Progress
from kanmon.report.plain import one_line
from kanmon.suite.estate import read_estate
from kanmon.suite.keep import keep_facts
from kanmon.suite.run import Run
from kanmon.suite.whole import wanted


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Read, and save what was read, before the first check."""
    run = session.config.stash.get(RUN, None)
    if run is None or session.config.option.collectonly or not session.items:
        return
    if session.testsfailed and not session.config.option.continue_on_collection_errors:
        return  # pytest stops here, and says which file of checks cannot be imported
    if not session.testsfailed:
        session.config.option.tbstyle = "no"  # the last words name what failed, once
    if run.facts is None:
        try:
            run.facts = _read(run, session.items)
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
    keep_facts(run)


def _read(run: Run, items: list[pytest.Item]) -> Facts:
    keys = wanted(run, [(slug_of(item), parameters(item)) for item in items])
    with _progress(run) as tell:
        return read_estate(run, keys, tell)


@contextmanager
def _progress(run: Run) -> Iterator[Progress]:
    """A line for each target: live on a terminal, plain elsewhere."""
    console = Console(highlight=False, soft_wrap=True)
    lines = _live(run, console) if console.is_terminal else _plain(run, console)
    with lines as tell:
        yield tell


@contextmanager
def _live(run: Run, console: Console) -> Iterator[Progress]:
    columns = (
        SpinnerColumn(finished_text=" "),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    with Bar(*columns, TextColumn("{task.fields[state]}", markup=False), console=console) as bar:
        rows: dict[str, Any] = {}

        def tell(slug: str, state: str) -> None:
            if state == "reading":
                label = f"{slug} ({run.environment.target(slug).kind})"
                rows[slug] = bar.add_task(label, total=1, state="")
            else:
                bar.update(rows[slug], completed=1, state=_state(state))

        yield tell


@contextmanager
def _plain(run: Run, console: Console) -> Iterator[Progress]:
    def tell(slug: str, state: str) -> None:
        if state != "reading":
            kind = run.environment.target(slug).kind
            console.print(f"{slug} ({kind}): {_state(state)}", markup=False)

    console.print("\nreading all targets at the same time ...")
    yield tell


def _state(state: str) -> str:
    return state if state == "read" else f"NOT READ: {one_line(state)}"
