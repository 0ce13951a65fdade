"""What a simulated NSX-V manager says of its own state."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

from lab.nsxv.xml import leaf, node, record, unknown, xml
from lab.transport.server import Answer
from lab.world.nsxv import NsxvEvent
from lab.world.vcenter import EsxHost, VCenter
from lab.world.world import NsxV

APPLIANCE = "/api/1.0/appliance-management"
COMPONENTS = ("VPOSTGRES", "RABBITMQ", "NSXREPLICATOR", "NSX", "SSH")
CONNECTIONS = {
    "nsxMgrToFirewallAgentConn": "firewall",
    "nsxMgrToControlPlaneAgentConn": "control plane",
    "hostToControllerConn": "controller",
}


class State:
    """The state of one manager, by path."""

    def __init__(self, told: NsxV, vcenter: VCenter) -> None:
        self.told = told
        self.now = datetime.now(UTC)
        self.prepared = [host for cluster, host in vcenter.hosts if cluster.nsxv]
        self.clusters = {cluster.moref: cluster for cluster in vcenter.clusters if cluster.nsxv}
        self.routes: list[tuple[str, Callable[..., Answer]]] = [
            (f"{APPLIANCE}/summary/components", self.components),
            (f"{APPLIANCE}/backuprestore/backupsettings", self.backup_settings),
            (f"{APPLIANCE}/backuprestore/backups", self.backups),
            ("/api/2.0/services/ssoconfig/status", self.sso),
            ("/api/2.0/services/taskservice/job", self.jobs),
            ("/api/2.0/eam/status", self.agent_manager),
            ("/api/2.0/universalsync/configuration/role", self.role),
            ("/api/2.0/universalsync/configuration/nsxmanagers", self.secondaries),
            ("/api/2.0/vdn/controller/upgrade-available", self.upgrade),
            ("/api/2.0/vdn/scopes", self.zones),
            ("/api/2.0/vdn/config/vxlan/udp/port", self.vxlan_port),
            ("/api/2.0/vdn/inventory/host/([^/]+)/connection/status", self.connection),
            ("/api/4.0/firewall/globalroot-0/status", self.firewall),
        ]
        self.lists = {
            "/api/2.0/services/systemalarms": ("pagedSystemAlarmList", self.alarms()),
            "/api/2.0/systemevent": ("pagedSystemEventList", self.events()),
        }

    def components(self) -> Answer:
        """The services of the appliance."""
        listed = [
            record(
                "component",
                componentId=name,
                name=name.title(),
                status=self.told.components.get(name, "RUNNING"),
                enabled=_truth(value=name not in self.told.disabled_components),
            )
            for name in COMPONENTS
        ]
        entry = node("entry", leaf("string", "COMMON"), node("components", *listed))
        return xml(node("componentsSummary", node("componentsByGroup", entry)))

    def backup_settings(self) -> Answer:
        """Place and schedule of the backups, with the secrets that a manager shows."""
        if not self.told.backup_server:
            return xml(node("backupRestoreSettings"))
        ftp = record(
            "ftpSettings",
            transferProtocol="SFTP",
            hostNameIPAddress=self.told.backup_server,
            userName="backup",
            password="Shown-By-The-Manager",  # noqa: S106 - simulated
            passPhrase="Shown-By-The-Manager",  # noqa: S106 - simulated
        )
        tables = node("excludeTables", leaf("excludeTable", "FLOW_RECORDS"))
        schedule = record("backupFrequency", frequency="DAILY", hourOfDay="2")
        return xml(node("backupRestoreSettings", ftp, schedule, tables))

    def backups(self) -> Answer:
        """The files of the backups."""
        listed = [
            record(
                "backupFileProperties",
                fileName=f"nsxv-{number}",
                fileSize=str(self.told.backup_size),
                creationTime=self.ago(hours),
            )
            for number, hours in enumerate(self.told.backup_hours, 1)
        ]
        return xml(node("list", *listed))

    def sso(self) -> Answer:
        """Whether single sign-on is connected, as one word."""
        return xml(leaf("boolean", _truth(value=self.told.sso_connected)))

    def upgrade(self) -> Answer:
        """Whether the controllers could be upgraded, as one word."""
        return xml(leaf("boolean", _truth(value=self.told.update_available)))

    def agent_manager(self) -> Answer:
        """What the manager sees of ESX Agent Manager."""
        return xml(record("eamStatus", status=self.told.agent_manager))

    def jobs(self) -> Answer:
        """The jobs of the task framework."""
        listed = [
            record("jobInstance", id=f"jobdata-{number}", name=job.name, status=job.status)
            for number, job in enumerate(self.told.jobs, 1)
        ]
        return xml(node("jobInstances", *listed))

    def connection(self, moref: str) -> Answer:
        """The connections of one prepared host."""
        host = next((host for host in self.prepared if host.moref == moref), None)
        if host is None:
            return unknown(moref)
        other = self.told.connections.get(host.name, {})
        words = {tag: other.get(name, "UP") for tag, name in CONNECTIONS.items()}
        return xml(record("hostConnStatus", hostId=moref, hostName=host.name, **words))

    def firewall(self) -> Answer:
        """Whether the rules are published, by host."""
        clusters = [
            node(
                "clusterStatus",
                leaf("clusterId", moref),
                leaf("status", self.rules(cluster.hosts)),
                node("hostStatusList", *(self.host_rules(host) for host in cluster.hosts)),
            )
            for moref, cluster in self.clusters.items()
        ]
        whole = leaf("status", self.rules(self.prepared))
        return xml(node("firewallStatus", whole, node("clusterList", *clusters)))

    def rules(self, hosts: Iterable[EsxHost]) -> str:
        """The first status that is not the good one."""
        words = [self.told.firewall.get(host.name, "published") for host in hosts]
        return next((word for word in words if word != "published"), "published")

    def host_rules(self, host: EsxHost) -> ET.Element:
        """Whether one host has the rules."""
        status = self.told.firewall.get(host.name, "published")
        return record("hostStatus", hostId=host.moref, hostName=host.name, status=status)

    def alarms(self) -> list[ET.Element]:
        """The alarms that are not resolved."""
        return [
            node(
                "systemAlarm",
                *self.event(number, one),
                leaf("alarmId", str(number)),
                leaf("alarmCode", str(one.code)),
                leaf("alarmSource", one.source),
            )
            for number, one in enumerate(self.told.alarms, 1)
        ]

    def events(self) -> list[ET.Element]:
        """The system events, the oldest first."""
        oldest_first = sorted(self.told.events, key=lambda one: -one.hours)
        return [
            node("systemEvent", *self.event(number, one))
            for number, one in enumerate(oldest_first, 1)
        ]

    def event(self, number: int, one: NsxvEvent) -> list[ET.Element]:
        """What event and alarm have in common."""
        texts = {
            "eventId": str(number),
            "timestamp": self.ago(one.hours),
            "severity": one.severity,
            "eventSource": one.source,
            "eventCode": str(one.code),
            "message": one.message,
            "module": one.module,
        }
        return [leaf(tag, text) for tag, text in texts.items()]

    def role(self) -> Answer:
        """The role between several vCenters."""
        return xml(record("universalSyncRole", role=self.told.role))

    def secondaries(self) -> Answer:
        """The secondary managers of a primary one."""
        listed = [
            record("nsxManagerInfo", uuid=f"uuid of {one}", nsxManagerIp=one, isPrimary="false")
            for one in self.told.secondaries
        ]
        return xml(node("nsxManagerInfos", *listed))

    def zones(self) -> Answer:
        """The transport zones."""
        listed = [
            record("vdnScope", objectId=f"vdnscope-{number}", name=name, controlPlaneMode=mode)
            for number, (name, mode) in enumerate(self.told.zones, 1)
        ]
        return xml(node("vdnScopes", *listed))

    def vxlan_port(self) -> Answer:
        """The port of VXLAN."""
        return xml(leaf("int", str(self.told.vxlan_port)))

    def ago(self, hours: float) -> str:
        """So many hours ago, in milliseconds."""
        return str(int((self.now - timedelta(hours=hours)).timestamp() * 1000))


def _truth(*, value: bool) -> str:
    return "true" if value else "false"
