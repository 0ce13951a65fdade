"""The NSX-T reader against the lab."""

from __future__ import annotations

import base64

import pytest

from kanmon.environment.targets import NsxT
from kanmon.errors import CouldNotRead, NotAllowed, TargetLost
from kanmon.readers.nsxt import inventory as nsxt
from lab.nsxt.server import LARGEST_PAGE, Manager
from lab.world.world import make
from tests.readers.nsx import PASSWORD, request, running


def world(*faults, clusters=None, machines=(), **manager):
    protected = {
        "name": "Protected",
        "number": 7,
        "nsxt": True,
        "hosts": [
            {"name": "esx-01", "number": 21, "version": "7.0.2", "build": "1"},
            {"name": "esx-02", "number": 22, "version": "7.0.2", "build": "1", "gi": False},
        ],
    }
    plain = {
        "name": "Plain",
        "number": 9,
        "hosts": [{"name": "esx-11", "number": 31, "version": "7.0.2", "build": "1"}],
    }
    listed = [protected, plain] if clusters is None else clusters
    return make(
        "test",
        {
            "title": "Two clusters, one of them prepared",
            "password": PASSWORD,
            "vcenter": [{"slug": "vc", "version": "7.0.2", "build": "1", "clusters": listed}],
            "nsxt": [{"slug": "nsx", "vcenters": ["vc"], **manager}],
            "machine": list(machines),
            "misbehaviour": [{"target": "nsx", "how": fault} for fault in faults],
        },
    )


@pytest.fixture
def lab():
    """Start a manager of the lab, of a world with the given faults."""
    with running() as (pki, start):

        def lab(*faults, **options):
            described = world(*faults, **options)
            return start(Manager(described, described.nsxt[0], pki))

        yield lab


def session(server, **options):
    return nsxt.connect(request(NsxT, server, None, vcenters=["vc"], **options))


def read(server, part, **options):
    with session(server, **options) as opened:
        return nsxt.PARTS[part](opened)


def certificates(server):
    return nsxt.PROBES["certificates"](request(NsxT, server, None, vcenters=["vc"]).target)


def test_manager_says_version_and_state_of_the_cluster(lab):
    """A management cluster that lost a member comes out with its states and that member."""
    server = lab(version="3.1.2.0.0.1", management_status="DEGRADED", control_status="UNSTABLE")
    manager = read(server, "manager")
    assert manager.version == "3.1.2.0.0.1"
    assert (manager.management_status, manager.control_status) == ("DEGRADED", "UNSTABLE")
    assert manager.members == (
        ("192.0.2.11", "UP"),
        ("192.0.2.12", "UP"),
        ("192.0.2.13", "DOWN"),
    )


def test_compute_managers_are_the_vcenters(lab):
    """A registered vCenter comes out with its address and both states."""
    (found,) = read(lab(), "compute_managers")
    assert (found.name, found.server) == ("vc", "127.0.0.1")
    assert (found.connection_status, found.registration_status) == ("UP", "REGISTERED")
    assert found.errors == ()


def test_transport_nodes_are_the_prepared_hosts(lab):
    """Prepared hosts come out with their moref in vCenter; plain hosts do not."""
    server = lab()
    found = read(server, "transport_nodes")
    (manager,) = read(server, "compute_managers")
    assert [(node.host_moref, node.state, node.status) for node in found] == [
        ("host-21", "success", "UP"),
        ("host-22", "success", "UP"),
    ]
    assert {node.compute_manager for node in found} == {manager.id}


def test_deployments_carry_cluster_status_and_service_vms(lab):
    """A deployment names its cluster, and each service VM its host and its own state."""
    (found,) = read(lab(), "deployments")
    assert (found.service, found.functionalities) == ("Trend Micro Deep Security", ("EPP",))
    assert (found.cluster_moref, found.status) == ("domain-c7", "DEPLOYMENT_SUCCESSFUL")
    healthy, sick = found.instances
    assert (healthy.host_moref, healthy.runtime_status) == ("host-21", "IN_SERVICE")
    assert (healthy.solution_status, healthy.mux_status, healthy.error) == ("UP", "UP", "")
    assert (sick.host_moref, sick.runtime_status) == ("host-22", "NEEDS_ATTENTION")
    assert (sick.solution_status, sick.mux_status) == ("DOWN", "DOWN")
    assert "esx-02" in sick.error


def test_service_vms_belong_to_their_own_deployment(lab):
    """With two clusters each deployment has the service VMs of its own hosts, and only those."""
    clusters = [
        {
            "name": f"Cluster {number}",
            "number": number,
            "nsxt": True,
            "hosts": [
                {"name": f"esx-{number}", "number": number, "version": "7.0.2", "build": "1"}
            ],
        }
        for number in (7, 9)
    ]
    found = read(lab(clusters=clusters), "deployments")
    hosts = {one.cluster_moref: [vm.host_moref for vm in one.instances] for one in found}
    assert hosts == {"domain-c7": ["host-7"], "domain-c9": ["host-9"]}


def test_a_failed_deployment_says_what_is_wrong(lab):
    """The status and the issues of a deployment come out as NSX words them."""
    clusters = [
        {"name": "Protected", "number": 7, "nsxt": True, "nsxt_epp_status": "UPGRADE_FAILED"}
    ]
    (found,) = read(lab(clusters=clusters), "deployments")
    assert (found.status, found.issues) == ("UPGRADE_FAILED", ("Protected: UPGRADE_FAILED",))


def test_a_new_manager_has_nothing_deployed(lab):
    """A manager whose clusters are not prepared lists none, and that is an answer."""
    server = lab(clusters=[])
    assert read(server, "transport_nodes") == ()
    assert read(server, "deployments") == ()
    assert read(server, "guest_tools") == ()


def test_guest_tools_tell_working_drivers_from_missing_ones(lab):
    """Driver, connection to the service VM and kind of VM follow from the world, VM by VM."""
    machines = [
        {"name": "good", "vcenter": "vc", "cluster": "Protected", "protection": "appliance"},
        {"name": "sick-host", "vcenter": "vc", "cluster": "Protected", "protection": "appliance"},
        {
            "name": "no-driver",
            "vcenter": "vc",
            "cluster": "Protected",
            "protection": "appliance",
            "file_driver": False,
            "tools": 10341,
        },
        {"name": "svm", "vcenter": "vc", "cluster": "Protected", "appliance": True},
        {"name": "elsewhere", "vcenter": "vc", "cluster": "Plain"},
    ]
    server = lab(machines=machines)
    found = {vm.name: vm for vm in read(server, "guest_tools")}
    assert set(found) == {"good", "sick-host", "no-driver", "svm"}
    assert found["good"].vm_uuid == server.world.machines[0].instance_uuid
    assert (found["good"].file_agent_version, found["good"].svm_connectivity) == ("10.3.10.0", True)
    assert found["sick-host"].svm_connectivity is False
    assert (found["no-driver"].tools_version, found["no-driver"].file_agent_version) == (
        "10.3.5",
        "",
    )
    assert {vm.name for vm in found.values() if vm.vm_type == "SERVICE"} == {"svm"}


@pytest.mark.parametrize("count", [LARGEST_PAGE, LARGEST_PAGE + 1, 3 * LARGEST_PAGE])
def test_every_page_of_a_list_is_read(lab, count):
    """All objects come, once each, however many pages they fill."""
    machine = {"name": "vm", "count": count, "vcenter": "vc", "cluster": "Protected"}
    server = lab(machines=[machine])
    found = read(server, "guest_tools")
    assert [vm.name for vm in found] == [machine.name for machine in server.world.machines]
    asked = server.requests.count("GET /api/v1/fabric/virtual-machines/tools-info")
    assert asked == -(-count // LARGEST_PAGE)


@pytest.mark.parametrize("fault", ["refused", "wrong certificate", "wrong password", "cut off"])
def test_a_manager_that_cannot_be_used_is_lost(lab, fault):
    """The session does not open, and the error holds neither the password nor its Basic form."""
    server = lab(fault)
    with pytest.raises(TargetLost) as caught:
        read(server, "manager")
    basic = base64.b64encode(f"kanmon-ro:{PASSWORD}".encode()).decode()
    assert PASSWORD not in str(caught.value)
    assert basic not in str(caught.value)


def test_a_refused_login_names_the_credential_and_is_tried_once(lab):
    """A wrong password tells which credential to correct, and does not lock the account."""
    server = lab()
    with pytest.raises(TargetLost, match="'nsx-login'") as caught:
        read(server, "manager", password="Wr0ng-but-secret")
    assert "Wr0ng-but-secret" not in str(caught.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize("fault", ["silent", "half a page"])
def test_an_answer_that_does_not_come_whole_is_not_an_answer(lab, fault):
    """Silence and bodies that end early are "could not read"."""
    with pytest.raises(CouldNotRead):
        read(lab(fault), "manager", timeout=0.3)


@pytest.mark.parametrize("part", sorted(set(nsxt.PARTS) - {"clock"}))  # any answer tells it
def test_weak_rights_leave_nothing_that_looks_read(lab, part):
    """An account that may only log in gives no part, and is told which role it lacks."""
    with pytest.raises(CouldNotRead, match=r"HTTP 403.*role Auditor") as caught:
        read(lab("weak rights"), part)
    assert not isinstance(caught.value, TargetLost)


def test_a_session_that_ends_early_is_lost(lab):
    """A refusal after the login loses the target rather than the rest of a list."""
    with pytest.raises(TargetLost):
        read(lab("expired session"), "guest_tools")


def test_a_pinned_fingerprint_is_trusted_and_another_is_not(lab):
    """The right pin opens the session without a CA; any other one loses the target."""
    server = lab("wrong certificate")
    probe = certificates(server)[0]
    assert "unable to get local issuer" in probe.problem
    assert read(server, "compute_managers", fingerprint="sha256:" + probe.sha256)
    with pytest.raises(TargetLost, match="check ca or fingerprint"):
        read(server, "compute_managers", fingerprint="sha256:" + "0" * 64)


def test_the_certificate_is_probed_without_a_login(lab):
    """The probe sends no request, so it needs no credential."""
    server = lab()
    assert certificates(server)[0].problem is None
    assert server.requests == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/session/create"),
        ("POST", "/api/v1/transport-nodes"),
        ("DELETE", "/api/v1/serviceinsertion/services/a/service-deployments/b"),
        ("PUT", "/api/v1/fabric/compute-managers/a"),
        ("GET", "/api/v1/fabric/compute-managers/a/../../../node/users"),
        ("GET", "/api/v1/transport-nodes/a/node"),
        ("PUT", "/api/v1/transport-nodes/a/node/users/10000"),
        ("GET", "/policy/api/v1/infra"),
        ("POST", "/api/v1/upgrade"),
        ("POST", "/api/v1/migration/plan"),
        ("PUT", "/api/v1/migration/setup"),
        ("PUT", "/api/v1/migration/feedback-response"),
        ("GET", "/api/v1/migration/data"),
        ("POST", "/api/v1/node/services/migration-coordinator"),
        ("GET", "/api/v1/licenses/00000-11111-22222-33333-44444"),
        ("PATCH", "/policy/api/v1/infra/segments"),
    ],
)
def test_what_is_not_on_the_allow_list_is_never_sent(lab, method, path):
    """Whatever changes NSX-T, or is simply not needed, is refused before it leaves."""
    server = lab()
    with session(server) as opened:
        before = list(server.requests)
        with pytest.raises(NotAllowed):
            opened._https.send(method, path)
        assert server.requests == before


def test_one_question_is_asked_after_the_other(lab):
    """NSX-T counts requests by client: every part of it goes over one connection, one at a time."""
    server = lab(machines=[{"name": "vm", "vcenter": "vc", "cluster": "Protected"}])
    accepted = []
    serve = server.serve
    server.serve = lambda connection, address: (
        accepted.append(address),
        serve(connection, address),
    )
    with session(server) as opened:
        for part in nsxt.PARTS.values():
            part(opened)
    assert len(server.requests) > len(nsxt.PARTS)
    assert len(accepted) == 1


def test_only_get_is_ever_sent(lab):
    """Reading every part asks with GET only."""
    server = lab(machines=[{"name": "vm", "vcenter": "vc", "cluster": "Protected"}])
    for part in nsxt.PARTS:
        read(server, part)
    assert {asked.split()[0] for asked in server.requests} == {"GET"}
