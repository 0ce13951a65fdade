"""What a run of these tests says in the end: why some were left out."""

from __future__ import annotations

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each reason, with the number of tests: pytest's own has one for each test."""
    reports = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in reports)
    if reasons:
        terminalreporter.section("tests left out", sep="-")
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count:4}: {reason}")
