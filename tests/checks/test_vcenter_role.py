"""VC-ROLE-001: what the account may see."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome
from kanmon.facts.vcenter.management import Role, Unseen
from tests.checks.vcenter_facts import ON_HOST, WHOLE, access, rights
from tests.facts_by_hand import VC_MAIN, environment
from tests.judging import judged, missed


def role(facts):
    """The check on these rights."""
    return judged("VC-ROLE-001", vcenter=environment(VC_MAIN).vcenter[0], vcenter_rights=facts)


def notes(judgement) -> dict[str, str]:
    return {note.subject: note.text for note in judgement.notes}


def test_a_role_that_reads_everything_passes():
    """Every container and host is examined, and the pass rests on the rows that it needs."""
    judgement = role(rights())
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 2
    assert [one.row for one in judgement.rests_on] == ["System.View", "System.Read"]
    assert notes(judgement) == {}


@pytest.mark.parametrize("roles", [(-5,), ()])
def test_a_subtree_without_access_is_undetermined(roles):
    """No access on one host is no empty host: nobody can say, and it is named."""
    host = access(moref="host-22", kind="HostSystem", name="esx-02", roles=roles)
    judgement = role(rights(access(), ON_HOST, host))
    assert judgement.outcome is Outcome.UNDETERMINED
    lacks = "the account lacks System.View, System.Read there"
    assert missed(judgement) == [("esx-02 (host-22)", lacks)]


def test_view_alone_is_not_enough():
    """The role View shows an object and hides its properties."""
    view = Role(-3, "View", ("System.Anonymous", "System.View"))
    judgement = role(rights(access(roles=(-3,)), ON_HOST, roles=(view, WHOLE)))
    assert missed(judgement) == [
        ("Datacenters (group-d1)", "the account lacks System.Read there"),
    ]


def test_roles_add_up():
    """An account that has several roles on an object has the privileges of all of them."""
    assert role(rights(access(roles=(-5, 101)))).outcome is Outcome.PASS


def test_a_role_that_vcenter_does_not_list_is_undetermined():
    """Of a role without a name nobody knows the privileges."""
    judgement = role(rights(access(roles=(101, 77)), ON_HOST))
    assert missed(judgement) == [("Datacenters (group-d1)", "vCenter does not list the role 77")]


def test_what_is_named_and_not_seen_is_undetermined():
    """A VM that two objects name counts once, though nothing else of it was read."""
    unseen = (Unseen("vm-9", "esx-01 (host-21)"), Unseen("vm-9", "vm (group-v3)"))
    judgement = role(rights(unseen=unseen))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert [subject for subject, _ in missed(judgement)] == ["vm-9"]
    assert judgement.examined == 3


def test_what_is_refused_is_noted():
    """Read-only is enough for the inventory; what needs more is unread by itself, and is named."""
    judgement = role(rights(access(roles=(-2,)), access(**{**_host(), "roles": (-2,)}), ON_HOST))
    assert judgement.outcome is Outcome.PASS
    assert notes(judgement)["Global.Licenses"].startswith("lacking on vCenter itself: not read")
    assert notes(judgement)["Host.Config.Image"].startswith("lacking on 1 of 2 hosts: not read")


def _host():
    return {"moref": "host-22", "kind": "HostSystem", "name": "esx-02"}


def test_an_account_that_may_change_something_is_noted():
    """The privileges beyond reading are counted, the first of them named."""
    power = tuple(
        f"VirtualMachine.Interact.{n}" for n in ("PowerOff", "PowerOn", "Reset", "Suspend")
    )
    strong = Role(101, "admin", (*WHOLE.privileges, *power))
    judgement = role(rights(roles=(strong,)))
    assert judgement.outcome is Outcome.PASS
    assert notes(judgement)["the account"] == (
        "it may do more than read: 4 privileges, such as VirtualMachine.Interact.PowerOff, "
        "VirtualMachine.Interact.PowerOn, VirtualMachine.Interact.Reset"
    )
