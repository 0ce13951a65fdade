"""Builds that no row names: between two of their line, beyond them, and of a line of no table."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanmon.errors import Undetermined
from kanmon.knowledge import builds, load
from kanmon.knowledge.compatibility import At, Rules, Word
from kanmon.knowledge.releases import EsxiRelease
from kanmon.versions import Nsx, VSphere

RULES = Rules()
GOAL = At(VSphere.parse("7.0 U2"), None)
ROWS = {
    line: sorted(
        (row for row in load(EsxiRelease).rows if VSphere.parse(row.version).line == line),
        key=lambda row: row.build,
    )
    for line in ("6.5", "6.7", "7.0")
}
GAPS = [
    (line, low, high)
    for line, rows in ROWS.items()
    for low, high in pairwise(rows)
    if high.build - low.build > 1
]


@st.composite
def between(draw):
    """A build between two known ones of a line, and these."""
    line, low, high = draw(st.sampled_from(GAPS))
    number = draw(st.integers(low.build + 1, high.build - 1))
    placed = builds.esxi(str(number), f"{line}.0")
    return placed, *(builds.esxi(str(row.build), f"{line}.0").at for row in (low, high))


def _asked(at: At) -> list[Word]:
    version = at.version
    return [
        RULES.esxi_under_vcenter(version, VSphere.parse("7.0 U3")).word,
        RULES.esxi_under_vcenter(version, VSphere.parse("6.7")).word,
        RULES.nsx_with_esxi(Nsx.parse("NSX-V 6.4.5"), version).word,
        RULES.hop("esxi", at, GOAL).word,
    ]


@given(between())
def test_a_build_between_two_leaves_open_only_what_they_differ_in(made):
    """What is said of both neighbours is said of it: never silence, never another word."""
    placed, low, high = made
    for own, first, last in zip(_asked(placed.at), _asked(low), _asked(high), strict=True):
        if first is last:
            assert own is first
        else:
            assert own in (first, last, Word.OPEN)


@given(between())
def test_its_level_is_that_of_the_older_one(made):
    """It is told as the release after which it came out."""
    placed, low, high = made
    assert str(placed.at.version) == str(min(low.version, high.version))
    assert placed.told.startswith("between ")


def test_newer_than_the_table():
    """It is judged as the newest; where it may go is open in time, unless all goes back in time."""
    newest = ROWS["6.7"][-1]
    placed = builds.esxi(str(newest.build + 1), "6.7.0")
    assert placed.at.beyond
    assert str(placed.at.version) == newest.version
    later = At(VSphere.parse("7.0 U3"), placed.at.bounds[1].released)
    old = At(VSphere.parse("7.0"), ROWS["7.0"][0].date)
    assert RULES.hop("esxi", placed.at, later).word is Word.YES
    assert RULES.in_time("esxi", placed.at, old).word is Word.UNVERIFIED_NO
    after = At(VSphere.parse("7.0 U3"), ROWS["7.0"][-1].date)
    answer = RULES.in_time("esxi", placed.at, after)
    assert answer.word is Word.OPEN
    assert str(newest.build + 1) in answer.why


@pytest.mark.parametrize(("version", "word"), [("5.5.0", Word.NO), ("6.0.0", Word.YES)])
def test_a_line_before_every_table_goes_by_its_version(version, word):
    """ESXi 5.5 is refused by vCenter 6.7 and 6.0 is not, whatever the build."""
    placed = builds.esxi("3568722", version)
    assert RULES.esxi_under_vcenter(placed.at.version, VSphere.parse("6.7 U3")).word is word
    assert RULES.in_time("esxi", placed.at, At(VSphere.parse("6.7"), ROWS["6.7"][0].date)).word is (
        Word.OPEN
    )


@pytest.mark.parametrize(
    ("build", "version", "reason"),
    [
        ("1", "6.5.0", "older than every row"),
        ("99999999", "99.9.0", "no table knows vSphere 99.9"),
        ("abc", "6.5.0", "no number"),
        ("1", "six", "has the version"),
    ],
)
def test_what_cannot_be_placed(build, version, reason):
    """Each is told with what is wrong with it."""
    with pytest.raises(Undetermined, match=reason):
        builds.vcenter(build, version, "linux-x64")


def test_numbers_of_one_kind_are_compared():
    """On Windows the numbers are others than on the appliance."""
    appliance = builds.vcenter("7070489", "6.5.0", "linux-x64")
    windows = builds.vcenter("7070489", "6.5.0", "win32-x64")
    assert appliance.row != windows.row


def test_a_row_that_is_finer_than_the_question_does_not_end_the_run():
    """NSX-T 3.1.3 may be 3.1.3.5 or not: an answer that turns on it is open, and none is raised."""
    asked = Nsx.parse("NSX-T 3.1.3")
    assert RULES.nsx_with_vcenter(asked, VSphere.parse("7.0 U3c")).word is Word.OPEN
    assert RULES.nsx_with_vcenter(asked, VSphere.parse("6.5")).word is not Word.YES
