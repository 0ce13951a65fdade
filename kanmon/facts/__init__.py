"""Frozen records of what was read, one module per target kind.

A field is ``None`` only where the product itself says "not set"; what could not be read is an
``Unread`` with the reason, never an empty value.
"""

from typing import Any

from kanmon.facts import database, dsm, linux, linux_manager, nsxt, nsxv, vcenter, windows
from kanmon.facts.common import Certificate, Unread

PARTS: dict[str, dict[str, Any]] = {
    "vcenter": {
        "about": vcenter.About,
        "hosts": tuple[vcenter.Host, ...],
        "vibs": tuple[vcenter.HostVibs, ...],
        "vms": tuple[vcenter.Vm, ...],
        "extensions": tuple[vcenter.Extension, ...],
        "switches": tuple[vcenter.Switch, ...],
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
        "certificates": tuple[Certificate, ...],
    },
    "dsm": {
        "manager": dsm.Manager,
        "nodes": tuple[dsm.Node, ...],
        "computers": tuple[dsm.Computer, ...],
        "certificates": tuple[Certificate, ...],
    },
    "database": {
        "tls": database.Tls,
        "server": database.Server,
        "certificates": tuple[Certificate, ...],
    },
    "linux": {
        "host": linux.Host,
        "node": linux_manager.ManagerNode,
        "installers": tuple[linux_manager.InstallerContent, ...],
    },
    "windows": {"machines": tuple[windows.Machine, ...]},
}
"""The type of every fact, by target kind and part."""

__all__ = ["PARTS", "Certificate", "Unread"]
