"""A vCenter's own upkeep, read in bulk: alarms, work under way, snapshots, licences, rights.

Rights and emptiness: no alarm, no task, no snapshot and no distributed switch are ordinary, so each
of these answers is believed only beside a role on the root folder that reads. No VM at all is
believed only when the hosts list none either. No licence and no assignment at all are errors: every
vCenter has both, an evaluation if nothing else.
"""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pyVmomi import vim

from kanmon.errors import CouldNotRead, Denied
from kanmon.facts import Unread
from kanmon.facts.vcenter.management import (
    Access,
    Activity,
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
    Unseen,
    VmUpkeep,
)
from kanmon.readers import apart
from kanmon.readers.transport.unread import or_unread
from kanmon.readers.vcenter.emptiness import no_vms
from kanmon.readers.vcenter.found import each
from kanmon.readers.vcenter.session import RIGHTS, Found, Session, required
from kanmon.text import Text

QUIET = ("green", "gray")
ENDED = ("success", "error")
TASK = ("info.descriptionId", "info.entityName", "info.state", "info.queueTime", "info.startTime")
VM = (
    "name",
    "config.uuid",
    "guest.hostName",
    "guest.ipAddress",
    "runtime.consolidationNeeded",
    "snapshot.rootSnapshotList",
)
SWITCH = (
    "name",
    "summary.productInfo.version",
    "summary.hostMember",
    "config.networkResourceControlVersion",
)
EVALUATION = "eval"
KEY_END = 5

CONTAINERS: Mapping[type, tuple[str, ...]] = {
    vim.Folder: ("childEntity",),
    vim.Datacenter: ("vmFolder", "hostFolder", "datastoreFolder", "networkFolder"),
    vim.ComputeResource: ("host",),
    vim.HostSystem: ("vm",),
}
"""What names other objects of the inventory; the role is read of each of these types."""
NAMED = (
    vim.VirtualMachine,
    vim.VirtualApp,
    vim.Datastore,
    vim.Network,
    vim.DistributedVirtualSwitch,
)
"""What containers name besides; port groups are networks."""
SEEN = (*CONTAINERS, *NAMED)


def alarms(session: Session) -> tuple[Alarm, ...]:
    """Every red and yellow alarm of the whole inventory, with the names of alarm and object."""
    found = session.root("triggeredAlarmState").find("triggeredAlarmState", list) or ()
    states = [state for state in found if str(state.overallStatus) not in QUIET]
    alarmed = _read(session, (state.alarm for state in states), "info.name")
    entities = _read(session, (state.entity for state in states), "name")
    tried = Text("read the alarms of {where}", where=session.target.where)

    def alarm(state: Any) -> Alarm:
        entity_name = _name(session, entities, state.entity, "name")
        return Alarm(
            name=_name(session, alarmed, state.alarm, "info.name"),
            entity=_moref(state.entity),
            entity_name=entity_name,
            status=str(state.overallStatus),
            since=_moment(state.time, tried),
            acknowledged=bool(state.acknowledged),
        )

    return apart.each(states, alarm, lambda state: _of_alarm(state, alarmed, entities))


def _read(session: Session, objects: Iterable[Any], path: str) -> dict[Any, Found]:
    """Objects with one property, each read once."""
    wanted = list(dict.fromkeys(one for one in objects if one is not None))
    return {one.object: one for one in session.each(wanted, path)}


def _name(session: Session, read: Mapping[Any, Found], one: Any, path: str) -> str:
    """The name of an object.

    Raises:
        CouldNotRead: it was not answered, or the object is gone.
    """
    if one in read:
        return read[one].take(path, str)
    tried = Text(
        "read {path} of {missing} at {where}",
        path=path,
        missing=_moref(one) if one is not None else Text("unset"),
        where=session.target.where,
    )
    raise CouldNotRead(tried, Text("ManagedObjectNotFound: it is gone"), Text("run it again"))


def _of_alarm(state: Any, alarmed: Mapping[Any, Found], entities: Mapping[Any, Found]) -> str:
    """What is known of an alarm that could not be read: its name, or what it is of."""
    named = alarmed[state.alarm].values.get("info.name") if state.alarm in alarmed else None
    of = entities[state.entity].subject if state.entity in entities else None
    return Text("alarm {name} of {of}", name=named or Text("unset"), of=of or Text("unset"))


def activity(session: Session) -> Activity:
    """Tasks that have not ended, and the VMs that wait for an answer.

    vCenter forgets a task only some time after its end, so one that it lists and then does not know
    any more has ended; one that it says nothing of is an error.
    """
    vms = session.inventory({vim.VirtualMachine: ("name", "runtime.question.text")})
    if not vms:
        no_vms(session)
    manager = _manager(session, "taskManager")
    recent = session.properties(manager, "recentTask").find("recentTask", list) or ()
    listed = session.each(recent, *TASK)
    return Activity(
        vms=len(vms),
        tasks=tuple(one for one in each(listed, _task) if one.state not in ENDED),
        questions=tuple(filter(None, each(vms, _question))),
    )


def _question(found: Found) -> Question | None:
    text = found.find("runtime.question.text", str)
    if text is None:
        return None
    return Question(found.moref, found.take("name", str), " ".join(text.split()))


def _task(found: Found) -> Task:
    started = found.find("info.startTime", datetime) or found.take("info.queueTime", datetime)
    return Task(
        moref=found.moref,
        name=found.take("info.descriptionId", str),
        entity_name=found.find("info.entityName", str),
        state=found.take("info.state", str),
        since=_moment(started, Text("read when {found} started", found=found.label)),
    )


def upkeep(session: Session) -> tuple[VmUpkeep, ...]:
    """Every VM with its snapshots; vCenter sends a tree only where there is one."""
    found = session.inventory({vim.VirtualMachine: VM})
    if not found:
        no_vms(session)
    return each(found, _vm_upkeep)


def _vm_upkeep(one: Found) -> VmUpkeep:
    return VmUpkeep(
        moref=one.moref,
        name=one.take("name", str),
        bios_uuid=one.find("config.uuid", str),
        host_name=one.find("guest.hostName", str) or None,
        address=one.find("guest.ipAddress", str) or None,
        consolidation_needed=one.find("runtime.consolidationNeeded", bool),
        snapshots=tuple(_snapshots(one.find("snapshot.rootSnapshotList", list) or (), one)),
    )


def _snapshots(trees: Sequence[Any], vm: Found) -> Iterator[Snapshot]:
    """Every snapshot of a tree; the stack is our own, for a chain may be long."""
    left = list(reversed(trees))
    while left:
        tree = left.pop()
        yield Snapshot(
            str(tree.name),
            _moment(tree.createTime, Text("read the snapshots of {vm}", vm=vm.label)),
        )
        left += reversed(tree.childSnapshotList or ())


def licences(session: Session) -> Licences:
    """The licences of the inventory, and those in use; never a whole key."""
    manager = _manager(session, "licenseManager")
    tried = Text("read the licences of {where}", where=session.target.where)
    found = session.properties(manager, "licenseAssignmentManager")
    assigner = found.take("licenseAssignmentManager", vim.LicenseAssignmentManager)
    assigned = assigner.QueryAssignedLicenses(None)
    if not assigned:
        raise Denied(tried, Text("nothing has one, though vCenter itself always does"), RIGHTS)
    return Licences(
        keys=_keys(session, manager, tried),
        assigned=apart.each(
            assigned,
            lambda one: Assignment(
                entity=required(one, "entityId", tried),
                entity_name=one.entityDisplayName or one.entityId,
                licence=_licence(one.assignedLicense, one.properties, tried),
            ),
            lambda one: Text("the licence of {entity}", entity=_of_licence(one)),
        ),
    )


def _of_licence(assigned: Any) -> str:
    return str(assigned.entityDisplayName or assigned.entityId or Text("unset"))


def _keys(session: Session, manager: Any, tried: str) -> tuple[Licence, ...] | Unread:
    """The inventory of licences, for which vCenter asks for a privilege of its own."""
    listed = or_unread(lambda: session.properties(manager, "licenses").find("licenses", list))
    if isinstance(listed, Unread):
        return listed
    if not listed:
        return Unread(
            Text(
                "tried to {tried}; got: none at all, though vCenter always has an evaluation",
                tried=tried,
            )
        )
    return apart.each(
        listed,
        lambda one: _licence(one, (), tried),
        lambda one: Text("the licence ...{key}", key=(one.licenseKey or "")[-KEY_END:]),
    )


def _licence(info: Any, assigned: Iterable[Any], tried: str) -> Licence:
    """A licence; an evaluation tells its end with what uses it."""
    key = required(info, "licenseKey", tried)
    edition = required(info, "editionKey", tried)
    own = _properties(info.properties)
    rest = _properties(getattr(_properties(assigned).get("Evaluation"), "properties", None))
    evaluation = edition == EVALUATION
    expires = own.get("expirationDate") or (rest.get("expirationDate") if evaluation else None)
    version = own.get("ProductVersion")
    return Licence(
        key_end=key[-KEY_END:],
        name=required(info, "name", tried),
        edition=edition,
        product_version=str(version) if version else None,
        expires=_moment(expires, tried) if expires is not None else None,
        evaluation=evaluation,
    )


def _properties(listed: Iterable[Any] | None) -> dict[str, Any]:
    return {one.key: one.value for one in listed or ()}


def switch_configs(session: Session) -> tuple[SwitchConfig, ...]:
    """Every distributed switch with its version and that of Network I/O Control."""
    found = session.inventory({vim.DistributedVirtualSwitch: SWITCH})
    return each(
        found,
        lambda one: SwitchConfig(
            moref=one.moref,
            name=one.take("name", str),
            version=one.find("summary.productInfo.version", str),
            network_control=one.find("config.networkResourceControlVersion", str),
            hosts=_members(one),
        ),
    )


def _members(switch: Found) -> tuple[str, ...] | None:
    members = switch.find("summary.hostMember", list)
    return None if members is None else tuple(_moref(host) for host in members)


def rights(session: Session) -> Rights:
    """The account's roles on every container and host, and what it is named but cannot see.

    An object without any right is not in the answer at all; what names it (its folder, its
    datacenter, its cluster, its host) gives it away where vCenter does not hide that too.
    """
    wanted = {kind: ("name", "effectiveRole", *paths) for kind, paths in CONTAINERS.items()}
    found = session.inventory({**wanted, **dict.fromkeys(NAMED, ("name",))})
    seen = {one.object for one in found}
    listed = session.properties(_manager(session, "authorizationManager"), "roleList")
    containers = each(
        [one for one in found if not isinstance(one.object, NAMED)],
        lambda one: (one, tuple(_roles(one)), tuple(_named_by(one))),
    )
    return Rights(
        root=_moref(session.content.rootFolder),
        roles=tuple(
            Role(role.roleId, role.name, tuple(role.privilege or ()))
            for role in listed.take("roleList", list)
        ),
        access=tuple(
            Access(one.moref, _kind(one), one.called, roles) for one, roles, _ in containers
        ),
        unseen=tuple(
            Unseen(_moref(other), one.subject)
            for one, _, named in containers
            for other in named
            if other not in seen
        ),
    )


def _roles(found: Found) -> Sequence[int]:
    return found.find("effectiveRole", list) or ()


def _kind(found: Found) -> str:
    return next(kind.__name__.rpartition(".")[2] for kind in SEEN if isinstance(found.object, kind))


def _named_by(found: Found) -> Iterator[Any]:
    """What an object names: containers, hosts, and all that stands in folders."""
    for kind, paths in CONTAINERS.items():
        for path in paths if isinstance(found.object, kind) else ():
            value = found.find(path, object) or ()
            named = value if isinstance(value, list) else [value]
            yield from (one for one in named if isinstance(one, SEEN))


def _manager(session: Session, name: str) -> Any:
    """A manager of the ``ServiceContent``."""
    manager = getattr(session.content, name, None)
    if manager is None:
        raise CouldNotRead(
            Text("read {name} of {where}", name=name, where=session.target.where),
            Text("vCenter names no such manager"),
        )
    return manager


def _moref(managed: Any) -> str:
    return str(managed._GetMoId())  # noqa: SLF001 - pyvmomi's only way to a moref


def _moment(value: Any, tried: str) -> datetime:
    """A time of vCenter's, in UTC."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise CouldNotRead(tried, Text("{value}, expected a time with its zone", value=repr(value)))
    return value.astimezone(UTC)
