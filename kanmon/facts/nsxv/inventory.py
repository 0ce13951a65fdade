"""What is read from an NSX-V manager (NSX for vSphere 6.4)."""

from __future__ import annotations

from dataclasses import dataclass

HOST_PREPARATION = "com.vmware.vshield.vsm.nwfabric.hostPrep"
"""The feature that makes a host one of NSX-V's."""


@dataclass(frozen=True, slots=True)
class Manager:
    """The manager itself.

    Attributes:
        version: e.g. "6.4.5".
        build: e.g. "13282012".
        vcenter_address: ``vcInfo/ipAddress``.
        vcenter_connected: ``vcConfigStatus/connected``.
        components: (component id, status), e.g. ("VPOSTGRES", "RUNNING").
        controllers: (controller id, status), e.g. ("controller-1", "RUNNING"); empty where NSX
            serves guest introspection only.
    """

    version: str
    build: str
    vcenter_address: str
    vcenter_connected: bool
    components: tuple[tuple[str, str], ...]
    controllers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Feature:
    """A network fabric feature on one resource (``nwFabricFeatureStatus``).

    Attributes:
        version: None where the feature is not installed.
        status: GREEN, YELLOW, RED or UNKNOWN; that of "com.vmware.vshield.vsm.vdr_mon" is UNKNOWN
            in good health.
        update_available: the manager has another version for it than the one that is there.
    """

    feature_id: str
    version: str | None
    status: str
    installed: bool
    message: str
    update_available: bool = False


@dataclass(frozen=True, slots=True)
class Preparation:
    """Host preparation of one cluster, or of one host of it.

    Attributes:
        resource: moref, "domain-c7" or "host-21".
        name: display name.
        cluster: moref of the cluster that the resource is or belongs to.
    """

    resource: str
    name: str
    cluster: str
    features: tuple[Feature, ...]

    @property
    def is_ready(self) -> bool:
        """NSX-V has made it one of its own."""
        return any(one.installed for one in self.features if one.feature_id == HOST_PREPARATION)

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.name} ({self.resource})"


@dataclass(frozen=True, slots=True)
class Deployment:
    """A service deployed to a cluster (``/api/2.0/si/deploy/cluster/{id}``).

    Attributes:
        cluster: moref of the cluster.
        service: name from ``/api/2.0/si/services``, e.g. "Guest Introspection".
        service_status: e.g. "UP"; the vendor publishes no list of values.
        progress_status: e.g. "SUCCEEDED"; likewise. None where the manager does not send it (the
            vendor's own sample has none).
    """

    cluster: str
    service_id: str
    service: str
    service_status: str
    progress_status: str | None


@dataclass(frozen=True, slots=True)
class Agent:
    """A service agent on a host (``/api/2.0/si/host/{id}/agents``).

    Attributes:
        service: name from ``/api/2.0/si/services``, as in ``Deployment``.
        service_status: e.g. "UP", "WARNING"; the vendor publishes no list of values.
        error: what the service says is wrong, empty when nothing is.
        vm: moref of the machine that serves the host, None where NSX names none.
    """

    host: str
    service: str
    agent_name: str
    operational_status: str
    progress_status: str
    service_status: str
    error: str
    vm: str | None = None
