"""DSVA-COVER-001: who the appliances protect after a step, beside the run before it."""

from __future__ import annotations

from typing import Any

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer, Module
from kanmon.gate.judgement import Judgement
from tests.facts_by_hand import DSM, agent, baseline, computer, environment
from tests.judging import judged, told

ON = Module("antiMalware", on=True, agent_status="inactive", appliance_status="active")
OFF = Module("antiMalware", on=False, agent_status="inactive", appliance_status="inactive")
VDI = "vdi-01 (computer 101)"


def vdi(**changes: Any) -> Computer:
    return computer(**{"modules": (ON,), **changes})


def bare(**changes: Any) -> Computer:
    left = {"appliance_status": "inactive", "appliance_messages": (), "online": None}
    return vdi(**{**left, "modules": (OFF,), **changes})


def cover(before: Any, *now: Computer) -> Judgement:
    given = before if isinstance(before, Unread) else baseline(before)
    dsm = environment(DSM).dsm[0]
    return judged("DSVA-COVER-001", dsm=dsm, dsm_computers=now, baseline=given)


def test_all_that_were_protected_are_protected() -> None:
    """Those with an agent of their own are no matter of the appliances."""
    judgement = cover((vdi(), agent()), vdi(), agent(online=False))
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 1)


@pytest.mark.parametrize(
    ("now", "found", "expected"),
    [
        (bare(), "not managed", "protected, as before"),
        (
            vdi(online=False, appliance_messages=("Managed (Offline)",)),
            "Managed (Offline)",
            "protected, as before",
        ),
        (vdi(modules=(OFF,)), "antiMalware off", "antiMalware on, as before"),
        (vdi(modules=()), "antiMalware off", "antiMalware on, as before"),
    ],
)
def test_one_that_lost_its_protection_is_named(now: Computer, found: str, expected: str) -> None:
    """Whoever lost the appliance, its contact or the module: it blocks."""
    judgement = cover((vdi(),), now)
    assert told(judgement) == [(VDI, found, expected)]
    assert judgement.weight is Severity.BLOCKER


def test_one_that_is_not_listed_any_more_is_named() -> None:
    """A VM that the manager forgot is protected by nobody."""
    judgement = cover((vdi(), vdi(id=2, host_name="b", vm_uuid="x")), vdi())
    assert [finding.found for finding in judgement.findings] == ["not listed any more"]


def test_a_vm_with_a_new_number_is_the_same_vm() -> None:
    """NSX-T's manager may list it anew: its uuid says which VM it is."""
    assert cover((vdi(),), vdi(id=999)).outcome is Outcome.PASS


def test_one_that_an_agent_protects_now_is_protected() -> None:
    """It is told beside."""
    by_agent = bare(agent_status="active", online=True, modules=(ON,))
    judgement = cover((vdi(),), by_agent)
    assert judgement.outcome is Outcome.PASS
    assert [note.text for note in judgement.notes] == ["an agent protects 1 of them now"]


def test_what_nobody_protected_before_is_not_lost() -> None:
    """One out of contact before the step was not protected: it does not apply."""
    before = (vdi(online=False), bare(id=2, vm_uuid="x"))
    assert cover(before, *before).outcome is Outcome.NOT_APPLICABLE


def test_one_whose_words_nobody_knows_is_undetermined() -> None:
    """It may have lost all of it; one that may have been protected before counts."""
    unclear = vdi(online=False, doubtful=True)
    assert cover((vdi(),), unclear).outcome is Outcome.UNDETERMINED
    assert cover((unclear,), bare()).outcome is Outcome.FAIL


@pytest.mark.parametrize("given", [Unread("none was named"), baseline(Unread("no answer"))])
def test_without_the_run_before_nobody_knows_who_was_protected(given: Any) -> None:
    """No run before, or one that did not read the computers: undetermined."""
    dsm = environment(DSM).dsm[0]
    judgement = judged("DSVA-COVER-001", dsm=dsm, dsm_computers=(vdi(),), baseline=given)
    assert judgement.outcome is Outcome.UNDETERMINED
