"""Whether a build of SQL Server has TLS 1.2, beside what its server did in a handshake."""

from __future__ import annotations

from kanmon.check import Finding, Note
from kanmon.knowledge.lookup import (
    sqlserver_release,
    sqlserver_tls12,
    sqlserver_with_tls12,
)
from kanmon.knowledge.requirements import SqlServerTls12
from kanmon.text import Text
from kanmon.versions import SqlServer


def good(row: SqlServerTls12 | None, *, accepted: bool) -> bool | None:
    """Whether a build will do, None where nobody can say.

    Args:
        row: what the table says of it.
        accepted: its server accepted a TLS 1.2 handshake. That outweighs the table, but for builds
            that crash: they accept it while they run.
    """
    if row and row.crashes:
        return False
    if accepted:
        return True
    return row.supported if row else None


def turns_on_the_revision(build: str, *, accepted: bool) -> bool:
    """Whether builds that differ from this one in the last number only are judged differently."""
    parts = build.split(".")
    around = [".".join([*parts[:3], revision]) for revision in ("0", "9999")]
    rows = [sqlserver_tls12(SqlServer.parse(one)) for one in around]
    return len({good(row, accepted=accepted) for row in rows}) > 1


def lacking(where: str, build: str, row: SqlServerTls12) -> Finding:
    """A build that will not do, and the next one that does."""
    found = Text("build {build}", build=named(build))
    wanted = Text("a build with TLS 1.2")
    if row.crashes:
        found = Text("build {build}, whose service ends by itself now and then", build=named(build))
        wanted = Text("a build with TLS 1.2 that runs on")
    if after := sqlserver_with_tls12(SqlServer.parse(build)):
        wanted = Text("{wanted}: {build} is one", wanted=wanted, build=named(after.first))
    return Finding(where, found, wanted, row.citation)


def named(build: str) -> str:
    """A build with the name that its vendor gave it, where a row has that."""
    row = sqlserver_release(build)
    return Text("{build} ({release})", build=build, release=row.release) if row else build


def outweighed(where: str, build: str, row: SqlServerTls12 | None) -> Note:
    """That a handshake, and not the table, is why a build will do."""
    if row and row.supported is False:
        return Note(
            where,
            Text(
                "a TLS 1.2 handshake outweighs the table, which lists build {build} without it",
                build=build,
            ),
        )
    return Note(
        where,
        Text("a TLS 1.2 handshake speaks for build {build}, which no table row does", build=build),
    )
