"""DSM-ROLE-001: what the accounts at a manager may see."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Outcome
from kanmon.facts import Unread
from kanmon.facts.dsm.role import Role, Roles
from tests.checks.test_manager_system import UNTOLD, attested
from tests.facts_by_hand import DSM, environment, moment
from tests.judging import judged, missed

WHOLE = Role(
    "API key kanmon",
    "Auditor",
    all_computers=True,
    other_computers=False,
    unrelated=True,
    all_policies=True,
    other_policies=False,
)
SURE = attested("DSM-ROLE-001")


def judge(roles, *texts):
    """The check on the roles of one manager."""
    named = environment(DSM, *texts)
    return judged(
        "DSM-ROLE-001",
        dsm=named.dsm[0],
        all_dsm_roles={"dsm": roles},
        environment=named,
        moment=moment(),
    )


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
    """What the manager itself says stands against what a person says."""
    limited = Roles("", (replace(WHOLE, all_computers=False),))
    assert judge(limited, SURE).outcome is Outcome.UNDETERMINED


def test_what_no_interface_tells_is_attested():
    """11.0 tells of no role: a person answers for it, for this manager, and not too long ago."""
    untold = Roles(UNTOLD, ())
    assert judge(untold, SURE).outcome is Outcome.PASS
    assert UNTOLD in judge(untold).reason
    for other in (attested("DSM-ROLE-001", days=400), attested("DSM-ROLE-001", target="dsm-2")):
        assert judge(untold, other).outcome is Outcome.UNDETERMINED


def test_a_role_that_could_not_be_read_is_attested_alone():
    """An account that may not see its own role; the part stays named as unread."""
    unread = Unread("HTTP 403")
    assert judge(unread).reason == "HTTP 403"
    judgement = judge(unread, SURE)
    assert (judgement.outcome, judgement.attested) == (Outcome.PASS, ("roles",))


def test_no_account_is_no_pass():
    """Roles that are told, and of nobody, are undetermined."""
    assert judge(Roles("", ())).outcome is Outcome.UNDETERMINED
