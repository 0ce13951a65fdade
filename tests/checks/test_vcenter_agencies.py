"""VC-EAM-001: agencies of ESX Agent Manager before hosts move."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts.vcenter.agencies import Agency
from kanmon.gate.judgement import Judgement
from tests.facts_by_hand import VC_MAIN, environment
from tests.judging import answered, judged, missed, told

EAM = "VC-EAM-001"
GOOD = Agency("agency-1", "Deep Security", "green", "enabled", ())
NAME = "Deep Security (agency-1)"


def agencies(*listed: Agency) -> Judgement:
    """The check on a vCenter with these."""
    return judged(EAM, vcenter=environment(VC_MAIN).vcenter[0], vcenter_agencies=listed)


def test_agencies_that_are_green_pass() -> None:
    """Each is examined; without any there is nothing to judge."""
    judgement = agencies(GOOD, replace(GOOD, moref="agency-2"))
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 2)
    assert agencies().outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("status", "weight"), [("red", Severity.WARNING), ("yellow", Severity.ADVICE)]
)
def test_a_colour_never_blocks(status: str, weight: Severity) -> None:
    """Red waits for somebody and asks for a sign-off, yellow is at work; both tell their issues."""
    issues = ("VM not deployed", "no OVF", "host gone", "disk full")
    judgement = agencies(GOOD, replace(GOOD, name="GI", status=status, issues=issues))
    assert judgement.weight is weight
    ((subject, found, expected),) = told(judgement)
    assert (subject, expected) == ("GI (agency-1)", "green")
    assert found.startswith(f"{status}, goal enabled: VM not deployed, no OVF, host gone")
    assert "disk full" not in found


def test_one_without_an_issue_is_told_as_that() -> None:
    """It has a colour, and no reason."""
    judgement = agencies(replace(GOOD, status="red"))
    assert told(judgement) == [(NAME, "red, goal enabled: no issue told", "green")]


def test_a_colour_that_nobody_knows_is_unknown() -> None:
    """Nobody takes it for green; a person may look."""
    judgement = agencies(replace(GOOD, status="grey"))
    assert missed(judgement) == [(NAME, "nobody knows what 'grey' says of it")]
    assert answered(EAM, judgement, "vc-main").outcome is Outcome.ATTESTED
