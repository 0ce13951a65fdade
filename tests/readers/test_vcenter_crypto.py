"""Encrypted VMs, key providers and encryption modes, read from the simulated vCenter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyVmomi import vim

from kanmon.errors import CouldNotRead
from kanmon.facts import Unread
from kanmon.facts.vcenter.crypto import EncryptedVm, Encryption, HostMode, KeyProvider
from kanmon.readers.vcenter.crypto import encryption
from lab.transport.pki import Pki
from lab.vcenter import soap
from lab.vcenter.crypto import KEYS
from tests.readers.vcenters import managed, missing, remove, replace, session, small

PROVIDERS = {"kms": ["kms-1", "kms-2"]}


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


def encrypted():
    """Every VM of the small vCenter is encrypted."""
    return managed({"key_provider": "kms"}, key_providers=PROVIDERS)


def test_where_nothing_is_encrypted_nothing_more_is_asked(pki):
    """VMs were looked at, and neither hosts nor keys."""
    with session(small(), pki) as (server, opened):
        server.methods.clear()
        assert encryption(opened) == Encryption((), (), ())
        assert server.methods == ["CreateContainerView", "RetrievePropertiesEx", "DestroyView"]


def test_a_vm_without_a_configuration_is_not_one_without_a_key(pki):
    """Nobody knows whether it is encrypted; of the others that is known."""
    with session(small(), pki) as (server, opened):
        replace(server, "vm-1000", config__uuid=None)
        told = encryption(opened)
    assert (told.vms, told.untold) == ((), ("vm-01 (vm-1000)",))


def test_what_encrypted_vms_need_is_read(pki):
    """VM with host and provider, the provider's servers, and the mode of every host."""
    with session(encrypted(), pki) as (_, opened):
        told = encryption(opened)
    assert len(told.vms) == 5
    assert told.vms[0] == EncryptedVm("vm-1000", "vm-01", "host-21", True, "kms")
    servers = ("kms-1 kms-1.example.jp:5696", "kms-2 kms-2.example.jp:5696")
    assert told.providers == (KeyProvider("kms", servers),)
    assert told.modes[0] == HostMode("host-21", "esx-01.example.jp", "safe")
    assert len(told.modes) == 3


def test_a_key_without_a_provider_and_a_mode_that_is_unset(pki):
    """Both are told as that."""
    with session(encrypted(), pki) as (server, opened):
        replace(server, "vm-1000", config__keyId=vim.encryption.CryptoKeyId(keyId="k"))
        replace(server, "host-21", runtime__cryptoState=None)
        told = encryption(opened)
    assert told.vms[0].provider is None
    assert told.modes[0].mode is None


def test_providers_that_are_hidden_lose_nothing_else(pki):
    """Rights that only an administrator of keys has are not missing: a person may answer."""
    denied = vim.fault.NoPermission(object=KEYS, privilegeId="Cryptographer.ManageKeyServers")
    with session(encrypted(), pki) as (server, opened):
        missing(server, "CryptoManager", "kmipServers", denied)
        told = encryption(opened)
    assert len(told.vms) == 5
    assert isinstance(told.providers, Unread)
    assert "Cryptographer.ManageKeyServers" in told.providers.reason


def test_a_provider_without_an_id_is_not_believed(pki):
    """An answer of another form is none."""
    odd = vim.encryption.KmipClusterInfo(
        clusterId=vim.encryption.KeyProviderId(id=""), useAsDefault=True
    )
    with session(encrypted(), pki) as (server, opened):
        listed = soap.array("vim.encryption.KmipClusterInfo", [odd])
        replace(server, "CryptoManager", kmipServers=listed)
        told = encryption(opened)
    assert isinstance(told.providers, Unread)


def test_no_vm_at_all_is_not_believed_where_hosts_list_some(pki):
    """An account that sees no VM sees no encrypted one either."""
    with session(encrypted(), pki) as (server, opened):
        remove(server, vim.VirtualMachine)
        with pytest.raises(CouldNotRead, match="its hosts list 5"):
            encryption(opened)
