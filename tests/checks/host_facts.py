"""What two hosts tell, made by hand: good machines, well set; each test changes one thing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from kanmon.facts.vcenter.hosts import (
    Adapter,
    Adapters,
    BootDisk,
    Clock,
    Cpu,
    Datastore,
    Hardware,
    HostAnswer,
    Issue,
    PciDevice,
    Settings,
)
from kanmon.facts.vcenter.inventory import HostVibs, Vib
from kanmon.gate.judgement import Judgement
from tests.checks.estates import GOOD, World, hosts_at, world
from tests.facts_by_hand import reading

GIB = 2**30
GB = 10**9
NAMES = {"host-21": "esx-01.example.jp", "host-22": "esx-02.example.jp"}

XEON = Cpu("intel", 6, 0x55, "Intel Xeon Gold 6142")
WESTMERE = Cpu("intel", 6, 0x2C, "Intel Xeon X5670")
X710 = PciDevice("0000:18:00.0", "8086:1572", "8086:0006", "Ethernet Controller X710")
PERC = PciDevice("0000:1a:00.0", "1000:005d", "1028:1f47", "PERC H730P")
IGB = "8086:10c9"
"""An adapter of Intel on the deny list of 7.0."""
H700 = "1000:0079"
"""A storage adapter on it."""


def hardware(**changes: Any) -> Hardware:
    """A server with two Xeons, 32 cores and 512 GiB."""
    made = Hardware(
        "Dell Inc.",
        "PowerEdge R740",
        "2.4.8",
        date(2019, 11, 27),
        (XEON, XEON),
        32,
        512 * GIB,
        (X710, PERC),
    )
    return replace(made, **changes)


def adapters(**changes: Any) -> Adapters:
    """Its two adapters; the network adapter carries the management network."""
    nic = Adapter("vmnic0", "network", X710.address, "i40en")
    bus = Adapter("vmhba0", "storage", PERC.address, "lsi_mr3")
    return replace(Adapters((nic, bus), ("vmnic0",)), **changes)


def boot_disk(**changes: Any) -> BootDisk:
    """A disk of 240 GB behind the storage adapter."""
    return replace(BootDisk("naa.61866da0", 240 * GB, ("vmhba0",)), **changes)


def datastore(**changes: Any) -> Datastore:
    """A datastore of VMFS-6."""
    return replace(Datastore("datastore-31", "shared", "VMFS", "6.82"), **changes)


def settings(**changes: Any) -> Settings:
    """Not locked down, with NTP."""
    return replace(Settings("lockdownDisabled", ("ntp1.example.jp",), True, "on"), **changes)


def issue(name: str, text: str = "look at it") -> Issue:
    """What vCenter has against a host, by its event."""
    return Issue(name, text)


def vib(name: str = "i40en", **changes: Any) -> Vib:
    """A native driver of Intel's own."""
    made = Vib(name, "1.10.9.0-1OEM.670", "INT", "vmware_certified", ("vmkapi_2_4_0_0",))
    return replace(made, **changes)


def each(second: Any, first: Any) -> tuple[HostAnswer[Any], ...]:
    """The answers of host-21, and of host-22 where it gives another one."""
    answers = (first, first if second is None else second)
    return tuple(
        HostAnswer(moref, name, answer)
        for (moref, name), answer in zip(NAMES.items(), answers, strict=True)
    )


def vibs(second: Any = None) -> tuple[HostVibs, ...]:
    """The packages of both."""
    base = vib("esx-base", version="6.5.0-2.50", vendor="VMware", depends=())
    return tuple(
        HostVibs(one.host, one.host_name, one.answer) for one in each(second, (base, vib()))
    )


@cache
def before(step: str | None = None, *hosts: str) -> World:
    """The estate of the declared order before a step, its two hosts at these releases."""
    at = {"hosts": {"vc-main": hosts_at(*hosts)}} if hosts else {}
    return world(order=GOOD, step=step, **at)


def judged_on(check_id: str, made: World | None = None, slug: str = "", **second: Any) -> Judgement:
    """A check on two hosts of vc-main.

    Args:
        check_id: e.g. "ESX-HW-001".
        made: the estate; at the start of the declared order where left out.
        slug: of another vCenter, which has host-21 alone.
        second: by part, what host-22 tells instead; ``datastores`` are those of the vCenter.
    """
    made = made or before()
    facts = {
        "vcenter_hardware": each(second.pop("hardware", None), hardware()),
        "vcenter_adapters": each(second.pop("adapters", None), adapters()),
        "vcenter_boot_disks": each(second.pop("boot_disk", None), boot_disk()),
        "vcenter_datastores": second.pop("datastores", (datastore(),)),
        "vcenter_settings": each(second.pop("settings", None), settings()),
        "vcenter_clocks": each(second.pop("clock", None), Clock(-0.1, 0.2)),
        "all_vcenter_clock": {"vc-main": second.pop("vcenter_clock", reading())},
        "vcenter_acceptance": each(second.pop("acceptance", None), "partner"),
        "vcenter_issues": each(second.pop("issues", None), ()),
        "vcenter_profiles": second.pop("profiles", ()),
        "vcenter_vibs": vibs(second.pop("vibs", None)),
        "planned": made.planned,
    }
    assert not second, f"no such parts: {', '.join(second)}"
    return replace(made, other={**made.other, **facts}).judge(check_id, slug)
