"""The estate at a glance: how many of what stands where, as the run has read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from kanmon.environment.file import Environment
from kanmon.facts import Unread
from kanmon.facts.collected import Facts
from kanmon.facts.dsm.manager import Computer
from kanmon.facts.vcenter.inventory import Host, Vm
from kanmon.versions import Tools, VersionError

Counted = tuple[str, ...]


def estate(environment: Environment, facts: Facts) -> dict[str, list[dict[str, Any]]]:
    """What was counted, most frequent first; of what the run did not read there is nothing.

    Returns:
        "agents" by target, version and status, "guests" (running ones, by target and release of
        VMware Tools), "hosts" by target, version and build; each with its count.
    """
    counted: dict[str, list[Counted]] = {"agents": [], "guests": [], "hosts": []}
    for target in environment.targets:
        parts = facts.of(target.slug)
        if target.kind == "dsm":
            counted["agents"] += _agents(target.slug, _read(parts.get("computers")))
        if target.kind == "vcenter":
            counted["guests"] += _guests(target.slug, _read(parts.get("vms")))
            counted["hosts"] += _hosts(target.slug, _read(parts.get("hosts")))
    names = {
        "agents": ("target", "version", "status"),
        "guests": ("target", "tools"),
        "hosts": ("target", "version", "build"),
    }
    return {of: _records(names[of], ones) for of, ones in counted.items()}


def _read(part: Any) -> Iterable[Any]:
    return () if part is None or isinstance(part, Unread) else part


def _records(names: Counted, ones: Iterable[Counted]) -> list[dict[str, Any]]:
    counts = sorted(Counter(ones).items(), key=lambda item: (item[0][0], -item[1], item[0]))
    return [{**dict(zip(names, one, strict=True)), "count": count} for one, count in counts]


def _agents(slug: str, computers: Iterable[Computer]) -> Iterator[Counted]:
    for one in computers:
        if one.has_agent:
            status = "online" if one.online else "offline" if one.online is False else "unmanaged"
            yield slug, one.agent_version, "doubtful" if one.doubtful else status


def _guests(slug: str, vms: Iterable[Vm]) -> Iterator[Counted]:
    for vm in vms:
        if vm.power_state == "poweredOn" and not vm.template:
            yield slug, _release(vm.tools_version)


def _release(number: int | None) -> str:
    if not number:
        return "not told" if number is None else "none"
    try:
        return str(Tools.from_number(number))
    except VersionError:
        return "not managed by vSphere"


def _hosts(slug: str, hosts: Iterable[Host]) -> Iterator[Counted]:
    for host in hosts:
        yield slug, host.version, host.build
