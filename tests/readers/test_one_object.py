"""Whatever one object of a vCenter leaves unset or tells strangely, it alone is lost, and told."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pyVmomi import vim

from kanmon.errors import CouldNotRead
from kanmon.readers.apart import gathering
from kanmon.readers.vcenter import inventory as vcenter
from lab.transport.pki import Pki
from lab.vcenter.inventory import Entity
from lab.world.upkeep import LICENCES
from tests.readers.vcenters import missing, session, small

HOST = {"version": "6.5.0", "build": "8294253", "profile": "gold"}
CLUSTERS = [
    {
        "name": f"Cluster {number}",
        "number": number,
        "settings": {"vsan": True},
        "hosts": [
            {"name": f"esx-{number}{n}.example.jp", "number": 10 * number + n, **HOST}
            for n in (1, 2)
        ],
    }
    for number in (3, 4)
]
ALARM = {"name": "Host CPU usage", "entity": "esx-32.example.jp"}
VCENTER = {
    **small().model_dump()["vcenter"][0],
    "clusters": CLUSTERS,
    "switches": [("dvs-a", "6.5.0"), ("dvs-b", "6.5.0")],
    "alarms": [ALARM, {**ALARM, "name": "Host memory usage", "entity": "esx-31.example.jp"}],
    "tasks": [{"name": "VirtualMachine.migrate", "entity": "vm-01"}, {"name": "Folder.create"}],
    "profiles": {"gold": "compliant"},
    "key_providers": {"kms": ["kms-1"]},
}
MACHINES = [
    {"name": "vm", "count": 3, "vcenter": "vc", "snapshots": [1], "question": "Really?"},
    {"name": "safe", "count": 2, "vcenter": "vc", "key_provider": "kms"},
]
OF_MANY = (
    vim.VirtualMachine,
    vim.HostSystem,
    vim.ComputeResource,
    vim.DistributedVirtualSwitch,
    vim.Datastore,
    vim.Network,
    vim.Task,
    vim.alarm.Alarm,
    vim.host.CertificateManager,
)
"""Of the others a vCenter has one, or an answer without it is whole."""
REFUSED = vim.fault.NoPermission(object=vim.Folder("x"), privilegeId="System.Read")
APPLIANCE = (
    *("appliance", "backups", "storage", "readings", "services", "root_account", "agencies"),
    *("signing_certificate", "trusted_roots", "naming", "linked", "availability", "about", "clock"),
)
"""Parts that ask for no property of the inventory."""
PARTS = [part for part in vcenter.PARTS if part not in APPLIANCE]


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


def world():
    return small(vcenter=[VCENTER], machine=MACHINES)


def records(fact: Any) -> set[str]:
    """The objects of a fact by what identifies them, wherever in it they stand."""
    if isinstance(fact, tuple):
        return {one for each in fact for one in _named(each)}
    fields = [getattr(fact, one.name) for one in dataclasses.fields(fact)]
    return {one for field in fields if isinstance(field, tuple) for one in records(field)}


def _named(one: Any) -> Iterator[str]:
    for name in ("moref", "host", "entity", "key"):
        if isinstance(told := getattr(one, name, None), str):
            yield told
            return


def asked(server, opened, part: str) -> set[str]:
    """The properties that a part asks for."""
    seen: set[str] = set()
    usual = server._selected

    def watched(spec, of):
        seen.update(path for one in spec.children("propSet") for path in one.texts("pathSet"))
        return usual(spec, of)

    server._selected = watched
    with gathering():
        vcenter.PARTS[part](opened)
    server._selected = usual
    return seen


def victims(server) -> list[tuple[int, Entity]]:
    """The first of each kind of object, where that has others beside it."""
    found: dict[type, tuple[int, Entity]] = {}
    for number, entity in enumerate(server._entities):
        if isinstance(entity.reference, OF_MANY):
            found.setdefault(type(entity.reference), (number, entity))
    return list(found.values())


@pytest.mark.parametrize("part", PARTS)
def test_what_one_object_does_not_tell_loses_no_other(pki, part):
    """Each property of one VM, host, cluster, ... in turn: unset, of another type, refused."""
    with session(world(), pki) as (server, opened):
        wanted = asked(server, opened, part)
        whole = records(vcenter.PARTS[part](opened))
        for number, entity in victims(server):
            for path in wanted & entity.properties.keys():
                of_text = isinstance(entity.properties[path], str)
                for value in (None, "odd", *([7] if of_text else []), REFUSED):
                    if value is REFUSED:
                        server._entities[number] = entity
                        missing(server, entity.reference._GetMoId(), path, REFUSED)
                    else:
                        odd = {**entity.properties, path: value}
                        server._entities[number] = Entity(entity.reference, odd)
                    with gathering() as faults:
                        left = records(vcenter.PARTS[part](opened))
                    told = (path, value, [subject for subject, _ in faults])
                    assert len(whole - left) <= 1, told
                    assert left >= whole or faults, told
            server._entities[number] = entity


@contextmanager
def lacking(pki, field: str, within: str):
    """A session with a vCenter whose first object of a list lacks what its type calls required."""
    first = re.compile(
        rf"(<name>{within}</name><val.*?)<{field}( [^>]*)?>[^<]*</{field}>", re.DOTALL
    )
    with session(world(), pki) as (server, opened):
        usual = server._page
        server._page = lambda contents, *more: usual(
            [first.sub(r"\1", one, count=1) for one in contents], *more
        )
        yield opened


@pytest.mark.parametrize("field", ["entity", "alarm", "time"])
def test_an_alarm_with_unset_fields_hides_no_other(pki, field):
    """It may be grave: it is named as far as it tells of itself."""
    with lacking(pki, field, "triggeredAlarmState") as opened, gathering() as faults:
        assert len(vcenter.PARTS["alarms"](opened)) == 1
    ((subject, error),) = faults
    assert subject.startswith("alarm ")
    assert isinstance(error, CouldNotRead)


@pytest.mark.parametrize("field", ["licenseKey", "editionKey", "name"])
def test_a_licence_with_unset_fields_hides_no_other(pki, field):
    """Nobody knows what it is for; the others are judged."""
    with lacking(pki, field, "licenses") as opened, gathering() as faults:
        told = vcenter.PARTS["licences"](opened)
    assert len(told.keys) == len(LICENCES) - 1
    assert [subject.split(" ...")[0] for subject, _ in faults] == ["the licence"]


@pytest.mark.parametrize("field", ["key", "version"])
def test_an_extension_with_unset_fields_hides_no_other(pki, field):
    """It may be one of NSX: it is named as far as it tells of itself."""
    with session(world(), pki) as (_, opened):
        first, *others = vcenter.PARTS["extensions"](opened)
    with lacking(pki, field, "extensionList") as opened, gathering() as faults:
        assert vcenter.PARTS["extensions"](opened) == tuple(others)
    named = "an extension without a key" if field == "key" else first.key
    assert [subject for subject, _ in faults] == [named]
