"""DB-BKP-001 and DB-SPACE-001: the backup, and the room for the upgrade."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.common import NotKept
from tests.databases_by_hand import (
    WHERE,
    ago,
    backups,
    estate,
    file,
    full,
    log,
    log_file,
    storage,
    volume,
)
from tests.facts_by_hand import DSM, GIB, NOW, environment, moment
from tests.judging import answered, judged, missed, told

SECOND = timedelta(seconds=1)
NOT_KEPT = NotKept("PostgreSQL keeps no history of backups", ("archive_mode is on",))
ASKED = "and attest what you find in [[attestation]]"


def backup(found, *texts, **changes):
    """DB-BKP-001 on a history."""
    of = estate(*texts)
    facts = {"database": of.database[0], "environment": of, "moment": moment()}
    return judged("DB-BKP-001", database_backups=found, **{**facts, **changes})


def why(*history, **changes):
    """The one finding on a history."""
    judgement = backup(backups(*history, **changes))
    assert judgement.outcome is Outcome.FAIL
    assert judgement.blocks
    ((subject, found, expected),) = told(judgement)
    assert subject == WHERE
    assert expected == "one since 2026-11-22 09:00 UTC that can be restored up to now"
    return found


def test_a_fresh_backup_with_its_logs_passes():
    """A full backup of today with a log backup after it passes, and the report names it."""
    judgement = backup(backups())
    assert judgement.outcome is Outcome.PASS
    (note,) = judgement.notes
    assert note.text == "full backup of 2026-11-23 03:00 UTC on \\\\backup\\dsm.bak"


@pytest.mark.parametrize(
    ("hours", "outcome"), [(24, Outcome.PASS), (24 + 1 / 3600, Outcome.FAIL), (30, Outcome.FAIL)]
)
def test_the_age_of_a_backup(hours, outcome):
    """As old as the operator allows is allowed; a second more is not."""
    judgement = backup(backups(full(finished=ago(hours=hours)), log(950, 1200)))
    assert judgement.outcome is outcome


def test_the_operators_tolerance_counts():
    """With two days allowed, yesterday's backup is fresh enough."""
    old = backups(full(finished=ago(hours=30)), log(950, 1200))
    assert backup(old, "[tolerances]\nbackup_hours = 48\n").outcome is Outcome.PASS


def test_a_copy_only_backup_is_a_full_backup():
    """A copy-only backup is restored like any other, and log backups follow it."""
    judgement = backup(backups(full(copy_only=True), log(950, 1200)))
    assert judgement.outcome is Outcome.PASS
    assert judgement.notes[0].text.startswith("copy-only full backup")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"damaged": True}, "marked as damaged"),
        ({"checksums": False}, "no checksums"),
        ({"device": "NUL"}, "nothing was kept"),
        ({"device": "nul:"}, "nothing was kept"),
        ({"device": "/dev/null"}, "nothing was kept"),
        ({"finished": NOW + 2 * timedelta(minutes=1)}, "in the future"),
        ({"finished": ago(days=3)}, "older than 2026-11-22 09:00 UTC"),
    ],
)
def test_a_backup_that_is_no_way_back(changes, says):
    """Damaged, without checksums, written to nowhere, old or of the future: named with its time."""
    found = why(full(**changes), log(950, 1200))
    assert says in found
    assert found.startswith("full backup of 2026-11-2")


def test_clocks_may_differ_a_little():
    """A backup that finished within the tolerance of clocks from now is no backup of the future."""
    near = full(finished=NOW + timedelta(seconds=60))
    assert backup(backups(near, log(950, 1200))).outcome is Outcome.PASS
    assert backup(backups(replace(near, finished=near.finished + SECOND), log(950, 1200))).findings


def test_a_backup_of_an_earlier_database_of_that_name():
    """What was backed up before the database was created or restored is of another database."""
    assert "created or restored after it" in why(created=ago(hours=2))
    assert backup(backups(created=ago(hours=6))).outcome is Outcome.PASS


def test_an_older_good_backup_counts_where_the_newest_is_bad():
    """The newest good one of the allowed age is the way back, whatever came after it."""
    older = full(finished=ago(hours=12), first_lsn=400, last_lsn=500)
    history = (older, full(damaged=True), log(450, 1200))
    assert backup(backups(*history)).outcome is Outcome.PASS


@pytest.mark.parametrize("kind", ["I", "F", "G", "P", "Q", "X"])
def test_only_a_full_backup_is_one(kind):
    """A differential, file or partial backup, or a letter that nobody knows, is no full backup."""
    assert why(full(kind=kind), log(950, 1200)) == "no full backup since 2026-10-19 09:00 UTC"


def test_no_backup_at_all():
    """An empty history is a finding, not nothing to examine."""
    empty = replace(backups(), history=())
    assert backup(empty).outcome is Outcome.FAIL


def test_a_history_that_is_shorter_than_the_tolerance():
    """Where more is allowed than was read back, nobody can say."""
    judgement = backup(backups(since=ago(days=4)), "[tolerances]\nbackup_hours = 100\n")
    assert judgement.outcome is Outcome.UNDETERMINED


CHAINS = [
    # A log backup that began before the full backup and reaches beyond it.
    ((full(), log(100, 1200)), None),
    ((full(), log(1000, 1200)), None),  # where the full one ends
    ((full(), log(1001, 1200)), "log is missing between it"),
    ((full(), log(950, 1100, 4), log(1100, 1200)), None),
    ((full(), log(950, 1100, 4), log(1101, 1200)), "log is missing between it"),
    ((full(), log(1100, 1200), log(950, 1100, 4)), None),  # in whatever order they are listed
    ((full(),), "no log backup has followed it"),
    ((full(), log(800, 900, 8)), "no log backup has followed it"),
    ((full(), log(800, 1000, 1)), "no log backup has followed it"),
    # A damaged one is none: what follows it cannot be restored.
    ((full(), log(950, 1100, 4, damaged=True), log(1100, 1200)), "log is missing"),
    ((full(), log(950, 1100, 4, device="NUL"), log(1100, 1200)), "log is missing"),
    ((full(), log(950, 1100, 4), log(1100, 1200, damaged=True)), None),
    # A copy-only log backup repeats what the next one holds.
    ((full(), log(950, 1100, 4, copy_only=True), log(950, 1200)), None),
    ((full(), log(950, 1100, copy_only=True)), "no log backup has followed it"),
]


@pytest.mark.parametrize(("history", "says"), CHAINS)
@pytest.mark.parametrize("model", ["FULL", "BULK_LOGGED"])
def test_the_chain_of_log_backups(history, says, model):
    """Log backups lead from the full backup to today by their numbers, without a gap."""
    if says is None:
        assert backup(backups(*history, recovery_model=model)).outcome is Outcome.PASS
    else:
        assert says in why(*history, recovery_model=model)


def test_a_last_log_backup_that_is_old():
    """Log backups that stopped longer ago than is allowed lead to no today."""
    allowed = "[tolerances]\nbackup_hours = 48\n"
    history = backups(full(finished=ago(hours=60)), log(950, 1200, hours=50))
    (finding,) = backup(history, allowed).findings
    assert "the last log backup after it is of 2026-11-21 07:00 UTC" in finding.found
    fresh = backups(full(finished=ago(hours=40)), log(950, 1200, hours=48))
    assert backup(fresh, allowed).outcome is Outcome.PASS


def test_a_log_that_has_nothing_to_continue_from():
    """In FULL without a start of the chain the database behaves as in SIMPLE: log is lost."""
    assert "nothing to continue from" in why(log_chain=False)


def test_in_simple_no_log_backups_are_needed():
    """The recovery model SIMPLE has no log backups; any other word has."""
    assert backup(backups(full(), recovery_model="SIMPLE", log_chain=False)).findings == ()
    assert why(full(), recovery_model="NEWEST")


def test_an_availability_group_may_be_backed_up_elsewhere():
    """Another replica's history is not read: nobody can say, unless a person does."""
    judgement = backup(backups(full(kind="I"), elsewhere=True))
    reason = (
        "no full backup since 2026-10-19 09:00 UTC; backups of an availability group may be taken "
        f"on another replica, whose history is not read: look there, {ASKED}"
    )
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [(WHERE, reason)]
    assert answered("DB-BKP-001", judgement, "dsm-db").outcome is Outcome.ATTESTED
    assert backup(backups(elsewhere=True)).outcome is Outcome.PASS


def test_a_persons_word_is_not_asked_where_the_server_tells():
    """Nobody's word outweighs a history that says otherwise."""
    judgement = backup(backups(full(damaged=True)))
    assert judgement.blocks
    assert answered("DB-BKP-001", judgement, "dsm-db") == judgement


def test_a_product_without_history_needs_a_persons_word():
    """Undetermined without one; what the product does tell stands beside it."""
    judgement = backup(NOT_KEPT)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [(WHERE, f"PostgreSQL keeps no history of backups, {ASKED}")]
    attested = answered("DB-BKP-001", judgement, "dsm-db")
    assert attested.outcome is Outcome.ATTESTED
    assert [note.text for note in attested.notes] == ["archive_mode is on"]


def space(found, *texts, **changes):
    """DB-SPACE-001 on what a database occupies."""
    of = estate(*texts)
    facts = {"database": of.database[0], "environment": of}
    return judged("DB-SPACE-001", database_storage=found, **{**facts, **changes})


def test_room_enough_passes():
    """Twice data and log are free: 15 GiB of data and 4 of log ask for 38 GiB."""
    judgement = space(storage())
    assert judgement.outcome is Outcome.PASS
    assert [note.text for note in judgement.notes] == ["200.0 GiB free", "40.0 GiB free"]
    assert judgement.rests_on[0].table == "database_upgrade_space"


def one_volume(free, *, data=20, logged=4, used=20):
    """Data and log on one volume."""
    shared = volume(free=free)
    return storage(file(size=data, volume=shared), log_file(logged, volume=shared), used=used)


@pytest.mark.parametrize(("free", "outcome"), [(48, Outcome.PASS), (47.9, Outcome.FAIL)])
def test_twice_data_and_log_on_one_volume(free, outcome):
    """The formula's example: 2 x (20 + 4) GiB must be free where both lie on one volume."""
    assert space(one_volume(free)).outcome is outcome


def test_what_is_short_is_told_with_figures():
    """The finding says how much can grow, and how the expected figure comes about."""
    judgement = space(one_volume(45))
    assert judgement.blocks
    assert told(judgement) == [
        (f"data and log of {WHERE}", "room for 45.0 GiB", "48.0 GiB: 2 x 24.0 GiB")
    ]


@pytest.mark.parametrize(
    ("data", "logged", "short"),
    [
        (40, 8, []),
        (39.9, 200, ["data"]),
        (200, 7.9, ["log"]),
        (39, 7, ["data", "log", "data and log"]),
    ],
)
def test_data_and_log_each_need_their_own(data, logged, short):
    """Room on the volume of the other files does not help: each kind has its own need."""
    files = (file(volume=volume(free=data)), log_file(volume=volume("L:\\", logged)))
    judgement = space(storage(*files, used=20))
    assert [finding.subject for finding in judgement.findings] == [
        f"{one} of {WHERE}" for one in short
    ]


def test_room_inside_the_files_counts():
    """A file that was made large beforehand holds its own room: 100 GiB with 15 in use."""
    assert space(storage(file(size=100, volume=volume(free=0)), log_file())).outcome is Outcome.PASS


def test_several_files_share_a_volume_once():
    """Two data files on one volume do not have its free space twice."""
    shared = volume(free=30)
    files = (file(size=10, volume=shared), file("dsm_2", 10, volume=shared), log_file())
    assert [f.subject for f in space(storage(*files, used=20)).findings] == [f"data of {WHERE}"]
    more = (file(size=10, volume=shared), file("dsm_2", 10, volume=volume("E:\\", 10)), log_file())
    assert space(storage(*more, used=20)).outcome is Outcome.PASS


@pytest.mark.parametrize(("limit", "outcome"), [(60, Outcome.PASS), (59.9, Outcome.FAIL)])
def test_a_limit_below_what_is_needed(limit, outcome):
    """A file that must not grow enough is short, however much is free on its volume."""
    capped = file(limit=int(limit * GIB))
    assert space(storage(capped, log_file(), used=20)).outcome is outcome


def test_a_file_that_does_not_grow():
    """Growth switched off is a limit at today's size."""
    fixed = file(limit=20 * GIB)
    judgement = space(storage(fixed, log_file(), used=20))
    assert told(judgement)[0][1] == "room for 0.0 GiB"


def test_without_the_data_in_use_files_count_as_full():
    """Where that suffices it passes; where it does not, nobody can say."""
    unknown = Unread("CREATE USER is missing")
    assert space(replace(storage(), used=unknown)).outcome is Outcome.PASS
    judgement = space(replace(one_volume(10), used=unknown))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "CREATE USER is missing" in missed(judgement)[0][1]


def test_a_volume_that_nobody_saw_is_undetermined():
    """Free space that the server does not tell is never taken for enough, nor left out."""
    lost = file(volume=Unread("VIEW SERVER STATE is missing"))
    judgement = space(storage(lost, log_file()))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [(f"dsm of {WHERE}", "VIEW SERVER STATE is missing")]


def test_hidden_files_are_undetermined():
    """Files that the server hides are no small database."""
    judgement = space(replace(storage(), files=Unread("VIEW ANY DEFINITION is missing")))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "VIEW ANY DEFINITION" in judgement.reason


def test_space_that_the_product_does_not_tell():
    """PostgreSQL knows its size and not its volumes: a person's word, with the size beside it."""
    found = replace(storage(), files=NotKept("look with df", ("the database holds 15.0 GiB",)))
    judgement = space(found)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [(WHERE, f"look with df, {ASKED}")]
    attested = answered("DB-SPACE-001", judgement, "dsm-db")
    assert attested.outcome is Outcome.ATTESTED
    assert [note.text for note in attested.notes] == ["the database holds 15.0 GiB"]


def test_space_without_a_target():
    """Without a target no row can be chosen."""
    judgement = space(storage(), environment=environment(DSM))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.severity is Severity.BLOCKER
