"""What was read of Deep Security Manager."""

from kanmon.facts.common import Certificate, Kind
from kanmon.facts.dsm import manager, role, system, tenants

KIND = Kind(
    identity="manager",
    release=lambda manager: (manager.version, None),
    parts={
        "manager": manager.Manager,
        "nodes": tuple[manager.Node, ...],
        "agent_ports": tuple[manager.AgentPort, ...],
        "computers": tuple[manager.Computer, ...],
        "policies": tuple[manager.Policy, ...],
        "relay_updates": tuple[system.RelayUpdate, ...],
        "alerts": tuple[system.Alert, ...],
        "schedule": system.Schedule,
        "switches": system.Switches,
        "self_protection": system.SelfProtection,
        "connectors": system.Connectors,
        "packages": system.Packages,
        "roles": role.Roles,
        "tenants": tenants.Tenants,
        "clocks": tuple[manager.NodeClock, ...],
        "certificates": tuple[Certificate, ...],
    },
)
