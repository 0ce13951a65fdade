"""The reader of hosts against the simulated vCenter: what it reads, and at what cost."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from pyVmomi import vim

from kanmon.errors import CouldNotRead
from kanmon.facts import Unread
from kanmon.facts.vcenter.hosts import Adapter, BootDisk, Datastore, Issue, PciDevice, Settings
from kanmon.facts.vcenter.inventory import Switch
from kanmon.readers.vcenter import hosts as reader
from kanmon.readers.vcenter.machines import family_and_model
from lab.transport.pki import Pki
from lab.vcenter import soap
from tests.readers.vcenters import answers, remove, replace, session, small, with_host


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


def many(count: int):
    """A vCenter of many hosts."""
    table = small().model_dump(mode="json")["vcenter"][0]
    first = table["clusters"][0]["hosts"][0]
    table["clusters"][0]["hosts"] = [
        {**first, "name": f"esx-{n}", "number": 1000 + n} for n in range(count)
    ]
    return small(vcenter=[table])


# What is read


def test_the_switches_of_the_management_network(pki):
    """The first host is managed over a distributed switch, the others over a standard one."""
    with session(with_host(machine={"management_switch": "dvs"}), pki) as (_, opened):
        told = answers(reader.management_switches(opened))
    over = Switch("dvs-50", "dvs", "6.5.0")
    assert sorted(told.values(), key=len) == [(), (), (over,)]


def test_a_switch_that_cannot_be_seen_is_no_standard_one(pki):
    """An account without a role on the networks' folder: that host is unread, and why is said."""
    with session(with_host(machine={"management_switch": "dvs"}), pki) as (server, opened):
        remove(server, vim.DistributedVirtualSwitch)
        told = answers(reader.management_switches(opened))
    (unread,) = (one for one in told.values() if isinstance(one, Unread))
    assert "1 distributed switches that it is on cannot be seen" in unread.reason
    assert "Read-only" in unread.reason


def test_a_host_without_a_management_adapter_is_unread(pki):
    """No host is managed over nothing."""
    with session(small(), pki) as (server, opened):
        replace(server, "host-21", config__virtualNicManagerInfo__netConfig=None)
        told = answers(reader.management_switches(opened))
    assert isinstance(told["host-21"], Unread)
    assert told["host-22"] == ()


def test_machines_are_what_the_world_says(pki):
    """Vendor, BIOS, processors, cores, memory and devices; ids above 0x7FFF keep their value."""
    nic = {"name": "vmnic0", "ids": "8086:8086", "driver": "igb", "device": "I350"}
    processor = {"cpu_vendor": "amd", "cpu_family": 0x17, "cpu_model": 0x31, "cpu_stepping": 2}
    machine = {**processor, "nics": [nic]}
    world = with_host(
        machine={**machine, "uplinks": ["vmnic0"]}, resources={"cores": 64, "memory": 1.5}
    )
    with session(world, pki) as (_, opened):
        told = answers(reader.hardware(opened))
    first, second = told["host-21"], told["host-22"]
    assert (first.vendor, first.model) == ("Dell Inc.", "PowerEdge R740")
    assert (first.bios_version, first.bios_date) == ("2.4.8", dt.date(2019, 11, 27))
    told_of = [(cpu.vendor, cpu.family, cpu.model, cpu.stepping) for cpu in first.cpus]
    assert told_of == [("intel", 6, 0x55, 4)] * 2
    assert {(cpu.model, cpu.stepping) for cpu in second.cpus} == {(0x31, 2)}
    assert (second.cores, second.memory) == (64, 3 * 2**29)
    assert second.devices[0] == PciDevice("0000:18:00.0", "8086:8086", "1028:1f99", "I350")


@pytest.mark.parametrize(
    ("eax", "expected"),
    [
        (0x000206D7, (0x6, 0x2D)),  # Sandy Bridge EP, as VMware's simulator has it
        (0x00050654, (0x6, 0x55)),
        (0x000206C2, (0x6, 0x2C)),
        (0x00000F29, (0xF, 0x02)),
        (0x00100F42, (0x10, 0x04)),
        (0x00800F12, (0x17, 0x01)),
        (0x00000543, (0x5, 0x04)),
    ],
)
def test_family_and_model_have_their_extensions(eax, expected):
    """The extended family counts from 0xF on, the extended model from family 6 on."""
    assert family_and_model(eax) == expected


def test_adapters_and_what_carries_the_management_network(pki):
    """Network and storage adapters with PCI address and driver; uplinks by their names."""
    with session(with_host(machine={"uplinks": ["vmnic1"]}), pki) as (_, opened):
        told = answers(reader.adapters(opened))
    assert told["host-21"].management == ("vmnic0", "vmnic1")
    assert told["host-22"].management == ("vmnic1",)
    assert told["host-22"].adapters == (
        Adapter("vmnic0", "network", "0000:18:00.0", "i40en"),
        Adapter("vmnic1", "network", "0000:19:00.0", "i40en"),
        Adapter("vmhba0", "storage", "0000:1a:00.0", "lsi_mr3"),
    )


def vmk(**spec: Any) -> Any:
    return soap.array(
        "vim.host.VirtualNic",
        [
            vim.host.VirtualNic(
                device="vmk0",
                key="key-vim.host.VirtualNic-vmk0",
                portgroup="",
                spec=vim.host.VirtualNic.Specification(**spec),
            )
        ],
    )


def proxies(uuid: str) -> Any:
    switch = vim.host.HostProxySwitch(
        dvsUuid=uuid,
        dvsName="dvs",
        key="DvsPortset-0",
        numPorts=8,
        numPortsAvailable=8,
        pnic=["key-vim.host.PhysicalNic-vmnic1"],
        spec=vim.host.HostProxySwitch.Specification(),
    )
    return soap.array("vim.host.HostProxySwitch", [switch])


def opaque() -> Any:
    switch = vim.host.OpaqueSwitch(
        key="nsxvswitch", name="nsxvswitch", pnic=["key-vim.host.PhysicalNic-vmnic0"]
    )
    return soap.array("vim.host.OpaqueSwitch", [switch])


def test_management_on_other_kinds_of_switches(pki):
    """A distributed switch is found by its uuid, one of NSX by being one."""
    port = vim.dvs.PortConnection(switchUuid="50 1a", portgroupKey="dvportgroup-9")
    network = vim.host.VirtualNic.OpaqueNetworkSpec(
        opaqueNetworkId="x", opaqueNetworkType="nsx.LogicalSwitch"
    )
    with session(small(), pki) as (server, opened):
        replace(server, "host-21", config__network__vnic=vmk(distributedVirtualPort=port))
        replace(server, "host-21", config__network__proxySwitch=proxies("50 1a"))
        replace(server, "host-22", config__network__vnic=vmk(opaqueNetwork=network))
        replace(server, "host-22", config__network__opaqueSwitch=opaque())
        replace(server, "host-23", config__network__vnic=vmk(distributedVirtualPort=port))
        replace(server, "host-23", config__network__proxySwitch=proxies("50 ff"))
        told = answers(reader.adapters(opened))
    assert told["host-21"].management == ("vmnic1",)
    assert told["host-22"].management == ("vmnic0",)
    assert isinstance(told["host-23"].management, Unread)
    assert "no switch with an uplink leads to vmk0" in told["host-23"].management.reason


def test_other_services_are_not_the_management_network(pki):
    """An adapter that is there for vMotion alone leads to no management."""
    services = [
        vim.host.VirtualNicManager.NetConfig(
            nicType=service,
            multiSelectAllowed=True,
            candidateVnic=[
                vim.host.VirtualNic(
                    device=device,
                    key=f"{service}.{device}",
                    portgroup="",
                    spec=vim.host.VirtualNic.Specification(),
                )
            ],
            selectedVnic=[f"{service}.{device}"],
        )
        for service, device in (("vmotion", "vmk1"), ("management", "vmk0"))
    ]
    configs = soap.array("vim.host.VirtualNicManager.NetConfig", services)
    with session(small(), pki) as (server, opened):
        replace(server, "host-22", config__virtualNicManagerInfo__netConfig=configs)
        told = answers(reader.adapters(opened))
    assert told["host-22"].management == ("vmnic0", "vmnic1")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("config__virtualNicManagerInfo__netConfig", "no VMkernel adapter has the management"),
        ("config__network__vnic", "vmk0 is none of its VMkernel adapters"),
        ("config__network__portgroup", "no switch with an uplink"),
        ("config__network__vswitch", "no switch with an uplink"),
    ],
)
def test_management_that_leads_nowhere_is_unread(pki, path, reason):
    """The adapters are read all the same."""
    with session(small(), pki) as (server, opened):
        replace(server, "host-22", **{path: None})
        told = answers(reader.adapters(opened))
    assert len(told["host-22"].adapters) == 3
    assert reason in told["host-22"].management.reason
    assert told["host-21"].management == ("vmnic0", "vmnic1")


def test_boot_disks(pki):
    """Name, size and adapter of the disk that has the diagnostic partition of the installer."""
    with session(with_host(machine={"boot_gb": 4, "dump_partition": 7}), pki) as (_, opened):
        told = answers(reader.boot_disks(opened))
    name = "naa.61866da0a1b2c300"
    assert told["host-21"] == BootDisk(name, 240_000_000_000, ("vmhba0",))
    assert told["host-22"] == BootDisk(name, 4_000_000_000, ("vmhba0",))


@pytest.mark.parametrize(
    ("partition", "reason"), [(None, "no active diagnostic partition"), (2, ":2")]
)
def test_a_boot_disk_that_nothing_shows_is_unread(pki, partition, reason):
    """Without a diagnostic partition, or with one that somebody made elsewhere, nobody knows it."""
    with session(with_host(machine={"dump_partition": partition}), pki) as (_, opened):
        told = answers(reader.boot_disks(opened))
    assert reason in told["host-22"].reason
    assert isinstance(told["host-21"], BootDisk)


def test_a_diagnostic_partition_on_an_unknown_disk_is_unread(pki):
    """A disk that is not listed has no size."""
    with session(small(), pki) as (server, opened):
        other = vim.host.ScsiLun(
            deviceName="x",
            deviceType="cdrom",
            key="k",
            uuid="u",
            lunType="cdrom",
            canonicalName="mpx.vmhba1:C0:T0:L0",
            operationalState=["ok"],
        )
        lun = soap.array("vim.host.ScsiLun", [other])
        replace(server, "host-22", config__storageDevice__scsiLun=lun)
        told = answers(reader.boot_disks(opened))
    assert "none of its disks" in told["host-22"].reason


def test_datastores(pki):
    """Every datastore with its type and its version of VMFS."""
    with session(with_host(settings={"local_vmfs": "3.60"}), pki) as (_, opened):
        told = {one.name: one for one in reader.datastores(opened)}
    assert told["local esx-02.example.jp"] == Datastore(
        "datastore-local-22", "local esx-02.example.jp", "VMFS", "3.60", 2**40
    )
    assert {one.vmfs for one in told.values()} == {"3.60", "5.61", "6.82"}


@pytest.mark.parametrize(
    "state",
    [
        {"summary__accessible": False},
        {"summary__maintenanceMode": "inMaintenance"},
        {"summary__freeSpace": None},
    ],
)
def test_nothing_can_be_put_on_a_datastore_that_is_not_in_service(pki, state):
    """What was free on it before does not count."""
    with session(small(), pki) as (server, opened):
        replace(server, "datastore-local-21", **state)
        free = {one.moref: one.free for one in reader.datastores(opened)}
    assert free["datastore-local-21"] is None
    assert free["datastore-local-22"] == 2**40


def test_a_datastore_of_which_vcenter_knows_no_volume(pki):
    """NFS has none; of a VMFS that is out of reach it may be left out: no version, no guess."""
    with session(small(), pki) as (server, opened):
        nas = vim.host.NasDatastoreInfo(name="nfs", url="ds:///nfs/", freeSpace=1, maxFileSize=1)
        replace(server, "datastore-local-21", info=nas, summary__type="NFS")
        replace(server, "datastore-local-22", info=None)
        told = {one.moref: (one.type, one.vmfs) for one in reader.datastores(opened)}
    assert told["datastore-local-21"] == ("NFS", None)
    assert told["datastore-local-22"] == ("VMFS", None)


def test_a_datastore_that_cannot_be_seen_is_no_absent_one(pki):
    """A host names more than the account sees: the right is missing, not the datastore."""
    with session(small(), pki) as (server, opened):
        remove(server, vim.Datastore)
        with pytest.raises(CouldNotRead, match="4 datastores that hosts name cannot be seen"):
            reader.datastores(opened)


def test_settings(pki):
    """Lockdown mode and time service; no server is an answer, no time settings are none."""
    changed = {"lockdown": "lockdownStrict", "ntp_servers": [], "ntp_running": False}
    with session(with_host(settings={**changed, "ntp_policy": "off"}), pki) as (server, opened):
        replace(server, "host-23", config__dateTimeInfo=None)
        told = answers(reader.settings(opened))
    servers = ("ntp1.example.jp", "ntp2.example.jp")
    assert told["host-21"] == Settings("lockdownDisabled", servers, True, "on")
    assert told["host-22"] == Settings("lockdownStrict", (), False, "off")
    assert "config.dateTimeInfo" in told["host-23"].reason


def test_a_host_without_the_time_service_is_unread(pki):
    """Every ESXi lists ntpd; a list without it is not one of a host that runs none."""
    with session(small(), pki) as (server, opened):
        services = soap.array("vim.host.Service", [])
        replace(server, "host-22", config__service__service=services)
        told = answers(reader.settings(opened))
    assert "no ntpd among 0" in told["host-22"].reason


@pytest.mark.parametrize("ahead", [0, 120, -3600])
def test_clocks_are_compared_with_their_uncertainty(pki, ahead):
    """The true difference lies within the bounds, which are no wider than the questions took."""
    with session(with_host(settings={"clock": ahead}), pki) as (server, opened):
        told = answers(reader.clocks(opened))
    assert told["host-22"].least <= ahead <= told["host-22"].most
    assert told["host-21"].least <= 0 <= told["host-21"].most
    calls = Counter(server.methods)
    assert (calls["CurrentTime"], calls["QueryDateTime"]) == (1, 3)


def test_seconds_that_were_cut_short_widen_the_bounds(pki):
    """A host that tells whole seconds may be most of a second later than it says."""
    with session(small(), pki) as (server, opened):
        now = dt.datetime.now(dt.UTC)
        whole = soap.element("returnval", now.replace(microsecond=0))
        server._host_time = lambda *_: whole
        server._now = lambda *_: soap.element("returnval", now.replace(microsecond=500))
        told = answers(reader.clocks(opened))
    assert all(one.least <= 0 and one.most > 0.9 for one in told.values())


def test_acceptance_levels(pki):
    """The level of every host."""
    with session(with_host(settings={"acceptance": "community"}), pki) as (_, opened):
        told = answers(reader.acceptance(opened))
    assert told == {"host-21": "partner", "host-22": "community", "host-23": "partner"}


def test_packages_keep_what_they_depend_on(pki):
    """What stops an upgrade is not the package but what it needs."""
    world = with_host(extra_vibs=["net-igb 5.3.1 INT partner com.vmware.driverAPI-9.2.2.0 esx"])
    with session(world, pki) as (_, opened):
        told = {one.host: one.vibs for one in reader.vibs(opened)}
    igb = next(one for one in told["host-22"] if one.name == "net-igb")
    assert igb.depends == ("com.vmware.driverAPI-9.2.2.0", "esx")
    base = next(one for one in told["host-22"] if one.name == "esx-base")
    assert base.depends == ()


# How it is read


@pytest.mark.parametrize(("part", "pages"), [("hardware", 3), ("settings", 3), ("boot_disks", 12)])
def test_many_hosts_cost_pages_not_round_trips(pki, part, pages):
    """120 hosts come in pages: two of their names, then those of what is asked of them."""
    with session(many(120), pki) as (server, opened):
        told = reader.PARTS[part](opened)
    assert len({one.host for one in told}) == 120
    calls = Counter(server.methods)
    assert calls["RetrievePropertiesEx"] == 1 + pages
    assert calls["ContinueRetrievePropertiesEx"] == 1


def test_issues_are_told_by_their_event(pki):
    """An event of an extension by the id that it carries, another by its type; most have none."""
    lines = ["esx.problem.storage.redundancy.lost Lost  it", "RemoteTSMEnabledEvent SSH is on"]
    with session(with_host(issues=[*lines, "LocalTSMEnabledEvent"]), pki) as (_, opened):
        told = answers(reader.issues(opened))
    assert told["host-21"] == ()
    assert told["host-22"] == (
        Issue("esx.problem.storage.redundancy.lost", "Lost it"),
        Issue("RemoteTSMEnabledEvent", "SSH is on"),
        Issue("LocalTSMEnabledEvent", "LocalTSMEnabledEvent"),
    )
