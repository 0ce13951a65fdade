"""Host profiles that are attached to hosts and clusters.

Rights and emptiness: as in `inventory`; no profile is an ordinary estate. The list of all profiles
asks for the privilege Profile.View; which of them is attached to an object asks for System.View,
which *Read-only* has: so each host and each cluster is asked.
"""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pyVmomi import vim

from kanmon.errors import CouldNotRead
from kanmon.facts.vcenter.profiles import HostProfile
from kanmon.readers.vcenter.emptiness import some_hosts
from kanmon.readers.vcenter.found import Found, each
from kanmon.readers.vcenter.hosts import HOSTS_AT_A_TIME
from kanmon.readers.vcenter.session import Session
from kanmon.text import Text


def profiles(session: Session) -> tuple[HostProfile, ...]:
    """Every host profile that is attached to something."""
    manager = session.content.hostProfileManager
    if manager is None:
        tried = Text("read the host profiles of {where}", where=session.target.where)
        raise CouldNotRead(tried, Text("vCenter has no manager of profiles"))
    found = session.inventory({vim.HostSystem: ("name",), vim.ClusterComputeResource: ("name",)})
    some_hosts(session, [one for one in found if isinstance(one.object, vim.HostSystem)])
    attached = defaultdict[Any, list[str]](list)
    with ThreadPoolExecutor(HOSTS_AT_A_TIME) as pool:
        asked = {one.moref: pool.submit(manager.FindAssociatedProfile, one.object) for one in found}
        answers = each(found, lambda one: (one, asked[one.moref].result() or ()))
    for one, profiles_of in answers:
        for profile in profiles_of:
            attached[profile].append(one.called)
    listed = session.each(list(attached), "name", "complianceStatus")
    return each(listed, lambda one: _profile(one, attached[one.object]))


def _profile(found: Found, attached: list[str]) -> HostProfile:
    return HostProfile(
        moref=found.moref,
        name=found.take("name", str),
        compliance=found.find("complianceStatus", str),
        attached=tuple(sorted(attached)),
    )
