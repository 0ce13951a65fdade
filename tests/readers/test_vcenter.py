"""The vCenter reader against the simulated vCenter: what it reads, what it sends, whom it dials."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl

from kanmon.environment.credentials import Login
from kanmon.errors import NotAllowed, TargetLost
from kanmon.facts import Unread
from kanmon.readers import Request
from kanmon.readers.vcenter import inventory as vcenter
from kanmon.readers.vcenter.session import ALLOWED
from lab.transport.pki import Pki
from lab.transport.server import Answer, HttpsServer
from lab.vcenter import soap
from lab.world import world as worlds
from tests.readers.vcenters import PASSWORD, misbehaving, request, running, session, small

NO_MANAGERS = '<returnval><rootFolder type="Folder">group-d1</rootFolder></returnval>'


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


# What is read


def test_facts_are_what_the_world_says(pki):
    """Every part of the article's vCenter arrives as the world file has it."""
    world = worlds.load("article")
    with session(world, pki) as (_, opened):
        facts = {name: part(opened) for name, part in vcenter.PARTS.items()}
    about = facts["about"]
    assert (about.version, about.build, about.api_version) == ("6.5.0", "8307201", "6.5")
    assert about.instance_uuid == world.find_vcenter("vc-main").instance_uuid
    assert [(h.moref, h.name, h.cluster, h.cluster_name, h.build) for h in facts["hosts"]] == [
        (f"host-2{n}", f"esx-0{n}.example.jp", "domain-c7", "Protected", "8294253")
        for n in (1, 2, 3)
    ]
    machines = world.of_vcenter("vc-main")
    assert {vm.name: (vm.tools_version, vm.bios_uuid, vm.host) for vm in facts["vms"]} == {
        m.name: (m.tools, m.uuid, world.host_of(m)[1].moref) for m in machines
    }
    assert {vm.name for vm in facts["vms"] if vm.managed_by == "com.vmware.vim.eam"} == {
        "dsva-01",
        "dsva-02",
        "dsva-03",
    }
    for host in facts["vibs"]:
        assert {"esx-base", "esx-nsxv", "epsec-mux"} <= {vib.name for vib in host.vibs}
    assert {(e.key, e.version) for e in facts["extensions"]} >= {
        ("com.vmware.vShieldManager", "6.4.5"),
        ("com.vmware.vim.eam", "6.5.0"),
    }
    assert [(s.name, s.version) for s in facts["switches"]] == [("dvs-main", "6.5.0")]


def test_nsxt_and_other_packages_are_told_apart(pki):
    """A cluster of NSX-T has its packages and extension, none of NSX-V, and what was added."""
    host = {
        "name": "esx-01",
        "number": 21,
        "version": "7.0.2",
        "build": "17630552",
        "extra_vibs": ["qedf 2.2.8.0-1 QLogic vmware_accepted"],
    }
    cluster = {"name": "T", "number": 7, "nsxt": True, "hosts": [host]}
    base = {"slug": "vc", "version": "7.0.2", "build": "17694817"}
    world = small(
        vcenter=[{**base, "clusters": [cluster]}], nsxt=[{"slug": "nsxt", "vcenters": ["vc"]}]
    )
    with session(world, pki) as (_, opened):
        (only,) = vcenter.PARTS["vibs"](opened)
        keys = {extension.key for extension in vcenter.extensions(opened)}
        assert vcenter.about(opened).api_version == "7.0.2.0"
    packages = {vib.name: vib for vib in only.vibs}
    assert "nsx-context-mux" in packages
    assert packages["qedf"].acceptance_level == "vmware_accepted"
    assert not {"esx-nsxv", "epsec-mux"} & set(packages)
    assert "com.vmware.nsx.management.nsxt" in keys
    assert "com.vmware.vShieldManager" not in keys


def test_every_page_is_read_without_a_round_trip_per_object(pki):
    """250 VMs come in three pages; the view is destroyed and the session ended."""
    with session(small(machine=[{"name": "vm", "count": 250, "vcenter": "vc"}]), pki) as (
        server,
        opened,
    ):
        names = [vm.name for vm in vcenter.vms(opened)]
    assert len(set(names)) == len(names) == 250
    assert server.methods == [
        "RetrieveServiceContent",
        "Login",
        "CreateContainerView",
        "RetrievePropertiesEx",
        "ContinueRetrievePropertiesEx",
        "ContinueRetrievePropertiesEx",
        "DestroyView",
        "Logout",
    ]


def test_an_unreachable_host_hides_no_other_host(pki):
    """One host's packages are unread with the fault's name, the others' are read."""
    with session(small(), pki) as (server, opened):
        hosts = server.vcenter.clusters[0].hosts
        hosts[1] = hosts[1].model_copy(update={"connection_state": "disconnected"})
        first, second, third = vcenter.PARTS["vibs"](opened)
    assert isinstance(first.vibs, tuple)
    assert isinstance(third.vibs, tuple)
    assert isinstance(second.vibs, Unread)
    assert "HostNotConnected" in second.vibs.reason


def test_a_host_without_any_package_is_unread(pki):
    """Every host has packages: none at all is an answer that is not believed."""
    with session(small(), pki) as (server, opened):
        server._packages = lambda *_: ""
        answers = [host.vibs for host in vcenter.PARTS["vibs"](opened)]
    assert all(isinstance(vibs, Unread) and "none at all" in vibs.reason for vibs in answers)


def test_a_session_that_ends_between_two_hosts_is_lost(pki):
    """That is not the fault of one host, so no host is blamed for it."""

    def ended(*_):
        raise vim.fault.NotAuthenticated(object=vim.Folder("x"), privilegeId="System.View")

    with session(small(), pki) as (server, opened):
        server._packages = ended
        with pytest.raises(TargetLost, match="NotAuthenticated"):
            vcenter.PARTS["vibs"](opened)


def test_another_client_accepts_the_lab(pki):
    """SmartConnect of pyvmomi negotiates the version, logs in, asks and logs out."""
    with running(small(), pki) as server:
        trusted = ssl.create_default_context(cafile=str(pki.trusted.path))
        service = SmartConnect(
            host="127.0.0.1",
            port=server.port,
            user="kanmon-ro",
            pwd=PASSWORD,
            sslContext=trusted,
        )
        assert service.CurrentTime().tzinfo is not None
        with pytest.raises(vmodl.fault.MethodNotFound):
            service.content.rootFolder.Destroy()
        Disconnect(service)
    assert server.methods[-1] == "Logout"


# Only ever reading


def test_nothing_but_the_allow_list_is_sent(pki):
    """A method or an attribute that would change or poll something is refused before it is sent."""
    assert not {name for name in ALLOWED if name.endswith("_Task")}
    with session(small(), pki) as (server, opened):
        before = list(server.methods)
        vm = vim.VirtualMachine("vm-1000", opened.service._stub)
        with pytest.raises(NotAllowed, match="PowerOffVM_Task"):
            vm.PowerOff()
        with pytest.raises(NotAllowed, match="Fetch"):
            _ = vm.name
        clock = vim.host.DateTimeSystem("dateTimeSystem-21", opened.service._stub)
        with pytest.raises(NotAllowed, match="RefreshDateTimeSystem"):
            clock.Refresh()
        assert server.methods == before


# Who is dialled


@pytest.mark.parametrize("how", ["refused", "cut off", "half a page", "wrong certificate"])
def test_a_broken_target_is_lost(pki, how):
    """Whatever is wrong from the start, the target is lost, and no secret shows."""
    with running(misbehaving(how), pki) as server:
        with pytest.raises(TargetLost) as error, vcenter.connect(request(server.port, pki)):
            pass
        assert "Login" not in server.methods
    assert f"127.0.0.1:{server.port}" in str(error.value)
    assert PASSWORD not in str(error.value)


def test_a_silent_target_is_lost_after_its_timeout(pki):
    """A server that accepts and says nothing costs one timeout."""
    with running(misbehaving("silent"), pki) as server:
        asked = request(server.port, pki, timeout=0.3)
        with pytest.raises(TargetLost, match="timed out"), vcenter.connect(asked):
            pass


@pytest.mark.parametrize("password", ["not-the-password", ""])
def test_a_wrong_password_names_the_credential(pki, password):
    """The advice names the credential, and neither password shows."""
    with running(small(), pki) as server:
        asked = request(server.port, pki, password=password)
        with pytest.raises(TargetLost, match="InvalidLogin") as error, vcenter.connect(asked):
            pass
    assert "credential 'lab-vc'" in error.value.advice
    assert PASSWORD not in str(error.value)
    assert "not-the-password" not in str(error.value)


def test_a_login_without_a_password_is_not_tried(pki):
    """A credential with an API key only is the environment's error, not the vCenter's."""
    with running(small(), pki) as server:
        asked = request(server.port, pki)
        keyed = Request(asked.target, Login(api_key=SecretStr("key")), asked.related)
        with pytest.raises(TargetLost, match="'lab-vc'"), vcenter.connect(keyed):
            pass
        assert server.methods == []


def test_the_pinned_leaf_is_enough(pki):
    """A pinned certificate of a CA that nobody knows is trusted."""
    with running(misbehaving("wrong certificate"), pki) as server:
        leaf = ssl.get_server_certificate(("127.0.0.1", server.port))
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(leaf)).hexdigest()
        asked = request(server.port, pki, pin=f"sha256:{digest}")
        with vcenter.connect(asked) as opened:
            assert len(vcenter.hosts(opened)) == 3
        (shown,) = vcenter.certificates(asked.target)
        assert shown.problem is None


def test_another_leaf_than_the_pinned_one_gets_no_password(pki):
    """With a wrong pin nothing at all is sent, though the certificate is of the known CA."""
    with running(small(), pki) as server:
        asked = request(server.port, pki, pin="sha256:" + "0" * 64)
        with pytest.raises(TargetLost, match="pinned is sha256:000"), vcenter.connect(asked):
            pass
        assert server.methods == []
        assert server.requests == []


def test_certificates_are_read_without_a_login(pki):
    """The probe tells a leaf that the CA does not vouch for, and sends nothing."""
    with running(misbehaving("wrong certificate"), pki) as server:
        (shown,) = vcenter.PROBES["certificates"](request(server.port, pki).target)
    assert "unable to get local issuer" in shown.problem
    assert server.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html><body>Please log in</body></html>", "text/html"),
        Answer(200, b"<!DOCTYPE html><html><br></html>", "text/html"),
        Answer(200, b'{"error": "not found"}'),
        Answer(200, b""),
        Answer(404, b"<html></html>", "text/html"),
        Answer(503, b"down"),
        Answer(302, b"", headers={"Location": "https://127.0.0.1:9/"}),
        Answer(200, soap.answer("RetrieveServiceContent", "")),
        Answer(500, b"<html></html>", "text/html"),
        Answer(200, soap.answer("RetrieveServiceContent", NO_MANAGERS)),
    ],
    ids=lambda answer: f"{answer.status}-{answer.body[:16]!r}",
)
def test_what_is_no_vcenter_is_lost(pki, answer):
    """An answer of any other kind is an error, never an empty vCenter."""

    class Other(HttpsServer):
        def respond(self, _asked):
            return answer

    other = Other(small(), "vc", pki)
    other.start()
    try:
        with pytest.raises(TargetLost), vcenter.connect(request(other.port, pki)):
            pass
    finally:
        other.stop()


def test_an_esxi_host_is_no_vcenter(pki):
    """An ESXi host speaks the same protocol; given as a vCenter it is refused."""
    with running(small(), pki) as server:
        about = server._content()
        about.about.apiType = "HostAgent"
        server._content = lambda: about
        with (
            pytest.raises(TargetLost, match="HostAgent") as error,
            vcenter.connect(request(server.port, pki)),
        ):
            pass
    assert error.value.advice == "give the address of a vCenter"
