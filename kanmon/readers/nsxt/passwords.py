"""When the passwords of NSX-T's own users end, by manager node and edge; none is ever told."""

from __future__ import annotations

from collections.abc import Iterator

from kanmon.errors import CouldNotRead, TargetLost
from kanmon.facts import Unread
from kanmon.facts.nsxt.state import NodePasswords, Password
from kanmon.readers.apart import each
from kanmon.readers.nsxt.client import Session, of_member, path_id
from kanmon.readers.transport.fields import (
    Json,
    called,
    child,
    children,
    count,
    optional_text,
    text,
)
from kanmon.text import Text

CLUSTER = "/api/v1/cluster"
EDGE = "EdgeNode"


def passwords(session: Session) -> tuple[NodePasswords, ...]:
    """The passwords of every manager node and edge, asked one after the other.

    A node that does not answer is unread by itself.
    """
    nodes = [*_managers(session), *_edges(session)]
    return tuple(NodePasswords(name, _of(session, name, path)) for name, path in nodes)


def _managers(session: Session) -> tuple[tuple[str, str], ...]:
    """The nodes of the management cluster, one at least, by address.

    A member of the group of managers is known by the id of its node, one of the controllers is not.
    """
    path = f"{CLUSTER}/status"
    groups = children(child(session.get(path), "detailed_cluster_status"), "groups")
    members = [
        member
        for group in groups
        if group.get("group_type") == "MANAGER"
        for member in children(group, "members")
    ]
    if not members:
        raise CouldNotRead(f"GET {path}", Text("no group of managers, or one without members"))
    return each(members, _manager, of_member)


def _manager(member: Json) -> tuple[str, str]:
    node = path_id({"id": text(member, "member_uuid")})
    return text(member, "member_ip", "member_fqdn"), f"{CLUSTER}/{node}"


def _edges(session: Session) -> Iterator[tuple[str, str]]:
    path = "/api/v1/transport-nodes"

    def edge(node: Json) -> tuple[str, str] | None:
        if text(child(node, "node_deployment_info"), "resource_type") != EDGE:
            return None
        name = f"{text(node, 'display_name', 'id')} ({text(node, 'id')})"
        return name, f"{path}/{path_id(node)}"

    yield from filter(None, each(session.items(path), edge, called))


def _of(session: Session, name: str, node: str) -> tuple[Password, ...] | Unread:
    try:
        users = _users(session, f"{node}/node/users")
        return each(users, _password, lambda user: f"{called(user)} on {name}")
    except TargetLost:
        raise
    except CouldNotRead as error:
        return Unread(error.message)


def _users(session: Session, path: str) -> list[Json]:
    users = session.items(path, paged=False)
    if not users:
        raise CouldNotRead(f"GET {path}", Text("no user at all"))
    return users


def _password(listed: Json) -> Password:
    return Password(
        user=text(listed, "username"),
        status=optional_text(listed, "status"),
        age=_days(listed, "last_password_change"),
        life=_days(listed, "password_change_frequency"),
    )


def _days(listed: Json, key: str) -> int | None:
    return None if listed.get(key) is None else count(listed, key)


PARTS = {"passwords": passwords}
