"""Waivers of a run: they accept what that run found, and nothing beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from kanmon.check import Finding, Outcome, Severity
from kanmon.errors import UsageError
from kanmon.gate.accepted import load
from kanmon.gate.judgement import Judged, judge
from kanmon.gate.run_waivers import Accepted, RunWaiver, digest
from kanmon.gate.waivers import State
from kanmon.gate.waiving import told, waive
from kanmon.text import Text
from tests.waivers_by_hand import BLOCKER, CARD, CARDS, NOW, WARNING, environment

WARNS = replace(CARD, severity=WARNING)


def full(disk: str = "/var", percent: float = 80, **changes: object) -> Finding:
    """A disk that is full to some part."""
    found = Text("{disk} is {percent} % full", disk=disk, percent=percent)
    values = {"subject": "dsm-1", "found": found, "expected": "room", **changes}
    return Finding(**values)


def waiver(*findings: Finding, severity: Severity = WARNING, **changes: object) -> RunWaiver:
    """What ``kanmon waive`` writes of findings of the manager."""
    accepted = [Accepted.of("dsm", one, severity) for one in findings or (full(),)]
    values = {
        "check": CARD.id,
        "run": "20261130T010000.000000Z-manager-pre",
        "manifest": "0" * 64,
        "reason": "known",
        "approver": "Hanako Sato",
        "ticket": "CHG1-W1",
        "expires": date(2026, 12, 31),
        "digest": digest(accepted),
        "finding": accepted,
        **changes,
    }
    return RunWaiver.model_validate(values)


def judged(*findings: Finding, severity: Severity = WARNING):
    return judge(severity, examined=9, of="disks", findings=findings)


def outcome(*findings: Finding, by: RunWaiver, severity: Severity = WARNING, before=None):
    """How a check of the manager ends whose findings may be accepted."""
    made = judged(*findings, severity=severity)
    return waive(made, WARNS, "dsm", [by], NOW, before).outcome


def test_what_was_found_is_accepted():
    """The same findings again are waived, all of them."""
    both = full(), full("/opt")
    assert outcome(*both, by=waiver(*both)) is Outcome.WAIVED


@pytest.mark.parametrize(
    ("percent", "ends"),
    [
        (72, Outcome.WAIVED),
        (88, Outcome.WAIVED),
        (88.1, Outcome.FAIL),
        (71.9, Outcome.FAIL),
        (97, Outcome.FAIL),
    ],
)
def test_a_figure_may_differ_by_a_tenth(percent, ends):
    """80 % that were accepted on Monday are 88 on Saturday, and not 97."""
    assert outcome(full(percent=percent), by=waiver()) is ends


@pytest.mark.parametrize(
    "other",
    [
        full(found=Text("{disk} is gone", disk="/var")),
        full(found="/var is 80 % full"),
        full(subject="dsm-2"),
        full(found=Text("{disk} is {percent} % full", disk="/var", percent="unknown")),
    ],
    ids=["other words", "no figure", "other object", "a figure that is none"],
)
def test_what_is_other_stands(other):
    """Another fault of the same object, and the same fault of another one, are decided anew."""
    assert outcome(other, by=waiver()) is Outcome.FAIL


def test_what_is_new_stands_beside_what_was_accepted():
    """The accepted one is waived, the new one is not, and the check fails."""
    made = waive(judged(full(), full(subject="dsm-2")), WARNS, "dsm", [waiver()], NOW)
    assert (made.outcome, [bool(one) for one in made.waivers]) == (Outcome.FAIL, [True, False])


@pytest.mark.parametrize(
    ("accepted", "found", "ends"),
    [
        (WARNING, BLOCKER, Outcome.FAIL),
        (WARNING, WARNING, Outcome.WAIVED),
        (BLOCKER, WARNING, Outcome.WAIVED),
    ],
)
def test_what_grew_graver_stands(accepted, found, ends):
    """Who accepted a warning accepted no blocker; a lesser finding is within what he accepted."""
    assert outcome(full(), by=waiver(severity=accepted), severity=found) is ends


def test_another_target_or_check_is_not_covered():
    """What is accepted of one manager is not accepted of the other."""
    made = judged(full())
    other = replace(WARNS, id="ESX-VIB-001")
    assert waive(made, WARNS, "dsm-old", [waiver()], NOW).outcome is Outcome.FAIL
    assert waive(made, other, "dsm", [waiver()], NOW).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("before", "ends"),
    [
        (None, Outcome.WAIVED),
        ({(CARD.id, "dsm", "dsm-1")}, Outcome.WAIVED),
        ({(CARD.id, "dsm", "dsm-2")}, Outcome.FAIL),
        (frozenset(), Outcome.FAIL),
    ],
    ids=["before the step", "found before", "found of another", "no run before"],
)
def test_after_the_step_it_covers_only_what_stood_before(before, ends):
    """A board that accepted a fault on Wednesday accepted none that the step made."""
    assert outcome(full(), by=waiver(), before=before) is ends


@pytest.mark.parametrize(
    ("changes", "cards", "now", "state"),
    [
        ({}, CARDS, NOW, State.USED),
        ({}, {}, NOW, State.UNKNOWN_CHECK),
        ({}, {CARD.id: replace(CARD, waivable=False)}, NOW, State.NOT_WAIVABLE),
        ({}, CARDS, datetime(2027, 1, 1, tzinfo=UTC), State.EXPIRED),
        ({"finding": [Accepted.of("dsm", full(subject="x"), WARNING)]}, CARDS, NOW, State.UNUSED),
    ],
    ids=lambda one: str(one) if isinstance(one, State) else "",
)
def test_its_state_is_told(changes, cards, now, state):
    """Each is told by what became of it, like one that was written by hand."""
    if changes:
        changes = {**changes, "digest": digest(changes["finding"])}
    one = waiver(**changes)
    made = Judged(WARNS, "dsm", waive(judged(full()), WARNS, "dsm", [one], now), 0)
    (found,) = told([one], cards, {(CARD.id, "dsm")}, [made], now)
    assert found.state is state


@pytest.mark.parametrize(("signer", "state"), [("sato@example.jp", None), (None, State.NOT_SIGNED)])
def test_where_signatures_are_asked_for_it_needs_one(signer, state):
    """Without a signature of anybody who is believed it waives nothing."""
    one = waiver()
    one.signed(signer)
    assert one.fault(CARDS, NOW) is state
    assert (outcome(full(), by=one) is Outcome.WAIVED) is (state is None)


def test_one_finding_more_by_hand_is_refused():
    """The list of findings has its digest: nobody adds one in an editor."""
    added = [Accepted.of("dsm", one, WARNING) for one in (full(), full("/opt"))]
    with pytest.raises(ValueError, match="not those that were accepted"):
        waiver(finding=added)


def test_a_file_that_does_not_hold_together_is_named(tmp_path):
    """File and key are told, and no other file is believed in its place."""
    home = tmp_path / "prod.waivers"
    home.mkdir()
    (home / "CHG1-X.toml").write_text('check = "ESX-STATE-001"\n', encoding="utf-8")
    with pytest.raises(UsageError, match=r"CHG1-X\.toml cannot be used"):
        load(tmp_path / "prod.waivers.toml", environment())
