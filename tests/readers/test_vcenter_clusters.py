"""Clusters, running VMs and policies of Tools, read from the simulated vCenter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyVmomi import vim, vmodl

from kanmon.errors import CouldNotRead
from kanmon.facts.vcenter.clusters import Capacity, Override, Rule
from kanmon.readers.vcenter import inventory as vcenter
from kanmon.readers.vcenter import session as vcenter_session
from kanmon.readers.vcenter.session import RIGHTS
from lab.transport.pki import Pki
from lab.vcenter import soap
from tests.readers import vcenters
from tests.readers.vcenters import misbehaving, one_vm, remove, replace, session, small

PARTS = ("clusters", "running", "tools_policies")


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


def with_settings(**settings):
    """The same with settings of the cluster; its VM is called vm."""
    (server,) = small().model_dump()["vcenter"]
    server["clusters"][0]["settings"] = settings
    return small(vcenter=[server], machine=[{"name": "vm", "vcenter": "vc"}])


def read(world, pki, part):
    with session(world, pki) as (_, opened):
        return vcenter.PARTS[part](opened)


# What is read


def test_a_cluster_is_what_the_world_says(pki):
    """Settings of DRS and HA, and for each host what it has and what is taken of it."""
    (cluster,) = read(small(), pki, "clusters")
    assert (cluster.moref, cluster.name, cluster.standalone) == ("domain-c7", "Protected", False)
    assert (cluster.drs, cluster.admission_control) == ("fullyAutomated", True)
    two_vms = Capacity(
        "host-21", 32 * 2400, 512 * 1024, 500 + 2 * 300, (8 + 2 * 2) * 1024, vmotion=True
    )
    assert cluster.hosts[0] == two_vms
    assert [host.host for host in cluster.hosts] == ["host-21", "host-22", "host-23"]


@pytest.mark.parametrize(
    ("flag", "stack", "expected"),
    [(True, None, True), (False, None, False), (False, "vmotion", True), (False, "x", False)],
)
def test_vmotion_is_enabled_by_its_service_or_its_stack(pki, flag, stack, expected):
    """An adapter on the stack of vMotion has no service of its own; without both there is none."""
    adapter = vim.host.VirtualNic(
        device="vmk1",
        key="key-vmk1",
        portgroup="",
        spec=vim.host.VirtualNic.Specification(netStackInstanceKey=stack),
    )
    with session(small(), pki) as (server, opened):
        nics = soap.array("vim.host.VirtualNic", [adapter])
        replace(server, "host-21", summary__config__vmotionEnabled=flag, config__network__vnic=nics)
        (cluster,) = vcenter.PARTS["clusters"](opened)
    assert [one.vmotion for one in cluster.hosts] == [expected, True, True]


@pytest.mark.parametrize(
    ("settings", "drs", "admission_control"),
    [
        ({"drs": "off"}, None, True),
        ({"drs": "manual"}, "manual", True),
        ({"drs": "partiallyAutomated"}, "partiallyAutomated", True),
        ({"admission_control": False}, "fullyAutomated", False),
        ({"ha": False}, "fullyAutomated", False),
    ],
)
def test_settings_are_told_apart(pki, settings, drs, admission_control):
    """What is switched off has no setting that counts."""
    (cluster,) = read(with_settings(**settings), pki, "clusters")
    assert (cluster.drs, cluster.admission_control) == (drs, admission_control)


HOST = "esx-01.example.jp"


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({"hosts": [HOST]}, (Rule("r", "on", ("vm-1000",), ("host-21",)),)),
        ({"hosts": [HOST], "affine": False}, (Rule("r", "off", ("vm-1000",), ("host-21",)),)),
        ({}, (Rule("r", "apart", ("vm-1000",), ()),)),
        ({"hosts": [HOST], "mandatory": False}, ()),
        ({"hosts": [HOST], "enabled": False}, ()),
        ({"enabled": False}, ()),
    ],
)
def test_only_rules_that_bind_are_kept(pki, changes, rules):
    """A rule that DRS should keep, and one that is switched off, bind nothing."""
    rule = {"name": "r", "machines": ["vm"], **changes}
    (cluster,) = read(with_settings(rules=[rule]), pki, "clusters")
    assert cluster.rules == rules


@pytest.mark.parametrize("behaviour", ["disabled", "manual", "fullyAutomated"])
def test_overrides_are_kept(pki, behaviour):
    """What DRS does for a VM of its own."""
    (cluster,) = read(with_settings(overrides={"vm": behaviour}), pki, "clusters")
    assert cluster.overrides == (Override("vm-1000", behaviour),)


def test_overrides_that_the_cluster_does_not_allow_count_only_where_drs_is_off(pki):
    """Behaviours of their own are then ignored, and "disabled" is not one."""
    both = {"vm": "manual"}
    with session(with_settings(overrides=both), pki) as (server, opened):
        (entity,) = [e for e in server._entities if e.reference._GetMoId() == "domain-c7"]
        entity.properties["configurationEx"].drsConfig.enableVmBehaviorOverrides = False
        (cluster,) = vcenter.PARTS["clusters"](opened)
        assert cluster.overrides == ()
        entity._written.clear()
        entity.properties["configurationEx"].drsVmConfig[0].enabled = False
        (cluster,) = vcenter.PARTS["clusters"](opened)
        assert cluster.overrides == (Override("vm-1000", "disabled"),)


def test_a_running_vm_is_what_the_world_says(pki):
    """Demand in MiB and MHz; what is off is not there."""
    demand = {"cpu": 1, "cpu_reserved": 2, "active": 3, "consumed": 4, "overhead": 5, "reserved": 6}
    world = small(
        machine=[
            {"name": "vm", "vcenter": "vc", "demand": demand},
            {"name": "off", "vcenter": "vc", "power": "poweredOff"},
            {"name": "suspended", "vcenter": "vc", "power": "suspended"},
        ]
    )
    (vm,) = read(world, pki, "running")
    assert (vm.moref, vm.name, vm.host, vm.connection_state) == (
        "vm-1000",
        "vm",
        "host-21",
        "connected",
    )
    assert vm.bios_uuid == world.machines[0].uuid
    assert (vm.cpu_used, vm.cpu_reserved) == (1, 2)
    memory = (vm.memory_active, vm.memory_consumed, vm.memory_overhead, vm.memory_reserved)
    assert memory == (3072, 4096, 5120, 6144)
    assert vm.ties == ()


def test_devices_of_the_agent_managers_vms_are_not_read(pki):
    """They are to stay where they are."""
    (vm,) = read(one_vm(appliance=True, ties=["passthrough"]), pki, "running")
    assert (vm.managed_by, vm.ties) == ("com.vmware.vim.eam", ())


def test_devices_come_in_small_pages(pki, monkeypatch):
    """Five VMs, two at a time: three questions for their devices."""
    monkeypatch.setattr(vcenter_session, "FEW", 2)
    with session(small(), pki) as (server, opened):
        assert len(vcenter.PARTS["running"](opened)) == 5
    walk = ["CreateContainerView", "RetrievePropertiesEx", "DestroyView"]
    asked = [*walk, *walk, *["RetrievePropertiesEx"] * 3]
    assert server.methods == ["RetrieveServiceContent", "Login", *asked, "Logout"]


def silent_about(server, moref):
    """Let a server leave out an object where it is asked for it by its name, and say nothing."""
    selected = server._selected

    def lacking(spec, opened):
        asked = {start.text("obj") for start in spec.children("objectSet")}
        for entity in selected(spec, opened):
            if moref not in asked or entity.reference._GetMoId() != moref:
                yield entity

    server._selected = lacking


def test_a_vm_that_is_neither_answered_nor_gone_is_missed(pki):
    """Its ties are not none, and it has not left the estate."""
    with session(small(), pki) as (server, opened):
        silent_about(server, "vm-1001")
        with pytest.raises(CouldNotRead, match="no answer about vm-1001") as error:
            vcenter.PARTS["running"](opened)
    assert error.value.advice == RIGHTS


def test_policies_are_what_the_world_says(pki):
    """Of every VM, whether it runs or not; what was never set is None."""
    machines = [
        {"name": "a", "vcenter": "vc", "tools_policy": "upgradeAtPowerCycle", "tools": 10305},
        {"name": "b", "vcenter": "vc", "tools_policy": None, "power": "poweredOff"},
    ]
    made = {vm.name: vm for vm in read(small(machine=machines), pki, "tools_policies")}
    assert (made["a"].policy, made["a"].tools_version) == ("upgradeAtPowerCycle", 10305)
    assert (made["a"].guest_id, made["a"].tools_status) == (
        "windows9Server64Guest",
        "guestToolsCurrent",
    )
    assert made["b"].policy is None
    assert not any(vm.template for vm in made.values())


# Rights and emptiness


@pytest.mark.parametrize("part", PARTS)
def test_an_account_without_rights_sees_no_empty_estate(pki, part):
    """An account that may log in and read nothing gets an error."""
    with pytest.raises(CouldNotRead, match="NoPermission") as error:
        read(misbehaving("weak rights"), pki, part)
    assert error.value.advice == RIGHTS


@pytest.mark.parametrize("role", [-5, -4, -3])
@pytest.mark.parametrize("part", PARTS)
def test_a_role_that_reads_nothing_is_refused(pki, part, role):
    """No access, Anonymous and View on the root folder are no ground to believe an answer."""
    with session(small(), pki) as (server, opened):
        replace(server, "group-d1", effectiveRole=soap.array("int", [role]))
        with pytest.raises(CouldNotRead, match="no role on the root folder"):
            vcenter.PARTS[part](opened)


@pytest.mark.parametrize("part", PARTS)
def test_no_hosts_at_all_is_no_estate(pki, part):
    """A vCenter without a host is an error: nothing could be examined on it."""
    world = small(vcenter=[{"slug": "vc", "version": "6.5.0", "build": "1"}], machine=[])
    with pytest.raises(CouldNotRead, match="no hosts at all"):
        read(world, pki, part)


@pytest.mark.parametrize("part", ["running", "tools_policies"])
def test_no_vms_are_believed_only_with_the_hosts_as_witnesses(pki, part):
    """Hosts that list no VM make an empty vCenter; hosts that do make weak rights."""
    assert read(small(machine=[]), pki, part) == ()
    with session(small(), pki) as (server, opened):
        remove(server, vim.VirtualMachine)
        with pytest.raises(CouldNotRead, match="its hosts list 5"):
            vcenter.PARTS[part](opened)


def test_nothing_that_runs_is_believed(pki):
    """VMs that are all switched off are an ordinary sight."""
    assert read(one_vm(power="poweredOff"), pki, "running") == ()


def test_hosts_and_clusters_that_cannot_be_seen_are_missed(pki):
    """A cluster that counts more hosts than are visible, and a host whose cluster is hidden."""
    with session(small(), pki) as (server, opened):
        replace(server, "domain-c7", summary__numHosts=4)
        with pytest.raises(CouldNotRead, match="3 hosts, but the cluster says that it has 4"):
            vcenter.PARTS["clusters"](opened)
        remove(server, vim.ComputeResource)
        with pytest.raises(CouldNotRead, match=r"\(domain-c7\) cannot be seen"):
            vcenter.PARTS["clusters"](opened)


# What is not as expected


def settings(drs, das):
    """Settings of a cluster, of which only these are set."""
    return vim.cluster.ConfigInfoEx(
        drsConfig=vim.cluster.DrsConfigInfo(**drs), dasConfig=vim.cluster.DasConfigInfo(**das)
    )


@pytest.mark.parametrize(
    "config",
    [
        settings({}, {"enabled": True}),
        settings({"enabled": True}, {"enabled": True}),
        settings({"enabled": False}, {}),
        settings({"enabled": False}, {"enabled": True}),
        soap.Written('<val xsi:type="ClusterConfigInfoEx"/>'),
        None,
    ],
)
def test_a_setting_that_is_unset_is_an_error(pki, config):
    """Every cluster has it: that it is missing is not "off"."""
    with session(small(), pki) as (server, opened):
        replace(server, "domain-c7", configurationEx=config)
        with pytest.raises(CouldNotRead, match=r"configurationEx.* left it unset"):
            vcenter.PARTS["clusters"](opened)


@pytest.mark.parametrize(
    ("moref", "path", "part"),
    [
        ("host-22", "summary.hardware.memorySize", "clusters"),
        ("host-22", "summary.hardware.cpuMhz", "clusters"),
        ("host-22", "summary.hardware.numCpuCores", "clusters"),
        ("vm-1000", "runtime.powerState", "running"),
        ("vm-1000", "config.uuid", "running"),
        ("vm-1000", "summary.config.template", "tools_policies"),
        ("vm-1000", "config.guestId", "tools_policies"),
    ],
)
def test_a_required_property_that_is_unset_is_an_error(pki, moref, path, part):
    """The path and the object are named."""
    with session(small(), pki) as (server, opened):
        replace(server, moref, **{path.replace(".", "__"): None})
        with pytest.raises(CouldNotRead, match=rf"{path} of .*\({moref}\)"):
            vcenter.PARTS[part](opened)


def test_statistics_that_are_not_there_are_none(pki):
    """A host or a VM without any yet; a reservation that is unset is none."""
    with session(small(), pki) as (server, opened):
        unset = dict.fromkeys(
            (
                "summary__quickStats__overallCpuUsage",
                "summary__quickStats__guestMemoryUsage",
                "summary__quickStats__hostMemoryUsage",
                "summary__quickStats__consumedOverheadMemory",
                "summary__config__cpuReservation",
                "summary__config__memoryReservation",
            )
        )
        replace(server, "vm-1000", **unset)
        replace(server, "host-21", summary__quickStats__overallMemoryUsage=None)
        vm = next(vm for vm in vcenter.PARTS["running"](opened) if vm.moref == "vm-1000")
        (cluster,) = vcenter.PARTS["clusters"](opened)
    assert (vm.cpu_used, vm.memory_active, vm.memory_consumed, vm.memory_overhead) == (None,) * 4
    assert (vm.cpu_reserved, vm.memory_reserved) == (0, 0)
    assert cluster.hosts[0].memory_used is None
    assert cluster.hosts[1].memory_used is not None


def missing(server, asked_for, told):
    """Let the server refuse to tell of one VM, with the name of this one."""
    original = server._retrieve_page

    def retrieve(call, opened):
        if asked_for in call.texts("specSet/objectSet/obj"):
            raise vmodl.fault.ManagedObjectNotFound(obj=vim.VirtualMachine(told))
        return original(call, opened)

    server._retrieve_page = retrieve


def test_a_vm_that_is_deleted_meanwhile_is_left_out(pki):
    """Between the list and its devices it went: the page is asked for again without it."""
    with session(small(), pki) as (server, opened):
        missing(server, "vm-1002", "vm-1002")
        running = vcenter.PARTS["running"](opened)
    assert sorted(vm.moref for vm in running) == ["vm-1000", "vm-1001", "vm-1003", "vm-1004"]


def test_a_vm_whose_properties_are_gone_is_answered_and_left_out(pki):
    """The answer may be that there is none: that is no silence."""
    gone = vmodl.fault.ManagedObjectNotFound(obj=vim.VirtualMachine("vm-1002"))
    with session(small(), pki) as (server, opened):
        vcenters.missing(server, "vm-1002", "config.hardware.device", gone)
        running = vcenter.PARTS["running"](opened)
    assert sorted(vm.moref for vm in running) == ["vm-1000", "vm-1001", "vm-1003", "vm-1004"]


def test_a_fault_that_names_somebody_else_is_an_error(pki):
    """Asking again would not end."""
    with session(small(), pki) as (server, opened):
        missing(server, "vm-1000", "vm-9")
        with pytest.raises(CouldNotRead, match="ManagedObjectNotFound"):
            vcenter.PARTS["running"](opened)
