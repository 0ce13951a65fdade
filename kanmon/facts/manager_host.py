"""What was read of the Windows hosts of manager nodes: the same records as of their Linux ones."""

from kanmon.facts.common import Kind
from kanmon.facts.linux import host, manager

KIND = Kind(
    identity="host",
    release=lambda host: (host.os_name, host.kernel),
    parts={
        "host": host.Host,
        "node": manager.ManagerNode,
        "installers": tuple[manager.InstallerContent, ...],
    },
)
