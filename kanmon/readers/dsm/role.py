"""What the roles of the accounts at a Deep Security Manager let them see; only ``/api`` tells it.

The manager leaves out of its answers what a role does not select, and says nothing of it. Names and
meaning of the rights: the vendor's client, SDK 20.0.463, Role, ComputerRights and PolicyRights.
"""

from __future__ import annotations

from collections.abc import Iterator

from kanmon.errors import CouldNotRead
from kanmon.facts.dsm.role import Role, Roles
from kanmon.readers.dsm.api import OWN_KEY, Api, NotThere
from kanmon.readers.dsm.session import Session
from kanmon.readers.dsm.system import NO_API
from kanmon.readers.transport.fields import Json, child, children, count, flag, optional_flag, text
from kanmon.text import Text

USERS = "/api/administrators"
ROLE_READING = (
    ("GET", USERS),
    ("GET", r"/api/roles/\d+"),
)


def roles(session: Session) -> Roles:
    """The role of the API key and of the user, as far as both are given.

    Raises:
        CouldNotRead: an answer is not what was asked for, an account may not see roles or users, or
            the manager does not list the user.
    """
    if session.api is None:
        return Roles(NO_API, ())
    try:
        return Roles("", tuple(_accounts(session, session.api)))
    except NotThere as error:
        return Roles(str(error), ())


def platform_rights(session: Session, api: Api) -> Json:
    """The rights of the account that ``/api`` is asked with.

    Raises:
        CouldNotRead: an answer is not what was asked for, or the account may not see its role.
    """
    owner = api.get(OWN_KEY) if session.by_key else _user(api, session.username or "")
    role = api.get(f"/api/roles/{count(owner, 'roleID')}")
    return child(child(role, "rights", optional=True), "platformRights", optional=True)


def _accounts(session: Session, api: Api) -> Iterator[Role]:
    if session.by_key:
        key = api.get(OWN_KEY)
        yield _role(api, key, f"API key {text(key, 'keyName')}")
    if session.username:
        user = _user(api, session.username)
        yield _role(api, user, f"user {session.username}")


def _user(api: Api, name: str) -> Json:
    listed = children(api.get(USERS), "administrators")
    found = [one for one in listed if str(one.get("username")).casefold() == name.casefold()]
    if len(found) != 1:
        got = Text("{count} of {total} users", count=len(found), total=len(listed))
        raise CouldNotRead(
            Text("find the user {name} in {users}", name=name, users=USERS),
            got,
            Text("look up the role and attest it"),
        )
    return found[0]


def _role(api: Api, owner: Json, account: str) -> Role:
    role = api.get(f"/api/roles/{count(owner, 'roleID')}")
    rights = child(child(role, "rights", optional=True), "platformRights", optional=True)
    computers = child(rights, "computerRights", optional=True)
    return Role(
        account=account,
        name=text(role, "name"),
        all_computers=flag(role, "allComputers"),
        other_computers=_has(computers, "canViewOtherComputers"),
        unrelated=_has(computers, "canViewNotRelatedToComputers"),
        all_policies=flag(role, "allPolicies"),
        other_policies=_has(child(rights, "policyRights", optional=True), "canViewOtherPolicies"),
    )


def _has(rights: Json, name: str) -> bool:
    """Whether a right is held; one that the manager does not name is none."""
    return bool(optional_flag(rights, name))
