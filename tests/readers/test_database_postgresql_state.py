"""What PostgreSQL's catalogue knows, against a real PostgreSQL."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from kanmon.errors import CouldNotRead, NotAllowed
from kanmon.facts import Unread
from kanmon.facts.common import NotKept
from kanmon.facts.database.state import Connection, Holder
from kanmon.readers.database import reader as database
from kanmon.readers.database.postgresql import STATEMENTS
from kanmon.readers.database.postgresql_state import ABANDONED, QUESTIONS, ended
from kanmon.readers.database.question import Answer
from tests.readers.postgresql import (
    PASSWORD,
    Cluster,
    as_server_user,
    program,
    session,
    target,
)


def read(cluster, port, part, **options):
    """A part of the database dsm."""
    with session(target(cluster, port), **options) as opened:
        return database.PARTS[part](opened)


def run(*command):
    """Run a program of the server as the server's user."""
    subprocess.run(command, check=True, capture_output=True, cwd="/", **as_server_user())


def test_clock(cluster):
    """The clock is the server's, with the time zone of its settings."""
    with cluster.running(timezone="Asia/Tokyo") as port:
        before = datetime.now(UTC)
        found = read(cluster, port, "clock")
        after = datetime.now(UTC)
    assert (found.offset_minutes, found.zone) == (540, "Asia/Tokyo")
    assert before <= found.sent <= found.utc <= found.asked <= after


def test_clock_west_of_greenwich(cluster):
    """West of Greenwich, and half an hour off, the offset is negative and right."""
    with cluster.running(timezone="America/St_Johns") as port:
        assert read(cluster, port, "clock").offset_minutes in (-210, -150)


@pytest.mark.parametrize("variable", [None, "PGTZ"])
def test_a_time_zone_of_the_account_hides_the_servers(cluster, usual, variable, monkeypatch):
    """A zone that the role or kanmon's own machine sets says nothing of the server's."""
    change = 'ALTER ROLE "kanmon-ro" {} timezone'
    with cluster.admin(usual) as admin:
        if variable:
            monkeypatch.setenv(variable, "Asia/Tokyo")
        else:
            admin.execute(change.format("SET") + " = 'Asia/Tokyo'")
        try:
            with pytest.raises(CouldNotRead, match="TimeZone is set for the account"):
                read(cluster, usual, "clock")
        finally:
            admin.execute(change.format("RESET"))


def test_size(cluster, usual):
    """The size is what the server itself says; of volumes it says that it does not know."""
    found = read(cluster, usual, "storage")
    with cluster.admin(usual) as admin:
        (size,) = admin.execute("SELECT pg_database_size('dsm')").fetchone()
    assert found.used == size > 0
    assert isinstance(found.files, NotKept)
    assert "df" in found.files.untold
    assert found.files.told == (f"the database holds {size / 2**30:.1f} GiB",)


def test_no_history_of_backups(cluster, usual):
    """The catalogue keeps none: that is told as a fact, with what the archiver does."""
    found = read(cluster, usual, "backups")
    assert isinstance(found, NotKept)
    assert found.told == ("archive_mode is off",)


@pytest.mark.parametrize(
    ("command", "told"), [("true", "the last segment was archived"), ("false", "has failed since")]
)
def test_the_archiver_is_told(cluster, command, told):
    """A segment that was archived, and one that was not, are told beside the missing history."""
    with cluster.running(archive_mode="on", archive_command=command) as port:
        with cluster.admin(port) as admin:
            admin.execute("SELECT pg_switch_wal()")
            admin.execute("CHECKPOINT")
        for _ in range(100):
            found = read(cluster, port, "backups")
            if told in found.told[0]:
                break
            time.sleep(0.1)
    assert found.told[0].startswith("archive_mode is on")
    assert told in found.told[0]


def test_health_without_checksums(cluster, usual):
    """Without standbys and without page checksums nothing is made up: both are told apart."""
    found = read(cluster, usual, "health")
    assert found.replicas == ()
    assert isinstance(found.checked, NotKept)
    assert "data_checksums is off" in found.damaged_pages.untold


def test_failures_of_checksums_are_counted(cluster):
    """Once pages have checksums, the server's own count of failures is the number."""
    run(program("pg_checksums"), "--enable", "-D", cluster.data)
    try:
        with cluster.running() as port:
            assert read(cluster, port, "health").damaged_pages == 0
    finally:
        run(program("pg_checksums"), "--disable", "-D", cluster.data)


@contextmanager
def standby(cluster, port):
    """A standby that streams from the running server, made with the server's own program."""
    home = cluster.home / "standby"
    home.mkdir()
    if as_server_user():
        shutil.chown(home, "postgres", "postgres")
    where = ("-h", cluster.home, "-p", str(port), "-U", "admin")
    run(program("pg_basebackup"), *where, "-D", home / "data", "-R", "-c", "fast")
    copy = Cluster(home, cluster.pki, cluster.leaf)
    try:
        with copy.running() as own_port:
            yield own_port
    finally:
        shutil.rmtree(home)


def test_standbys(cluster, usual):
    """A streaming standby is seen by an account with the right, and hidden from one without it."""
    with cluster.admin(usual) as admin, standby(cluster, usual) as port:
        for _ in range(100):
            if admin.execute("SELECT 1 FROM pg_stat_replication").fetchall():
                break
            time.sleep(0.1)
        hidden = read(cluster, usual, "health").replicas
        assert isinstance(hidden, Unread)
        assert "pg_read_all_stats" in hidden.reason
        assert read(cluster, port, "server").read_only
        admin.execute('GRANT pg_read_all_stats TO "kanmon-ro"')
        try:
            (found,) = read(cluster, usual, "health").replicas
        finally:
            admin.execute('REVOKE pg_read_all_stats FROM "kanmon-ro"')
    assert (found.mode, found.state, found.connected) == ("async", "streaming", "CONNECTED")


def test_a_standby_that_went_away_is_seen_by_its_slot(cluster, usual):
    """The server forgets who no longer streams; the slot that keeps its log for it does not."""
    with cluster.admin(usual) as admin:
        for slot, keeps_log in (("gone", "true"), ("never_used", "false")):
            admin.execute(f"SELECT pg_create_physical_replication_slot('{slot}', {keeps_log})")
        try:
            (found,) = read(cluster, usual, "health").replicas
        finally:
            for slot in ("gone", "never_used"):
                admin.execute(f"SELECT pg_drop_replication_slot('{slot}')")
    assert (found.server, found.connected, found.state) == (
        "of slot gone",
        "DISCONNECTED",
        "inactive",
    )


def test_a_slot_that_is_lost(cluster):
    """The log that a slot waits for is gone, and with it the slot's position: it is told as lost.

    One that never had a position is told neither before nor after.
    """
    small = {"max_slot_wal_keep_size": "1MB", "max_wal_size": "32MB", "min_wal_size": "32MB"}
    with cluster.running(wal_keep_size="0", **small) as port, cluster.admin(port) as admin:
        for slot, keeps_log in (("gone", "true"), ("never_used", "false")):
            admin.execute(f"SELECT pg_create_physical_replication_slot('{slot}', {keeps_log})")
        try:
            (before,) = read(cluster, port, "health").replicas
            for _ in range(4):
                admin.execute("CREATE TABLE t (); DROP TABLE t; SELECT pg_switch_wal()")
            admin.execute("CHECKPOINT")
            position = "SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = 'gone'"
            assert admin.execute(position).fetchone() == (None,)
            (after,) = read(cluster, port, "health").replicas
        finally:
            for slot in ("gone", "never_used"):
                admin.execute(f"SELECT pg_drop_replication_slot('{slot}')")
    assert (before.server, before.state) == ("of slot gone", "inactive")
    assert (after.server, after.state, after.connected) == (
        "of slot gone",
        "lost",
        "DISCONNECTED",
    )


def test_a_subscriber_that_went_away_is_seen_by_its_slot(cluster):
    """A logical slot that nobody uses keeps the log as a standby's does."""
    with cluster.running(wal_level="logical") as port, cluster.admin(port) as admin:
        admin.execute("SELECT pg_create_logical_replication_slot('copy', 'pgoutput')")
        try:
            (found,) = read(cluster, port, "health").replicas
        finally:
            admin.execute("SELECT pg_drop_replication_slot('copy')")
    assert (found.server, found.role, found.state) == ("of slot copy", "subscriber", "inactive")


@pytest.mark.parametrize(
    ("row", "state"),
    [
        (("gone", "physical", "true", None), "lost"),
        (("gone", "physical", "true", "wal_removed"), "lost (wal_removed)"),
        (("gone", "physical", "true", "idle_timeout"), "lost (idle_timeout)"),
        (("gone", "logical", "true", "rows_removed"), "lost (rows_removed)"),
        (("gone", "physical", "false", None), "inactive"),
    ],
)
def test_why_a_slot_is_lost(row, state):
    """From PostgreSQL 17 on the server says why; before it does not, and the slot is as lost."""
    slot = Answer("slots", dict(zip(ABANDONED.columns, row, strict=True)))
    assert ended(slot) == state


def test_older_servers_understand_the_question():
    """No column of the slots is named that came after PostgreSQL 9.5, but inside JSON."""
    plain = re.sub(r"to_jsonb\(s\) ->> '\w+'", "", ABANDONED.sql)
    named = set(re.findall(r"\bs\.(\w+)", plain))
    assert named == {"slot_name", "slot_type", "active", "restart_lsn"}
    assert "wal_status" not in plain


def test_a_base_backup_is_no_replica(cluster, usual):
    """While pg_basebackup runs, neither its copy nor the log beside it is a standby: it is counted.

    An account without the right sees that something streams, and not what: that stays unread.
    """
    home = cluster.home / "backup"
    command = [program("pg_basebackup"), "-h", cluster.home, "-p", str(usual), "-U", "admin"]
    slowly = ("--max-rate", "100", "-c", "fast")
    with cluster.admin(usual) as admin:
        home.mkdir()
        if as_server_user():
            shutil.chown(home, "postgres", "postgres")
        running = subprocess.Popen(
            [*command, "-D", home / "data", *slowly],
            stderr=subprocess.DEVNULL,
            cwd="/",
            **as_server_user(),
        )
        try:
            states = "SELECT state FROM pg_stat_replication ORDER BY state"
            for _ in range(100):
                if admin.execute(states).fetchall() == [("backup",), ("streaming",)]:
                    break
                time.sleep(0.1)
            hidden = read(cluster, usual, "health")
            admin.execute('GRANT pg_read_all_stats TO "kanmon-ro"')
            found = read(cluster, usual, "health")
            assert admin.execute(states).fetchall() == [("backup",), ("streaming",)]
        finally:
            admin.execute('REVOKE pg_read_all_stats FROM "kanmon-ro"')
            running.terminate()
            running.wait(30)
            shutil.rmtree(home)
    assert (found.replicas, found.base_backups) == ((), 1)
    assert isinstance(hidden.replicas, Unread)


def test_holders(cluster, usual):
    """Owner, members of the owner and superusers hold the database; others do not."""
    with cluster.admin(usual) as admin:
        for role in ("dsm_owner NOLOGIN", "dsm LOGIN", "other LOGIN"):
            admin.execute(f"CREATE ROLE {role}")
        admin.execute("GRANT dsm_owner TO dsm")
        admin.execute("ALTER DATABASE dsm OWNER TO dsm_owner")
        try:
            found = read(cluster, usual, "holders")
        finally:
            admin.execute("ALTER DATABASE dsm OWNER TO admin")
            admin.execute("DROP ROLE dsm, dsm_owner, other")
    assert set(found) == {
        Holder("admin", "admin", "ROLE", "superuser"),
        Holder(None, "dsm_owner", "ROLE", "owner"),
        Holder("dsm", "dsm", "ROLE", "member"),
    }


def test_live_sessions(cluster, usual):
    """Sessions of others are hidden without a right, and with it are seen with their TLS."""
    with session(target(cluster, usual), username="old-hash"), cluster.admin(usual) as admin:
        with pytest.raises(CouldNotRead, match="pg_read_all_stats"):
            read(cluster, usual, "connections")
        admin.execute('GRANT pg_read_all_stats TO "kanmon-ro"')
        try:
            found = read(cluster, usual, "connections")
        finally:
            admin.execute('REVOKE pg_read_all_stats FROM "kanmon-ro"')
    assert found == (Connection("old-hash", "kanmon", "127.0.0.1", encrypted=True),)


def test_instance_is_the_environments_address(cluster, usual):
    """The addresses are those that the environment's name resolves to."""
    assert read(cluster, usual, "instance").addresses == ("127.0.0.1",)


def test_the_statements_are_fixed(cluster, usual):
    """All that is asked is on the list word for word, and a word more is refused unsent."""
    assert {one.sql for one in QUESTIONS} < STATEMENTS
    assert all(one.startswith("SELECT ") and ";" not in one for one in STATEMENTS)
    with session(target(cluster, usual), PASSWORD) as opened, pytest.raises(NotAllowed):
        opened.select(QUESTIONS[0].sql + " OR true")
