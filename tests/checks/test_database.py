"""DB-TLS-001 and DB-TLS-002: the database's TLS 1.2, by handshake and by build."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.knowledge import load
from kanmon.knowledge.requirements import SqlServerTls12
from tests.databases_by_hand import instance
from tests.facts_by_hand import DSM, environment, manager, server, tls
from tests.judging import judged, told

SECOND_MANAGER = """
[[dsm]]
slug = "dsm-b"
credential = "ro"
nodes = [{ slug = "dsm-b1", address = "dsmb1.example.jp" }]
database = "dsm-db"
"""
UNUSED = """
[[database]]
slug = "other-db"
product = "sqlserver"
address = "sql2.example.jp"
credential = "ro"
"""
TARGET = "20.0.0-877"
ALL_ROWS = load(SqlServerTls12).rows


def handshake(found, *, source="11.0.510", target=TARGET, installation="upgrade", **changes):
    """DB-TLS-001 on these handshakes, for this hop of the manager."""
    estate = environment(DSM, deep_security=target, installation=installation)
    facts = {
        "database": estate.database[0],
        "database_tls": found,
        "all_dsm_manager": {"dsm": manager(version=source)},
        "environment": estate,
    }
    return judged("DB-TLS-001", **{**facts, **changes})


def build(version, *, source="11.0.510", target=TARGET, installation="upgrade", text=DSM, **facts):
    """DB-TLS-002 on this build of SQL Server, told before the login and after it.

    Its server refuses TLS 1.2 where nothing else is given, so that the table alone decides.
    """
    estate = environment(text, deep_security=target, installation=installation)
    whole = {
        "database": estate.database[0],
        "database_tls": tls(("TLSv1",), server_version=version),
        "all_database_server": {"dsm-db": server(version=version)},
        "all_database_instance": {"dsm-db": instance()},
        "all_dsm_manager": {"dsm": manager(version=source)},
        "environment": estate,
        **facts,
    }
    return judged("DB-TLS-002", **whole)


def before_login(version, **facts):
    """DB-TLS-002 where the login failed: the build is what the server said before it."""
    unread = {"dsm-db": Unread("dsm-db: login refused")}
    return build(version, all_database_server=unread, all_database_instance=unread, **facts)


def shaking_hands(version, **facts):
    """DB-TLS-002 where the server accepted a TLS 1.2 handshake."""
    return build(version, database_tls=tls(server_version=version), **facts)


# What the procedure says, rule by rule: source, target, kind of installation, severity of a fault.
RULES = [
    # Required for any upgrade to 20.0.
    ("9.6.4000", "20.0.0-877", "upgrade", Severity.BLOCKER),
    ("10.0.3000", "20.0.0-877", "upgrade", Severity.BLOCKER),
    ("11.0.510", "20.0.0-877", "upgrade", Severity.BLOCKER),
    ("11.0.510", "20.0", "upgrade", Severity.BLOCKER),
    # Required for a new installation of 11.1 or later, whatever runs today.
    ("9.6.4000", "11.1.0-150", "new", Severity.BLOCKER),
    ("11.0.510", "12.0.0-300", "new", Severity.BLOCKER),
    ("11.0.510", "20.0.0-877", "new", Severity.BLOCKER),
    # Not required for an upgrade from before 10.0 to 11.1 or later.
    ("9.6.4000", "11.1.0-150", "upgrade", Severity.ADVICE),
    ("9.6.4000", "12.5.0-500", "upgrade", Severity.ADVICE),
    # Recommended from 10.0 on.
    ("10.0.3000", "11.1.0-150", "upgrade", Severity.WARNING),
    ("10.0.3000", "12.0.0-300", "upgrade", Severity.WARNING),
    ("9.6.4000", "11.0.0-510", "upgrade", Severity.WARNING),
    ("9.6.4000", "10.0.0-3000", "upgrade", Severity.WARNING),
    ("9.6.4000", "11.0.0-510", "new", Severity.WARNING),
    # Before 10.0 the procedure asks for nothing.
    ("9.5.4000", "9.6.0-4000", "upgrade", Severity.ADVICE),
]


def test_a_tls_12_handshake_passes():
    """A completed TLS 1.2 handshake is what is asked for; older versions do not matter."""
    for accepted in (("TLSv1.2",), ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")):
        judgement = handshake(tls(accepted))
        assert judgement.outcome is Outcome.PASS
        assert judgement.examined == 1
        assert [one.row for one in judgement.rests_on] == ["upgrade to 20.0"]


def test_a_server_of_old_versions_only_fails():
    """A server that takes TLS 1.0 and 1.1 alone blocks an upgrade to 20.0, with what it takes."""
    judgement = handshake(tls(("TLSv1", "TLSv1.1")))
    assert judgement.outcome is Outcome.FAIL
    assert told(judgement) == [
        (
            "sql1.example.jp:1433",
            "refused: TLSv1.2 refused; accepted: TLSv1, TLSv1.1",
            "a TLSv1.2 handshake",
        )
    ]
    assert judgement.findings[0].source.confidence == "procedure"
    assert judgement.blocks


def test_a_server_that_refuses_every_version_fails():
    """A server that answers every offer with a refusal has no TLS at all: that was read."""
    judgement = handshake(tls(()))
    assert judgement.outcome is Outcome.FAIL
    assert told(judgement)[0][1] == "refused: TLSv1.2 refused; accepted: none"


def test_a_handshake_that_breaks_beside_a_good_one_fails():
    """Where another version works, a TLS 1.2 handshake that breaks is the server's own fault."""
    judgement = handshake(tls(("TLSv1",), otherwise="failed"))
    assert judgement.outcome is Outcome.FAIL
    assert told(judgement)[0][1].startswith("failed: ")


@pytest.mark.parametrize(("source", "target", "installation", "severity"), RULES)
def test_the_severity_follows_from_the_hop(source, target, installation, severity):
    """A database without TLS 1.2 weighs as much as the procedure says for this hop."""
    judgement = handshake(tls(("TLSv1",)), source=source, target=target, installation=installation)
    assert judgement.outcome is Outcome.FAIL
    assert judgement.weight is severity
    by_build = build("12.0.4100.1", source=source, target=target, installation=installation)
    assert by_build.outcome is Outcome.FAIL
    assert by_build.weight is severity


def test_the_strictest_manager_decides():
    """Of two managers on one database the one that asks for more sets the severity."""
    estate = environment(DSM, SECOND_MANAGER, deep_security="12.0.0-300")
    managers = {"dsm": manager(version="9.6.4000"), "dsm-b": manager(version="10.0.3000")}
    for both in (managers, dict(reversed(managers.items()))):
        judgement = handshake(tls(("TLSv1",)), environment=estate, all_dsm_manager=both)
        assert judgement.weight is Severity.WARNING


def test_a_database_of_no_manager_is_not_judged():
    """The rules are about managers: a database that none of them uses has none."""
    estate = environment(DSM, UNUSED, deep_security=TARGET)
    other = {"database": estate.database[1], "environment": estate}
    judgement = handshake(tls(("TLSv1",)), **other)
    assert judgement.outcome is Outcome.NOT_APPLICABLE
    assert judgement.reason == "no manager of the environment uses other-db"


def test_a_build_of_another_product_is_not_judged():
    """SQL Server's table says nothing of PostgreSQL."""
    judgement = build("", text=DSM.replace("sqlserver", "postgresql"))
    assert judgement.outcome is Outcome.NOT_APPLICABLE
    assert "dsm-db" in judgement.reason


@pytest.mark.parametrize("outcome", ["untried", "failed"])
def test_no_word_from_the_server_is_undetermined(outcome):
    """Where not one handshake was taken or refused, nobody knows what the server can do."""
    judgement = handshake(tls((), otherwise=outcome))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.reason == f"sql1.example.jp:1433: TLSv1.2 {outcome}"


def test_a_version_that_this_machine_cannot_offer_is_undetermined():
    """TLS 1.2 untried is no refusal, even where another version was accepted."""
    judgement = handshake(tls(("TLSv1.3",), otherwise="untried"))
    assert judgement.outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize("product", ["postgresql", "oracle", "sqlserver"])
@pytest.mark.parametrize("outcome", ["refused", "failed"])
def test_a_server_of_tls_13_alone_is_undetermined(product, outcome):
    """No text says whether the manager speaks TLS 1.3: such a server is neither good nor bad."""
    estate = environment(DSM.replace("sqlserver", product), deep_security=TARGET)
    at = {"database": estate.database[0], "environment": estate}
    judgement = handshake(tls(("TLSv1.3",), outcome), **at)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "takes TLSv1.3 alone" in judgement.reason
    assert handshake(tls(("TLSv1.2", "TLSv1.3"), outcome), **at).outcome is Outcome.PASS
    assert handshake(tls(("TLSv1.1", "TLSv1.3"), outcome), **at).blocks


def test_no_attempt_with_tls_12_is_no_pass():
    """Handshakes among which TLS 1.2 is missing say nothing of it."""
    some = tls(("TLSv1", "TLSv1.1", "TLSv1.2"))
    without = replace(some, attempts=tuple(a for a in some.attempts if a.version != "TLSv1.2"))
    assert handshake(without).outcome is Outcome.UNDETERMINED


def test_an_unread_manager_is_undetermined():
    """Without today's version no rule can be chosen, not even where the handshake is good."""
    unread = {"dsm": Unread("dsm: the login was refused")}
    judgement = handshake(tls(), all_dsm_manager=unread)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.reason == "dsm: the login was refused"


def test_a_new_installation_has_no_manager_to_ask():
    """Where a manager is installed anew nobody can be asked for a version: the rule needs none."""
    unread = {"dsm": Unread("dsm: nothing listens")}
    facts = {"all_dsm_manager": unread, "installation": "new"}
    assert handshake(tls(), **facts).outcome is Outcome.PASS
    assert handshake(tls(("TLSv1",)), **facts).blocks
    assert handshake(tls(("TLSv1",)), target="11.0.0-510", **facts).weight is Severity.WARNING
    assert build("12.0.4100.1", **facts).blocks


def test_an_environment_without_target_is_undetermined():
    """Which rule counts follows from the target version; without it nobody can say."""
    judgement = handshake(tls(), environment=environment(DSM))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "upgrade.deep_security" in judgement.reason


@pytest.mark.parametrize("row", ALL_ROWS, ids=lambda row: row.line)
def test_both_ends_of_each_interval(row):
    """The first build of a row and the last one before its end are judged as the row says."""
    above = [int(part) for part in row.below.split(".")]
    last = [*above[:3], above[3] - 1] if above[3] else [*above[:2], above[2] - 1, 999_999]
    if last[2] < 0:
        last = [above[0], above[1] - 1, 999_999, 999_999]
    wanted = {True: Outcome.PASS, False: Outcome.FAIL, None: Outcome.UNDETERMINED}[row.supported]
    if row.crashes:
        wanted = Outcome.FAIL
    for version in (row.first, ".".join(map(str, last))):
        judgement = build(version)
        assert judgement.outcome is wanted, version
        if wanted is not Outcome.UNDETERMINED:
            assert judgement.examined == 1
            assert row.citation in judgement.rests_on, version


@pytest.mark.parametrize(
    ("version", "outcome"),
    [
        ("12.0.4219.0", Outcome.PASS),  # 2014 SP1, the security update that brought it
        ("12.0.4415.999", Outcome.PASS),
        ("12.0.4416.0", Outcome.FAIL),  # its first cumulative update is higher and lacks it
        ("12.0.4439.0", Outcome.FAIL),
        ("12.0.4439.1", Outcome.PASS),
        ("11.0.5352.0", Outcome.PASS),
        ("11.0.5388.0", Outcome.PASS),  # a later security update of the same branch
        ("11.0.5521.999", Outcome.PASS),
        ("11.0.5522.0", Outcome.FAIL),  # a hotfix of 2014-06-20, before there was TLS 1.2
        ("11.0.5531.999", Outcome.FAIL),
        ("11.0.5532.0", Outcome.FAIL),
        ("11.0.5644.2", Outcome.PASS),
        ("12.0.4049.999", Outcome.PASS),
        ("12.0.4050.0", Outcome.FAIL),  # the first SP1, of 2015-04-15, which was withdrawn
        ("12.0.4100.0", Outcome.FAIL),
        ("12.0.4100.1", Outcome.FAIL),  # the second
        ("12.0.4438.0", Outcome.FAIL),
        ("11.0.6020.0", Outcome.FAIL),  # a service pack that starts again without it
        ("11.0.6216.27", Outcome.PASS),
        ("10.50.6542.0", Outcome.PASS),
        ("10.50.6541.9", Outcome.FAIL),
        ("13.0.5026.0", Outcome.PASS),
    ],
)
def test_branches_interleave(version, outcome):
    """A higher build may lack what a lower one has."""
    assert build(version).outcome is outcome


@pytest.mark.parametrize(
    ("version", "outcome"),
    [
        # Good from a revision on: 12.0.4439.1, 11.0.5644.2, 11.0.6216.27.
        ("12.0.4439.0", Outcome.UNDETERMINED),
        ("12.0.4439.1", Outcome.UNDETERMINED),
        ("12.0.4439.999", Outcome.UNDETERMINED),
        ("11.0.5644.0", Outcome.UNDETERMINED),
        ("11.0.6216.0", Outcome.UNDETERMINED),
        # Their neighbours are the same whatever their revision is.
        ("12.0.4438.999", Outcome.FAIL),
        ("12.0.4100.0", Outcome.FAIL),  # in two rows, which say the same
        ("12.0.4440.0", Outcome.PASS),
        ("12.0.4422.0", Outcome.FAIL),
        ("12.0.4415.0", Outcome.PASS),
        ("12.0.4416.0", Outcome.FAIL),
        ("13.0.5026.0", Outcome.PASS),
        ("17.0.1000.0", Outcome.UNDETERMINED),
        ("", Outcome.UNDETERMINED),
    ],
)
def test_a_build_told_before_the_login(version, outcome):
    """Its revision may be rounded: where the verdict would turn on it, nobody can say."""
    assert before_login(version).outcome is outcome


def test_a_rounded_build_is_told_with_the_reason():
    """The reason names the build, and why the exact one was not read."""
    judgement = before_login("12.0.4439.0")
    assert judgement.reason.endswith("may round its build 12.0.4439.0: dsm-db: login refused")


@pytest.mark.parametrize(
    ("told_before", "logged_in", "outcome"),
    [
        ("12.0.4439.0", "12.0.4439.1", Outcome.PASS),
        ("12.0.4439.0", "12.0.4439.0", Outcome.FAIL),
        ("11.0.6216.0", "11.0.6216.27", Outcome.PASS),
        ("13.0.5026.0", "12.0.4100.1", Outcome.FAIL),
        ("", "12.0.4439.1", Outcome.PASS),
        ("13.0.5026.0", "", Outcome.UNDETERMINED),
    ],
)
def test_the_build_after_the_login_counts(told_before, logged_in, outcome):
    """Where the login succeeded, its answer is exact and the one before it is not asked."""
    logged = {"dsm-db": server(version=logged_in)}
    assert build(told_before, all_database_server=logged).outcome is outcome


def test_the_build_is_that_of_the_database_itself():
    """Another database's login says nothing of this one."""
    both = {"other-db": server(version="12.0.4439.1"), "dsm-db": server(version="12.0.4439.0")}
    for order in (both, dict(reversed(both.items()))):
        assert build("12.0.4439.0", all_database_server=order).outcome is Outcome.FAIL


def test_a_build_without_tls_12_fails():
    """The finding names the build, and the row that says so."""
    judgement = build("12.0.4100.1")
    assert told(judgement) == [
        (
            "sql1.example.jp:1433",
            "build 12.0.4100.1 (2014 SP1)",
            "a build with TLS 1.2: 12.0.4219.0 (2014 SP1, first GDR with TLS 1.2) is one",
        ),
    ]
    assert judgement.findings[0].source.table == "sqlserver_tls12"
    assert judgement.blocks


MENDED = "10.50.6542.0 (2008 R2 SP3, second update with TLS 1.2)"


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("12.0.4422.0", "a build with TLS 1.2: 12.0.4439.1 (2014 SP1 CU5) is one"),
        (
            "11.0.6020.0",
            "a build with TLS 1.2: 11.0.6216.27 (2012 SP3, first GDR with TLS 1.2) is one",
        ),
        ("10.50.6537.0", f"a build with TLS 1.2 that runs on: {MENDED} is one"),
        ("9.0.5000.0", "a build with TLS 1.2"),
    ],
)
def test_the_next_build_that_will_do_is_named(version, expected):
    """By its number and its name, in the line of the build; where a line has none, none."""
    assert told(build(version))[0][2] == expected


def test_builds_outside_the_table_are_undetermined():
    """A build that no row covers is neither good nor bad."""
    for version in ("8.0.2039.0", "10.1.0.0", "18.0.1000.7"):
        judgement = build(version)
        assert judgement.outcome is Outcome.UNDETERMINED
        assert version in judgement.reason


@pytest.mark.parametrize(
    "version",
    [
        "12.0.4422.0",  # 2014 SP1 CU, as the table says without it
        "11.0.5522.0",
        "12.0.4050.0",
        "10.0.5545.0",  # 2008 SP3, which has it on one processor
        "9.0.5000.0",
        "17.0.4045.5",  # 2025, of which no text says it
        "18.0.1000.7",  # of which there is no row
    ],
)
def test_a_handshake_outweighs_the_table(version):
    """What the server does counts for more than what a table says of its build; a note says so."""
    judgement = shaking_hands(version)
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 1
    (note,) = judgement.notes
    assert note.subject == "sql1.example.jp:1433"
    assert note.text.startswith("a TLS 1.2 handshake ")
    assert f"build {version}" in note.text
    assert [one.table for one in judgement.rests_on] == ["database_tls_rules"]
    assert build(version).outcome is not Outcome.PASS


def test_a_handshake_that_agrees_with_the_table_is_no_note():
    """Where the table says the same the pass rests on it."""
    judgement = shaking_hands("13.0.5026.0")
    assert judgement.outcome is Outcome.PASS
    assert judgement.notes == ()
    assert judgement.rests_on[0].table == "sqlserver_tls12"


@pytest.mark.parametrize(
    ("version", "outcome"),
    [
        ("10.0.6542.999", Outcome.PASS),
        ("10.0.6543.0", Outcome.FAIL),  # 2008 SP4, the first update with TLS 1.2
        ("10.0.6546.999", Outcome.FAIL),
        ("10.0.6547.0", Outcome.PASS),
        ("10.50.6536.999", Outcome.PASS),
        ("10.50.6537.0", Outcome.FAIL),  # 2008 R2 SP3
        ("10.50.6541.999", Outcome.FAIL),
        ("10.50.6542.0", Outcome.PASS),
    ],
)
def test_a_handshake_says_nothing_for_a_build_that_crashes(version, outcome):
    """A build whose service ends by itself accepts one while it runs: it stays a finding."""
    judgement = shaking_hands(version)
    assert judgement.outcome is outcome
    told_before = tls(server_version=version)
    assert before_login(version, database_tls=told_before).outcome is outcome
    if outcome is Outcome.FAIL:
        _, found, expected = told(judgement)[0]
        assert found.startswith(f"build {version}")
        assert found.endswith(", whose service ends by itself now and then")
        assert expected.startswith("a build with TLS 1.2 that runs on: 10.")
        assert judgement.findings[0].source.note.endswith("mends that")
        assert judgement.blocks


def test_which_builds_crash():
    """The rows that say so are those two, and both have TLS 1.2."""
    rows = [row for row in ALL_ROWS if row.crashes]
    assert [(row.first, row.below) for row in rows] == [
        ("10.0.6543.0", "10.0.6547.0"),
        ("10.50.6537.0", "10.50.6542.0"),
    ]
    assert all(row.supported for row in rows)


@pytest.mark.parametrize("version", ["12.0.4439.0", "11.0.5644.0", "11.0.6216.0"])
def test_a_handshake_before_a_login(version):
    """With a handshake accepted it does not matter how the server rounds its build."""
    accepted = tls(server_version=version)
    assert before_login(version, database_tls=accepted).outcome is Outcome.PASS


@pytest.mark.parametrize("outcome", ["failed", "untried", "refused"])
def test_what_is_no_handshake_outweighs_nothing(outcome):
    """Neither a broken handshake nor one that was not tried, nor one with another version."""
    found = tls(("TLSv1", "TLSv1.1", "TLSv1.3"), outcome, server_version="12.0.4422.0")
    assert build("12.0.4422.0", database_tls=found).blocks


@pytest.mark.parametrize("edition", [5, 6, 8, 9, 11, 12])
@pytest.mark.parametrize("version", ["12.0.2000.8", "16.0.1000.6", "10.0.6543.0"])
def test_the_version_of_a_service_is_no_build(edition, version):
    """Azure SQL's version is no build of SQL Server, whatever number it is: no row is about it."""
    of = {"dsm-db": instance(engine_edition=edition)}
    for judgement in (build, shaking_hands):
        found = judgement(version, all_database_instance=of)
        assert found.outcome is Outcome.NOT_APPLICABLE
        assert "DB-TLS-001" in found.reason
    assert (
        "Azure SQL Managed Instance"
        in build(version, all_database_instance={"dsm-db": instance(engine_edition=8)}).reason
    )


@pytest.mark.parametrize(
    ("edition", "outcome"),
    [
        (1, Outcome.FAIL),
        (2, Outcome.FAIL),
        (3, Outcome.FAIL),
        (4, Outcome.FAIL),
        (7, Outcome.UNDETERMINED),
        (99, Outcome.UNDETERMINED),
        (None, Outcome.UNDETERMINED),
    ],
)
def test_which_engines_have_builds(edition, outcome):
    """The table is about SQL Server in every edition that one installs; of others nobody knows."""
    of = {"dsm-db": instance(engine_edition=edition), "other-db": instance(engine_edition=8)}
    assert build("12.0.2000.8", all_database_instance=of).outcome is outcome


def test_a_server_that_does_not_tell_its_build_is_undetermined():
    """No build is no good build."""
    judgement = build("")
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "sql1.example.jp:1433" in judgement.reason
