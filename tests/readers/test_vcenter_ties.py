"""What ties a VM to its host, read from the simulated vCenter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyVmomi import vim

from kanmon.facts import Unread
from kanmon.facts.vcenter.clusters import Tie
from kanmon.knowledge import load
from kanmon.knowledge.vmotion import VmotionTie
from kanmon.readers.vcenter import inventory as vcenter
from kanmon.readers.vcenter.found import Found
from kanmon.readers.vcenter.session import RIGHTS
from kanmon.readers.vcenter.ties import Places, bonds
from lab.transport.pki import Pki
from lab.vcenter import soap
from tests.readers.vcenters import one_vm, remove, replace, session, small

LOCAL = "local esx-01.example.jp"
device = vim.vm.device


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("tie", "told"),
    [
        ("passthrough", Tie("passthrough", "PCI device 0")),
        ("vgpu", Tie("vgpu", "PCI device 0")),
        ("sriov", Tie("sriov", "Network adapter 1")),
        ("host cd", Tie("host device", "CD/DVD drive 1 on mpx.vmhba32:C0:T0:L0")),
        ("client cd", Tie("client device", "CD/DVD drive 1")),
        ("host usb", Tie("host usb", "USB 1")),
        ("shared bus", Tie("shared bus", "SCSI controller 0 (virtualSharing)")),
        ("local datastore", Tie("datastore", LOCAL, ("host-21",))),
        ("internal network", Tie("internal switch", "internal")),
        ("cpu affinity", Tie("affinity", "cpu affinity")),
        ("fault tolerance", Tie("fault tolerance", "fault tolerance running")),
    ],
)
def test_every_tie_is_told(pki, tie, told):
    """By the name that vSphere shows."""
    with session(one_vm(ties=[tie]), pki) as (_, opened):
        (vm,) = vcenter.PARTS["running"](opened)
    assert vm.ties == (told,)
    assert load(VmotionTie).get(told.kind), "no row says what comes of it"


def test_a_disk_that_several_vms_write_to_is_told_and_ties_nothing(pki):
    """The VM moves between hosts all the same."""
    with session(one_vm(ties=["multi-writer"]), pki) as (_, opened):
        (vm,) = vcenter.PARTS["running"](opened)
    assert (vm.multi_writer, vm.ties) == (("Hard disk 1",), ())


def test_disks_that_are_not_answered_are_unread(pki):
    """No device at all is an answer of no known form."""
    with session(one_vm(), pki) as (server, opened):
        replace(server, "vm-1000", config__hardware__device=None)
        (vm,) = vcenter.PARTS["running"](opened)
    assert isinstance(vm.multi_writer, Unread)


# Devices of other kinds than the lab has by itself


def of(kind, backing=None, *, connected=None, **values):
    """A device as vSphere tells it; where ``connected`` is None it cannot be disconnected."""
    plug = connected is not None and device.VirtualDevice.ConnectInfo(
        startConnected=True, allowGuestControl=True, connected=connected
    )
    words = vim.Description(label="it", summary="it")
    return kind(key=1, deviceInfo=words, backing=backing, connectable=plug or None, **values)


def image(store):
    return device.VirtualCdrom.IsoBackingInfo(fileName="[x] a.iso", datastore=vim.Datastore(store))


def port(group):
    connection = vim.dvs.PortConnection(switchUuid="50", portgroupKey=group)
    return device.VirtualEthernetCard.DistributedVirtualPortBackingInfo(port=connection)


HOST_FLOPPY = device.VirtualFloppy.DeviceBackingInfo(deviceName="/dev/fd0")
HOST_SERIAL = device.VirtualSerialPort.DeviceBackingInfo(deviceName="/dev/ttyS0")
CLIENT_USB = device.VirtualUSB.RemoteClientBackingInfo(deviceName="x", hostname="pc")
AUTO = device.VirtualPointingDevice.DeviceBackingInfo(deviceName="", hostPointingDevice="usb")
OPAQUE = device.VirtualEthernetCard.OpaqueNetworkBackingInfo(
    opaqueNetworkId="4d3", opaqueNetworkType="nsx.LogicalSwitch"
)
Usb = device.VirtualUSB


@pytest.mark.parametrize(
    ("one", "ties"),
    [
        (
            of(device.VirtualFloppy, HOST_FLOPPY, connected=True),
            [("host device", "it on /dev/fd0")],
        ),
        (of(device.VirtualFloppy, HOST_FLOPPY, connected=False), []),
        (
            of(device.VirtualSerialPort, HOST_SERIAL, connected=True, yieldOnPoll=True),
            [("host device", "it on /dev/ttyS0")],
        ),
        (of(Usb, CLIENT_USB, connected=True), [("client device", "it")]),
        (of(device.VirtualPointingDevice, AUTO), []),
        (of(device.VirtualCdrom, image("datastore-7"), connected=True), []),
        (
            of(device.VirtualCdrom, image("datastore-local-21"), connected=True),
            [("datastore", LOCAL)],
        ),
        (of(device.VirtualCdrom, image("datastore-local-21"), connected=False), []),
        (of(device.VirtualE1000, OPAQUE, connected=True), []),
        (of(device.VirtualE1000, port("network-61"), connected=True), []),
        (of(device.VirtualE1000, port("network-62"), connected=False), []),
        (
            of(device.VirtualE1000, port("network-62"), connected=True),
            [("internal switch", "internal")],
        ),
    ],
)
def test_a_device_ties_only_where_it_is_connected_to_a_host(pki, one, ties):
    """A mouse of the host, an image on shared storage, an unplugged cable: none keeps a VM."""
    with session(one_vm(), pki) as (server, opened):
        listed = soap.array("vim.vm.device.VirtualDevice", [one])
        replace(server, "vm-1000", config__hardware__device=listed)
        (vm,) = vcenter.PARTS["running"](opened)
    assert [(tie.kind, tie.what) for tie in vm.ties] == ties


def test_the_configuration_counts_as_the_disks_do(pki):
    """A VM whose disks are shared and whose home is local cannot move either."""
    with session(one_vm(), pki) as (server, opened):
        stores = [vim.Datastore("datastore-7"), vim.Datastore("datastore-local-21")]
        replace(
            server,
            "vm-1000",
            datastore=soap.array("vim.Datastore", stores),
            summary__config__vmPathName=f"[{LOCAL}] vm/vm.vmx",
        )
        (vm,) = vcenter.PARTS["running"](opened)
    assert vm.ties == (Tie("datastore", LOCAL, ("host-21",)),)


def test_a_datastore_that_is_mounted_and_gone_is_not_there(pki):
    """An inaccessible mount of the shared datastore is none; two hosts are left."""
    with session(one_vm(), pki) as (server, opened):
        (entity,) = [e for e in server._entities if e.reference._GetMoId() == "datastore-7"]
        entity.properties["host"][2].mountInfo.accessible = False
        (vm,) = vcenter.PARTS["running"](opened)
    assert vm.ties == (Tie("datastore", "shared Protected", ("host-21", "host-22")),)


# What cannot be told


@pytest.mark.parametrize("kind", [vim.Datastore, vim.Network])
def test_what_a_vm_uses_and_nobody_sees_leaves_its_ties_unread(pki, kind):
    """It is no reason to believe that other hosts have it; other VMs are read."""
    with session(small(), pki) as (server, opened):
        remove(server, kind)
        running = vcenter.PARTS["running"](opened)
    assert len(running) == 5
    for vm in running:
        assert vm.ties == ()
        assert "it cannot be seen" in vm.untold[0]
        assert RIGHTS in vm.untold[0]


def host_image(path):
    return device.VirtualCdrom.IsoBackingInfo(fileName=path)


def net(**backing):
    return device.VirtualEthernetCard.NetworkBackingInfo(deviceName="VM Network", **backing)


NO_GROUP = device.VirtualEthernetCard.DistributedVirtualPortBackingInfo(
    port=vim.dvs.PortConnection(switchUuid="50", portKey="7")
)


@pytest.mark.parametrize(
    ("kind", "backing"),
    [
        (device.VirtualE1000, net()),
        (device.VirtualE1000, NO_GROUP),
        (device.VirtualE1000, None),
        (device.VirtualCdrom, host_image("[] /vmfs/volumes/gone/a.iso")),
        (device.VirtualCdrom, host_image("[gone] a.iso")),
        (device.VirtualCdrom, host_image("[gone] /usr/lib/vmware/isoimages/linux.iso")),
        (device.VirtualFloppy, device.VirtualFloppy.ImageBackingInfo(fileName="[] a.flp")),
    ],
)
def test_a_connected_device_of_which_nobody_says_where_it_is_leaves_ties_unread(pki, kind, backing):
    """Nobody can say which hosts have it; unplugged, it does not matter."""
    with session(one_vm(), pki) as (server, opened):
        for connected in (True, False):
            one = of(kind, backing, connected=connected)
            listed = soap.array("vim.vm.device.VirtualDevice", [one])
            replace(server, "vm-1000", config__hardware__device=listed)
            (vm,) = vcenter.PARTS["running"](opened)
            if connected:
                (reason,) = vm.untold
                assert "what it of vm-1000" in reason
            else:
                assert (vm.ties, vm.untold) == ((), ())


@pytest.mark.parametrize(
    "path",
    [
        "[] /usr/lib/vmware/isoimages/linux.iso",
        "[] /vmimages/tools-isoimages/windows.iso",
        "/usr/lib/vmware/isoimages/linux.iso",
    ],
)
@pytest.mark.parametrize("connected", [True, False])
def test_the_installer_of_tools_is_a_tie_of_its_own(pki, path, connected):
    """Every host has it, but nothing migrates while Tools are being installed."""
    with session(one_vm(), pki) as (server, opened):
        one = of(device.VirtualCdrom, host_image(path), connected=connected)
        listed = soap.array("vim.vm.device.VirtualDevice", [one])
        replace(server, "vm-1000", config__hardware__device=listed)
        (vm,) = vcenter.PARTS["running"](opened)
    assert vm.ties == ((Tie("tools image", f"it on {path}"),) if connected else ())
    assert load(VmotionTie).get("tools image"), "no row says what comes of it"


@pytest.mark.parametrize("stores", [[], ["datastore-local-21"]])
def test_a_home_that_none_of_its_datastores_is_leaves_ties_unread(pki, stores):
    """The configuration is somewhere, and nobody says which hosts have that."""
    with session(one_vm(), pki) as (server, opened):
        listed = soap.array("vim.Datastore", [vim.Datastore(one) for one in stores])
        replace(server, "vm-1000", datastore=listed)
        (vm,) = vcenter.PARTS["running"](opened)
    assert "[shared Protected] vm/vm.vmx" in vm.untold[0]


def test_ties_that_cannot_be_told_are_unread(pki):
    """Of a VM whose devices are not told nothing is known; the others are read."""
    with session(small(), pki) as (server, opened):
        replace(server, "vm-1000", config__hardware__device=None)
        ties = {vm.moref: vm.ties for vm in vcenter.PARTS["running"](opened)}
    assert "config.hardware.device" in ties.pop("vm-1000").reason
    assert set(ties.values()) == {()}


@pytest.mark.parametrize("path", ["datastore", "summary.config.vmPathName"])
def test_what_cannot_be_told_hides_no_other_tie(pki, path):
    """A VM with a card of its host, a drive and a place that nobody tells: all three are told."""
    with session(one_vm(ties=["passthrough", "host cd"]), pki) as (server, opened):
        replace(server, "vm-1000", **{path.replace(".", "__"): None})
        (vm,) = vcenter.PARTS["running"](opened)
    assert [tie.kind for tie in vm.ties] == ["host device", "passthrough"]
    (reason,) = vm.untold
    assert path in reason


def test_an_affinity_of_another_form_hides_no_fault_tolerance():
    """Each setting is asked by itself: what one of them does not tell the others do."""
    values = {
        "config.hardware.device": [],
        "config.cpuAffinity.affinitySet": "all",
        "runtime.faultToleranceState": "running",
    }
    told = bonds(Found("vc", vim.VirtualMachine("vm-1"), values), None, Places())
    assert told.ties[0].kind == "fault tolerance"
    assert any("config.cpuAffinity.affinitySet" in one for one in told.untold)
