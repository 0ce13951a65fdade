"""What the roles of the accounts at a Deep Security Manager let them see; only ``/api`` tells it.

The manager leaves out of its answers what a role does not select, and says nothing of it. Names and
meaning of the rights: the vendor's client, SDK 20.0.463, Role, ComputerRights and PolicyRights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kanmon.facts.dsm_role import Role, Roles
from kanmon.readers.dsm_api import Api, NotThere
from kanmon.readers.dsm_system import NO_API
from kanmon.readers.fields import Json, child, count, flag, optional_flag, optional_text, text

if TYPE_CHECKING:
    from kanmon.readers.dsm import Session

ROLE_READING = (
    ("GET", r"/api/administrators/\d+"),
    ("GET", r"/api/roles/\d+"),
)
NAMELESS = "the manager did not say whose session it opened"


def roles(session: Session) -> Roles:
    """The role of every account that logged in.

    Raises:
        CouldNotRead: an answer is not what was asked for, or an account may not see its own role.
    """
    if not session.apis:
        return Roles(NO_API, ())
    accounts = [(api, api.account) for api in session.apis if api.account]
    if len(accounts) < len(session.apis):
        return Roles(NAMELESS, ())
    try:
        return Roles("", tuple(_role(*one) for one in accounts))
    except NotThere as error:
        return Roles(str(error), ())


def _role(api: Api, path: str) -> Role:
    account = api.get(path)
    role = api.get(f"/api/roles/{count(account, 'roleID')}")
    rights = child(child(role, "rights", optional=True), "platformRights", optional=True)
    computers = child(rights, "computerRights", optional=True)
    return Role(
        account=_named(account),
        name=text(role, "name"),
        all_computers=flag(role, "allComputers"),
        other_computers=_has(computers, "canViewOtherComputers"),
        unrelated=_has(computers, "canViewNotRelatedToComputers"),
        all_policies=flag(role, "allPolicies"),
        other_policies=_has(child(rights, "policyRights", optional=True), "canViewOtherPolicies"),
    )


def _named(account: Json) -> str:
    if key := optional_text(account, "keyName"):
        return f"API key {key}"
    return f"user {text(account, 'username')}"


def _has(rights: Json, name: str) -> bool:
    """Whether a right is held; one that the manager does not name is none."""
    return bool(optional_flag(rights, name))
