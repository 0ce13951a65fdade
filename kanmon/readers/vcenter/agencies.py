"""The agencies of ESX Agent Manager, which has an interface of its own beside vim25.

It takes the session of its vCenter. Rights: the privilege EAM.View, which *Read-only* lacks.
No agency is an ordinary estate.
"""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

from typing import Any

from pyVmomi import eam

from kanmon.errors import CouldNotRead, TargetLost
from kanmon.facts.vcenter.agencies import Agency
from kanmon.readers.apart import each
from kanmon.readers.vcenter.session import Session, Stub, required
from kanmon.text import Text

PATH = "/eam/sdk"
DIALECT = "eam.version.version1"
"""The first one: every release speaks it."""
RIGHTS = Text("give the account's role the privilege EAM.View on the root folder of the inventory")


def agencies(session: Session) -> tuple[Agency, ...]:
    """Every agency.

    Raises:
        CouldNotRead: also where the agent manager alone is out of reach, or takes no session.
    """
    stub = Stub(session.target, version=DIALECT, path=PATH, rights=RIGHTS)
    stub.cookie = session.cookie
    try:
        manager = eam.EsxAgentManager("EsxAgentManager", stub)
        listed = manager.QueryAgency() or ()
        return each(listed, lambda one: _agency(one, session.target.where), _moref)
    except TargetLost as error:
        raise CouldNotRead(error.tried, error.got, error.advice) from None
    finally:
        stub.DropConnections()


def _moref(one: Any) -> str:
    return str(one._GetMoId())  # noqa: SLF001 - pyvmomi's only way to a moref


def _agency(one: Any, where: str) -> Agency:
    moref = _moref(one)
    tried = Text("read the agency {moref} of {where}", moref=moref, where=where)
    told = one.QueryRuntime()
    return Agency(
        moref=moref,
        name=required(one.QueryConfig(), "agencyName", tried),
        status=required(told, "status", tried),
        goal=required(told, "goalState", tried),
        issues=tuple(required(issue, "description", tried) for issue in told.issue or ()),
    )
