"""What a world file may say of the state of an NSX-V manager; healthy where it says nothing."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class NsxvEvent(_Model):
    """A system event, or the alarm that it raised, so many hours ago."""

    code: int
    source: str
    severity: str = "High"
    module: str = "Security Fabric"
    message: str = "Something needs attention."
    hours: float = 1


class NsxvGroup(_Model):
    """A security group and the names of its VMs; None for all that an appliance protects."""

    name: str
    machines: list[str] | None = None


class NsxvPolicy(_Model):
    """A security policy; one that protects has an anti-virus action by guest introspection."""

    name: str
    protects: bool = True
    enabled: bool = True
    parent: str | None = None  # name of another policy
    groups: list[NsxvGroup] = []


class NsxvJob(_Model):
    """A job of the task framework."""

    name: str
    status: str = "COMPLETED"


class NsxVState(_Model):
    """The state of an NSX-V manager.

    Attributes:
        trains: of ESXi, that it has VIBs for.
        controllers: status of each.
        components: status of services of the appliance, where they do not run.
        disabled_components: those that are not meant to run.
        update_available: the hosts, and the controllers, are older than the manager.
        unprepared: names of hosts that their cluster's preparation has left out.
        connections: by name of a host, what is not UP of firewall, control plane, controller.
        firewall: status of the published rules, by name of a host where they are not published.
        backup_hours: how long ago the backups were made.
        secondaries: addresses of the secondary managers of a primary one.
        zones: (name, mode) of each transport zone.
        appliances: by name of a host, name of the appliance that was deployed to it; where it says
            nothing that is the one which is there.
        fail_open: of the profile of the appliance's service, empty where it was never set.
    """

    trains: list[str] = ["6.0", "6.5", "6.7"]
    controllers: list[str] = ["RUNNING", "RUNNING", "RUNNING"]
    components: dict[str, str] = {}
    disabled_components: list[str] = []
    sso_connected: bool = True
    agent_manager: str = "UP"
    update_available: bool = False
    unprepared: list[str] = []
    jobs: list[NsxvJob] = [NsxvJob(name="Deploy service")]
    connections: dict[str, dict[str, str]] = {}
    firewall: dict[str, str] = {}
    backup_server: str = "backup.example.jp"
    backup_hours: list[float] = [6, 30]
    backup_size: int = 52_428_800
    alarms: list[NsxvEvent] = []
    events: list[NsxvEvent] = []
    role: str = "STANDALONE"
    secondaries: list[str] = []
    zones: list[tuple[str, str]] = [("Transport-Zone-1", "UNICAST_MODE")]
    vxlan_port: int = 4789
    policies: list[NsxvPolicy] = [
        NsxvPolicy(name="Deep Security", groups=[NsxvGroup(name="Protected VMs")])
    ]
    appliances: dict[str, str] = {}
    fail_open: str = "true"
