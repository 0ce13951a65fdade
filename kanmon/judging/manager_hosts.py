"""The hosts of manager nodes, whatever their platform: what was read of each, by its slug."""

from __future__ import annotations

from kanmon.facts import Unread
from kanmon.facts.linux.host import Host
from kanmon.facts.linux.manager import InstallerContent, ManagerNode

Contents = tuple[InstallerContent, ...]


def manager_hosts(
    all_linux_host: dict[str, Host | Unread], all_manager_host_host: dict[str, Host | Unread]
) -> dict[str, Host | Unread]:
    """The machines themselves."""
    return {**all_linux_host, **all_manager_host_host}


def manager_nodes(
    all_linux_node: dict[str, ManagerNode | Unread],
    all_manager_host_node: dict[str, ManagerNode | Unread],
) -> dict[str, ManagerNode | Unread]:
    """What a manager needs of them beside."""
    return {**all_linux_node, **all_manager_host_node}


def manager_installers(
    all_linux_installers: dict[str, Contents | Unread],
    all_manager_host_installers: dict[str, Contents | Unread],
) -> dict[str, Contents | Unread]:
    """What is in the installers on them."""
    return {**all_linux_installers, **all_manager_host_installers}
