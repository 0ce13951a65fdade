"""The roles of the accounts at a manager, read from simulated managers over sockets."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from kanmon.errors import CouldNotRead
from kanmon.facts.dsm.role import Role
from lab.dsm import role as lab_role
from lab.transport.server import Answer
from lab.world.manager import ManagerSystem
from lab.world.manager import Role as LabRole
from tests.readers.managers import make_world, starting

WHOLE = Role("API key kanmon", "Auditor", True, True, True, True, True)


@pytest.fixture
def run():
    with starting() as start:
        yield start


def manager(generation=20, **role):
    """A world whose manager gives kanmon's account this role."""
    made = make_world(generation)
    system = ManagerSystem(role=LabRole(**role))
    return made.model_copy(update={"dsm": [made.dsm[0].model_copy(update={"system": system})]})


def test_each_account_tells_its_own_role(run):
    """The key, the user, or both: alerts are read as the user even where computers are not."""
    running = run(manager())
    user = replace(WHOLE, account="user kanmon-ro")
    assert running.read("roles", running.key).items == (WHOLE,)
    assert running.read("roles").items == (user,)
    both = replace(running.login, api_key=running.key.api_key)
    assert running.read("roles", both).items == (WHOLE, user)


def test_a_limited_role_hides_computers_without_a_word(run):
    """The list is shorter and looks whole; the role alone tells it."""
    running = run(manager(hidden=["gone"], unrelated=False, all_policies=False))
    assert len(running.read("computers", running.key)) == 6
    (role,) = running.read("roles", running.key).items
    assert role == Role("API key kanmon", "Auditor", False, False, False, False, False)


def test_11_tells_no_role(run):
    """That no interface tells is an answer."""
    told = run(manager(11)).read("roles")
    assert ("no /api" in told.untold, told.items) == (True, ())


def test_an_account_that_may_not_see_its_role_is_an_error(run):
    """403 is told with its path, and is no whole view."""
    running = run(manager(names_itself=False))
    with pytest.raises(CouldNotRead, match=r"/api/roles/2.*403.*the right to view this"):
        running.read("roles", running.key)


@pytest.mark.parametrize("listed", [[], [2, 2]])
def test_a_user_that_is_not_listed_once_is_an_error(run, monkeypatch, listed):
    """A user whom the manager does not list, or lists twice, has no role that is known."""
    running = run(manager())
    name = running.world.username.upper()  # in whatever case
    users = {"administrators": [{"username": name, "roleID": number} for number in listed]}
    monkeypatch.setattr(lab_role, "read", lambda *_: Answer(body=json.dumps(users).encode()))
    with pytest.raises(CouldNotRead, match=f"user kanmon-ro.*{len(listed)} of .* attest"):
        running.read("roles")


def test_no_session_is_opened_to_look_up_the_user(run):
    """A key beside a password looks the user up: a second login would be one more to be refused."""
    running = run(manager())
    both = replace(running.login, api_key=running.key.api_key)
    assert len(running.read("roles", both).items) == 2
    assert "POST /api/sessions" not in running.asked


def test_a_release_without_the_path_says_so(run, monkeypatch):
    """404 is of a release that does not offer it."""
    running = run(manager())
    monkeypatch.setattr(lab_role, "read", lambda *_: None)
    assert "does not offer it" in running.read("roles").untold


@pytest.mark.parametrize("missing", ["administrators", "roleID", "allComputers", "allPolicies"])
def test_an_answer_that_lacks_what_decides_is_an_error(run, monkeypatch, missing):
    """A field that is not there is neither true nor false."""
    told = lab_role.read

    def lacking(node, path):
        answer = told(node, path)
        if answer is None:
            return None
        return Answer(body=answer.body.replace(missing.encode(), b"no"))

    running = run(manager())
    monkeypatch.setattr(lab_role, "read", lacking)
    with pytest.raises(CouldNotRead, match=missing):
        running.read("roles")


def test_rights_that_are_not_named_are_not_held(run, monkeypatch):
    """A role without its list of rights grants none of them."""
    told = lab_role.read

    def bare(node, path):
        answer = told(node, path)
        if answer is None or not path.startswith("/api/roles"):
            return answer
        return Answer(body=json.dumps({**json.loads(answer.body), "rights": None}).encode())

    running = run(manager())
    monkeypatch.setattr(lab_role, "read", bare)
    (role,) = running.read("roles", running.key).items
    assert (role.other_computers, role.unrelated, role.other_policies) == (False, False, False)
    assert role.all_computers
