"""How far the reading is, on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from kanmon.readers.concurrent import Progress
from kanmon.report.plain import one_line
from kanmon.suite.run import Run


@contextmanager
def shown(run: Run) -> Iterator[tuple[Progress, Callable[[str], None]]]:
    """A line for each target, live on a terminal, plain elsewhere; and for each warning."""
    console = Console(highlight=False, soft_wrap=True)
    lines = _live(run, console) if console.is_terminal else _plain(run, console)
    with lines as tell:
        yield tell, partial(console.print, style="yellow", markup=False)


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
