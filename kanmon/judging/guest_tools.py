"""VMware Tools of a guest, as far as its vCenter knows them."""

from __future__ import annotations

from kanmon.facts.vcenter.clusters import ToolsPolicy
from kanmon.facts.vcenter.inventory import Vm
from kanmon.text import Text

NOT_INSTALLED = "guestToolsNotInstalled"


def has_none(vm: Vm | ToolsPolicy) -> bool:
    """Whether vCenter tells of no Tools."""
    return not vm.tools_version or vm.tools_status == NOT_INSTALLED


def out_of_sight(vm: Vm) -> str | None:
    """Why it is not known whether a VM without Tools has any; None where it is known.

    Of a VM that vCenter does not reach it may have no configuration left, nor what the guest told.
    """
    if vm.connection_state == "connected" or not has_none(vm):
        return None
    return Text("vCenter calls the VM {connection_state}", connection_state=vm.connection_state)
