"""ESX-HW-001 and ESX-HW-002: machines and devices against the releases ahead of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from tests.checks.estates import (
    GOOD,
    ONE,
    STRANGE_BUILD,
    TARGETS,
    TWO,
    ended,
    hosts_at,
    steps,
    two_vcenters,
    without,
    world,
)
from tests.checks.host_facts import (
    GIB,
    H700,
    IGB,
    PERC,
    WESTMERE,
    X710,
    XEON,
    adapters,
    before,
    boot_disk,
    hardware,
    judged_on,
)
from tests.judging import missed, told

CPU, DEVICES = "ESX-HW-001", "ESX-HW-002"
BOTH = pytest.mark.parametrize("check_id", [CPU, DEVICES])
TO_70 = before("vsphere-target", "6.7 U2", "6.7 U2")
BEYOND = ended(
    upgrade={**TARGETS, "vcenter": "10.0", "esxi": "10.0"}, order=steps("vsphere-target")
)
"""Its hosts go to a release of which the tables do not speak."""
REFUSED = steps('vsphere-bridge; vcenter = "6.7 U3"; esxi = "7.0 U2"', "vsphere-target")
"""Its vCenter moves, and its hosts are refused at what they would stand beside."""


# Which hosts are judged, and for what


@BOTH
def test_good_hosts_pass(check_id):
    """Both hosts are examined, for every release ahead of them."""
    judgement = judged_on(check_id)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 2)


@BOTH
def test_hosts_that_no_step_moves_are_not_judged(check_id):
    """At their end, without an end, or in a step of others, hosts have nothing to suit."""
    there = before(None, "7.0 U2", "7.0 U2")
    bare = world(upgrade=without("esxi"))
    for made in (there, bare, before("manager"), before("nsxt-build")):
        judgement = judged_on(check_id, made, hardware=hardware(cores=1, cpus=(WESTMERE,)))
        assert judgement.outcome is not Outcome.FAIL
    assert judged_on(check_id, before("manager")).outcome is Outcome.NOT_APPLICABLE


@BOTH
def test_a_host_that_has_arrived_is_left_out(check_id):
    """Of two hosts the one that is at the release of the step is not examined."""
    mixed = world(
        order=GOOD, step="vsphere-bridge", hosts={"vc-main": hosts_at("6.5 U2", "6.7 U2")}
    )
    judgement = judged_on(check_id, mixed, hardware=Unread("host-22: nobody asks"))
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 1)


@BOTH
def test_a_host_that_does_not_tell_is_unknown(check_id):
    """An unread machine, and a host that is in one list only, are nobody's good ones."""
    judgement = judged_on(check_id, hardware=Unread("esx-02: vCenter left it unset"))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [(TWO, "esx-02: vCenter left it unset")]
    third = before(None, "6.5 U2", "6.5 U2", "6.5 U2")
    judgement = judged_on(check_id, third)
    assert [subject for subject, _ in missed(judgement)] == ["esx-03.example.jp (host-23)"]
    assert judgement.examined == 3


@BOTH
def test_an_unknown_build_leaves_its_vcenter_open(check_id):
    """Where a host stands nobody knows, so nobody knows what its vCenter's hosts go to."""
    hosts = hosts_at("6.5 U2", "6.5 U2")
    strange = (hosts[0], replace(hosts[1], build=STRANGE_BUILD))
    judgement = judged_on(check_id, world(order=GOOD, hosts={"vc-main": strange}))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert STRANGE_BUILD in missed(judgement)[0][1]


@BOTH
def test_a_release_of_which_no_row_speaks_is_undetermined(check_id):
    """Nobody knows what 8.0 asks of a host."""
    judgement = judged_on(check_id, BEYOND)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "ESXi 10.0" in missed(judgement)[0][1]


@BOTH
@pytest.mark.parametrize("step", [None, "vsphere-bridge", "vsphere-target"])
def test_a_refused_order_leaves_the_question_open(check_id, step):
    """What a declared order does to hosts at the hop at which it ends, and behind, nobody knows."""
    judgement = judged_on(check_id, world(order=REFUSED, step=step))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "refused at vsphere-bridge" in missed(judgement)[0][1]


@BOTH
def test_each_vcenter_is_judged_by_itself(check_id):
    """Morefs repeat: the host of vc-other goes straight to 7.0, whatever vc-main does."""
    both = two_vcenters(order=GOOD, step="vsphere-bridge")
    assert judged_on(check_id, both, "vc-other").outcome is Outcome.NOT_APPLICABLE
    assert judged_on(check_id, both, "vc-main").examined == 2


# Processors, cores, memory


def test_westmere_is_warned_at_67_and_stopped_at_70():
    """Before everything both are told with their rows; before one step what it leads to."""
    old = hardware(cpus=(WESTMERE, WESTMERE))
    judgement = judged_on(CPU, hardware=old)
    assert judgement.blocks
    assert [(one.subject, one.severity, one.source.row) for one in judgement.findings] == [
        (TWO, Severity.WARNING, "ESXi from 6.7 below 7.0, Intel family 0x06 model 0x2C to 0x2C"),
        (TWO, None, "ESXi from 7.0 below 8.0, Intel family 0x06 model 0x00 to 0x36"),
    ]
    found = "Intel Xeon X5670, intel family 0x06 model 0x2C"
    assert told(judgement)[1][1:] == (found, "a processor that ESXi 7.0 U2 supports")
    bridge = judged_on(CPU, before("vsphere-bridge"), hardware=old)
    assert bridge.weight is Severity.WARNING
    assert judged_on(CPU, TO_70, hardware=old).blocks


@pytest.mark.parametrize(
    ("vendor", "family", "model", "weight"),
    [
        ("intel", 0x06, 0x36, Severity.BLOCKER),
        ("intel", 0x06, 0x37, None),
        ("intel", 0x06, 0x3A, Severity.WARNING),
        ("intel", 0x0F, 0x06, Severity.BLOCKER),
        ("amd", 0x14, 0x02, Severity.BLOCKER),
        ("amd", 0x15, 0x01, Severity.WARNING),
        ("amd", 0x15, 0x02, None),
        ("amd", 0x06, 0x2C, Severity.BLOCKER),
    ],
)
def test_processors_at_70(vendor, family, model, weight):
    """Both sides of the installer's edges; a maker's rows are for its own processors."""
    cpu = replace(XEON, vendor=vendor, family=family, model=model)
    assert judged_on(CPU, TO_70, hardware=hardware(cpus=(XEON, cpu))).weight is weight


TO_NINE = ended(upgrade={**TARGETS, "vcenter": "9.0", "esxi": "9.0"}, order=steps("vsphere-target"))


@pytest.mark.parametrize(
    ("stepping", "weight"), [(4, Severity.WARNING), (7, Severity.WARNING), (11, None)]
)
def test_the_stepping_tells_processors_of_a_model_apart(stepping, weight):
    """Of model 0x55 ESX 9 deprecates Skylake and Cascade Lake, and takes Cooper Lake."""
    one = hardware(cpus=(replace(XEON, stepping=stepping),))
    findings = judged_on(CPU, TO_NINE, hardware=one).findings
    weights = {row.severity for row in findings if "0x55" in str(row.found)}
    assert weights == ({weight} if weight else set())


def test_a_processor_of_no_known_stepping_is_undetermined():
    """Facts of an earlier version do not give it, and it decides."""
    judgement = judged_on(CPU, TO_NINE, hardware=hardware(cpus=(XEON,)))
    assert any("stepping" in said for _, said in missed(judgement))
    assert not [row for row in judgement.findings if "0x55" in str(row.found)]


def test_a_processor_of_another_maker_is_undetermined():
    """Of Hygon no row speaks, and no row is no pass."""
    odd = hardware(cpus=(replace(XEON, vendor="hygon"),))
    judgement = judged_on(CPU, before("vsphere-bridge"), hardware=odd)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "hygon" in missed(judgement)[0][1]


@pytest.mark.parametrize(
    ("changes", "weight"),
    [
        ({"cores": 1}, Severity.BLOCKER),
        ({"cores": 2}, None),
        ({"memory": 3968 * 2**20 - 1}, Severity.BLOCKER),
        ({"memory": 3968 * 2**20}, Severity.WARNING),
        ({"memory": 8 * GIB - 1}, Severity.WARNING),
        ({"memory": 8 * GIB}, None),
    ],
)
def test_cores_and_memory_at_70(changes, weight):
    """The installer stops below its floor; below the guide's wish a sign-off is asked for."""
    judgement = judged_on(CPU, TO_70, hardware=hardware(**changes))
    assert judgement.weight is weight
    assert {one.subject for one in judgement.findings} == ({TWO} if weight else set())


def test_a_pass_cites_the_limits():
    """What a pass rests on stands in the report."""
    rows = [one.row for one in judged_on(CPU, before("vsphere-bridge")).rests_on]
    assert rows == [
        "ESXi from 6.7 below 7.0, memory_mib blocked below 3968",
        "ESXi from 6.7 below 7.0, cores blocked below 2",
    ]


# Devices


def listed(ids: str, *, nic: bool = True):
    """A machine whose network or storage adapter has other ids."""
    here, other = (X710, PERC) if nic else (PERC, X710)
    return hardware(devices=(replace(here, ids=ids), other))


SPARE = adapters(management=("vmnic1",))
ELSEWHERE = boot_disk(adapters=("vmhba32",))
SILENT = Unread("vCenter left it unset")


@pytest.mark.parametrize(
    ("changes", "weight"),
    [
        ({"hardware": listed(IGB), "adapters": SPARE}, Severity.WARNING),
        ({"hardware": listed(IGB)}, Severity.BLOCKER),
        ({"hardware": listed(H700, nic=False), "boot_disk": ELSEWHERE}, Severity.WARNING),
        ({"hardware": listed(H700, nic=False)}, Severity.BLOCKER),
        ({"hardware": listed("1000:0060", nic=False)}, Severity.WARNING),
        ({"hardware": listed("4040:0001")}, Severity.BLOCKER),
        ({"hardware": listed("8086:10ca")}, None),
    ],
)
def test_a_listed_device_stops_by_what_it_carries(changes, weight):
    """VMware warns of every listed one, and stops where management or boot hangs on it.

    One that is listed for some subsystems only is no certain stop.
    """
    judgement = judged_on(DEVICES, **changes)
    assert judgement.weight is weight
    assert {one.subject for one in judgement.findings} == ({TWO} if weight else set())


def test_what_a_device_carries_is_told():
    """The finding names device, adapter and use, and cites the row of its driver."""
    (finding,) = judged_on(DEVICES, TO_70, hardware=listed(IGB)).findings
    assert finding.found == (
        "Ethernet Controller X710 8086:10c9 (vmnic0), which carries the management network"
    )
    assert finding.expected == "no device of igb, which ESXi 7.0 U2 warns of"
    assert finding.source.row == "ESXi from 7.0 below 8.0, igb"


def test_a_warning_beside_a_stop_stays_one():
    """What one host carries does not make the other's spare device a stop."""
    judgement = judged_on(DEVICES, hardware=listed(IGB), adapters=adapters())
    assert [one.severity for one in judgement.findings] == [None]
    two = (*listed(IGB).devices[:1], replace(PERC, address="0000:99:00.0", ids=H700))
    both = judged_on(DEVICES, hardware=hardware(devices=two))
    assert sorted(str(one.severity) for one in both.findings) == ["None", "warning"]
    assert "in use by no adapter" in str(told(both))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"hardware": listed(IGB), "adapters": adapters(management=SILENT)}, "vmnic0"),
        ({"hardware": listed(H700, nic=False), "boot_disk": SILENT}, "vmhba0"),
    ],
)
def test_a_listed_device_of_which_nobody_knows_the_use(changes, reason):
    """It warns, and the run is incomplete: it might be the one that stops the installer."""
    judgement = judged_on(DEVICES, **changes)
    assert judgement.weight is Severity.WARNING
    assert missed(judgement)[0][0] == TWO
    assert reason in missed(judgement)[0][1]


def test_unknown_use_of_good_devices_is_no_matter():
    """Where nothing is listed, it needs no saying what hangs on what."""
    silent = {"adapters": adapters(management=SILENT), "boot_disk": SILENT}
    assert judged_on(DEVICES, **silent).outcome is Outcome.PASS


def test_unread_adapters_are_unknown():
    """A host whose adapters nobody read cannot be judged."""
    judgement = judged_on(DEVICES, adapters=SILENT)
    assert missed(judgement) == [(TWO, SILENT.reason)]


@pytest.mark.parametrize(
    ("name", "hit"),
    [
        ("Hewlett-Packard Smart Array P400", True),
        ("Smart Array P4100", False),
        ("82545EM Gigabit Ethernet Controller", True),
        ("QLA2312 Fibre Channel Adapter", True),
        ("QLA2xxx", False),
    ],
)
def test_devices_that_are_listed_by_name_only_warn(name, hit):
    """Their ids were not copied: never a stop, even where the boot disk hangs on one."""
    named = hardware(devices=(X710, replace(PERC, name=name)))
    judgement = judged_on(DEVICES, before("vsphere-bridge"), hardware=named)
    assert judgement.weight is (Severity.WARNING if hit else None)


def test_machines_are_noted_for_the_look_up():
    """Machines that are alike share a note with ids, driver and version; of firmware none tells."""
    judgement = judged_on(DEVICES)
    assert [note.subject for note in judgement.notes] == [
        "Dell Inc. PowerEdge R740",
        "firmware of adapters",
    ]
    text = judgement.notes[0].text
    assert "BIOS 2.4.8 of 2019-11-27" in text
    assert "vmnic0: Ethernet Controller X710 8086:1572 (8086:0006) i40en 1.10.9.0-1OEM.670" in text
    assert "on 2 hosts: esx-01.example.jp, esx-02.example.jp" in text
    other = judged_on(DEVICES, hardware=hardware(bios_version="2.9.4"), vibs=Unread("denied"))
    assert [note.text.split(";")[0] for note in other.notes[:2]] == [
        "BIOS 2.4.8 of 2019-11-27",
        "BIOS 2.9.4 of 2019-11-27",
    ]
    assert ONE not in str(other.findings)
