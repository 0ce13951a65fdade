"""When a vCenter's answer without hosts or without VMs is believed."""

from __future__ import annotations

from collections.abc import Sequence

from pyVmomi import vim

from kanmon.errors import Denied
from kanmon.readers.vcenter.found import Found
from kanmon.readers.vcenter.session import RIGHTS, Session
from kanmon.text import Text


def some_hosts(session: Session, systems: Sequence[Found]) -> None:
    """Refuse a vCenter without any host.

    Raises:
        CouldNotRead: there is none.
    """
    if not systems:
        where = session.target.where
        raise Denied(
            Text("read the hosts of {where}", where=where),
            Text("{where} answered with no hosts at all", where=where),
            RIGHTS,
        )


def no_vms(session: Session) -> None:
    """Believe that there is no VM only when there are hosts, and they list none either.

    Raises:
        CouldNotRead: there are no hosts, or they list VMs.
    """
    systems = session.inventory({vim.HostSystem: ("name", "vm")})
    some_hosts(session, systems)
    if listed := sum(len(system.find("vm", list) or ()) for system in systems):
        got = Text("none, but its hosts list {listed}", listed=listed)
        raise Denied(Text("read the VMs of {where}", where=session.target.where), got, RIGHTS)
