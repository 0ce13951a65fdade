"""What the reader learns of a SQL Server's database, over TDS from the lab's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from kanmon.errors import CouldNotRead, NotAllowed
from kanmon.facts import PARTS, Unread
from kanmon.facts.common import NotKept
from kanmon.facts.database.state import Connection, File, Holder, Volume
from kanmon.judging.clocks import of_database
from kanmon.readers.database import reader as database
from kanmon.readers.database.sqlserver import statements
from lab.transport.pki import Pki
from tests.readers.sqlserver import PASSWORD, lab, session, target

GIB = 2**30
MINUTE = timedelta(minutes=1)
RIGHTS = ("VIEW SERVER STATE", "VIEW ANY DEFINITION", "msdb", "database")
STATE = ("instance", "clock", "storage", "backups", "health", "holders", "connections")


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


def read(pki, part, fault=None, changes=None, **values):
    """A part of the database of a SQL Server that differs from the usual one in the values."""
    with (
        lab(pki, fault, **values) as server,
        session(target(server, **(changes or {}))) as opened,
    ):
        return database.PARTS[part](opened)


def without(right):
    """All rights but one."""
    return tuple(one for one in RIGHTS if one != right)


def near(found, hours):
    """Whether a time is so many hours ago, whatever the server's time zone is."""
    return abs(datetime.now(UTC) - timedelta(hours=hours) - found) < MINUTE


def test_instance(pki):
    """Names and engine are the server's own; addresses are what its name resolves to here."""
    found = read(pki, "instance", machine="SQL9", instance="PROD", engine=3)
    assert (found.machine, found.instance, found.engine_edition) == ("SQL9", "PROD", 3)
    assert found.addresses == ("127.0.0.1",)
    assert read(pki, "instance", instance="").instance == ""


def test_a_server_without_a_machine(pki):
    """A service in a cloud may have none: the number of its engine is read all the same."""
    found = read(pki, "instance", machine=None, engine=8)
    assert (found.machine, found.engine_edition) == ("", 8)


@pytest.mark.parametrize("minutes", [540, 0, -210])
def test_clock(pki, minutes):
    """UTC and the distance of local time from it are told apart, west of Greenwich too."""
    found = read(pki, "clock", minutes=minutes, clock=120)
    assert found.offset_minutes == minutes
    span = of_database("db", found, 30).span
    assert span.low <= 120 <= span.high < span.low + 30
    assert found.zone == ""


def test_files(pki):
    """Sizes are bytes; a limit is the file's, its own size where it does not grow, or none."""
    files = [
        {"name": "dsm", "size": 20},
        {"name": "dsm_2", "size": 5, "limit": 8, "volume": "E:\\"},
        {"name": "dsm_3", "size": 6, "grows": False, "volume": "E:\\"},
        {"name": "dsm_log", "kind": "LOG", "size": 4, "limit": 2048},
    ]
    found = read(pki, "storage", files=files, free={"D:\\": 1.5, "E:\\": 2}, used=11)
    d, e = (
        Volume(mount, 500 * GIB, int(free * GIB)) for mount, free in (("D:\\", 1.5), ("E:\\", 2))
    )
    assert found.used == 11 * GIB
    assert found.files == (
        File("dsm", "D:\\data\\dsm", "ROWS", 20 * GIB, None, d),
        File("dsm_2", "E:\\data\\dsm_2", "ROWS", 5 * GIB, 8 * GIB, e),
        File("dsm_3", "E:\\data\\dsm_3", "ROWS", 6 * GIB, 6 * GIB, e),
        File("dsm_log", "D:\\data\\dsm_log", "LOG", 4 * GIB, 2048 * GIB, d),
    )


def test_a_volume_that_the_server_cannot_ask(pki):
    """A file on such a volume is not left out: its volume is unread, the other one's is not."""
    files = [{"name": "dsm", "size": 1}, {"name": "far", "size": 1, "volume": None}]
    near_by, far = read(pki, "storage", files=files).files
    assert isinstance(near_by.volume, Volume)
    assert isinstance(far.volume, Unread)


def test_backups(pki):
    """Each backup has its own time, marks, medium, log sequence numbers and server version."""
    backups = [
        {"kind": "D", "hours": 30, "time_zone": 0, "version": "12.0.6024.0"},
        {"kind": "I", "hours": 20, "checksums": False, "damaged": True},
        {"kind": "L", "hours": 2, "time_zone": 127, "copy_only": True, "snapshot": True},
    ]
    found = read(pki, "backups", backups=backups, minutes=540, recovery_model="BULK_LOGGED")
    assert [one.kind for one in found.history] == ["D", "I", "L"]
    full, differential, log = found.history
    # This one says that its server's clock was at UTC then: its local time stands nine hours ahead.
    assert near(full.finished, 30 - 9)
    assert near(differential.finished, 20)
    assert near(log.finished, 2)
    assert full.finished - full.started == timedelta(minutes=5)
    assert (full.version, log.version) == ("12.0.6024", "13.0.5026")
    assert (full.checksums, full.damaged, full.copy_only, full.snapshot) == (
        True,
        False,
        False,
        False,
    )
    assert (differential.checksums, differential.damaged) == (False, True)
    assert (log.copy_only, log.snapshot) == (True, True)
    assert full.first_lsn < full.last_lsn < log.last_lsn
    assert full.last_lsn > 2**64  # numeric(25,0) is more than any machine number
    assert full.device == "\\\\backup\\sql\\dsm.bak"
    assert (found.recovery_model, found.log_chain, found.elsewhere) == ("BULK_LOGGED", True, False)
    assert near(found.since, 35 * 24)
    assert near(found.created, 400 * 24)


def test_a_history_without_backups_is_empty(pki):
    """With the right to read msdb an empty history is one; the chain and the model are told."""
    found = read(pki, "backups", backups=[], log_chain=False, files_encrypted=True)
    assert (found.history, found.log_chain, found.encrypted) == ((), False, True)


def test_health(pki):
    """A database in no group has no replicas; checks and damage are the server's words."""
    found = read(pki, "health", checked_days=3, damaged_pages=2)
    assert (found.replicas, found.damaged_pages) == ((), 2)
    assert near(found.checked, 72)


def test_a_database_that_was_never_checked(pki):
    """1900-01-01 is the server's word for never, not a date."""
    assert read(pki, "health", checked_days=None).checked is None


def test_a_build_that_does_not_tell_its_checks(pki):
    """Before 2016 SP2 the property is NULL: the build keeps no record, and says since when."""
    found = read(pki, "health", version="12.0.6024.0", tells_checks=False).checked
    assert isinstance(found, NotKept)
    assert "2016 SP2" in found.untold


def test_replicas(pki):
    """Every replica of the group is read with its words, NULL as None."""
    replicas = [
        {"server": "SQL1", "local": True, "role": "PRIMARY"},
        {"server": "SQL2", "mode": "ASYNCHRONOUS_COMMIT", "state": "SYNCHRONIZING"},
        {"server": "SQL3", "state": None, "health": None, "suspended": None, "connected": None},
    ]
    one, two, three = read(pki, "health", replicas=replicas).replicas
    assert (one.group, one.server, one.local, one.role) == ("ag-dsm", "SQL1", True, "PRIMARY")
    assert (two.mode, two.state, two.suspended) == ("ASYNCHRONOUS_COMMIT", "SYNCHRONIZING", False)
    assert (three.state, three.health, three.connected, three.suspended) == (None,) * 4
    assert read(pki, "backups", replicas=replicas).elsewhere


def test_holders(pki):
    """The owner, every member of db_owner, and every sysadmin; an orphan has no login."""
    members = [{"name": "app", "login": "EXAMPLE\\app", "kind": "WINDOWS_USER"}, {"name": "dsm"}]
    assert read(pki, "holders", owner="sa", members=members) == (
        Holder("sa", "dbo", "SQL_USER", "owner"),
        Holder("EXAMPLE\\app", "app", "WINDOWS_USER", "db_owner"),
        Holder(None, "dsm", "SQL_USER", "db_owner"),
        Holder("sa", "sa", "SQL_LOGIN", "sysadmin"),
    )
    assert read(pki, "holders", owner=None)[0].login is None


def test_live_sessions(pki):
    """Each session of the database says whether it is encrypted; none is none."""
    sessions = [{"machine": "dsm-1", "encrypted": False}, {"machine": "dsm-2"}]
    assert read(pki, "connections", sessions=sessions) == (
        Connection("dsm", "Deep Security Manager", "dsm-1", encrypted=False),
        Connection("dsm", "Deep Security Manager", "dsm-2", encrypted=True),
    )
    assert read(pki, "connections", sessions=[]) == ()


@pytest.mark.parametrize(
    ("part", "right", "says"),
    [
        ("backups", "msdb", "db_datareader"),
        ("backups", "VIEW ANY DEFINITION", "VIEW ANY DEFINITION"),
        ("holders", "database", "CREATE USER"),
        ("holders", "VIEW ANY DEFINITION", "VIEW ANY DEFINITION"),
        ("connections", "VIEW SERVER STATE", "VIEW SERVER STATE"),
    ],
)
def test_a_missing_right_is_no_empty_answer(pki, part, right, says):
    """Where a right is missing, denied or hidden, the part is unread and names the grant."""
    with pytest.raises(CouldNotRead, match=says) as failed:
        read(pki, part, rights=without(right))
    assert PASSWORD not in str(failed.value)


def test_a_missing_right_hides_what_it_hides_and_no_more(pki):
    """Files without volumes, damage without msdb, replicas without state: the rest is read."""
    storage = read(pki, "storage", rights=without("VIEW SERVER STATE"))
    assert all("VIEW SERVER STATE" in file.volume.reason for file in storage.files)
    assert storage.used == 15 * GIB
    hidden = read(pki, "storage", rights=without("VIEW ANY DEFINITION"))
    assert "VIEW ANY DEFINITION" in hidden.files.reason
    assert "CREATE USER" in read(pki, "storage", rights=without("database")).used.reason
    health = read(pki, "health", rights=without("msdb"))
    assert "db_datareader" in health.damaged_pages.reason
    assert near(health.checked, 72)
    group = [{"server": "SQL1", "local": True, "role": "PRIMARY"}]
    for right in ("VIEW SERVER STATE", "VIEW ANY DEFINITION"):
        found = read(pki, "health", rights=without(right), replicas=group).replicas
        assert right in found.reason


@pytest.mark.parametrize("part", ["storage", "backups", "health", "holders"])
def test_another_database_has_no_facts_of_this_one(pki, part):
    """A database that is not on the server is unread, whatever the server holds beside it."""
    changes = {"database": "nope"}
    try:
        found = read(pki, part, changes=changes)
    except CouldNotRead:
        return
    assert isinstance(found.files, Unread)


@pytest.mark.parametrize("part", STATE)
@pytest.mark.parametrize("fault", ["half a page", "expired session"])
def test_an_answer_that_breaks_off_is_not_a_fact(pki, part, fault):
    """Half an answer, or a session that ends, leaves nothing that looks read."""
    if fault == "expired session" and part in ("clock", "instance", "connections"):
        return  # they ask one question, and that one is answered
    try:
        found = read(pki, part, fault)
    except CouldNotRead:
        return
    inner = [getattr(found, name) for name in ("used", "files", "replicas") if hasattr(found, name)]
    assert any(isinstance(one, Unread) for one in inner)


def test_a_database_with_a_hostile_name(pki):
    """A name with quotes and brackets is a name, as a text and as an identifier."""
    named = {"database": "d]s'm"}
    assert read(pki, "storage", changes=named, **named).used == 15 * GIB
    assert read(pki, "holders", changes=named, **named)[0].login == "dsm"
    assert near(read(pki, "health", changes=named, **named).checked, 72)


def test_only_listed_statements_are_sent(pki):
    """All that is sent is on the target's list word for word: SELECTs, and one at a time."""
    listed = statements("dsm")
    assert all(one.startswith("SELECT ") and ";" not in one for one in listed)
    assert not any(
        word in one for one in listed for word in (" INTO ", "EXEC", "DBCC", "OPENROWSET")
    )
    with lab(pki) as server, session(target(server)) as opened:
        for part in STATE:
            database.PARTS[part](opened)
        sent = {one for one in server.requests if one.startswith("SELECT")}
        before = list(server.requests)
        for foreign in sorted(statements("master") - listed):
            with pytest.raises(NotAllowed):
                opened.select(foreign)
        assert server.requests == before
    assert sent
    assert sent <= {" ".join(one.split()) for one in listed}


@pytest.mark.parametrize("part", STATE)
def test_a_part_is_saved_and_comes_back(pki, part):
    """What was read is the same after it was written to a file and read again, big numbers too."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - as kanmon.saved does

    found = read(pki, part)
    adapter = TypeAdapter(PARTS["database"][part])
    assert adapter.validate_json(adapter.dump_json(found), strict=True) == found
