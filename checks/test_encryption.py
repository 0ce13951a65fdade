"""Encrypted VMs, and the keys without which they do not start."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from kanmon.check import (
    VSPHERE,
    Attestable,
    Finding,
    Judge,
    Problem,
    Severity,
    Unknown,
    check,
)
from kanmon.environment.targets import VCenter
from kanmon.facts import Unread
from kanmon.facts.vcenter.crypto import EncryptedVm, Encryption
from kanmon.text import Text, shortened

SAFE = "safe"
SHOWN = 5
"""VMs that a finding names."""


@check(
    "ESX-KMS-001",
    severity=Severity.WARNING,
    attestable=Attestable.MOMENTARY,
    steps=VSPHERE,
    phases=("pre",),
    remediation="See under Configure > Key Providers of the vCenter that the named provider is "
    "connected and its certificates are valid, and attest it: vCenter tells that only to accounts "
    "that may change it. Give a host that is not in encryption mode its key (Enable Host "
    "Encryption Mode).",
    refs=(
        "https://docs.vmware.com (vSphere Security 7.0, GUID-63728E8B)",
        "https://developer.broadcom.com (vSphere Web Services API, CryptoManagerKmip)",
    ),
)
def test_key_providers_of_encrypted_vms_answer(
    vcenter: VCenter, vcenter_encryption: Encryption, judge: Judge
) -> None:
    """The key provider of encrypted VMs, those with a virtual TPM among them, answers.

    A host that restarts has forgotten its keys. vCenter fetches them anew, and until it can, no
    encrypted VM starts on that host or comes to it. If the key server itself is such a VM, or is
    behind one, it never does.
    """
    vms = vcenter_encryption.vms
    problems: list[Problem] = [*_providers(vcenter_encryption), *_hosts(vcenter_encryption)]
    reason = Text("vCenter has no configuration of it: is it encrypted?")
    problems += [Unknown(label, reason) for label in vcenter_encryption.untold]
    judge(
        examined=len({one.subject for one in problems} | {vm.label for vm in vms}),
        of=Text("encrypted VMs of {slug}, with their hosts and key providers", slug=vcenter.slug),
        problems=problems,
    )


def _providers(found: Encryption) -> Iterator[Unknown]:
    """Every provider in use: whether it answers nobody but its administrators is told."""
    users = defaultdict[str | None, list[EncryptedVm]](list)
    for vm in found.vms:
        users[vm.provider].append(vm)
    for provider, vms in users.items():
        names = _named(vms)
        if provider is None:
            for vm in vms:
                yield Unknown(vm.label, Text("vCenter does not say which provider has its key"))
        elif isinstance(found.providers, Unread):
            text = Text(
                "does it answer? It has the keys of {names}; {unread}",
                names=names,
                unread=found.providers.reason,
            )
            yield Unknown(provider, text)
        else:
            listed = {one.id: one.servers for one in found.providers}
            yield Unknown(provider, _question(names, listed.get(provider, ())))


def _question(names: str, servers: Sequence[str]) -> Text:
    if not servers:
        return Text(
            "is it there, and does it answer? It has the keys of {names}, and vCenter lists no "
            "server of it",
            names=names,
        )
    listed = ", ".join(servers)
    return Text(
        "do its servers answer ({servers})? It has the keys of {names}",
        servers=listed,
        names=names,
    )


def _hosts(found: Encryption) -> Iterator[Problem]:
    """Hosts that run encrypted VMs and have no key of their own."""
    for one in found.modes:
        here = [vm for vm in found.vms if vm.running and vm.host == one.host]
        if not here:
            continue
        if one.mode is None:
            yield Unknown(one.label, Text("vCenter does not say whether it is in encryption mode"))
        elif one.mode != SAFE:
            seen = Text(
                "encryption mode {mode}, and it runs {names}", mode=one.mode, names=_named(here)
            )
            yield Finding(one.label, seen, Text("encryption mode {safe}", safe=SAFE))


def _named(vms: Sequence[EncryptedVm]) -> str:
    return shortened(sorted(vm.label for vm in vms), SHOWN)
