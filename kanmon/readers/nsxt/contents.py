"""What somebody made in an NSX-T manager, beside what every new one comes with."""

from __future__ import annotations

from collections.abc import Iterator

from kanmon.errors import CouldNotRead
from kanmon.facts.nsxt.state import Item
from kanmon.readers.apart import each
from kanmon.readers.nsxt.client import Session, path_id
from kanmon.readers.transport.fields import Json, called, child, optional_flag, text, texts
from kanmon.text import Text

INFRA = "/policy/api/v1/infra"
LISTS = {
    "segment": f"{INFRA}/segments",
    "tier-0 gateway": f"{INFRA}/tier-0s",
    "tier-1 gateway": f"{INFRA}/tier-1s",
    "endpoint policy": f"{INFRA}/domains/endpoint-policies",
    "transport node profile": "/api/v1/transport-node-profiles",
}
MANAGER_LISTS = {
    "logical switch": "/api/v1/logical-switches",
    "logical router": "/api/v1/logical-routers",
}
"""What can be made beside the policy interface, in manager mode."""
POLICY = "nsx_policy"
"""Who made what the manager holds for a segment or a gateway, which are listed themselves."""
NODES = {"HostNode": "host transport node", "EdgeNode": "edge transport node"}
Kept = tuple[str, Json]
"""The kind of an object, and the object."""


def contents(session: Session) -> tuple[Item, ...]:
    """Everything that was made; empty on a new manager.

    Every list is asked for and read whole; an account that may not see one is refused (403).
    """
    found = [
        *_listed(session),
        *(one for domain in _domains(session) for one in _of_domain(session, domain)),
        *_nodes(session),
        *_services(session),
    ]
    items = each(found, lambda one: _item(*one), lambda one: f"{one[0]} {called(one[1])}")
    return tuple(sorted(items, key=lambda item: (item.kind, item.name, item.id)))


def _item(kind: str, listed: Json) -> Item:
    return Item(kind, text(listed, "id"), text(listed, "display_name", "id"))


def _comes_with_nsx(listed: Json) -> bool:
    """NSX-T marks its own objects; of its default firewall sections and rules ``is_default``."""
    marks = ("_system_owned", "is_default")
    return any(optional_flag(listed, mark) is True for mark in marks)


def _listed(session: Session) -> Iterator[Kept]:
    for kind, path in LISTS.items():
        yield from ((kind, one) for one in session.items(path) if not _comes_with_nsx(one))
    for kind, path in MANAGER_LISTS.items():
        yield from ((kind, one) for one in session.items(path) if not _by_policy(one))


def _by_policy(listed: Json) -> bool:
    return _comes_with_nsx(listed) or listed.get("_create_user") == POLICY


def _domains(session: Session) -> list[str]:
    """The paths of the domains; every manager has the one named "default"."""
    listed = session.items(f"{INFRA}/domains")
    if not listed:
        raise CouldNotRead(
            Text("GET {infra}/domains", infra=INFRA), Text("no domain, not even the default one")
        )
    return list(each(listed, lambda one: f"{INFRA}/domains/{path_id(one)}", called))


def _of_domain(session: Session, domain: str) -> Iterator[Kept]:
    groups = session.items(f"{domain}/groups")
    yield from (("group", one) for one in groups if not _comes_with_nsx(one))
    policies = session.items(f"{domain}/security-policies")
    yield from (("security policy", one) for one in policies if not _comes_with_nsx(one))
    kept = each(
        [one for one in policies if _comes_with_nsx(one)],
        lambda one: session.items(f"{domain}/security-policies/{path_id(one)}/rules"),
        lambda one: f"security policy {called(one)}",
    )
    yield from (("firewall rule", one) for rules in kept for one in rules if _is_made(one))


def _is_made(rule: Json) -> bool:
    return not _comes_with_nsx(rule) and rule.get("_create_user") != "system"


def _nodes(session: Session) -> tuple[Kept, ...]:
    return each(session.items("/api/v1/transport-nodes"), _node, called)


def _node(listed: Json) -> Kept:
    kind = text(child(listed, "node_deployment_info"), "resource_type")
    return NODES.get(kind, f"transport node of type {kind}"), listed


def _services(session: Session) -> tuple[Kept, ...]:
    services = session.items("/api/v1/serviceinsertion/services", paged=False)
    return each(services, _service, called)


def _service(listed: Json) -> Kept:
    protects = "EPP" in texts(listed, "functionalities")
    return "endpoint protection service" if protects else "partner service", listed
