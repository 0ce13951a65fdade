"""DSM-TENANT-001: the tenants of a multi-tenant manager."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.dsm.tenants import Tenant, Tenants
from tests.facts_by_hand import DSM, baseline, environment, moment
from tests.judging import answered, judged, missed, told

TENANT = "DSM-TENANT-001"
ONE = Tenant(1, "Tokyo", "active", 1)
TWO = Tenant(2, "Osaka", "active", 2)
ESTATE = environment(DSM)
NONE = Unread("none was named")


def judge(*items, untold="", phase="pre", before=None):
    """The check on these tenants, and on those of the run before the step."""
    run = NONE
    if before is not None:
        empty = baseline(())
        parts = {("dsm", "tenants"): before}
        run = replace(empty, side=replace(empty.side, parts=parts))
    return judged(
        TENANT,
        dsm=ESTATE.dsm[0],
        dsm_tenants=Tenants(untold, items),
        baseline=run,
        moment=moment(phase=phase),
    )


def test_active_tenants_pass_and_are_counted():
    """How many databases are upgraded apart is a note."""
    judgement = judge(ONE, TWO)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 2)
    (note,) = judgement.notes
    assert note.text.startswith("2 tenants on 2 database servers: each database is upgraded apart")


@pytest.mark.parametrize(("phase", "before"), [("pre", None), ("post", Tenants("", ()))])
def test_a_manager_without_tenants_is_not_asked(phase, before):
    """A single manager has nothing to lose here."""
    assert judge(phase=phase, before=before).outcome is Outcome.NOT_APPLICABLE


def test_after_the_step_nothing_is_compared_without_a_run_before_it():
    """One that is lost is in no list, so a list alone is no proof; nor is an empty one."""
    assert missed(judge(ONE, phase="post")) == [("dsm", "none was named")]
    assert judge(phase="post").outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize("phase", ["pre", "post"])
def test_a_tenant_whose_database_was_not_upgraded_blocks(phase):
    """Before the step it is of an older release, after it this step left it behind."""
    before = Tenants("", (ONE, TWO))
    judgement = judge(ONE, replace(TWO, state="db-upgrade-failure"), phase=phase, before=before)
    assert judgement.weight is Severity.BLOCKER
    (found,) = told(judgement)
    assert found[:2] == ("Osaka (tenant 2)", "state db-upgrade-failure")
    assert "Database Upgrade" in found[2]


@pytest.mark.parametrize(
    ("state", "weight"),
    [
        ("active", None),
        ("confirmation-required", None),
        ("cache-ready-for-use", None),
        ("suspended", Severity.WARNING),
        ("suspended-db-locked", Severity.WARNING),
        ("pending-deletion", Severity.WARNING),
        ("created", Severity.WARNING),
        ("cache-initializing", Severity.WARNING),
    ],
)
def test_other_states_never_block(state, weight):
    """A tenant that somebody suspended asks for a sign-off, and stops nobody."""
    assert judge(ONE, replace(TWO, state=state)).weight is weight


@pytest.mark.parametrize("state", ["undefined", "db-upgrade-required"])
def test_a_state_that_no_row_knows_is_unknown(state):
    """The manager's own word for "unknown", and a word of a later release, are no good ones."""
    judgement = judge(ONE, replace(TWO, state=state))
    assert missed(judgement) == [("Osaka (tenant 2)", f"no row knows the state '{state}'")]


def test_what_the_manager_does_not_tell_a_person_may():
    """A manager of 11.0 has no interface for it."""
    judgement = judge(untold="the manager offers no /api")
    assert judgement.outcome is Outcome.UNDETERMINED
    assert answered(TENANT, judgement).outcome is Outcome.ATTESTED


def test_a_tenant_that_is_lost_blocks_after_the_step():
    """Even where it was the only one; before the step nobody asks."""
    before = Tenants("", (ONE, TWO))
    lost = judge(ONE, phase="post", before=before)
    assert told(lost) == [("Osaka (tenant 2)", "gone", "as before the step")]
    assert lost.blocks
    assert len(judge(phase="post", before=before).findings) == 2
    assert judge(ONE, before=before).outcome is Outcome.PASS


@pytest.mark.parametrize("before", [Unread("no /api"), Tenants("no /api", ())])
def test_a_run_before_that_told_no_tenants_is_no_measure(before):
    """So it is where the step came from 11.0: a person says that none is missing."""
    judgement = judge(ONE, phase="post", before=before)
    reason = "is a tenant missing? before, the run before, told of none: no /api"
    assert missed(judgement) == [("dsm", reason)]
    assert answered(TENANT, judgement).outcome is Outcome.ATTESTED


def test_a_run_of_a_kanmon_that_read_no_tenants_is_no_measure():
    """What it did not look for is not absent."""
    judgement = judged(
        TENANT,
        dsm=ESTATE.dsm[0],
        dsm_tenants=Tenants("", (ONE,)),
        baseline=baseline(()),
        moment=moment(phase="post"),
    )
    assert [subject for subject, _ in missed(judgement)] == ["dsm"]


def test_another_tenant_that_is_broken_is_found_all_the_same():
    """What is missing nobody knows, what is broken stands in the list."""
    judgement = judge(replace(ONE, state="db-upgrade-failure"), phase="post")
    assert judgement.blocks
