"""VC-VER-001: the build of a vCenter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Outcome, Severity
from kanmon.knowledge import load
from kanmon.knowledge.releases import VCenterRelease
from tests.checks.estates import world
from tests.facts_by_hand import about
from tests.judging import told


def build(**changes):
    """The check on a vCenter."""
    runs = about(**changes)
    made = world(abouts={"vc-main": runs})
    return replace(made, other={**made.other, "vcenter_about": runs}).judge("VC-VER-001")


@pytest.mark.parametrize("row", [load(VCenterRelease).rows[0], load(VCenterRelease).rows[-1]])
def test_a_build_of_the_table_passes(row):
    """A known build passes and quotes its row."""
    judgement = build(build=str(row.build))
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 1
    assert [one.row for one in judgement.rests_on] == [str(row.build)]


@pytest.mark.parametrize("number", [1, -1])
def test_a_build_beside_one_of_the_table_is_told_by_its_neighbours(number):
    """A build that no row names passes, and one note says between which it lies."""
    judgement = build(build=str(8307201 + number))
    assert judgement.outcome is Outcome.PASS
    (note,) = judgement.notes
    assert note.subject == "vc-main.example.jp:443"
    assert note.text.startswith("between 6.5")
    assert "8307201" in note.text


def test_a_build_beyond_the_table_is_a_note():
    """A patch of tomorrow is no fault of the estate: the page says where the table ends."""
    judgement = build(build="99999999")
    assert judgement.outcome is Outcome.PASS
    (note,) = judgement.notes
    assert note.text.startswith("newer than 6.5 U3")


def test_a_build_that_is_older_than_every_row_fails():
    """Nobody knows what came before the first release of a line: a sign-off is asked for."""
    judgement = build(build="1000000")
    assert judgement.outcome is Outcome.FAIL
    assert "older than every row of vcenter_releases" in told(judgement)[0][1]
    assert judgement.weight is Severity.WARNING


def test_a_line_that_no_table_knows_fails():
    """Of another product's line nothing can be judged."""
    judgement = build(version="99.9.0", build="99999999")
    assert judgement.outcome is Outcome.FAIL
    assert "no table knows vSphere 99.9" in told(judgement)[0][1]


@pytest.mark.parametrize("text", ["8307201 (dev)", "unknown"])
def test_a_build_that_is_no_number_is_not_known(text):
    """What is not plainly a number is no build of the table."""
    assert build(build=text).outcome is Outcome.FAIL
