"""RB-DB-001 and RB-HUMAN-001: a backup that can be restored, and what only people know."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.errors import UsageError
from kanmon.facts.database.state import NotKept
from tests.databases_by_hand import WHERE, ago, attestation, backups, estate, full, instance, log
from tests.facts_by_hand import DSM, environment, moment, server
from tests.judging import judged, missed, told


def way_back(found, *texts, version="13.0.5026.0", **changes):
    """The check on a history of backups."""
    of = estate(*texts)
    return judged(
        "RB-DB-001",
        database=of.database[0],
        database_server=server(version=version),
        database_backups=found,
        all_database_instance={"dsm-db": instance(**changes)},
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
    record = NotKept("PostgreSQL keeps no history")
    assert way_back(record).outcome is Outcome.UNDETERMINED
    assert way_back(record, attestation("RB-DB-001")).outcome is Outcome.PASS


# RB-HUMAN-001

TOPICS = ("change approved", "vendor told", "restore rehearsed")


def people(*topics, on="2026-11-23"):
    """RB-HUMAN-001 with these topics attested on a day."""
    said = "".join(
        f'[[attestation]]\ncheck = "RB-HUMAN-001"\ntopic = "{topic}"\nsays = "done"\n'
        f'by = "Taro Yamada"\non = {on}\n'
        for topic in topics
    )
    return judged("RB-HUMAN-001", environment=environment(DSM, said), moment=moment())


def test_what_a_person_answers_for_is_told():
    """With each topic attested the claim holds, and the report names who said so."""
    judgement = people(*TOPICS)
    assert judgement.outcome is Outcome.PASS
    assert [note.subject for note in judgement.notes] == [*TOPICS]
    assert all("Taro Yamada" in note.text for note in judgement.notes)


@pytest.mark.parametrize("missing", TOPICS)
def test_each_topic_is_asked_for(missing):
    """One that nobody answers for is a warning by itself; another topic is no answer."""
    judgement = people(*(topic for topic in TOPICS if topic != missing))
    found = (missing, "nobody answers for it", "a named person, with the day")
    assert told(judgement) == [found]
    assert judgement.weight is Severity.WARNING


@pytest.mark.parametrize(
    ("on", "outcome"), [("2026-10-24", Outcome.PASS), ("2026-10-23", Outcome.FAIL)]
)
def test_a_word_that_is_too_old(on, outcome):
    """What was said more than 30 days ago is not said of this change."""
    assert people(*TOPICS, on=on).outcome is outcome


@pytest.mark.parametrize(("check", "topic"), [("RB-HUMAN-001", None), ("RB-DB-001", "vendor told")])
def test_a_topic_is_of_this_check_alone(check, topic):
    """An attestation that would answer nothing is refused, and so is a topic nobody asks for."""
    about = f'topic = "{topic}"\n' if topic else ""
    text = f'[[attestation]]\ncheck = "{check}"\n{about}says = "x"\nby = "x"\non = 2026-11-23\n'
    with pytest.raises(UsageError, match="topic belongs to RB-HUMAN-001"):
        environment(DSM, text)


def test_an_unknown_topic_is_refused():
    """A typo in a topic is an error that lists the topics."""
    with pytest.raises(UsageError, match="vendor told"):
        people("board agreed")
