"""RB-DB-001: a backup that today's server can restore."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome
from kanmon.facts.database_state import NotKept
from tests.databases_by_hand import WHERE, ago, attestation, backups, estate, full, log
from tests.facts_by_hand import moment, server
from tests.judging import judged, missed, told


def way_back(found, *texts, version="13.0.5026.0"):
    """The check on a history of backups."""
    of = estate(*texts)
    return judged(
        "RB-DB-001",
        database=of.database[0],
        database_server=server(version=version),
        database_backups=found,
        environment=of,
        moment=moment(),
    )


def test_a_backup_of_this_server_is_a_way_back():
    """A whole full backup of today's release passes; that nobody rehearsed it is told."""
    judgement = way_back(backups())
    assert judgement.outcome is Outcome.PASS
    assert [note.text for note in judgement.notes] == [
        "full backup of 2026-11-23 03:00 UTC on \\\\backup\\dsm.bak",
        "nobody attests that a restore was rehearsed (RB-DB-001)",
    ]


def test_a_rehearsed_restore_is_told():
    """The word of the person who restored it stands in the report."""
    judgement = way_back(backups(), attestation("RB-DB-001"))
    assert judgement.notes[1].text == "attested by Taro Yamada on 2026-11-23: restored on sql9"


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


def test_a_product_without_history():
    """Without a history a person's word is the only one."""
    record = NotKept("PostgreSQL keeps no history")
    assert way_back(record).outcome is Outcome.UNDETERMINED
    assert way_back(record, attestation("RB-DB-001")).outcome is Outcome.PASS
