"""NSXT-EMPTY-001 and NSXT-PRE-001: NSX-T is empty, and its own checks found nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts.nsxt.state import Feedback, Item, Stage, UpgradeChecks, UpgradeFailure
from kanmon.knowledge import load
from kanmon.knowledge.requirements import NsxtBeforeMigration
from tests import nsxt_by_hand as by_hand
from tests.facts_by_hand import (
    DSM,
    NOW,
    NSXT,
    NSXV,
    VC_MAIN,
    VC_OTHER,
    compute_manager,
    environment,
    moment,
)
from tests.judging import judged, missed, told

ESTATE = (VC_MAIN, NSXV, NSXT, DSM)
REFUSED = [row.object for row in load(NsxtBeforeMigration).rows if not row.accepted]


def contents(*items, texts=ESTATE, mode="ONPREMISE_V2T"):
    """NSXT-EMPTY-001 on an NSX-T in which these objects stand."""
    described = environment(*texts)
    return judged(
        "NSXT-EMPTY-001",
        nsxt=described.nsxt[0],
        nsxt_contents=items,
        nsxt_migration=by_hand.migration(mode=mode),
        environment=described,
    )


def test_an_empty_nsxt_passes():
    """The NSX-T itself is what was examined."""
    judgement = contents()
    assert (judgement.outcome, judgement.examined, judgement.notes) == (Outcome.PASS, 1, ())


@pytest.mark.parametrize("kind", REFUSED)
def test_what_the_coordinator_does_not_accept_is_a_finding(kind):
    """Every kind of object that has to be gone is named with its name and id."""
    judgement = contents(Item(kind, "0815", "web"))
    assert told(judgement) == [(f"{kind} web (0815)", "it stands in NSX-T", "an empty NSX-T")]


@pytest.mark.parametrize(
    ("kind", "weight"),
    [
        ("segment", Severity.BLOCKER),
        ("host transport node", Severity.BLOCKER),
        ("endpoint policy", Severity.WARNING),
        ("partner service", Severity.WARNING),
    ],
)
def test_only_what_a_text_refuses_blocks(kind, weight):
    """Of endpoint policies no text says it: that warns, and is to be confirmed."""
    assert contents(Item(kind, "a", "a")).weight is weight


def test_what_the_build_leaves_is_a_note():
    """The appliance's service and edge nodes are listed, alike ones together."""
    judgement = contents(
        Item("endpoint protection service", "s", "Trend Micro Deep Security"),
        Item("edge transport node", "1", "edge-1"),
        Item("edge transport node", "2", "edge-2"),
    )
    assert judgement.outcome is Outcome.PASS
    assert [(note.subject, note.text) for note in judgement.notes] == [
        ("endpoint protection service (1)", "may stand there: Trend Micro Deep Security"),
        ("edge transport node (2)", "may stand there: edge-1, edge-2"),
    ]


def test_an_object_of_an_unknown_kind_is_not_accepted():
    """What no row speaks of nobody can judge."""
    judgement = contents(Item("transport node of type Robot", "r", "r"))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement)[0][0] == "transport node of type Robot r"


def test_without_nsxv_nothing_migrates():
    """An NSX-T in use whose vCenter has no NSX-V is not asked to be empty."""
    judgement = contents(Item("segment", "s", "s"), texts=(VC_MAIN, NSXT, DSM))
    assert judgement.outcome is Outcome.NOT_APPLICABLE
    elsewhere = (VC_MAIN, VC_OTHER, NSXV.replace('"vc-main"', '"vc-other"'), NSXT, DSM)
    assert contents(texts=elsewhere).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("mode", "outcome"),
    [
        (None, Outcome.FAIL),
        ("ONPREMISE_V2T", Outcome.FAIL),
        ("EDGE_CUTOVER", Outcome.PASS),
        ("DFW_AND_HOST_AND_WORKLOAD", Outcome.UNDETERMINED),
    ],
)
def test_the_mode_decides(mode, outcome):
    """Without a mode the default one counts; an edge cutover wants NSX-T prepared."""
    assert contents(Item("segment", "s", "s"), mode=mode).outcome is outcome


def checked(
    migration=None, upgrade=None, *, planned="NSX-T 3.1.2", step="nsx-migration", **changes
):
    """NSXT-PRE-001 on what NSX's own checks say."""
    described = environment(*changes.pop("texts", ESTATE), nsx=planned)
    facts = {
        "nsxt_manager": by_hand.manager(),
        "nsxt_compute_managers": (compute_manager(),),
        "nsxt_upgrade_checks": upgrade or by_hand.upgrade_checks(),
        "nsxt_migration": migration or by_hand.migration(),
        "moment": moment(step=step),
    }
    facts = {**facts, **changes}
    return judged("NSXT-PRE-001", nsxt=described.nsxt[0], environment=described, **facts)


def test_a_coordinator_without_complaints_passes():
    """It came through its import, and no question is left; of which NSX-V, the board sees."""
    judgement = checked()
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 2)
    looked = f"it has looked at NSX-V {by_hand.migration().sources[0]}"
    assert [(note.subject, note.text) for note in judgement.notes] == [
        ("migration coordinator", looked)
    ]


def test_a_coordinator_that_is_not_running_says_nothing():
    """Neither pass nor fail: the reason names the service and what to do."""
    stopped = by_hand.migration(
        service="stopped", mode=None, sources=(), status=None, stages=(), feedback=()
    )
    judgement = checked(stopped)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "its service is stopped" in missed(judgement)[0][1]


@pytest.mark.parametrize(
    "changes",
    [
        {"sources": ()},
        {"stages": (Stage("IMPORT", "NOT_STARTED", ""),), "status": "NOT_STARTED"},
        {"stages": (), "status": "NOT_STARTED"},
    ],
)
def test_a_coordinator_that_never_ran_says_nothing(changes):
    """What was never looked at has no failure, and that is no answer."""
    judgement = checked(by_hand.migration(**changes))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "not looked at NSX-V yet" in missed(judgement)[0][1]


def test_a_failed_stage_blocks_in_nsxs_own_words():
    """The finding quotes what the coordinator says."""
    stages = (Stage("IMPORT", "FAILED", "NSX-V did not answer"),)
    judgement = checked(by_hand.migration(stages=stages, status="FAILED"))
    assert judgement.blocks
    assert [found for _, found, _ in told(judgement)] == ["FAILED", "FAILED: NSX-V did not answer"]


@pytest.mark.parametrize("word", ["IN_PROGRESS", "PAUSING", "SOMETHING_NEW"])
def test_a_stage_that_has_not_ended_says_nothing(word):
    """Half an answer is none."""
    judgement = checked(by_hand.migration(stages=(Stage("IMPORT", word, ""),)))
    assert judgement.outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize(
    ("resolved", "rejected", "found"),
    [
        (True, False, []),
        (False, False, ["Choose an uplink."]),
        (True, True, ["NSX refused the answer to: Choose an uplink."]),
    ],
)
def test_questions_have_to_be_answered(resolved, rejected, found):
    """An open question, and an answer that NSX did not take, stop the migration."""
    request = Feedback("1", "EDGE/UPLINK edge-1", "Choose an uplink.", resolved, rejected)
    judgement = checked(by_hand.migration(feedback=(request,)))
    assert [words for _, words, _ in told(judgement)] == found
    assert judgement.blocks is bool(found)


FAILURE = UpgradeFailure("MP", "FAILURE", "nsx-1", "The disk is full.")
WARNING = UpgradeFailure("MP", "WARNING", "nsx-1", "The backup is old.")


def upgrading(upgrade=None, **changes):
    """NSXT-PRE-001 where NSX-T itself is to go from 3.1.2 to 3.1.3."""
    return checked(upgrade=upgrade, planned="NSX-T 3.1.3", step="nsxt-build", **changes)


def test_an_upgrade_is_asked_for_where_one_lies_ahead():
    """At its planned version nothing is asked; before it the components' checks count."""
    assert checked(step="nsxt-build").outcome is Outcome.NOT_APPLICABLE
    judgement = upgrading()
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 1)


@pytest.mark.parametrize("planned", ["NSX-T 3.1.1", "NSX-V 6.4.10"])
def test_nobody_upgrades_it_to_an_older_one_or_to_another_product(planned):
    """What is newer than planned has no pre-upgrade checks that could be asked for."""
    assert checked(planned=planned, step="nsxt-build").outcome is Outcome.NOT_APPLICABLE


def test_a_failed_pre_check_blocks_and_a_warning_warns():
    """Both are findings in NSX's own words."""
    judgement = upgrading(by_hand.upgrade_checks(FAILURE, WARNING))
    assert [(one.found, one.severity) for one in judgement.findings] == [
        ("The disk is full.", None),
        ("The backup is old.", Severity.WARNING),
    ]
    assert judgement.blocks
    assert upgrading(by_hand.upgrade_checks(WARNING)).weight is Severity.WARNING


def test_a_failure_that_nsx_does_not_name_blocks():
    """A count without a name is a failure all the same."""
    assert upgrading(UpgradeChecks((by_hand.component(failures=2),), ())).blocks


def test_a_warning_does_not_stand_for_a_failure():
    """Where NSX counts a failure and names only a warning, the failure is told too."""
    checks = UpgradeChecks((by_hand.component(failures=1),), (WARNING,))
    assert upgrading(checks).blocks


@pytest.mark.parametrize("word", [None, "NOT_STARTED", "IN_PROGRESS", "ABORTED", "NEW_WORD"])
def test_pre_checks_that_did_not_end_say_nothing(word):
    """Never run, under way or broken off: undetermined, and told to run them."""
    judgement = upgrading(by_hand.upgrade_checks(checks=word))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "run them" in missed(judgement)[0][1]


@pytest.mark.parametrize(
    ("ended", "reason"),
    [
        (None, "does not say when they ended"),
        (datetime(2020, 1, 1, tzinfo=UTC), "ended 2020-01-01 00:00 UTC, more than 168 h ago"),
        (NOW - timedelta(hours=168, seconds=1), "more than 168 h ago"),
        (NOW + timedelta(seconds=61), "in the future"),
    ],
)
def test_results_of_other_days_say_nothing(ended, reason):
    """Without a time, too old or of the future: undetermined, and told to run them again."""
    judgement = upgrading(by_hand.upgrade_checks(ended=ended))
    assert judgement.outcome is Outcome.UNDETERMINED
    ((subject, why),) = missed(judgement)
    assert subject == "pre-upgrade checks of MP"
    assert reason in why
    assert "run them again" in why


@pytest.mark.parametrize("ended", [NOW - timedelta(hours=168), NOW + timedelta(seconds=60)])
def test_results_of_these_days_count(ended):
    """Exactly a week old, or ahead by no more than clocks may be apart."""
    assert upgrading(by_hand.upgrade_checks(ended=ended)).outcome is Outcome.PASS


def test_the_operator_says_how_old_results_may_be():
    """precheck_hours is a tolerance; an old failure blocks whatever its age."""
    texts = (*ESTATE, "[tolerances]\nprecheck_hours = 24\n")
    old = NOW - timedelta(hours=25)
    judgement = upgrading(by_hand.upgrade_checks(ended=old), texts=texts)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert upgrading(by_hand.upgrade_checks(FAILURE, ended=old), texts=texts).blocks


def test_no_component_is_no_answer():
    """An empty list of components proves nothing."""
    assert upgrading(UpgradeChecks((), ())).outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize(
    ("step", "managers", "outcome"),
    [
        (None, (), Outcome.NOT_APPLICABLE),
        (None, (compute_manager(),), Outcome.UNDETERMINED),
        ("nsxt-build", (compute_manager(),), Outcome.NOT_APPLICABLE),
        ("nsx-migration", (), Outcome.UNDETERMINED),
    ],
)
def test_the_migration_is_asked_for_when_it_can_be(step, managers, outcome):
    """Before NSX-T is attached a run over all steps does not ask; the step itself always does."""
    stopped = by_hand.migration(service="stopped")
    judgement = checked(stopped, step=step, nsxt_compute_managers=managers)
    assert judgement.outcome is outcome


def test_without_nsxv_no_migration_is_asked_for():
    """Nothing migrates to an NSX-T whose vCenter has no NSX-V."""
    judgement = checked(texts=(VC_MAIN, NSXT, DSM))
    assert judgement.outcome is Outcome.NOT_APPLICABLE
