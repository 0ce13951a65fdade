"""The gate: GO only when everything that was to be judged was judged and nothing blocks."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanmon.check import Finding, Outcome, Severity, Unknown
from kanmon.gate.judgement import Judgement, judge
from kanmon.gate.verdict import Gate, coverage, decide
from kanmon.knowledge import Citation

ADVICE, WARNING, BLOCKER = Severity


def source(confidence):
    return Citation(
        "t", "r", "title", "https://vendor.example", dt.date(2026, 1, 1), confidence, ""
    )


def failed(severity, confidence=None, own=None, unknown=()):
    """A failed check with one finding, and as many unknown objects as are named."""
    cited = confidence and source(confidence)
    finding = Finding("esx-01 (host-21)", "6.5", "7.0", cited, own)
    missed = [Unknown(name, "no answer") for name in unknown]
    return judge(severity, examined=9, of="hosts", findings=[finding], unknown=missed)


PASS = judge(BLOCKER, examined=1, of="hosts")
MINOR = judge(WARNING, examined=1, of="hosts")
NOTHING = judge(BLOCKER, examined=0, of="hosts")
UNKNOWN = judge(BLOCKER, examined=1, of="hosts", unknown=[Unknown("esx-01", "no answer")])
HALF = failed(WARNING, unknown="a")
GO, CONDITIONAL, NO_GO, INCOMPLETE = Gate


@pytest.mark.parametrize(
    ("planned", "judgements", "unseen", "verdict"),
    [
        pytest.param(1, [PASS], [], GO, id="passed"),
        pytest.param(2, [PASS, NOTHING], [], GO, id="one applies"),
        pytest.param(0, [], [], INCOMPLETE, id="nothing planned"),
        pytest.param(2, [NOTHING] * 2, [], INCOMPLETE, id="nothing applies"),
        pytest.param(2, [MINOR, NOTHING], [], INCOMPLETE, id="no blocker applies"),
        pytest.param(2, [failed(ADVICE), NOTHING], [], INCOMPLETE, id="only advice"),
        pytest.param(2, [failed(WARNING), NOTHING], [], INCOMPLETE, id="only a warning"),
        pytest.param(1, [MINOR], [], GO, id="no blocker in the run"),
        pytest.param(2, [PASS, UNKNOWN], [], INCOMPLETE, id="one undetermined"),
        pytest.param(2, [PASS], [], INCOMPLETE, id="one never ended"),
        pytest.param(9, [], [], INCOMPLETE, id="none ended"),
        pytest.param(1, [PASS], ["vc"], INCOMPLETE, id="a target unread"),
        pytest.param(1, [PASS], ["--check"], INCOMPLETE, id="checks left out"),
        pytest.param(1, [PASS], ["DSM-VER-002"], INCOMPLETE, id="a claim unjudged"),
        pytest.param(1, [failed(ADVICE)], [], GO, id="advice"),
        pytest.param(1, [failed(WARNING)], [], CONDITIONAL, id="open warning"),
        pytest.param(2, [failed(WARNING), UNKNOWN], [], INCOMPLETE, id="warning, unknown"),
        pytest.param(2, [failed(WARNING)], [], INCOMPLETE, id="warning, one never ended"),
        pytest.param(1, [failed(WARNING)], ["vc"], INCOMPLETE, id="warning, unread"),
        pytest.param(1, [HALF], [], INCOMPLETE, id="warning with an unknown object"),
        pytest.param(1, [failed(BLOCKER, unknown="a")], [], NO_GO, id="blocker, unknown one"),
        pytest.param(1, [failed(BLOCKER)], [], NO_GO, id="blocker"),
        pytest.param(2, [PASS, failed(BLOCKER)], [], NO_GO, id="blocker beside a pass"),
        pytest.param(2, [failed(BLOCKER), UNKNOWN], [], NO_GO, id="blocker, unknown"),
        pytest.param(9, [failed(BLOCKER)], ["vc"], NO_GO, id="blocker, all else missing"),
        pytest.param(1, [failed(BLOCKER, "unverified")], [], CONDITIONAL, id="unverified blocker"),
        pytest.param(1, [failed(BLOCKER, "documented")], [], NO_GO, id="documented"),
        pytest.param(1, [failed(BLOCKER, "field")], [], NO_GO, id="from the field"),
        pytest.param(1, [failed(BLOCKER, "procedure")], [], NO_GO, id="procedure"),
        pytest.param(1, [failed(BLOCKER, own=WARNING)], [], CONDITIONAL, id="a lesser finding"),
    ],
)
def test_the_verdict(planned, judgements, unseen, verdict):
    """Each state of a run has one verdict."""
    assert decide(planned, judgements, iter(unseen)) is verdict


def test_a_blocker_that_failed_without_findings_is_no_go():
    """However a blocker came to fail, the gate does not open."""
    bare = Judgement(Outcome.FAIL, BLOCKER, "the claim does not hold")
    assert decide(1, [bare], []) is NO_GO


def test_checks_beyond_the_plan_hide_no_undetermined_one():
    """A check that ended without being planned does not stand in for one that is undetermined."""
    assert decide(1, [PASS, UNKNOWN], []) is INCOMPLETE


def test_exit_statuses_are_not_pytests_own():
    """2 to 5 keep their meaning in pytest; only GO ends with 0."""
    assert [gate.exit_status for gate in Gate] == [0, 7, 1, 6]
    assert [gate.word for gate in Gate] == ["GO", "CONDITIONAL", "NO-GO", "INCOMPLETE"]


def test_coverage_counts_each_outcome():
    """Every planned check is in one count; one that never ended is undetermined."""
    counted = coverage(6, [PASS, PASS, failed(ADVICE), UNKNOWN, NOTHING])
    assert (counted.planned, counted.judged) == (6, 3)
    assert (counted.passed, counted.failed) == (2, 1)
    assert (counted.undetermined, counted.not_applicable) == (2, 1)
    assert counted.waived == 0


SEVERITIES = st.sampled_from(Severity)
FAILED = st.builds(
    failed,
    SEVERITIES,
    st.sampled_from([None, "documented", "field", "unverified", "procedure", "engineering"]),
    st.none() | SEVERITIES,
    st.sampled_from(["", "ab"]),
)
JUDGEMENTS = st.lists(st.sampled_from([PASS, MINOR, UNKNOWN, NOTHING]) | FAILED, max_size=8)
UNSEEN = st.lists(st.sampled_from(["vc", "dsm", "--check"]), max_size=2)


@given(JUDGEMENTS, st.integers(0, 3), UNSEEN)
def test_what_is_missing_opens_nothing(judgements, never_ended, unseen):
    """Where an object or target is unknown, or a check not ended, nothing opens the gate."""
    verdict = decide(len(judgements) + never_ended, judgements, unseen)
    outcomes = [judgement.outcome for judgement in judgements]
    if any(one.unknown for one in judgements) or never_ended or unseen:
        assert verdict in (NO_GO, INCOMPLETE)
    if not {Outcome.PASS, Outcome.FAIL} & set(outcomes):
        assert verdict is INCOMPLETE
    blockers = [one.outcome for one in judgements if one.severity is BLOCKER]
    if blockers and set(blockers) == {Outcome.NOT_APPLICABLE}:
        assert verdict in (NO_GO, INCOMPLETE)


@given(JUDGEMENTS, st.integers(0, 3), UNSEEN)
def test_a_blocker_is_no_go_whatever_else_is_missing(judgements, never_ended, unseen):
    """Any finding that blocks makes NO-GO, and nothing else does."""
    verdict = decide(len(judgements) + never_ended, judgements, unseen)
    assert (verdict is NO_GO) is any(judgement.blocks for judgement in judgements)


@given(JUDGEMENTS, st.integers(0, 3), UNSEEN)
def test_no_warning_stands_beside_go(judgements, never_ended, unseen):
    """GO is for a run of which nothing is open that asks for a sign-off."""
    verdict = decide(len(judgements) + never_ended, judgements, unseen)
    if any(judgement.weight is WARNING for judgement in judgements):
        assert verdict is not GO
    elif verdict is CONDITIONAL:
        raise AssertionError("there is no warning to sign")


@given(JUDGEMENTS, st.integers(0, 3))
def test_coverage_adds_up(judgements, never_ended):
    """No planned check falls out of the counts."""
    counted = coverage(len(judgements) + never_ended, judgements)
    ended = counted.passed + counted.failed + counted.undetermined + counted.not_applicable
    assert ended == counted.planned
    assert counted.judged == counted.passed + counted.failed
