"""GATE-WAIVER-001, GATE-ATTEST-001: what people accept and answer for holds and is needed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from kanmon.check import Outcome, Severity
from kanmon.environment.change import Attestation
from kanmon.gate import attesting
from kanmon.gate.accepted import Told
from kanmon.gate.waivers import State, Waiver
from tests.facts_by_hand import DSM, NOW, environment, moment
from tests.judging import judged, told

UNTIL = datetime(2026, 12, 5, 21, tzinfo=UTC)
WAIVER = Waiver(
    check="ESX-STATE-001",
    subject="esx-02*",
    target="vc-main",
    reason="in repair",
    approver="Hanako Sato",
    ticket="CHG1-W1",
    expires=date(2026, 12, 31),
)


def waivers(*states, matched=1, until=UNTIL, waiver=WAIVER, texts=()):
    """The check on one waiver for each state."""
    return judged(
        "GATE-WAIVER-001",
        waivers=tuple(Told(waiver, state, matched) for state in states),
        environment=environment(DSM, *texts),
        moment=moment(last_until=until),
    )


def test_a_used_waiver_passes():
    """A waiver that is used and lasts until the window ends is as it should be."""
    judgement = waivers(State.USED)
    assert (judgement.outcome, judgement.notes) == (Outcome.PASS, ())


def test_nothing_waived_is_not_applicable():
    """Where nobody waives anything there is nothing to judge."""
    assert waivers().outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("state", "found", "expected"),
    [
        (State.EXPIRED, "expired on 2026-12-31", "one that is approved anew, or none"),
        (State.TOO_WIDE, "too wide", "a subject that names its objects"),
        (State.UNKNOWN_CHECK, "unknown check", "the id of a check"),
        (State.NOT_WAIVABLE, "not waivable", "none: what this check finds must be repaired"),
        (State.NOT_SIGNED, "not signed", "one that its approver signed"),
    ],
)
def test_a_waiver_that_does_not_hold_is_a_warning(state, found, expected):
    """It is told with who gave it, and how many findings stand that it was to waive."""
    judgement = waivers(state, matched=3)
    stand = "findings that stand although it names them: 3"
    found = f"{found}, approved by Hanako Sato (CHG1-W1); {stand}"
    assert told(judgement) == [("ESX-STATE-001 of vc-main: esx-02*", found, expected)]
    assert judgement.weight is Severity.WARNING


def test_a_waiver_that_names_nothing_leaves_nothing_standing():
    """Where no finding is named, none is said to stand."""
    ((_, found, _),) = told(waivers(State.EXPIRED, matched=0))
    assert found == "expired on 2026-12-31, approved by Hanako Sato (CHG1-W1)"


def test_an_unused_waiver_is_advice():
    """A waiver that nothing needs asks for no sign-off: it is to be taken out."""
    judgement = waivers(State.UNUSED, matched=0)
    assert told(judgement)[0][1:] == (
        "unused, approved by Hanako Sato (CHG1-W1)",
        "no waiver that nothing needs",
    )
    assert judgement.weight is Severity.ADVICE


@pytest.mark.parametrize("state", [State.USED, State.NOT_JUDGED])
@pytest.mark.parametrize(("days", "outcome"), [(180, Outcome.PASS), (181, Outcome.FAIL)])
def test_a_waiver_for_years_is_a_warning(state, days, outcome):
    """The last day may be so far ahead and no farther, also where the check was not judged."""
    waiver = WAIVER.model_copy(update={"expires": NOW.date() + timedelta(days=days)})
    judgement = waivers(state, waiver=waiver)
    assert judgement.outcome is outcome
    for _, found, expected in told(judgement):
        assert found == f"its last day is {waiver.expires}, approved by Hanako Sato (CHG1-W1)"
        assert expected.endswith("(waiver_days)")


def test_how_far_ahead_is_the_operators():
    """The tolerance stands in the environment file."""
    assert waivers(State.USED, texts=("[tolerances]\nwaiver_days = 7\n",)).outcome is Outcome.FAIL


def test_what_was_not_judged_is_one_note():
    """Waivers of checks that this run did not judge are no fault, and are told together."""
    judgement = waivers(State.NOT_JUDGED, State.USED, State.NOT_JUDGED, matched=0)
    assert judgement.outcome is Outcome.PASS
    assert [note.subject for note in judgement.notes] == ["2 of 3 waivers"]


@pytest.mark.parametrize(
    ("day", "outcome"), [(4, Outcome.FAIL), (5, Outcome.PASS), (6, Outcome.PASS)]
)
def test_a_waiver_in_use_lasts_until_the_window_ends(day, outcome):
    """The day on which the window ends is the first that is late enough."""
    short = WAIVER.model_copy(update={"expires": date(2026, 12, day)})
    judgement = waivers(State.USED, waiver=short)
    assert judgement.outcome is outcome
    assert judgement.weight in (None, Severity.WARNING)
    assert told(judgement)[:1] in (
        [],
        [
            (
                "ESX-STATE-001 of vc-main: esx-02*",
                "its last day is 2026-12-04, approved by Hanako Sato (CHG1-W1)",
                "a last day not before 2026-12-05, when the change window ends",
            )
        ],
    )


def test_without_a_window_no_waiver_ends_early():
    """Where the environment names no change, a waiver that holds is long enough."""
    short = WAIVER.model_copy(update={"expires": date(2026, 1, 1)})
    assert waivers(State.USED, waiver=short, until=None).outcome is Outcome.PASS


def test_an_unused_waiver_may_end_early():
    """Nothing rests on a waiver that is not used: when it ends does not matter."""
    short = WAIVER.model_copy(update={"expires": date(2026, 1, 1)})
    assert len(waivers(State.UNUSED, waiver=short).findings) == 1


ATTESTED = Attestation(
    check="DB-BKP-001",
    target="dsm-db",
    subjects=["dsm on sql1.example.jp:1433"],
    answers="PostgreSQL keeps no history of backups",
    says="restored on sql9",
    by="Taro Yamada",
    at=NOW,
)
A_DAY = ATTESTED.model_copy(update={"on": NOW.date(), "at": None})


def attestations(*states, of=ATTESTED):
    """The check on one attestation for each state."""
    told_of = tuple(attesting.Told(of, state, 0) for state in states)
    return judged("GATE-ATTEST-001", attestations=told_of)


def test_a_used_attestation_passes():
    """One that answers what is open is as it should be."""
    judgement = attestations(attesting.State.USED)
    assert (judgement.outcome, judgement.examined, judgement.notes) == (Outcome.PASS, 1, ())


def test_nothing_attested_is_not_applicable():
    """Where nobody answers for anything there is nothing to judge."""
    assert attestations().outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (attesting.State.EXPIRED, "one that was seen since"),
        (attesting.State.TO_COME, "one of what was seen"),
        (attesting.State.WITHOUT_TIME, "one with the time at which it was seen (at)"),
        (attesting.State.BEFORE_THE_WINDOW, "one of what was seen inside the window"),
        (attesting.State.UNKNOWN_CHECK, "the id of a check"),
        (attesting.State.NOT_ATTESTABLE, "none: nobody may answer for it"),
    ],
)
def test_an_attestation_that_does_not_hold_is_a_warning(state, expected):
    """It is told with what it is of, who gave it, and when that was seen."""
    judgement = attestations(state)
    found = f"{state}, by Taro Yamada, 2026-11-23 09:00:00+00:00"
    subject = "DB-BKP-001 of dsm-db: dsm on sql1.example.jp:1433"
    assert told(judgement) == [(subject, found, expected)]
    assert judgement.weight is Severity.WARNING


def test_an_unused_attestation_is_advice():
    """One that nothing needs asks for no sign-off: it is to be taken out."""
    judgement = attestations(attesting.State.UNUSED, of=A_DAY)
    assert told(judgement)[0][1:] == (
        "unused, by Taro Yamada, 2026-11-23",
        "none that nothing needs",
    )
    assert judgement.weight is Severity.ADVICE


def test_attestations_that_were_not_judged_are_one_note():
    """Of checks that this run did not judge nobody can say whether they are needed."""
    untold = attesting.State.NOT_JUDGED
    judgement = attestations(untold, attesting.State.USED, untold)
    assert judgement.outcome is Outcome.PASS
    assert [note.subject for note in judgement.notes] == ["2 of 3 attestations"]


def test_every_state_of_an_attestation_was_told_here():
    """A state that is neither a fault nor used nor unjudged would pass without a word."""
    fine = {attesting.State.USED, attesting.State.NOT_JUDGED}
    for state in set(attesting.State) - fine:
        assert attestations(state).outcome is Outcome.FAIL, state
