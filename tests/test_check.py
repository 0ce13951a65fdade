"""Cards: a check without a whole one does not come into being."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from _pytest.outcomes import Failed

from kanmon.check import (
    ALL,
    PHASES,
    STEPS,
    Attestable,
    Finding,
    Severity,
    Unknown,
    card_of,
    check,
    known,
)
from kanmon.errors import Undetermined
from kanmon.facts import Apart, Unread
from kanmon.facts.collected import Facts
from kanmon.suite.arguments import NotApplicable
from kanmon.suite.ended import Recorder
from kanmon.suite.run import Run
from tests.facts_by_hand import DSM, NOW, environment

CARD = {
    "id": "DSM-NODE-001",
    "severity": Severity.BLOCKER,
    "attestable": Attestable.MOMENTARY,
    "steps": ("manager",),
    "phases": ("pre",),
    "remediation": "Start the node.",
    "refs": ("table:relay-floor",),
}


def claim():
    """Every manager node is online.

    The installer asks all of them.

    It stops when one does not answer.
    """


def decorated(function=claim, **changes):
    """A fresh function with a card, some of whose entries differ."""

    def fresh():
        pass

    fresh.__doc__ = function.__doc__
    values = {**CARD, **changes}
    return check(values.pop("id"), **values)(fresh)


def card(function):
    """The card as collection finds it."""
    (mark,) = function.pytestmark
    return mark.args[0]


def recorder(least):
    """The judge of a check that warns by itself, under this severity of the environment."""
    severity = {"severity": {CARD["id"]: str(least)}}
    run = Run(
        root=Path(),
        environment=environment(DSM).model_copy(update=severity),
        home=Path(),
        step=None,
        phase="pre",
        now=datetime.now(UTC),
        reports=Path(),
    )
    return Recorder(run, card(decorated(severity=Severity.WARNING)), None)


def beside_one_lost(*parameters):
    """The judge of a check that asks for these, in a run that could not read one computer."""
    run = Run(Path(), environment(DSM), Path(), None, "pre", NOW, Path())
    run.facts = Facts(
        {}, apart={("dsm", "computers"): (Apart("odd (computer 7)", "a strange word"),)}
    )
    return Recorder(run, card(decorated()), "dsm", parameters)


def test_what_could_not_be_read_is_unknown_of_every_claim_that_asks_for_it():
    """Whatever the check itself saw of the others; said once where the check says it too."""
    lost = Unknown("odd (computer 7)", "a strange word")
    for problems in ([], [lost]):
        recorded = beside_one_lost("dsm_computers")
        with pytest.raises(Failed):
            recorded(examined=1 + len(problems), of="computers", problems=problems)
        assert recorded.made.unknown == (lost,)
    beside_one_lost("dsm_nodes")(examined=1, of="nodes")


def test_a_claim_that_may_concern_what_could_not_be_read_has_a_meaning():
    """Nobody can say that there is nothing of it."""
    with pytest.raises(Undetermined, match=r"odd \(computer 7\): a strange word"):
        beside_one_lost("dsm_computers").not_applicable("no agent is there")
    with pytest.raises(NotApplicable):
        beside_one_lost("dsm_nodes").not_applicable("a single node")


def test_title_and_reason_come_from_the_docstring():
    """The first line, without its full stop, is the report's title; the rest is the reason."""
    made = card(decorated())
    assert made.title == "Every manager node is online"
    assert made.why == "The installer asks all of them.\n\nIt stops when one does not answer."


def test_a_title_ends_without_a_full_stop_and_keeps_its_others():
    """Only the stop at the end is left out: a version keeps its own."""

    def dotted():
        """Every node is on 20.0.

        The upgrade asks for it.
        """

    assert card(decorated(dotted)).title == "Every node is on 20.0"


@pytest.mark.parametrize(
    ("least", "own", "outcome"),
    [
        (Severity.ADVICE, None, Severity.WARNING),
        (Severity.BLOCKER, None, Severity.BLOCKER),
        (Severity.ADVICE, Severity.ADVICE, Severity.ADVICE),
        (Severity.WARNING, Severity.ADVICE, Severity.WARNING),
        (Severity.BLOCKER, Severity.ADVICE, Severity.BLOCKER),
        (Severity.WARNING, Severity.BLOCKER, Severity.BLOCKER),
    ],
)
def test_an_operators_severity_is_a_floor(least, own, outcome):
    """A check that passes a severity of its own stays at least as grave as the operator says."""
    judge = recorder(least)
    judge(examined=1, of="hosts", severity=own)
    assert judge.made.severity is outcome


def test_an_operators_severity_weighs_a_finding():
    """A failed claim of a raised check blocks, whatever severity the check passes."""
    judge = recorder(Severity.BLOCKER)
    finding = Finding("esx-01 (host-21)", "6.5", "7.0")
    with pytest.raises(pytest.fail.Exception):
        judge(examined=1, of="hosts", problems=[finding], severity=Severity.ADVICE)
    assert judge.made.blocks


def test_the_card_holds_what_was_given():
    """Identity, severity, steps, phases, remediation and references are the decorator's."""
    made = card(decorated(steps=list(ALL), phases=list(PHASES), refs=["https://vendor.example"]))
    assert (made.id, made.severity, made.remediation) == (
        "DSM-NODE-001",
        Severity.BLOCKER,
        "Start the node.",
    )
    assert (made.steps, made.phases) == (STEPS, PHASES)
    assert made.refs == ("https://vendor.example",)


def test_the_function_stays_a_test():
    """The decorator marks the function and does not wrap it."""
    function = decorated()
    assert function.__name__ == "fresh"
    assert [mark.name for mark in function.pytestmark] == ["check"]


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""},
        {"id": "NODE-001"},
        {"id": "dsm-node-001"},
        {"id": "DSM-NODE-1"},
        {"id": "DSM-NODE-0001"},
        {"id": "DSM-NODE-001\n"},
        {"id": "DSM NODE 001"},
        {"remediation": ""},
        {"refs": ()},
    ],
    ids=repr,
)
def test_an_incomplete_card_is_refused(changes):
    """A card without a well-formed id, a remediation or references is no card."""
    with pytest.raises(ValueError, match="a card needs an id, a title, a reason"):
        decorated(**changes)


@pytest.mark.parametrize("doc", [None, "", "   \n  ", "A title alone.", "A title alone.\n\n   "])
def test_a_claim_says_what_breaks(doc):
    """A docstring without title or without reason is refused."""

    def bare():
        pass

    bare.__doc__ = doc
    with pytest.raises(ValueError, match="DSM-NODE-001: a card needs"):
        decorated(bare)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"steps": ("manager", "managers")}, "managers"),
        ({"phases": ("pre", "during")}, "during"),
        ({"phases": ("manager",)}, "manager"),
        ({"steps": "manager"}, "unknown step or phase"),
    ],
    ids=repr,
)
def test_unknown_steps_and_phases_are_refused(changes, named):
    """A mistyped step or phase would take the check out of every run that needs it."""
    with pytest.raises(ValueError, match=named):
        decorated(**changes)


@pytest.mark.parametrize("changes", [{"steps": ()}, {"phases": ()}], ids=repr)
def test_a_check_has_a_step_and_a_phase(changes):
    """A check without step or without phase would never be judged, and is refused."""
    with pytest.raises(ValueError, match="DSM-NODE-001"):
        decorated(**changes)


def test_severities_are_ordered_and_named():
    """Blocker is above warning is above advice; environment files write them in lower case."""
    assert Severity.ADVICE < Severity.WARNING < Severity.BLOCKER
    assert [str(severity) for severity in Severity] == ["advice", "warning", "blocker"]
    assert all(Severity.named(str(severity)) is severity for severity in Severity)
    with pytest.raises(KeyError):
        Severity.named("fatal")


def test_a_fact_that_was_not_read_leaves_a_check_undetermined():
    """known() passes facts on, empty ones too, and never an Unread."""
    assert known(()) == ()
    with pytest.raises(Undetermined, match="refused"):
        known(Unread("refused"))


def test_an_items_card_is_found(request):
    """An item has the card of its function; one that is no check has none."""
    assert card_of(request.node) is None
    made = card(decorated())
    request.node.add_marker(pytest.mark.check(made))
    assert card_of(request.node) is made
