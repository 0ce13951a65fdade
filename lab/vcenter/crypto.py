"""What a simulated vCenter tells of encrypted VMs, of their keys, and of hosts that run them."""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

from typing import Any

from pyVmomi import vim

from lab.vcenter import soap
from lab.world.machine import Machine
from lab.world.vcenter import VCenter

KEYS = vim.encryption.CryptoManagerKmip("CryptoManager")
PORT = 5696


def key_of(machine: Machine) -> Any:
    """The key of a VM; None for one that is not encrypted."""
    if machine.key_provider is None:
        return None
    provider = vim.encryption.KeyProviderId(id=machine.key_provider)
    return vim.encryption.CryptoKeyId(keyId=f"key-of-{machine.name}", providerId=provider)


def providers(vcenter: VCenter) -> dict[str, Any]:
    """The key providers that a vCenter lists."""
    listed = [
        vim.encryption.KmipClusterInfo(
            clusterId=vim.encryption.KeyProviderId(id=name),
            servers=[
                vim.encryption.KmipServerInfo(name=one, address=f"{one}.example.jp", port=PORT)
                for one in servers
            ],
            useAsDefault=number == 0,
        )
        for number, (name, servers) in enumerate(vcenter.key_providers.items())
    ]
    return {"kmipServers": soap.array("vim.encryption.KmipClusterInfo", listed)}
