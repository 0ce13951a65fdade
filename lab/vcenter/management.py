"""What a simulated vCenter has beside its inventory: alarms, tasks, licences, roles, snapshots."""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from pyVmomi import vim, vmodl

from lab.vcenter import soap
from lab.vcenter.inventory import (
    DATACENTER,
    HOST_FOLDER,
    NETWORK_FOLDER,
    READ_ONLY,
    ROOT,
    VM_FOLDER,
    Entity,
)
from lab.world.machine import Machine
from lab.world.upkeep import Licence
from lab.world.vcenter import VCenter
from lab.world.world import World

TASKS = vim.TaskManager("TaskManager")
LICENCES = vim.LicenseManager("LicenseManager")
ASSIGNER = vim.LicenseAssignmentManager("LicenseAssignmentManager")
AUTHORIZATION = vim.AuthorizationManager("AuthorizationManager")
DATASTORE_FOLDER = vim.Folder("group-s5")

ROLE = 1001
NO_ACCESS = -5
SYSTEM = ("System.Anonymous", "System.View", "System.Read")


def managed(world: World, vcenter: VCenter, inventory: Sequence[Entity]) -> list[Entity]:
    """The inventory with what is told of its objects here, and the managers beside it."""
    green = vim.ManagedEntity.Status.green
    store = {"name": "datastore", "parent": DATACENTER, "overallStatus": green}
    listed = [*inventory, Entity(DATASTORE_FOLDER, store)]
    machines = {f"vm-{world.vm_number(one)}": one for one in world.of_vcenter(vcenter.slug)}
    children: dict[Any, list[Any]] = {}
    for one in listed:
        children.setdefault(one.properties.get("parent"), []).append(one.reference)
    alarms = list(_alarms(vcenter, listed))
    tasks = list(_tasks(vcenter))
    more = {
        ROOT: {"triggeredAlarmState": soap.array("vim.alarm.AlarmState", [s for s, _ in alarms])},
        DATACENTER: {
            "vmFolder": VM_FOLDER,
            "hostFolder": HOST_FOLDER,
            "datastoreFolder": DATASTORE_FOLDER,
            "networkFolder": NETWORK_FOLDER,
        },
    }
    for one in listed:
        told = more.setdefault(one.reference, {})
        role = NO_ACCESS if one.properties.get("name") in vcenter.no_access else ROLE
        told["effectiveRole"] = soap.array("int", [role])
        if isinstance(one.reference, vim.Folder):
            below = children.get(one.reference, [])
            told["childEntity"] = soap.array("vim.ManagedEntity", below)
        elif isinstance(one.reference, vim.VirtualMachine):
            told |= _vm(machines[_moref(one.reference)])
        elif isinstance(one.reference, vim.DistributedVirtualSwitch):
            told |= _switch(vcenter, one.properties["name"])
    return [
        *(Entity(one.reference, {**one.properties, **more[one.reference]}) for one in listed),
        *(definition for _, definition in alarms),
        *tasks,
        Entity(TASKS, {"recentTask": soap.array("vim.Task", [task.reference for task in tasks])}),
        Entity(LICENCES, {"licenses": _licences(vcenter), "licenseAssignmentManager": ASSIGNER}),
        Entity(AUTHORIZATION, {"roleList": _roles(vcenter)}),
    ]


def _vm(machine: Machine) -> dict[str, Any]:
    trees = [_snapshot(number, hours) for number, hours in enumerate(machine.snapshots, 1)]
    for parent, child in itertools.pairwise(trees):
        parent.childSnapshotList = [child]
    listed = soap.array("vim.vm.SnapshotTree", trees[:1]) if trees else None
    return {
        "guest.hostName": f"{machine.name}.example.jp" if machine.tools_running else None,
        "guest.ipAddress": machine.guest_ip,
        "runtime.consolidationNeeded": machine.consolidation_needed,
        "runtime.question.text": machine.question,
        "snapshot.rootSnapshotList": listed,
    }


def _snapshot(number: int, hours: float) -> vim.vm.SnapshotTree:
    return vim.vm.SnapshotTree(
        snapshot=vim.vm.Snapshot(f"snapshot-{number}"),
        vm=vim.VirtualMachine("vm-1000"),
        name=f"snapshot {number}",
        description="",
        id=number,
        createTime=_ago(hours),
        state=vim.VirtualMachine.PowerState.poweredOn,
        quiesced=False,
        replaySupported=False,
    )


def _switch(vcenter: VCenter, name: str) -> dict[str, Any]:
    hosts = [vim.HostSystem(host.moref) for _, host in vcenter.hosts]
    return {
        "config.networkResourceControlVersion": vcenter.network_control.get(name, "version3"),
        "summary.hostMember": soap.array("vim.HostSystem", hosts),
    }


def _alarms(vcenter: VCenter, listed: Sequence[Entity]) -> Iterator[tuple[Any, Entity]]:
    """Each triggered alarm with its definition."""
    named = {one.properties.get("name"): one.reference for one in listed}
    for number, alarm in enumerate(vcenter.alarms, 1):
        definition = vim.alarm.Alarm(f"alarm-{number}")
        entity = named[alarm.entity]
        state = vim.alarm.AlarmState(
            key=f"{_moref(definition)}.{_moref(entity)}",
            entity=entity,
            alarm=definition,
            overallStatus=vim.ManagedEntity.Status(alarm.status),
            time=_ago(alarm.hours),
            acknowledged=alarm.acknowledged,
        )
        yield state, Entity(definition, {"info.name": alarm.name})


def _tasks(vcenter: VCenter) -> Iterator[Entity]:
    for number, task in enumerate(vcenter.tasks, 1):
        yield Entity(
            vim.Task(f"task-{number}"),
            {
                "info.descriptionId": task.name,
                "info.entityName": task.entity,
                "info.state": vim.TaskInfo.State(task.state),
                "info.queueTime": _ago(task.hours),
                "info.startTime": None if task.state == "queued" else _ago(task.hours),
            },
        )


def _licences(vcenter: VCenter) -> Any:
    return soap.array("vim.LicenseManager.LicenseInfo", [_licence(one) for one in vcenter.owned])


def _licence(licence: Licence) -> vim.LicenseManager.LicenseInfo:
    told: dict[str, Any] = {"ProductVersion": licence.version} if licence.version else {}
    if licence.days is not None:
        told["expirationDate"] = _ago(-24 * licence.days)
    return vim.LicenseManager.LicenseInfo(
        licenseKey=licence.key,
        editionKey=licence.edition,
        name=licence.name,
        total=0,
        costUnit="",
        properties=[vmodl.KeyAnyValue(key=key, value=value) for key, value in told.items()],
    )


def assigned(vcenter: VCenter) -> str:
    """What vCenter and its hosts use: the first licence that is for them."""
    uses = [("vc.", vcenter.instance_uuid, vcenter.slug)]
    uses += [("esx.", host.moref, host.name) for _, host in vcenter.hosts]
    return "".join(
        soap.element(
            "returnval",
            vim.LicenseAssignmentManager.LicenseAssignment(
                entityId=entity, entityDisplayName=name, assignedLicense=_licence(licence)
            ),
        )
        for prefix, entity, name in uses
        for licence in [one for one in vcenter.owned if one.suits(prefix)][:1]
    )


def _roles(vcenter: VCenter) -> Any:
    roles = {
        NO_ACCESS: ("NoAccess", ()),
        READ_ONLY: ("ReadOnly", SYSTEM),
        ROLE: ("kanmon", (*SYSTEM, *vcenter.privileges)),
    }
    return soap.array(
        "vim.AuthorizationManager.Role",
        [
            vim.AuthorizationManager.Role(
                roleId=number,
                system=number < 0,
                name=name,
                info=vim.Description(label=name, summary=name),
                privilege=list(privileges),
            )
            for number, (name, privileges) in roles.items()
        ],
    )


def _ago(hours: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC) - dt.timedelta(hours=hours)


def _moref(managed: Any) -> str:
    return str(managed._GetMoId())  # noqa: SLF001 - pyvmomi's only way to a moref
