"""DSM-ROLE-001: what the accounts at a manager may see."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Outcome
from kanmon.facts.dsm.role import Role, Roles
from tests.checks.test_manager_system import UNTOLD
from tests.facts_by_hand import DSM, environment
from tests.judging import answered, judged, missed

WHOLE = Role(
    "API key kanmon",
    "Auditor",
    all_computers=True,
    other_computers=False,
    unrelated=True,
    all_policies=True,
    other_policies=False,
)


def judge(roles):
    """The check on the roles of one manager."""
    return judged("DSM-ROLE-001", dsm=environment(DSM).dsm[0], dsm_roles=roles)


def test_a_role_for_everything_passes():
    """Each account is examined, and its role is named."""
    user = replace(WHOLE, account="user kanmon-ro", name="Full Access")
    judgement = judge(Roles("", (WHOLE, user)))
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 2)
    assert [(note.subject, note.text) for note in judgement.notes] == [
        ("API key kanmon", "role Auditor"),
        ("user kanmon-ro", "role Full Access"),
    ]


@pytest.mark.parametrize(
    ("role", "says"),
    [
        ({"all_computers": False}, "some computers only"),
        ({"all_policies": False}, "some policies only"),
        ({"unrelated": False}, "alerts that are not related to a computer"),
    ],
)
def test_a_role_that_hides_something_is_undetermined(role, says):
    """What is hidden may be anything: nobody can say, one account is enough, and it is named."""
    limited = replace(WHOLE, account="user kanmon-ro", **role)
    judgement = judge(Roles("", (WHOLE, limited)))
    assert judgement.outcome is Outcome.UNDETERMINED
    ((account, reason),) = missed(judgement)
    assert account == "user kanmon-ro"
    assert says in reason


@pytest.mark.parametrize(
    "role",
    [
        {"all_computers": False, "other_computers": True},
        {"all_policies": False, "other_policies": True},
    ],
)
def test_what_is_not_selected_and_may_be_viewed_is_not_hidden(role):
    """The boundary: a role that acts on some and views all of them sees all of them."""
    assert judge(Roles("", (replace(WHOLE, **role),))).outcome is Outcome.PASS


def test_a_known_limit_is_not_attested_away():
    """What an account does not see a person may not see either: nobody answers for it."""
    nothing = {"all_computers": False, "all_policies": False, "unrelated": False}
    judgement = judge(Roles("", (replace(WHOLE, **nothing),)))
    assert len(judgement.unknown) == 3
    assert answered("DSM-ROLE-001", judgement, "dsm") == judgement


def test_what_no_interface_tells_is_attested():
    """11.0 tells of no role: undetermined, until a person answers for it."""
    judgement = judge(Roles(UNTOLD, ()))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.reason == f"the manager does not tell what the account may see: {UNTOLD}"
    assert answered("DSM-ROLE-001", judgement, "dsm").outcome is Outcome.ATTESTED


def test_no_account_is_no_pass():
    """Roles that are told, and of nobody, are undetermined."""
    judgement = judge(Roles("", ()))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.reason.endswith("the manager names no account")
