"""What blockers rest on and no text bears out is listed by blocker, and by table in the page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kanmon.check import Severity
from kanmon.commands.cli import main
from kanmon.commands.unverified import BEGIN, END
from kanmon.knowledge import load, tables
from kanmon.suite.checks import checks
from tests.running import HOME

RUN = next((HOME / "tests" / "data" / "runs" / "demo").iterdir())


def lines(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    """What the command prints."""
    assert main(["knowledge", "--unverified", *words]) == 0
    return capsys.readouterr().out.splitlines()


def test_every_unverified_row_stands_under_each_blocker(capsys: pytest.CaptureFixture[str]) -> None:
    """A blocker has the unverified rows of the tables that its card names; no warning is there."""
    under: dict[str, list[str]] = {}
    for line in lines(capsys)[:-1]:
        if line and not line.startswith(" "):
            under[line.partition(":")[0]] = []
        elif line.startswith("  ") and line[2] != " ":
            under[list(under)[-1]].append(line[2:])
    models = {model.table: model for model in tables()}
    expected = {}
    for check in checks(HOME):
        named = [ref[6:] for ref in check.card.refs if ref.startswith("table:")]
        rows = [
            f"{name}: {row.key}"
            for name in named
            for row in load(models[name]).rows
            if row.confidence == "unverified"
        ]
        if rows and check.card.severity is Severity.BLOCKER:
            expected[check.card.id] = rows
    assert under == expected


def test_a_run_has_only_what_it_rested_on(capsys: pytest.CaptureFixture[str]) -> None:
    """Rows that the run did not use are left out."""
    tables_ = json.loads((RUN / "results.json").read_text(encoding="utf-8"))["knowledge"]
    used = {f"  {one['table']}: {row}" for one in tables_ for row in one["unverified_rows_used"]}
    told = lines(capsys, "--run", str(RUN))
    rows = {line for line in told if line.startswith("  ") and line[2] != " "}
    assert rows
    assert rows <= used


def test_no_run_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A directory that is no run ends with its path."""
    assert main(["knowledge", "--unverified", "--run", str(tmp_path)]) == 1
    assert "results.json cannot be read" in capsys.readouterr().err


def test_a_page_is_renewed_between_its_marks(tmp_path: Path) -> None:
    """What stands around the marks is kept, what stood between them goes; a page needs both."""
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    assert main(["knowledge", "--unverified", "--into", str(page)]) == 0
    text = page.read_text()
    assert text.startswith(f"before\n{BEGIN}\n\n### ")
    assert text.endswith(f"{END}\nafter\n")
    assert "\nold\n" not in text
    page.write_text("no marks")
    assert main(["knowledge", "--unverified", "--into", str(page)]) == 1
    assert page.read_text() == "no marks"


def test_without_a_command_it_says_what_it_expects() -> None:
    """Neither the list nor a command is wrong usage."""
    with pytest.raises(SystemExit) as ended:
        main(["knowledge"])
    assert ended.value.code == 2
