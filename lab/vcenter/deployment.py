"""What a simulated vCenter tells of its name and of its high availability."""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

from typing import Any

from pyVmomi import vim, vmodl

from lab.vcenter import soap
from lab.world.deployment import HaNode
from lab.world.vcenter import VCenter

SETTINGS = vim.option.OptionManager("VpxSettings")
CONFIGURATOR = vim.vcha.FailoverClusterConfigurator("FailoverClusterConfigurator")
MANAGER = vim.vcha.FailoverClusterManager("FailoverClusterManager")

NODE_NAME = "config.vpxd.hostnameUrl"


def option(vcenter: VCenter, name: str) -> str:
    """A setting by its name.

    Raises:
        vim.fault.InvalidName: there is none of this name.
    """
    if name != NODE_NAME:
        raise vim.fault.InvalidName(name=name)
    told = vim.option.OptionValue(key=name, value=vcenter.deployment.node_name)
    return soap.element("returnval", told)


def ha_configuration(vcenter: VCenter) -> str:
    """Whether vCenter HA is configured."""
    kind = vim.vcha.FailoverClusterConfigurator.VchaClusterConfigInfo
    return soap.element("returnval", kind(state=vcenter.deployment.ha.configuration))


def ha_health(vcenter: VCenter) -> str:
    """How vCenter HA is.

    Raises:
        vim.fault.InvalidState: it is not configured.
    """
    ha = vcenter.deployment.ha
    if ha.configuration != "configured":
        raise vim.fault.InvalidState
    kinds = vim.vcha.FailoverClusterManager
    told = kinds.VchaClusterHealth(
        runtimeInfo=kinds.VchaClusterRuntimeInfo(
            clusterState=ha.state, clusterMode=ha.mode, nodeInfo=list(map(_node, ha.nodes))
        ),
        healthMessages=[
            vmodl.LocalizableMessage(key="com.vmware.vcha", message=one) for one in ha.messages
        ],
    )
    return soap.element("returnval", told)


def _node(node: HaNode) -> Any:
    kind = vim.vcha.FailoverClusterManager.VchaNodeRuntimeInfo
    return kind(nodeState=node.state, nodeRole=node.role, nodeIp=node.address)
