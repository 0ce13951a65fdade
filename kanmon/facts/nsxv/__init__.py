"""What was read of NSX-V."""

from kanmon.facts.common import Certificate, ClockReading, Kind
from kanmon.facts.nsxv import inventory, policy, state

KIND = Kind(
    identity="manager",
    release=lambda manager: (manager.version, manager.build),
    parts={
        "manager": inventory.Manager,
        "preparation": tuple[inventory.Preparation, ...],
        "deployments": tuple[inventory.Deployment, ...],
        "agents": tuple[inventory.Agent, ...],
        "trains": tuple[str, ...],
        "state": state.State,
        "jobs": tuple[state.Job, ...],
        "connections": tuple[state.Connection, ...],
        "firewall": state.Firewall,
        "backups": state.Backups,
        "alarms": tuple[state.Alarm, ...],
        "events": state.Events,
        "networks": state.Networks,
        "gi_policies": policy.GiPolicies,
        "service_profiles": tuple[policy.ServiceProfile, ...],
        "clock": ClockReading,
        "certificates": tuple[Certificate, ...],
    },
)
