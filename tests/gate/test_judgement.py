"""Judgements: the outcome follows from what was examined, and no severity grows on the way."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanmon.check import Finding, Outcome, Severity, Unknown
from kanmon.gate.judgement import CONFIRM, explain, finding_severity, judge
from kanmon.knowledge import Citation

ADVICE, WARNING, BLOCKER = Severity


def source(confidence):
    return Citation(
        "t", "r", "title", "https://vendor.example", dt.date(2026, 1, 1), confidence, ""
    )


def finding(subject, confidence=None, severity=None):
    return Finding(subject, "6.5", "7.0", confidence and source(confidence), severity)


def findings(count):
    return [finding(f"esx-{number}") for number in range(count)]


def unknowns(count):
    return [Unknown(f"lost-{number}", "no answer") for number in range(count)]


@pytest.mark.parametrize(
    ("examined", "at_fault", "unknown", "outcome", "reason"),
    [
        (3, 0, 0, Outcome.PASS, "3 of 3 hosts comply"),
        (3, 1, 0, Outcome.FAIL, "1 of 3 hosts do not comply"),
        (3, 3, 0, Outcome.FAIL, "3 of 3 hosts do not comply"),
        (3, 1, 2, Outcome.FAIL, "1 of 3 hosts do not comply, 2 cannot be judged"),
        (3, 0, 1, Outcome.UNDETERMINED, "1 of 3 hosts cannot be judged"),
        (3, 0, 3, Outcome.UNDETERMINED, "3 of 3 hosts cannot be judged"),
        (0, 0, 0, Outcome.NOT_APPLICABLE, "nothing to examine: there are no hosts"),
    ],
)
def test_the_outcome_follows_from_the_objects(examined, at_fault, unknown, outcome, reason):
    """Any finding fails, any unknown object leaves open, and nothing examined is no pass."""
    made = judge(
        BLOCKER,
        examined=examined,
        of="hosts",
        findings=findings(at_fault),
        unknown=unknowns(unknown),
    )
    assert (made.outcome, made.reason) == (outcome, reason)
    assert (made.examined, made.severity) == (examined, BLOCKER)
    assert (len(made.findings), len(made.unknown)) == (at_fault, unknown)


@given(st.integers(0, 5), st.integers(0, 5), st.integers(-1, 12))
def test_no_more_objects_are_at_fault_than_were_examined(at_fault, unknown, examined):
    """A check that blames more objects than it examined is wrong itself, and is told so."""
    given_ = {"findings": findings(at_fault), "unknown": unknowns(unknown)}
    if at_fault + unknown > examined:
        with pytest.raises(ValueError, match=f"only {examined} were examined"):
            judge(BLOCKER, examined=examined, of="hosts", **given_)
    else:
        judge(BLOCKER, examined=examined, of="hosts", **given_)


def test_an_object_with_two_faults_is_one_object():
    """Two findings of one object are one object that does not comply."""
    made = judge(BLOCKER, examined=1, of="hosts", findings=[finding("esx-1"), finding("esx-1")])
    assert made.reason == "1 of 1 hosts do not comply"
    assert len(made.findings) == 2


@pytest.mark.parametrize(
    ("claim", "own", "confidence", "expected"),
    [
        (BLOCKER, None, None, BLOCKER),
        (BLOCKER, None, "documented", BLOCKER),
        (BLOCKER, None, "field", BLOCKER),
        (BLOCKER, None, "procedure", BLOCKER),
        (BLOCKER, None, "unverified", WARNING),
        (WARNING, None, "unverified", WARNING),
        (ADVICE, None, "unverified", ADVICE),
        (BLOCKER, ADVICE, "unverified", ADVICE),
    ],
)
def test_what_no_source_confirms_never_blocks(claim, own, confidence, expected):
    """A finding that rests on an unverified row is a warning at most."""
    assert finding_severity(finding("esx-1", confidence, own), claim) is expected


@pytest.mark.parametrize(("claim", "own"), list(itertools.product(Severity, Severity)))
def test_a_findings_own_severity_only_lowers(claim, own):
    """A finding can weigh less than its claim, never more."""
    assert finding_severity(finding("esx-1", severity=own), claim) is min(claim, own)


def test_a_judgement_weighs_as_its_worst_finding():
    """One blocking finding among lesser ones blocks; none without findings."""
    light, heavy = finding("esx-1", "unverified"), finding("esx-2")
    mixed = judge(BLOCKER, examined=2, of="hosts", findings=[light, heavy])
    only_light = judge(BLOCKER, examined=2, of="hosts", findings=[light])
    assert (mixed.weight, mixed.blocks) == (BLOCKER, True)
    assert (only_light.weight, only_light.blocks) == (WARNING, False)
    passed = judge(BLOCKER, examined=2, of="hosts")
    assert (passed.weight, passed.blocks) == (None, False)


def test_what_a_verdict_rests_on_is_kept():
    """The rows that a pass rests on go with it."""
    row = source("documented")
    assert judge(ADVICE, examined=1, of="hosts", rests_on=[row]).rests_on == (row,)


def test_explain_gives_the_reason_and_each_object():
    """A terminal shows the reason, each finding with found and expected, each unknown with why."""
    made = judge(
        BLOCKER,
        examined=3,
        of="hosts",
        findings=[finding("esx-1"), finding("esx-2", "unverified")],
        unknown=unknowns(1),
    )
    assert explain(made).splitlines() == [
        "2 of 3 hosts do not comply, 1 cannot be judged",
        "  esx-1: found 6.5, expected 7.0",
        f"  esx-2: found 6.5, expected 7.0 ({CONFIRM})",
        "  lost-0: no answer",
    ]


@pytest.mark.parametrize(
    ("at_fault", "unknown", "rest"),
    [(20, 0, None), (21, 0, 1), (0, 20, None), (0, 23, 3), (21, 22, 3), (516, 1, 496)],
)
def test_explain_shows_twenty_and_counts_the_rest(at_fault, unknown, rest):
    """Twenty objects of each sort are shown; how many are left out is said."""
    made = judge(
        BLOCKER,
        examined=600,
        of="VMs",
        findings=findings(at_fault),
        unknown=unknowns(unknown),
    )
    _, *lines = explain(made).splitlines()
    shown = min(at_fault, 20) + min(unknown, 20)
    assert lines[shown:] == ([f"  and {rest} more, see results.json"] if rest else [])
    assert sum(" found " in line for line in lines) == min(at_fault, 20)
