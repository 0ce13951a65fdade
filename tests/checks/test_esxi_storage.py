"""ESX-STOR-001 and ESX-BOOT-001: VMFS-3, boot devices too small for 7.0, SD cards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.vcenter.hosts import Adapter
from tests.checks.estates import TARGETS, TWO, ended, hosts_at, steps
from tests.checks.host_facts import GB, adapters, before, boot_disk, datastore, judged_on
from tests.judging import answered, missed, told

STORAGE = "ESX-STOR-001"
TO_70 = before("vsphere-target", "6.7 U2", "6.7 U2")
OLD = (datastore(), datastore(moref="datastore-32", name="old", vmfs="3.60"))
SILENT = Unread("no active diagnostic partition")


def test_good_storage_passes():
    """Two boot devices and a datastore are examined before 7.0, the datastore alone before 6.7."""
    judgement = judged_on(STORAGE)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 3)
    assert judged_on(STORAGE, before("vsphere-bridge")).examined == 1


@pytest.mark.parametrize(
    ("size", "weight"),
    [
        (2 * GB, Severity.BLOCKER),
        (3.4 * GB, Severity.BLOCKER),
        (3.98 * GB, Severity.WARNING),
        (8 * GB, Severity.WARNING),
        (31.4 * GB, Severity.WARNING),
        (32 * GB, None),
    ],
)
def test_boot_devices_at_70(size, weight):
    """7.0 stops below 4 GB, as a medium is called, and wants 32."""
    judgement = judged_on(STORAGE, TO_70, boot_disk=boot_disk(size=int(size)))
    assert judgement.weight is weight
    assert {one.subject for one in judgement.findings} == ({TWO} if weight else set())


def test_a_boot_device_that_is_too_small_is_told():
    """Size, disk and what is wanted stand in the finding, with the row that says so."""
    small = boot_disk(name="mpx.vmhba32:C0:T0:L0", size=2 * GB)
    judgement = judged_on(STORAGE, TO_70, boot_disk=small)
    expected = "4 GB or more for ESXi 7.0 U2"
    assert told(judgement) == [(TWO, "2.0 GB: mpx.vmhba32:C0:T0:L0", expected)]
    assert judgement.findings[0].source.confidence == "documented"


def test_67_minds_no_boot_device():
    """Before the bridge a boot device that nobody knows is no matter."""
    bridge = before("vsphere-bridge")
    assert judged_on(STORAGE, bridge, boot_disk=SILENT).outcome is Outcome.PASS
    assert judged_on(STORAGE, bridge, boot_disk=boot_disk(size=GB)).outcome is Outcome.PASS


def test_a_host_of_70_has_passed_already():
    """What boots 7.0 has a boot device that is large enough for its updates."""
    hosts = {"vc-main": hosts_at("6.7 U2", "7.0")}
    update = ended(order=steps("vsphere-target"), step="vsphere-target", hosts=hosts)
    judgement = judged_on(STORAGE, update, boot_disk=SILENT)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 2)


def test_a_boot_device_that_vsphere_does_not_tell():
    """It is unknown, and named, unless somebody who has looked answers for it."""
    judgement = judged_on(STORAGE, boot_disk=SILENT)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [(TWO, SILENT.reason)]
    attested = answered(STORAGE, judgement, "vc-main")
    assert attested.outcome is Outcome.ATTESTED
    assert [(one.subject, one.reason) for one in attested.attested] == [(TWO, SILENT.reason)]


def test_nobodys_word_outweighs_what_is_seen():
    """A device that vSphere shows to be too small is too small, whoever says otherwise."""
    judgement = judged_on(STORAGE, boot_disk=boot_disk(size=GB))
    assert judgement.blocks
    assert answered(STORAGE, judgement, "vc-main") == judgement


@pytest.mark.parametrize("step", [None, "vsphere-bridge"])
def test_vmfs_3_is_a_warning_before_67(step):
    """The first release that converts it is named; nothing stops for it."""
    judgement = judged_on(STORAGE, before(step), datastores=OLD)
    assert judgement.weight is Severity.WARNING
    assert told(judgement) == [
        ("old (datastore-32)", "VMFS 3.60", "VMFS-5 or later for ESXi 6.7 U2")
    ]


def test_vmfs_5_is_enough():
    """VMFS-5 is what VMFS-3 becomes."""
    stores = (datastore(vmfs="5.54"),)
    assert judged_on(STORAGE, datastores=stores).outcome is Outcome.PASS


def test_other_kinds_of_datastores_are_not_judged():
    """NFS and vSAN have no version of VMFS."""
    nfs = replace(datastore(), type="NFS", vmfs=None)
    judgement = judged_on(STORAGE, before("vsphere-bridge"), datastores=(nfs,))
    assert judgement.outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("version", [None, "", "unknown"])
def test_a_vmfs_without_a_version_is_unknown(version):
    """A datastore that vCenter cannot reach may be anything."""
    stores = (datastore(vmfs=version),)
    judgement = judged_on(STORAGE, datastores=stores)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement)[0][0] == "shared (datastore-31)"


def test_without_a_move_there_is_nothing_to_judge():
    """A step that leaves the hosts alone leaves their datastores alone."""
    judgement = judged_on(STORAGE, before("manager"), datastores=OLD, boot_disk=SILENT)
    assert judgement.outcome is Outcome.NOT_APPLICABLE


def test_a_release_of_which_no_row_speaks_is_undetermined():
    """Nobody knows what 10.0 asks of a boot device."""
    beyond = ended(
        upgrade={**TARGETS, "vcenter": "10.0", "esxi": "10.0"}, order=steps("vsphere-target")
    )
    judgement = judged_on(STORAGE, beyond)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "ESXi 10.0" in missed(judgement)[0][1]


# ESX-BOOT-001

MEDIUM = "ESX-BOOT-001"
CARD = Adapter("vmhba32", "storage", "", "vmkusb")
WITH_CARD = adapters(adapters=(*adapters().adapters, CARD))
ON_CARD = boot_disk(name="mpx.vmhba32:C0:T0:L0", adapters=("vmhba32",))


def with_driver(driver):
    """The adapters of a host, its card reader behind this driver."""
    return adapters(adapters=(*adapters().adapters, replace(CARD, driver=driver)))


def test_hosts_that_boot_from_a_disk_pass():
    """Each host that moves is examined."""
    judgement = judged_on(MEDIUM)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 2)


@pytest.mark.parametrize(
    ("driver", "weight"),
    [
        ("vmkusb", Severity.WARNING),
        ("vmkusb_nic_fling", Severity.WARNING),
        ("usb-storage", Severity.WARNING),
        ("lsi_mr3", None),
        ("ahci", None),
    ],
)
def test_the_driver_tells_what_a_host_boots_from(driver, weight):
    """USB by its native and by its old driver; a disk behind anything else is one."""
    judgement = judged_on(MEDIUM, TO_70, adapters=with_driver(driver), boot_disk=ON_CARD)
    assert judgement.weight is weight
    assert {one.subject for one in judgement.findings} == ({TWO} if weight else set())


def test_a_card_is_told_with_its_disk_and_the_release():
    """Disk, adapter and row: before 7.0 U2c it is worse than after."""
    judgement = judged_on(MEDIUM, TO_70, adapters=WITH_CARD, boot_disk=ON_CARD)
    assert told(judgement) == [
        (
            TWO,
            "boots from USB or SD: mpx.vmhba32:C0:T0:L0 on vmhba32",
            "a disk, or 7.0 U2c and later",
        )
    ]
    later = {**TARGETS, "vcenter": "7.0 U3", "esxi": "7.0 U3"}
    at_u3 = ended(upgrade=later, order=steps("vsphere-target"), step="vsphere-target")
    judgement = judged_on(MEDIUM, at_u3, adapters=WITH_CARD, boot_disk=ON_CARD)
    assert told(judgement)[0][2] == "a disk, or one beside it for OSDATA"
    assert judgement.findings[0].source.confidence == "field"


def test_virtual_media_beside_the_boot_disk_are_no_matter():
    """A management controller shows its drive behind USB; the host boots from a disk."""
    judgement = judged_on(MEDIUM, TO_70, adapters=WITH_CARD, boot_disk=boot_disk())
    assert judgement.outcome is Outcome.PASS


def test_67_minds_no_card():
    """No row speaks of 6.7: cards served it."""
    bridge = before("vsphere-bridge")
    judgement = judged_on(MEDIUM, bridge, adapters=WITH_CARD, boot_disk=ON_CARD)
    assert judgement.outcome is Outcome.PASS


@pytest.mark.parametrize("disk", [SILENT, boot_disk(adapters=())])
def test_a_boot_disk_that_nobody_knows_beside_a_card(disk):
    """It may be the card: unknown, unless a person has looked. Without a card it cannot be one."""
    judgement = judged_on(MEDIUM, TO_70, adapters=WITH_CARD, boot_disk=disk)
    assert judgement.outcome is Outcome.UNDETERMINED
    ((subject, reason),) = missed(judgement)
    assert (subject, "USB or SD (vmhba32)" in reason) == (TWO, True)
    assert answered(MEDIUM, judgement, "vc-main").outcome is Outcome.ATTESTED
    assert judged_on(MEDIUM, TO_70, boot_disk=disk).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        (with_driver(None), "vCenter does not say which driver it has"),
        (adapters(), "it is not among the adapters of the host"),
    ],
)
def test_a_boot_adapter_that_is_not_told_is_unknown(parts, reason):
    """It may be behind USB; a release that minds no card does not ask."""
    judgement = judged_on(MEDIUM, TO_70, adapters=parts, boot_disk=ON_CARD)
    assert missed(judgement) == [(TWO, f"does it boot from USB or SD (vmhba32)? {reason}")]
    assert answered(MEDIUM, judgement, "vc-main").outcome is Outcome.ATTESTED
    bridge = judged_on(MEDIUM, before("vsphere-bridge"), adapters=parts, boot_disk=ON_CARD)
    assert bridge.outcome is Outcome.PASS
    beside = judged_on(MEDIUM, TO_70, adapters=with_driver(None), boot_disk=boot_disk())
    assert beside.outcome is Outcome.PASS


def test_a_boot_disk_that_nobody_knows_beside_an_adapter_without_a_driver():
    """Either may be the card; a network adapter without a driver is none."""
    judgement = judged_on(MEDIUM, TO_70, adapters=with_driver(None), boot_disk=SILENT)
    assert [subject for subject, _ in missed(judgement)] == [TWO]
    nic = replace(adapters().adapters[0], driver=None)
    parts = adapters(adapters=(nic, adapters().adapters[1]))
    assert judged_on(MEDIUM, TO_70, adapters=parts, boot_disk=SILENT).outcome is Outcome.PASS


def test_adapters_that_nobody_read_are_unknown():
    """Nobody can say what it boots from."""
    judgement = judged_on(MEDIUM, TO_70, adapters=SILENT, boot_disk=ON_CARD)
    assert missed(judgement) == [(TWO, SILENT.reason)]


def test_no_card_is_judged_where_no_host_moves():
    """The manager's step leaves hosts alone."""
    judgement = judged_on(MEDIUM, before("manager"), adapters=WITH_CARD, boot_disk=ON_CARD)
    assert judgement.outcome is Outcome.NOT_APPLICABLE
