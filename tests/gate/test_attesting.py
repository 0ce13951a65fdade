"""What attestations do to judgements: whose word counts, for what, and until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanmon.check import Attestable, Finding, Outcome, Severity, Unknown
from kanmon.environment.change import Attestation, Tolerances
from kanmon.errors import CouldNotRead, Denied, TargetLost
from kanmon.evidence.results import attested_parts
from kanmon.facts import Unread
from kanmon.facts.collected import Facts
from kanmon.gate.attesting import Moment, State, attest, fault, questions, told
from kanmon.gate.judgement import Judged, Judgement, judge
from kanmon.gate.verdict import Gate, decide
from kanmon.text import Text
from tests.waivers_by_hand import CARD as PLAIN

NOW = datetime(2026, 12, 5, 13, tzinfo=UTC)
BLOCKER = Severity.BLOCKER
CARD = replace(PLAIN, attestable=Attestable.MOMENTARY)
REASON = Text("no sample of {disk}, by build {build}", disk="sda", build="17")
FORM = "no sample of {disk}, by build {build}"
AT = Moment(NOW, Tolerances())


def attestation(**changes):
    """One that answers for esx-01 and esx-02 of vc-main, seen an hour ago."""
    said = {
        "check": CARD.id,
        "target": "vc-main",
        "subjects": ["esx-01", "esx-02"],
        "answers": FORM,
        "bound": {"build": "17"},
        "says": "df -h: 40 % used",
        "by": "Taro Yamada",
        "at": NOW - timedelta(hours=1),
    }
    return Attestation.model_validate(
        {k: v for k, v in {**said, **changes}.items() if v is not None}
    )


def undetermined(*subjects, reason=REASON, findings=()):
    """A judgement of nine hosts of which these could not be judged."""
    unknown = [Unknown(subject, reason) for subject in subjects]
    return judge(BLOCKER, examined=9, of="hosts", findings=findings, unknown=unknown)


def given_(judgement, *attestations, card=CARD, target="vc-main", moment=AT):
    return attest(judgement, card, target, attestations, moment)


# What it does.


def test_a_check_whose_every_question_is_answered_is_attested():
    """It opens the gate, and says of each object who answers for it."""
    made = given_(undetermined("esx-01", "esx-02"), attestation())
    assert (made.outcome, made.unknown) == (Outcome.ATTESTED, ())
    assert [(one.subject, one.attestation.by) for one in made.attested] == [
        ("esx-01", "Taro Yamada"),
        ("esx-02", "Taro Yamada"),
    ]
    assert made.reason == "2 of 9 hosts cannot be judged; 2 of them attested"
    assert decide(1, [made], []) is Gate.GO


def test_another_object_of_the_same_check_stays_open():
    """Nobody answered for esx-03, so the check is undetermined, of esx-03 alone."""
    made = given_(undetermined("esx-01", "esx-03"), attestation())
    assert made.outcome is Outcome.UNDETERMINED
    assert [one.subject for one in made.unknown] == ["esx-03"]
    assert decide(1, [made], []) is Gate.INCOMPLETE


@pytest.mark.parametrize(
    "other",
    [
        {"check": "ESX-VIB-001"},
        {"target": "vc-2"},
        {"target": None},
        {"subjects": ["esx-0*"]},
        {"subjects": []},
        {"answers": "another reason of {disk}, by build {build}"},
        {"answers": str(REASON)},
        {"bound": {"build": "18"}},
        {"bound": {}},
        {"bound": {"build": "17", "kernel": "3.10"}},
    ],
    ids=str,
)
def test_what_it_does_not_repeat_exactly_it_does_not_answer(other):
    """Another check, target, object, reason or build: the question stands as it was."""
    judgement = undetermined("esx-01")
    assert given_(judgement, attestation(**other)) == judgement


def test_another_value_of_the_same_reason_is_answered():
    """A figure that changes from run to run is no part of what is answered; a build is."""
    other = Text("no sample of {disk}, by build {build}", disk="sdb", build="17")
    assert given_(undetermined("esx-01", reason=other), attestation()).outcome is Outcome.ATTESTED


def test_a_claim_that_is_open_as_a_whole():
    """It has no objects, and an attestation of objects does not answer for it."""
    whole = Judgement(Outcome.UNDETERMINED, BLOCKER, REASON)
    assert given_(whole, attestation()) == whole
    made = given_(whole, attestation(subjects=[]))
    assert made.outcome is Outcome.ATTESTED
    assert [(one.subject, one.reason) for one in made.attested] == [("", REASON)]


def test_what_was_found_stands():
    """A person's word for what was not seen accepts nothing that was."""
    finding = Finding("esx-03", "off", "on")
    made = given_(undetermined("esx-01", findings=[finding]), attestation())
    assert (made.outcome, made.findings, made.unknown) == (Outcome.FAIL, (finding,), ())
    passed = judge(BLOCKER, examined=1, of="hosts")
    assert given_(passed, attestation()) == passed


@pytest.mark.parametrize("kind", [TargetLost, Denied])
def test_a_target_out_of_reach_and_a_missing_right_are_nobodys(kind):
    """Whatever stands around it, nobody answers for what was not read, or is hidden."""
    inner = kind("log in as ro", "refused", "check the rights").message
    for reason in (inner, Text("vc-main: {reason}", reason=inner)):
        judgement = undetermined("esx-01", reason=reason)
        word = attestation(answers=reason.form, bound={})
        assert given_(judgement, word) == judgement
        assert questions(judgement, CARD) == []


def test_one_fact_that_could_not_be_read_may_be_answered():
    """The target was read but for this: a person may look."""
    reason = CouldNotRead("read the backups", "HTTP 404").message
    made = given_(undetermined("esx-01", reason=reason), attestation(answers=reason.form, bound={}))
    assert made.outcome is Outcome.ATTESTED


def test_a_check_may_keep_a_question_from_persons():
    """By the object, or by its card as a whole."""
    judgement = judge(
        BLOCKER, examined=1, of="hosts", unknown=[Unknown("esx-01", REASON, by_person=False)]
    )
    assert given_(judgement, attestation()) == judgement
    never = replace(CARD, attestable=Attestable.NEVER, why_not="nobody sees it")
    assert given_(undetermined("esx-01"), attestation(), card=never).outcome is Outcome.UNDETERMINED
    assert questions(undetermined("esx-01"), never) == []


@pytest.mark.parametrize(
    ("when", "answered"),
    [
        ({"at": NOW - timedelta(hours=2)}, False),
        ({"at": NOW - timedelta(hours=1, minutes=30)}, True),
        ({"at": None, "on": date(2026, 12, 4)}, False),
        ({"at": None, "on": date(2026, 12, 5)}, True),
    ],
)
def test_what_was_written_since_was_not_seen(when, answered):
    """Of a report of 20:30 in Japan nobody answers who looked before, or on the day before."""
    written = datetime.fromisoformat("2026-12-05T20:30:00+09:00")
    card = replace(CARD, attestable=Attestable.CONFIGURATION)
    judgement = judge(
        BLOCKER, examined=1, of="hosts", unknown=[Unknown("esx-01", REASON, since=written)]
    )
    made = given_(judgement, attestation(**when), card=card)
    assert (made.outcome is Outcome.ATTESTED) is answered


# How long it holds.

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("of", "when", "state"),
    [
        (Attestable.MOMENTARY, {"at": NOW - 12 * HOUR}, None),
        (Attestable.MOMENTARY, {"at": NOW - 12 * HOUR - timedelta(seconds=1)}, State.EXPIRED),
        (Attestable.MOMENTARY, {"at": NOW + timedelta(seconds=60)}, None),
        (Attestable.MOMENTARY, {"at": NOW + timedelta(seconds=61)}, State.TO_COME),
        (Attestable.MOMENTARY, {"at": None, "on": date(2026, 12, 5)}, State.WITHOUT_TIME),
        (Attestable.CONFIGURATION, {"at": NOW - 7 * DAY}, None),
        (Attestable.CONFIGURATION, {"at": NOW - 7 * DAY - HOUR}, State.EXPIRED),
        (Attestable.CONFIGURATION, {"at": None, "on": date(2026, 11, 28)}, None),
        (Attestable.CONFIGURATION, {"at": None, "on": date(2026, 11, 27)}, State.EXPIRED),
        (Attestable.CONFIGURATION, {"at": None, "on": date(2026, 12, 6)}, None),
        (Attestable.CONFIGURATION, {"at": None, "on": date(2026, 12, 7)}, State.TO_COME),
        (Attestable.DOCUMENT, {"at": None, "on": date(2026, 9, 6)}, None),
        (Attestable.DOCUMENT, {"at": None, "on": date(2026, 9, 5)}, State.EXPIRED),
        (Attestable.NEVER, {}, State.NOT_ATTESTABLE),
    ],
)
def test_its_life_is_that_of_its_class(of, when, state):
    """Twelve hours, seven days, ninety days; a day is one anywhere on earth."""
    card = replace(CARD, attestable=of, why_not="x" if of is Attestable.NEVER else "")
    assert fault(attestation(**when), {card.id: card}, AT) is state


def test_the_environment_may_shorten_a_life():
    """And never lengthen one: the bounds are kanmon's."""
    shorter = Moment(NOW, Tolerances(momentary_hours=0.5))
    assert fault(attestation(), {CARD.id: CARD}, shorter) is State.EXPIRED
    for key, longer in (("momentary_hours", 13), ("configuration_days", 8), ("document_days", 91)):
        with pytest.raises(ValueError, match=key):
            Tolerances(**{key: longer})


def test_amid_the_step_the_moment_is_one_of_the_window():
    """What was so before the window began may be otherwise since the first node was upgraded."""
    within = Moment(NOW, Tolerances(), since=NOW - 2 * HOUR)
    later = Moment(NOW, Tolerances(), since=NOW - timedelta(minutes=30))
    assert fault(attestation(), {CARD.id: CARD}, within) is None
    assert fault(attestation(), {CARD.id: CARD}, later) is State.BEFORE_THE_WINDOW


def test_it_says_when():
    """A day or a time, one of both, the time with its zone."""
    for wrong in ({"at": None}, {"on": date(2026, 12, 5)}, {"at": datetime(2026, 12, 5)}):  # noqa: DTZ001
        with pytest.raises(ValueError, match="at"):
            attestation(**wrong)


# What became of it.


def became(*attestations, judged=(), whole=(("ESX-STATE-001", "vc-main"),), cards=None):
    cards = {CARD.id: CARD} if cards is None else cards
    return [(one.state, one.matched) for one in told(attestations, cards, whole, judged, AT)]


def test_what_became_of_each():
    """Used, unused where its check ended without it, not judged where it never ended."""
    used, unused = attestation(), attestation(subjects=["esx-09"])
    made = given_(undetermined("esx-01", "esx-02"), used, unused)
    judged = [Judged(CARD, "vc-main", made, 0.1)]
    whole = [(CARD.id, "vc-main")]
    assert became(used, unused, judged=judged, whole=whole) == [(State.USED, 2), (State.UNUSED, 0)]
    assert became(used, whole=whole) == [(State.NOT_JUDGED, 0)]
    assert became(attestation(check="NO-SUCH-001")) == [(State.UNKNOWN_CHECK, 0)]


@given(
    st.lists(st.sampled_from(["esx-01", "esx-02", "esx-03"]), min_size=1, max_size=3, unique=True),
    st.lists(
        st.sampled_from(
            [attestation(), attestation(subjects=["esx-03"]), attestation(target="vc-2")]
        ),
        max_size=3,
    ),
)
def test_questions_pasted_back_answer_all(subjects, others):
    """What is asked of a run and answered word for word opens it, whatever else was attested."""
    judgement = undetermined(*subjects)
    (question,) = questions(judgement, CARD)
    pasted = attestation(
        subjects=list(question.subjects), answers=question.answers, bound=question.bound
    )
    assert given_(judgement, *others, pasted).outcome is Outcome.ATTESTED


def test_a_part_that_was_not_read_and_is_answered_for():
    """The target counts as read but for the parts for which nobody answers."""
    reason = CouldNotRead("read the backups", "HTTP 404").message
    word = attestation(answers=reason.form, bound={}, subjects=[])
    made = given_(Judgement(Outcome.UNDETERMINED, BLOCKER, reason), word)
    facts = Facts({("vc-main", "backups"): Unread(reason), ("vc-main", "jobs"): Unread("other")})
    assert attested_parts([Judged(CARD, "vc-main", made, 0.1)], facts, "vc-main") == {"backups"}
    assert attested_parts([Judged(CARD, "vc-2", made, 0.1)], facts, "vc-main") == frozenset()
