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
        ("Amazon Linux 2023 (64 bit)", "20.0.0-7302", False),
        ("Amazon Linux 2023 (64 bit)", "20.0.0-7303", True),
        ("Amazon Linux (64 bit) (4.14.62-65.117.amzn1.x86_64)", "20.0.1-25770", True),
        ("Amazon Linux (64 bit) (4.14.62-65.117.amzn1.x86_64)", "20.0.2-1390", False),
        ("Red Hat Enterprise 9 (64 bit) (5.14.0-284.el9.ppc64le)", "20.0.1-21510", True),
        ("Red Hat Enterprise 9 (64 bit) (5.14.0-284.el9.ppc64le)", "20.0.2-1390", False),
        ("Oracle Linux Release 10 (64 bit)", "20.0.2-20479", False),
        ("Oracle Linux Release 10 (64 bit)", "20.0.2-20480", True),
        ("Oracle Linux Release 8 (64 bit)", "12.0.0-562", False),
        ("CloudLinux 8 (64 bit)", "12.0.0-967", False),
        ("CloudLinux 8 (64 bit)", "12.5.0-936", True),
        ("Solaris 11.4 (64 bit)", "11.0.0-614", False),
        ("Solaris 11.0 (64 bit)", "11.0.0-582", True),
        ("Solaris 10 U4 to U6", "20.0.0-877", True),
        ("AIX 7.3", "20.0.0-5393", False),
        ("AIX 7.2", "12.0.0-766", False),
        ("AIX 5.3", "20.0.0-877", False),
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
    ("platform", "os"),
    [
        ("Red Hat Enterprise 9 (64 bit) (5.14.0-284.30.1.el9_2.x86_64)", "RHEL 9"),
        ("Red Hat Enterprise 8 (64 bit) (4.18.0-553.84.1.el8_10.x86_64)", "RHEL 8"),
        ("Red Hat Enterprise 8 (64 bit) (4.18.0-553.84.1.el8_10.aarch64)", "RHEL 8 on ARM"),
        ("Amazon Linux 2 (64 bit) (4.14.336-257.562.amzn2.x86_64)", "Amazon Linux 2"),
        ("Amazon Linux 2 (64 bit) (4.14.336-257.562.amzn2.aarch64)", "Amazon Linux 2 on ARM"),
        ("Amazon Linux 2023 (64 bit) (6.1.72-96.166.amzn2023.x86_64)", "Amazon Linux 2023"),
        ("Amazon Linux (64 bit) (4.14.62-65.117.amzn1.x86_64)", "Amazon Linux 1"),
        ("Amazon Linux AMI (64 bit) (4.4.11-23.53.amzn1.x86_64)", "Amazon Linux 1"),
        ("Ubuntu Linux 20 (64 bit) (5.15.0-1041-aws)", "Ubuntu 20.04"),
        ("Ubuntu Linux 16 (64 bit)", "Ubuntu 16.04"),
        ("CentOS 7 (64 bit) (3.10.0-1160.80.1.el7.x86_64)", "CentOS 7"),
        ("Microsoft Windows 7 (64 bit) Service Pack 1 Build 7601", "Windows 7"),
        (f"{WINDOWS} 2022 (64 bit)  Build 20348", "Windows Server 2022"),
        (f"{WINDOWS} 2008 (32 bit)", "Windows Server 2008 SP2"),
        ("CloudLinux 6 (32 bit)", "CloudLinux 6 of 32 bit"),
        ("CloudLinux 6 (64 bit)", "CloudLinux 6"),
        ("SUSE Linux Enterprise Server 15 (64 bit)", "SLES 15"),
        ("Debian Linux 12 (64 bit)", "Debian 12"),
        ("Oracle Linux 9 (64 bit)", "Oracle Linux 9"),
        ("Solaris 11.2 (64 bit)", "Solaris 11.0 to 11.3"),
    ],
)
def test_systems_as_managers_report_them(platform, os):
    """A platform is one system by its whole name, and by the processor where that matters."""
    assert {row.os for row in lookup.agents_for(platform)} == {os}


SDK = {
    f"{WINDOWS} ": ["2003", "2003 R2", "2008", "2008 R2", "2012", "2012 R2", "2016", "2019"],
    "Microsoft Windows ": ["2000 Server", "2000 Professional", "XP", "7", "8", "8.1", "10"],
    "Solaris ": ["10 U4 to U6", "10 U7 to U11", "11.0 to 11.3", "11.4"],
    "AIX ": ["5.3", "6.1", "7.1", "7.2"],
    "Red Hat Enterprise ": ["5", "6", "7", "8"],
    "Ubuntu Linux ": ["10", "12", "14", "16", "18", "20"],
    "CentOS ": ["5", "6", "7", "8"],
    "Debian ": ["6", "7", "8", "9", "10"],
    "Amazon Linux": ["", " 2"],
    "Oracle Linux Release ": ["5", "6", "7", "8"],
    "SUSE Enterprise Server ": ["10", "11", "12", "15"],
    "CloudLinux ": ["5", "6", "7", "8"],
}
"""The platforms of agent version control, by the vendor's SDK 20.0.463."""


def test_every_platform_of_the_vendors_sdk_is_a_system():
    """All 56 names find rows, and but for spellings of one system no two find the same."""
    names = [begin + end for begin, ends in SDK.items() for end in ends]
    assert len(names) == 56
    systems = {name: {row.os for row in lookup.agents_for(name)} for name in names}
    assert all(len(found) == 1 for found in systems.values())
    assert len(set.union(*systems.values())) == 54  # two names of Windows 2000, two of Solaris 10


def test_a_longer_number_is_another_system():
    """What nobody knows is not taken for what its name begins with: it has no row."""
    version = DeepSecurity.parse("20.0.2-14431")
    for platform in ("Amazon Linux 2030 (64 bit)", "AlmaLinux 10 (64 bit)", "Debian 1 (64 bit)"):
        assert lookup.os_agent(platform, version) is None
    assert lookup.os_appliance("Amazon Linux 2023 (64 bit)", version).supported is False


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
