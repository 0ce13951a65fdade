"""How long a verdict holds: the earliest end of what it rests on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from kanmon.check import Attestable
from kanmon.environment.change import Attestation, Change, Tolerances, Window
from kanmon.gate import accepted, attesting, waivers
from kanmon.gate.life import life
from kanmon.gate.verdict import Gate
from tests.waivers_by_hand import CARD, waiver

NOW = datetime(2026, 12, 5, 12, tzinfo=UTC)
CHANGE = Change(number="CHG1", window=Window(start=NOW, end=NOW + timedelta(hours=30)))
CARDS = {CARD.id: replace(CARD, attestable=Attestable.MOMENTARY)}


def attested(hours_ago: float, state: attesting.State = attesting.State.USED) -> attesting.Told:
    """What somebody saw so many hours ago; it is momentary, and holds for twelve."""
    said = {"check": CARD.id, "answers": "x", "says": "y", "by": "Taro Yamada"}
    one = Attestation.model_validate({**said, "at": NOW - timedelta(hours=hours_ago)})
    return attesting.Told(one, state, 1)


def waived(day: date, state: waivers.State = waivers.State.USED) -> accepted.Told:
    return accepted.Told(waiver(expires=day), state, 1)


def held(*words, gate=Gate.GO, phase="pre", change=CHANGE, tolerances=None):
    """How many hours a verdict holds and what ends then, by what it rests on."""
    moment = attesting.Moment(NOW, tolerances or Tolerances())
    of_waivers = [one for one in words if isinstance(one, accepted.Told)]
    of_people = [one for one in words if isinstance(one, attesting.Told)]
    found = life(gate, phase, change, moment, CARDS, of_waivers, of_people)
    return found and ((found.until - NOW) / timedelta(hours=1), found.why)


def test_a_day_is_the_most():
    """What was read yesterday says nothing of today."""
    assert held() == (24, "24 hours after the facts were read")


def test_an_environment_may_shorten_it():
    """Four hours where the operator says so; more than a day nobody can say."""
    assert held(tolerances=Tolerances(go_hours=4)) == (4, "4 hours after the facts were read")
    with pytest.raises(ValueError, match="less than or equal to 24"):
        Tolerances(go_hours=25)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (attested(2), (10, "what Taro Yamada attests of ESX-STATE-001 ends")),
        (attested(2, attesting.State.UNUSED), (24, "24 hours after the facts were read")),
        (waived(date(2026, 12, 5)), (12, "the waiver CHG1-W1 ends")),
        (
            waived(date(2026, 12, 5), waivers.State.UNUSED),
            (24, "24 hours after the facts were read"),
        ),
        (waived(date(2026, 12, 31)), (24, "24 hours after the facts were read")),
    ],
    ids=["attested", "attested in vain", "last day today", "waived in vain", "waived for long"],
)
def test_what_it_rests_on_ends_it(word, expected):
    """The word of a person that opened the gate ends, and with it the verdict; an idle one not."""
    assert held(word) == expected


def test_the_window_ends_it():
    """After its change window nothing is begun."""
    change = Change(number="CHG1", window=Window(start=NOW, end=NOW + timedelta(hours=8)))
    assert held(attested(1), change=change) == (8, "the change window ends")


@pytest.mark.parametrize(
    ("gate", "phase", "holds"),
    [
        (Gate.GO, "mid", True),
        (Gate.CONDITIONAL, "pre", True),
        (Gate.GO, "post", False),
        (Gate.NO_GO, "pre", False),
        (Gate.INCOMPLETE, "pre", False),
    ],
)
def test_only_what_opens_something_can_end(gate, phase, holds):
    """A shut gate does not open by waiting, and how a step ended stays so."""
    assert bool(held(gate=gate, phase=phase)) is holds


def test_without_a_change_there_is_no_window():
    """A trial run of no change holds for a day."""
    assert held(change=None)[0] == 24
