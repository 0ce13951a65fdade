"""What somebody made in an NSX-T manager, beside what every new one comes with."""

from __future__ import annotations

from collections.abc import Iterator

from kanmon.errors import CouldNotRead
from kanmon.facts.nsxt.state import Item
from kanmon.readers.nsxt.client import Session, path_id
from kanmon.readers.transport.fields import Json, child, optional_flag, text, texts
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


def contents(session: Session) -> tuple[Item, ...]:
    """Everything that was made; empty on a new manager.

    Every list is asked for and read whole; an account that may not see one is refused (403).
    """
    found = [
        *_listed(session),
        *(item for domain in _domains(session) for item in _of_domain(session, domain)),
        *_nodes(session),
        *_services(session),
    ]
    return tuple(sorted(found, key=lambda item: (item.kind, item.name, item.id)))


def _item(kind: str, listed: Json) -> Item:
    return Item(kind, text(listed, "id"), text(listed, "display_name", "id"))


def _comes_with_nsx(listed: Json) -> bool:
    """NSX-T marks its own objects; of its default firewall sections and rules ``is_default``."""
    marks = ("_system_owned", "is_default")
    return any(optional_flag(listed, mark) is True for mark in marks)


def _listed(session: Session) -> Iterator[Item]:
    for kind, path in LISTS.items():
        yield from (_item(kind, o) for o in session.items(path) if not _comes_with_nsx(o))
    for kind, path in MANAGER_LISTS.items():
        yield from (_item(kind, o) for o in session.items(path) if not _by_policy(o))


def _by_policy(listed: Json) -> bool:
    return _comes_with_nsx(listed) or listed.get("_create_user") == POLICY


def _domains(session: Session) -> list[str]:
    """The paths of the domains; every manager has the one named "default"."""
    found = [f"{INFRA}/domains/{path_id(one)}" for one in session.items(f"{INFRA}/domains")]
    if not found:
        raise CouldNotRead(
            Text("GET {infra}/domains", infra=INFRA), Text("no domain, not even the default one")
        )
    return found


def _of_domain(session: Session, domain: str) -> Iterator[Item]:
    for group in session.items(f"{domain}/groups"):
        if not _comes_with_nsx(group):
            yield _item("group", group)
    for policy in session.items(f"{domain}/security-policies"):
        if not _comes_with_nsx(policy):
            yield _item("security policy", policy)
            continue
        rules = session.items(f"{domain}/security-policies/{path_id(policy)}/rules")
        for rule in rules:
            if not _comes_with_nsx(rule) and rule.get("_create_user") != "system":
                yield _item("firewall rule", rule)


def _nodes(session: Session) -> Iterator[Item]:
    for node in session.items("/api/v1/transport-nodes"):
        kind = text(child(node, "node_deployment_info"), "resource_type")
        yield _item(NODES.get(kind, f"transport node of type {kind}"), node)


def _services(session: Session) -> Iterator[Item]:
    for service in session.items("/api/v1/serviceinsertion/services", paged=False):
        protects = "EPP" in texts(service, "functionalities")
        yield _item("endpoint protection service" if protects else "partner service", service)
