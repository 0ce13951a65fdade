"""Encrypted VMs, the encryption mode of hosts, and the key providers that vCenter lists.

Rights and emptiness: as in `inventory`; no encrypted VM is an ordinary estate, of which nothing
more is asked. Whether a key server answers vCenter tells only to accounts with the privilege
Cryptographer.ManageKeyServers, which may change it too: kanmon never asks.
"""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

from typing import Any

from pyVmomi import vim

from kanmon.errors import CouldNotRead, TargetLost
from kanmon.facts import Unread
from kanmon.facts.vcenter.crypto import EncryptedVm, Encryption, HostMode, KeyProvider
from kanmon.readers.vcenter.emptiness import no_vms, some_hosts
from kanmon.readers.vcenter.found import Found, each
from kanmon.readers.vcenter.session import Session, required
from kanmon.text import Text

VM = ("name", "config.uuid", "config.keyId", "runtime.host", "runtime.powerState")
HOST = ("name", "runtime.cryptoState")


def encryption(session: Session) -> Encryption:
    """Every encrypted VM, and where there is one, key providers and hosts."""
    told = each(session.walk({vim.VirtualMachine: VM}), _of_vm)
    if not told:
        no_vms(session)
    vms = [one for one in told if isinstance(one, EncryptedVm)]
    untold = [one for one in told if isinstance(one, str)]
    if not vms:
        return Encryption((), (), (), tuple(untold))
    systems = session.inventory({vim.HostSystem: HOST})
    some_hosts(session, systems)
    modes = each(
        systems,
        lambda one: HostMode(one.moref, one.called, one.find("runtime.cryptoState", str)),
    )
    return Encryption(tuple(vms), _providers(session), modes, tuple(untold))


def _of_vm(found: Found) -> EncryptedVm | str | None:
    """A VM that is encrypted, or the label of one of which that is not told."""
    if key := found.find("config.keyId", vim.encryption.CryptoKeyId):
        return _encrypted(found, key)
    return None if found.find("config.uuid", str) else found.subject


def _encrypted(found: Found, key: Any) -> EncryptedVm:
    return EncryptedVm(
        moref=found.moref,
        name=found.take("name", str),
        host=found.reference("runtime.host"),
        running=found.take("runtime.powerState", str) == "poweredOn",
        provider=(key.providerId.id or None) if key.providerId else None,
    )


def _providers(session: Session) -> tuple[KeyProvider, ...] | Unread:
    """The key providers; they may be hidden from an account that must not change them."""
    tried = Text("read the key providers of {where}", where=session.target.where)
    manager = session.content.cryptoManager
    if manager is None:
        return Unread(CouldNotRead(tried, Text("vCenter has no manager of keys")).message)
    try:
        listed = session.properties(manager, "kmipServers").find("kmipServers", list) or ()
        return tuple(_provider(one, tried) for one in listed)
    except TargetLost:
        raise
    except CouldNotRead as error:
        return Unread(CouldNotRead(tried, error.got).message)


def _provider(cluster: Any, tried: str) -> KeyProvider:
    return KeyProvider(
        id=required(cluster.clusterId, "id", tried),
        servers=tuple(f"{one.name} {one.address}:{one.port}" for one in cluster.servers),
    )
