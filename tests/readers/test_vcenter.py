"""The vCenter reader against the simulated vCenter: what it reads, and how it fails closed."""

from __future__ import annotations

import datetime as dt
import hashlib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pydantic import SecretStr
from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl

from kanmon.credentials import Login
from kanmon.environment import VCenter
from kanmon.errors import CouldNotRead, NotAllowed, TargetLost
from kanmon.facts import Unread
from kanmon.readers import Request, vcenter
from kanmon.readers.vcenter_session import ALLOWED, RIGHTS
from lab import vcenter_soap as soap
from lab import world as worlds
from lab.pki import Pki
from lab.server import Answer, Faults, HttpsServer
from lab.vcenter import VCenterServer, servers
from lab.vcenter_inventory import Entity
from lab.world import Misbehaviour, World

INVENTORY = ("hosts", "vms", "vibs", "switches")
PASSWORD = "Rd0nly-Lab-Passw0rd"
NO_MANAGERS = '<returnval><rootFolder type="Folder">group-d1</rootFolder></returnval>'


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


def small(**changes) -> World:
    """One cluster of three hosts with 5 VMs; ``changes`` replace whole tables."""
    host = {"version": "6.5.0", "build": "8294253"}
    cluster = {
        "name": "Protected",
        "number": 7,
        "hosts": [{"name": f"esx-0{n}.example.jp", "number": 20 + n, **host} for n in (1, 2, 3)],
    }
    return worlds.make(
        "small",
        {
            "title": "small",
            "vcenter": [
                {
                    "slug": "vc",
                    "version": "6.5.0",
                    "build": "8307201",
                    "clusters": [cluster],
                    "switches": [("dvs", "6.5.0")],
                }
            ],
            "machine": [{"name": "vm", "count": 5, "vcenter": "vc"}],
            **changes,
        },
    )


def misbehaving(how: str) -> World:
    return small(misbehaviour=[{"target": "vc", "how": how}])


@contextmanager
def running(world: World, pki: Pki) -> Iterator[VCenterServer]:
    """The first vCenter of a world."""
    server = servers(world, pki)[0]
    assert isinstance(server, VCenterServer)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def request(
    port: int, pki: Pki, *, password: str = PASSWORD, pin: str | None = None, timeout: float = 10
) -> Request:
    target = VCenter(
        slug="vc",
        address="127.0.0.1",
        port=port,
        ca=None if pin else str(pki.trusted.path),
        fingerprint=pin,
        credential="lab-vc",
        timeout=timeout,
    )
    return Request(target, Login("kanmon-ro", SecretStr(password)), lambda *_: None)


@contextmanager
def session(world: World, pki: Pki):
    """The server of a world and a session with it."""
    with running(world, pki) as server, vcenter.connect(request(server.port, pki)) as opened:
        yield server, opened


def replace(server: VCenterServer, moref: str, **properties) -> None:
    """Give an object of the server other properties; ``__`` stands for a dot."""
    changes = {path.replace("__", "."): value for path, value in properties.items()}
    for number, entity in enumerate(server._entities):
        if entity.reference._GetMoId() == moref:
            changed = Entity(entity.reference, {**entity.properties, **changes})
            server._entities[number] = changed
            return
    raise LookupError(moref)


def remove(server: VCenterServer, kind: type) -> None:
    server._entities[:] = [e for e in server._entities if not isinstance(e.reference, kind)]


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
        (only,) = vcenter.vibs(opened)
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
        first, second, third = vcenter.vibs(opened)
    assert isinstance(first.vibs, tuple)
    assert isinstance(third.vibs, tuple)
    assert isinstance(second.vibs, Unread)
    assert "HostNotConnected" in second.vibs.reason


def test_a_host_without_any_package_is_unread(pki):
    """Every host has packages: none at all is an answer that is not believed."""
    with session(small(), pki) as (server, opened):
        server._packages = lambda *_: ""
        answers = [host.vibs for host in vcenter.vibs(opened)]
    assert all(isinstance(vibs, Unread) and "none at all" in vibs.reason for vibs in answers)


def test_a_session_that_ends_between_two_hosts_is_lost(pki):
    """That is not the fault of one host, so no host is blamed for it."""

    def ended(*_):
        raise vim.fault.NotAuthenticated(object=vim.Folder("x"), privilegeId="System.View")

    with session(small(), pki) as (server, opened):
        server._packages = ended
        with pytest.raises(TargetLost, match="NotAuthenticated"):
            vcenter.vibs(opened)


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
        with pytest.raises(NotAllowed, match="CurrentTime"):
            opened.service.CurrentTime()
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


# Weak rights and emptiness


@pytest.mark.parametrize("part", [*INVENTORY, "extensions"])
def test_an_account_without_rights_sees_no_empty_estate(pki, part):
    """An account that may log in and read nothing gets an error from every part."""
    with (
        session(misbehaving("weak rights"), pki) as (_, opened),
        pytest.raises(CouldNotRead, match="NoPermission") as error,
    ):
        vcenter.PARTS[part](opened)
    assert error.value.advice == RIGHTS


@pytest.mark.parametrize("role", [-5, -4, -3])
@pytest.mark.parametrize("part", INVENTORY)
def test_a_role_that_reads_nothing_is_refused(pki, part, role):
    """No access, Anonymous and View on the root folder are no ground to believe an answer."""
    with session(small(), pki) as (server, opened):
        replace(server, "group-d1", effectiveRole=soap.array("int", [role]))
        with pytest.raises(CouldNotRead, match="no role on the root folder"):
            vcenter.PARTS[part](opened)


@pytest.mark.parametrize("part", ["hosts", "vms", "vibs"])
def test_no_hosts_at_all_is_no_estate(pki, part):
    """A vCenter without a host is an error: nothing could be examined on it."""
    world = small(vcenter=[{"slug": "vc", "version": "6.5.0", "build": "1"}], machine=[])
    with (
        session(world, pki) as (_, opened),
        pytest.raises(CouldNotRead, match="no hosts at all") as error,
    ):
        vcenter.PARTS[part](opened)
    assert error.value.advice == RIGHTS


def test_no_vms_are_believed_only_with_the_hosts_as_witnesses(pki):
    """Hosts that list no VM make an empty vCenter; hosts that do make weak rights."""
    with session(small(machine=[]), pki) as (_, opened):
        assert vcenter.vms(opened) == ()
    with session(small(), pki) as (server, opened):
        remove(server, vim.VirtualMachine)
        with pytest.raises(CouldNotRead, match="its hosts list 5"):
            vcenter.vms(opened)


def test_a_host_that_cannot_be_seen_is_missed(pki):
    """A cluster that counts more hosts than are visible is an error."""
    with session(small(), pki) as (server, opened):
        replace(server, "domain-c7", summary__numHosts=4)
        with pytest.raises(CouldNotRead, match="3 hosts, but it says that it has 4"):
            vcenter.hosts(opened)


def test_a_cluster_that_cannot_be_seen_is_missed(pki):
    """A host whose cluster is hidden is an error."""
    with session(small(), pki) as (server, opened):
        remove(server, vim.ComputeResource)
        with pytest.raises(CouldNotRead, match="domain-c7 cannot be seen"):
            vcenter.hosts(opened)


def test_no_switches_and_no_extensions(pki):
    """No distributed switch is an ordinary estate, no extension at all is not."""
    with session(small(), pki) as (server, opened):
        remove(server, vim.DistributedVirtualSwitch)
        assert vcenter.switches(opened) == ()
        replace(server, "ExtensionManager", extensionList=None)
        with pytest.raises(CouldNotRead, match="every vCenter registers its own"):
            vcenter.extensions(opened)


# Objects that are not as expected


def test_an_extension_without_a_version_is_an_error(pki):
    """What an answer lacks is not passed on as None."""
    bare = vim.Extension(
        key="com.vmware.vShieldManager",
        version="",
        description=vim.Description(label="", summary=""),
        lastHeartbeatTime=dt.datetime.now(dt.UTC),
    )
    with session(small(), pki) as (server, opened):
        listed = soap.array("vim.Extension", [bare])
        replace(server, "ExtensionManager", extensionList=listed)
        with pytest.raises(CouldNotRead, match="no version"):
            vcenter.extensions(opened)


def test_a_required_property_that_is_unset_is_an_error(pki):
    """The path and the host are named."""
    with session(small(), pki) as (server, opened):
        replace(server, "host-22", summary__config__product__version=None)
        with pytest.raises(
            CouldNotRead, match=r"summary.config.product.version of esx-02.example.jp \(host-22\)"
        ):
            vcenter.hosts(opened)


def test_a_value_of_another_type_is_an_error(pki):
    """A number where a name belongs is not a name."""
    with session(small(), pki) as (server, opened):
        replace(server, "host-22", name=7)
        with pytest.raises(CouldNotRead, match="7, expected str"):
            vcenter.hosts(opened)


@pytest.mark.parametrize("state", ["orphaned", "inaccessible", "invalid", "disconnected"])
def test_only_a_vm_that_is_not_connected_may_lack_its_configuration(pki, state):
    """The vCenter itself does not know it then; for a connected VM the same is an error."""
    unset = dict.fromkeys(
        ("config__instanceUuid", "config__uuid", "config__guestId", "config__guestFullName")
    )
    with session(small(), pki) as (server, opened):
        replace(server, "vm-1000", config__version=None, **unset)
        with pytest.raises(CouldNotRead, match="vm-01"):
            vcenter.vms(opened)
        state = vim.VirtualMachine.ConnectionState(state)
        replace(server, "vm-1000", runtime__connectionState=state)
        first = next(vm for vm in vcenter.vms(opened) if vm.moref == "vm-1000")
    assert (first.connection_state, first.hardware_version, first.bios_uuid) == (state, None, None)


def test_what_vsphere_leaves_unset_is_none(pki):
    """Tools that were never reported, a VM without a host, a switch without a version."""
    with session(small(), pki) as (server, opened):
        replace(
            server,
            "vm-1000",
            config__tools__toolsVersion=None,
            guest__toolsVersion=None,
            guest__toolsVersionStatus2=None,
            guest__toolsRunningStatus=None,
            runtime__host=None,
        )
        replace(server, "vm-1001", config__tools__toolsVersion=None, guest__toolsVersion="10341")
        replace(server, "dvs-50", summary__productInfo__version=None)
        vms = {vm.moref: vm for vm in vcenter.vms(opened)}
        (switch,) = vcenter.switches(opened)
    unset = vms["vm-1000"]
    assert (unset.tools_version, unset.tools_status, unset.tools_running, unset.host) == (None,) * 4
    assert vms["vm-1001"].tools_version == 10341
    assert switch.version is None


def test_tools_that_are_no_number_are_an_error(pki):
    """A version that cannot be compared is not taken for unset."""
    with session(small(), pki) as (server, opened):
        replace(server, "vm-1000", config__tools__toolsVersion=None, guest__toolsVersion="10.3.5")
        with pytest.raises(CouldNotRead, match="expected a number"):
            vcenter.vms(opened)


def test_an_enum_value_that_pyvmomi_does_not_know_is_an_error_that_names_it(pki):
    """A newer vCenter's word neither crashes the reader nor gets lost."""
    with session(small(), pki) as (server, opened):
        state = vim.HostSystem.ConnectionState("hibernating")
        replace(server, "host-22", runtime__connectionState=state)
        with pytest.raises(CouldNotRead, match="hibernating"):
            vcenter.hosts(opened)
        assert len(vcenter.vms(opened)) == 5


def test_a_property_that_may_not_be_read_is_an_error(pki):
    """The path and the fault are named."""
    with session(small(), pki) as (server, opened):
        _missing(server, vim.fault.NoPermission(object=vim.Folder("x"), privilegeId="System.Read"))
        with pytest.raises(
            CouldNotRead, match=r"config.version of vm-01 .*NoPermission.*System.Read"
        ) as error:
            vcenter.vms(opened)
    assert error.value.advice == RIGHTS


def test_a_vm_that_is_deleted_meanwhile_is_left_out(pki):
    """What is gone is not in the estate any more, and is no reason to fail."""
    with session(small(), pki) as (server, opened):
        _missing(server, vmodl.fault.ManagedObjectNotFound(obj=vim.VirtualMachine("vm-1000")))
        assert len(vcenter.vms(opened)) == 4


def _missing(server: VCenterServer, fault: vmodl.MethodFault) -> None:
    """Let the first VM's config.version be in missingSet."""

    class Missing(Entity):
        def content(self, paths):
            missing = f"<missingSet><path>config.version</path>{soap.element('fault', fault)}"
            kept = tuple(path for path in paths if path != "config.version")
            return super().content(kept) + missing + "</missingSet>"

    for number, entity in enumerate(server._entities):
        if entity.reference._GetMoId() == "vm-1000":
            server._entities[number] = Missing(entity.reference, entity.properties)


# What goes wrong later


def test_an_expired_session_is_lost(pki):
    """Nothing more can be read, and it is not taken for an empty answer."""
    with (
        pytest.raises(TargetLost, match="NotAuthenticated"),
        session(misbehaving("expired session"), pki) as (_, opened),
    ):
        vcenter.hosts(opened)


@pytest.mark.parametrize("part", list(vcenter.PARTS))
@pytest.mark.parametrize("how", ["cut off", "half a page"])
def test_a_connection_that_breaks_off_later_is_an_error(pki, how, part):
    """No part returns what came before the break."""
    with session(small(), pki) as (server, opened):
        server.faults = Faults((Misbehaviour(target="vc", how=how),))
        with pytest.raises(CouldNotRead):
            vcenter.PARTS[part](opened)


def test_a_lost_page_is_an_error(pki):
    """Of three pages the last one is answered with nothing: none of them is returned."""
    with session(small(machine=[{"name": "vm", "count": 250, "vcenter": "vc"}]), pki) as (
        server,
        opened,
    ):
        whole = server._page
        server._page = lambda left, most, own: whole(left, most, own) if len(left) > 100 else ""
        with pytest.raises(CouldNotRead, match="a page without any object"):
            vcenter.vms(opened)


def test_the_session_is_ended_after_an_error(pki):
    """An exception in the body of the session does not leave it open on the server."""
    with running(small(), pki) as server:
        with pytest.raises(KeyError), vcenter.connect(request(server.port, pki)):
            raise KeyError
        assert server.methods[-1] == "Logout"
        assert server._sessions == {}
