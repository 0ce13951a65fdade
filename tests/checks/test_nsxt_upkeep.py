"""NSXT-LIC-001, NSXT-BKP-001 and NSXT-PWD-001: licences, backups and passwords."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kanmon.check import Outcome
from kanmon.knowledge import read_overlay, use_overlay
from tests import nsxt_by_hand as by_hand
from tests.facts_by_hand import DSM, NOW, NSXT, VC_MAIN, WINDOW_END, environment, moment
from tests.judging import answered, judged, missed, told

SECOND = timedelta(seconds=1)
PLUS = "NSX Data Center Enterprise Plus"


def licences(*found, **changes):
    """NSXT-LIC-001 on these licences."""
    return judged(
        "NSXT-LIC-001",
        nsxt=environment(VC_MAIN, NSXT, DSM).nsxt[0],
        nsxt_manager=by_hand.manager(),
        nsxt_licences=found,
        moment=moment(step="nsxt-build", **changes),
    )


def test_the_licence_of_offloaded_anti_virus_passes():
    """It is permanent, and its row says that it covers endpoint protection."""
    judgement = licences(by_hand.licence())
    assert judgement.outcome is Outcome.PASS
    assert [one.row for one in judgement.rests_on] == ["NSX-T 3.1, NSX for vShield Endpoint"]


def test_no_licence_blocks():
    """An NSX-T without any licence deploys nothing."""
    judgement = licences()
    assert judgement.blocks
    assert told(judgement)[0][:2] == ("nsxt", "no licence")


@pytest.mark.parametrize(
    ("after_the_window", "outcome"),
    [(-SECOND, Outcome.FAIL), (timedelta(0), Outcome.FAIL), (SECOND, Outcome.PASS)],
)
def test_the_end_of_the_window(after_the_window, outcome):
    """Ending exactly with the window is not outliving it; a second later is."""
    judgement = licences(by_hand.licence(expires=WINDOW_END + after_the_window))
    assert judgement.outcome is outcome
    assert judgement.blocks is (outcome is Outcome.FAIL)


OLD = by_hand.licence(edition=PLUS, key_end="OLD00", expires=NOW - SECOND, expired=True)


def test_an_expired_licence_is_noted_beside_one_that_covers():
    """Nothing hangs on it any more: what is valid covers endpoint protection."""
    judgement = licences(by_hand.licence(), OLD)
    assert judgement.outcome is Outcome.PASS
    assert [(note.subject, note.text) for note in judgement.notes] == [
        (
            f"{PLUS} (key ending in OLD00)",
            "expired 2026-11-23 08:59 UTC; a valid licence covers it",
        )
    ]


def test_an_expired_licence_blocks_where_the_valid_ones_do_not_cover():
    """Alone, or beside an edition of which nobody says it, it may have been the one that did."""
    expected = (
        f"{PLUS} (key ending in OLD00)",
        "expired 2026-11-23 08:59 UTC",
        "valid until 2026-12-05 21:00 UTC",
    )
    for others in ((), (by_hand.licence(edition="NSX Something New"),)):
        judgement = licences(*others, OLD)
        assert expected in told(judgement)
        assert judgement.blocks


def test_an_expired_licence_stays_a_finding_whoever_answers_for_the_others():
    """A person says of the valid ones that they cover it, and nothing of one that has expired."""
    judgement = licences(by_hand.licence(edition="NSX Something New"), OLD)
    attested = answered("NSXT-LIC-001", judgement, "nsxt")
    assert (attested.findings, attested.unknown) == (judgement.findings, ())
    assert attested.blocks


def test_a_licence_that_ends_in_the_window_blocks_beside_a_good_one():
    """It is in use until then: with its end the edition changes in the middle of the change."""
    ending = by_hand.licence(key_end="END00", expires=WINDOW_END)
    assert licences(by_hand.licence(), ending).blocks


def test_an_expired_licence_counts_whatever_its_date():
    """NSX's own word is enough where it gives no date."""
    assert licences(by_hand.licence(expired=True)).blocks


def test_an_evaluation_is_named():
    """A valid one is a note, one that ends inside the window says what it is."""
    trial = by_hand.licence(evaluation=True, expires=WINDOW_END + SECOND)
    judgement = licences(trial)
    assert [note.text for note in judgement.notes] == ["an evaluation licence"]
    ending = licences(by_hand.licence(evaluation=True, expires=WINDOW_END))
    assert told(ending)[0][1].startswith("an evaluation licence: expires")


def test_an_evaluation_without_an_end_is_undetermined():
    """NSX writes "never" where it tells none, and an evaluation always ends; a person may know."""
    trial = by_hand.licence(evaluation=True, expires=None)
    judgement = licences(trial)
    assert judgement.outcome is Outcome.UNDETERMINED
    subject = f"{trial.edition} (key ending in {trial.key_end})"
    assert missed(judgement) == [(subject, "an evaluation of which NSX tells no end")]
    assert answered("NSXT-LIC-001", judgement, "nsxt").outcome is Outcome.ATTESTED


@pytest.mark.parametrize(
    ("edition", "asked"),
    [(PLUS, PLUS), ("NSX Something New", "NSX Something New, NSX for vShield Endpoint")],
)
def test_an_edition_of_which_no_text_says_it_is_undetermined(edition, asked):
    """Nobody could read which editions cover endpoint protection; a person may have asked."""
    judgement = licences(by_hand.licence(), by_hand.licence(edition=edition))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [
        ("nsxt", f"does {asked} cover endpoint protection? No text says so")
    ]
    assert answered("NSXT-LIC-001", judgement, "nsxt").outcome is Outcome.ATTESTED


OVERLAY = """
title = "As the vendor told us"
review_by = 2027-05-20
source = "case"
confidence = "documented"
rows = [{{ nsx = "NSX-T 3.1", edition = "{edition}", rank = 1, endpoint_protection = {covers} }}]

[sources.case]
title = "Answer to case 1"
url = "https://support.example.jp/1"
retrieved = 2026-11-20
"""


@pytest.mark.parametrize(("covers", "outcome"), [("true", "pass"), ("false", "fail")])
def test_a_row_of_the_operator_decides(covers, outcome, tmp_path):
    """A row that says so passes; one that says no blocks, whatever a person says."""
    text = OVERLAY.format(edition=PLUS, covers=covers)
    (tmp_path / "nsxt_licences.toml").write_text(text, encoding="utf-8")
    use_overlay(read_overlay(tmp_path))
    try:
        found = by_hand.licence(edition=PLUS)
        judgement = licences(by_hand.licence(), found)
    finally:
        use_overlay(None)
    assert judgement.outcome == outcome
    assert judgement.blocks is (covers == "false")
    assert answered("NSXT-LIC-001", judgement, "nsxt") == judgement


def test_without_a_window_nobody_can_say():
    """What is to be outlived has to be known."""
    judgement = licences(by_hand.licence(), last_until=None)
    assert judgement.outcome is Outcome.UNDETERMINED


def kept(backups, hours=None):
    """NSXT-BKP-001 on these backups."""
    tolerance = f"[tolerances]\nbackup_hours = {hours}\n" if hours else ""
    described = environment(VC_MAIN, NSXT, DSM, tolerance)
    return judged(
        "NSXT-BKP-001",
        nsxt=described.nsxt[0],
        nsxt_backups=backups,
        environment=described,
        moment=moment(step="nsx-migration"),
    )


def test_recent_backups_pass():
    """Scheduled, and every kind succeeded today."""
    judgement = kept(by_hand.backups())
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 4)


@pytest.mark.parametrize("kind", ["cluster", "node", "inventory"])
@pytest.mark.parametrize(("hours", "outcome"), [(24, Outcome.PASS), (24.01, Outcome.FAIL)])
def test_the_age_that_is_allowed(kind, hours, outcome):
    """A day is allowed, more is not, for each kind by itself."""
    judgement = kept(by_hand.backups(by_hand.backup(kind, hours)))
    assert judgement.outcome is outcome
    assert [finding.subject for finding in judgement.findings] == (
        [] if outcome is Outcome.PASS else [f"{kind} backup"]
    )
    assert not judgement.blocks


def test_the_operator_may_allow_another_age():
    """The tolerance of the environment file decides."""
    old = by_hand.backups(by_hand.backup("node", 30))
    assert kept(old, hours=48).outcome is Outcome.PASS
    assert kept(by_hand.backups(), hours=1).outcome is Outcome.FAIL


def test_a_backup_that_is_not_scheduled_warns():
    """Old successes prove nothing of the next one."""
    assert told(kept(by_hand.backups(enabled=False))) == [
        ("backup of nsxt", "not scheduled", "scheduled")
    ]


def test_no_success_is_told_with_the_last_error():
    """Failures alone are no backup, and NSX's reason stands in the finding."""
    failed = by_hand.backup("node", success=False, error="BACKUP_TIMEOUT: too slow")
    assert told(kept(by_hand.backups(failed))) == [
        (
            "node backup",
            "no success is known; the last try failed: BACKUP_TIMEOUT: too slow",
            "a success in the last 24 h",
        )
    ]


def test_a_kind_that_was_never_backed_up_warns():
    """An empty history is not a good one."""
    history = tuple(one for one in by_hand.backups().history if one.kind != "inventory")
    judgement = kept(type(by_hand.backups())(enabled=True, history=history))
    assert told(judgement)[0][:2] == ("inventory backup", "no success is known")


def test_a_later_failure_counts():
    """A recent success does not hide that the last try failed."""
    good = by_hand.backup("cluster", 3)
    failed = by_hand.backup("cluster", 1, success=False, error="disk full")
    judgement = kept(by_hand.backups(failed, good))
    assert "the last try failed: disk full" in told(judgement)[0][1]
    assert kept(by_hand.backups(by_hand.backup("cluster", 5, success=False), good)).outcome is (
        Outcome.PASS
    )


def test_a_backup_of_the_future_cannot_be_judged():
    """Within the tolerance of clocks it is now; beyond it some clock is wrong."""
    assert kept(by_hand.backups(by_hand.backup("node", -59 / 3600))).outcome is Outcome.PASS
    judgement = kept(by_hand.backups(by_hand.backup("node", -61 / 3600)))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement)[0][0] == "node backup"


def passwords(*listed, node="192.0.2.11"):
    """NSXT-PWD-001 on one manager node with these passwords, 12.5 days before the window's end."""
    return judged(
        "NSXT-PWD-001",
        nsxt=environment(VC_MAIN, NSXT, DSM).nsxt[0],
        nsxt_passwords=(by_hand.passwords(*listed, node=node),),
        moment=moment(step="nsx-migration"),
    )


def test_passwords_that_hold_long_enough_pass():
    """Each of a node's users is one."""
    judgement = passwords(by_hand.password(), by_hand.password(user="root"))
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 2)


@pytest.mark.parametrize(
    ("age", "life", "outcome"),
    [
        (76, 90, Outcome.PASS),
        (77, 90, Outcome.FAIL),  # 13 days are told, 12 may be left
        (90, 90, Outcome.FAIL),
        (400, 90, Outcome.FAIL),
        (400, 0, Outcome.PASS),
        (2**31 - 1, 9999, Outcome.FAIL),
    ],
)
def test_a_password_that_may_end_before_the_window_does(age, life, outcome):
    """It is named with its node, and warns."""
    judgement = passwords(by_hand.password(age=age, life=life))
    assert judgement.outcome is outcome
    assert not judgement.blocks
    assert told(judgement) == (
        [
            (
                "admin on 192.0.2.11",
                f"set {age} days ago, holds for {life} days",
                "one that holds beyond 2026-12-05 21:00 UTC",
            )
        ]
        if outcome is Outcome.FAIL
        else []
    )


def test_a_user_that_was_never_activated_has_none():
    """Nothing is left to judge."""
    judgement = passwords(by_hand.password(status="NOT_ACTIVATED", age=400))
    assert judgement.outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("field", ["age", "life"])
def test_what_nsx_does_not_say_of_a_password_a_person_may(field):
    """Neither fine nor at fault."""
    judgement = passwords(by_hand.password(**{field: None}))
    assert missed(judgement) == [
        ("admin on 192.0.2.11", "NSX-T does not say how long its password holds")
    ]
    assert answered("NSXT-PWD-001", judgement, "nsxt").outcome is Outcome.ATTESTED


def test_a_node_that_does_not_answer_is_open_by_itself():
    """The others are judged."""
    nodes = (by_hand.passwords(by_hand.password(age=89)), by_hand.silent("edge-1 (e1)"))
    judgement = judged(
        "NSXT-PWD-001",
        nsxt=environment(VC_MAIN, NSXT, DSM).nsxt[0],
        nsxt_passwords=nodes,
        moment=moment(step="nsxt-build"),
    )
    assert [one for one, _ in missed(judgement)] == ["edge-1 (e1)"]
    assert [one for one, _, _ in told(judgement)] == ["admin on 192.0.2.11"]
    assert judgement.examined == 2
