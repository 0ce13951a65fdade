"""DSM-IMPORT-001 to 003 and RB-AGENT-001: what lies in the manager beside what is in use."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Outcome
from kanmon.facts.dsm.system import Package, Packages
from tests.checks.estates import appliance
from tests.facts_by_hand import DSM, VC_MAIN, agent, computer, environment, manager, moment
from tests.judging import answered, judged, missed, told

P, F, U, NA = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED, Outcome.NOT_APPLICABLE
A = Outcome.ATTESTED
WINDOWS = "Microsoft Windows Server 2016 (64 bit)  Build 14393"
LINUX = "Red Hat Enterprise 7 (64 bit) (3.10.0-1160.el7.x86_64)"
ON_LINUX = "Red Hat Enterprise 7 (64-bit): app-01"
ON_WINDOWS = "Microsoft Windows Server 2016 (64-bit): app-01"
STRANGE = Package("Strange", "", "", "", "", "20.0.0-877", imported=True)


def package(kind="Agent", token="RedHat_EL7", version="20.0.0-877", **changes):  # noqa: S107 - a system
    """A package by SOAP."""
    made = Package(f"{kind}-{token}-{version}.zip", kind, token, "", "64-bit", version, True)
    return replace(made, **changes)


def listed(platform, version):
    """A package by ``/api``."""
    return Package("agent", "Agent", "", platform, "64-bit", version, imported=True)


def judge(check, packages, *computers, step="agent", version="11.0.510", **upgrade):
    """A check on packages and computers; the target is 20.0.0-877 if none is given."""
    named = environment(DSM, VC_MAIN, **(upgrade or {"deep_security": "20.0.0-877"}))
    if not isinstance(packages, Packages):
        packages = Packages("soap", (), tuple(packages))
    facts = {"dsm": named.dsm[0], "dsm_computers": computers, "dsm_packages": packages}
    if check != "RB-AGENT-001":
        facts["environment"] = named
    if check in ("DSM-IMPORT-001", "DSM-IMPORT-002"):
        facts["moment"] = moment(step=step)
        facts["dsm_manager"] = manager(version=version)
    return judged(check, **facts)


def agents(*packages, platform=LINUX, **upgrade):
    """DSM-IMPORT-001 for one agent on a platform."""
    return judge("DSM-IMPORT-001", packages, agent(platform=platform), **upgrade)


# DSM-IMPORT-001


@pytest.mark.parametrize(
    ("version", "outcome"),
    [
        ("20.0.0-876", F),
        ("20.0.0-877", P),
        ("20.0.1-100", P),
        ("11.0.0-1617", F),
        ("21.0.0-1", F),
        ("20.0", F),
        ("none", F),
    ],
)
def test_the_package_reaches_the_target(version, outcome):
    """A newer build of the target's line will do, another line will not."""
    judgement = agents(package(version=version))
    assert (judgement.outcome, judgement.examined) == (outcome, 1)
    assert judgement.blocks == (outcome is F)
    wanted = [(ON_LINUX, "no such Agent package is imported", "agent 20.0.0-877")]
    assert told(judgement) == (wanted if outcome is F else [])


@pytest.mark.parametrize(
    "changes",
    [
        {"imported": False},
        {"kind": "KernelSupport"},
        {"token": "RedHat_EL8"},
        {"architecture": "32-bit"},
    ],
)
def test_a_package_of_something_else_does_not_serve(changes):
    """Announced only, of another kind, system or architecture."""
    assert agents(replace(package(), **changes)).outcome is F


ARM = "Red Hat Enterprise 7 (64 bit Arm) (4.18.0-348.el8.aarch64)"


def test_a_package_for_another_processor_does_not_serve():
    """Arm is no x86, though both have 64 bit."""
    assert agents(package(), platform=ARM).outcome is F
    assert agents(package(architecture="64-bit Arm"), platform=ARM).outcome is P
    assert agents(package(architecture="64-bit Arm"), platform=LINUX).outcome is F


def test_a_platform_that_does_not_tell_its_architecture_is_undetermined():
    """The package that lies there may be for another processor; none at all is told as that."""
    judgement = agents(package(), platform="Red Hat Enterprise 7")
    assert judgement.outcome is U
    assert "does not say whether" in missed(judgement)[0][1]
    assert agents(package(version="20.0.0-876"), platform="Red Hat Enterprise 7").outcome is F
    assert agents(package(architecture=""), platform="Red Hat Enterprise 7").outcome is P


def test_every_platform_in_use_counts_once():
    """Alike machines are one finding that says how many they are; appliances have none."""
    machines = [agent(id=n, platform=WINDOWS) for n in range(3)]
    judgement = judge("DSM-IMPORT-001", [package()], *machines, agent(platform=LINUX), appliance())
    assert judgement.examined == 2
    assert [one[0] for one in told(judgement)] == [f"{ON_WINDOWS} and 2 more"]


def test_a_platform_without_a_row_is_undetermined():
    """Which package it needs nobody can say."""
    assert "no row of package_platforms" in missed(agents(package(), platform="BeOS 5"))[0][1]
    assert agents(package(), platform="").outcome is U


def test_a_row_by_analogy_only_warns():
    """Where the package's name is not known for sure nobody blocks for it."""
    judgement = agents(package(), platform="Debian 12 (64 bit)")
    assert judgement.outcome is F
    assert not judgement.blocks


def test_a_name_that_nobody_understands_may_be_the_package():
    """It is neither taken for it nor for its absence."""
    assert "Strange" in missed(agents(STRANGE))[0][1]
    assert agents(STRANGE, package()).outcome is P


@pytest.mark.parametrize(
    ("platforms", "items", "outcome"),
    [
        (("Red Hat Enterprise 7",), [listed("Red Hat Enterprise 7", "20.0.0.877")], P),
        (("Red Hat Enterprise 7",), [listed("Red Hat Enterprise 7", "20.0.0.876")], F),
        (("Red Hat Enterprise 7",), [], F),
        (("Red Hat Enterprise 70",), [listed("Red Hat Enterprise 70", "20.0.0.877")], U),
        (("Red Hat Enterprise",), [listed("Red Hat Enterprise", "20.0.0.877")], U),
        ((), [], U),
    ],
)
def test_packages_of_the_api_are_matched_by_platform(platforms, items, outcome):
    """A platform that is not listed is not known to lack its package."""
    known = Packages("api", platforms, tuple(items))
    assert judge("DSM-IMPORT-001", known, agent(platform=LINUX)).outcome is outcome


@pytest.mark.parametrize(
    ("platform", "token", "outcome"),
    [
        ("Amazon Linux 2023 (64 bit) (6.1.72-96.166.amzn2023.x86_64)", "amzn1", F),
        ("Amazon Linux 2023 (64 bit) (6.1.72-96.166.amzn2023.x86_64)", "amzn2", F),
        ("Amazon Linux 2023 (64 bit) (6.1.72-96.166.amzn2023.x86_64)", "amzn2023", P),
        ("Amazon Linux 2 (64 bit) (4.14.336-257.562.amzn2.x86_64)", "amzn2", P),
        ("Amazon Linux (64 bit) (4.14.62-65.117.amzn1.x86_64)", "amzn1", P),
        ("Amazon Linux AMI (64 bit) (4.4.11-23.53.amzn1.x86_64)", "amzn1", P),
        ("Amazon Linux 2026 (64 bit) (7.1.1-1.amzn2026.x86_64)", "amzn1", U),
        ("Red Hat Enterprise 7 Workstation (64 bit)", "RedHat_EL7", P),
        ("Microsoft Windows 11 (64 bit)  Build 22621", "Windows", P),
    ],
)
def test_a_system_is_known_by_its_whole_name(platform, token, outcome):
    """A number behind the name is another system's, but for Windows, whose package serves all."""
    assert agents(package(token=token), platform=platform).outcome is outcome


def test_the_longest_platform_of_the_api_counts():
    """Windows Server 2012 R2 is not served by what lies there for 2012."""
    names = ("Microsoft Windows Server 2012", "Microsoft Windows Server 2012 R2")
    on = "Microsoft Windows Server 2012 R2 (64 bit)  Build 9600"
    for served, outcome in zip(names, (F, P), strict=True):
        packages = Packages("api", names, (listed(served, "20.0.0.877"),))
        assert agents_by_api(packages, on).outcome is outcome


def agents_by_api(packages, platform):
    """DSM-IMPORT-001 for one agent, by ``/api``."""
    return judge("DSM-IMPORT-001", packages, agent(platform=platform))


def test_agents_have_a_target_of_their_own():
    """upgrade.agent before upgrade.deep_security; without either nobody can say."""
    both = {"deep_security": "20.0.0-877", "agent": "20.0.0-5000"}
    assert agents(package(), **both).outcome is F
    assert agents(package(version="20.0.0-5000"), **both).outcome is P
    assert "upgrade.deep_security" in agents(package(), vcenter="7.0 U2").reason


def test_without_agents_no_package_is_asked_for():
    """An appliance's guest needs none."""
    assert judge("DSM-IMPORT-001", [package()], computer()).outcome is NA


@pytest.mark.parametrize("check", ["DSM-IMPORT-001", "DSM-IMPORT-002"])
@pytest.mark.parametrize(
    ("step", "version", "blocks"),
    [
        (None, "11.0.510", False),
        (None, "20.0.100", True),
        ("agent", "11.0.510", True),
        ("agent", "20.0.877", True),
    ],
)
def test_before_the_whole_upgrade_an_old_manager_need_not_have_them(check, step, version, blocks):
    """It is warned of; once the manager is there, and before the step itself, it blocks."""
    old = [package(version="11.0.0-582")]
    computers = (agent(platform=LINUX), appliance())
    judgement = judge(check, old, *computers, step=step, version=version)
    assert (judgement.outcome, judgement.blocks) == (F, blocks)


# DSM-IMPORT-002


def appliances(*packages, computers=None):
    """DSM-IMPORT-002; an appliance and its guest if nothing else is said."""
    some = (appliance(), computer()) if computers is None else computers
    return judge("DSM-IMPORT-002", packages, *some)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (package("Appliance", "ESX"), P),
        (package("Appliance", "ESX", "20.0.0-876"), F),
        (package("Appliance", "ESX", "11.0.0-582"), F),
        (package("Appliance", "ESX", imported=False), F),
        (package(), F),
        (STRANGE, U),
    ],
)
def test_the_appliance_package_is_there(given, outcome):
    """One of the target's line that is not older; a strange name is undetermined."""
    judgement = appliances(given)
    assert (judgement.outcome, judgement.examined) == (outcome, 2)
    assert judgement.blocks == (outcome is F)


def test_no_word_stands_for_the_appliance_package():
    """One that is missing stays a finding, whatever a person says."""
    judgement = appliances(package())
    assert answered("DSM-IMPORT-002", judgement, "dsm") == judgement


def test_the_api_does_not_tell_of_appliances():
    """It is undetermined, and a person may answer for it."""
    known = Packages("api", (), (listed("Red Hat Enterprise 7", "20.0.0.877"),))
    judgement = judge("DSM-IMPORT-002", known, appliance())
    assert judgement.outcome is U
    assert missed(judgement) == [
        (
            "appliance package of dsm",
            "/api tells the packages of agents only: give the credential a password too",
        )
    ]
    assert answered("DSM-IMPORT-002", judgement, "dsm").outcome is A


def test_without_appliances_no_appliance_package_is_asked_for():
    """A manager of agents alone."""
    assert appliances(package(), computers=(agent(),)).outcome is NA


# DSM-IMPORT-003


def kernels(*packages, platform=LINUX):
    """DSM-IMPORT-003 for one agent."""
    return judge("DSM-IMPORT-003", packages, agent(platform=platform))


def test_kernel_support_of_the_targets_line_will_do_with_a_persons_word():
    """Its builds have numbers of their own; which kernels it holds a person compares."""
    judgement = kernels(package("KernelSupport", version="20.0.0-1"))
    assert (judgement.outcome, judgement.examined) == (U, 1)
    kernel = "3.10.0-1160.el7.x86_64"
    reason = f"no interface tells whether a package of agent 20.0.0-877 holds {kernel}"
    assert missed(judgement) == [(ON_LINUX, reason)]
    assert answered("DSM-IMPORT-003", judgement, "dsm").outcome is A


@pytest.mark.parametrize(
    ("target", "versions", "outcome"),
    [
        ("20.0.0-877", ["20.0.1-3180"], F),
        ("20.0.0-877", ["20.0.0-900", "20.0.1-3180"], U),
        ("20.0.1-3179", ["20.0.1-3180"], F),
        ("20.0.1-3180", ["20.0.1-3180"], U),
        ("20.0.2-1390", ["20.0.1-3180"], U),
        ("20.0", ["20.0.1-3180"], U),
    ],
)
def test_newer_kernel_support_does_not_serve_older_agents(target, versions, outcome):
    """Packages 20.0.1 want agents from 20.0.1-3180 on; beside one that serves nothing is said."""
    given = [package("KernelSupport", version=version) for version in versions]
    judgement = judge(
        "DSM-IMPORT-003", given, agent(platform=LINUX), deep_security="20.0.0-877", agent=target
    )
    assert judgement.outcome is outcome
    wanted = [
        (
            ON_LINUX,
            f"KernelSupport-RedHat_EL7-20.0.1-3180.zip does not serve agent {target}",
            "an agent from 20.0.1-3180 on, and its upgrade before that of the kernel",
        )
    ]
    assert told(judgement) == (wanted if outcome is F else [])
    assert not judgement.blocks


def test_kernel_support_that_is_missing_is_a_warning():
    """Whatever a person says: a package of agents is none."""
    judgement = kernels(package())
    assert told(judgement) == [
        (ON_LINUX, "no such KernelSupport package is imported", "one of 20.0")
    ]
    assert not judgement.blocks
    attested = answered("DSM-IMPORT-003", judgement, "dsm")
    assert (attested.outcome, attested.findings) == (F, judgement.findings)


def test_windows_needs_no_kernel_support():
    """Nothing to judge; a platform that nobody knows may need it."""
    assert kernels(package(), platform=WINDOWS).outcome is NA
    assert kernels(package(), platform="BeOS 5").outcome is U


# RB-AGENT-001


def way_back(*packages, computers=None):
    """RB-AGENT-001; one agent 11.0.0-582 on Linux if nothing else is said."""
    return judge(
        "RB-AGENT-001",
        packages,
        *((agent(platform=LINUX),) if computers is None else computers),
    )


@pytest.mark.parametrize(
    ("version", "outcome"), [("11.0.0-582", P), ("11.0.0-583", F), ("20.0.0-877", F)]
)
def test_the_way_back_needs_exactly_todays_package(version, outcome):
    """Neither an older nor a newer one is what was there."""
    judgement = way_back(package(version=version))
    assert judgement.outcome is outcome
    assert judgement.blocks == (outcome is F)
    assert [one[2] for one in told(judgement)] == (
        ["agent 11.0.0-582, as it is now"] if outcome is F else []
    )


def test_each_version_and_platform_has_its_own_way_back():
    """Two versions on Linux and one on Windows are three."""
    some = (
        agent(platform=LINUX),
        agent(id=2, platform=LINUX, agent_version="11.0.0.1617"),
        agent(id=3, platform=WINDOWS),
    )
    judgement = way_back(package(version="11.0.0-582"), computers=some)
    assert judgement.examined == 3
    assert [(one[0], one[2].split(",")[0]) for one in told(judgement)] == [
        (ON_WINDOWS, "agent 11.0.0-582"),
        (ON_LINUX, "agent 11.0.0-1617"),
    ]


def test_a_version_that_nobody_understands_has_no_known_way_back():
    """Undetermined, and nothing at all without agents."""
    judgement = way_back(package(), computers=(agent(agent_version="twenty"),))
    assert (judgement.outcome, judgement.examined) == (U, 1)
    assert way_back(package(), computers=(computer(),)).outcome is NA
