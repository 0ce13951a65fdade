"""How a vCenter stands in its estate: its names, and its high availability.

Every part of an answer is read by itself, so that a right that is missing loses that part alone.
"""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pyVmomi import vim

from kanmon.environment.targets import is_address
from kanmon.errors import CouldNotRead
from kanmon.facts import Unread
from kanmon.facts.vcenter.deployment import (
    HaHealth,
    HaNode,
    HighAvailability,
    Linked,
    LinkedNode,
    Naming,
    PortGroup,
    Replication,
)
from kanmon.readers.transport import tls
from kanmon.readers.transport.fields import flag, optional_flag, text
from kanmon.readers.transport.unread import or_unread
from kanmon.readers.vcenter.appliance import rest_of
from kanmon.readers.vcenter.found import Found, each
from kanmon.readers.vcenter.session import Session, required
from kanmon.text import Text

_Told = TypeVar("_Told")

NODE_NAME = "config.vpxd.hostnameUrl"
NODES = "/rest/vcenter/topology/nodes"
REPLICATION = "/rest/vcenter/topology/replication-status"
HOST_NAME = "/rest/appliance/networking/dns/hostname"


def naming(session: Session) -> Naming:
    """What a vCenter calls itself, and what its certificate and the DNS call it."""
    node_name = or_unread(lambda: _node_name(session))
    addresses = _then(node_name, _addresses)
    return Naming(
        node_name=node_name,
        host_name=or_unread(lambda: _host_name(session)),
        certificate=or_unread(lambda: tls.names(session.target)),
        addresses=addresses,
        reverse=_then(addresses, _names),
    )


_Known = TypeVar("_Known")


def _then(told: _Known | Unread, read: Callable[[_Known], _Told]) -> _Told | Unread:
    return told if isinstance(told, Unread) else or_unread(lambda: read(told))


def _node_name(session: Session) -> str:
    """The setting in which vCenter keeps the name that it was deployed with."""
    tried = Text("read the setting {name} of {where}", name=NODE_NAME, where=session.target.where)
    manager = session.content.setting
    options = manager.QueryOptions(NODE_NAME) if manager else []
    values = [one.value for one in options if one.key == NODE_NAME]
    if len(values) != 1 or not isinstance(values[0], str) or not values[0].strip():
        raise CouldNotRead(tried, Text("no name"))
    name = values[0].strip()
    if "/" in name:
        raise CouldNotRead(tried, Text("{value}, expected a name", value=repr(name)))
    return name


def _host_name(session: Session) -> str:
    name = rest_of(session).get(HOST_NAME)
    if not isinstance(name, str) or not name:
        raise CouldNotRead(f"GET {HOST_NAME}", Text("{value}, expected a name", value=repr(name)))
    return name


def _addresses(name: str) -> tuple[str, ...]:
    """What a name resolves to on this machine, each address once."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        got = getattr(error, "strerror", None) or str(error)
        raise CouldNotRead(Text("resolve {address}", address=name), got) from None
    return tuple(dict.fromkeys(str(one[4][0]) for one in found))


def _names(addresses: Sequence[str]) -> tuple[str, ...]:
    """The names of addresses on this machine.

    Raises:
        CouldNotRead: none of them has any.
    """
    found: list[str] = []
    got: Any = ""
    for address in addresses:
        try:
            name, aliases, _ = socket.gethostbyaddr(address)
        except OSError as error:
            got = error.strerror or str(error)
        else:
            found += [name, *aliases]
    # Without an entry the resolver of some systems gives the address back.
    named = [one for one in dict.fromkeys(found) if not is_address(one)]
    if not named:
        listed = ", ".join(addresses)
        raise CouldNotRead(Text("find the name of {addresses}", addresses=listed), got)
    return tuple(named)


def linked(session: Session) -> Linked:
    """The nodes of the single sign-on domain, and whether they follow each other.

    A release that has no such interface is not asked where its version says so (6.5); what 6.7
    before U2 answers is not found.
    """
    if str(session.content.about.apiVersion).startswith("6.5"):
        untold = Unread(Text("vCenter tells of linked mode from 6.7 U2 on"))
        return Linked(untold, untold)
    return Linked(
        nodes=or_unread(
            lambda: tuple(
                LinkedNode(text(one, "node"), text(one, "type")) for one in _listed(session, NODES)
            )
        ),
        replication=or_unread(lambda: tuple(map(_replication, _listed(session, REPLICATION)))),
    )


def _listed(session: Session, path: str) -> list[dict[str, Any]]:
    listed = session.rest.get(path)
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise CouldNotRead(f"GET {path}", Text("an answer that is no list of objects"))
    return listed


def _replication(told: dict[str, Any]) -> Replication:
    return Replication(
        node=text(told, "node"),
        partner=text(told, "replication_partner"),
        available=flag(told, "partner_available"),
        replicating=optional_flag(told, "replicating"),
    )


def port_groups(session: Session) -> tuple[PortGroup, ...]:
    """Every network that the account sees; none at all is left to who judges it."""
    group = vim.dvs.DistributedVirtualPortgroup
    wanted: dict[type, tuple[str, ...]] = {vim.Network: ("name",), group: ("name", "config.type")}
    return each(
        session.walk(wanted),
        lambda one: PortGroup(one.moref, one.take("name", str), _binding(one)),
    )


def _binding(found: Found) -> str | None:
    if isinstance(found.object, vim.dvs.DistributedVirtualPortgroup):
        return found.find("config.type", str)
    return "opaque" if isinstance(found.object, vim.OpaqueNetwork) else "standard"


def availability(session: Session) -> HighAvailability:
    """Whether vCenter HA is configured, and how it is."""
    tried = Text("read vCenter HA of {where}", where=session.target.where)
    configurator = session.content.failoverClusterConfigurator
    if configurator is None:
        raise CouldNotRead(tried, Text("vCenter names no such manager"))
    told = configurator.GetConfig()
    configuration = required(told, "state", tried)
    if configuration != "configured":
        return HighAvailability(configuration, None)
    return HighAvailability(configuration, or_unread(lambda: _ha_health(session, tried)))


def _ha_health(session: Session, tried: str) -> HaHealth:
    manager = session.content.failoverClusterManager
    if manager is None:
        raise CouldNotRead(tried, Text("vCenter names no such manager"))
    told = manager.GetClusterHealth()
    runtime = getattr(told, "runtimeInfo", None)
    if runtime is None:
        raise CouldNotRead(tried, Text("no {name}", name="runtimeInfo"))
    return HaHealth(
        mode=required(runtime, "clusterMode", tried),
        state=required(runtime, "clusterState", tried),
        nodes=tuple(
            HaNode(
                role=required(one, "nodeRole", tried),
                state=required(one, "nodeState", tried),
                address=required(one, "nodeIp", tried),
            )
            for one in runtime.nodeInfo
        ),
        messages=tuple(str(one.message) for one in told.healthMessages if one.message),
    )


PARTS: Mapping[str, Callable[[Any], object]] = {
    "naming": naming,
    "linked": linked,
    "port_groups": port_groups,
    "availability": availability,
}
