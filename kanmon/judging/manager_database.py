"""The database that a manager's own files name, beside the one that the environment names."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from kanmon.check import Finding, Note, Problem, Unknown
from kanmon.environment.file import Environment
from kanmon.environment.targets import Database, Linux, ManagerHost, is_address
from kanmon.facts import Unread
from kanmon.facts.database.server import Server
from kanmon.facts.database.state import Holder, Instance
from kanmon.facts.linux.host import Host
from kanmon.knowledge.databases import LoginRight
from kanmon.knowledge.lookup import sqlserver_engine
from kanmon.text import Text

DEFAULT_PORTS = {"sqlserver": 1433, "postgresql": 5432}
DEFAULT_INSTANCE = "mssqlserver"
_SERVER = re.compile(
    r"(?:tcp:)?(?P<host>\[[^\]]+\]|[^\\,:\[\]]+|[0-9a-f:.]+)(?:\\(?P<instance>[^\\,:]+))?"
    r"(?:[,:](?P<port>\d+))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Named:
    """What dsm.properties say of the database; None where they do not say it.

    Attributes:
        product: in lower case: "sqlserver", "postgresql", "oracle" or another word.
        host: name or IP address.
        instance: of SQL Server.
        user: login of the manager.
    """

    product: str
    host: str
    instance: str | None
    port: int | None
    database: str
    user: str | None


def named(properties: tuple[tuple[str, str], ...]) -> Named | Unread:
    r"""The database in dsm.properties, whose values have no Java escapes any more.

    SQL Server may be named as HOST, HOST\INSTANCE, HOST,PORT or HOST:PORT. The keys for type, name,
    server and user are those of real files; a port and an instance of their own count where given.
    """
    values = dict(properties)
    if not values:
        return Unread(Text("there is no dsm.properties"))
    kind = values.get("database.type", "")
    server = values.get(f"database.{kind}.server", "")
    database = values.get("database.name", "")
    found = _SERVER.fullmatch(server.strip())
    if not (kind and found and database):
        said = ", ".join(sorted(key for key in values if key.startswith("database.")))
        return Unread(
            Text(
                "dsm.properties name no server or database that kanmon finds; keys: {said}",
                said=said,
            )
        )
    port = found["port"] or values.get(f"database.{kind}.port") or ""
    return Named(
        product=kind.lower(),
        host=found["host"].strip("[]"),
        instance=found["instance"] or values.get(f"database.{kind}.instance") or None,
        port=int(port) if port.isdecimal() else None,
        database=database,
        user=values.get(f"database.{kind}.user") or None,
    )


def sold_as(server: Server, instance: Instance) -> str | None:
    """The product as the table of databases names it; None for an edition that nobody knows."""
    if server.product == "sqlserver":
        engine = sqlserver_engine(instance.engine_edition)
        return engine.product if engine else None
    return {"postgresql": "PostgreSQL", "oracle": "Oracle"}.get(server.product)


def holds(
    node: str, found: Named | Unread, holders: tuple[Holder, ...], row: LoginRight
) -> Problem | Note:
    """Whether the login in a node's files has all rights: then a note says through what."""
    if isinstance(found, Unread):
        return Unknown(node, found.reason)
    if not found.user:
        return Unknown(node, Text("dsm.properties name no login of the manager"))
    spelt = _spelling(row.product)
    user = spelt(found.user)
    through = [one.through for one in holders if one.login and spelt(one.login) == user]
    if through:
        return Note(
            f"login {found.user}", Text("has all rights as {through}", through=", ".join(through))
        )
    groups = [one.user for one in holders if _may_hold(one, user)]
    if groups:
        return Unknown(
            node,
            Text(
                "{user} may be in {groups}, whose members are unread",
                user=found.user,
                groups=", ".join(groups),
            ),
        )
    orphan = any(spelt(one.user) == user and one.login is None for one in holders)
    lost = Text("login {user}: a user of that name whose login is gone", user=found.user)
    without = Text("login {user}: without all rights", user=found.user)
    return Finding(node, lost if orphan else without, row.right, row.citation)


def _spelling(product: str) -> Callable[[str], str]:
    """How names of logins and databases are compared: PostgreSQL tells "DSM" and "dsm" apart.

    SQL Server compares them as its collation says, by default without case.
    """
    return str.casefold if product == "sqlserver" else str


def _may_hold(holder: Holder, user: str) -> bool:
    """Whether a holder is a group that the user may be in: of Windows users, or of roles."""
    windows = holder.kind in ("WINDOWS_GROUP", "EXTERNAL_GROUP") and "\\" in user
    return windows or holder.kind in ("DATABASE_ROLE", "SERVER_ROLE")


def of_nodes(
    database: Database, environment: Environment, hosts: Mapping[str, Host | Unread]
) -> Iterator[tuple[str, Named | Unread]]:
    """By node of every manager that uses a database, what its own files name."""
    for dsm in environment.dsm:
        for node in dsm.nodes if dsm.database == database.slug else ():
            on = [one for one in environment.node_hosts if one.node == node.slug]
            host = hosts[on[0].slug] if len(on) == 1 else _not_one(node.slug, on)
            if isinstance(host, Unread):
                yield node.slug, host
                continue
            properties = host.manager.properties
            found = properties if isinstance(properties, Unread) else named(properties)
            if isinstance(found, Named) and _is_loopback(found.host):
                found = replace(found, host=on[0].address)
            yield f"{node.slug} on {host.hostname}", found


def _not_one(node: str, found: list[Linux | ManagerHost]) -> Unread:
    return Unread(
        Text(
            "the environment must name one manager_host with node = {node}, it names {hosts}",
            node=repr(node),
            hosts=", ".join(one.slug for one in found) or Text("none"),
        )
    )


def differences(found: Named, database: Database, instance: Instance) -> Iterator[str]:
    """In what the database of a node's files is not the environment's."""
    if found.product != database.product:
        yield Text("a database of type {product}", product=found.product)
        return
    if not _same_host(found.host, database, instance):
        yield Text("server {host}", host=found.host)
    default = DEFAULT_PORTS.get(found.product)
    if found.port or not found.instance:
        port = found.port or default
        if port is not None and port != database.port:
            yield Text("port {port}", port=port)
    elif _plain(found.instance) != _plain(instance.instance):
        yield Text("instance {instance}", instance=found.instance)
    spelt = _spelling(found.product)
    if spelt(found.database) != spelt(database.database):
        yield Text("database {database}", database=found.database)


def _plain(instance: str) -> str:
    """An instance's name, the default one's in one spelling."""
    return (instance or DEFAULT_INSTANCE).casefold()


def _same_host(host: str, database: Database, instance: Instance) -> bool:
    """Whether a name or an IP address is the server's, by its address or its own word.

    A server tells its own name without a domain: of two long names that differ in theirs it says
    nothing, since the test's server may be called as the production's.
    """
    name, machine, address = _spelt(host), _spelt(instance.machine), _spelt(database.address)
    own = {address, *(_spelt(one) for one in instance.addresses)}
    both_long = name != _label(name) and address != _label(address)
    return name in own or (not both_long and machine == _label(name)) or name == _label(address)


def _label(name: str) -> str:
    """The short form of a long name."""
    return name if is_address(name) else name.partition(".")[0]


def _is_loopback(host: str) -> bool:
    """Whether a node means itself."""
    return host.casefold() == "localhost" or (
        is_address(host) and ipaddress.ip_address(host).is_loopback
    )


def _spelt(name: str) -> str:
    """A host in one spelling."""
    if is_address(name):
        ip = ipaddress.ip_address(name)
        return str(getattr(ip, "ipv4_mapped", None) or ip)
    return name.casefold().removesuffix(".")
