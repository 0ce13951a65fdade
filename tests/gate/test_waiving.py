"""What waivers do to judgements, how it is told, and what became of each of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanmon.check import Finding, Outcome, Severity, Unknown
from kanmon.errors import UsageError
from kanmon.evidence.results import check_record
from kanmon.evidence.saved import SavedRun, save
from kanmon.evidence.saved import load as load_run
from kanmon.facts.collected import Facts
from kanmon.gate.accepted import Told
from kanmon.gate.judgement import Judged, explain, judge
from kanmon.gate.verdict import Gate, coverage, decide
from kanmon.gate.waivers import State
from kanmon.gate.waiving import told
from kanmon.report.terminal import closing
from tests.waivers_by_hand import (
    BLOCKER,
    CARD,
    CARDS,
    NOW,
    WARNING,
    environment,
    failed,
    read,
    text,
    waived,
    waiver,
)

# What it does.


def test_a_check_whose_every_finding_is_waived_is_waived():
    """It weighs nothing, and each finding keeps the waiver beside it."""
    made = waived(failed("esx-02", "esx-021"), waiver())
    assert (made.outcome, made.weight, made.blocks) == (Outcome.WAIVED, None, False)
    assert made.waivers == (waiver(), waiver())
    assert made.reason == "2 of 99 hosts do not comply; 2 of 2 findings waived"
    assert made.gravest is BLOCKER


def test_a_check_that_is_partly_waived_weighs_as_what_stands():
    """It stays failed; a blocking finding among those that stand blocks, a lesser one does not."""
    light = [Finding("esx-01", "a", "b", severity=WARNING), Finding("esx-02", "a", "b")]
    judgement = judge(BLOCKER, examined=9, of="hosts", findings=light)
    of_heavy, of_light = waived(judgement, waiver()), waived(judgement, waiver("esx-01"))
    assert (of_heavy.outcome, of_heavy.weight) == (Outcome.FAIL, WARNING)
    assert (of_light.outcome, of_light.weight) == (Outcome.FAIL, BLOCKER)
    assert of_heavy.waivers == (None, waiver())


def test_what_is_unknown_is_never_waived():
    """With every finding waived and one object unknown, the check is undetermined."""
    judgement = failed("esx-02", unknown=["esx-021"])
    made = waived(judgement, waiver())
    assert made.outcome is Outcome.UNDETERMINED
    assert made.unknown == judgement.unknown
    assert decide(1, [made], []) is Gate.INCOMPLETE
    undetermined = judge(BLOCKER, examined=1, of="hosts", unknown=[Unknown("esx-02", "lost")])
    assert waived(undetermined, waiver()) == undetermined


@pytest.mark.parametrize(
    "other",
    [
        waiver("esx-03*"),
        waiver(check="ESX-VIB-001"),
        waiver(target="vc-2"),
        waiver(expires=date(2026, 12, 4)),
        waiver("*"),
    ],
    ids=str,
)
def test_a_waiver_of_something_else_changes_nothing(other):
    """Another object, check or target, an expired or too wide one: the judgement is as it was."""
    judgement = failed("esx-02")
    assert waived(judgement, other) == judgement


def test_what_no_one_may_waive_stays():
    """A waiver of a check that is not waivable changes nothing."""
    judgement = failed("esx-02")
    assert waived(judgement, waiver(), card=replace(CARD, waivable=False)) == judgement


def test_an_old_waiver_does_not_hide_its_renewal():
    """The first waiver that holds counts, not the first in the file."""
    old, new = waiver(expires=date(2026, 12, 4)), waiver(ticket="CHG2")
    assert waived(failed("esx-02"), old, new).waivers == (new,)


def test_passed_and_inapplicable_checks_are_as_they_were():
    """Where nothing was found nothing is waived."""
    for examined in (0, 5):
        judgement = judge(BLOCKER, examined=examined, of="hosts")
        assert waived(judgement, waiver()) == judgement


SUBJECTS = st.lists(st.sampled_from(["esx-02", "esx-021", "esx-03", "vm-7"]), max_size=4)
FAILED = st.builds(
    failed,
    st.just("esx-02"),
    unknown=st.sampled_from([(), ("esx-9",)]),
    severity=st.sampled_from(Severity),
    own=st.none() | st.sampled_from(Severity),
) | st.builds(lambda subjects: failed(*subjects), SUBJECTS)
GIVEN = st.lists(
    st.sampled_from(
        [waiver(), waiver("esx-03"), waiver("*"), waiver(expires=date(2020, 1, 1)), waiver("vm-7")]
    ),
    max_size=3,
)


@given(st.lists(FAILED, min_size=1, max_size=4), GIVEN, st.integers(0, 2))
def test_no_waiver_opens_what_is_unseen(judgements, given_, never_ended):
    """With waivers a run is GO only if every standing finding is light and nothing is unknown."""
    made = [waived(one, *given_) for one in judgements]
    verdict = decide(len(made) + never_ended, made, [])
    counted = coverage(len(made) + never_ended, made)
    ended = (counted.judged, counted.undetermined, counted.not_applicable)
    assert sum(ended) == counted.planned
    assert counted.judged == counted.passed + counted.failed + counted.waived
    if never_ended or any(one.unknown for one in made):
        assert verdict in (Gate.NO_GO, Gate.INCOMPLETE)
    standing = [f for one in made for f, by in one.each if by is None and not f.severity]
    if standing and all(one.severity is BLOCKER for one in made):
        assert verdict is Gate.NO_GO


def test_a_run_of_waived_blockers_is_go():
    """What a board accepted stands in no way; it was judged, and counted so."""
    blocker = waived(failed("esx-02"), waiver())
    warning = waived(failed("esx-02", severity=WARNING), waiver())
    assert decide(2, [blocker, warning], []) is Gate.GO
    assert decide(2, [blocker, failed("x", severity=WARNING)], []) is Gate.CONDITIONAL
    assert decide(2, [blocker, failed("x")], []) is Gate.NO_GO
    assert decide(1, [blocker], ["vc"]) is Gate.INCOMPLETE


# How it is told.


def test_every_finding_says_whether_it_is_waived():
    """In the evidence each finding has its waiver or null; the check has the one of all, if one."""
    partly = waived(failed("esx-02", "esx-03"), waiver())
    record = check_record(Judged(CARD, "vc", partly, 0.0))
    by = {
        "ticket": "CHG1-W1",
        "approver": "Hanako Sato",
        "reason": "in repair",
        "expires": "2026-12-31",
    }
    assert [finding["waiver"] for finding in record["findings"]] == [by, None]
    assert (record["outcome"], record["severity"], record["waiver"]) == ("fail", "blocker", None)
    whole = check_record(Judged(CARD, "vc", waived(failed("esx-02"), waiver()), 0.0))
    assert (whole["outcome"], whole["severity"], whole["waiver"]) == ("waived", "blocker", by)
    two = waived(failed("esx-02", "esx-03"), waiver(), waiver("esx-03", ticket="CHG2"))
    assert check_record(Judged(CARD, "vc", two, 0.0))["waiver"] is None


def test_a_waived_check_shows_its_gravest_finding():
    """A blocker's claim whose waived finding is a warning is no waived blocker."""
    made = waived(failed("esx-02", own=WARNING), waiver())
    assert check_record(Judged(CARD, "vc", made, 0.0))["severity"] == "warning"


def test_what_stands_is_shown_before_what_is_waived():
    """Twenty waived findings do not hide the one that blocks."""
    subjects = [f"esx-02-{number}" for number in range(20)]
    lines = explain(waived(failed(*subjects, "zz"), waiver())).splitlines()
    assert lines[1] == "  zz: found 6.5, expected 7.0"
    assert lines[2].endswith("(waived by CHG1-W1 until 2026-12-31)")
    assert lines[-1] == "  and 1 more, see results.json"


def test_the_terminal_shows_what_stands_first(tmp_path):
    """The last words of a run hide no blocker behind waived findings, and count those."""
    partly = waived(failed("esx-02", "esx-021", "esx-022", "zz"), waiver())
    checks_ = [check_record(Judged(CARD, "vc", made, 0.0)) for made in (partly,)]
    record = {
        "checks": checks_,
        "verdict": "NO-GO",
        "phase": "pre",
        "step": None,
        "valid_until": None,
        "approved": None,
        "causes": [],
        "partial": [],
        "unjudged": [],
        "targets": [],
        "coverage": {"judged": 1, "planned": 1},
        "judged_again": None,
        "simulated": False,
        "environment": "prod",
        "knowledge": [],
        "plan": None,
        "baseline": None,
        "rejudged": None,
    }
    lines = closing(record, tmp_path)
    assert lines[2:4] == [
        "  zz: found 6.5, expected 7.0",
        "  esx-02: found 6.5, expected 7.0 (waived: CHG1-W1, Hanako Sato, until 2026-12-31)",
    ]
    assert "NO-GO: the change must not start: 1 blocker, 3 findings waived" in lines


# What became of it.

WHOLE = {(CARD.id, "vc"), (CARD.id, "vc-2"), ("DSM-WEB-001", "dsm")}


def became(one, *ended, whole=WHOLE, cards=CARDS):
    """State and matched findings of a waiver, by how its check ended on each target."""
    judged = [Judged(CARD, slug, judgement, 0.0) for slug, judgement in ended]
    (only,) = told([one], cards, whole, judged, NOW)
    return only.state, only.matched


PASS = judge(BLOCKER, examined=1, of="hosts")
NOTHING = judge(BLOCKER, examined=0, of="hosts")
LOST = judge(BLOCKER, examined=1, of="hosts", unknown=[Unknown("esx-02", "lost")])
UNKNOWN_BESIDE = failed("zz", unknown=["esx-02"])


@pytest.mark.parametrize(
    ("one", "ended", "state"),
    [
        (waiver(), [("vc", failed("esx-02")), ("vc-2", PASS)], State.USED),
        (waiver(), [("vc", failed("esx-02"))], State.USED),
        (waiver(), [("vc", PASS), ("vc-2", failed("zz"))], State.UNUSED),
        (waiver(), [("vc", NOTHING), ("vc-2", PASS)], State.UNUSED),
        (waiver(), [("vc", PASS)], State.NOT_JUDGED),
        (waiver(), [("vc", PASS), ("vc-2", LOST)], State.NOT_JUDGED),
        (waiver(), [("vc", PASS), ("vc-2", UNKNOWN_BESIDE)], State.NOT_JUDGED),
        (waiver(), [], State.NOT_JUDGED),
        (waiver(target="vc"), [("vc", PASS), ("vc-2", LOST)], State.UNUSED),
        (waiver(target="vc"), [("vc", LOST), ("vc-2", PASS)], State.NOT_JUDGED),
        (waiver(target="dsm"), [("vc", PASS), ("vc-2", PASS)], State.UNUSED),
        (waiver("*"), [("vc", PASS), ("vc-2", PASS)], State.TOO_WIDE),
        (waiver(expires=date(2026, 12, 4)), [("vc", failed("esx-02"))], State.EXPIRED),
    ],
)
def test_what_became_of_a_waiver(one, ended, state):
    """Unused is said only where the run looked at everything that the waiver could be of."""
    assert became(one, *ended)[0] is state


def test_a_check_of_another_step_leaves_its_waiver_alone():
    """A waiver of a check that this step does not have is not called unused."""
    assert became(waiver(), whole={("DSM-WEB-001", "dsm")})[0] is State.NOT_JUDGED


def test_the_findings_that_a_waiver_names_are_counted():
    """Also those of a waiver that does not hold: they stand, and the board is to know how many."""
    ended = [("vc", failed("esx-02", "esx-021", "zz")), ("vc-2", failed("esx-02"))]
    assert became(waiver(), *ended) == (State.USED, 3)
    assert became(waiver(target="vc"), *ended) == (State.USED, 2)
    assert became(waiver("*"), *ended) == (State.TOO_WIDE, 4)
    assert became(waiver(), *ended, cards={}) == (State.UNKNOWN_CHECK, 3)


def test_the_waivers_are_told_in_the_order_of_the_file():
    """A board finds them as it wrote them."""
    three = [waiver("zz"), waiver(), waiver("*")]
    assert [one.waiver for one in told(three, CARDS, WHOLE, [], NOW)] == three
    assert isinstance(told(three, CARDS, WHOLE, [], NOW)[0], Told)


# Saved with the run.


def saved(home, waivers):
    """A run on disk with these waivers."""
    run = SavedRun(environment(), None, "pre", NOW, Facts({}), waivers=waivers)
    save(home / "run" / "facts", run)
    return run


def test_waivers_come_back_with_their_run(tmp_path):
    """A run is judged again with the waivers that it had, or with none where it had none."""
    run = saved(tmp_path, read(tmp_path, text() + "# 関門\n"))
    (tmp_path / "prod.waivers.toml").unlink()
    assert load_run(tmp_path / "run") == run
    assert saved(tmp_path / "other", None) == load_run(tmp_path / "other" / "run")


@pytest.mark.parametrize("change", ["extended", "removed", "slipped in", "broken"])
def test_other_waivers_than_those_of_the_run_are_refused(change, tmp_path):
    """Waivers that were changed, removed or added after the run open no gate."""
    saved(tmp_path, None if change == "slipped in" else read(tmp_path, text()))
    file = tmp_path / "run" / "facts" / "waivers.toml"
    if change == "removed":
        file.unlink()
    else:
        later = text(expires="2030-12-31") if change != "broken" else "[[waiver"
        file.write_text(later, encoding="utf-8")
    with pytest.raises(UsageError, match=r"waivers\.toml"):
        load_run(tmp_path / "run")


def test_a_run_of_a_kanmon_without_waivers_still_loads(tmp_path):
    """A run that knows nothing of waivers had none."""
    saved(tmp_path, None)
    file = tmp_path / "run" / "facts" / "run.json"
    head = json.loads(file.read_text(encoding="utf-8"))
    del head["waivers"]
    file.write_text(json.dumps(head), encoding="utf-8")
    assert load_run(tmp_path / "run").waivers is None
