"""What is read from a vCenter of host profiles that are attached to something.

Source: developer.broadcom.com, vSphere Web Services API: ProfileManager, Profile.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HostProfile:
    """A host profile that is attached.

    Attributes:
        compliance: compliant, nonCompliant, unknown or running: of all that it is attached to, as
            of the last look; None where vCenter does not say.
        attached: names of hosts and clusters.
    """

    moref: str
    name: str
    compliance: str | None
    attached: tuple[str, ...]

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.name} ({self.moref})"
