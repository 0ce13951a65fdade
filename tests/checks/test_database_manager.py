"""DB-PERM-001 and DB-CFG-001: the database that the manager's own files name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Outcome
from kanmon.facts import Unread
from kanmon.facts.common import NotKept
from kanmon.judging.manager_database import named
from tests.databases_by_hand import (
    PROPERTIES,
    TARGET,
    estate,
    holder,
    hosts,
    instance,
    node_host,
)
from tests.facts_by_hand import DSM, LINUX, environment
from tests.judging import answered, judged, missed, told

NODE_1, NODE_2 = "dsm-1 on dsm1", "dsm-2 on dsm2"


def owner(*holders, on=None, **changes):
    """DB-PERM-001 on who holds the database."""
    of = estate()
    return judged(
        "DB-PERM-001",
        **{
            "database": of.database[0],
            "database_holders": holders,
            "manager_hosts": hosts() if on is None else on,
            "environment": of,
            **changes,
        },
    )


@pytest.mark.parametrize("through", ["owner", "db_owner", "sysadmin"])
def test_a_login_with_all_rights_passes(through):
    """Owner, member of db_owner, or sysadmin: told, in whatever case the login is written."""
    judgement = owner(holder(login="DSM", through=through))
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 2
    assert [note.text for note in judgement.notes] == [f"has all rights as {through}"]


def test_a_role_of_postgresql_is_compared_with_case():
    """DSM and dsm are two roles of PostgreSQL, and one login of SQL Server."""
    text = DSM.replace("sqlserver", "postgresql")
    of = environment(text, LINUX, deep_security=TARGET)
    lines = {"database_type": "PostgreSQL", "database_PostgreSQL_server": "sql1.example.jp"}
    for name, outcome in (("dsm", Outcome.PASS), ("DSM", Outcome.FAIL), ("Dsm", Outcome.FAIL)):
        host = node_host(1, **lines, database_PostgreSQL_user=name)
        judgement = owner(
            holder(user="dsm", kind="ROLE"),
            holder(login=None, user="dsm", kind="ROLE"),
            on={"dsm-1-host": host, "dsm-2-host": host},
            database=of.database[0],
            environment=of,
        )
        assert judgement.outcome is outcome, name
        assert all("without all rights" in found for _, found, _ in told(judgement))
        assert owner(holder(login=name)).outcome is Outcome.PASS


def test_a_login_without_rights():
    """Another login's rights do not help, and whoever owns nothing changes no schema."""
    judgement = owner(holder(login="sa"), holder(login="sa", through="sysadmin"))
    assert told(judgement)[0] == (
        NODE_1,
        "login dsm: without all rights",
        "owner of the database, or a member of its role db_owner",
    )
    assert judgement.blocks


def test_a_user_whose_login_is_gone():
    """A user of the right name that belongs to no login lets nobody in."""
    orphan = holder(login=None, user="dsm", through="db_owner")
    judgement = owner(holder(login="sa"), orphan)
    assert "a user of that name whose login is gone" in told(judgement)[0][1]


@pytest.mark.parametrize(
    ("user", "kind", "outcome"),
    [
        ("EXAMPLE\\dsm", "WINDOWS_GROUP", Outcome.UNDETERMINED),
        ("dsm", "WINDOWS_GROUP", Outcome.FAIL),  # a login of SQL Server is in no Windows group
        ("dsm", "DATABASE_ROLE", Outcome.UNDETERMINED),
        ("dsm", "SQL_USER", Outcome.FAIL),
    ],
)
def test_rights_through_a_group(user, kind, outcome):
    """Who is in a group of Windows, or in a role, the server does not tell here."""
    found = hosts() | {"dsm-1-host": node_host(database_SqlServer_user=user)}
    group = holder(login="EXAMPLE\\admins", user="admins", kind=kind, through="db_owner")
    mine = holder(login="dsm") if user != "dsm" else holder(login="sa")
    judgement = owner(mine, group, on=found)
    assert judgement.outcome is outcome


def test_each_nodes_login_counts():
    """Two nodes that log in as different users are judged each."""
    judgement = owner(holder(), on=hosts(database_SqlServer_user="other"))
    assert [subject for subject, _, _ in told(judgement)] == [NODE_2]


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (hosts(database_SqlServer_user=None), "no login"),
        (hosts() | {"dsm-2-host": Unread("no route")}, "no route"),
    ],
)
def test_a_login_that_nobody_knows(found, says):
    """Files that do not name a login, or a host that was not read: undetermined."""
    judgement = owner(holder(), on=found)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert says in missed(judgement)[0][1]


def test_holders_that_are_not_told():
    """Oracle's are not asked: by a person's word."""
    judgement = owner(database_holders=NotKept("not asked"))
    assert judgement.outcome is Outcome.UNDETERMINED
    reason = "not asked, and attest what you find in [[attestation]]"
    assert missed(judgement) == [("sql1.example.jp:1433", reason)]
    assert answered("DB-PERM-001", judgement, "dsm-db").outcome is Outcome.ATTESTED


def config(found, text="", **changes):
    """DB-CFG-001 on the hosts of the nodes."""
    of = estate() if not text else environment(text, deep_security=TARGET)
    return judged(
        "DB-CFG-001",
        database=of.database[0],
        database_instance=instance(**changes),
        manager_hosts=found,
        environment=of,
    )


@pytest.mark.parametrize(
    "written",
    [
        "sql1.example.jp",
        "SQL1.EXAMPLE.JP.",
        "sql1",
        "192.0.2.50",
        "::ffff:192.0.2.50",
        "tcp:sql1.example.jp,1433",
        "sql1.example.jp:1433",
        "sql1.example.jp\\MSSQLSERVER",
        "sql1.example.jp\\MSSQLSERVER,1433",
    ],
)
def test_the_same_server_in_other_words(written):
    """By name, short name, address, port, or the name of the default instance: it is the same."""
    judgement = config(hosts(database_SqlServer_server=written))
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 2


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"database_SqlServer_server": "sql2.example.jp"}, "server sql2.example.jp"),
        ({"database_SqlServer_server": "sql1.test.jp"}, "server sql1.test.jp"),  # in name alone
        ({"database_SqlServer_server": "192.0.2.51"}, "server 192.0.2.51"),
        ({"database_SqlServer_server": "sql1.example.jp,1434"}, "port 1434"),
        ({"database_SqlServer_port": "1434"}, "port 1434"),
        ({"database_SqlServer_server": "sql1.example.jp\\TEST"}, "instance TEST"),
        ({"database_SqlServer_instance": "TEST"}, "instance TEST"),
        ({"database_name": "dsmtest"}, "database dsmtest"),
        ({"database_type": "PostgreSQL", "database_PostgreSQL_server": "x"}, "type postgresql"),
        (
            {"database_SqlServer_server": "sql2\\A", "database_name": "x"},
            "server sql2, instance A, database x",
        ),
    ],
)
def test_a_node_that_uses_another_database(changes, found):
    """Another server, port, instance, database or product blocks, with what the files say."""
    judgement = config(hosts(**changes))
    assert judgement.blocks
    ((subject, said, expected),) = told(judgement)
    assert subject == NODE_2
    assert found in said
    assert expected == "sqlserver sql1.example.jp:1433, database dsm"


def test_a_named_instance():
    """The instance's own word counts, in any case; without a name the default port is dialled."""
    text = DSM.replace('address = "sql1.example.jp"', 'address = "sql1.example.jp"\nport = 50123')
    text += LINUX
    for written, outcome in (
        ("sql1.example.jp\\dsm", Outcome.PASS),
        ("sql1.example.jp,50123", Outcome.PASS),
        ("sql1.example.jp", Outcome.FAIL),
        ("sql1.example.jp\\OTHER", Outcome.FAIL),
    ):
        host = node_host(1, database_SqlServer_server=written)
        found = {"dsm-1-host": host, "dsm-2-host": host}
        assert config(found, text, instance="DSM").outcome is outcome, written


def test_a_node_that_means_itself():
    """A loopback address is the node's own machine."""
    judgement = config(hosts(database_SqlServer_server="localhost"))
    assert told(judgement)[0][1] == "server dsm2.example.jp"
    text = DSM.replace("sql1.example.jp", "dsm1.example.jp")
    only = text.replace('    { slug = "dsm-2", address = "dsm2.example.jp" },\n', "")
    linux = (
        '[[linux]]\nslug = "h"\naddress = "dsm1.example.jp"\ncredential = "ro"\nnode = "dsm-1"\n'
    )
    found = {"h": node_host(database_SqlServer_server="127.0.0.1")}
    assert config(found, only + linux, machine="DB").outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (hosts(database_type=None), "keys: database.SqlServer.password"),
        (hosts(database_name=None), "no server or database"),
        (hosts(database_SqlServer_server=None), "no server or database"),
        (hosts(database_SqlServer_server=""), "no server or database"),
        (hosts(**dict.fromkeys((k.replace(".", "_") for k in PROPERTIES), None)), "no dsm.prop"),
        (hosts() | {"dsm-2-host": Unread("the login was refused")}, "the login was refused"),
    ],
)
def test_files_that_do_not_tell(found, says):
    """A key that is missing, a file that is not there, a host that was not read: undetermined."""
    judgement = config(found)
    assert judgement.outcome is Outcome.UNDETERMINED
    ((subject, reason),) = missed(judgement)
    assert subject.startswith("dsm-2")
    assert says in reason


def test_a_file_that_may_not_be_read():
    """A denied file is undetermined with the reader's own reason."""
    host = node_host(2)
    denied = replace(host, manager=replace(host.manager, properties=Unread("permission denied")))
    judgement = config(hosts() | {"dsm-2-host": denied})
    assert missed(judgement) == [(NODE_2, "permission denied")]


def test_a_node_without_a_host():
    """A node whose host the environment does not name was not looked at."""
    judgement = config({}, DSM)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.examined == 2
    assert "manager_host with node = 'dsm-1', it names none" in missed(judgement)[0][1]


def test_a_database_of_no_manager():
    """A database that no manager uses has no files to compare with."""
    alone = DSM.partition("[[database]]")[0].replace('database = "dsm-db"', 'database = "other"')
    other = '[[database]]\nslug = "{}"\nproduct = "sqlserver"\naddress = "{}"\ncredential = "ro"\n'
    judgement = config({}, other.format("dsm-db", "sql1") + other.format("other", "sql2") + alone)
    assert judgement.outcome is Outcome.NOT_APPLICABLE


def test_names_are_compared_as_the_product_does():
    """Of PostgreSQL's databases "DSM" is another one than "dsm"; of SQL Server's it is the same."""
    assert config(hosts(database_name="DSM")).outcome is Outcome.PASS
    text = DSM.replace("sqlserver", "postgresql")
    lines = {
        "database_type": "PostgreSQL",
        "database_PostgreSQL_server": "sql1.example.jp",
    }
    text += LINUX
    for name, outcome in (("dsm", Outcome.PASS), ("DSM", Outcome.FAIL)):
        host = node_host(1, **lines, database_name=name)
        assert config({"dsm-1-host": host, "dsm-2-host": host}, text).outcome is outcome


@pytest.mark.parametrize(
    ("server_text", "host", "inside", "port"),
    [
        ("sql1", "sql1", None, None),
        ("sql1\\DSM", "sql1", "DSM", None),
        ("tcp:sql1.x.jp\\DSM,50123", "sql1.x.jp", "DSM", 50123),
        ("[2001:db8::1]:1433", "2001:db8::1", None, 1433),
        ("2001:db8::1", "2001:db8::1", None, None),
    ],
)
def test_how_a_server_is_written(server_text, host, inside, port):
    """Each way to name a server is taken apart."""
    found = named(tuple({**PROPERTIES, "database.SqlServer.server": server_text}.items()))
    assert (found.host, found.instance, found.port) == (host, inside, port)
    assert (found.product, found.database, found.user) == ("sqlserver", "dsm", "dsm")
