"""vSAN, read from the simulated vCenter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyVmomi import vim

from kanmon.errors import CouldNotRead
from kanmon.facts import Unread
from kanmon.readers.vcenter.vsan import vsan
from lab.transport.pki import Pki
from tests.readers.vcenters import answers, remove, replace, session, small

NODES = tuple(f"5a{number:06x}-0000-4000-8000-000000000000" for number in (21, 22, 23))


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


def with_vsan(**changes):
    """The small vCenter with vSAN; its second host is another one."""
    table = small().model_dump(mode="json")["vcenter"][0]
    table["clusters"][0]["settings"]["vsan"] = True
    table["clusters"][0]["hosts"][1].update(changes)
    return small(vcenter=[table])


def test_where_no_cluster_has_it_no_host_is_asked(pki):
    """An ordinary estate costs one answer."""
    with session(small(), pki) as (server, opened):
        server.methods.clear()
        assert vsan(opened) == ()
        assert "QueryHostStatus" not in server.methods


def test_what_each_host_says_of_it(pki):
    """Its cluster, itself, its health, and whom it sees."""
    with session(with_vsan(vsan="unhealthy"), pki) as (_, opened):
        (cluster,) = vsan(opened)
    assert cluster.label == "Protected (domain-c7)"
    told = answers(cluster.hosts)
    assert [told[f"host-2{n}"].health for n in (1, 2, 3)] == ["healthy", "unhealthy", "healthy"]
    assert {one.members for one in told.values()} == {NODES}
    assert [one.node for one in told.values()] == list(NODES)


def test_a_host_that_was_lost_sees_itself_alone(pki):
    """And the others do not see it."""
    with session(with_vsan(vsan="alone"), pki) as (_, opened):
        told = answers(vsan(opened)[0].hosts)
    assert told["host-22"].members == NODES[1:2]
    assert told["host-21"].members == (NODES[0], NODES[2])


def test_a_host_that_does_not_tell_is_unread_by_itself(pki):
    """One that is not connected, and one without the manager that tells; the third is read."""
    with session(with_vsan(connection_state="notResponding"), pki) as (server, opened):
        replace(server, "host-23", configManager__vsanSystem=None)
        told = answers(vsan(opened)[0].hosts)
    assert "HostNotConnected" in told["host-22"].reason
    assert "configManager.vsanSystem" in told["host-23"].reason
    assert not isinstance(told["host-21"], Unread)


def test_no_hosts_at_all_is_an_error(pki):
    """The account sees none."""
    with session(with_vsan(), pki) as (server, opened):
        remove(server, vim.HostSystem)
        with pytest.raises(CouldNotRead, match="no hosts at all"):
            vsan(opened)
