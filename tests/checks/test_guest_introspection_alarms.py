"""GI-ALARM-001: what NSX-V and NSX-T complain of in guest introspection."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from tests import nsxt_by_hand
from tests import nsxv_by_hand as by_hand
from tests.facts_by_hand import DSM, NOW, NSXT, NSXV, VC_MAIN, environment, extension
from tests.judging import judged, missed, told

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED
NA = Outcome.NOT_APPLICABLE
AGENCY = "Protected (domain-c7) (alarm 79965)"


def complaints(*alarms, events=(), nsxt=(), texts=(NSXV, NSXT), **changes):
    """GI-ALARM-001 on vc-main with an NSX-V and an NSX-T."""
    estate = environment(VC_MAIN, DSM, *texts)
    facts = {
        "vcenter": estate.vcenter[0],
        "vcenter_extensions": (),
        "all_nsxv_alarms": {"nsxv-main": alarms},
        "all_nsxv_events": {"nsxv-main": by_hand.events(*events)},
        "all_nsxt_alarms": {"nsxt": nsxt},
        "environment": estate,
    }
    return judged("GI-ALARM-001", **{**facts, **changes})


def test_no_alarm_and_no_event_passes():
    """Both managers were asked and have nothing."""
    judgement = complaints()
    assert (judgement.outcome, judgement.examined) == (P, 2)


@pytest.mark.parametrize(
    ("code", "severity"),
    [
        (250024, "High"),
        (270000, "Critical"),
        (280000, "High"),
        (280001, "High"),
        (280004, "High"),
        (301001, "Critical"),
        (301002, "Major"),
        (301031, "Critical"),
        (26002, "Medium"),
    ],
)
def test_an_open_alarm_blocks(code, severity):
    """Each code of the table, by its number, with NSX's own words."""
    judgement = complaints(by_hand.alarm(code=code, severity=severity))
    ((subject, found, _),) = told(judgement)
    assert subject == AGENCY
    assert found == (
        f"{code} {severity} since 2026-11-23 08:00 UTC: The backing EAM agency could not be found."
    )
    assert judgement.blocks


def test_an_alarm_that_only_tells_is_a_note():
    """270000 is for information too: then the board reads its code, and nothing is asked for."""
    judgement = complaints(by_hand.alarm(code=270000, severity="Informational"))
    assert (judgement.outcome, judgement.examined) == (P, 3)
    assert judgement.notes[0].text == "1 other alarms are open, of codes 270000"


def test_alarms_of_other_subjects_are_counted():
    """An edge that is down is not guest introspection's, and not hidden either."""
    edge = by_hand.alarm(code=130027, module="NSX Edge Communication Agent", source="edge-3")
    judgement = complaints(edge, by_hand.alarm(code=130033, module="Edge", source="edge-3"))
    assert judgement.outcome is P
    assert judgement.notes[0].text == "2 other alarms are open, of codes 130027, 130033"


@pytest.mark.parametrize(
    "changes",
    [
        {"code": 250099},
        {"code": 1, "module": "Guest Introspection"},
        {"code": 1, "module": "EPSEC"},
        {"severity": "Grave"},
    ],
)
def test_what_no_row_knows_is_not_judged(changes):
    """A code of guest introspection without a row, or a new severity, is nobody's to dismiss."""
    judgement = complaints(by_hand.alarm(**changes))
    assert judgement.outcome is U
    assert missed(judgement)[0][0] == AGENCY


@pytest.mark.parametrize("code", [26002, 26003, 26004])
def test_an_event_that_nothing_ended_blocks(code):
    """A thin agent that does not fit, or a host module without its service machine."""
    judgement = complaints(events=(by_hand.event(code=code),))
    assert told(judgement)[0][0] == "vm-101 (event 500)"
    assert judgement.blocks


def test_a_later_event_that_ends_it_warns():
    """26000 after 26002 of the same guest: it may be over, and somebody signs for it."""
    enabled = by_hand.event(number=501, code=26000, time=NOW)
    judgement = complaints(events=(enabled, by_hand.event()))
    assert (judgement.outcome, judgement.weight) == (F, Severity.WARNING)
    assert told(judgement)[0][1].endswith("; followed by 26000 of 2026-11-23 09:00 UTC")


@pytest.mark.parametrize(
    "other",
    [
        {"number": 499, "code": 26000},  # before it
        {"number": 501, "code": 26000, "source": "vm-102"},  # of another guest
        {"number": 501, "code": 26001},  # of another kind
    ],
)
def test_what_does_not_end_it_does_not(other):
    """Only a later one of the same guest does."""
    assert complaints(events=(by_hand.event(), by_hand.event(**other))).blocks


def test_of_several_events_the_newest_counts():
    """A guest that complains every hour is one line; a new complaint after the end is open."""
    older = by_hand.event(number=400, time=NOW - timedelta(days=2))
    ended = by_hand.event(number=450, code=26000)
    judgement = complaints(events=(older, ended, by_hand.event()))
    assert [one[0] for one in told(judgement)] == ["vm-101 (event 500)"]
    assert judgement.blocks


def test_events_that_only_tell_and_those_with_an_alarm_are_left_to_it():
    """26000 and 26001 are good news; whether 250024 still stands its alarm says."""
    events = (
        by_hand.event(code=26000),
        by_hand.event(code=26001, source="host-21"),
        by_hand.event(code=250024, source="domain-c7"),
    )
    assert complaints(events=events).outcome is P


def test_endpoint_protection_of_nsx_t_blocks():
    """A critical alarm of that feature that nobody closed: what protects guests is broken now."""
    gone = nsxt_by_hand.alarm(feature="endpoint_protection", event_type="eam_status_down")
    judgement = complaints(nsxt=(gone, nsxt_by_hand.alarm()))
    ((subject, found, _),) = told(judgement)
    assert subject.startswith("eam_status_down on ")
    assert found.startswith("CRITICAL, OPEN")
    assert judgement.blocks


@pytest.mark.parametrize(
    ("severity", "weight"),
    [
        ("HIGH", Severity.BLOCKER),
        ("MEDIUM", Severity.WARNING),
        ("LOW", Severity.WARNING),
    ],
)
def test_a_lesser_alarm_of_nsx_t_is_for_the_board(severity, weight):
    """NSX-T itself says how grave an alarm is."""
    alarm = nsxt_by_hand.alarm(feature="endpoint_protection", severity=severity)
    assert complaints(nsxt=(alarm,)).weight is weight


@pytest.mark.parametrize(
    ("part", "slug"),
    [
        ("all_nsxv_alarms", "nsxv-main"),
        ("all_nsxv_events", "nsxv-main"),
        ("all_nsxt_alarms", "nsxt"),
    ],
)
def test_one_unread_list_does_not_hide_the_others(part, slug):
    """The manager is undetermined, and what the others say is still told."""
    unread = {part: {slug: Unread("HTTP 403")}}
    judgement = complaints(**unread)
    assert judgement.outcome is U
    assert missed(judgement) == [(slug, "HTTP 403")]
    if part != "all_nsxv_alarms":
        assert complaints(by_hand.alarm(), **unread).blocks


def test_an_nsx_that_the_environment_does_not_name_is_not_absent():
    """An NSX-V that only vCenter knows was asked by nobody."""
    judgement = complaints(
        texts=(), vcenter_extensions=(extension(),), all_nsxv_alarms={}, all_nsxv_events={}
    )
    assert judgement.outcome is U
    assert missed(judgement)[0][0] == "vc-main"


def test_without_nsx_the_claim_has_no_meaning():
    """A vCenter without any NSX has no guest introspection."""
    assert complaints(texts=()).outcome is NA
