"""Causes: each once, with what helps against it and what waits for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Attestable, Finding, Outcome, Severity, Unknown
from kanmon.errors import CouldNotRead, Denied, TargetLost
from kanmon.gate.causes import Remedy, causes
from kanmon.gate.judgement import Judged, judge
from kanmon.text import Text
from tests.waivers_by_hand import CARD

NEVER = replace(CARD, attestable=Attestable.NEVER, why_not="it stands in a file")
LOST = TargetLost("log in to vc:443", "connection refused", "is it up?").message
DENIED = Denied("read the roles", "403", "give it Read").message
ROW = Text("build {build} is in no row of {table}", build="17", table="vcenter_releases")
PLAIN = CouldNotRead("read the disks", "no answer").message


def judged(*unknown: Unknown, id_: str = CARD.id, card=CARD, findings=()):
    made = judge(Severity.BLOCKER, examined=999, of="hosts", findings=findings, unknown=unknown)
    return Judged(replace(card, id=id_), "vc", made, 0)


def told(*each, unread=None):
    return [(one.reason, one.remedy, one.objects, one.keeps) for one in causes(unread or {}, each)]


@pytest.mark.parametrize(
    ("reason", "card", "remedy"),
    [
        (LOST, CARD, Remedy.REACH),
        (DENIED, CARD, Remedy.GRANT),
        (ROW, CARD, Remedy.ROW),
        (ROW, NEVER, Remedy.ROW),
        (Text("no row answers: {question}", question="Tools on ESXi?"), CARD, Remedy.ROW),
        (PLAIN, CARD, Remedy.ATTEST),
        (PLAIN, NEVER, Remedy.READ),
    ],
)
def test_what_helps_follows_from_the_cause(reason, card, remedy):
    """A lost target is reached, a right given, a row added; a person attests only what he may."""
    (found,) = told(judged(Unknown("esx-1", reason), card=card))
    assert found == (reason, remedy, ["esx-1"], [(CARD.id, "vc")])


def test_a_target_that_is_lost_is_one_cause_of_all_that_waits():
    """The reading and every check that wraps its reason in words of its own are one card."""
    wrapped = Text("{subject}: {reason}", subject="vc", reason=LOST)
    first = judged(Unknown("esx-1", LOST))
    second = judged(Unknown("esx-2", wrapped), id_="ESX-VIB-001")
    (found,) = told(first, second, unread={"vc": {"hosts": LOST, "vms": LOST}})
    keeps = [("ESX-STATE-001", "vc"), ("ESX-VIB-001", "vc")]
    assert found == (LOST, Remedy.REACH, ["vc", "esx-1", "esx-2"], keeps)


def test_reasons_that_differ_in_values_alone_are_one_cause():
    """300 machines with a figure each are one line, in the words of the first."""
    reasons = [Text("no sample of disk {disk}", disk=f"sd{number}") for number in range(300)]
    unknown = [Unknown(f"vm-{number}", reason) for number, reason in enumerate(reasons)]
    (found,) = told(judged(*unknown))
    assert found[0] == "no sample of disk sd0"
    assert len(found[2]) == 300


def test_two_missing_rows_are_two_causes():
    """Each row has to be added for itself."""
    other = Text("build {build} is in no row of {table}", build="18", table="vcenter_releases")
    assert len(told(judged(Unknown("a", ROW), Unknown("b", other)))) == 2


def test_what_keeps_most_open_comes_first():
    """Whoever mends causes from the top gets furthest."""
    one = judged(Unknown("a", PLAIN))
    two, three = (judged(Unknown("b", ROW), id_=id_) for id_ in ("A-B-001", "C-D-001"))
    assert [remedy for _, remedy, _, _ in told(one, two, three)] == [Remedy.ROW, Remedy.ATTEST]


def test_a_claim_that_is_open_as_a_whole_names_no_object():
    """The whole claim waits; there is no object to name."""
    made = judge(Severity.BLOCKER, examined=9, of="hosts")
    open_ = replace(made, outcome=Outcome.UNDETERMINED, reason=LOST)
    assert told(Judged(CARD, "vc", open_, 0)) == [
        (LOST, Remedy.REACH, [], [(CARD.id, "vc")]),
    ]


def test_what_failed_waits_for_nothing():
    """A check that found something ended; its open objects are told, but nothing is kept open."""
    found = [Finding("esx-9", "off", "on")]
    assert told(judged(Unknown("esx-1", PLAIN), findings=found)) == [
        (PLAIN, Remedy.ATTEST, ["esx-1"], []),
    ]
