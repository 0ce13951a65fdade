"""ESX Agent Manager of a simulated vCenter: its own SOAP beside vim25, in the same session."""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

from pyVmomi import vim, vmodl
from pyVmomi.SoapAdapter import XmlEscape

from lab.vcenter import soap
from lab.world.vcenter import VCenter

NAMESPACE = "urn:eam"
VIEW = "EAM.View"


def respond(call: soap.Call, vcenter: VCenter) -> bytes:
    """What it answers to an account that is logged in.

    Raises:
        NoPermission: its role lacks the privilege.
        MethodNotFound: it is asked for anything else.
    """
    if VIEW not in vcenter.privileges:
        raise vim.fault.NoPermission(object=vim.Folder("group-d1"), privilegeId=VIEW)
    if call.method == "QueryAgency":
        numbers = range(len(vcenter.agencies))
        listed = (f'<returnval type="Agency">agency-{number}</returnval>' for number in numbers)
        return soap.answer(call.method, "".join(listed), NAMESPACE)
    one = vcenter.agencies[int(call.this.rpartition("-")[2])]
    if call.method == "QueryConfig":
        inner = f"<agencyName>{XmlEscape(one.name)}</agencyName>"
    elif call.method == "AgencyQueryRuntime":
        issues = (
            f"<issue><key>{key}</key><description>{XmlEscape(words)}</description>"
            "<time>2026-11-30T09:00:00Z</time></issue>"
            for key, words in enumerate(one.issues)
        )
        inner = (
            f"<status>{one.status}</status>{''.join(issues)}<goalState>enabled</goalState>"
            f'<entity type="Agency">{call.this}</entity>'
        )
    else:
        raise vmodl.fault.MethodNotFound(method=call.method)
    return soap.answer(call.method, f"<returnval>{inner}</returnval>", NAMESPACE)
