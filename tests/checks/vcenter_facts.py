"""A vCenter's own upkeep by hand: each builder gives one good record, changed by keyword."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from kanmon.facts.vcenter.management import (
    Access,
    Alarm,
    Assignment,
    Licence,
    Licences,
    Question,
    Rights,
    Role,
    Snapshot,
    SwitchConfig,
    Task,
    VmUpkeep,
)
from tests.facts_by_hand import NOW, VM_UUID

READ_ONLY = Role(-2, "ReadOnly", ("System.Anonymous", "System.View", "System.Read"))
NO_ACCESS = Role(-5, "NoAccess", ())
WHOLE = Role(
    101, "kanmon", (*READ_ONLY.privileges, "Global.Licenses", "Host.Config.Image", "EAM.View")
)


def ago(**span: float) -> datetime:
    """A moment before that of the run."""
    return NOW - timedelta(**span)


def alarm(**changes: Any) -> Alarm:
    """A red alarm of host-21 that nobody acknowledged."""
    made = Alarm("Host memory", "host-21", "esx-01.example.jp", "red", ago(hours=2), False)
    return replace(made, **changes)


def task(**changes: Any) -> Task:
    """A clone that runs."""
    made = Task("task-7", "VirtualMachine.clone", "vdi-01", "running", ago(minutes=5))
    return replace(made, **changes)


QUESTION = Question("vm-101", "vdi-01", "Did you move it or copy it?")


def upkeep(**changes: Any) -> VmUpkeep:
    """A VM of others without any snapshot."""
    made = VmUpkeep(
        moref="vm-500",
        name="print-01",
        bios_uuid="4201abcd-0000-4000-8000-000000000500",
        host_name="print-01.example.jp",
        address="192.0.2.50",
        consolidation_needed=False,
        snapshots=(),
    )
    return replace(made, **changes)


def node_vm(**changes: Any) -> VmUpkeep:
    """The VM of the manager node dsm-1, by its host name."""
    values = {
        "moref": "vm-401",
        "name": "dsm1-vm",
        "bios_uuid": VM_UUID,
        "host_name": "dsm1.example.jp",
        "address": "192.0.2.11",
    }
    return upkeep(**{**values, **changes})


OTHERS = tuple(
    upkeep(moref=f"vm-40{number}", name=name, host_name=f"{name}.example.jp", address=None)
    for number, name in enumerate(("dsm2", "sql1", "nsxv-main", "vc-main"), 2)
)
"""The VMs of the other machines of the change, beside the node dsm-1."""


def snapshot(**age: float) -> Snapshot:
    """A snapshot of an age."""
    return Snapshot("before patch", ago(**age))


def licence(**changes: Any) -> Licence:
    """A licence of vCenter 6 that does not end."""
    made = Licence("AAAA1", "vCenter Server 6 Standard", "vc.standard.instance", "6.0", None, False)
    return replace(made, **changes)


def esxi_licence(**changes: Any) -> Licence:
    """A licence of ESXi 6 that does not end."""
    values = {"key_end": "BBBB1", "name": "vSphere 6 Plus", "edition": "esx.plus.cpuPackage"}
    return licence(**{**values, **changes})


SEVENS = (
    licence(key_end="AAAA2", name="vCenter Server 7 Standard", product_version="7.0"),
    esxi_licence(key_end="BBBB2", name="vSphere 7 Plus", product_version="7.0"),
)


def licences(*assigned: Licence, keys: Any = None) -> Licences:
    """These licences in use, by vCenter and then by hosts; in the inventory those of 7 too."""
    used = assigned or (licence(), esxi_licence())
    users = {"vc-uuid": "vc-main", "host-21": "esx-01.example.jp", "host-22": "esx-02.example.jp"}
    spread = (*used, *[esxi_licence()] * (len(users) - len(used)))
    return Licences(
        keys=(*used, *SEVENS) if keys is None else keys,
        assigned=tuple(
            Assignment(entity, name, one)
            for (entity, name), one in zip(users.items(), spread, strict=True)
        ),
    )


MEMBERS = ("host-21", "host-22")


def switch(**changes: Any) -> SwitchConfig:
    """A switch 6.5.0 with Network I/O Control 3 and two hosts."""
    return replace(SwitchConfig("dvs-50", "dvs-main", "6.5.0", "version3", MEMBERS), **changes)


def access(**changes: Any) -> Access:
    """The account's role on the root folder."""
    return replace(Access("group-d1", "Folder", "Datacenters", (101,)), **changes)


ON_HOST = access(moref="host-21", kind="HostSystem", name="esx-01.example.jp")


def rights(*accesses: Access, **changes: Any) -> Rights:
    """The role kanmon on everything."""
    made = Rights("group-d1", (NO_ACCESS, READ_ONLY, WHOLE), accesses or (access(), ON_HOST), ())
    return replace(made, **changes)
