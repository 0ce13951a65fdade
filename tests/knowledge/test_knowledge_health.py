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
from kanmon.knowledge.rows import Origin, Source
from kanmon.versions import DeepSecurity, Nsx, SqlServer, Tools, VSphere


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


@pytest.mark.parametrize(
    ("product", "version", "named"),
    [
        ("NSX", Nsx.parse("NSX-V 6.4.7"), True),
        ("NSX", Nsx.parse("NSX-T 3.1.2"), False),
        ("SQL Server", SqlServer(10, 50, 6537, 0), True),
        ("SQL Server", SqlServer(10, 50, 6542, 0), False),
        ("ESXi", VSphere.parse("7.0 U3b"), True),
        ("ESXi", VSphere.parse("7.0 U3c"), False),
        ("agent", DeepSecurity.parse("11.0.0-2060"), True),
        ("agent", DeepSecurity.parse("11.0.0-2061"), False),
        ("appliance", DeepSecurity.parse("9.5.2-1"), True),
    ],
)
def test_bad_releases_are_releases(product, version, named):
    """A row names the versions of its product, and none beside them."""
    rows = [row for row in load(BadRelease).rows if row.product == product]
    assert any(row.names(version) for row in rows) is named


def test_a_release_that_is_none_is_refused_when_the_table_is_read():
    """A typo in a span is told with its field."""
    row = load(BadRelease).get("NSX NSX-V 6.4.7")
    sources = {row.source: Source(title="t", url="https://example.jp", retrieved=date(2026, 1, 1))}
    with pytest.raises(ValueError, match="releases: got version"):
        BadRelease.model_validate({**row.model_dump(), "releases": "6.4"}, context=Origin(sources))


def test_certificate_events_leave_a_trace():
    """The change of 2025 shows as 2205 at the manager and as 9017 at the agent."""
    rows = load(CertificateEvent).rows
    assert len(rows) == 4
    newest = max((row for row in rows if row.by_age), key=lambda row: row.date)
    assert (newest.date, newest.events) == (date(2025, 9, 25), ("2205", "9017"))


def test_nothing_is_older_than_what_has_no_day():
    """An event that goes by age has a date."""
    row = next(row for row in load(CertificateEvent).rows if row.date is None)
    sources = {row.source: Source(title="t", url="https://example.jp", retrieved=date(2026, 1, 1))}
    with pytest.raises(ValueError, match="by_age"):
        CertificateEvent.model_validate(
            {**row.model_dump(), "by_age": True}, context=Origin(sources)
        )


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
