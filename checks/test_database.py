"""The database of the manager."""

from kanmon.check import Finding, Severity, Verdict, check, known
from kanmon.environment import Database, Environment
from kanmon.facts import Unread
from kanmon.facts.database import Server, Tls
from kanmon.facts.dsm import Manager
from kanmon.knowledge.requirements import DatabaseTlsRule
from kanmon.lookup import sqlserver_tls12, tls_rule
from kanmon.versions import DeepSecurity, SqlServer

SEVERITIES = {
    "required": Severity.BLOCKER,
    "recommended": Severity.WARNING,
    "not required": Severity.ADVICE,
}
TLS_12 = "TLSv1.2"


@check(
    "DB-TLS-001",
    severity=Severity.BLOCKER,
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
    verdict: Verdict,
) -> None:
    """The database accepts a TLS 1.2 handshake, tried for real on its own port.

    The procedure asks for it of every upgrade to 20.0. Where the server cannot speak it, the
    upgraded manager may not get into its database, after the old one was shut down. The vendor
    writes that 20.0 falls back to a connection without encryption; the procedure does not rely on
    that.
    """
    rule = _rule(database, all_dsm_manager, environment, verdict)
    attempt = next((a for a in database_tls.attempts if a.version == TLS_12), None)
    if attempt is None:
        verdict.undetermined(f"{database.where}: {TLS_12} was not tried")
    taken = [a.version for a in database_tls.attempts if a.outcome == "accepted"]
    told = [a for a in database_tls.attempts if a.outcome in ("accepted", "refused")]
    if attempt.outcome == "untried" or not told:
        verdict.undetermined(f"{database.where}: {attempt.detail}")
    found = f"{attempt.outcome}: {attempt.detail}; accepted: {', '.join(taken) or 'none'}"
    wrong = Finding(database.where, found, f"a {TLS_12} handshake", rule.citation)
    verdict(
        examined=1,
        of="database servers",
        findings=[] if attempt.outcome == "accepted" else [wrong],
        severity=SEVERITIES[rule.requirement],
        rests_on=[rule.citation],
    )


@check(
    "DB-TLS-002",
    severity=Severity.BLOCKER,
    steps=("manager",),
    phases=("pre",),
    remediation="Install the first cumulative update or GDR of the server's branch that supports "
    "TLS 1.2, or a later service pack, before the manager is upgraded.",
    refs=("table:sqlserver_tls12", "table:database_tls_rules"),
)
def test_sql_server_build_supports_tls_12(
    database: Database,
    database_tls: Tls,
    all_database_server: dict[str, Server | Unread],
    all_dsm_manager: dict[str, Manager | Unread],
    environment: Environment,
    verdict: Verdict,
) -> None:
    """The SQL Server build is one that supports TLS 1.2.

    GDR and CU branches interleave: a higher build may lack what a lower one has. On a build without
    it, switching TLS 1.2 on in Windows does not help. The server tells its build before any login,
    so a login that fails does not hide it.
    """
    if database.product != "sqlserver":
        verdict.not_applicable(
            f"the rule is of SQL Server builds, {database.slug} is another product"
        )
    rule = _rule(database, all_dsm_manager, environment, verdict)
    server = all_database_server[database.slug]
    build = database_tls.server_version if isinstance(server, Unread) else server.version
    if not build:
        verdict.undetermined(f"{database.where} does not tell its build")
    row = sqlserver_tls12(SqlServer.parse(build))
    if row is None:
        verdict.undetermined(f"no table row covers SQL Server build {build}")
    if isinstance(server, Unread) and _turns_on_the_revision(build):
        verdict.undetermined(
            f"before a login the server may round its build {build}: {server.reason}"
        )
    wrong = Finding(database.where, f"build {build}", "a build with TLS 1.2", row.citation)
    verdict(
        examined=1,
        of="SQL Server builds",
        findings=[] if row.supported else [wrong],
        severity=SEVERITIES[rule.requirement],
        rests_on=[row.citation, rule.citation],
    )


def _turns_on_the_revision(build: str) -> bool:
    """Whether builds that differ from this one in the last number only are judged differently."""
    parts = build.split(".")
    around = [".".join([*parts[:3], revision]) for revision in ("0", "9999")]
    return len({sqlserver_tls12(SqlServer.parse(one)) for one in around}) > 1


def _rule(
    database: Database,
    managers: dict[str, Manager | Unread],
    environment: Environment,
    verdict: Verdict,
) -> DatabaseTlsRule:
    """The strictest of the procedure's rules for the managers that use this database."""
    users = [dsm.slug for dsm in environment.dsm if dsm.database == database.slug]
    if not users:
        verdict.not_applicable(f"no manager of the environment uses {database.slug}")
    if environment.upgrade.deep_security is None:
        verdict.undetermined("the environment does not say upgrade.deep_security")
    target = DeepSecurity.parse(environment.upgrade.deep_security)
    installation = environment.upgrade.installation
    sources = [None] if installation == "new" else [_version(managers[slug]) for slug in users]
    rules = [tls_rule(source, target, installation) for source in sources]
    fitting = [rule for rule in rules if rule is not None]
    if len(fitting) < len(rules):
        verdict.undetermined(f"no rule says what an upgrade to {target} asks of the database")
    return max(fitting, key=lambda rule: SEVERITIES[rule.requirement])


def _version(manager: Manager | Unread) -> DeepSecurity:
    """Today's version of a manager; a new one has none that could be asked for."""
    return DeepSecurity.parse(known(manager).version)
