"""Frozen records of what was read, one module per target kind.

A field is ``None`` only where the product itself says "not set"; what could not be read is an
``Unread`` with the reason, never an empty value.
"""

from typing import Any

from kanmon.facts import (
    database,
    dsm,
    dsm_system,
    linux,
    nsxt,
    nsxt_state,
    nsxv,
    vcenter,
    vcenter_appliance,
    vcenter_clusters,
    vcenter_management,
    windows,
)
from kanmon.facts.common import Certificate, Unread

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
        "certificates": tuple[Certificate, ...],
    },
    "nsxv": {
        "manager": nsxv.Manager,
        "preparation": tuple[nsxv.Preparation, ...],
        "deployments": tuple[nsxv.Deployment, ...],
        "agents": tuple[nsxv.Agent, ...],
        "trains": tuple[str, ...],
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
        "relay_updates": tuple[dsm_system.RelayUpdate, ...],
        "alerts": tuple[dsm_system.Alert, ...],
        "schedule": dsm_system.Schedule,
        "switches": dsm_system.Switches,
        "connectors": dsm_system.Connectors,
        "packages": dsm_system.Packages,
        "certificates": tuple[Certificate, ...],
    },
    "database": {
        "tls": database.Tls,
        "server": database.Server,
        "certificates": tuple[Certificate, ...],
    },
    "linux": {"host": linux.Host},
    "windows": {"machines": tuple[windows.Machine, ...]},
}
"""The type of every fact, by target kind and part."""

__all__ = ["PARTS", "Certificate", "Unread"]
