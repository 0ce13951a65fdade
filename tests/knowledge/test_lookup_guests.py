"""Look-ups of guests: the system that a platform names, and what protects it."""

from __future__ import annotations

import pytest

from kanmon.knowledge import lookup
from kanmon.versions import DeepSecurity, VersionError

WINDOWS = "Microsoft Windows Server"


@pytest.mark.parametrize(
    ("platform", "agent", "supported"),
    [
        (f"{WINDOWS} 2022 (64 bit)  Build 20348", "20.0.0-3444", False),
        (f"{WINDOWS} 2022 (64 bit)  Build 20348", "20.0.0-3445", True),
        (f"{WINDOWS} 2022 (64 bit)  Build 20348", "20.0.1-1", True),
        (f"{WINDOWS} 2022 (64 bit)  Build 20348", "12.0.0-967", False),
        (f"{WINDOWS} 2016 (64 bit)  Build 14393", "11.0.0-1617", True),
        (f"{WINDOWS} 2016 (64 bit)  Build 14393", "20.0.2-14431", True),
        (f"{WINDOWS} 2019 (64 bit)", "11.0.0-513", False),
        (f"{WINDOWS} 2019 (64 bit)", "11.0.0-514", True),
        (f"{WINDOWS} 2019 (64 bit)", "12.5.0-834", True),
        (f"{WINDOWS} 2025 (64 bit)", "20.0.2-1389", False),
        (f"{WINDOWS} 2025 (64 bit)", "20.0.2-1390", True),
        (f"{WINDOWS} 2008 (32 bit)", "20.0.0-8438", True),
        (f"{WINDOWS} 2008 (32 bit)", "20.0.1-1", False),
        (f"{WINDOWS} 2008 R2 (64 bit)", "20.0.2-1390", True),
        ("Microsoft Windows 8.1 (64 bit)", "20.0.0-9", True),
        ("Microsoft Windows 11 (64 bit)", "12.0.0-967", False),
        ("Microsoft Windows 11 (64 bit)", "20.0.0-3288", True),
        ("Red Hat Enterprise 7 (64 bit) (3.10.0-1160.el7.x86_64)", "20.0.2-14431", True),
        ("Red Hat Enterprise 8 (64 bit)", "11.0.0-795", False),
        ("Red Hat Enterprise 8 (64 bit)", "11.0.0-796", True),
        ("Red Hat Enterprise 9 (64 bit)", "20.0.0-5136", False),
        ("Red Hat Enterprise 9 (64 bit)", "20.0.0-5137", True),
        ("Red Hat Enterprise 10 (64 bit)", "20.0.2-14430", False),
        ("Red Hat Enterprise 10 (64 bit)", "20.0.2-14431", True),
        ("Red Hat Enterprise 10 (64 bit)", "20.0.1-19250", False),
        ("Oracle Linux 6 (64 bit)", "20.0.1-19250", True),
        ("Oracle Linux 6 (64 bit)", "20.0.2-1", False),
        ("Ubuntu Linux 16 (64 bit)", "11.0.0-1", True),
        ("Ubuntu Linux 20 (64 bit)", "12.0.0-1089", False),
        ("Ubuntu Linux 20 (64 bit)", "12.0.0-1090", True),
        ("Ubuntu Linux 24 (64 bit)", "20.0.1-19249", False),
        ("Ubuntu Linux 24 (64 bit)", "20.0.1-19250", True),
        ("SUSE Linux Enterprise 11 (64 bit)", "12.0.0-967", True),
        ("SUSE Linux Enterprise 11 (64 bit)", "20.0.0-1", False),
    ],
)
def test_agents_of_a_system(platform, agent, supported):
    """Both sides of the builds and patches at which agents begin or cease to protect a system."""
    assert lookup.os_agent(platform, DeepSecurity.parse(agent)).supported is supported


@pytest.mark.parametrize(
    ("platform", "os"),
    [
        (f"{WINDOWS} 2012 R2 (64 bit)  Build 9600", "Windows Server 2012 R2"),
        (f"{WINDOWS} 2012 (64 bit)  Build 9200", "Windows Server 2012"),
        (f"{WINDOWS} 2012", "Windows Server 2012"),
        (f"{WINDOWS} 2003 R2 (32 bit)", "Windows Server 2003 R2"),
        ("Microsoft Windows 8.1 (64 bit)", "Windows 8.1"),
        ("Microsoft Windows 8 (64 bit)", "Windows 8"),
        ("Red Hat Enterprise 7.9", "RHEL 7"),
    ],
)
def test_the_longest_name_of_a_system_counts(platform, os):
    """2012 R2 is not taken for 2012, nor 8.1 for 8."""
    assert {row.os for row in lookup.agents_for(platform)} == {os}


@pytest.mark.parametrize(
    "platform",
    ["", "Unknown", f"{WINDOWS} 2012R2", "Windows Server 2016", WINDOWS],
)
def test_systems_of_which_nothing_is_known(platform):
    """A platform that no row names has no agents and no appliance, neither good nor bad."""
    version = DeepSecurity.parse("20.0.0-8438")
    assert lookup.agents_for(platform) == ()
    assert lookup.os_agent(platform, version) is None
    assert lookup.os_appliance(platform, version) is None


@pytest.mark.parametrize(
    ("platform", "agent"),
    [
        (f"{WINDOWS} 2016 (64 bit)", "10.0.3259"),
        (f"{WINDOWS} 2016 (64 bit)", "21.0.0-1"),
        (f"{WINDOWS} 2019 (64 bit)", "11.1.0-163"),
        ("Ubuntu Linux 20 (64 bit)", "12.5.0-936"),
    ],
)
def test_agents_of_which_nothing_is_known(platform, agent):
    """Older and newer lines, and feature releases beside a lowest build, have no row."""
    assert lookup.os_agent(platform, DeepSecurity.parse(agent)) is None


def test_a_release_of_linux_without_a_row():
    """RHEL 70 is no RHEL 7: nothing is known of its agents, and no Linux goes without one."""
    version = DeepSecurity.parse("20.0.0-8438")
    assert lookup.agents_for("Red Hat Enterprise 70") == ()
    assert lookup.os_appliance("Red Hat Enterprise 70", version).supported is False


def test_a_line_of_agents_is_no_agent():
    """Of 20.0 as a whole nobody can say whether it protects Windows Server 2022."""
    with pytest.raises(VersionError, match=r"20\.0"):
        lookup.os_agent(f"{WINDOWS} 2022 (64 bit)", DeepSecurity.parse("20.0"))


def test_the_newest_agent_of_a_system():
    """The last row that supports it names where its agents end."""
    rows = lookup.agents_for(f"{WINDOWS} 2008 (64 bit)")
    assert [row.agent.below for row in rows if row.supported][-1] == DeepSecurity.parse("20.0.1-1")


@pytest.mark.parametrize(
    ("platform", "supported"),
    [
        (f"{WINDOWS} 2016 (64 bit)  Build 14393", True),
        (f"{WINDOWS} 2012 R2 (64 bit)", True),
        (f"{WINDOWS} 2019 (64 bit)", True),
        (f"{WINDOWS} 2022 (64 bit)", False),
        ("Microsoft Windows XP (32 bit)", True),
        ("Red Hat Enterprise 7 (64 bit) (3.10.0-1160.el7.x86_64)", False),
        ("Ubuntu Linux 20 (64 bit)", False),
    ],
)
def test_systems_that_an_appliance_protects(platform, supported):
    """Windows up to Server 2019 needs no agent; Linux does, whatever the appliance."""
    for appliance in ("11.0.0-1617", "20.0"):
        row = lookup.os_appliance(platform, DeepSecurity.parse(appliance))
        assert row.supported is supported


def test_an_unknown_bitness_is_no_guest():
    """The list has Windows XP and Vista with 32 bit only."""
    version = DeepSecurity.parse("20.0")
    assert lookup.os_appliance("Microsoft Windows XP (64 bit)", version) is None
