"""What a world file says of a vCenter, its clusters and its hosts."""

from __future__ import annotations

import uuid

from pydantic import BaseModel, ConfigDict

from lab.world.appliance import Appliance
from lab.world.clusters import ClusterSettings, Resources
from lab.world.deployment import Deployment
from lab.world.hosts import HostMachine, HostSettings
from lab.world.upkeep import LICENCES, Alarm, Licence, Task


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class EsxHost(_Model):
    """An ESXi host; its moref is "host-" and ``number``."""

    name: str
    number: int
    version: str
    build: str
    connection_state: str = "connected"
    in_maintenance: bool = False
    in_quarantine: bool = False
    reboot_required: bool = False
    overall_status: str = "green"
    profile: str = ""  # the host profile that is attached to it
    vsan: str = "healthy"  # its health, where its cluster has vSAN; or "alone": it sees no other
    crypto: str = "safe"  # its encryption mode
    issues: list[str] = []  # id of the event, and its words
    extra_vibs: list[str] = []  # "name version vendor acceptance", and what it depends on
    gi: bool = True  # guest introspection and the appliance work on it
    certificate_days: float = 900  # until its certificate ends
    certificate_status: str = "good"
    resources: Resources = Resources()
    machine: HostMachine = HostMachine()
    settings: HostSettings = HostSettings()

    @property
    def moref(self) -> str:
        """Managed object id."""
        return f"host-{self.number}"


class Cluster(_Model):
    """A cluster; its moref is "domain-c" and ``number``.

    Attributes:
        nsxv: prepared for NSX-V, guest introspection and the appliance deployed.
        nsxt: prepared for NSX-T, endpoint protection deployed unless it is not protected.
        nsxv_gi_status: serviceStatus of the guest introspection deployment.
    """

    name: str
    number: int
    nsxv: bool = False
    nsxt: bool = False
    protected: bool = True
    nsxv_gi_status: str = "UP"
    nsxt_epp_status: str = "DEPLOYMENT_SUCCESSFUL"
    settings: ClusterSettings = ClusterSettings()
    hosts: list[EsxHost] = []

    @property
    def moref(self) -> str:
        """Managed object id."""
        return f"domain-c{self.number}"


class Root(_Model):
    """A certificate authority that a vCenter trusts; one with SHA-1 ends in 2081."""

    name: str = "CA"
    days: float = 3000
    sha1: bool = False


class Agency(_Model):
    """An agency of ESX Agent Manager."""

    name: str
    status: str = "green"
    issues: list[str] = []


class VCenter(_Model):
    """A vCenter; ``extensions`` beside those that its NSX managers register: "key version".

    Attributes:
        clock: seconds by which its clock is fast; each of its hosts has its own.
        network_control: version of Network I/O Control by switch; "version3" where left out.
        licences: ``LICENCES`` where left out.
        profiles: compliance of its host profiles, by name.
        key_providers: names of their servers, by id.
        no_access: names of folders, clusters and hosts on which the account has the role No access.
        privileges: of the account's role, beside those that every role has.
        signing_days: until the certificate ends with which single sign-on signs.
    """

    slug: str
    name: str = "VMware vCenter Server"
    version: str
    build: str
    clock: float = 0
    extensions: list[str] = []
    switches: list[tuple[str, str]] = []  # (name, version)
    network_control: dict[str, str] = {}
    alarms: list[Alarm] = []
    tasks: list[Task] = []
    licences: list[Licence] = []
    profiles: dict[str, str] = {}
    agencies: list[Agency] = []
    key_providers: dict[str, list[str]] = {}
    no_access: list[str] = []
    privileges: list[str] = ["Global.Licenses", "Host.Config.Image", "EAM.View"]
    signing_days: float = 3000
    trusted_roots: list[Root] = [Root()]
    clusters: list[Cluster] = []
    appliance: Appliance = Appliance()
    deployment: Deployment = Deployment()

    @property
    def instance_uuid(self) -> str:
        """Stable over runs."""
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{self.slug}.vcenter.kanmon.lab"))

    @property
    def owned(self) -> list[Licence]:
        """Its licences."""
        return self.licences or LICENCES

    @property
    def hosts(self) -> list[tuple[Cluster, EsxHost]]:
        """Every host with its cluster."""
        return [(cluster, host) for cluster in self.clusters for host in cluster.hosts]
