"""VC-VER-001: the build of a vCenter."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.knowledge import load
from kanmon.knowledge.releases import VCenterRelease
from tests.facts_by_hand import VC_MAIN, about, environment
from tests.judging import judged, told


def build(**changes):
    """The check on a vCenter."""
    vcenter = environment(VC_MAIN).vcenter[0]
    return judged("VC-VER-001", vcenter=vcenter, vcenter_about=about(**changes))


@pytest.mark.parametrize("row", [load(VCenterRelease).rows[0], load(VCenterRelease).rows[-1]])
def test_a_build_of_the_table_passes(row):
    """A known build passes and quotes its row."""
    judgement = build(build=str(row.build))
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 1
    assert [one.row for one in judgement.rests_on] == [str(row.build)]


@pytest.mark.parametrize("number", [1, -1])
def test_a_build_beside_one_of_the_table_fails(number):
    """The next build is another one, and nobody knows it: a sign-off is asked for."""
    judgement = build(build=str(8307201 + number))
    assert judgement.outcome is Outcome.FAIL
    assert told(judgement) == [
        (
            "vc-main.example.jp:443",
            f"6.5.0 build {8307201 + number}",
            "a build of the release table",
        )
    ]
    assert judgement.weight is Severity.WARNING


@pytest.mark.parametrize("text", ["8307201 (dev)", "unknown"])
def test_a_build_that_is_no_number_is_not_known(text):
    """What is not plainly a number is no build of the table."""
    assert build(build=text).outcome is Outcome.FAIL
