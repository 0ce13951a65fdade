"""What was read of Linux hosts."""

from kanmon.facts.common import Kind
from kanmon.facts.linux import agent, host, manager

KIND = Kind(
    identity="host",
    release=lambda host: (host.os_name, host.kernel),
    parts={
        "host": host.Host,
        "agent": agent.AgentHost,
        "node": manager.ManagerNode,
        "installers": tuple[manager.InstallerContent, ...],
    },
)
