"""What is told of a vCenter's upkeep fails closed: weak rights, odd answers, what is never sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyVmomi import vim, vmodl

from kanmon.errors import CouldNotRead, NotAllowed, TargetLost
from kanmon.facts import Unread
from kanmon.readers.vcenter import inventory as vcenter
from kanmon.readers.vcenter.session import RIGHTS
from lab.transport.pki import Pki
from lab.vcenter import soap
from lab.vcenter.inventory import Entity
from tests.readers.vcenters import (
    managed,
    misbehaving,
    missing,
    read,
    remove,
    replace,
    session,
    small,
    turn,
)

PARTS = ("alarms", "activity", "upkeep", "licences", "switch_configs", "rights")
ON_THE_ROOT = ("alarms", "activity", "upkeep", "switch_configs", "rights")
WHOLE_KEY = "LAB60-00000-00000-00000-00610"


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


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
    assert (switch.version, switch.network_control, switch.hosts) == (None, None, None)


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


@pytest.mark.parametrize(("part", "moref"), [("alarms", "alarm-1"), ("activity", "task-1")])
def test_an_object_that_is_not_answered_is_never_left_out(pki, part, moref):
    """Half an answer is an error that names what is missing, not a quiet vCenter."""
    world = managed(
        alarms=[{"name": name, "entity": "esx-01.example.jp"} for name in ("x", "y")],
        tasks=[{"name": name} for name in ("x", "y")],
    )

    with session(world, pki) as (server, opened):
        answer = server._contents
        server._contents = lambda *asked: (
            one for one in answer(*asked) if f">{moref}</obj>" not in one
        )
        with pytest.raises(CouldNotRead, match=f"no answer about {moref}"):
            vcenter.PARTS[part](opened)


def test_a_task_that_ended_and_was_forgotten_is_no_error(pki):
    """It is over, whether the page is refused for it or its own part says so; the other is told."""
    world = managed(tasks=[{"name": "x"}, {"name": "y"}])
    gone = vmodl.fault.ManagedObjectNotFound(obj=vim.Task("task-1"))
    with session(world, pki) as (server, opened):
        missing(server, "task-1", "info.state", gone)
        assert [one.moref for one in vcenter.PARTS["activity"](opened).tasks] == ["task-2"]
        server._entities[:] = [e for e in server._entities if e.reference._GetMoId() != "task-1"]
        assert [one.moref for one in vcenter.PARTS["activity"](opened).tasks] == ["task-2"]


@pytest.mark.parametrize("part", ["activity", "upkeep"])
def test_no_vms_are_believed_only_when_hosts_list_none(pki, part):
    """A role that does not reach down to the VMs must not read as a vCenter at rest."""
    with session(managed({"count": 1}), pki) as (server, opened):
        remove(server, vim.VirtualMachine)
        with pytest.raises(CouldNotRead, match="its hosts list 1"):
            vcenter.PARTS[part](opened)


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

    class Ended(Entity):
        def content(self, paths):
            if "licenses" in paths:
                raise ended
            return super().content(paths)

    with session(small(), pki) as (server, opened):
        turn(server, "LicenseManager", Ended)
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
