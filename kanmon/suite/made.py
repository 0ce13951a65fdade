"""What a check may ask for that is made of other things that a check may ask for.

A maker is a class or a function whose parameters bear the names of what it is made of: a new one
is a line in ``MADE`` and needs no other place.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kanmon.judging import goals, manager_hosts, migration, records
from kanmon.judging.estate_clocks import AllClocks
from kanmon.judging.fleet import Fleet
from kanmon.judging.introspection import AllAppliances, AllDeployed
from kanmon.judging.linux_machines import linux_machines
from kanmon.judging.scope import left_out

MADE: Mapping[str, Callable[..., Any]] = {
    "target_manager": goals.target_manager,
    "target_agent": goals.target_agent,
    "target_appliance": goals.target_appliance,
    "target_nsx": goals.target_nsx,
    "window": goals.window,
    "last_until": goals.last_until,
    "all_vms": records.AllVms,
    "all_identities": records.AllIdentities,
    "all_clocks": AllClocks,
    "all_deployed": AllDeployed,
    "all_appliances": AllAppliances,
    "all_migrating": migration.AllMigrating,
    "all_nsxv_clusters": records.AllNsxvClusters,
    "all_nsxv_profiles": records.AllNsxvProfiles,
    "host_machines": records.HostMachines,
    "occupancy": records.Occupancy,
    "all_room": records.AllRoom,
    "nsxt_health": records.NsxtHealth,
    "linux_machines": linux_machines,
    "manager_hosts": manager_hosts.manager_hosts,
    "manager_nodes": manager_hosts.manager_nodes,
    "manager_installers": manager_hosts.manager_installers,
    "windows_fleet": Fleet,
    "left_out": left_out,
}
"""By parameter."""


def made_of(name: str) -> tuple[str, ...]:
    """What a parameter is made of, each by its own name."""
    return tuple(inspect.signature(MADE[name]).parameters)


def plain(name: str) -> Iterator[str]:
    """A parameter, or the ones that it is made of in the end."""
    if name not in MADE:
        yield name
        return
    for part in made_of(name):
        yield from plain(part)


def make(name: str, given: Callable[[str], Any]) -> Any:
    """What a check gets for such a parameter.

    Args:
        name: in ``MADE``.
        given: what a check gets for a parameter that it is made of.
    """
    return MADE[name](**{part: given(part) for part in made_of(name)})
