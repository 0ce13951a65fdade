"""One strange object hides no other: each thing of one object in turn is not answered."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from kanmon.environment.targets import NsxT, NsxV
from kanmon.errors import CouldNotRead
from kanmon.facts import Unread
from kanmon.readers.apart import gathering
from kanmon.readers.database import reader as database
from kanmon.readers.dsm import reader as dsm
from kanmon.readers.nsxt import inventory as nsxt
from kanmon.readers.nsxv import inventory as nsxv
from lab.database import state as views
from lab.nsxt.server import Manager as NsxTManager
from lab.nsxv.server import Manager as NsxVManager
from lab.transport.pki import Pki
from tests.readers import sqlserver, test_nsxt, test_nsxv
from tests.readers.managers import MACHINES, make_world, starting
from tests.readers.nsx import request, running
from tests.readers.strange import SECOND, answering, hurt, json_changes, read, seen_at, xml_changes

SOAP = "/webservice/Manager"
NOW = 1_796_000_000_000
SOAP_NAME = "{urn:Manager}%sReturn"


@pytest.fixture(scope="module")
def managers():
    """A manager of 20.0 and one of 11.0, each with two of everything."""
    system = {
        "alerts": [{"name": f"Alert {number}", "node": 1} for number in (1, 2, 3)],
        "tenants": [{"name": f"tenant-{number}"} for number in (1, 2, 3)],
    }
    with pytest.MonkeyPatch.context() as patch, starting() as start:
        patch.setattr("lab.dsm.system._now", lambda: NOW)  # else every answer has its own times
        opened = {}
        for generation in (11, 20):
            world = make_world(generation, MACHINES, nodes=("dsm-1",))
            told = world.dsm[0].model_dump() | {"system": system}
            world = world.model_copy(update={"dsm": [type(world.dsm[0]).model_validate(told)]})
            opened[generation] = start(world)
        yield opened


@pytest.fixture(scope="module")
def nsx():
    """An NSX-T and an NSX-V manager, each with two of everything."""
    prepared = [
        {
            "name": f"Protected {cluster}",
            "number": cluster,
            "nsxt": True,
            "hosts": [
                {
                    "name": f"esx-{cluster}{n}",
                    "number": cluster * 10 + n,
                    "version": "7.0.2",
                    "build": "1",
                }
                for n in (1, 2)
            ],
        }
        for cluster in (7, 8, 9)
    ]
    t = test_nsxt.world(
        clusters=prepared,
        alarms=[{"feature": "f", "event_type": f"e{n}", "node": "nsx-1"} for n in (1, 2, 3)],
        licences=[{"edition": f"NSX {n}", "days": 30, "key": f"0000{n}-{n}"} for n in (1, 2, 3)],
        check_failures=[{"message": f"m{n}"} for n in (1, 2, 3)],
        items=[{"kind": "segment", "name": f"s{n}"} for n in (1, 2, 3)],
    )
    v = test_nsxv.world(
        alarms=[{"code": n, "source": f"host-{n}"} for n in (1, 2, 3)],
        events=[{"code": 250024, "source": f"host-{n}"} for n in (1, 2, 3)],
        jobs=[{"name": f"job {n}"} for n in (1, 2, 3)],
        zones=[(f"zone {n}", "UNICAST_MODE") for n in (1, 2, 3)],
        policies=[{"name": f"p{n}", "groups": [{"name": f"g{n}"}]} for n in (1, 2, 3)],
    )
    with running() as (pki, start):
        yield start(NsxTManager(t, t.nsxt[0], pki)), start(NsxVManager(v, v.nsxv[0], pki))


def each_in_turn(servers, session, parts, case, changes):
    """Take one thing away after the other and hold that it hurts one object alone."""
    part, path, within, of = case
    whole, apart = read(parts, part, session, of)
    assert len(whole) > 1
    assert not apart
    path = path.replace(
        "ID", str(getattr(whole[SECOND], "id", getattr(whole[SECOND], "computer", "")))
    )
    seen, _ = seen_at(servers, path, lambda: read(parts, part, session, of))
    tried = 0
    for way, change in changes(seen, within):
        with answering(servers, path, change):
            left, apart = read(parts, part, session, of)
        hurt(whole, left, apart, way)
        tried += 1
    assert tried


@pytest.mark.parametrize(
    "case",
    [
        ("computers", "/api/computers/search", ("computers",), ""),
        ("policies", "/api/policies", ("policies",), ""),
        ("alerts", "/rest/alerts", ("ListAlertsResponse", "alerts"), ""),
        ("schedule", "/api/scheduledtasks", ("scheduledTasks",), "tasks"),
        ("tenants", "/api/tenants", ("tenants",), "items"),
        ("relay_updates", "/api/computers/ID", (), ""),
    ],
    ids=lambda case: case[0],
)
def test_a_strange_object_of_api_hides_no_other(managers, case):
    """Of a manager of 20.0."""
    manager = managers[20]
    with manager.connect() as session:
        each_in_turn(manager.nodes, session, dsm.PARTS, case, json_changes)


@pytest.mark.parametrize(
    "case",
    [
        ("computers", SOAP, SOAP_NAME % "hostDetailRetrieve", ""),
        ("policies", SOAP, SOAP_NAME % "securityProfileRetrieveAll", ""),
    ],
    ids=lambda case: case[0],
)
def test_a_strange_object_of_soap_hides_no_other(managers, case):
    """Of a manager of 11.0."""
    with managers[11].connect() as session:
        each_in_turn(managers[11].nodes, session, dsm.PARTS, case, xml_changes)


NODES = "/api/v1/transport-nodes"
SERVICES = "/api/v1/serviceinsertion/services"


@pytest.mark.parametrize(
    "case",
    [
        ("alarms", "/api/v1/alarms", ("results",), ""),
        ("licences", "/api/v1/licenses", ("results",), ""),
        ("node_services", "/api/v1/node/services", ("results",), ""),
        ("node_services", "/api/v1/node/services/http/status", (), ""),
        ("upgrade_checks", "/api/v1/upgrade/.*failures", ("results",), "failures"),
        ("cluster_groups", "/api/v1/cluster/status", ("detailed_cluster_status", "groups"), ""),
        ("transport_nodes", NODES, ("results",), ""),
        ("transport_nodes", f"{NODES}/ID/state", (), ""),
        ("transport_nodes", "/api/v1/fabric/discovered-nodes", ("results",), ""),
        ("deployments", SERVICES + "/[^/]+/service-deployments", ("results",), ""),
        ("contents", "/policy/api/v1/infra/segments", ("results",), ""),
        ("passwords", "/api/v1/cluster/m-12/node/users", (), ""),
    ],
    ids=lambda case: f"{case[0]} {case[1]}",
)
def test_a_strange_object_of_nsxt_hides_no_other(nsx, case):
    """Whatever it leaves out: an alarm without its words, a transport node without its state."""
    server, _ = nsx
    with nsxt.connect(request(NsxT, server, None, vcenters=["vc"])) as session:
        each_in_turn([server], session, nsxt.PARTS, case, json_changes)


@pytest.mark.parametrize(
    "case",
    [
        ("manager", "/api/2.0/vdn/controller", "controller", "controllers"),
        ("state", ".*/summary/components", "component", "components"),
        ("preparation", "/api/2.0/nwfabric/status/child/.*", "resourceStatus", ""),
        ("connections", "/api/2.0/nwfabric/status/child/.*", "resourceStatus", ""),
        ("agents", "/api/2.0/si/host/host-21/agents", "agent", ""),
        ("jobs", "/api/2.0/services/taskservice/job", "jobInstance", ""),
        ("firewall", "/api/4.0/firewall/.*", "hostStatus", "hosts"),
        ("alarms", "/api/2.0/services/systemalarms", "systemAlarm", ""),
        ("events", "/api/2.0/systemevent", "systemEvent", "events"),
        ("networks", "/api/2.0/vdn/scopes", "vdnScope", "zones"),
        ("gi_policies", ".*/securitypolicy/all", "securityPolicy", "policies"),
    ],
    ids=lambda case: case[0],
)
def test_a_strange_object_of_nsxv_hides_no_other(nsx, case):
    """Whatever it leaves out."""
    _, server = nsx
    hosts = test_nsxv.HOSTS
    with nsxv.connect(request(NsxV, server, lambda *_: hosts, vcenter="vc")) as session:
        each_in_turn([server], session, nsxv.PARTS, case, xml_changes)


@pytest.fixture(scope="module")
def server():
    """A SQL Server with three of everything, in a session of the reader."""
    pki = Pki()
    users = [{"name": f"u{n}", "login": f"l{n}"} for n in (1, 2, 3)]
    values = {
        "sessions": [{"machine": f"dsm-{n}"} for n in (1, 2, 3)],
        "members": users,
        "sysadmins": users,
        "backups": [{"hours": n} for n in (1, 2, 3)],
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            views, "_now", lambda _: datetime(2026, 11, 30, 9, tzinfo=UTC).replace(tzinfo=None)
        )
        with (
            sqlserver.lab(pki, **values) as running_one,
            sqlserver.session(sqlserver.target(running_one)) as opened,
        ):
            yield opened
    pki.close()


@pytest.mark.parametrize(
    ("part", "view", "of"),
    [
        ("connections", "_connections", ""),
        ("storage", "_volumes", "files"),
    ],
)
def test_a_strange_row_of_a_database_hides_no_other(server, monkeypatch, part, view, of):
    """A column of one row that is NULL."""
    rows = getattr(views, view)
    whole, apart = read(database.PARTS, part, server, of)
    assert len(whole) > 1
    assert not apart
    seen = []

    def all_but(key):
        def changed(told):
            listed = [dict(row) for row in rows(told)]
            seen.extend(listed)
            listed[SECOND].update({key: None} if key else {})
            return listed

        return changed

    monkeypatch.setattr(views, view, all_but(None))
    read(database.PARTS, part, server, of)
    for key in tuple(seen[SECOND]):
        monkeypatch.setattr(views, view, all_but(key))
        left, apart = read(database.PARTS, part, server, of)
        hurt(whole, left, apart, (view, key))


# What is no single object's fault


@pytest.mark.parametrize(
    ("part", "view", "column"),
    [
        ("holders", "_members", "kind"),
        ("holders", "_sysadmins", "name"),
        ("backups", "_backups", "finished"),
        ("storage", "_files", "size"),
    ],
)
def test_a_row_without_which_another_is_called_missing_is_the_parts(
    server, monkeypatch, part, view, column
):
    """The newest backup, or the login of the manager: nobody may call it missing."""
    rows = getattr(views, view)

    def changed(told):
        listed = [dict(row) for row in rows(told)]
        listed[SECOND][column] = None
        return listed

    monkeypatch.setattr(views, view, changed)
    with gathering() as faults:
        try:
            fact = database.PARTS[part](server).files
        except CouldNotRead as error:
            fact = Unread(error.message)
    assert isinstance(fact, Unread)
    assert not faults


def test_a_page_without_any_number_is_the_parts_fault(managers):
    """The list goes on after the numbers: without one nobody knows whether it is whole."""

    def unnumbered(body):
        told = json.loads(body)
        for row in told["computers"]:
            del row["ID"]
        return json.dumps(told).encode()

    with (
        managers[20].connect() as session,
        answering(managers[20].nodes, "/api/computers/search", unnumbered),
        gathering() as faults,
        pytest.raises(CouldNotRead, match="without a number"),
    ):
        dsm.PARTS["computers"](session)
    assert not faults


def test_a_session_that_ends_is_no_computers_fault():
    """What was read before it ended is no list of computers."""
    with starting() as start:
        running_one = start(make_world(11, faults=[("dsm", "expired session")]))
        with gathering() as faults, pytest.raises(CouldNotRead, match="run again"):
            running_one.read("computers")
    assert not faults


@pytest.mark.parametrize("before", [(), ("computers",)])
def test_a_computer_that_could_not_be_read_may_be_a_relay(managers, before):
    """Whichever part read the computers, the updates of relays say that one is missing."""

    def strange(body):
        told = json.loads(body)
        for row in told["computers"][SECOND:]:
            row["computerStatus"] = {"agentStatus": "blooming", "applianceStatus": "inactive"}
        return json.dumps(told).encode()

    with (
        managers[20].connect() as session,
        answering(managers[20].nodes, "/api/computers/search", strange),
    ):
        for part in before:
            read(dsm.PARTS, part, session, "")
        updates, apart = read(dsm.PARTS, "relay_updates", session, "")
    assert len(updates) == 1
    assert {one.split(" (")[0] for one in apart} >= {"relay-02", "win", "dsva"}
