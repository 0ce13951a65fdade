"""ESX-KMS-001: encrypted VMs, the hosts that run them, and their key providers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.vcenter.crypto import EncryptedVm, Encryption, HostMode, KeyProvider
from tests.checks.estates import ONE, TWO
from tests.facts_by_hand import VC_MAIN, environment
from tests.judging import answered, judged, missed, told

VM = EncryptedVm("vm-101", "vdi-01", "host-21", True, "kms")
KMS = KeyProvider("kms", ("kms-1 kms-1.example.jp:5696", "kms-2 kms-2.example.jp:5696"))
HOSTS = (
    HostMode("host-21", "esx-01.example.jp", "safe"),
    HostMode("host-22", "esx-02.example.jp", "incapable"),
)


def keys(*vms, providers=(KMS,), modes=HOSTS):
    """The check on vc-main."""
    return judged(
        "ESX-KMS-001",
        vcenter=environment(VC_MAIN).vcenter[0],
        vcenter_encryption=Encryption(vms, providers, modes),
    )


def test_an_estate_without_encryption_is_not_held_up():
    """Nothing is encrypted: there is nothing to answer for."""
    assert keys(providers=(), modes=()).outcome is Outcome.NOT_APPLICABLE


def test_a_vm_without_a_configuration_may_be_encrypted():
    """It alone is unknown, until a person has looked."""
    told_of = Encryption((), (), (), ("vdi-09 (vm-109)",))
    vcenter = environment(VC_MAIN).vcenter[0]
    judgement = judged("ESX-KMS-001", vcenter=vcenter, vcenter_encryption=told_of)
    reason = "vCenter has no configuration of it: is it encrypted?"
    assert missed(judgement) == [("vdi-09 (vm-109)", reason)]
    assert answered("ESX-KMS-001", judgement, "vc-main").outcome is Outcome.ATTESTED


def test_whether_a_key_server_answers_a_person_tells():
    """Provider, servers and VMs stand in the question; a word of that hour answers it."""
    judgement = keys(VM, replace(VM, moref="vm-102", name="vdi-02"))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [
        (
            "kms",
            (
                "do its servers answer (kms-1 kms-1.example.jp:5696, kms-2 kms-2.example.jp:5696)? "
                "It has the keys of vdi-01 (vm-101), vdi-02 (vm-102)"
            ),
        )
    ]
    assert answered("ESX-KMS-001", judgement, "vc-main").outcome is Outcome.ATTESTED


@pytest.mark.parametrize(
    "providers", [(), (replace(KMS, id="other"),), (replace(KMS, servers=()),)]
)
def test_a_provider_without_a_listed_server_may_keep_the_keys_itself(providers):
    """A native one has no server; one that was taken away has none either: it is asked."""
    ((subject, reason),) = missed(keys(VM, providers=providers))
    assert subject == "kms"
    assert "vCenter lists no server of it" in reason


def test_providers_that_are_hidden_are_asked_too():
    """An account that must not change them may not see them: a person may answer all the same."""
    judgement = keys(VM, providers=Unread("read the key providers: NoPermission"))
    assert "NoPermission" in missed(judgement)[0][1]
    assert answered("ESX-KMS-001", judgement, "vc-main").outcome is Outcome.ATTESTED


def test_a_vm_without_a_provider_is_unknown_by_itself():
    """Of the other one its provider is asked."""
    judgement = keys(VM, replace(VM, moref="vm-102", name="vdi-02", provider=None))
    assert [subject for subject, _ in missed(judgement)] == ["kms", "vdi-02 (vm-102)"]


@pytest.mark.parametrize(
    ("mode", "found"), [("prepared", True), ("incapable", True), ("safe", False)]
)
def test_a_host_that_runs_them_has_its_key(mode, found):
    """One in another mode has lost it, or never had one: it starts none of them again."""
    judgement = keys(VM, modes=(replace(HOSTS[0], mode=mode), HOSTS[1]))
    assert judgement.weight is (Severity.WARNING if found else None)
    expected = (ONE, f"encryption mode {mode}, and it runs vdi-01 (vm-101)", "encryption mode safe")
    assert told(judgement) == ([expected] if found else [])


def test_hosts_that_run_no_encrypted_vm_need_no_key():
    """Neither the second host, nor the first where the VM is off."""
    off = replace(VM, running=False)
    assert told(keys(off, modes=(replace(HOSTS[0], mode="prepared"), HOSTS[1]))) == []
    assert TWO not in [subject for subject, _ in missed(keys(VM))]


def test_a_mode_that_vcenter_does_not_say_is_unknown():
    """Nobody takes it for safe."""
    judgement = keys(VM, modes=(replace(HOSTS[0], mode=None),))
    assert ONE in [subject for subject, _ in missed(judgement)]
