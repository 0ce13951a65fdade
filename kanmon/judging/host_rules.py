"""Questions to the knowledge tables about hosts: each answers with the row that decides."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

from kanmon.facts.vcenter.hosts import Adapter, Cpu, PciDevice
from kanmon.facts.vcenter.inventory import Vib
from kanmon.knowledge import load
from kanmon.knowledge.hosts import EsxiPackage, HostIssue, HostSetting, NsxPackage
from kanmon.knowledge.machines import EsxiBootMedium, EsxiCpu, EsxiDevices, EsxiLimit
from kanmon.versions import VSphere

MAKERS = {"intel": "Intel", "amd": "AMD"}
"""Makers of processors, as vSphere and as the tables call them."""

Resource = Literal["memory_mib", "cores", "boot_device_gb", "vmfs_major"]


class _OfRelease(Protocol):
    @property
    def esxi(self) -> Any: ...


R = TypeVar("R", bound=_OfRelease)


def silent(model: type[EsxiCpu | EsxiDevices | EsxiLimit | EsxiPackage], esxi: VSphere) -> bool:
    """Whether no row speaks of a release: then nobody can judge what goes to it."""
    return not _of_release(load(model).rows, esxi)


def _of_release(rows: Iterable[R], esxi: VSphere) -> list[R]:
    return [row for row in rows if esxi in row.esxi]


def cpu_rule(cpu: Cpu, esxi: VSphere) -> EsxiCpu | None:
    """What the installer says of a processor; None for one that it takes without a word.

    A processor of no known stepping is of every stepping that a row names.
    """
    for row in _of_release(load(EsxiCpu).rows, esxi):
        fits = (
            row.vendor == MAKERS.get(cpu.vendor)
            and row.family_first <= cpu.family <= row.family_last
            and _within(cpu.model, row.model_first, row.model_last)
            and _within(cpu.stepping, row.stepping_first, row.stepping_last)
        )
        if fits:
            return row
    return None


def _within(number: int | None, first: int | None, last: int | None) -> bool:
    """Whether a number lies between two, where there are any and it is known."""
    return number is None or first is None or last is None or first <= number <= last


def shortage(resource: Resource, amount: float, esxi: VSphere) -> EsxiLimit | None:
    """The first limit that an amount stays below; None where it is enough."""
    rows = _of_release(load(EsxiLimit).rows, esxi)
    return next((row for row in rows if row.resource == resource and amount < row.below), None)


def limits(resource: Resource, esxi: VSphere) -> list[EsxiLimit]:
    """Every limit of a resource."""
    return [row for row in _of_release(load(EsxiLimit).rows, esxi) if row.resource == resource]


def boot_medium(adapter: Adapter, releases: Iterable[VSphere]) -> EsxiBootMedium | None:
    """What the first of some releases that minds it says of a boot disk behind an adapter."""
    rows = load(EsxiBootMedium).rows
    fitting = (row for release in releases for row in _of_release(rows, release))
    driver = adapter.driver or ""
    return next(
        (row for row in fitting if any(_is_called(driver, one) for one in row.drivers)), None
    )


def minds_media(releases: Iterable[VSphere]) -> bool:
    """Whether one of some releases minds any boot medium."""
    rows = load(EsxiBootMedium).rows
    return any(_of_release(rows, release) for release in releases)


class Listed(NamedTuple):
    """A device that the installer lists.

    Attributes:
        certain: its ids alone decide, not a subsystem that the table does not give, nor its name.
    """

    row: EsxiDevices
    certain: bool


def device_rule(device: PciDevice, esxi: VSphere) -> Listed | None:
    """Where the installer lists a device; None for one that it takes."""
    everyone = f"{device.ids.partition(':')[0]}:*"
    for row in _of_release(load(EsxiDevices).rows, esxi):
        if device.ids in row.devices or everyone in row.devices:
            return Listed(row, certain=True)
        if device.ids in row.conditional or any(_named(device, name) for name in row.names):
            return Listed(row, certain=False)
    return None


def _named(device: PciDevice, name: str) -> bool:
    """Whether a device bears a name, in which each x at the end stands for a digit."""
    stem = name.rstrip("x")
    digits = r"\d" * (len(name) - len(stem))
    return bool(re.search(rf"\b{re.escape(stem)}{digits}", device.name))


def package_rule(vib: Vib, esxi: VSphere) -> EsxiPackage | None:
    """What an upgrade says of a package; None for one that no row names."""
    for row in _of_release(load(EsxiPackage).rows, esxi):
        named = row.name is not None and _is_called(vib.name, row.name)
        wanting = row.depends is not None and any(
            one.startswith(row.depends) for one in vib.depends
        )
        if (named or wanting) and vib.vendor not in row.spared:
            return row
    return None


def nsx_package(name: str) -> NsxPackage | None:
    """Whose package it is; None for one that NSX does not bring."""
    return next((row for row in load(NsxPackage).rows if _is_called(name, row.name)), None)


def issue_rule(event: str) -> HostIssue | None:
    """What an issue comes to; None for one that no row names."""
    return next((row for row in load(HostIssue).rows if _is_called(event, row.event)), None)


def _is_called(name: str, pattern: str) -> bool:
    if pattern.endswith("*"):
        return name.startswith(pattern[:-1])
    return name == pattern


def setting_rule(
    setting: Literal["lockdown mode", "time service", "image"], word: str, step: str = ""
) -> HostSetting | None:
    """Whether a setting suits a step; None for a word that no row knows."""
    rows = [row for row in load(HostSetting).rows if (row.setting, row.word) == (setting, word)]
    return next((row for row in rows if not row.steps or step in row.steps), None)


def image_level() -> HostSetting:
    """The acceptance level that images have where nobody changed it."""
    return next(row for row in load(HostSetting).rows if row.setting == "image")
