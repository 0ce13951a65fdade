"""The tenants of a manager, read from simulated managers over sockets."""

from __future__ import annotations

import json

import pytest

from kanmon.errors import CouldNotRead, Denied
from kanmon.facts.dsm.tenants import Tenant, Tenants
from lab.dsm import role as lab_role
from lab.dsm import system as lab_system
from lab.transport.server import Answer
from lab.world.manager import ManagerSystem
from lab.world.manager import Role as LabRole
from lab.world.manager import Tenant as LabTenant
from tests.readers.managers import make_world, starting
from tests.readers.test_dsm_sdk import need

TWO = [LabTenant(name="Tokyo"), LabTenant(name="Osaka", state="suspended", server=2)]


@pytest.fixture
def run():
    with starting() as start:
        yield start


def manager(generation=20, tenants=(), *, may_view=True):
    """A world whose manager has these tenants which kanmon's account may view or not."""
    made = make_world(generation)
    system = ManagerSystem(role=LabRole(tenants=may_view), tenants=list(tenants))
    return made.model_copy(update={"dsm": [made.dsm[0].model_copy(update={"system": system})]})


def answering(monkeypatch, status, body):
    """Let the manager answer this of its tenants."""
    known = lab_system.read
    answer = Answer(status, json.dumps(body).encode())
    monkeypatch.setattr(
        lab_system, "read", lambda node, p: answer if p == "/api/tenants" else known(node, p)
    )


@pytest.mark.parametrize("by_key", [True, False])
def test_every_tenant_is_read(run, by_key):
    """By key or by user; the passwords in the answer stay where they are."""
    running = run(manager(tenants=TWO))
    found = running.read("tenants", running.key if by_key else None)
    assert found == Tenants(
        "", (Tenant(1, "Tokyo", "active", 1), Tenant(2, "Osaka", "suspended", 2))
    )


def test_the_vendors_client_reads_them_as_we_do(run):
    """Number, name, state and server, by the client's own names."""
    sdk = need("deepsecurity")
    running = run(manager(tenants=TWO))
    node = running.target.nodes[0]
    configuration = sdk.Configuration()
    configuration.host, configuration.ssl_ca_cert = f"https://{node.where}/api", node.ca
    configuration.verify_ssl = True
    configuration.api_key["api-secret-key"] = running.key.api_key.get_secret_value()
    client = sdk.ApiClient(configuration)
    theirs = sdk.TenantsApi(client).list_tenants("v1").tenants
    client.pool.close()
    client.pool.join()
    ours = running.read("tenants", running.key).items
    assert [(t.id, t.name, t.tenant_state, t.database_server_id) for t in theirs] == [
        (one.id, one.name, one.state, one.database_server) for one in ours
    ]


def test_a_manager_without_tenants_is_believed_where_they_may_be_viewed(run):
    """The role says that an empty list is not for want of a right."""
    assert run(manager()).read("tenants") == Tenants("", ())


@pytest.mark.parametrize("listed", [True, False])
def test_an_account_that_may_not_view_tenants_is_denied(run, listed, monkeypatch):
    """Be it refused, or shown none: the right that it lacks is named."""
    running = run(manager(tenants=TWO, may_view=False))
    if listed:
        answering(monkeypatch, 200, {"tenants": []})
    with pytest.raises(Denied, match="canViewTenants"):
        running.read("tenants")


@pytest.mark.parametrize(
    ("status", "body"),
    [(403, {"message": "Multi-tenancy is not enabled"}), (404, {"message": "not found"})],
)
def test_a_refusal_of_no_known_form_is_for_a_person(run, status, body, monkeypatch):
    """What a manager without multi-tenancy answers is in no text: it is told, and is no pass."""
    running = run(manager())
    answering(monkeypatch, status, body)
    found = running.read("tenants")
    assert found.items == ()
    assert str(status) in found.untold


def test_an_empty_list_is_not_believed_of_a_role_that_does_not_tell(run, monkeypatch):
    """Of a right that the role does not name nobody knows."""
    running = run(manager())
    role = lab_role._role

    def silent(node):
        told = role(node)
        del told["rights"]["platformRights"]["multiTenantRights"]
        return told

    monkeypatch.setattr(lab_role, "_role", silent)
    assert "does not say whether multi-tenancy is off" in running.read("tenants").untold


def test_11_tells_no_tenants(run):
    """That no interface tells is an answer."""
    assert "no /api" in run(manager(11)).read("tenants").untold


@pytest.mark.parametrize(
    "body",
    [
        {"tenants": [{"ID": 1, "name": "Tokyo", "databaseServerID": 1}]},
        {"tenants": [{"name": "Tokyo", "tenantState": "active", "databaseServerID": 1}]},
        {"tenants": "none"},
        {},
    ],
)
def test_an_answer_of_another_form_could_not_be_read(run, body, monkeypatch):
    """A tenant without its state, its number, or no list at all."""
    running = run(manager())
    answering(monkeypatch, 200, body)
    with pytest.raises(CouldNotRead):
        running.read("tenants")
