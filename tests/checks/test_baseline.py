"""BASE-*: the estate after a step beside the run before it."""

from __future__ import annotations

from typing import Any

import pytest

from kanmon.check import Outcome, Severity
from kanmon.comparing import Change, Comparison, NotCompared, Weight
from kanmon.gate.judgement import Judgement
from tests.facts_by_hand import baseline
from tests.judging import judged, missed, told

CHECKS = ("BASE-INV-001", "BASE-STATE-001", "BASE-VER-001")
LOOKED_AT = {"vcenter.vms": 10, "dsm.computers": 5, "vcenter.alarms": 1}
VM = "vdi-01 (vc-main vm-101)"


def change(field: str | None, before: str | None, after: str | None, **changes: Any) -> Change:
    """A VM of which a version changed, unless it says otherwise."""
    values = {
        "change": "changed",
        "kind": "VM",
        "id": "vm-101",
        "name": "vdi-01",
        "target": "vc-main",
        "part": "vcenter.vms",
        "aspect": "version",
        "inventory": True,
    }
    return Change(**{**values, "field": field, "before": before, "after": after, **changes})


def gone(**changes: Any) -> Change:
    return change(None, None, None, **{"change": "vanished", "aspect": "presence", **changes})


def state(field: str, after: str, weight: Weight, **changes: Any) -> Change:
    return change(field, "good", after, aspect="state", weight=weight, **changes)


STEP = change("version", "11.0", "20.0", id="vm-step", expected=True)
"""What the step itself changed: without it the run before may be one from after the step."""


def outcome(check: str, *changes: Change, lost: tuple[NotCompared, ...] = ()) -> Judgement:
    return bare(check, Comparison((STEP, *changes), lost, LOOKED_AT))


def bare(check: str, comparison: Comparison) -> Judgement:
    """A check on this comparison alone."""
    before = {"baseline": baseline(())} if check == "BASE-VER-001" else {}
    return judged(check, comparison=comparison, **before)


@pytest.mark.parametrize("check", CHECKS)
def test_an_estate_that_is_as_before_passes(check: str) -> None:
    """All objects of the run before were looked for; settings that changed are nobody's fault."""
    renamed = change("name", "a", "b", aspect="setting")
    new = change(None, None, None, change="appeared", aspect="presence")
    assert outcome(check, renamed, new).outcome is Outcome.PASS


@pytest.mark.parametrize("check", CHECKS)
def test_what_was_not_read_in_one_of_the_runs_leaves_nobody_to_say(check: str) -> None:
    """Nothing changed as far as was read: undetermined, with the reason."""
    lost = NotCompared("vc-main", "vcenter.vms", "the run before: it was not read")
    judgement = outcome(check, lost=(lost,))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [("vc-main vms", "the run before: it was not read")]


def test_each_claim_asks_for_the_parts_that_it_is_about() -> None:
    """Alarms that were not read are no matter of what vanished, nor of versions."""
    lost = (NotCompared("vc-main", "vcenter.alarms", "no answer"),)
    outcomes = {check: outcome(check, lost=lost).outcome for check in CHECKS}
    assert outcomes == {
        "BASE-INV-001": Outcome.PASS,
        "BASE-STATE-001": Outcome.UNDETERMINED,
        "BASE-VER-001": Outcome.PASS,
    }


def test_what_vanished_is_named() -> None:
    """It blocks; one of its name with another id is told."""
    judgement = outcome("BASE-INV-001", gone(beside="another one of its name is there: vm-900"))
    assert judgement.weight is Severity.BLOCKER
    assert told(judgement) == [
        (
            VM,
            "not listed any more; another one of its name is there: vm-900",
            "VM, as before",
        )
    ]


def test_a_relay_that_is_none_any_more_has_vanished() -> None:
    """Its computer is there, and hands out nothing."""
    lost = change("relay", "yes", "no", kind="relay", aspect="role")
    assert told(outcome("BASE-INV-001", lost)) == [
        (VM, "it is no relay any more", "relay, as before")
    ]


@pytest.mark.parametrize(("before", "after"), [("yes", "not set"), ("not set", "no")])
def test_whether_it_was_or_is_a_relay_may_be_unknown(before: str, after: str) -> None:
    """A manager that does not say leaves nobody to say."""
    unsaid = change("relay", before, after, aspect="role")
    assert outcome("BASE-INV-001", unsaid).outcome is Outcome.UNDETERMINED


def test_what_the_step_takes_away_is_excepted() -> None:
    """Expected is no finding; where nobody knows what the step moves nobody can say."""
    assert outcome("BASE-INV-001", gone(expected=True)).outcome is Outcome.PASS
    assert outcome("BASE-INV-001", gone(expected=None)).outcome is Outcome.UNDETERMINED


def test_objects_that_are_no_inventory_may_vanish() -> None:
    """An alarm that is gone is good news."""
    assert outcome("BASE-INV-001", gone(kind="alarm", inventory=False)).outcome is Outcome.PASS


def test_what_got_worse_is_one_finding_for_each_object() -> None:
    """With all that got worse of it, and what it was; it blocks."""
    judgement = outcome(
        "BASE-STATE-001",
        state("power_state", "poweredOff", Weight.WORSE),
        state("tools_running", "yellow", Weight.MILD),
        state("connection_state", "better", Weight.FINE),
    )
    assert judgement.weight is Severity.BLOCKER
    assert told(judgement) == [
        (
            VM,
            "power_state poweredOff, tools_running yellow",
            "power_state good, tools_running good, as before",
        )
    ]


def test_what_got_mildly_worse_asks_for_a_sign_off() -> None:
    """A yellow host is no NO-GO."""
    judgement = outcome("BASE-STATE-001", state("overall_status", "yellow", Weight.MILD))
    assert judgement.weight is Severity.WARNING


def test_a_new_alarm_is_worse() -> None:
    """It was not there before; its word is told."""
    new = change(
        None,
        None,
        "red",
        change="appeared",
        kind="alarm",
        aspect="state",
        weight=Weight.WORSE,
        part="vcenter.alarms",
    )
    assert told(outcome("BASE-STATE-001", new)) == [
        (VM, "new alarm: red", "no such one, as before")
    ]


def test_a_word_that_nobody_knows_is_undetermined() -> None:
    """Whether it is worse nobody can say."""
    judgement = outcome("BASE-STATE-001", state("power_state", "hibernating", Weight.UNCLEAR))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [
        (VM, "nobody knows whether that is worse: power_state hibernating, before good")
    ]


def test_a_state_that_the_step_explains_is_no_finding() -> None:
    """A transport node is in progress while NSX-T is built."""
    judgement = outcome("BASE-STATE-001", state("state", "pending", Weight.WORSE, expected=True))
    assert judgement.outcome is Outcome.PASS


def test_a_version_that_moved_beside_the_step_is_named() -> None:
    """Version and build of one object are one finding; what the step moves is none."""
    judgement = outcome(
        "BASE-VER-001",
        change("version", "6.5.0", "6.7.0"),
        change("build", "1", "2"),
    )
    assert judgement.weight is Severity.BLOCKER
    assert told(judgement) == [(VM, "version 6.7.0, build 2", "version 6.5.0, build 1, as before")]


def test_a_version_that_is_no_longer_told_is_undetermined() -> None:
    """A node that does not say its version did not keep it: nobody knows it, in any step."""
    for expected in (True, False, None):
        silent = change("version", "11.0.510", "not set", expected=expected)
        assert outcome("BASE-VER-001", silent).outcome is Outcome.UNDETERMINED


def test_without_a_plan_nobody_knows_what_moves() -> None:
    """A version that changed in a step that is not declared is undetermined."""
    judgement = outcome("BASE-VER-001", change("build", "1", "2", expected=None))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "declare the steps in [[plan]]" in missed(judgement)[0][1]


@pytest.mark.parametrize("check", CHECKS)
def test_a_run_before_that_held_nothing_judges_nothing(check: str) -> None:
    """Nothing examined is no pass; that no version moved at all needs an answer besides."""
    silent = Outcome.UNDETERMINED if check == "BASE-VER-001" else Outcome.NOT_APPLICABLE
    assert bare(check, Comparison((), (), {})).outcome is silent


def test_a_run_from_after_the_step_is_no_run_before() -> None:
    """Where nothing moved that the step moves, the run before is named and nobody can say."""
    judgement = bare("BASE-VER-001", Comparison((), (), LOOKED_AT))
    assert judgement.outcome is Outcome.UNDETERMINED
    ((subject, reason),) = missed(judgement)
    assert subject == "before"
    assert "was it made after the step?" in reason
