"""A whole estate by hand: what is read of it, and what `kanmon.planning.current` makes of that.

The facts are those of a world of the lab, made without a server, or of the records of
`tests.facts_by_hand`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from kanmon.environment.file import Environment, parse
from kanmon.facts.dsm import manager as dsm
from kanmon.facts.nsxt import inventory as nsxt
from kanmon.facts.nsxv import inventory as nsxv
from kanmon.facts.vcenter import inventory as vcenter
from kanmon.planning.current import Read, estate
from kanmon.planning.estate import Estate
from lab.estate import Estate as Lab
from lab.world.machine import Machine
from lab.world.world import World
from tests.facts_by_hand import (
    DSM,
    NSXV,
    OTHER_VCENTER_UUID,
    VC_MAIN,
    about,
    computer,
    environment,
    extension,
    host,
    vm,
)

UPGRADE = {
    "vcenter": "7.0 U2",
    "esxi": "7.0 U2",
    "nsx": "NSX-T 3.1.2",
    "deep_security": "20.0.0-877",
}
NSXT_KEY = "com.vmware.nsx.management.nsxt"
OTHER = about(instance_uuid=OTHER_VCENTER_UUID)
APPLIANCE = computer(
    id=301,
    display_name="dsva-01",
    kind="appliance",
    agent_version="11.0.0.582",
    appliance_status="not-supported",
)
NSXV_MANAGER = nsxv.Manager("6.4.5", "13282012", "vc-main.example.jp", True, (), ())
NSXT_MANAGER = nsxt.Manager("3.1.2.0.0.17883596", "STABLE", "STABLE", ())


def reading(**changes: Any) -> Read:
    """What is read of vc-main with two hosts and of nothing else; changed by keyword."""
    two = (host(), host(moref="host-22", name="esx-02.example.jp"))
    made = Read(
        abouts={"vc-main": about()},
        hosts={"vc-main": two},
        vms={"vc-main": (vm(),)},
        extensions={"vc-main": ()},
        nsxv={"nsxv-main": NSXV_MANAGER},
        nsxt={"nsxt": NSXT_MANAGER},
        compute_managers={"nsxt": ()},
        managers={"dsm": dsm.Manager("11.0.510", ())},
        computers={"dsm": ()},
    )
    return replace(made, **changes)


def described(world: World) -> Environment:
    """The environment of a world whose servers never start."""
    lab = Lab(world)
    try:
        return parse(lab.environment(), world.name, Path("envs/world.toml"))
    finally:
        lab.stop()


def read_of(world: World) -> Read:
    """What would be read of a world."""
    return Read(
        abouts={
            one.slug: about(
                version=one.version, build=one.build, instance_uuid=one.instance_uuid.upper()
            )
            for one in world.vcenter
        },
        hosts={
            one.slug: tuple(
                host(
                    moref=esx.moref,
                    name=esx.name,
                    cluster=cluster.moref,
                    version=esx.version,
                    build=esx.build,
                )
                for cluster, esx in one.hosts
            )
            for one in world.vcenter
        },
        vms={
            one.slug: tuple(_vm(world, machine) for machine in world.of_vcenter(one.slug))
            for one in world.vcenter
        },
        extensions={one.slug: tuple(_extensions(world, one.slug)) for one in world.vcenter},
        nsxv={
            one.slug: replace(NSXV_MANAGER, version=one.version, build=one.build)
            for one in world.nsxv
        },
        nsxt={one.slug: replace(NSXT_MANAGER, version=one.version) for one in world.nsxt},
        compute_managers={
            one.slug: tuple(
                nsxt.ComputeManager(slug, slug, "127.0.0.1", "UP", "REGISTERED", ())
                for slug in one.vcenters
                if one.registered
            )
            for one in world.nsxt
        },
        managers={one.slug: dsm.Manager(one.version, ()) for one in world.dsm},
        computers={
            one.slug: tuple(_computer(world, machine) for machine in world.of_dsm(one.slug))
            for one in world.dsm
        },
    )


def placed(world: World) -> Estate:
    """The estate of a world of which everything can be placed."""
    made, unknown = estate(described(world), read_of(world))
    assert unknown == {}
    return made


def _extensions(world: World, slug: str) -> Iterator[vcenter.Extension]:
    for one in world.nsxv:
        if one.vcenter == slug:
            yield extension(version=one.version)
    for two in world.nsxt:
        if two.registered and slug in two.vcenters:
            yield extension(key="com.vmware.nsx.management.nsxt", version=two.version)


def _vm(world: World, machine: Machine) -> vcenter.Vm:
    return vm(
        moref=f"vm-{world.vm_number(machine)}",
        name=machine.name,
        bios_uuid=machine.uuid,
        instance_uuid=machine.instance_uuid,
        tools_version=machine.tools,
    )


def _computer(world: World, machine: Machine) -> dsm.Computer:
    by_agent = machine.protection == "agent"
    own = machine.vcenter and world.find_vcenter(machine.vcenter).instance_uuid
    return computer(
        id=world.computer_id(machine),
        host_name=machine.name,
        display_name="",
        platform=machine.os,
        kind="appliance" if machine.appliance else "machine",
        agent_version=machine.agent_version if by_agent else "0.0.0.0",  # noqa: S104 - no agent
        appliance_status="active" if machine.protection == "appliance" else "not-supported",
        relay=machine.relay,
        vm_uuid=machine.uuid if machine.vcenter else None,
        vcenter_uuid=own,
    )


def made(*texts, upgrade=UPGRADE, **changes):
    """The estate of these targets, and what is unknown of it."""
    targets = "".join(texts)
    wanted = {
        key: value
        for key, value in upgrade.items()
        if (key in ("vcenter", "esxi") and "[[vcenter]]" in targets)
        or (key == "nsx" and "[[nsx" in targets)
        or (key in ("deep_security", "agent", "appliance") and "[[dsm]]" in targets)
    }
    return estate(environment(*texts, **wanted), reading(**changes))


def with_nsxv(**changes):
    """vc-main with its NSX-V and a manager."""
    changes = {"extensions": {"vc-main": (extension(),)}, **changes}
    return made(VC_MAIN, NSXV, DSM, **changes)


def texts(value):
    return [str(at) for at in value]


def whole(found):
    """An estate of which nothing is unknown."""
    estate_, unknown = found
    assert unknown == {}
    return estate_
