"""The NSX-V reader against the lab."""

from __future__ import annotations

import base64

import pytest

from kanmon.environment.targets import NsxV
from kanmon.errors import CouldNotRead, NotAllowed, TargetLost
from kanmon.facts.vcenter.inventory import Host
from kanmon.readers.nsxv import inventory as nsxv
from lab.nsxv.server import Manager
from lab.world.world import make
from tests.readers.nsx import PASSWORD, request, running

HOST_PREP = "com.vmware.vshield.vsm.nwfabric.hostPrep"


def world(*faults, clusters=None, **manager):
    prepared = {
        "name": "Protected",
        "number": 7,
        "nsxv": True,
        "hosts": [
            {"name": "esx-01", "number": 21, "version": "6.5.0", "build": "1"},
            {"name": "esx-02", "number": 22, "version": "6.5.0", "build": "1", "gi": False},
        ],
    }
    plain = {
        "name": "Plain",
        "number": 9,
        "hosts": [{"name": "esx-11", "number": 31, "version": "6.5.0", "build": "1"}],
    }
    vcenter = {"slug": "vc", "version": "6.5.0", "build": "1"}
    return make(
        "test",
        {
            "title": "Two clusters, one of them prepared",
            "password": PASSWORD,
            "vcenter": [{**vcenter, "clusters": clusters or [prepared, plain]}],
            "nsxv": [{"slug": "nsx", "vcenter": "vc", **manager}],
            "misbehaviour": [{"target": "nsx", "how": fault} for fault in faults],
        },
    )


def host(moref, cluster):
    return Host(
        moref=moref,
        name=moref,
        cluster=cluster,
        cluster_name=cluster,
        version="6.5.0",
        build="1",
        connection_state="connected",
        power_state="poweredOn",
        in_maintenance=False,
        in_quarantine=False,
        reboot_required=False,
        overall_status="green",
    )


HOSTS = (host("host-21", "domain-c7"), host("host-22", "domain-c7"), host("host-31", "domain-c9"))


@pytest.fixture
def lab():
    """Start a manager of the lab, of a world with the given faults."""
    with running() as (pki, start):

        def lab(*faults, **manager):
            described = world(*faults, **manager)
            return start(Manager(described, described.nsxv[0], pki))

        yield lab


def session(server, hosts=HOSTS, **options):
    def related(slug, part):
        assert (slug, part) == ("vc", "hosts")
        return hosts

    return nsxv.connect(request(NsxV, server, related, vcenter="vc", **options))


def read(server, part, **options):
    with session(server, **options) as opened:
        return nsxv.PARTS[part](opened)


def certificates(server):
    return nsxv.PROBES["certificates"](request(NsxV, server, None, vcenter="vc").target)


def test_manager_says_version_vcenter_components_and_controllers(lab):
    """The manager's identity and state come out as the world describes them."""
    server = lab(version="6.4.6", build="14819921", controllers=["RUNNING", "UNKNOWN"])
    manager = read(server, "manager")
    assert (manager.version, manager.build) == ("6.4.6", "14819921")
    assert (manager.vcenter_address, manager.vcenter_connected) == ("127.0.0.1", True)
    assert ("VPOSTGRES", "RUNNING") in manager.components
    assert manager.controllers == (("controller-1", "RUNNING"), ("controller-2", "UNKNOWN"))


def test_preparation_covers_every_cluster_and_every_host(lab):
    """Prepared and plain clusters are all there, and installed says which is which."""
    server = lab()
    prepared = read(server, "preparation")
    assert [(one.resource, one.cluster) for one in prepared] == [
        ("domain-c7", "domain-c7"),
        ("host-21", "domain-c7"),
        ("host-22", "domain-c7"),
        ("domain-c9", "domain-c9"),
        ("host-31", "domain-c9"),
    ]
    installed = {
        one.resource: feature.installed
        for one in prepared
        for feature in one.features
        if feature.feature_id == HOST_PREP
    }
    assert installed == {
        "domain-c7": True,
        "host-21": True,
        "host-22": True,
        "domain-c9": False,
        "host-31": False,
    }


def test_deployments_and_agents_carry_the_states_of_the_world(lab):
    """A service that is not up, and a host on which it fails, are seen as such."""
    clusters = [
        {
            "name": "Protected",
            "number": 7,
            "nsxv": True,
            "nsxv_gi_status": "WARNING",
            "hosts": [
                {"name": "esx-01", "number": 21, "version": "6.5.0", "build": "1"},
                {"name": "esx-02", "number": 22, "version": "6.5.0", "build": "1", "gi": False},
            ],
        }
    ]
    server = lab(clusters=clusters)
    deployed = read(server, "deployments", hosts=HOSTS[:2])
    agents = read(server, "agents", hosts=HOSTS[:2])
    assert [(d.cluster, d.service, d.service_status) for d in deployed] == [
        ("domain-c7", "Guest Introspection", "WARNING"),
        ("domain-c7", "Trend Micro Deep Security", "UP"),
    ]
    states = {(a.host, a.service): (a.progress_status, a.service_status) for a in agents}
    assert states["host-21", "Guest Introspection"] == ("SUCCEEDED", "UP")
    assert states["host-22", "Guest Introspection"] == ("FAILED", "WARNING")
    assert all(bool(agent.error) == (agent.host == "host-22") for agent in agents)


def test_a_plain_cluster_has_no_deployments_and_no_agents(lab):
    """An empty list that NSX gives for a cluster it knows is an empty list."""
    server = lab()
    assert read(server, "deployments", hosts=HOSTS[2:]) == ()
    assert read(server, "agents", hosts=HOSTS[2:]) == ()


def test_trains_are_those_with_vibs(lab):
    """The trains of nwfabric.properties come out once each, in numerical order."""
    server = lab(trains=["6.7", "6.0", "6.5", "10.0"])
    assert read(server, "trains") == ("6.0", "6.5", "6.7", "10.0")


@pytest.mark.parametrize("part", ["preparation", "deployments"])
def test_a_cluster_that_nsx_does_not_know_is_not_read_as_plain(lab, part):
    """Error 202 on a cluster of the vCenter is "could not read", with what to look at."""
    server = lab()
    strange = (*HOSTS, host("host-41", "domain-c41"))
    with pytest.raises(CouldNotRead, match=r"<errorCode>202.*is this the NSX of that vCenter"):
        read(server, part, hosts=strange)


def test_a_host_that_nsx_does_not_know_is_not_read_as_having_no_agents(lab):
    """Error 202 on a host is "could not read"."""
    server = lab()
    with pytest.raises(CouldNotRead, match="host-41"):
        read(server, "agents", hosts=(*HOSTS, host("host-41", "domain-c7")))


def test_a_host_without_a_preparation_status_is_missed(lab):
    """NSX lists fewer hosts of a cluster than vCenter has: the list is not believed."""
    server = lab()
    with pytest.raises(CouldNotRead, match=r"no status of host-41"):
        read(server, "preparation", hosts=(*HOSTS, host("host-41", "domain-c7")))


@pytest.mark.parametrize("part", ["preparation", "deployments", "agents"])
def test_a_vcenter_without_clusters_is_not_an_empty_nsx(lab, part):
    """Nothing to ask about is "could not read"; a host outside clusters is not asked about."""
    server = lab()
    with pytest.raises(CouldNotRead, match="clusters of vc"):
        read(server, part, hosts=(host("host-50", "domain-s49"),))


@pytest.mark.parametrize("fault", ["refused", "wrong certificate", "wrong password", "cut off"])
def test_a_manager_that_cannot_be_used_is_lost(lab, fault):
    """The session does not open, and the error holds neither the password nor its Basic form."""
    server = lab(fault)
    with pytest.raises(TargetLost) as caught:
        read(server, "manager")
    basic = base64.b64encode(f"kanmon-ro:{PASSWORD}".encode()).decode()
    assert PASSWORD not in str(caught.value)
    assert basic not in str(caught.value)


def test_a_refused_login_names_the_credential(lab):
    """A wrong password tells the operator which credential to correct."""
    server = lab()
    with pytest.raises(TargetLost, match="'nsx-login'") as caught:
        read(server, "manager", password="Wr0ng-but-secret")
    assert "Wr0ng-but-secret" not in str(caught.value)


@pytest.mark.parametrize("fault", ["silent", "half a page"])
def test_an_answer_that_does_not_come_whole_is_not_an_answer(lab, fault):
    """Silence and bodies that end early are "could not read"."""
    server = lab(fault)
    with pytest.raises(CouldNotRead):
        read(server, "manager", timeout=0.3)


@pytest.mark.parametrize("part", sorted(set(nsxv.PARTS) - {"clock"}))  # any answer tells it
def test_weak_rights_leave_nothing_that_looks_read(lab, part):
    """An account that may only log in gives no part, and is told which role it lacks."""
    with pytest.raises(CouldNotRead, match=r"HTTP 403.*role Auditor") as caught:
        read(lab("weak rights"), part)
    assert not isinstance(caught.value, TargetLost)


def test_a_session_that_ends_early_is_lost(lab):
    """A refusal after the login loses the target rather than the rest of a list."""
    server = lab("expired session")
    with pytest.raises(TargetLost):
        read(server, "deployments")


def test_a_pinned_fingerprint_is_trusted_and_another_is_not(lab):
    """The right pin opens the session without a CA; any other one loses the target."""
    server = lab("wrong certificate")
    probe = certificates(server)[0]
    assert "unable to get local issuer" in probe.problem
    pinned = "sha256:" + probe.sha256
    assert read(server, "trains", fingerprint=pinned) == ("6.0", "6.5", "6.7")
    with pytest.raises(TargetLost, match="check ca or fingerprint"):
        read(server, "trains", fingerprint="sha256:" + "0" * 64)


def test_the_certificate_is_probed_without_a_login(lab):
    """The probe sends no request, so it needs no credential."""
    server = lab()
    found = certificates(server)[0]
    assert found.problem is None
    assert server.requests == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/2.0/si/deploy"),
        ("DELETE", "/api/2.0/si/deploy/cluster/domain-c7"),
        ("PUT", "/api/2.0/services/vcconfig"),
        ("GET", "/api/2.0/services/usermgmt/user/admin"),
        ("GET", "/api/2.0/si/deploy/cluster/domain-c7/service/service-6"),
    ],
)
def test_what_is_not_on_the_allow_list_is_never_sent(lab, method, path):
    """Whatever changes NSX-V, or is simply not needed, is refused before it leaves."""
    server = lab()
    with session(server) as opened:
        before = list(server.requests)
        with pytest.raises(NotAllowed):
            opened._https.send(method, path)
        assert server.requests == before
