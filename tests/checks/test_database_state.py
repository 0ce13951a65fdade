"""DB-TLS-003, DB-VER-001 and DB-STATE-001: what the database is, and how it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kanmon.check import Outcome, Severity
from kanmon.errors import Denied
from kanmon.facts import Unread
from kanmon.facts.common import NotKept
from kanmon.facts.database.state import Connection
from tests.databases_by_hand import (
    TARGET,
    WHERE,
    ago,
    estate,
    health,
    instance,
    primary,
    replica,
)
from tests.facts_by_hand import DSM, NOW, certificate, environment, moment, server, tls
from tests.judging import answered, judged, missed, told

LIVE = (Connection("dsm", "manager", "dsm-1", encrypted=True),)


def old_tls(found, certificates=(), connections=LIVE):
    """DB-TLS-003 on handshakes, certificates and live sessions."""
    return judged(
        "DB-TLS-003",
        database=estate().database[0],
        database_tls=found,
        database_certificates=certificates or (certificate(endpoint="sql1.example.jp:1433"),),
        all_database_connections={"dsm-db": connections},
    )


def notes(judgement):
    """The texts of the notes."""
    return [note.text for note in judgement.notes]


def test_old_versions_and_certificates_are_listed():
    """What is still offered is advice and no more; until when the certificate lasts is listed."""
    judgement = old_tls(tls(("TLSv1", "TLSv1.1", "TLSv1.2")))
    assert told(judgement) == [
        ("TLSv1 at sql1.example.jp:1433", "still offered", "TLS 1.2 or newer alone"),
        ("TLSv1.1 at sql1.example.jp:1433", "still offered", "TLS 1.2 or newer alone"),
    ]
    assert judgement.weight is Severity.ADVICE
    assert notes(judgement) == [
        "certificate CN=vc-main.example.jp of CN=Example CA ends 2027-12-05 21:00 UTC",
        "1 of 1 live sessions in the database are encrypted",
    ]


def test_a_server_of_new_versions_only():
    """Where nothing old is offered the claim holds."""
    assert old_tls(tls(("TLSv1.2",))).outcome is Outcome.PASS


@pytest.mark.parametrize("outcome", ["failed", "untried"])
def test_a_version_of_which_the_server_said_nothing(outcome):
    """A handshake that broke, or that this machine cannot offer, is not listed as absent."""
    judgement = old_tls(tls(("TLSv1.2",), otherwise=outcome))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert [subject for subject, _ in missed(judgement)] == [
        "TLSv1 at sql1.example.jp:1433",
        "TLSv1.1 at sql1.example.jp:1433",
    ]


def test_a_version_that_was_not_tried():
    """Attempts among which an old version is missing say nothing of it."""
    some = tls(("TLSv1.2",))
    without = replace(some, attempts=some.attempts[1:])
    assert missed(old_tls(without)) == [("TLSv1 at sql1.example.jp:1433", "it was not tried")]


@pytest.mark.parametrize("lost", [Unread("the login failed"), NotKept("not asked")])
def test_unknown_live_sessions_are_told_as_unknown(lost):
    """Where live sessions were not seen the note says why, and nothing of their encryption."""
    text = notes(old_tls(tls(), connections=lost))[-1]
    assert text.startswith("whether live sessions are encrypted is not known")
    assert (lost.reason if isinstance(lost, Unread) else lost.untold) in text


def test_clear_text_sessions_are_counted():
    """Sessions in clear text, and none at all, are told with their number."""
    clear = replace(LIVE[0], encrypted=False)
    assert notes(old_tls(tls(), connections=(*LIVE, clear)))[-1].startswith("1 of 2 live sessions")
    assert notes(old_tls(tls(), connections=()))[-1].startswith("0 of 0 live sessions")


def version(found, target=TARGET, now=NOW, **changes):
    """DB-VER-001 on a server, for a target."""
    of = environment(DSM, deep_security=target) if target else environment(DSM)
    return judged(
        "DB-VER-001",
        database=of.database[0],
        database_server=found,
        database_instance=instance(**changes),
        environment=of,
        moment=moment(now=now),
    )


@pytest.mark.parametrize("build", ["13.0.5026.0", "15.0.4236.7", "11.0.7001.0", "16.0.1000.6"])
def test_a_release_that_the_target_takes(build):
    """A release with a row of its own passes, and the pass names the row."""
    judgement = version(server(version=build))
    assert judgement.outcome is Outcome.PASS
    assert judgement.rests_on[0].table == "databases"


def test_a_release_that_the_target_does_not_take():
    """SQL Server 2008 R2, by which its own vendor stands no more, blocks by a rule of our own."""
    judgement = version(server(version="10.50.6560.0"))
    assert told(judgement) == [
        (
            "sql1.example.jp:1433",
            "SQL Server 10.50.6560.0: not supported",
            "a database that 20.0.0-877 takes",
        )
    ]
    assert judgement.blocks
    assert judgement.findings[0].source.confidence == "engineering"


def test_an_express_edition_is_limited():
    """Whatever its release is, an express edition asks for a sign-off."""
    judgement = version(server(edition="Express Edition (64-bit)"), engine_edition=4)
    assert judgement.weight is Severity.WARNING
    assert "limited" in told(judgement)[0][1]
    documented = version(server(), target="12.0.0-300", engine_edition=4)
    assert documented.findings[0].source.confidence == "documented"
    assert documented.weight is Severity.WARNING


@pytest.mark.parametrize(
    ("changes", "engine"),
    [
        ({"version": "17.0.4045.5"}, 2),  # 2025
        ({"version": "8.0.2039.0"}, 2),
        ({"version": "12.0.2000.8"}, 8),  # a managed instance
        ({"version": "15.0.2000.5"}, 9),  # Azure SQL Edge
        ({}, 7),
        ({}, 99),
        ({"product": "postgresql", "version": "17.2"}, None),
        ({"product": "oracle", "version": "23.4.0.0.0"}, None),
    ],
)
def test_what_no_row_speaks_of_is_undetermined(changes, engine):
    """A release or an edition that no row knows is neither supported nor not."""
    judgement = version(server(**changes), engine_edition=engine)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "no table row" in judgement.reason


@pytest.mark.parametrize("number", ["12.0.2000.8", "10.50.6560.0", "17.0.1.2"])
def test_the_version_of_azure_sql_database_is_no_build(number):
    """Its own row counts, whatever SQL Server's rows say of a build of that number."""
    judgement = version(server(version=number, edition="SQL Azure"), engine_edition=5)
    assert judgement.outcome is Outcome.PASS
    assert judgement.rests_on[0].row.startswith("Azure SQL Database")


def test_a_managed_instance_has_its_name():
    """What no row speaks of is named as it is sold."""
    judgement = version(server(version="12.0.2000.8"), engine_edition=8)
    assert "Azure SQL Managed Instance 12.0.2000.8" in judgement.reason


@pytest.mark.parametrize(
    ("product", "number", "outcome"),
    [
        ("postgresql", "14.6", Outcome.PASS),
        ("postgresql", "15.18", Outcome.PASS),
        ("oracle", "19.3.0.0.0", Outcome.PASS),
        ("oracle", "11.2.0.4.0", Outcome.FAIL),
    ],
)
def test_other_products(product, number, outcome):
    """PostgreSQL and Oracle have rows of their own."""
    found = server(product=product, version=number, edition="")
    assert version(found, engine_edition=None).outcome is outcome


@pytest.mark.parametrize(
    "word", ["Developer", "Evaluation", "Enterprise Evaluation", "Standard Developer"]
)
def test_an_edition_that_is_not_for_production(word):
    """It works, and the board is told that it is not licensed for this."""
    judgement = version(server(edition=f"{word} Edition (64-bit)"), engine_edition=3)
    assert judgement.outcome is Outcome.PASS
    assert f"{word} Edition (64-bit): not licensed for production" in notes(judgement)


@pytest.mark.parametrize(
    ("found", "last"),
    [
        (server(version="13.0.5026.0"), datetime(2026, 7, 14, tzinfo=UTC)),
        (server(version="14.6", product="postgresql"), datetime(2026, 11, 12, tzinfo=UTC)),
        (server(version="19.3.0.0.0", product="oracle"), datetime(2029, 12, 31, tzinfo=UTC)),
    ],
)
def test_a_release_by_which_its_vendor_stands_no_more(found, last):
    """It is taken all the same: from the day after the board is told."""
    ended = f"support ended on {last:%Y-%m-%d}"
    before, after = version(found, now=last), version(found, now=last + timedelta(days=1))
    assert before.outcome is after.outcome is Outcome.PASS
    assert not any(ended in text for text in notes(before))
    assert any(ended in text for text in notes(after))


def test_without_a_target_nobody_can_say():
    """Without upgrade.deep_security no row can be chosen."""
    assert version(server(), target=None).outcome is Outcome.UNDETERMINED


def state(found=None, of=None, *texts, **changes):
    """DB-STATE-001 on a server and the health of its database."""
    whole = estate(*texts)
    return judged(
        "DB-STATE-001",
        database=whole.database[0],
        database_server=of or server(**changes),
        database_health=found or health(),
        environment=whole,
        moment=moment(),
    )


def test_a_healthy_database_passes():
    """Online, read-write, multi-user, checked, undamaged: it may be upgraded."""
    judgement = state()
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 1


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"state": "RECOVERY_PENDING"}, "RECOVERY_PENDING"),
        ({"state": "SUSPECT"}, "SUSPECT"),
        ({"state": ""}, ""),
        ({"user_access": "SINGLE_USER"}, "SINGLE_USER"),
        ({"user_access": "RESTRICTED_USER"}, "RESTRICTED_USER"),
        ({"read_only": True}, "read-only"),
    ],
)
def test_a_database_that_cannot_be_written_to(changes, found):
    """Any other state than the good one blocks, whatever the word is."""
    judgement = state(**changes)
    assert judgement.blocks
    assert told(judgement)[0][:2] == (WHERE, found)


def test_replicas_in_sync_pass():
    """A synchronous replica that is synchronized, and an asynchronous one that follows."""
    far = replica(server="SQL3", mode="ASYNCHRONOUS_COMMIT", state="SYNCHRONIZING")
    judgement = state(health(replicas=(primary(), replica(), far)))
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 4


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"state": "SYNCHRONIZING"}, "SYNCHRONIZING"),
        ({"state": "NOT SYNCHRONIZING", "health": "NOT_HEALTHY"}, "NOT SYNCHRONIZING, NOT_HEALTHY"),
        ({"connected": "DISCONNECTED"}, "DISCONNECTED"),
        ({"suspended": True}, "suspended"),
        ({"health": "PARTIALLY_HEALTHY"}, "PARTIALLY_HEALTHY"),
        ({"state": "BRAND NEW"}, "BRAND NEW"),
    ],
)
def test_a_replica_out_of_sync(changes, found):
    """A replica whose words are not the good ones blocks, by its name."""
    judgement = state(health(replicas=(primary(), replica(**changes))))
    assert judgement.blocks
    assert told(judgement)[0][:2] == ("replica SQL2 of ag-dsm", found)


@pytest.mark.parametrize(
    "changes",
    [
        {"state": None},
        {"health": None},
        {"connected": None},
        {"suspended": None},
        {"mode": None},
        {"mode": "CONFIGURATION_ONLY"},
    ],
)
def test_a_replica_of_which_the_server_does_not_tell(changes):
    """What is not told of a replica, and a mode that nobody knows, is undetermined."""
    judgement = state(health(replicas=(primary(), replica(**changes))))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement)[0][0] == "replica SQL2 of ag-dsm"


@pytest.mark.parametrize("role", ["SECONDARY", "RESOLVING", None])
def test_a_server_that_is_not_the_primary(role):
    """Managers write to the primary: another one is the wrong server to look at."""
    judgement = state(health(replicas=(primary(role=role), replica(state=None))))
    assert ("replica SQL1 of ag-dsm", f"role {role}") == told(judgement)[0][:2]


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, Outcome.PASS),
        ({"state": "catchup"}, Outcome.FAIL),
        ({"mode": "slot", "state": "inactive", "connected": "DISCONNECTED"}, Outcome.FAIL),
        ({"mode": "slot", "state": "lost", "connected": "DISCONNECTED"}, Outcome.FAIL),
        ({"mode": "slot", "state": "lost (idle_timeout)"}, Outcome.FAIL),
        ({"mode": "new"}, Outcome.UNDETERMINED),
    ],
)
def test_standbys_of_postgresql(changes, outcome):
    """A standby streams, whatever its mode; another state or an unknown mode is no pass."""
    standby = replica(group="streaming", mode="async", state="streaming", health=None)
    found = health(replicas=(replace(standby, **changes),))
    assert state(found).outcome is outcome


@pytest.mark.parametrize(
    ("role", "weight"), [("standby", Severity.BLOCKER), ("subscriber", Severity.WARNING)]
)
def test_only_a_copy_of_the_database_blocks(role, weight):
    """A subscriber that went away keeps the log, and is no copy that the upgrade would lose."""
    gone = replica(group="streaming", role=role, mode="slot", state="inactive", health=None)
    judgement = state(health(replicas=(replace(gone, connected="DISCONNECTED"),)))
    assert (judgement.outcome, judgement.weight) == (Outcome.FAIL, weight)


def test_a_running_base_backup_is_told():
    """It is no replica: the state passes, and the board is told that it runs."""
    judgement = state(health(base_backups=2))
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 1
    assert notes(judgement) == ["base backups that are running: 2"]
    for none in (0, Unread("hidden")):
        assert notes(state(health(base_backups=none))) == []


def test_unread_replicas_are_undetermined():
    """Replicas that the server hides are not none."""
    judgement = state(health(replicas=Unread("VIEW SERVER STATE is missing")))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [(WHERE, "VIEW SERVER STATE is missing")]


def test_damaged_pages_block():
    """Pages that nobody repaired are met by the upgrade."""
    assert told(state(health(damaged_pages=1)))[0][1].startswith("1 damaged pages")
    assert state(health(damaged_pages=1)).blocks
    assert state(health(damaged_pages=Unread("x"))).outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize(
    ("checked", "outcome"),
    [
        (ago(days=14), Outcome.PASS),
        (ago(days=14, seconds=1), Outcome.FAIL),
        (None, Outcome.FAIL),
        (Unread("x"), Outcome.UNDETERMINED),
        (NotKept("this build does not tell"), Outcome.UNDETERMINED),
    ],
)
def test_the_last_integrity_check(checked, outcome):
    """A check that is too old, or that never was, asks for a sign-off and does not block."""
    judgement = state(health(checked=checked))
    assert judgement.outcome is outcome
    if outcome is Outcome.FAIL:
        assert judgement.weight is Severity.WARNING


def test_the_operator_says_how_old_a_check_may_be():
    """With a month allowed, a check of three weeks ago is recent."""
    old = health(checked=ago(days=21))
    assert state(old, None, "[tolerances]\nintegrity_days = 30\n").outcome is Outcome.PASS


def test_a_persons_word_for_what_a_build_does_not_tell():
    """It stands for what the product keeps no record of, and for nothing that it does tell."""
    untold = health(checked=NotKept("a"), damaged_pages=NotKept("b"))
    judgement = state(untold)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [
        (WHERE, f"{one}, and attest it (DB-STATE-001)") for one in ("a", "b")
    ]
    assert answered("DB-STATE-001", judgement, "dsm-db").outcome is Outcome.ATTESTED
    assert answered("DB-STATE-001", state(health(damaged_pages=3)), "dsm-db").blocks
    assert answered("DB-STATE-001", state(untold, server(state="SUSPECT")), "dsm-db").blocks


def test_nobody_answers_for_what_the_account_may_not_see():
    """A right that is missing has to be given."""
    denied = Denied("read the health of the database", "permission denied").message
    judgement = state(health(checked=Unread(denied)))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert answered("DB-STATE-001", judgement, "dsm-db") == judgement


def test_oracle_is_by_a_persons_word():
    """Nothing of Oracle's state is asked: undetermined without a word, even if a field is read."""
    untold = Unread("not asked")
    oracle = server(product="oracle", state=untold, read_only=untold, user_access=untold)
    judgement = state(NotKept("not asked"), oracle)
    assert judgement.outcome is Outcome.UNDETERMINED
    reason = "not asked, and attest what you find in [[attestation]]"
    assert missed(judgement) == [(WHERE, reason)]
    assert answered("DB-STATE-001", judgement, "dsm-db").outcome is Outcome.ATTESTED
    assert state(health(), oracle).outcome is Outcome.UNDETERMINED
