"""What the manager's database is, holds and has room for: asked before its schema is upgraded."""

from collections.abc import Iterator
from datetime import timedelta

from kanmon.check import Attestable, Finding, Judge, Note, Severity, Unknown, check
from kanmon.environment.file import Environment
from kanmon.environment.targets import Database
from kanmon.facts import Certificate, Unread
from kanmon.facts.common import NotKept
from kanmon.facts.database.server import Server, Tls
from kanmon.facts.database.state import Connection, Health, Holder, Instance
from kanmon.facts.linux.host import Host
from kanmon.facts.run import Moment
from kanmon.judging.by_person import by_person
from kanmon.judging.database_backups import stamp
from kanmon.judging.database_health import backing_up, problems
from kanmon.judging.manager_database import differences, holds, of_nodes, sold_as
from kanmon.knowledge.lifetimes import database_lifetime
from kanmon.knowledge.lookup import database_support, login_right
from kanmon.knowledge.requirements import Database as Taken
from kanmon.text import Text
from kanmon.versions import DeepSecurity

OLD_TLS = ("TLSv1", "TLSv1.1")


@check(
    "DB-TLS-003",
    severity=Severity.ADVICE,
    attestable=Attestable.CONFIGURATION,
    steps=("manager",),
    phases=("pre",),
    remediation="Nothing before the upgrade. After it, turn TLS 1.0 and 1.1 off on the database "
    "server, and renew its certificate in time.",
    refs=("table:database_tls_rules",),
)
def test_no_old_tls_is_left(
    database: Database,
    database_tls: Tls,
    database_certificates: tuple[Certificate, ...],
    all_database_connections: dict[str, tuple[Connection, ...] | NotKept | Unread],
    judge: Judge,
) -> None:
    """The database offers neither TLS 1.0 nor 1.1; its certificate and live sessions are listed.

    None of it stands in the way of the upgrade: the new manager takes the best version that both
    know. It is what an auditor will ask about once the manager runs.
    """
    tried = {attempt.version: attempt for attempt in database_tls.attempts}
    silent = ("untried", "failed")
    unknown = [
        Unknown(
            f"{version} at {database.where}",
            tried[version].detail if version in tried else Text("it was not tried"),
        )
        for version in OLD_TLS
        if version not in tried or tried[version].outcome in silent
    ]
    findings = [
        Finding(
            f"{version} at {database.where}", Text("still offered"), Text("TLS 1.2 or newer alone")
        )
        for version in OLD_TLS
        if database_tls.accepted(version)
    ]
    notes = [
        Note(
            one.endpoint,
            Text(
                "certificate {subject} of {issuer} ends {stamp}",
                subject=one.subject,
                issuer=one.issuer,
                stamp=stamp(one.not_after),
            ),
        )
        for one in database_certificates
    ]
    notes.append(Note(database.slug, _live(all_database_connections[database.slug])))
    examined = len(OLD_TLS) + len(database_certificates)
    of = Text("old TLS versions and certificates of {slug}", slug=database.slug)
    judge(examined=examined, of=of, problems=[*findings, *unknown], notes=notes)


def _live(connections: tuple[Connection, ...] | NotKept | Unread) -> str:
    """How many of the live sessions are encrypted."""
    if isinstance(connections, NotKept | Unread):
        why = connections.untold if isinstance(connections, NotKept) else connections.reason
        return Text("whether live sessions are encrypted is not known: {why}", why=why)
    encrypted = sum(connection.encrypted for connection in connections)
    return Text(
        "{encrypted} of {count} live sessions in the database are encrypted",
        encrypted=encrypted,
        count=len(connections),
    )


@check(
    "DB-VER-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    steps=("manager",),
    phases=("pre",),
    remediation="Move the manager's database to a server that the target takes, or look the "
    "server's version up in the target's requirements and write a row of your own.",
    refs=("table:databases", "table:sqlserver_engines", "table:life_cycles"),
)
def test_database_is_one_that_the_target_takes(
    database: Database,
    database_server: Server,
    database_instance: Instance,
    target_manager: DeepSecurity,
    moment: Moment,
    judge: Judge,
) -> None:
    """Product, version and edition of the database are supported by the target.

    The installer looks at the database first and stops at one that it does not know; a limited
    edition runs full while the schema is upgraded.
    """
    product = sold_as(database_server, database_instance)
    what = f"{product or database_server.edition} {database_server.version}"
    row = product and database_support(product, database_server.version, target_manager)
    if not row:
        judge.undetermined(
            Text(
                "no table row says whether {target} takes {what}",
                target=target_manager,
                what=what,
            )
        )
    wrong = Finding(
        database.where,
        Text("{what}: {state}", what=what, state=row.state),
        Text("a database that {target} takes", target=target_manager),
        row.citation,
        Severity.WARNING if row.state == "limited" else None,
    )
    judge(
        examined=1,
        of=Text("database servers"),
        problems=[] if row.state == "supported" else [wrong],
        rests_on=[row.citation],
        notes=list(_to_know(database, database_server, row, moment)),
    )


def _to_know(database: Database, server: Server, row: Taken, moment: Moment) -> Iterator[Note]:
    """What is no fault of a database that the target takes, and no reason to be glad of it."""
    if any(word in server.edition for word in ("Developer", "Evaluation")):
        said = Text("{edition}: not licensed for production", edition=server.edition)
        yield Note(database.where, said)
    life = database_lifetime(row)
    if life and life.support_ends and life.support_ends < moment.now.date():
        said = Text(
            "{product} {release}: its vendor's support ended on {day}",
            product=life.product,
            release=life.release,
            day=life.support_ends,
        )
        yield Note(database.where, said)


@check(
    "DB-STATE-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=("manager",),
    phases=("pre", "post"),
    remediation="Bring the named database or replica back first, or drop the replication slot of "
    "one that will not come back; run DBCC CHECKDB where no check is recent. What the product "
    "keeps no record of, attest by name.",
    refs=(
        "https://learn.microsoft.com/sql/t-sql/functions/databasepropertyex-transact-sql",
        "https://learn.microsoft.com/sql/database-engine/availability-groups/windows/monitor-availability-groups-transact-sql",
        "https://www.postgresql.org/docs/current/view-pg-replication-slots.html",
    ),
)
def test_database_is_online_and_sound(
    database: Database,
    database_server: Server,
    database_health: Health | NotKept,
    environment: Environment,
    moment: Moment,
    judge: Judge,
) -> None:
    """The database is online, read-write, multi-user and sound; its replicas are in sync.

    A schema upgrade writes to every table: it meets each damaged page, it stops where the database
    is read-only, and a replica that lags or is gone keeps the log from being emptied until the
    volume is full.
    """
    where = f"{database.database} on {database.where}"
    of = Text("databases and replicas of {slug}", slug=database.slug)
    if isinstance(database_health, NotKept):
        by_person(judge, subject=where, of=of, record=database_health)
        return
    oldest = moment.now - timedelta(days=environment.tolerances.integrity_days)
    found = problems(database_server, database_health, where, oldest)
    replicas = database_health.replicas
    judge(
        examined=1 + (0 if isinstance(replicas, Unread) else len(replicas)),
        of=of,
        problems=found,
        notes=backing_up(database_health, where),
    )


@check(
    "DB-PERM-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("manager",),
    phases=("pre",),
    remediation="Make the manager's login the owner of its database, or a member of db_owner; give "
    "a user whose login is gone a login again (ALTER USER ... WITH LOGIN).",
    refs=("table:database_login_rights",),
)
def test_managers_login_owns_its_database(
    database: Database,
    database_holders: tuple[Holder, ...] | NotKept,
    manager_hosts: dict[str, Host | Unread],
    environment: Environment,
    judge: Judge,
) -> None:
    """Deep Security's login, which dsm.properties name, owns its database.

    The installer creates, alters and drops tables with this login. Where it may only read and
    write, the upgrade stops at the first one.
    """
    of = Text("logins of managers in {slug}", slug=database.slug)
    if isinstance(database_holders, NotKept):
        record = database_holders
        by_person(judge, subject=database.where, of=of, record=record)
        return
    row = login_right(database.product)
    if row is None:
        judge.undetermined(
            Text("no table row says what a login needs in {product}", product=database.product)
        )
    nodes = list(of_nodes(database, environment, manager_hosts))
    problems = [holds(node, named, database_holders, row) for node, named in nodes]
    notes = list(dict.fromkeys(one for one in problems if isinstance(one, Note)))
    judge(
        examined=len(nodes),
        of=of,
        problems=[one for one in problems if not isinstance(one, Note)],
        rests_on=[row.citation],
        notes=notes,
    )


@check(
    "DB-CFG-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    waivable=False,
    steps=("manager",),
    phases=("pre", "post"),
    remediation="Name the database in the environment file as dsm.properties name it, or correct "
    "dsm.properties on the named node. Let the account read the file.",
    refs=("https://github.com/newbieAC/MSSQL_to_postgresql (keys of dsm.properties)",),
)
def test_nodes_use_this_database(
    database: Database,
    database_instance: Instance,
    manager_hosts: dict[str, Host | Unread],
    environment: Environment,
    judge: Judge,
) -> None:
    """dsm.properties on every node names this same server and database.

    Everything that is said here of a database helps nothing when the manager uses another one; and
    a node that is upgraded against another database than the first node is a second manager.
    """
    nodes = list(of_nodes(database, environment, manager_hosts))
    expected = Text(
        "{product} {where}, database {database}",
        product=database.product,
        where=database.where,
        database=database.database,
    )
    wrong = {
        node: Text.joined(", ", differences(named, database, database_instance))
        for node, named in nodes
        if not isinstance(named, Unread)
    }
    judge(
        examined=len(nodes),
        of=Text("nodes that use {slug}", slug=database.slug),
        problems=[
            *(Finding(node, told, expected) for node, told in wrong.items() if told),
            *(Unknown(node, named.reason) for node, named in nodes if isinstance(named, Unread)),
        ],
    )
