"""The tenants of a manager; only ``/api`` tells them, and only to an account of the primary tenant.

Fields and right: the vendor's client, SDK 20.0.463, Tenant and MultiTenantRights. What a manager
without multi-tenancy answers is in no text: an empty list is believed where the account may view
tenants, and whatever else it answers then is for a person to look at.
"""

from __future__ import annotations

from kanmon.errors import Denied
from kanmon.facts.dsm.tenants import Tenant, Tenants
from kanmon.readers.apart import each
from kanmon.readers.dsm.api import Api, NotThere
from kanmon.readers.dsm.role import platform_rights
from kanmon.readers.dsm.session import Session
from kanmon.readers.dsm.system import NO_API
from kanmon.readers.transport.fields import (
    Json,
    called,
    child,
    children,
    count,
    optional_flag,
    text,
)
from kanmon.text import Text

TENANTS = "/api/tenants"
TENANT_READING = (("GET", TENANTS),)
GRANT = Text("give the account's role the right to view tenants (Multi-Tenancy, canViewTenants)")


def tenants(session: Session) -> Tenants:
    """Every tenant but the primary one.

    Raises:
        CouldNotRead: an answer is not what was asked for, or the account may not view tenants.
    """
    if session.api is None:
        return Tenants(NO_API, ())
    try:
        listed = children(session.api.get(TENANTS), "tenants")
    except NotThere as error:
        return Tenants(error.message, ())
    except Denied as error:
        return Tenants(_doubt(session, session.api, error.got), ())
    if not listed:
        return Tenants(_doubt(session, session.api, Text("an empty list"), believed=True), ())
    return Tenants("", each(listed, _tenant, called))


def _doubt(session: Session, api: Api, got: str, *, believed: bool = False) -> str:
    """Why an answer without a tenant does not say that there is none; empty where it does.

    Raises:
        Denied: the account may not view tenants.
    """
    rights = child(platform_rights(session, api), "multiTenantRights", optional=True)
    may_view = optional_flag(rights, "canViewTenants")
    if may_view is False:
        raise Denied(Text("read the tenants of {base}", base=session.https.base), got, GRANT)
    if may_view and believed:
        return ""
    return Text("{got}, which does not say whether multi-tenancy is off", got=got)


def _tenant(row: Json) -> Tenant:
    return Tenant(
        id=count(row, "ID"),
        name=text(row, "name"),
        state=text(row, "tenantState").lower(),
        database_server=count(row, "databaseServerID"),
    )
