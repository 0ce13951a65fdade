"""What ESX Agent Manager says of its agencies: what partners have deployed onto hosts.

Source: developer.broadcom.com, vSphere ESX Agent Manager API: Agency, EamObjectRuntimeInfo, Issue.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agency:
    """What one solution has deployed onto the hosts of some clusters.

    Attributes:
        status: green, yellow (it is at work) or red (it waits for somebody).
        goal: enabled, disabled or uninstalled.
        issues: what it waits for, in its own words.
    """

    moref: str
    name: str
    status: str
    goal: str
    issues: tuple[str, ...]

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.name} ({self.moref})"
