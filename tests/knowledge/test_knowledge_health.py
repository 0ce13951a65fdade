"""Knowledge of good and bad states: defects, words and events."""

from __future__ import annotations

from datetime import date

import pytest

from kanmon.knowledge import load
from kanmon.knowledge.health import (
    BadRelease,
    CertificateEvent,
    NsxEvent,
    StatusWord,
    ToolsDefect,
    ToolsUpgradeRace,
)
from kanmon.versions import Nsx, SqlServer, Tools, VSphere


def test_words_that_say_nothing_have_no_row():
    """UNKNOWN is no state: without a row it stays undetermined."""
    assert "UNKNOWN" not in {row.word.upper() for row in load(StatusWord).rows}


def test_defects_of_tools_and_their_conditions():
    """One defect strikes any release, but only where a driver lies idle."""
    rows = load(ToolsDefect).rows
    assert len(rows) == 5
    assert [str(row.tools) for row in rows if row.condition] == ["any"]


@pytest.mark.parametrize(
    ("release", "risk"),
    [
        ("10.3.10", "high"),
        ("11.3.0", "high"),
        ("11.3.5", "low"),
        ("12.4.0", "low"),
        ("13.0.0", None),
    ],
)
def test_upgrades_of_tools_at_power_on(release, risk):
    """Below 11.3.5 the race may cost drivers, to 12 it may still be met, later nothing is known."""
    rows = [row for row in load(ToolsUpgradeRace).rows if Tools.parse(release) in row.tools]
    assert [row.risk for row in rows] == ([risk] if risk else [])


def test_bad_releases_are_releases():
    """Where kanmon knows the product's versions, the release is one."""
    rows = load(BadRelease).rows
    assert len(rows) == 9
    read = {
        "NSX-V": lambda text: Nsx.parse(f"NSX-V {text}"),
        "SQL Server": SqlServer.parse,
        "ESXi": VSphere.parse,
    }
    versions = [read[row.product](row.release) for row in rows if row.product in read]
    assert Nsx.parse("NSX-V 6.4.7") in versions
    assert SqlServer(10, 50, 6537, 0) in versions
    assert len(versions) == 4


def test_certificate_events_leave_a_trace():
    """The last change shows as 2205 at the manager and as 9017 at the agent."""
    rows = load(CertificateEvent).rows
    assert len(rows) == 3
    newest = max((row for row in rows if row.date), key=lambda row: row.date)
    assert (newest.date, newest.events) == (date(2025, 9, 25), ("2205", "9017"))


@pytest.mark.parametrize(
    ("code", "severities"),
    [
        (26002, ("medium",)),
        (250024, ("high",)),
        (270000, ("informational", "high", "critical")),
        (301001, ("critical",)),
        (301032, ("major",)),
    ],
)
def test_events_of_nsx_v(code, severities):
    """Each code has its severity, 270000 several: there the cause decides."""
    assert len(load(NsxEvent).rows) == 14
    assert load(NsxEvent).get(str(code)).severities == severities
