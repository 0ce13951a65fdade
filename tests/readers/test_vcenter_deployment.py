"""Names and high availability of a vCenter over sockets: right, denied, of no known form."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest
from pyVmomi import vim

from kanmon.errors import CouldNotRead, Denied, TargetLost
from kanmon.facts import Unread
from kanmon.facts.vcenter.deployment import (
    HaNode,
    HighAvailability,
    LinkedNode,
    Naming,
    Replication,
)
from kanmon.readers.vcenter import inventory as vcenter
from kanmon.readers.vcenter.rest import RIGHTS
from lab.transport.pki import Pki
from lab.transport.server import Answer
from lab.vcenter.inventory import Entity
from tests.readers.vcenters import managed, misbehaving, read, remove, session, small

HOST_NAME = "/rest/appliance/networking/dns/hostname"


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


def deployed(**deployment):
    return managed(deployment=deployment)


def answering(server, name, raised):
    """Let a method of the server end in a fault."""

    def broken(*_):
        raise raised

    setattr(server, name, broken)


def test_names_are_read(pki):
    """Each in its own case; the address leads back to the name."""
    names = read(deployed(node_name="LocalHost", host_name="localhost"), pki, "naming")
    assert isinstance(names, Naming)
    assert (names.node_name, names.host_name) == ("LocalHost", "localhost")
    assert set(names.certificate) == {"localhost", "127.0.0.1"}
    assert "127.0.0.1" in names.addresses
    assert "localhost" in map(str.lower, names.reverse)


def test_a_node_name_that_is_an_address_needs_no_lookup(pki):
    """It resolves to itself."""
    assert read(deployed(node_name="127.0.0.1"), pki, "naming").addresses == ("127.0.0.1",)


def test_a_name_that_does_not_resolve_here_loses_the_dns_alone(pki):
    """Nobody asks further, and the rest is read."""
    names = read(deployed(node_name="vc main.invalid"), pki, "naming")
    assert names.node_name == "vc main.invalid"
    assert isinstance(names.addresses, Unread)
    assert "resolve vc main.invalid" in names.addresses.reason
    assert names.reverse == names.addresses
    assert names.host_name == "localhost"


def test_an_address_without_a_name_is_unread(pki, monkeypatch):
    """Some resolvers refuse, others give the address back: neither is a name."""
    monkeypatch.setattr(socket, "gethostbyaddr", lambda address: (address, [], [address]))
    assert isinstance(read(deployed(), pki, "naming").reverse, Unread)


@pytest.mark.parametrize("value", [" ", "https://vc.example.jp/sdk"])
def test_a_node_name_of_no_known_form_is_unread(pki, value):
    """It is neither believed nor resolved."""
    names = read(deployed(node_name=value), pki, "naming")
    assert isinstance(names.node_name, Unread)
    assert names.addresses == names.node_name


def test_a_denied_appliance_loses_its_host_name_alone(pki):
    """The reason names the group."""
    names = read(managed(appliance={"denied": True}), pki, "naming")
    assert "HTTP 403" in names.host_name.reason
    assert str(RIGHTS) in names.host_name.reason
    assert names.node_name == "localhost"


@pytest.mark.parametrize("value", [None, "", 7, {"name": "vc"}])
def test_a_host_name_of_no_known_form_is_unread(pki, value):
    """An answer of another form is no name."""
    with session(small(), pki) as (server, opened):
        plain = server._appliance.respond
        told = Answer(200, json.dumps({"value": value}).encode())
        server._appliance.respond = lambda asked: told if asked.path == HOST_NAME else plain(asked)
        assert isinstance(vcenter.PARTS["naming"](opened).host_name, Unread)


def test_a_setting_that_may_not_be_read_is_unread(pki):
    """The fault names the privilege."""
    denied = vim.fault.NoPermission(object=vim.Folder("group-d1"), privilegeId="System.View")
    with session(small(), pki) as (server, opened):
        answering(server, "_options", denied)
        names = vcenter.PARTS["naming"](opened)
    assert "privilege System.View" in names.node_name.reason


def test_a_lost_session_is_no_unread_name(pki):
    """The target is lost with it."""
    with session(misbehaving("expired session"), pki) as (_, opened):
        vcenter.PARTS["naming"](opened)
        with pytest.raises(TargetLost):
            vcenter.PARTS["naming"](opened)


NODES = "/rest/vcenter/topology/nodes"
REPLICATION = "/rest/vcenter/topology/replication-status"


def topology(pki, answers, **changes):
    """What is read where some paths are answered in another way."""
    with session(managed(version="6.7.0", build="14367737", **changes), pki) as (server, opened):
        plain = server._appliance.respond
        server._appliance.respond = lambda asked: answers.get(asked.path) or plain(asked)
        return vcenter.PARTS["linked"](opened)


def value(told):
    return Answer(200, json.dumps({"value": told}).encode())


def test_partners_in_linked_mode(pki):
    """Each node with its type, and who follows whom."""
    told = topology(pki, {}, deployment={"partners": ["vc-b.example.jp"], "replicating": False})
    kind = "VCSA_EMBEDDED"
    assert told.nodes == (LinkedNode("localhost", kind), LinkedNode("vc-b.example.jp", kind))
    assert told.replication == (Replication("localhost", "vc-b.example.jp", True, False),)


def test_a_vcenter_that_stands_alone(pki):
    """One node, and nothing to replicate."""
    told = topology(pki, {})
    assert (len(told.nodes), told.replication) == (1, ())


def test_a_release_that_does_not_tell_its_partners(pki):
    """6.5 has no such interface and is not asked; neither part is an empty answer."""
    told = read(small(), pki, "linked")
    assert told.nodes.reason == "vCenter tells of linked mode from 6.7 U2 on"
    assert told.replication == told.nodes


def test_an_early_6_7_has_no_such_interface_either(pki):
    """Its answer is not found, which is no empty list."""
    gone = Answer(404, b"{}")
    told = topology(pki, {NODES: gone, REPLICATION: gone})
    assert "HTTP 404" in told.nodes.reason
    assert "HTTP 404" in told.replication.reason


def test_the_reply_of_vmwares_reference(pki):
    """In the form of its data structures (Topology_Nodes_Summary, _ReplicationStatus_Summary)."""
    nodes = [
        {"node": "psc.example.jp", "type": "PSC_EXTERNAL", "replication_partners": ["x"]},
        {"node": "vc.example.jp", "type": "VCSA_EXTERNAL", "client_affinity": "psc.example.jp"},
    ]
    status = [
        {
            "node": "psc.example.jp",
            "replication_partner": "x",
            "partner_available": False,
            "status_available": False,
        }
    ]
    told = topology(pki, {NODES: value(nodes), REPLICATION: value(status)})
    assert [one.type for one in told.nodes] == ["PSC_EXTERNAL", "VCSA_EXTERNAL"]
    assert told.replication == (Replication("psc.example.jp", "x", False, None),)


@pytest.mark.parametrize("told", [None, "x", ["x"], [{"type": "PSC_EXTERNAL"}], [{"node": 1}]])
def test_partners_of_no_known_form_are_unread(pki, told):
    """The replication is read all the same."""
    found = topology(pki, {NODES: value(told)})
    assert isinstance(found.nodes, Unread)
    assert found.replication == ()


@pytest.mark.parametrize("flags", [{}, {"partner_available": "yes"}])
def test_a_replication_of_no_known_form_is_unread(pki, flags):
    """The nodes are read all the same."""
    told = [{"node": "a", "replication_partner": "b", **flags}]
    found = topology(pki, {REPLICATION: value(told)})
    assert isinstance(found.replication, Unread)
    assert len(found.nodes) == 1


def test_port_groups(pki):
    """By kind: a standard one, those of a distributed switch by their binding, one of NSX-T."""
    kind = vim.dvs.DistributedVirtualPortgroup
    more = [
        Entity(kind("dvportgroup-1"), {"name": "early", "config.type": "earlyBinding"}),
        Entity(kind("dvportgroup-2"), {"name": "spare", "config.type": "ephemeral"}),
        Entity(vim.OpaqueNetwork("network-o1"), {"name": "segment"}),
    ]
    with session(small(), pki) as (server, opened):
        server._entities += more
        told = {one.name: one.binding for one in vcenter.PARTS["port_groups"](opened)}
    assert told == {
        "VM Network": "standard",
        "internal": "standard",
        "early": "earlyBinding",
        "spare": "ephemeral",
        "segment": "opaque",
    }


def test_no_network_at_all_is_an_answer(pki):
    """Whether the account may see them is judged by who asks."""
    with session(small(), pki) as (server, opened):
        remove(server, vim.Network)
        assert vcenter.PARTS["port_groups"](opened) == ()


def test_high_availability_that_is_off(pki):
    """Its health is not asked for."""
    with session(small(), pki) as (server, opened):
        assert vcenter.PARTS["availability"](opened) == HighAvailability("notConfigured", None)
        assert "GetVchaClusterHealth" not in server.methods


def test_high_availability_with_its_nodes(pki):
    """Mode, state, each node, and what the cluster says."""
    nodes = [{"role": "active", "address": "192.0.2.1", "state": "down"}]
    ha = {"configuration": "configured", "mode": "maintenance", "nodes": nodes, "messages": ["x"]}
    told = read(deployed(ha=ha), pki, "availability")
    assert (told.health.mode, told.health.state) == ("maintenance", "healthy")
    assert told.health.nodes == (HaNode("active", "down", "192.0.2.1"),)
    assert told.health.messages == ("x",)


def test_a_health_that_is_refused_leaves_the_configuration(pki):
    """That it is configured is known."""
    ha = {"configuration": "configured"}
    with session(deployed(ha=ha), pki) as (server, opened):
        answering(server, "_ha_health", vim.fault.InvalidState())
        told = vcenter.PARTS["availability"](opened)
    assert told.configuration == "configured"
    assert "InvalidState" in told.health.reason


def test_a_configuration_that_is_refused_is_unread(pki):
    """The right that is missing is named."""
    denied = vim.fault.NoPermission(object=vim.Folder("group-d1"), privilegeId="System.Read")
    with session(small(), pki) as (server, opened):
        answering(server, "_ha_configuration", denied)
        with pytest.raises(Denied, match="Read-only"):
            vcenter.PARTS["availability"](opened)


def test_a_vcenter_that_names_no_such_manager_is_unread(pki):
    """A release without it says nothing of vCenter HA."""
    with session(small(), pki) as (_, opened):
        opened.content.failoverClusterConfigurator = None
        with pytest.raises(CouldNotRead, match="no such manager"):
            vcenter.PARTS["availability"](opened)
