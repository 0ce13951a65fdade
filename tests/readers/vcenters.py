"""Small vCenters of the lab, and sessions with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr
from pyVmomi import vmodl

from kanmon.environment.credentials import Login
from kanmon.environment.targets import VCenter
from kanmon.readers import Request
from kanmon.readers.vcenter import inventory as vcenter
from lab.transport.pki import Pki
from lab.vcenter import soap
from lab.vcenter.inventory import Entity
from lab.vcenter.server import VCenterServer, servers
from lab.world import world as worlds
from lab.world.world import World

PASSWORD = "Rd0nly-Lab-Passw0rd"


def small(**changes) -> World:
    """One cluster of three hosts with 5 VMs; ``changes`` replace whole tables."""
    host = {"version": "6.5.0", "build": "8294253"}
    cluster = {
        "name": "Protected",
        "number": 7,
        "hosts": [{"name": f"esx-0{n}.example.jp", "number": 20 + n, **host} for n in (1, 2, 3)],
    }
    return worlds.make(
        "small",
        {
            "title": "small",
            "vcenter": [
                {
                    "slug": "vc",
                    "version": "6.5.0",
                    "build": "8307201",
                    "clusters": [cluster],
                    "switches": [("dvs", "6.5.0")],
                }
            ],
            "machine": [{"name": "vm", "count": 5, "vcenter": "vc"}],
            **changes,
        },
    )


def one_vm(**changes) -> World:
    """A world in which one VM, vm-1000, runs on the first of three hosts."""
    return small(machine=[{"name": "vm", "vcenter": "vc", **changes}])


def misbehaving(how: str) -> World:
    return small(misbehaviour=[{"target": "vc", "how": how}])


@contextmanager
def running(world: World, pki: Pki) -> Iterator[VCenterServer]:
    """The first vCenter of a world."""
    server = servers(world, pki)[0]
    assert isinstance(server, VCenterServer)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def request(
    port: int, pki: Pki, *, password: str = PASSWORD, pin: str | None = None, timeout: float = 10
) -> Request:
    target = VCenter(
        slug="vc",
        address="127.0.0.1",
        port=port,
        ca=None if pin else str(pki.trusted.path),
        fingerprint=pin,
        credential="lab-vc",
        timeout=timeout,
    )
    return Request(target, Login("kanmon-ro", SecretStr(password)), lambda *_: None)


@contextmanager
def session(world: World, pki: Pki):
    """The server of a world and a session with it."""
    with running(world, pki) as server, vcenter.connect(request(server.port, pki)) as opened:
        yield server, opened


def replace(server: VCenterServer, moref: str, **properties) -> None:
    """Give an object of the server other properties; ``__`` stands for a dot."""
    changes = {path.replace("__", "."): value for path, value in properties.items()}
    for number, entity in enumerate(server._entities):
        if entity.reference._GetMoId() == moref:
            changed = Entity(entity.reference, {**entity.properties, **changes})
            server._entities[number] = changed
            return
    raise LookupError(moref)


def remove(server: VCenterServer, kind: type) -> None:
    server._entities[:] = [e for e in server._entities if not isinstance(e.reference, kind)]


def managed(machine: dict | None = None, **changes) -> World:
    """The small vCenter with changes of its table, and of its one kind of machine."""
    table = {**small().model_dump()["vcenter"][0], **changes}
    vms = {"name": "vm", "count": 5, "vcenter": "vc", **(machine or {})}
    return small(vcenter=[table], machine=[vms])


def read(world: World, pki: Pki, part: str):
    with session(world, pki) as (_, opened):
        return vcenter.PARTS[part](opened)


def missing(server: VCenterServer, moref: str, path: str, fault: vmodl.MethodFault) -> None:
    """Let a property of an object be in missingSet."""

    class Missing(Entity):
        def content(self, paths):
            left = tuple(one for one in paths if one != path)
            if left == paths:
                return super().content(paths)
            told = f"<missingSet><path>{path}</path>{soap.element('fault', fault)}</missingSet>"
            return super().content(left) + told

    turn(server, moref, Missing)


def turn(server: VCenterServer, moref: str, kind: type[Entity]) -> None:
    """Let an object of the server answer in another way."""
    for number, entity in enumerate(server._entities):
        if entity.reference._GetMoId() == moref:
            server._entities[number] = kind(entity.reference, entity.properties)


def with_host(number: int = 22, **changes) -> World:
    """The small vCenter with changes of one host."""
    table = small().model_dump(mode="json")["vcenter"][0]
    host = next(one for one in table["clusters"][0]["hosts"] if one["number"] == number)
    host.update(changes)
    return small(vcenter=[table])


def answers(told) -> dict:
    """What hosts told, by their morefs."""
    return {one.host: one.answer for one in told}
