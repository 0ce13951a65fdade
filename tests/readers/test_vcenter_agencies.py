"""The agencies of ESX Agent Manager, read from the simulated vCenter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kanmon.errors import CouldNotRead, Denied, TargetLost
from kanmon.facts.vcenter.agencies import Agency
from kanmon.readers.vcenter.agencies import agencies
from lab.transport.pki import Pki
from tests.readers.vcenters import managed, session, small

DEPLOYED = [
    {"name": "Trend Micro Deep Security"},
    {"name": "Guest <Introspection>", "status": "red", "issues": ["VM not deployed", "no OVF"]},
]


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


def test_no_agency_is_an_ordinary_estate(pki):
    """The agent manager answers, and has none."""
    with session(small(), pki) as (_, opened):
        assert agencies(opened) == ()


def test_agencies_are_read_with_their_issues(pki):
    """In the session that vim25 opened, and with no more than reading."""
    with session(managed({}, agencies=DEPLOYED), pki) as (server, opened):
        server.methods.clear()
        told = agencies(opened)
        assert set(server.methods) == {"QueryAgency", "QueryConfig", "AgencyQueryRuntime"}
    issues = ("VM not deployed", "no OVF")
    assert told == (
        Agency("agency-0", "Trend Micro Deep Security", "green", "enabled", ()),
        Agency("agency-1", "Guest <Introspection>", "red", "enabled", issues),
    )


def test_without_the_privilege_the_grant_is_named(pki):
    """Read-only does not have it."""
    poor = managed({}, privileges=[])
    with session(poor, pki) as (_, opened), pytest.raises(Denied, match=r"EAM\.View on the root"):
        agencies(opened)


def test_an_agent_manager_that_takes_no_session_loses_itself_alone(pki):
    """The vCenter answers all the same."""
    with session(managed({}, agencies=DEPLOYED), pki) as (_, opened):
        opened.service._stub.cookie = 'vmware_soap_session="strange"'
        with pytest.raises(CouldNotRead, match="NotAuthenticated") as raised:
            agencies(opened)
    assert not isinstance(raised.value, TargetLost)
