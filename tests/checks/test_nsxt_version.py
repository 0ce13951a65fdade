"""NSXT-VER-001: the NSX-T that is deployed is the one of the plan."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome
from tests import nsxt_by_hand as by_hand
from tests.facts_by_hand import DSM, NSXT, VC_MAIN, compute_manager, environment, moment
from tests.judging import judged, told

PATCH, LINE, NEWER = "3.1.3.1.0.18504668", "3.0.0.0.0.15946738", "3.2.0.0.0.19067744"


def deployed(version="3.1.2.0.0.17883596", step="nsx-migration", phase="pre", **changes):
    """NSXT-VER-001 on an NSX-T of this version that is to be 3.1.2."""
    described = environment(VC_MAIN, NSXT, DSM, **changes.pop("upgrade", {"nsx": "NSX-T 3.1.2"}))
    facts = {
        "nsxt_manager": by_hand.manager(version=version),
        "nsxt_compute_managers": (),
        "environment": described,
        "moment": moment(step=step, phase=phase),
    }
    return judged("NSXT-VER-001", nsxt=described.nsxt[0], **{**facts, **changes})


@pytest.mark.parametrize("planned", ["NSX-T 3.1.2", "NSX-T 3.1.2.0"])
def test_the_planned_one_passes(planned):
    """What the manager reports is longer than what a person plans."""
    judgement = deployed(upgrade={"nsx": planned})
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 1)


@pytest.mark.parametrize("version", [PATCH, "3.1.0.0.0.17107167"])
def test_another_patch_of_its_line_asks_for_a_new_plan(version):
    """It warns, and says what to plan with."""
    judgement = deployed(version)
    short = f"NSX-T {version}"
    assert told(judgement) == [("nsxt", short, f"NSX-T 3.1.2, or a plan with {short}")]
    assert not judgement.blocks


@pytest.mark.parametrize("version", [LINE, NEWER])
@pytest.mark.parametrize(
    ("step", "phase"),
    [("nsxt-build", "pre"), ("nsxt-build", "post"), ("nsx-migration", "pre"), (None, "pre")],
)
def test_another_line_blocks(version, step, phase):
    """Nothing was looked up for it, whenever that is seen."""
    assert deployed(version, step, phase).blocks


@pytest.mark.parametrize(
    ("step", "phase", "version", "ahead"),
    [
        ("nsxt-build", "pre", LINE, True),
        (None, "pre", LINE, True),
        ("nsxt-build", "pre", NEWER, False),
        ("nsxt-build", "post", LINE, False),
        ("nsx-migration", "pre", LINE, False),
    ],
)
def test_one_that_is_upgraded_on_the_way_is_a_note(step, phase, version, ahead):
    """An older one beside a vCenter is upgraded by nsxt-build; a newer one never gets older."""
    judgement = deployed(version, step, phase, nsxt_compute_managers=(compute_manager(),))
    assert judgement.outcome is (Outcome.PASS if ahead else Outcome.FAIL)
    assert bool(judgement.notes) is ahead


def test_one_that_is_what_it_is_to_be_has_no_note():
    """Beside a vCenter too."""
    judgement = deployed(step="nsxt-build", nsxt_compute_managers=(compute_manager(),))
    assert (judgement.outcome, judgement.notes) == (Outcome.PASS, ())


def test_without_a_plan_nobody_can_say():
    """The environment names no NSX."""
    assert deployed(upgrade={"esxi": "7.0 U2"}).outcome is Outcome.UNDETERMINED


def test_where_the_upgrade_ends_at_nsxv_no_nsxt_is_planned():
    """Not applicable."""
    assert deployed(upgrade={"nsx": "NSX-V 6.4.10"}).outcome is Outcome.NOT_APPLICABLE
