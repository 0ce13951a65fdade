"""RB-DB-001 and RB-HUMAN-001: a backup that can be restored, and what only people know."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome
from kanmon.facts.common import NotKept
from tests.databases_by_hand import WHERE, ago, backups, estate, full, instance, log
from tests.facts_by_hand import DSM, environment, moment, server
from tests.judging import answered, judged, missed, told

CHANGE = """
[change]
number = "CHG1"
window = { start = 2026-12-05T22:00:00+09:00, end = 2026-12-06T06:00:00+09:00 }
"""
APPROVED = """
[change.approved]
run = "20261202Z"
by = "Hanako Sato"
ticket = "CHG1-B"
on = 2026-12-02
"""


def way_back(found, version="13.0.5026.0", **changes):
    """The check on a history of backups."""
    return judged(
        "RB-DB-001",
        database=estate().database[0],
        database_server=server(version=version),
        database_backups=found,
        all_database_instance={"dsm-db": instance(**changes)},
    )


def test_a_backup_of_this_server_is_a_way_back():
    """A whole full backup of today's release passes, and is told."""
    judgement = way_back(backups())
    assert judgement.outcome is Outcome.PASS
    assert [note.text for note in judgement.notes] == [
        "full backup of 2026-11-23 03:00 UTC on \\\\backup\\dsm.bak"
    ]


@pytest.mark.parametrize(
    ("taken", "now", "outcome"),
    [
        ("13.0.4001", "13.0.5026.0", Outcome.PASS),  # a service pack later
        ("12.0.6024", "13.0.5026.0", Outcome.FAIL),
        ("14.0.1000", "13.0.5026.0", Outcome.FAIL),
        ("10.0.6000", "10.50.6542.0", Outcome.FAIL),  # 2008 and 2008 R2
        ("10.50.6000", "10.50.6542.0", Outcome.PASS),
    ],
)
def test_the_release_of_the_server_that_took_it(taken, now, outcome):
    """A backup of another release is none of the database as it is today."""
    judgement = way_back(backups(full(version=taken)), version=now)
    assert judgement.outcome is outcome
    if outcome is Outcome.FAIL:
        ((subject, found, expected),) = told(judgement)
        assert subject == WHERE
        assert "taken by another version" in found
        assert expected.endswith(now.rpartition(".")[0].rpartition(".")[0])
        assert judgement.blocks


@pytest.mark.parametrize(
    "changes",
    [{"damaged": True}, {"device": "NUL"}, {"kind": "I"}, {"finished": ago(days=500)}],
)
def test_a_backup_that_cannot_be_restored_is_none(changes):
    """Damaged, written to nowhere, no full one, of an earlier database: there is no way back."""
    judgement = way_back(backups(full(**changes), log(950, 1200)))
    assert judgement.outcome is Outcome.FAIL
    assert "none that is whole" in told(judgement)[0][1]
    assert answered("RB-DB-001", judgement, "dsm-db") == judgement


def test_an_old_backup_is_still_a_way_back():
    """How old it may be is another check's claim."""
    assert way_back(backups(full(finished=ago(days=20)))).outcome is Outcome.PASS


def test_the_newest_backup_of_this_release_counts():
    """An older whole one counts where the newest is of no use."""
    assert way_back(backups(full(finished=ago(days=2)), full(damaged=True))).outcome is Outcome.PASS


def test_encrypted_files_ask_for_their_certificate():
    """A backup of encrypted files is nothing without the certificate: the report says so."""
    notes = [note.text for note in way_back(backups(encrypted=True)).notes]
    assert any("keep the certificate" in note for note in notes)


def test_backups_on_another_replica():
    """In an availability group another replica may have taken it: nobody can say."""
    judgement = way_back(backups(full(damaged=True), elsewhere=True))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "other replicas" in missed(judgement)[0][1]


@pytest.mark.parametrize("edition", [5, 8])
def test_a_version_that_is_no_build(edition):
    """Azure SQL's version is comparable with no backup's: neither another release nor the same."""
    taken = backups(full(version="16.0.4125"))
    judgement = way_back(taken, version="12.0.2000.8", engine_edition=edition)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "version of Azure SQL" in missed(judgement)[0][1]
    assert way_back(taken, version="12.0.2000.8", engine_edition=3).blocks
    none = backups(full(damaged=True))
    assert way_back(none, version="12.0.2000.8", engine_edition=edition).blocks


def test_a_product_without_history():
    """Without a history a person's word is the only one."""
    judgement = way_back(NotKept("PostgreSQL keeps no history"))
    assert judgement.outcome is Outcome.UNDETERMINED
    asked = "PostgreSQL keeps no history, and attest what you find in [[attestation]]"
    assert missed(judgement) == [(WHERE, asked)]
    assert answered("RB-DB-001", judgement, "dsm-db").outcome is Outcome.ATTESTED


def test_what_no_machine_can_see_is_asked_of_people():
    """Each topic is open for itself until a person answers for it."""
    judgement = asked_of_people(CHANGE + APPROVED)
    assert (judgement.outcome, judgement.examined) == (Outcome.UNDETERMINED, 3)
    assert missed(judgement) == [
        ("vendor told", "no machine can see it"),
        ("restore rehearsed", "no machine can see it"),
    ]
    assert [note.text for note in judgement.notes] == ["Hanako Sato approved 20261202Z, CHG1-B"]
    attested = answered("RB-HUMAN-001", judgement)
    assert attested.outcome is Outcome.ATTESTED
    assert len(attested.attested) == 2


@pytest.mark.parametrize("change", ["", CHANGE], ids=["no change", "not approved"])
def test_an_approval_is_written_and_not_attested(change):
    """Whoever names no run that the board approved stays INCOMPLETE: nobody answers for a board."""
    judgement = asked_of_people(change)
    (subject, reason) = missed(judgement)[-1]
    assert (subject, reason.partition(":")[0]) == ("change approved", "no run is approved")
    attested = answered("RB-HUMAN-001", judgement)
    assert (attested.outcome, len(attested.attested)) == (Outcome.UNDETERMINED, 2)


def test_a_simulated_estate_has_no_board():
    """Nobody decides on a lab."""
    judgement = asked_of_people("", simulated=True)
    assert (judgement.examined, len(missed(judgement))) == (2, 2)


def asked_of_people(change, **values):
    """RB-HUMAN-001 of an environment with this change."""
    return judged("RB-HUMAN-001", environment=environment(DSM, change), moment=moment(**values))
