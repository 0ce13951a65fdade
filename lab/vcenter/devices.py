"""The devices of a simulated VM, the usual ones and those that tie it to its host."""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from pyVmomi import vim

from lab.vcenter import soap
from lab.world.clusters import Tie

NETWORK = vim.Network("network-61")
INTERNAL = vim.Network("network-62")
"""A network that ends in its host."""
INTERNAL_NAME = "internal"
device = vim.vm.device


@cache
def devices(store: Any, ties: tuple[Tie, ...]) -> soap.Written:
    """The devices of a VM; VMs with the same ones share their XML, so that many cost little."""
    made = [*_usual(), *_connectable(ties), _disk(store, ties), *_tied(ties)]
    return soap.Written(soap.element("val", soap.array("vim.vm.device.VirtualDevice", made)))


def _usual() -> Iterator[Any]:
    """What every VM has and nobody looks at."""
    yield _device(device.VirtualIDEController, 200, "IDE 0", busNumber=0)
    yield _device(device.VirtualIDEController, 201, "IDE 1", busNumber=1)
    yield _device(device.VirtualPS2Controller, 300, "PS2 controller 0", busNumber=0)
    yield _device(device.VirtualPCIController, 100, "PCI controller 0", busNumber=0)
    yield _device(device.VirtualSIOController, 400, "SIO controller 0", busNumber=0)
    yield _device(device.VirtualKeyboard, 600, "Keyboard", controllerKey=300, unitNumber=0)
    mouse = device.VirtualPointingDevice.DeviceBackingInfo(
        deviceName="", useAutoDetect=False, hostPointingDevice="autodetect"
    )
    yield _device(device.VirtualPointingDevice, 700, "Pointing device", backing=mouse)
    yield _device(device.VirtualVideoCard, 500, "Video card", videoRamSizeInKB=4096, numDisplays=1)
    yield _device(device.VirtualVMCIDevice, 12000, "VMCI device", controllerKey=100, id=1)


def _connectable(ties: tuple[Tie, ...]) -> Iterator[Any]:
    """A controller, a CD drive and a network adapter; what they are backed by turns on the ties."""
    bus = "virtualSharing" if "shared bus" in ties else "noSharing"
    kind = device.VirtualLsiLogicSASController
    yield _device(kind, 1000, "SCSI controller 0", busNumber=0, sharedBus=bus)
    drive = device.VirtualCdrom
    if "host cd" in ties:
        backing: Any = drive.AtapiBackingInfo(deviceName="mpx.vmhba32:C0:T0:L0")
    else:
        backing = drive.RemotePassthroughBackingInfo(deviceName="", exclusive=False)
    plug = _plug(connected="host cd" in ties or "client cd" in ties)
    yield _device(drive, 3002, "CD/DVD drive 1", backing=backing, connectable=plug)
    network = INTERNAL if "internal network" in ties else NETWORK
    backing = device.VirtualEthernetCard.NetworkBackingInfo(deviceName="net", network=network)
    card = device.VirtualSriovEthernetCard if "sriov" in ties else device.VirtualVmxnet3
    plug = _plug(connected=True)
    yield _device(card, 4000, "Network adapter 1", backing=backing, connectable=plug)


def _disk(store: Any, ties: tuple[Tie, ...]) -> Any:
    backing = device.VirtualDisk.FlatVer2BackingInfo(
        diskMode="persistent",
        fileName="[datastore] vm/vm.vmdk",
        datastore=store,
        sharing="sharingMultiWriter" if "multi-writer" in ties else "sharingNone",
    )
    kind = device.VirtualDisk
    return _device(kind, 2000, "Hard disk 1", backing=backing, capacityInKB=41943040)


def _tied(ties: tuple[Tie, ...]) -> Iterator[Any]:
    kind = device.VirtualPCIPassthrough
    if "passthrough" in ties:
        backing: Any = kind.DeviceBackingInfo(
            deviceName="NVIDIA", id="0000:3b:00.0", deviceId="1db4", systemId="x", vendorId=4318
        )
        yield _device(kind, 13000, "PCI device 0", backing=backing)
    if "vgpu" in ties:
        backing = kind.VmiopBackingInfo(vgpu="grid_p40-1q")
        yield _device(kind, 13000, "PCI device 0", backing=backing)
    if "host usb" in ties:
        backing = device.VirtualUSB.USBBackingInfo(deviceName="path:1/0/1")
        yield _device(device.VirtualUSB, 7000, "USB 1", backing=backing, connected=True)


def _device(kind: Any, key: int, label: str, **values: Any) -> Any:
    return kind(key=key, deviceInfo=vim.Description(label=label, summary=label), **values)


def _plug(*, connected: bool) -> Any:
    return device.VirtualDevice.ConnectInfo(
        startConnected=connected, allowGuestControl=True, connected=connected, status="ok"
    )
