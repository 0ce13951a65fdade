"""Knowledge of guests and hosts: what a system or a machine may have, nothing gathered is lost."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from kanmon.knowledge import KnowledgeError, load, parse
from kanmon.knowledge.machines import EsxiCpu, EsxiDevices, EsxiLimit, OsAgent, OsAppliance
from kanmon.versions import DeepSecurity, VSphere


def test_a_system_is_a_platform():
    """Each system has its own beginnings of the platform: only processors tell some apart."""
    for model, systems in ((OsAgent, 79), (OsAppliance, 28)):
        told = {(row.os, row.names, getattr(row, "machine", None)) for row in load(model).rows}
        names = [(name, machine) for _, names, machine in told for name in names]
        assert len(told) == len({os for os, _, _ in told}) == systems
        assert len(names) == len(set(names))


def test_spans_of_a_system_follow_each_other():
    """No agent is in two rows of a system, and newer agents stand below."""
    rows = load(OsAgent).rows
    assert len(rows) == 164
    for older, newer in pairwise(rows):
        if older.os == newer.os:
            # A line alone is one row: 9.6 ends below 9.7.
            end = older.agent.below or DeepSecurity(older.agent.exactly.major, 7)
            assert (newer.agent.first or newer.agent.exactly) >= end


def test_systems_that_newer_agents_left():
    """What the last patch of 20.0 protects no more ends below 20.0.1-1, or below 20.0.2-1."""
    newest = DeepSecurity.parse("20.0.2-20000")
    left = {
        row.agent.first for row in load(OsAgent).rows if not row.supported and newest in row.agent
    }
    dropped = {str(first) for first in left if first and first.line == DeepSecurity(20, 0)}
    assert dropped == {"20.0.1-1", "20.0.2-1"}


def test_no_linux_without_an_agent():
    """Guest introspection shows an appliance 14 kinds of Windows, and no Linux."""
    rows = load(OsAppliance).rows
    assert sum(row.supported for row in rows) == 14
    assert all("Windows" in row.os for row in rows if row.supported)
    newer = {row.os for row in rows if not row.supported and row.confidence == "unverified"}
    assert newer == {"Windows 11", "Windows Server 2022", "Windows Server 2025"}


def cpu(esxi: str, vendor: str, family: int, model: int, stepping: int = 0) -> str | None:
    """What the first row that fits says; None for a processor that no row names."""
    for row in load(EsxiCpu).rows:
        models = range(row.model_first or 0, (row.model_last or 0xFF) + 1)
        steppings = range(row.stepping_first or 0, (row.stepping_last or 0xF) + 1)
        families = range(row.family_first, row.family_last + 1)
        fits = row.vendor == vendor and family in families and model in models
        if fits and stepping in steppings and VSphere.parse(esxi) in row.esxi:
            return row.verdict
    return None


@pytest.mark.parametrize(
    ("vendor", "family", "model", "stepping", "at_90", "at_92"),
    [
        ("Intel", 0x06, 0x55, 4, "warned", "blocked"),
        ("Intel", 0x06, 0x55, 7, "warned", "warned"),
        ("Intel", 0x06, 0x55, 11, None, None),
        ("Intel", 0x06, 0x9E, 9, "blocked", "blocked"),
        ("Intel", 0x06, 0x9E, 13, "warned", "warned"),
        ("Intel", 0x06, 0x5E, 3, "warned", "blocked"),
        ("Intel", 0x06, 0x4F, 1, "blocked", "blocked"),
        ("Intel", 0x06, 0x3F, 2, "blocked", "blocked"),
        ("Intel", 0x06, 0x6A, 6, None, None),
        ("AMD", 0x15, 0x02, 0, "blocked", "blocked"),
        ("AMD", 0x17, 0x01, 2, "warned", "warned"),
        ("AMD", 0x19, 0x01, 1, None, None),
    ],
)
def test_processors_of_nine(vendor, family, model, stepping, at_90, at_92):
    """Skylake and Cascade Lake share a model, and only the older one goes with 9.2."""
    assert cpu("9.0", vendor, family, model, stepping) == at_90
    assert cpu("9.2", vendor, family, model, stepping) == at_92


@pytest.mark.parametrize(
    ("vendor", "family", "model", "at_67", "at_70"),
    [
        ("Intel", 0x0F, 0x06, "blocked", "blocked"),
        ("Intel", 0x06, 0x1A, "blocked", "blocked"),
        ("Intel", 0x06, 0x2A, "warned", "warned"),
        ("Intel", 0x06, 0x2C, "warned", "blocked"),
        ("Intel", 0x06, 0x2D, "accepted", "warned"),
        ("Intel", 0x06, 0x2E, "blocked", "blocked"),
        ("Intel", 0x06, 0x2F, "warned", "blocked"),
        ("Intel", 0x06, 0x36, "blocked", "blocked"),
        ("Intel", 0x06, 0x37, None, None),
        ("Intel", 0x06, 0x3A, None, "warned"),
        ("Intel", 0x06, 0x55, None, None),
        ("AMD", 0x10, 0x09, "blocked", "blocked"),
        ("AMD", 0x14, 0x02, "blocked", "blocked"),
        ("AMD", 0x15, 0x00, None, "warned"),
        ("AMD", 0x15, 0x01, None, "warned"),
        ("AMD", 0x15, 0x02, None, None),
        ("AMD", 0x17, 0x01, None, None),
    ],
)
def test_processors(vendor, family, model, at_67, at_70):
    """Both sides of every edge of the installers' lists; Westmere passes 6.7 and fails at 7.0."""
    assert cpu("6.7 U2", vendor, family, model) == at_67
    assert cpu("7.0 U2", vendor, family, model) == at_70


def test_devices_of_the_deny_list():
    """13 drivers went with 7.0, with the devices that the installer lists; none is there twice."""
    rows = [row for row in load(EsxiDevices).rows if VSphere.parse("7.0 U2") in row.esxi]
    counts = {row.group: (len(row.devices), len(row.conditional)) for row in rows}
    assert counts == {
        "aacraid": (2, 10),
        "adp94xx": (1, 0),
        "megaraid_mbox": (0, 1),
        "bnx2x": (3, 0),
        "e1000": (3, 0),
        "igb": (18, 0),
        "ixgbe": (15, 0),
        "megaraid_sas": (8, 3),
        "mlx4_core": (25, 0),
        "mpt2sas": (16, 0),
        "mptspi": (7, 0),
        "pata_atiixp": (2, 0),
        "tg3": (74, 0),
        "other devices": (13, 3),
        "old adapters": (1, 0),
    }
    devices = [device for row in rows for device in (*row.devices, *row.conditional)]
    assert [device for device, times in Counter(devices).items() if times > 1] == []
    tg3 = next(row for row in rows if row.group == "tg3").devices
    assert {"14e4:1689", "14e4:1690"} <= set(tg3)
    assert "14e4:168a" not in tg3


def test_a_faulty_device_is_refused():
    """An id of another form would match no device of any host."""
    text = """title = "Devices"
review_by = 2027-05-23
source = "page"
confidence = "field"
rows = [{ esxi = "7.0", group = "tg3", devices = ["14E4:1689"] }]
[sources.page]
title = "Page"
url = "https://example.jp"
retrieved = 2026-11-23
"""
    with pytest.raises(KnowledgeError, match=r"devices\.0: String should match pattern"):
        parse(EsxiDevices, text, "esxi_devices.toml")


def test_limits_block_before_they_warn():
    """What is blocked is less than what is warned of; 6.7 minds VMFS-3 and no boot device."""
    rows = load(EsxiLimit).rows
    limits = {
        (row.resource, row.verdict): row.below for row in rows if VSphere.parse("7.0") in row.esxi
    }
    assert limits == {
        ("memory_mib", "blocked"): 3968,
        ("memory_mib", "warned"): 8192,
        ("cores", "blocked"): 2,
        ("boot_device_gb", "blocked"): 4,
        ("boot_device_gb", "warned"): 32,
        ("vmfs_major", "warned"): 5,
    }
    old = [row.resource for row in rows if VSphere.parse("6.7 U2") in row.esxi]
    assert old == ["memory_mib", "cores", "vmfs_major"]
