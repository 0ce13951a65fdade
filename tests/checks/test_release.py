"""REL-BAD-001 and REL-LIFE-001: the releases that run and those that are to come."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.gate.judgement import Judgement, finding_severity
from tests.checks.estates import (
    TARGETS,
    World,
    agent,
    hosts_at,
    listed,
    nsxv_manager,
    relay,
    steps,
    vcenter_at,
    without,
    world,
)
from tests.facts_by_hand import DSM, VC_MAIN, about, manager, server
from tests.facts_by_hand import LINUX as LINUX_HOST
from tests.judging import judged, missed, told

DAY = datetime(2026, 12, 5, 21, tzinfo=UTC)
LINUX = "Red Hat Enterprise 7 (64 bit) (3.10.0-1160.el7.x86_64)"


def bad(of: World, **servers: Any) -> Judgement:
    """Whether a release of an estate is known to be bad."""
    return judged(
        "REL-BAD-001",
        planned=of.planned,
        environment=of.environment,
        all_dsm_computers=of.read.computers,
        all_database_server={"dsm-db": server(), **servers},
    )


def life(of: World, day: datetime = DAY) -> Judgement:
    """Whether the releases of an estate are supported on a day."""
    return judged("REL-LIFE-001", planned=of.planned, last_until=day)


def weighed(judgement: Judgement, part: str) -> dict[str, str]:
    """The severity of each finding in whose text a part stands, by its subject."""
    return {
        one.subject: str(finding_severity(one, judgement.severity))
        for one in judgement.findings
        if part in one.found
    }


def test_sound_releases_pass():
    """An estate that goes nowhere and whose releases no row names has nothing wrong with it."""
    judgement = bad(world(upgrade={}, **listed(agent(agent_version="20.0.2.24000"))))
    assert weighed(judgement, "Smart Protection") == {}
    assert judgement.weight in (None, Severity.ADVICE)


def test_without_releases_the_claim_has_no_meaning():
    """An environment of Linux hosts and nothing else names no release that anything is known of."""
    of = world(
        named=(LINUX_HOST.replace('node = "dsm-1"', "").replace('node = "dsm-2"', ""),), upgrade={}
    )
    judgement = judged(
        "REL-BAD-001",
        planned=of.planned,
        environment=of.environment,
        all_dsm_computers={},
        all_database_server={},
    )
    assert judgement.outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("target", "weight"), [("20.0.0-2394", "warning"), ("20.0.0-2395", None), ("20.0.1-3180", None)]
)
def test_a_target_that_cannot_reach_the_vendor(target, weight):
    """A Linux agent below the first build with the new root is a warning; that build is none."""
    of = world(
        upgrade={**TARGETS, "agent": target},
        **listed(agent(agent_version="11.0.0.582", platform=LINUX)),
    )
    found = weighed(bad(of), "it is to come, and has had no connection")
    assert found == ({f"agent {target} of dsm": weight} if weight else {})


def test_what_the_upgrade_replaces_is_advice():
    """An old Linux agent that leaves its build is why one upgrades; one that stays is a warning."""
    old = listed(agent(agent_version="11.0.0.582", platform=LINUX))
    goes = bad(world(upgrade={**TARGETS, "agent": "20.0.0-6313"}, **old))
    stays = bad(world(upgrade=without("deep_security"), **old))
    subject = "agent 11.0.0-582 of dsm"
    assert weighed(goes, "it runs, and has had no connection") == {subject: "advice"}
    assert weighed(stays, "it runs, and has had no connection") == {subject: "warning"}


@pytest.mark.parametrize(
    ("platform", "struck"),
    [
        (LINUX, True),
        ("Solaris 10 U7-U11 (64 bit)", True),
        ("", True),
        ("Microsoft Windows Server 2016 (64 bit)  Build 14393", False),
        ("macOS 13 (64 bit)", False),
    ],
)
def test_a_defect_of_one_system(platform, struck):
    """Windows and macOS are not hit; a machine of no known platform may be."""
    of = world(**listed(agent(agent_version="11.0.0.582", platform=platform)))
    assert bool(weighed(bad(of), "Smart Protection")) is struck


def test_a_relay_is_an_agent():
    """What strikes agents strikes the agent of a relay."""
    of = world(**listed(relay(platform=LINUX)))
    assert "relay 20.0.0-877 of dsm" in weighed(bad(of), "Smart Protection")


@pytest.mark.parametrize(
    ("build", "weight"),
    [("10.50.6537.0", "blocker"), ("10.50.6542.0", None), ("12.0.4050.0", "warning")],
)
def test_a_database_whose_build_is_known_to_be_bad(build, weight):
    """A service that ends by itself blocks, a build that was taken back is a warning."""
    judgement = bad(world(), **{"dsm-db": server(version=build)})
    found = {s: w for s, w in weighed(judgement, "").items() if s.startswith("SQL Server")}
    assert found == ({f"SQL Server {build} of dsm-db": weight} if weight else {})


@pytest.mark.parametrize(
    ("version", "reason"), [(None, "no login"), ("sixteen", "four parts as in 13.0.5026.0")]
)
def test_a_database_that_nobody_could_read(version, reason):
    """It is unknown, whether it refused the login or told a version of no known form."""
    read = Unread("no login") if version is None else server(version=version)
    ((subject, why),) = missed(bad(world(), **{"dsm-db": read}))
    assert subject == "dsm-db"
    assert reason in why


def test_other_products_have_no_build_of_sql_server():
    """PostgreSQL's version is compared with no row."""
    of = world(named=(DSM.replace("sqlserver", "postgresql"),), upgrade={})
    judgement = judged(
        "REL-BAD-001",
        planned=of.planned,
        environment=of.environment,
        all_dsm_computers=of.read.computers,
        all_database_server={"dsm-db": server(product="postgresql", version="13.2")},
    )
    assert not missed(judgement)


def test_a_release_that_was_taken_back():
    """A target that its vendor withdrew is a warning, the one that came after it is none."""
    withdrawn = bad(world(upgrade={**TARGETS, "esxi": "7.0 U3"}))
    mended = bad(world(upgrade={**TARGETS, "esxi": "7.0 U3c"}))
    assert weighed(withdrawn, "withdrawn by its vendor") == {"ESXi 7.0 U3 of vc-main": "warning"}
    assert weighed(mended, "withdrawn by its vendor") == {}


def test_what_turns_on_something_unseen_is_advice():
    """ESXi 7.0 U2 may hang where it starts from USB: kanmon does not look there, and says so."""
    assert weighed(bad(world()), "where it starts from USB or SD") == {
        "ESXi 7.0 U2 of vc-main": "advice"
    }


def test_an_unverified_row_only_warns():
    """NSX-V 6.4.7 that stays is a warning, whatever its row would weigh."""
    of = world(nsxv={"nsxv-main": nsxv_manager("6.4.7", "16509800")}, upgrade={})
    assert weighed(bad(of), "said to be withdrawn") == {"NSX-V 6.4.7 of vc-main": "warning"}


@pytest.mark.parametrize(
    ("target", "weight"),
    [
        ("20.0.0-877", "warning"),
        ("20.0.2-20480", "warning"),  # of the day before
        ("20.0.2-24000", "advice"),  # newer than every build whose day is known
        ("20.0", "advice"),
    ],
)
def test_a_target_older_than_a_certificate(target, weight):
    """Older than the code signing of 2025 is a warning; of what nobody knows the day is advice."""
    of = world(
        upgrade={**TARGETS, "agent": target},
        **listed(agent(platform="Microsoft Windows Server 2016 (64 bit)")),
    )
    found = weighed(bad(of), "code signing of ActiveUpdate (2025-09-25)")
    assert found == {f"agent {target} of dsm": weight}


def test_a_build_of_after_the_certificate_is_no_finding():
    """The server certificate of March 2023 strikes relays that were there before it."""
    for target, struck in (("20.0.0-6313", True), ("20.0.0-6912", False)):
        of = world(upgrade={**TARGETS, "agent": target}, **listed(relay()))
        found = weighed(bad(of), "certificate of the ActiveUpdate servers")
        assert bool(found) is struck


def test_what_goes_by_no_release_is_noted():
    """The board is told once of what no version tells, where there is what it strikes."""
    there = {note.subject for note in bad(world(**listed(relay(platform=LINUX)))).notes}
    assert there == {"signature files that an old relay does not fetch again"}
    windows = bad(world(**listed(agent(platform="Microsoft Windows Server 2016 (64 bit)"))))
    assert {note.subject for note in windows.notes} == {
        "Microsoft Defender's signatures of 2026-04-30"
    }


def test_what_could_not_be_placed_is_unknown():
    """A vCenter of an unknown build is in no state: of its release nobody can say."""
    of = world(abouts={"vc-main": about(build="1000000")})
    assert any("1000000" in reason for _, reason in missed(bad(of)))
    assert any("1000000" in reason for _, reason in missed(life(of)))


def test_supported_targets_pass():
    """An estate whose end is supported, and where no hop is late, has only advice at most."""
    of = world(
        upgrade={"deep_security": "20.0.0-877", "agent": "20.0.2-20480"},
        managers={"dsm": manager(version="20.0.737")},
        **listed(agent(agent_version="20.0.0-6313")),
    )
    judgement = life(of)
    assert judgement.weight in (None, Severity.ADVICE)
    assert not judgement.unknown


def test_nothing_but_supported_releases_passes():
    """Hosts and vCenter of a supported line that stay where they are comply."""
    of = world(
        named=(VC_MAIN,),
        upgrade={},
        extensions={"vc-main": ()},
        abouts={"vc-main": vcenter_at("7.0 U2")},
        hosts={"vc-main": hosts_at("7.0 U2")},
    )
    judgement = life(of, datetime(2025, 10, 2, tzinfo=UTC))
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 2


@pytest.mark.parametrize(("day", "weight"), [(2, None), (3, "warning")])
def test_the_last_day_of_support_is_a_good_day(day, weight):
    """The line 7.0 is supported to the end of 2 October 2025."""
    judgement = life(world(), datetime(2025, 10, day, 23, tzinfo=UTC))
    found = weighed(judgement, "its support ended: 2025-10-02")
    expected = dict.fromkeys(("vCenter 7.0 U2 of vc-main", "ESXi 7.0 U2 of vc-main"), weight)
    assert found == (expected if weight else {})


def test_an_old_target_is_a_warning_and_an_old_source_advice():
    """Each release is told once with its day; the stop of a declared order is advice."""
    order = steps('vsphere-bridge; vcenter = "6.7 U3"; esxi = "6.7 U2"')
    judgement = life(world(order=order))
    found = weighed(judgement, "its support ended")
    assert found["NSX-T 3.1.2 of vc-main"] == "warning"
    assert found["agent 20.0.0-877 of dsm"] == "warning"
    assert found["vCenter 6.5 U2 of vc-main"] == "advice"
    assert found["vCenter 6.7 U3 of vc-main"] == "advice"
    assert found["NSX-V 6.4.5 of vc-main"] == "advice"
    assert "manager 20.0.0-877 of dsm" not in found


def test_builds_are_supported_by_the_year_in_which_they_came_out():
    """An agent of 2020 is over in 2026; one that may be of that year or the next is open."""
    over, open_, fine = ("20.0.0-877", "20.0.0-1500", "20.0.0-1822")
    day = datetime(2026, 12, 5, tzinfo=UTC)
    outcomes = {
        target: life(world(upgrade={**TARGETS, "agent": target}, **listed(agent())), day)
        for target in (over, open_, fine)
    }
    subject = "agent {} of dsm".format
    assert subject(over) in weighed(outcomes[over], "its support ended: 2025-12-31")
    assert subject(open_) in dict(missed(outcomes[open_]))
    assert not missed(outcomes[fine])
    assert subject(fine) not in weighed(outcomes[fine], "")


def test_a_hop_after_the_end_of_support_tells_both_days():
    """11.0 to 20.0 is allowed within support only: a warning, of every component at once."""
    judgement = life(world())
    ((subject, found, expected),) = [one for one in told(judgement) if " to 20.0" in one[0]]
    assert subject == "Deep Security 11.0 to 20.0 of dsm"
    assert found == (
        "manager, relay, agent, appliance: upgraded on 2026-12-05, after the support of 11.0 "
        "ended: before 2026-11-23, by its vendor's own text"
    )
    assert expected == "upgraded while 11.0 is supported"
    assert judgement.weight is Severity.WARNING


def test_the_hop_itself_stays_open():
    """PLAN-HOP-001 is never closed by the end of a source's support."""
    assert world().judge("PLAN-HOP-001").outcome is Outcome.PASS


def test_what_no_row_tells_of_a_target_a_person_may_tell():
    """A target whose end of support no text gives is unknown, with its release and the day."""
    of = world(upgrade={**TARGETS, "nsx": "NSX-T 3.2.1"})
    ((subject, reason),) = [one for one in missed(life(of)) if "NSX" in one[0]]
    assert subject == "NSX-T 3.2.1 of vc-main"
    assert reason == (
        "no row of life_cycles tells until when NSX-T 3.2.1 is supported: is it on 2026-12-05?"
    )
