"""What the vCenter reader tells of alarms, tasks, snapshots, licences, switches and rights."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from pyVmomi import vim, vmodl

from kanmon.errors import CouldNotRead, NotAllowed, TargetLost
from kanmon.facts import Unread
from kanmon.facts.vcenter_management import Question
from kanmon.readers import vcenter
from kanmon.readers.vcenter_session import RIGHTS
from lab import vcenter_soap as soap
from lab.pki import Pki
from lab.vcenter import VCenterServer
from lab.vcenter_inventory import Entity
from lab.world import World
from tests.readers.vcenters import misbehaving, remove, replace, session, small

PARTS = ("alarms", "activity", "upkeep", "licences", "switch_configs", "rights")
ON_THE_ROOT = ("alarms", "activity", "upkeep", "switch_configs", "rights")
WHOLE_KEY = "LAB60-00000-00000-00000-00610"


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


def managed(machine: dict | None = None, **changes) -> World:
    """The small vCenter with changes of its table, and of its one kind of machine."""
    table = {**small().model_dump()["vcenter"][0], **changes}
    vms = {"name": "vm", "count": 5, "vcenter": "vc", **(machine or {})}
    return small(vcenter=[table], machine=[vms])


def read(world: World, pki: Pki, part: str):
    with session(world, pki) as (_, opened):
        return vcenter.PARTS[part](opened)


def hours_ago(moment: dt.datetime) -> float:
    return (dt.datetime.now(dt.UTC) - moment) / dt.timedelta(hours=1)


# What is read


def test_a_quiet_vcenter(pki):
    """Nothing is open, nothing is under way, and every VM and switch was looked at."""
    with session(small(), pki) as (_, opened):
        facts = {part: vcenter.PARTS[part](opened) for part in PARTS}
    assert facts["alarms"] == ()
    assert (facts["activity"].vms, facts["activity"].tasks) == (5, ())
    assert len(facts["upkeep"]) == 5
    assert all(vm.snapshots == () and vm.consolidation_needed is False for vm in facts["upkeep"])
    assert [(s.version, s.network_control, s.hosts) for s in facts["switch_configs"]] == [
        ("6.5.0", "version3", 3)
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
        (vim.HostSystem, "host-22", "Protected (domain-c7)"),
        (vim.ComputeResource, "domain-c7", "host (group-h4)"),
    ],
)
def test_what_is_named_and_hidden(pki, kind, unseen, by):
    """An object that is not in the answer is given away by those that name it."""
    with session(small(), pki) as (server, opened):
        remove(server, kind)
        found = vcenter.PARTS["rights"](opened).unseen
    assert (unseen, by) in {(one.moref, one.named_by) for one in found}


# It fails closed


@pytest.mark.parametrize("part", PARTS)
def test_an_account_without_rights_sees_no_quiet_vcenter(pki, part):
    """An account that may log in and read nothing gets an error, never "nothing is open"."""
    with pytest.raises(CouldNotRead, match="NoPermission") as error:
        read(misbehaving("weak rights"), pki, part)
    assert error.value.advice == RIGHTS


@pytest.mark.parametrize("role", [-5, -4, -3])
@pytest.mark.parametrize("part", ON_THE_ROOT)
def test_a_role_that_reads_nothing_is_refused(pki, part, role):
    """Silence is believed only beside a role on the root folder that reads."""
    with session(small(), pki) as (server, opened):
        replace(server, "group-d1", effectiveRole=soap.array("int", [role]))
        with pytest.raises(CouldNotRead, match="no role on the root folder"):
            vcenter.PARTS[part](opened)


def test_what_vsphere_leaves_unset_is_none(pki):
    """No guest, no version: each is None; no list of alarms or tasks is none of them."""
    with session(managed({"count": 1}), pki) as (server, opened):
        names = ("config__uuid", "guest__hostName", "runtime__consolidationNeeded")
        replace(server, "vm-1000", **dict.fromkeys(names))
        replace(server, "group-d1", triggeredAlarmState=None)
        replace(server, "TaskManager", recentTask=None)
        paths = ("summary__productInfo__version", "config__networkResourceControlVersion")
        replace(server, "dvs-50", **dict.fromkeys(paths), summary__hostMember=None)
        (vm,) = vcenter.PARTS["upkeep"](opened)
        (switch,) = vcenter.PARTS["switch_configs"](opened)
        assert vcenter.PARTS["alarms"](opened) == ()
        assert vcenter.PARTS["activity"](opened).tasks == ()
    assert (vm.bios_uuid, vm.host_name, vm.consolidation_needed) == (None, None, None)
    assert (switch.version, switch.network_control, switch.hosts) == (None, None, 0)


def test_a_task_without_a_state_is_an_error(pki):
    """What cannot be told from one that ended is not left out."""
    with session(managed(tasks=[{"name": "x"}]), pki) as (server, opened):
        replace(server, "task-1", info__state=None)
        with pytest.raises(CouldNotRead, match=r"info\.state"):
            vcenter.PARTS["activity"](opened)


def test_a_task_without_any_time_is_an_error(pki):
    """Since when it runs is part of the finding."""
    with session(managed(tasks=[{"name": "x"}]), pki) as (server, opened):
        replace(server, "task-1", info__startTime=None, info__queueTime=None)
        with pytest.raises(CouldNotRead, match=r"info\.queueTime"):
            vcenter.PARTS["activity"](opened)


def test_an_alarm_whose_definition_is_gone_is_an_error(pki):
    """A triggered alarm is never dropped for want of its name."""
    world = managed(alarms=[{"name": "Host memory", "entity": "esx-01.example.jp"}])
    with session(world, pki) as (server, opened):
        remove(server, vim.alarm.Alarm)
        with pytest.raises(CouldNotRead, match="ManagedObjectNotFound"):
            vcenter.PARTS["alarms"](opened)


def test_an_alarm_that_vanishes_while_it_is_read_is_an_error(pki):
    """Its own page says that it is gone: then the list of before holds no longer."""
    world = managed(alarms=[{"name": "Host memory", "entity": "esx-01.example.jp"}])
    gone = vmodl.fault.ManagedObjectNotFound(obj=vim.alarm.Alarm("alarm-1"))
    with session(world, pki) as (server, opened):
        missing(server, "alarm-1", "info.name", gone)
        with pytest.raises(CouldNotRead, match="run it again"):
            vcenter.PARTS["alarms"](opened)


def test_licence_keys_that_are_refused_leave_those_in_use(pki):
    """Read-only is refused the inventory by the privilege's name; what is in use is read."""
    denied = vim.fault.NoPermission(object=vim.Folder("x"), privilegeId="Global.Licenses")
    with session(small(), pki) as (server, opened):
        missing(server, "LicenseManager", "licenses", denied)
        licences = vcenter.PARTS["licences"](opened)
    assert isinstance(licences.keys, Unread)
    assert "Global.Licenses" in licences.keys.reason
    assert len(licences.assigned) == 4


def test_no_licences_at_all_are_not_believed(pki):
    """Every vCenter has an evaluation at least, and uses some licence itself."""
    with session(small(), pki) as (server, opened):
        replace(server, "LicenseManager", licenses=None)
        assert isinstance(vcenter.PARTS["licences"](opened).keys, Unread)
        server._assigned_licences = lambda *_: ""
        with pytest.raises(CouldNotRead, match="vCenter itself always does"):
            vcenter.PARTS["licences"](opened)


def test_a_session_that_ends_between_licences_is_lost(pki):
    """That is no missing privilege."""
    ended = vim.fault.NotAuthenticated(object=vim.Folder("x"), privilegeId="System.View")

    def raises(*_):
        raise ended

    with session(small(), pki) as (server, opened):
        server._retrieve_page = raises
        with pytest.raises(TargetLost, match="NotAuthenticated"):
            vcenter.PARTS["licences"](opened)


@pytest.mark.parametrize("field", ["licenseKey", "editionKey", "name"])
def test_a_licence_that_lacks_something_is_an_error(pki, field):
    """What is missing is named, and no key stands in the error."""
    with session(small(), pki) as (server, opened):
        manager = next(e for e in server._entities if "licenses" in e.properties)
        setattr(manager.properties["licenses"][0], field, "")
        with pytest.raises(CouldNotRead, match=f"no {field}") as error:
            vcenter.PARTS["licences"](opened)
    assert WHOLE_KEY not in str(error.value)


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("activity", "taskManager"),
        ("licences", "licenseManager"),
        ("rights", "authorizationManager"),
    ],
)
def test_a_manager_that_is_not_there_is_an_error(pki, part, name):
    """A vCenter without one is none that can be judged."""
    with session(small(), pki) as (_, opened):
        setattr(opened.content, name, None)
        with pytest.raises(CouldNotRead, match=f"read {name}"):
            vcenter.PARTS[part](opened)


def test_no_licence_is_ever_changed(pki):
    """What assigns or removes a licence, or changes a role, is refused before it is sent."""
    with session(small(), pki) as (server, opened):
        before = list(server.methods)
        stub = opened.service._stub
        assigner = vim.LicenseAssignmentManager("LicenseAssignmentManager", stub)
        with pytest.raises(NotAllowed, match="RemoveAssignedLicense"):
            assigner.RemoveAssignedLicense("host-21")
        with pytest.raises(NotAllowed, match="UpdateAssignedLicense"):
            assigner.UpdateAssignedLicense("host-21", "key")
        roles = vim.AuthorizationManager("AuthorizationManager", stub)
        with pytest.raises(NotAllowed, match="RemoveAuthorizationRole"):
            roles.RemoveAuthorizationRole(1, False)
        assert server.methods == before


def missing(server: VCenterServer, moref: str, path: str, fault: vmodl.MethodFault) -> None:
    """Let a property of an object be in missingSet."""

    class Missing(Entity):
        def content(self, paths):
            left = tuple(one for one in paths if one != path)
            if left == paths:
                return super().content(paths)
            told = f"<missingSet><path>{path}</path>{soap.element('fault', fault)}</missingSet>"
            return super().content(left) + told

    for number, entity in enumerate(server._entities):
        if entity.reference._GetMoId() == moref:
            server._entities[number] = Missing(entity.reference, entity.properties)
