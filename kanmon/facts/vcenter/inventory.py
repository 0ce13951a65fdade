"""What is read from a vCenter."""

from __future__ import annotations

from dataclasses import dataclass

from kanmon.facts.common import Unread


@dataclass(frozen=True, slots=True)
class About:
    """``ServiceContent.about``; 6.5 and 6.7 show their update level only in the build."""

    name: str
    version: str
    build: str
    api_version: str
    instance_uuid: str
    os_type: str


@dataclass(frozen=True, slots=True)
class Host:
    """An ESXi host.

    Attributes:
        moref: managed object id, e.g. "host-21".
        cluster: moref of its compute resource, e.g. "domain-c7".
        connection_state: connected, disconnected or notResponding.
        power_state: poweredOn, poweredOff, standBy or unknown.
        overall_status: gray, green, yellow or red.
    """

    moref: str
    name: str
    cluster: str
    cluster_name: str
    version: str
    build: str
    connection_state: str
    power_state: str
    in_maintenance: bool
    in_quarantine: bool
    reboot_required: bool
    overall_status: str

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.name} ({self.moref})"


@dataclass(frozen=True, slots=True)
class Vib:
    """A software package on a host.

    Attributes:
        depends: what it needs, e.g. "vmkapi_2_4_0_0" or "esx-version >= 6.5.0".
    """

    name: str
    version: str
    vendor: str
    acceptance_level: str
    depends: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HostVibs:
    """The packages of one host (``ImageConfigManager.FetchSoftwarePackages``)."""

    host: str
    host_name: str
    vibs: tuple[Vib, ...] | Unread


@dataclass(frozen=True, slots=True)
class Vm:
    """A virtual machine or template.

    Attributes:
        host: moref of the host it is registered on, None for an orphan.
        power_state: poweredOn, poweredOff or suspended.
        tools_version: the number that vSphere keeps (10305 is 10.2.1); None when never reported,
            0 when Tools are not installed.
        tools_status: ``guest.toolsVersionStatus2``, None when unset.
        tools_running: ``guest.toolsRunningStatus``, None when unset.
        managed_by: key of the extension that owns the VM (``config.managedBy``), None otherwise.
        instance_uuid, bios_uuid, guest_id, guest_full_name, hardware_version: e.g. "vmx-13" for the
            last; None only where vCenter itself does not have the configuration, since
            ``connection_state`` is not "connected" (orphaned, inaccessible, invalid).
    """

    moref: str
    name: str
    instance_uuid: str | None
    bios_uuid: str | None
    host: str | None
    power_state: str
    connection_state: str
    template: bool
    tools_version: int | None
    tools_status: str | None
    tools_running: str | None
    guest_id: str | None
    guest_full_name: str | None
    hardware_version: str | None
    managed_by: str | None

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.name} ({self.moref})"


@dataclass(frozen=True, slots=True)
class Extension:
    """A registered extension; NSX-V is ``com.vmware.vShieldManager``.

    Attributes:
        company: "" where the extension does not name one.
        urls: of its servers, then of its clients.
    """

    key: str
    version: str
    company: str
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Switch:
    """A distributed switch; version e.g. "6.5.0", None where the product does not say."""

    moref: str
    name: str
    version: str | None
