"""VC-VER-002: the release that a step promised, and the one that runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Outcome, Severity
from kanmon.gate.judgement import Judgement
from tests.checks.estates import GOOD, STRANGE_BUILD, VC_BUILDS, vcenter_at, without, world
from tests.facts_by_hand import about
from tests.judging import told

WHERE = "vc-main.example.jp:443"


def after(step: str | None, build: str, **changes) -> Judgement:
    """The check after a step on a vCenter with a build."""
    runs = about(build=build)
    made = world(step=step, phase="post", abouts={"vc-main": runs}, **{"order": GOOD, **changes})
    return replace(made, other={**made.other, "vcenter_about": runs}).judge("VC-VER-002")


@pytest.mark.parametrize(
    ("step", "release"),
    [("vsphere-bridge", "6.7 U3"), ("vsphere-target", "7.0 U2"), (None, "7.0 U2")],
)
def test_the_promised_release_passes(step, release):
    """The step's own release passes and cites its build, with nothing to note."""
    judgement = after(step, VC_BUILDS[release])
    assert judgement.outcome is Outcome.PASS
    assert [one.row for one in judgement.rests_on] == [VC_BUILDS[release]]
    assert judgement.notes == ()


@pytest.mark.parametrize(
    ("step", "release", "wanted"),
    [("vsphere-bridge", "6.7 U3m", "6.7 U3"), ("vsphere-target", "7.0 U2d", "7.0 U2")],
)
def test_a_later_patch_of_the_level_passes_and_is_told(step, release, wanted):
    """A patch of the promised update level is the promised level; the board is told which."""
    judgement = after(step, VC_BUILDS[release])
    assert judgement.outcome is Outcome.PASS
    (note,) = judgement.notes
    assert note.text == (
        f"vCenter {release} (build {VC_BUILDS[release]}) is a later patch of the promised {wanted}"
    )


def test_a_patch_that_was_promised_is_not_reached_by_its_level():
    """7.0 U2 is older than 7.0 U2d; the order that was declared says where a step leads."""
    order = '[[plan]]\nstep = "vsphere-target"\nvcenter = "7.0 U2d"\n'
    judgement = after("vsphere-target", VC_BUILDS["7.0 U2"], order=order)
    assert judgement.outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("step", "release", "wanted"),
    [
        ("vsphere-bridge", "6.5 U2", "6.7 U3"),
        ("vsphere-bridge", "6.7 U1", "6.7 U3"),
        ("vsphere-bridge", "7.0 U2", "6.7 U3"),
        ("vsphere-target", "6.7 U3", "7.0 U2"),
        ("vsphere-target", "7.0", "7.0 U2"),
    ],
)
def test_another_release_blocks(step, release, wanted):
    """Left behind, gone half way, gone beyond: each is a blocker that names both releases."""
    judgement = after(step, VC_BUILDS[release])
    assert judgement.outcome is Outcome.FAIL
    assert judgement.weight is Severity.BLOCKER
    found = f"vCenter {release} (build {VC_BUILDS[release]})"
    assert told(judgement) == [(WHERE, found, f"vCenter {wanted}, as {step}")]


def test_a_build_that_nobody_knows_is_undetermined():
    """An unknown build is no release, neither the promised one nor another."""
    judgement = after("vsphere-bridge", STRANGE_BUILD)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert STRANGE_BUILD in judgement.reason


def test_where_no_order_is_declared_the_bridge_leads_nowhere():
    """Where a bridge leads stands in [[plan]] alone; without it nobody can say."""
    judgement = after("vsphere-bridge", VC_BUILDS["6.7 U3"], order="")
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "[[plan]]" in judgement.reason


def test_a_vcenter_that_is_not_to_move_does_not_apply():
    """Without a target for vCenter the step promises none."""
    judgement = after(
        "vsphere-target", vcenter_at("6.5 U2").build, order="", upgrade=without("vcenter")
    )
    assert judgement.outcome is Outcome.NOT_APPLICABLE
    assert judgement.reason == "vsphere-target does not move vc-main"
