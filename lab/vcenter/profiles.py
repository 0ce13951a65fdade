"""The host profiles of a simulated vCenter."""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyVmomi import vim

from lab.vcenter import soap
from lab.world.vcenter import VCenter

MANAGER = vim.profile.host.ProfileManager("HostProfileManager")


def _profile(name: str) -> Any:
    return vim.profile.host.HostProfile(f"hostprofile-{name}")


def profiles(vcenter: VCenter) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Each profile with its properties."""
    for name, compliance in vcenter.profiles.items():
        yield _profile(name), {"name": name, "complianceStatus": compliance}


def attached(vcenter: VCenter, moref: str) -> str:
    """The profiles that are attached to a host; to clusters none is."""
    named = {host.profile for _, host in vcenter.hosts if host.moref == moref and host.profile}
    return "".join(soap.element("returnval", _profile(name)) for name in sorted(named))
