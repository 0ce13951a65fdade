"""The vCenter reader fails closed: weak rights, emptiness, odd objects, and later breaks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from pyVmomi import vim, vmodl

from kanmon.errors import CouldNotRead, TargetLost
from kanmon.facts import Unread
from kanmon.readers.vcenter import inventory as vcenter
from kanmon.readers.vcenter.session import RIGHTS
from lab.transport.pki import Pki
from lab.transport.server import Faults
from lab.vcenter import soap
from lab.vcenter.inventory import Entity
from lab.vcenter.server import VCenterServer
from lab.world.world import Misbehaviour
from tests.readers.vcenters import (
    managed,
    misbehaving,
    remove,
    replace,
    request,
    running,
    session,
    small,
)

INVENTORY = ("hosts", "vms", "vibs", "switches")


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


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
        with pytest.raises(CouldNotRead, match="3 hosts, but the cluster says that it has 4"):
            vcenter.hosts(opened)


def test_a_cluster_that_cannot_be_seen_is_missed(pki):
    """A host whose cluster is hidden is an error."""
    with session(small(), pki) as (server, opened):
        remove(server, vim.ComputeResource)
        with pytest.raises(CouldNotRead, match=r"\(domain-c7\) cannot be seen"):
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


APART = ("naming", "linked")
"""Facts of which each part is read, or unread, by itself."""


@pytest.mark.parametrize("part", [part for part in vcenter.PARTS if part not in APART])
@pytest.mark.parametrize("how", ["cut off", "half a page"])
def test_a_connection_that_breaks_off_later_is_an_error(pki, how, part):
    """No part returns what came before the break; 7.0 U3 is asked for each of them."""
    with session(managed(version="7.0.3"), pki) as (server, opened):
        server.faults = Faults((Misbehaviour(target="vc", how=how),))
        with pytest.raises(CouldNotRead):
            vcenter.PARTS[part](opened)


def test_half_an_answer_is_no_name_and_no_partner(pki):
    """What was asked over it is unread; the certificate comes without an answer."""
    with session(managed(version="6.7.0"), pki) as (server, opened):
        server.faults = Faults((Misbehaviour(target="vc", how="half a page"),))
        names, linked = (vcenter.PARTS[part](opened) for part in APART)
    unread = (names.node_name, names.host_name, names.addresses, names.reverse)
    assert all(isinstance(one, Unread) for one in (*unread, linked.nodes, linked.replication))


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
