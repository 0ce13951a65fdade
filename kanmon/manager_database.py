"""The database that a manager's own files name, beside the one that the environment names."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kanmon.environment import Database, Environment
from kanmon.facts import Unread
from kanmon.facts.database_state import Instance
from kanmon.facts.linux import Host

DEFAULT_PORTS = {"sqlserver": 1433, "postgresql": 5432}
DEFAULT_INSTANCE = "mssqlserver"
_SERVER = re.compile(
    r"(?:tcp:)?(?P<host>\[[^\]]+\]|[^\\,:\[\]]+|[0-9a-f:]+)(?:\\(?P<instance>[^\\,:]+))?"
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
    """The database in dsm.properties, whose values have no Java escapes any more.

    SQL Server may be named as HOST, HOST\\INSTANCE, HOST,PORT or HOST:PORT. Of the keys, type, name,
    server and user were seen in files; a port and an instance of their own count where they stand.
    """
    values = dict(properties)
    if not values:
        return Unread("there is no dsm.properties")
    kind = values.get("database.type", "")
    server = values.get(f"database.{kind}.server", "")
    database = values.get("database.name", "")
    found = _SERVER.fullmatch(server.strip())
    if not (kind and found and database):
        said = ", ".join(sorted(key for key in values if key.startswith("database.")))
        return Unread(f"dsm.properties name no server or database that kanmon finds; keys: {said}")
    port = found["port"] or values.get(f"database.{kind}.port") or ""
    return Named(
        product=kind.lower(),
        host=found["host"].strip("[]"),
        instance=found["instance"] or values.get(f"database.{kind}.instance") or None,
        port=int(port) if port.isdecimal() else None,
        database=database,
        user=values.get(f"database.{kind}.user") or None,
    )


def of_nodes(
    database: Database, environment: Environment, hosts: Mapping[str, Host | Unread]
) -> Iterator[tuple[str, Named | Unread]]:
    """By node of every manager that uses a database, what its own files name."""
    for dsm in environment.dsm:
        for node in dsm.nodes if dsm.database == database.slug else ():
            on = [linux.slug for linux in environment.linux if linux.node == node.slug]
            host = hosts[on[0]] if len(on) == 1 else _not_one(node.slug, on)
            if isinstance(host, Unread):
                yield node.slug, host
                continue
            properties = host.manager.properties
            yield (
                f"{node.slug} on {host.hostname}",
                properties if isinstance(properties, Unread) else named(properties),
            )


def _not_one(node: str, slugs: list[str]) -> Unread:
    told = ", ".join(slugs) or "none"
    return Unread(f"the environment must name one linux host with node = {node!r}, it names {told}")


def differences(found: Named, database: Database, instance: Instance) -> Iterator[str]:
    """In what the database of a node's files is not the environment's."""
    if found.product != database.product:
        yield f"a database of type {found.product}"
        return
    if not _same_host(found.host, database, instance):
        yield f"server {found.host}"
    default = DEFAULT_PORTS.get(found.product)
    if found.port or not found.instance:
        port = found.port or default
        if port is not None and port != database.port:
            yield f"port {port}"
    elif _plain(found.instance) != _plain(instance.instance):
        yield f"instance {found.instance}"
    same = found.database == database.database
    if found.product == "sqlserver":  # whose names are compared without case, as a rule
        same = found.database.casefold() == database.database.casefold()
    if not same:
        yield f"database {found.database}"


def _plain(instance: str) -> str:
    """An instance's name, the default one's in one spelling."""
    return (instance or DEFAULT_INSTANCE).casefold()


def _same_host(host: str, database: Database, instance: Instance) -> bool:
    """Whether a name or an IP address is the server's; a short name is that of a long one."""
    names = {_spelt(name) for name in (database.address, instance.machine) if name}
    own = names | {_spelt(address) for address in instance.addresses}
    short = {name.partition(".")[0] for name in names if not _is_ip(name)}
    return _spelt(host) in own or _spelt(host) in short


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _spelt(name: str) -> str:
    """A host in one spelling."""
    if _is_ip(name):
        ip = ipaddress.ip_address(name)
        return str(getattr(ip, "ipv4_mapped", None) or ip)
    return name.casefold().removesuffix(".")
