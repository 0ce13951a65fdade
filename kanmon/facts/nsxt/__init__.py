"""What was read of NSX-T."""

from kanmon.facts.common import Certificate, ClockReading, Kind
from kanmon.facts.nsxt import inventory, state

KIND = Kind(
    identity="manager",
    release=lambda manager: (manager.version, None),
    parts={
        "manager": inventory.Manager,
        "compute_managers": tuple[inventory.ComputeManager, ...],
        "transport_nodes": tuple[inventory.TransportNode, ...],
        "deployments": tuple[inventory.Deployment, ...],
        "guest_tools": tuple[inventory.GuestTools, ...],
        "alarms": tuple[state.Alarm, ...],
        "cluster_groups": tuple[state.ClusterGroup, ...],
        "node_services": tuple[state.NodeService, ...],
        "registrations": tuple[state.Registration, ...],
        "licences": tuple[state.Licence, ...],
        "backups": state.Backups,
        "passwords": tuple[state.NodePasswords, ...],
        "upgrade_checks": state.UpgradeChecks,
        "migration": state.Migration,
        "contents": tuple[state.Item, ...],
        "clock": ClockReading,
        "certificates": tuple[Certificate, ...],
    },
)
