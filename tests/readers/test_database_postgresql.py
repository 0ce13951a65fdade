"""The database reader against a real PostgreSQL."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from dataclasses import replace

import pytest

from kanmon.errors import CouldNotRead, NotAllowed, TargetLost
from kanmon.facts.database.server import Server
from kanmon.readers.database import reader as database
from tests.readers.postgresql import OLD, program, session, target, versions


@pytest.mark.parametrize(
    ("settings", "outcomes"),
    [
        ({}, "refused refused accepted accepted"),
        (OLD | versions("TLSv1", "TLSv1"), "accepted refused refused refused"),
        (OLD | versions("TLSv1", "TLSv1.2"), "accepted accepted accepted refused"),
        (versions("TLSv1.3", "TLSv1.3"), "refused refused refused accepted"),
        (versions("TLSv1", "TLSv1"), "failed failed failed refused"),
        ({"ssl": "off"}, "refused refused refused refused"),
    ],
    ids=["default", "1.0", "1.0-1.2", "1.3", "broken", "off"],
)
def test_every_version_is_seen_as_it_was_set(cluster, settings, outcomes):
    """The probe sees the range of the server's settings.

    A server that is set to take TLS 1.0 and has no cipher for it breaks on every handshake but
    one of TLS 1.3: it cannot be said what it takes.
    """
    with cluster.running(**settings) as port:
        facts = database.PROBES["tls"](target(cluster, port))
    assert " ".join(attempt.outcome for attempt in facts.attempts) == outcomes
    assert facts.encryption == ("not supported" if settings.get("ssl") == "off" else "on")
    if outcomes.startswith("failed"):
        assert all("INTERNAL_ERROR" in attempt.detail for attempt in facts.attempts[:3])


def test_certificate(cluster, usual):
    """The certificate is the server's; by its CA it has no problem, by another CA it has."""
    (found,) = database.PROBES["certificates"](target(cluster, usual))
    assert (found.sha256, found.problem) == (cluster.leaf.fingerprint, None)
    stranger = str(cluster.pki.stranger.path)
    (found,) = database.PROBES["certificates"](target(cluster, usual, ca=stranger))
    assert found.problem


def test_certificate_of_a_tls_1_0_server(cluster):
    """TLS 1.0 alone still shows the certificate, with a problem; a login names TLS as its cause."""
    with cluster.running(**OLD, **versions("TLSv1", "TLSv1")) as port:
        (found,) = database.PROBES["certificates"](target(cluster, port))
        assert found.sha256 == cluster.leaf.fingerprint
        assert "over TLSv1)" in (found.problem or "")
        with (
            pytest.raises(TargetLost, match=r"takes: TLSv1;.*TLS 1\.2"),
            session(target(cluster, port)),
        ):
            pytest.fail("it logged in")


def test_no_certificate_without_encryption(cluster):
    """A server without TLS gives an error, not an empty list, and gets no password."""
    with cluster.running(ssl="off") as port:
        with pytest.raises(CouldNotRead, match="does not support encryption"):
            database.PROBES["certificates"](target(cluster, port))
        with (
            pytest.raises(TargetLost, match="no password was sent"),
            session(target(cluster, port)),
        ):
            pytest.fail("it logged in")


def test_server_is_read_as_it_is(cluster, usual):
    """Version and state are what the server's own programs say."""
    told = subprocess.check_output([program("postgres"), "--version"], encoding="utf-8")
    with session(target(cluster, usual)) as opened:
        found = database.PARTS["server"](opened)
    assert found == Server(
        product="postgresql",
        version=told.split()[2],
        level="",
        edition="",
        database="dsm",
        state="ONLINE",
        read_only=False,
        user_access="MULTI_USER",
        recovery_model="",
    )


@pytest.mark.parametrize("trust", ["ca", "fingerprint"])
@pytest.mark.parametrize("username", ["kanmon-ro", "old-hash"])
def test_the_session_is_encrypted_and_ends(cluster, usual, trust, username):
    """By CA or pin, whatever the password's hash: the server sees TLS, and nobody afterwards."""
    pin = f"sha256:{cluster.leaf.fingerprint}"
    by = {"ca": str(cluster.pki.trusted.path), "fingerprint": pin}
    seen = (
        "SELECT s.ssl, s.version, a.usename FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) "
        "WHERE a.application_name = 'kanmon'"
    )
    with cluster.admin(usual) as admin:
        with session(target(cluster, usual, **{trust: by[trust]}), username=username):
            assert admin.execute(seen).fetchall() == [(True, "TLSv1.3", username)]
        for _ in range(100):
            if not admin.execute(seen).fetchall():
                return
            time.sleep(0.05)
        pytest.fail("the session is still there")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"fingerprint": "sha256:" + "0" * 64}, "pinned is"),
        ({"ca": "stranger"}, "certificate.*check ca"),
        ({"ca": None}, "certificate.*check ca"),
        ({"address": "localhost.localdomain.invalid"}, "resolve"),
        ({"address": "127.0.0.3"}, "connect to"),
    ],
)
def test_without_a_verified_line_there_is_no_session(cluster, usual, changes, says):
    """Wrong pin, wrong CA, no such host, nobody there: lost before a login."""
    if "ca" in changes:
        changes = {"ca": changes["ca"] and str(cluster.pki.stranger.path)}
    with pytest.raises(TargetLost, match=says), session(target(cluster, usual, **changes)):
        pytest.fail("it logged in")


def test_a_wrong_password_names_the_credential_and_no_secret(cluster, usual):
    """The error says whose password to check, at which address, and does not hold it."""
    with (
        pytest.raises(TargetLost, match="credential 'dsm-db'") as failed,
        session(target(cluster, usual), "Wr0ng;}{-Passw0rd"),
    ):
        pytest.fail("it logged in")
    assert "Wr0ng" not in str(failed.value)
    assert f"127.0.0.1:{usual}" in failed.value.tried
    assert "port" not in failed.value.got
    assert "password authentication failed" in failed.value.got


def test_an_absent_database(cluster, usual):
    """A database that is not there is named."""
    with (
        pytest.raises(TargetLost, match='"nope" does not exist'),
        session(target(cluster, usual, database="nope")),
    ):
        pytest.fail("it logged in")


def test_an_account_that_may_not_enter(cluster, usual):
    """Without CONNECT the missing right is named."""
    with cluster.admin(usual) as admin:
        admin.execute("CREATE DATABASE closed")
        admin.execute("REVOKE CONNECT ON DATABASE closed FROM public")
        with (
            pytest.raises(TargetLost, match=r"CONNECT .*may enter the database"),
            session(target(cluster, usual, database="closed")),
        ):
            pytest.fail("it logged in")


def test_a_refused_statement_costs_its_own_part_alone(cluster, usual):
    """Each question has a transaction of its own: what follows a refused one is still read."""
    with cluster.admin(usual, "dsm") as admin:
        admin.execute("REVOKE SELECT ON pg_stat_archiver FROM public")
        try:
            with session(target(cluster, usual)) as opened:
                with pytest.raises(CouldNotRead, match="pg_stat_archiver") as failed:
                    database.PARTS["backups"](opened)
                assert database.PARTS["server"](opened).database == "dsm"
                assert database.PARTS["health"](opened).replicas == ()
        finally:
            admin.execute("GRANT SELECT ON pg_stat_archiver TO public")
    assert "aborted" not in str(failed.value)


def test_only_listed_statements_are_sent(cluster, usual):
    """What is not on the list is refused here; what were on it by mistake, by the server."""
    write = "CREATE TABLE proof (n int)"
    with session(target(cluster, usual)) as opened:
        with pytest.raises(NotAllowed):
            opened.select(write)
        careless = replace(opened, allowed=frozenset({write}))
        with pytest.raises(CouldNotRead, match="read-only transaction"):
            careless.select(write)


def test_a_server_whose_transactions_are_read_only(cluster):
    """A server that is set to refuse writes is seen as one, although our own never write."""
    with (
        cluster.running(default_transaction_read_only="on") as port,
        session(target(cluster, port)) as opened,
    ):
        assert database.PARTS["server"](opened).read_only


def test_an_account_whose_own_settings_hide_the_servers(cluster, usual):
    """A read-only default of the account itself says nothing of the manager's account."""
    change = 'ALTER ROLE "kanmon-ro" {} default_transaction_read_only'
    with cluster.admin(usual) as admin:
        admin.execute(change.format("SET") + " = on")
        try:
            with (
                session(target(cluster, usual)) as opened,
                pytest.raises(CouldNotRead, match="RESET default_transaction_read_only"),
            ):
                database.PARTS["server"](opened)
        finally:
            admin.execute(change.format("RESET"))


def test_a_database_with_no_connections_left_for_others(cluster, usual):
    """A connection limit of zero, which only superusers pass, is no multi-user access."""
    with (
        cluster.admin(usual) as admin,
        session(target(cluster, usual)) as opened,
    ):
        admin.execute("ALTER DATABASE dsm CONNECTION LIMIT 0")
        try:
            assert database.PARTS["server"](opened).user_access == "RESTRICTED_USER"
        finally:
            admin.execute("ALTER DATABASE dsm CONNECTION LIMIT -1")


def test_a_standby_refuses_writes(cluster):
    """A server in recovery is read-only, whatever its settings say."""
    marker = cluster.data / "standby.signal"
    marker.touch()
    try:
        with cluster.running() as port, session(target(cluster, port)) as opened:
            assert database.PARTS["server"](opened).read_only
    finally:
        marker.unlink()


@pytest.mark.parametrize("answer", [b"", b"E", b"HTTP/1.1 400"])
def test_something_else_on_the_port(cluster, answer):
    """What is no PostgreSQL makes the target lost, and nothing is said of its TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_once() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(8)
                connection.sendall(answer)

        thread = threading.Thread(target=answer_once)
        thread.start()
        with pytest.raises(TargetLost, match="whether it encrypts"):
            database.PROBES["tls"](target(cluster, listener.getsockname()[1]))
        thread.join()
