"""The database of the manager."""

from kanmon.check import Attestable, Finding, Judge, Severity, check, known
from kanmon.environment.file import Environment
from kanmon.environment.targets import Database
from kanmon.facts import Unread
from kanmon.facts.database.server import Server, Tls
from kanmon.facts.database.state import Instance
from kanmon.facts.dsm.manager import Manager
from kanmon.judging import goals
from kanmon.judging.sqlserver_builds import good, lacking, outweighed, turns_on_the_revision
from kanmon.knowledge.lookup import sqlserver_engine, sqlserver_tls12, tls_rule
from kanmon.knowledge.requirements import DatabaseTlsRule
from kanmon.text import Text
from kanmon.versions import DeepSecurity, SqlServer

SEVERITIES = {
    "required": Severity.BLOCKER,
    "recommended": Severity.WARNING,
    "not required": Severity.ADVICE,
}
TLS_12 = "TLSv1.2"
TLS_13 = "TLSv1.3"


@check(
    "DB-TLS-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("manager",),
    phases=("pre",),
    remediation="Turn TLS 1.2 on in the database server's operating system or configuration, and "
    "patch SQL Server to a build that supports it (DB-TLS-002).",
    refs=("table:database_tls_rules",),
)
def test_database_accepts_tls_12(
    database: Database,
    database_tls: Tls,
    all_dsm_manager: dict[str, Manager | Unread],
    environment: Environment,
    judge: Judge,
) -> None:
    """The database accepts a TLS 1.2 handshake, tried for real on its own port.

    The procedure asks for it of every upgrade to 20.0. Where the server cannot speak it, the
    upgraded manager may not get into its database, after the old one was shut down. The vendor
    writes that 20.0 falls back to a connection without encryption; the procedure does not rely on
    that. Of a server that takes TLS 1.3 alone nobody can say: no text tells whether the manager
    speaks it.
    """
    rule = _rule(database, all_dsm_manager, environment, judge)
    attempt = next((a for a in database_tls.attempts if a.version == TLS_12), None)
    if attempt is None:
        judge.undetermined(
            Text("{where}: {tls_12} was not tried", where=database.where, tls_12=TLS_12)
        )
    taken = [a.version for a in database_tls.attempts if a.outcome == "accepted"]
    told = [a for a in database_tls.attempts if a.outcome in ("accepted", "refused")]
    if attempt.outcome == "untried" or not told:
        judge.undetermined(Text("{where}: {detail}", where=database.where, detail=attempt.detail))
    if taken == [TLS_13]:
        judge.undetermined(
            Text(
                "{where} takes {tls_13} alone: no text says whether the manager can speak it",
                where=database.where,
                tls_13=TLS_13,
            )
        )
    found = Text(
        "{outcome}: {detail}; accepted: {taken}",
        outcome=attempt.outcome,
        detail=attempt.detail,
        taken=", ".join(taken) or Text("none"),
    )
    wrong = Finding(
        database.where, found, Text("a {tls_12} handshake", tls_12=TLS_12), rule.citation
    )
    judge(
        examined=1,
        of=Text("database servers"),
        problems=[] if attempt.outcome == "accepted" else [wrong],
        severity=SEVERITIES[rule.requirement],
        rests_on=[rule.citation],
    )


@check(
    "DB-TLS-002",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    steps=("manager",),
    phases=("pre",),
    remediation="Install the first cumulative update or GDR of the server's branch that supports "
    "TLS 1.2, or a later service pack, before the manager is upgraded.",
    refs=(
        "table:sqlserver_tls12",
        "table:sqlserver_releases",
        "table:sqlserver_engines",
        "table:database_tls_rules",
    ),
)
def test_sql_server_build_supports_tls_12(
    database: Database,
    database_tls: Tls,
    all_database_server: dict[str, Server | Unread],
    all_database_instance: dict[str, Instance | Unread],
    all_dsm_manager: dict[str, Manager | Unread],
    environment: Environment,
    judge: Judge,
) -> None:
    """The SQL Server build is one that supports TLS 1.2.

    GDR and CU branches interleave: a higher build may lack what a lower one has. On a build without
    it, switching TLS 1.2 on in Windows does not help. The server tells its build before any login,
    so a login that fails does not hide it. A TLS 1.2 handshake that the server accepts outweighs
    the table, but for the builds whose service has ended by itself since they have TLS 1.2.
    """
    if database.product != "sqlserver":
        judge.not_applicable(
            Text("the rule is of SQL Server builds, {slug} is another product", slug=database.slug)
        )
    rule = _rule(database, all_dsm_manager, environment, judge)
    _has_builds(database, all_database_instance[database.slug], judge)
    server, accepted = all_database_server[database.slug], database_tls.accepted(TLS_12)
    build = database_tls.server_version if isinstance(server, Unread) else server.version
    if not build:
        judge.undetermined(Text("{where} does not tell its build", where=database.where))
    if isinstance(server, Unread) and turns_on_the_revision(build, accepted=accepted):
        judge.undetermined(
            Text(
                "before a login the server may round its build {build}: {reason}",
                build=build,
                reason=server.reason,
            )
        )
    row = sqlserver_tls12(SqlServer.parse(build))
    will_do = good(row, accepted=accepted)
    if will_do is None:
        judge.undetermined(
            Text("no table row says whether SQL Server build {build} has TLS 1.2", build=build)
        )
    by_table = row if row and (row.supported or not will_do) else None
    judge(
        examined=1,
        of=Text("SQL Server builds"),
        problems=[] if will_do or not row else [lacking(database.where, build, row)],
        severity=SEVERITIES[rule.requirement],
        rests_on=[*([by_table.citation] if by_table else []), rule.citation],
        notes=[] if by_table else [outweighed(database.where, build, row)],
    )


def _has_builds(database: Database, instance: Instance | Unread, judge: Judge) -> None:
    """End the check at a server whose version is no build of SQL Server, as far as it tells."""
    if isinstance(instance, Unread):
        return
    engine = sqlserver_engine(instance.engine_edition)
    if engine is None:
        judge.undetermined(
            Text(
                "no table row says what engine edition {engine_edition} is, whose "
                "version {where} tells",
                engine_edition=instance.engine_edition,
                where=database.where,
            )
        )
    if not engine.builds:
        judge.not_applicable(
            Text(
                "the rule is of SQL Server builds, and the version of {product} is none: "
                "the handshake of {slug} counts (DB-TLS-001)",
                product=engine.product,
                slug=database.slug,
            )
        )


def _rule(
    database: Database,
    managers: dict[str, Manager | Unread],
    environment: Environment,
    judge: Judge,
) -> DatabaseTlsRule:
    """The strictest of the procedure's rules for the managers that use this database."""
    users = [dsm.slug for dsm in environment.dsm if dsm.database == database.slug]
    if not users:
        judge.not_applicable(Text("no manager of the environment uses {slug}", slug=database.slug))
    target = goals.target_manager(environment)
    installation = environment.upgrade.installation
    sources = [None] if installation == "new" else [_version(managers[slug]) for slug in users]
    rules = [tls_rule(source, target, installation) for source in sources]
    fitting = [rule for rule in rules if rule is not None]
    if len(fitting) < len(rules):
        judge.undetermined(
            Text("no rule says what an upgrade to {target} asks of the database", target=target)
        )
    return max(fitting, key=lambda rule: SEVERITIES[rule.requirement])


def _version(manager: Manager | Unread) -> DeepSecurity:
    """Today's version of a manager; a new one has none that could be asked for."""
    return DeepSecurity.parse(known(manager).version)
