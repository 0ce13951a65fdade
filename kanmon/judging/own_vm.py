"""The VM that a vCenter runs on, as the vCenters of the estate list it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kanmon.environment.targets import VCenter
from kanmon.facts import Unread
from kanmon.facts.vcenter.deployment import Naming
from kanmon.facts.vcenter.management import VmUpkeep
from kanmon.matching import is_at


def own_vms(
    vcenter: VCenter,
    naming: Naming | Unread,
    upkeep: Mapping[str, tuple[VmUpkeep, ...] | Unread],
) -> Iterator[tuple[str, VmUpkeep]]:
    """The VMs whose guest has a name or address of a vCenter, with the slug of who lists them.

    None where it is physical, in another vCenter, or runs no VMware Tools; several where an address
    is used twice, as by a copy that is switched off.
    """
    own = [one for one in (vcenter.address, *_names(naming)) if one.lower() != "localhost"]
    for slug, listed in upkeep.items():
        if isinstance(listed, Unread):
            continue
        for vm in listed:
            if any(is_at(name, vm.host_name, vm.address) for name in own):
                yield slug, vm


def _names(naming: Naming | Unread) -> Iterator[str]:
    if isinstance(naming, Unread):
        return
    if not isinstance(naming.node_name, Unread):
        yield naming.node_name
    if not isinstance(naming.addresses, Unread):
        yield from naming.addresses
