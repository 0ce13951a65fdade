"""How pytest's outcome of an item becomes the judgement of a check."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from kanmon.check import Card, Outcome, card_of
from kanmon.gate.judgement import Judged, Judgement, explain
from kanmon.plugin.options import RUN
from kanmon.plugin.selection import slug_of
from kanmon.suite.arguments import refuse_needless
from kanmon.suite.ended import Recorder, crashed, settled, unjudged
from kanmon.text import Text

CARD = "kanmon_card"
"""Attribute of a report that carries the card to the page."""
RECORDER = pytest.StashKey[Recorder]()
JUDGEMENT = pytest.StashKey[Judgement]()
SECONDS = pytest.StashKey[float]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Ask no check for what no step ahead needs."""
    card, run = card_of(item), item.config.stash.get(RUN, None)
    if card is not None and run is not None:
        refuse_needless(run, card)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep the judgement of a check, and show it in the words of an operator."""
    report = yield
    card = card_of(item)
    run = item.config.stash.get(RUN, None)
    if card is None or run is None:
        return report
    item.stash[SECONDS] = item.stash.get(SECONDS, 0.0) + call.duration
    if call.when == "teardown":
        ended = item.stash.get(JUDGEMENT, None) or unjudged(card, Text("its body never ran"))
        if call.excinfo:
            ended = crashed(card, call.excinfo.value)
        elif report.failed:
            ended = unjudged(card, Text("the check crashed"))
        run.judged.append(Judged(card, slug_of(item), ended, item.stash[SECONDS]))
        return report
    made = _judgement(item, card, call, report)
    if made is None:
        return report
    item.stash[JUDGEMENT] = made
    _shown(item, made, report)
    report.user_properties += [("check", card.id), ("outcome", str(made.outcome))]
    if made.weight:
        report.user_properties.append(("weight", str(made.weight)))
    setattr(report, CARD, card)
    return report


def _shown(item: pytest.Item, made: Judgement, report: pytest.TestReport) -> None:
    """Say in pytest's own report how a check ended."""
    if made.outcome is Outcome.UNDETERMINED:
        report.outcome = "failed"
        report.longrepr = f"undetermined: {explain(made)}"
    if made.outcome is Outcome.NOT_APPLICABLE:  # pytest's own words name a path of this machine
        report.longrepr = (item.location[0], item.location[1] or 0, made.reason)
    if made.outcome is Outcome.ATTESTED and report.failed:  # "passed" would have its body run
        report.outcome = "skipped"
        report.longrepr = (item.location[0], item.location[1] or 0, made.reason)
    if made.outcome in (Outcome.WAIVED, Outcome.ATTESTED):  # pytest shows nothing of what passes
        report.sections.append((str(made.outcome), explain(made)))


def _judgement(
    item: pytest.Item, card: Card, call: pytest.CallInfo[None], report: pytest.TestReport
) -> Judgement | None:
    """The judgement after set-up or body; None while there is nothing to say yet."""
    error = call.excinfo.value if call.excinfo else None
    if call.when == "setup" and report.passed and error is None:
        return None
    recorder = item.stash.get(RECORDER, None)
    made = recorder.made if recorder else None
    run = item.config.stash[RUN]
    return settled(run, card, slug_of(item), made, error, report.outcome)


def pytest_report_teststatus(
    report: pytest.CollectReport | pytest.TestReport,
) -> tuple[str, str, str] | None:
    """Name the outcomes of checks as kanmon does."""
    properties = dict(getattr(report, "user_properties", ()))
    outcome = properties.get("outcome")
    if outcome is None or report.when == "teardown":
        return None
    category, letter, word = {
        "pass": ("passed", ".", "PASS"),
        "blocker": ("failed", "F", "BLOCKER"),
        "warning": ("open warning", "w", "WARNING"),
        "advice": ("advice", "a", "ADVICE"),
        "undetermined": ("undetermined", "?", "UNDETERMINED"),
        "not applicable": ("not applicable", "-", "NOT APPLICABLE"),
        "waived": ("waived", "~", "WAIVED"),
        "attested": ("attested", "@", "ATTESTED"),
    }[str(properties.get("weight", outcome))]
    return category, letter, f"{word} {properties['check']}"
