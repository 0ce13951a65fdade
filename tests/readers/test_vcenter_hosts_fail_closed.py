"""The reader of hosts fails closed: emptiness, missing fields, missing rights, silent hosts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyVmomi import vim, vmodl

from kanmon.errors import CouldNotRead, TargetLost
from kanmon.facts import Unread
from kanmon.readers.vcenter import hosts as reader
from lab.transport.pki import Pki
from lab.vcenter import soap
from tests.readers.vcenters import answers, missing, remove, replace, session, small, with_host

IN_PAGES = ["hardware", "adapters", "boot_disks", "settings", "issues"]
BY_CALL = {"clocks": "dateTimeSystem", "acceptance": "imageConfigManager"}
DENIED = vim.fault.NoPermission(object=vim.HostSystem("host-22"), privilegeId="System.Read")


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


@pytest.mark.parametrize("part", [*IN_PAGES, *BY_CALL, "datastores", "vibs"])
def test_no_hosts_at_all_is_an_error(pki, part):
    """A vCenter without hosts has nothing to upgrade: the account sees none."""
    with session(small(), pki) as (server, opened):
        remove(server, vim.HostSystem)
        with pytest.raises(CouldNotRead, match="no hosts at all"):
            reader.PARTS[part](opened)


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ("hardware", "hardware.memorySize"),
        ("hardware", "hardware.cpuPkg"),
        ("hardware", "hardware.pciDevice"),
        ("adapters", "config.network.pnic"),
        ("adapters", "config.storageDevice.hostBusAdapter"),
        ("boot_disks", "config.storageDevice.scsiLun"),
        ("settings", "config.lockdownMode"),
        ("settings", "config.service.service"),
    ],
)
def test_a_missing_field_is_the_fault_of_its_host(pki, part, path):
    """The host is unread and the reason names the field; its neighbours are read."""
    with session(small(), pki) as (server, opened):
        replace(server, "host-22", **{path: None})
        told = answers(reader.PARTS[part](opened))
    assert isinstance(told["host-22"], Unread)
    assert path in told["host-22"].reason
    assert "esx-02.example.jp (host-22)" in told["host-22"].reason
    assert not isinstance(told["host-21"], Unread)


@pytest.mark.parametrize("path", ["hardware.cpuPkg", "hardware.pciDevice"])
def test_an_empty_list_of_what_every_host_has_is_not_believed(pki, path):
    """A machine without a processor or a device is none."""
    kind = "vim.host.CpuPackage" if path.endswith("cpuPkg") else "vim.host.PciDevice"
    with session(small(), pki) as (server, opened):
        replace(server, "host-22", **{path: soap.array(kind, [])})
        told = answers(reader.hardware(opened))
    assert isinstance(told["host-22"], Unread)


@pytest.mark.parametrize("eax", ["", "----:0000", "0000:0000:0000:0010:0000:0110:1101:01XX"])
def test_bits_that_are_none_are_unread(pki, eax):
    """A processor is told by all of its bits or not at all."""
    package = vim.host.CpuPackage(
        index=0,
        vendor="intel",
        hz=1,
        busHz=1,
        description="?",
        threadId=[0],
        cpuFeature=[vim.host.CpuIdInfo(level=1, eax=eax)],
    )
    with session(small(), pki) as (server, opened):
        replace(server, "host-22", hardware__cpuPkg=soap.array("vim.host.CpuPackage", [package]))
        told = answers(reader.hardware(opened))
    assert "EAX of CPUID 1" in told["host-22"].reason


@pytest.mark.parametrize("part", IN_PAGES)
def test_a_right_that_is_missing_on_a_host_loses_that_host(pki, part):
    """The fault is named, and what the account needs; the others are believed."""
    paths = {
        "hardware": "hardware.pciDevice",
        "adapters": "config.network.pnic",
        "boot_disks": "config.storageDevice.scsiLun",
        "settings": "config.lockdownMode",
        "issues": "configIssue",
    }
    with session(small(), pki) as (server, opened):
        missing(server, "host-22", paths[part], DENIED)
        told = answers(reader.PARTS[part](opened))
    assert "NoPermission" in told["host-22"].reason
    assert "Read-only" in told["host-22"].reason
    assert not isinstance(told["host-21"], Unread)


def test_a_right_that_is_missing_on_every_host_loses_the_part(pki):
    """It is said once, not of each."""
    with session(small(), pki) as (server, opened):
        for moref in ("host-21", "host-22", "host-23"):
            missing(server, moref, "config.lockdownMode", DENIED)
        with pytest.raises(CouldNotRead, match="NoPermission"):
            reader.PARTS["settings"](opened)


@pytest.mark.parametrize("part", BY_CALL)
def test_a_host_that_is_not_connected_is_unread_by_itself(pki, part):
    """It is not reached, vCenter says; the others answer."""
    with session(with_host(connection_state="notResponding"), pki) as (_, opened):
        told = answers(reader.PARTS[part](opened))
    assert "HostNotConnected" in told["host-22"].reason
    assert not isinstance(told["host-21"], Unread)


@pytest.mark.parametrize(("part", "manager"), BY_CALL.items())
def test_a_host_without_the_manager_is_unread(pki, part, manager):
    """Without something to ask there is no answer."""
    with session(small(), pki) as (server, opened):
        replace(server, "host-22", **{f"configManager__{manager}": None})
        told = answers(reader.PARTS[part](opened))
    assert f"configManager.{manager}" in told["host-22"].reason


@pytest.mark.parametrize(
    ("part", "call"), [("clocks", "_host_time"), ("acceptance", "_acceptance")]
)
def test_an_empty_answer_is_none(pki, part, call):
    """A call that returns nothing has told nothing."""
    with session(small(), pki) as (server, opened):
        setattr(server, call, lambda *_: "")
        told = answers(reader.PARTS[part](opened))
    assert all(isinstance(one, Unread) for one in told.values())


def test_a_vcenter_that_tells_no_time_loses_the_part(pki):
    """Without vCenter's own time there is nothing to compare with."""
    with session(small(), pki) as (server, opened):
        server._now = lambda *_: ""
        with pytest.raises(CouldNotRead, match="expected a time"):
            reader.clocks(opened)


@pytest.mark.parametrize(
    ("part", "call"), [("clocks", "_host_time"), ("acceptance", "_acceptance")]
)
def test_a_session_that_ends_meanwhile_is_lost(pki, part, call):
    """That is not the fault of a host."""

    def ended(*_):
        raise vim.fault.NotAuthenticated(object=vim.Folder("x"), privilegeId="System.View")

    with session(small(), pki) as (server, opened):
        setattr(server, call, ended)
        with pytest.raises(TargetLost, match="NotAuthenticated"):
            reader.PARTS[part](opened)


def test_a_call_that_breaks_is_the_fault_of_its_host(pki):
    """Whatever a host's manager answers with, the reason has the fault's name."""

    def broken(*_):
        raise vmodl.fault.SystemError(reason="hostd is busy")

    with session(small(), pki) as (server, opened):
        server._acceptance = broken
        told = answers(reader.acceptance(opened))
    assert all("SystemError" in one.reason for one in told.values())
