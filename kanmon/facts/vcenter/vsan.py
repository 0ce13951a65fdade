"""What is read from a vCenter of vSAN: which clusters have it, and what each of their hosts says.

Source: developer.broadcom.com, vSphere Web Services API: VsanClusterConfigInfo,
VsanHostClusterStatus.
"""

from __future__ import annotations

from dataclasses import dataclass

from kanmon.facts.vcenter.hosts import HostAnswer


@dataclass(frozen=True, slots=True)
class VsanStatus:
    """How a host sees itself and its vSAN cluster (``HostVsanSystem.QueryHostStatus``).

    Attributes:
        cluster: uuid of the vSAN cluster that it is in; None where it is in none.
        node: its own uuid there; None likewise.
        health: unknown, healthy or unhealthy.
        members: uuids of the hosts that it sees in it, its own and a witness among them.
    """

    cluster: str | None
    node: str | None
    health: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VsanCluster:
    """A cluster with vSAN switched on, and what its hosts say."""

    moref: str
    name: str
    hosts: tuple[HostAnswer[VsanStatus], ...]

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.name} ({self.moref})"
