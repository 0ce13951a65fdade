"""A whole estate: every server of a world, and the environment file that reaches them."""

from __future__ import annotations

import importlib.util
import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

from lab.transport.pki import Pki
from lab.world.attested import attested
from lab.world.waiver import Waiver
from lab.world.world import DsmNode, World

if TYPE_CHECKING:
    from lab.transport.server import Server

KINDS = tuple(name for name in World.model_fields if importlib.util.find_spec(f"lab.{name}"))
"""The tables of a world that have a server of their own."""
RESTART = 2.0
"""Seconds that a restart takes: clocks are read in whole ones, and it is after what was before."""


class Estate:
    """The servers of a world; usable as a context manager.

    Every lab module has ``servers(world, pki)``, which makes the servers of its kind unstarted. A
    server's slug is the target's, for a manager the node's. Before ``start`` an estate costs
    nothing and can already be described.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.pki = Pki()
        self.servers: dict[str, Server] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Make and start every server."""
        self.pki.secret("password", self.world.password)
        self.pki.secret("api-key", api_key(self.world))
        for server in self._make():
            server.start()

    def move_on(self, world: World) -> None:
        """Become another moment of the same estate: every server is made anew on its old port.

        Args:
            world: with the same targets and nodes, so that the environment file stays true.
        """
        former = self.servers
        for server in former.values():
            server.pause()
        time.sleep(RESTART)
        self.pki.known_hosts.unlink(missing_ok=True)
        self.world = world
        for server in self._make():
            server.port = former[server.slug].port
            server.start()
        for server in former.values():
            server.stop()

    def stop(self) -> None:
        """Stop every server and remove the estate's files."""
        for server in self.servers.values():
            server.stop()
        self.pki.close()

    def _make(self) -> list[Server]:
        """The servers of the world, unstarted, by their slugs from here on."""
        modules = [importlib.import_module(f"lab.{kind}") for kind in KINDS]
        made = [one for module in modules for one in module.servers(self.world, self.pki)]
        self.servers = {server.slug: server for server in made}
        return made

    def environment(self) -> str:
        """The environment file (TOML) that reaches this estate; ports are real after ``start``."""
        return "\n".join(_lines(self)) + "\n"

    def waivers(self) -> str:
        """The file of waivers (TOML) beside it; empty where its board accepts nothing."""
        return "".join(f"{line}\n" for one in self.world.waiver for line in _waiver(one))

    def port(self, slug: str) -> int:
        """Port of a server; before ``start`` a low number of its own, which nobody dials."""
        if slug in self.servers:
            return self.servers[slug].port
        nodes = [node for dsm in self.world.dsm for node in dsm.nodes]
        owners = [one for kind in KINDS for one in getattr(self.world, kind)]
        slugs = [*(one.slug for one in (*owners, *nodes)), *(node.to_agents for node in nodes)]
        return 1 + slugs.index(slug)


def api_key(world: World) -> str:
    """The key that the simulated manager's ``/api`` takes."""
    return f"1:{world.password[::-1]}"


def _waiver(one: Waiver) -> Iterator[str]:
    """One waiver as its file has it."""
    yield "[[waiver]]"
    words = one.model_dump(exclude={"days"})
    yield from (f"{key} = {_toml(value)}" for key, value in words.items())
    yield f"expires = {one.expires.isoformat()}"


def _lines(estate: Estate) -> Iterator[str]:
    world = estate.world
    home = estate.pki.home.as_posix()
    yield f"# {world.title}"
    if world.change:
        start, end = world.change.window()
        yield "[change]"
        yield f"number = {_toml(world.change.number)}"
        yield f"window = {{ start = {start.isoformat()}, end = {end.isoformat()} }}"
    if world.upgrade:
        yield "\n[upgrade]"
        yield from (f"{key} = {_toml(value)}" for key, value in world.upgrade.items())
    for planned in world.plan:
        yield "\n[[plan]]"
        yield from (f"{key} = {_toml(value)}" for key, value in planned.items())
    given = world.attestation
    for one in attested(world) if given is None else given:
        yield "\n[[attestation]]"
        words = one.model_dump(exclude={"days_ago"}, exclude_defaults=True) | {"by": one.by}
        words |= {"says": one.says}
        yield from (f"{key} = {_toml(value)}" for key, value in words.items())
        yield f"on = {one.on.isoformat()}"
    for kind in KINDS:
        for target in getattr(world, kind):
            yield f"\n[[{kind}]]"
            yield from (f"{key} = {_toml(value)}" for key, value in _target(estate, kind, target))
    yield "\n[credentials.lab]"
    yield f"username = {_toml(world.username)}"
    yield f"password = {_toml(f'file:{home}/password')}"
    yield f"api_key = {_toml(f'file:{home}/api-key')}"


def _target(estate: Estate, kind: str, target: Any) -> Iterator[tuple[str, Any]]:
    """Key and value of one target's table."""
    ca, known_hosts = estate.pki.ca.as_posix(), estate.pki.known_hosts.as_posix()
    timeout = {"timeout": estate.world.timeout} if estate.world.timeout else {}
    yield "slug", target.slug
    yield "credential", "lab"
    if kind == "dsm":
        reach = {"address": "127.0.0.1", "ca": ca, **timeout}
        yield "database", target.database
        yield (
            "nodes",
            [_node(estate, node) | reach for node in target.nodes],
        )
        return
    yield from timeout.items()
    yield "port", estate.port(target.slug)
    if kind == "windows":
        yield from {"from_dsm": target.from_dsm, "transport": target.transport}.items()
        yield "dial", "last_ip"
        yield ("ca", ca) if target.transport == "winrm" else ("known_hosts", known_hosts)
        return
    yield "address", "127.0.0.1"
    if kind == "manager_host":
        yield from {"platform": "windows", "node": target.node}.items()
        yield from {"transport": target.transport, "precheck": r"C:\kanmon\precheck-*.csv"}.items()
        yield "old_installer", r"C:\kanmon\old\Manager-Windows-*.x64.exe"
        yield ("ca", ca) if target.transport == "winrm" else ("known_hosts", known_hosts)
        return
    if kind == "linux":
        yield "known_hosts", known_hosts
        if target.node:
            yield "node", target.node
            yield "old_installer", "/root/old/Manager-Linux-*.sh"
            yield "precheck", "/root/precheck-*.csv"
        return
    yield "ca", ca
    yield from {"vcenter": target.vcenter}.items() if kind == "nsxv" else ()
    yield from {"vcenters": target.vcenters}.items() if kind == "nsxt" else ()
    if kind == "database":
        yield from {"product": target.product, "database": target.database}.items()


def _node(estate: Estate, node: DsmNode) -> dict[str, Any]:
    ports = {"port": estate.port(node.slug), "agent_port": estate.port(node.to_agents)}
    return {"slug": node.slug, **ports}


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(v)}" for key, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    return json.dumps(value)
