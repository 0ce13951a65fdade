"""What the vCenter reader tells of alarms, tasks, snapshots, licences, switches and rights."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from pyVmomi import vim, vmodl

from kanmon.facts.vcenter.management import Question
from kanmon.readers.vcenter import inventory as vcenter
from lab.transport.pki import Pki
from lab.vcenter import soap
from tests.readers.vcenters import managed, read, remove, replace, session, small

PARTS = ("alarms", "activity", "upkeep", "licences", "switch_configs", "rights")
WHOLE_KEY = "LAB60-00000-00000-00000-00610"


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


def hours_ago(moment: dt.datetime) -> float:
    return (dt.datetime.now(dt.UTC) - moment) / dt.timedelta(hours=1)


def test_a_quiet_vcenter(pki):
    """Nothing is open, nothing is under way, and every VM and switch was looked at."""
    with session(small(), pki) as (_, opened):
        facts = {part: vcenter.PARTS[part](opened) for part in PARTS}
    assert facts["alarms"] == ()
    assert (facts["activity"].vms, facts["activity"].tasks) == (5, ())
    assert len(facts["upkeep"]) == 5
    assert all(vm.snapshots == () and vm.consolidation_needed is False for vm in facts["upkeep"])
    assert [(s.version, s.network_control, s.hosts) for s in facts["switch_configs"]] == [
        ("6.5.0", "version3", ("host-21", "host-22", "host-23"))
    ]
    assert facts["rights"].unseen == ()


def test_alarms_have_the_names_of_definition_and_object(pki):
    """Two objects share a definition; green and gray alarms are not triggered."""
    shared = {"name": "Host memory", "entity": "esx-01.example.jp", "hours": 3}
    world = managed(
        alarms=[
            shared,
            {"name": "Backup", "entity": "Datacenters", "status": "yellow", "acknowledged": True},
            {"name": "Quiet", "entity": "vm-01", "status": "green"},
            {"name": "Unknown", "entity": "vm-01", "status": "gray"},
        ]
    )
    first, second = read(world, pki, "alarms")
    assert (first.name, first.entity, first.entity_name) == (
        "Host memory",
        "host-21",
        "esx-01.example.jp",
    )
    assert (first.status, first.acknowledged, round(hours_ago(first.since))) == ("red", False, 3)
    assert (second.name, second.entity, second.status) == ("Backup", "group-d1", "yellow")
    assert second.acknowledged


def test_alarms_are_read_in_bulk(pki):
    """Forty alarms on one definition cost one request for alarms and one for objects."""
    one = {"name": "Host memory", "entity": "esx-01.example.jp"}
    with session(managed(alarms=[one] * 40), pki) as (server, opened):
        before = len(server.methods)
        assert len(vcenter.PARTS["alarms"](opened)) == 40
        assert server.methods[before:] == ["RetrievePropertiesEx"] * 3


def test_tasks_that_have_not_ended(pki):
    """Running ones since their start, queued ones since they were queued; ended ones are left."""
    world = managed(
        tasks=[
            {"name": "VirtualMachine.clone", "entity": "vm-01", "hours": 2},
            {"name": "Datastore.rescan", "state": "queued", "hours": 1},
            {"name": "VirtualMachine.powerOn", "entity": "vm-02", "state": "success"},
            {"name": "VirtualMachine.powerOff", "entity": "vm-02", "state": "error"},
        ]
    )
    tasks = read(world, pki, "activity").tasks
    assert [(t.moref, t.name, t.entity_name, t.state) for t in tasks] == [
        ("task-1", "VirtualMachine.clone", "vm-01", "running"),
        ("task-2", "Datastore.rescan", None, "queued"),
    ]
    assert [round(hours_ago(task.since)) for task in tasks] == [2, 1]


def test_questions_of_vms(pki):
    """What a VM asks comes in one line."""
    world = managed({"count": 1, "question": "Moved\nor   copied?"})
    activity = read(world, pki, "activity")
    assert activity.questions == (Question("vm-1000", "vm", "Moved or copied?"),)


def test_every_snapshot_of_a_tree(pki):
    """A chain and its branches come whole, the names of machine and guest beside it."""
    changes = {"count": 1, "snapshots": [100, 10, 1], "guest_ip": "192.0.2.7"}
    with session(managed(changes), pki) as (server, opened):
        (vm,) = vcenter.PARTS["upkeep"](opened)
        tree = next(
            e for e in server._entities if "snapshot.rootSnapshotList" in e.properties
        ).properties["snapshot.rootSnapshotList"]
        tree[0].childSnapshotList.append(tree[0].childSnapshotList[0])
        replace(server, "vm-1000", snapshot__rootSnapshotList=tree)
        (branched,) = vcenter.PARTS["upkeep"](opened)
    assert [(s.name, round(hours_ago(s.created))) for s in vm.snapshots] == [
        ("snapshot 1", 100),
        ("snapshot 2", 10),
        ("snapshot 3", 1),
    ]
    assert (vm.host_name, vm.address) == ("vm.example.jp", "192.0.2.7")
    assert len(branched.snapshots) == 5


def test_a_long_chain_of_snapshots(pki):
    """Thirty-two snapshots, the most that vSphere keeps of a VM, are thirty-two."""
    (vm,) = read(managed({"count": 1, "snapshots": list(range(32, 0, -1))}), pki, "upkeep")
    assert len(vm.snapshots) == 32


def test_vms_are_read_in_pages(pki):
    """Two hundred and fifty VMs come in three pages, without a request for each."""
    with session(managed({"count": 250}), pki) as (server, opened):
        before = len(server.methods)
        assert len(vcenter.PARTS["upkeep"](opened)) == 250
        assert server.methods[before:].count("ContinueRetrievePropertiesEx") == 2
        assert len(server.methods) - before == 5


def test_licences_in_use_and_in_the_inventory(pki):
    """VCenter and each host has one, the inventory those of the next release too."""
    licences = read(small(), pki, "licences")
    assert [(one.entity_name, one.licence.key_end) for one in licences.assigned] == [
        ("vc", "00610"),
        *((f"esx-0{n}.example.jp", "00620") for n in (1, 2, 3)),
    ]
    assert [(one.edition.split(".")[0], one.product_version) for one in licences.keys] == [
        ("vc", "6.0"),
        ("esx", "6.0"),
        ("vc", "7.0"),
        ("esx", "7.0"),
    ]
    assert WHOLE_KEY not in repr(licences)


def test_a_licence_that_ends(pki):
    """The day stands in a property of the licence."""
    ends = {"key": WHOLE_KEY, "name": "vc", "edition": "vc.standard.instance", "days": 10}
    licences = read(managed(licences=[ends]), pki, "licences")
    assert round(hours_ago(licences.assigned[0].licence.expires) / 24) == -10


def test_an_evaluation_ends_with_what_uses_it(pki):
    """The day of an evaluation stands with its user; of a bought licence it means nothing."""
    until = dt.datetime(2027, 1, 31, tzinfo=dt.UTC)
    left = vim.LicenseManager.EvaluationInfo(
        properties=[vmodl.KeyAnyValue(key="expirationDate", value=until)]
    )
    found = {}
    for edition in ("eval", "vc.standard.instance"):
        info = vim.LicenseManager.LicenseInfo(
            licenseKey="00000-00000-00000-00000-00000",
            editionKey=edition,
            name="Evaluation Mode",
            total=0,
            costUnit="",
        )
        used = vim.LicenseAssignmentManager.LicenseAssignment(
            entityId="host-21",
            assignedLicense=info,
            properties=[vmodl.KeyAnyValue(key="Evaluation", value=left)],
        )
        with session(small(), pki) as (server, opened):
            answer = soap.element("returnval", used)
            server._assigned_licences = lambda *_, answer=answer: answer
            (found[edition],) = vcenter.PARTS["licences"](opened).assigned
    evaluation, bought = (one.licence for one in found.values())
    assert (evaluation.expires, evaluation.evaluation) == (until, True)
    assert (bought.expires, bought.evaluation) == (None, False)
    assert found["eval"].entity_name == "host-21"


def test_the_roles_on_every_container_and_host(pki):
    """Folders, datacenter, cluster and hosts with the account's roles; VMs are not among them."""
    rights = read(managed(no_access=["esx-02.example.jp"]), pki, "rights")
    roles = {one.name: (one.kind, one.roles) for one in rights.access}
    assert roles["Datacenters"] == ("Folder", (1001,))
    assert roles["Datacenter"] == ("Datacenter", (1001,))
    assert roles["Protected"] == ("ComputeResource", (1001,))
    assert roles["esx-01.example.jp"] == ("HostSystem", (1001,))
    assert roles["esx-02.example.jp"] == ("HostSystem", (-5,))
    assert len(roles) == len(rights.access) == 10
    assert rights.root == "group-d1"
    (ours,) = [role for role in rights.roles if role.id == 1001]
    assert set(ours.privileges) >= {"System.Read", "Global.Licenses"}


@pytest.mark.parametrize(
    ("kind", "unseen", "by"),
    [
        (vim.VirtualMachine, "vm-1000", "vm (group-v3)"),
        (vim.VirtualMachine, "vm-1000", "esx-01.example.jp (host-21)"),
        (vim.HostSystem, "host-22", "Protected (domain-c7)"),
        (vim.ComputeResource, "domain-c7", "host (group-h4)"),
        (vim.DistributedVirtualSwitch, "dvs-50", "network (group-n6)"),
    ],
)
def test_what_is_named_and_hidden(pki, kind, unseen, by):
    """An object that is not in the answer is given away by those that name it."""
    with session(small(), pki) as (server, opened):
        remove(server, kind)
        found = vcenter.PARTS["rights"](opened).unseen
    assert (unseen, by) in {(one.moref, one.named_by) for one in found}


@pytest.mark.parametrize(
    ("folder", "hidden"),
    [
        ("group-n6", vim.dvs.VmwareDistributedVirtualSwitch("dvs-99")),
        ("group-n6", vim.dvs.DistributedVirtualPortgroup("dvportgroup-99")),
        ("group-n6", vim.Network("network-99")),
        ("group-n6", vim.Datastore("datastore-99")),
        ("group-v3", vim.VirtualApp("resgroup-v99")),
    ],
)
def test_whatever_a_folder_names_is_missed(pki, folder, hidden):
    """Switches, port groups, networks, datastores and vApps are given away like VMs."""
    with session(small(), pki) as (server, opened):
        replace(server, folder, childEntity=soap.array("vim.ManagedEntity", [hidden]))
        found = vcenter.PARTS["rights"](opened).unseen
    assert [(one.moref, one.named_by.split(" (")[1]) for one in found] == [
        (hidden._GetMoId(), f"{folder})")
    ]
