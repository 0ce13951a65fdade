"""Frozen records of what was read, one module per target kind.

A field is ``None`` only where the product itself says "not set"; what could not be read is an
``Unread`` with the reason, never an empty value.
"""

from typing import Any

from kanmon.facts import windows
from kanmon.facts.common import Certificate, Unread
from kanmon.facts.database import server as database
from kanmon.facts.database import state as database_state
from kanmon.facts.dsm import manager as dsm
from kanmon.facts.dsm import role as dsm_role
from kanmon.facts.dsm import system as dsm_system
from kanmon.facts.linux import agent as linux_agent
from kanmon.facts.linux import host as linux
from kanmon.facts.linux import manager as linux_manager
from kanmon.facts.nsxt import inventory as nsxt
from kanmon.facts.nsxt import state as nsxt_state
from kanmon.facts.nsxv import inventory as nsxv
from kanmon.facts.nsxv import policy as nsxv_policy
from kanmon.facts.nsxv import state as nsxv_state
from kanmon.facts.vcenter import (
    appliance as vcenter_appliance,
)
from kanmon.facts.vcenter import (
    clusters as vcenter_clusters,
)
from kanmon.facts.vcenter import (
    hosts as vcenter_hosts,
)
from kanmon.facts.vcenter import (
    inventory as vcenter,
)
from kanmon.facts.vcenter import (
    management as vcenter_management,
)

PARTS: dict[str, dict[str, Any]] = {
    "vcenter": {
        "about": vcenter.About,
        "hosts": tuple[vcenter.Host, ...],
        "vibs": tuple[vcenter.HostVibs, ...],
        "vms": tuple[vcenter.Vm, ...],
        "extensions": tuple[vcenter.Extension, ...],
        "switches": tuple[vcenter.Switch, ...],
        "host_certificates": tuple[vcenter_appliance.HostCertificate, ...],
        "appliance": vcenter_appliance.Appliance,
        "backups": tuple[vcenter_appliance.Backup, ...],
        "storage": vcenter_appliance.Storage,
        "alarms": tuple[vcenter_management.Alarm, ...],
        "activity": vcenter_management.Activity,
        "upkeep": tuple[vcenter_management.VmUpkeep, ...],
        "licences": vcenter_management.Licences,
        "switch_configs": tuple[vcenter_management.SwitchConfig, ...],
        "rights": vcenter_management.Rights,
        "clusters": tuple[vcenter_clusters.Cluster, ...],
        "running": tuple[vcenter_clusters.RunningVm, ...],
        "tools_policies": tuple[vcenter_clusters.ToolsPolicy, ...],
        "hardware": tuple[vcenter_hosts.HostAnswer[vcenter_hosts.Hardware], ...],
        "adapters": tuple[vcenter_hosts.HostAnswer[vcenter_hosts.Adapters], ...],
        "boot_disks": tuple[vcenter_hosts.HostAnswer[vcenter_hosts.BootDisk], ...],
        "datastores": tuple[vcenter_hosts.Datastore, ...],
        "settings": tuple[vcenter_hosts.HostAnswer[vcenter_hosts.Settings], ...],
        "clocks": tuple[vcenter_hosts.HostAnswer[vcenter_hosts.Clock], ...],
        "acceptance": tuple[vcenter_hosts.HostAnswer[str], ...],
        "certificates": tuple[Certificate, ...],
    },
    "nsxv": {
        "manager": nsxv.Manager,
        "preparation": tuple[nsxv.Preparation, ...],
        "deployments": tuple[nsxv.Deployment, ...],
        "agents": tuple[nsxv.Agent, ...],
        "trains": tuple[str, ...],
        "state": nsxv_state.State,
        "jobs": tuple[nsxv_state.Job, ...],
        "connections": tuple[nsxv_state.Connection, ...],
        "firewall": nsxv_state.Firewall,
        "backups": nsxv_state.Backups,
        "alarms": tuple[nsxv_state.Alarm, ...],
        "events": nsxv_state.Events,
        "networks": nsxv_state.Networks,
        "gi_policies": nsxv_policy.GiPolicies,
        "service_profiles": tuple[nsxv_policy.ServiceProfile, ...],
        "certificates": tuple[Certificate, ...],
    },
    "nsxt": {
        "manager": nsxt.Manager,
        "compute_managers": tuple[nsxt.ComputeManager, ...],
        "transport_nodes": tuple[nsxt.TransportNode, ...],
        "deployments": tuple[nsxt.Deployment, ...],
        "guest_tools": tuple[nsxt.GuestTools, ...],
        "alarms": tuple[nsxt_state.Alarm, ...],
        "cluster_groups": tuple[nsxt_state.ClusterGroup, ...],
        "node_services": tuple[nsxt_state.NodeService, ...],
        "registrations": tuple[nsxt_state.Registration, ...],
        "licences": tuple[nsxt_state.Licence, ...],
        "backups": nsxt_state.Backups,
        "upgrade_checks": nsxt_state.UpgradeChecks,
        "migration": nsxt_state.Migration,
        "contents": tuple[nsxt_state.Item, ...],
        "certificates": tuple[Certificate, ...],
    },
    "dsm": {
        "manager": dsm.Manager,
        "nodes": tuple[dsm.Node, ...],
        "computers": tuple[dsm.Computer, ...],
        "policies": tuple[dsm.Policy, ...],
        "relay_updates": tuple[dsm_system.RelayUpdate, ...],
        "alerts": tuple[dsm_system.Alert, ...],
        "schedule": dsm_system.Schedule,
        "switches": dsm_system.Switches,
        "connectors": dsm_system.Connectors,
        "packages": dsm_system.Packages,
        "roles": dsm_role.Roles,
        "certificates": tuple[Certificate, ...],
    },
    "database": {
        "tls": database.Tls,
        "server": database.Server,
        "instance": database_state.Instance,
        "clock": database_state.Clock,
        "storage": database_state.Storage,
        "backups": database_state.Backups | database_state.NotKept,
        "health": database_state.Health | database_state.NotKept,
        "holders": tuple[database_state.Holder, ...] | database_state.NotKept,
        "connections": tuple[database_state.Connection, ...] | database_state.NotKept,
        "certificates": tuple[Certificate, ...],
    },
    "linux": {
        "host": linux.Host,
        "agent": linux_agent.AgentHost,
        "node": linux_manager.ManagerNode,
        "installers": tuple[linux_manager.InstallerContent, ...],
    },
    "windows": {"machines": tuple[windows.Machine, ...]},
}
"""The type of every fact, by target kind and part."""

__all__ = ["PARTS", "Certificate", "Unread"]
