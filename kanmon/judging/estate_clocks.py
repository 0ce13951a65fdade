"""Every clock of an estate, beside that of the machine that read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil

from kanmon.check import Unknown
from kanmon.environment.file import Environment
from kanmon.environment.targets import Linux, ManagerHost
from kanmon.facts import ClockReading, Unread
from kanmon.facts.database import state
from kanmon.facts.dsm.manager import NodeClock
from kanmon.facts.linux.manager import ManagerNode
from kanmon.facts.vcenter.hosts import Clock, HostAnswer
from kanmon.judging.clocks import Span, apart, of_database, of_host
from kanmon.text import Text

WEB_SERVER = Text("the Date of its own web server")
VCENTER = Text("vCenter's CurrentTime")
HOST = Text("the host's QueryDateTime")
SHELL = Text("its shell")
DATABASE = Text("its database server")

Readings = dict[str, ClockReading | Unread]


@dataclass(frozen=True, slots=True)
class Beside:
    """A clock beside the reader's.

    Attributes:
        target: slug of the target that told it.
        subject: whose it is, as an operator finds it.
        span: by how many seconds it is ahead of the reader's.
        way: how it was read.
    """

    target: str
    subject: str
    span: Span
    way: str


@dataclass(frozen=True, slots=True)
class AllClocks:
    """What every target told of its clock; each field is something that a check may ask for."""

    all_vcenter_clock: Readings
    all_vcenter_clocks: dict[str, tuple[HostAnswer[Clock], ...] | Unread]
    all_nsxv_clock: Readings
    all_nsxt_clock: Readings
    all_dsm_clocks: dict[str, tuple[NodeClock, ...] | Unread]
    all_database_clock: dict[str, state.Clock | Unread]
    manager_nodes: dict[str, ManagerNode | Unread]

    def told(self, environment: Environment, step: str | None) -> Iterator[Beside | Unknown]:
        """The clocks that a step depends on, and the targets that did not tell theirs.

        A node is told by its machine, and by its own web server where that machine is not read. A
        machine with an agent alone counts where agents are upgraded, the database where the manager
        is: one that kanmon cannot log in to until its own step is no reason to keep another shut.
        """
        yield from _of_products(self.all_vcenter_clock, VCENTER)
        yield from self._hosts(environment.tolerances.clock_seconds)
        yield from _of_products(self.all_nsxv_clock, WEB_SERVER)
        yield from _of_products(self.all_nsxt_clock, WEB_SERVER)
        machines = {one.node: self._shell(one) for one in environment.node_hosts if one.node}
        yield from self._nodes(machines)
        if step in (None, "agent"):
            yield from (self._shell(one) for one in environment.linux if not one.node)
        if step in (None, "manager"):
            for one in environment.database:
                yield self._database(one.slug, ceil(one.timeout))

    def _hosts(self, limit: float) -> Iterator[Beside]:
        """Hosts that go with their vCenter; ESX-TIME-001 names the others, and those unread."""
        for slug, own in self.all_vcenter_clock.items():
            hosts = self.all_vcenter_clocks[slug]
            if isinstance(own, Unread) or isinstance(hosts, Unread):
                continue
            for host in hosts:
                ahead = host.answer
                if not isinstance(ahead, Unread) and not Span(ahead.least, ahead.most).off(limit):
                    span = Span(own.low + ahead.least, own.high + ahead.most)
                    yield Beside(slug, f"{host.host_name} ({host.host})", span, HOST)

    def _nodes(self, machines: Mapping[str, Beside | Unknown]) -> Iterator[Beside | Unknown]:
        for slug, clocks in self.all_dsm_clocks.items():
            if isinstance(clocks, Unread):
                yield Unknown(slug, clocks.reason)
                continue
            for node in clocks:
                shell = machines.get(node.slug)
                if isinstance(shell, Beside):
                    yield shell
                else:
                    yield _of_product(node.slug, node.reading, WEB_SERVER)

    def _shell(self, machine: Linux | ManagerHost) -> Beside | Unknown:
        node = self.manager_nodes[machine.slug]
        clock = node if isinstance(node, Unread) else node.clock
        if isinstance(clock, Unread):
            return Unknown(machine.slug, clock.reason)
        named = machine.node or machine.slug
        return Beside(machine.slug, named, of_host(named, clock).span, SHELL)

    def _database(self, slug: str, within: float) -> Beside | Unknown:
        clock = self.all_database_clock[slug]
        if isinstance(clock, Unread):
            return Unknown(slug, clock.reason)
        return Beside(slug, slug, of_database(slug, clock, within).span, DATABASE)


def _of_products(readings: Readings, way: str) -> Iterator[Beside | Unknown]:
    yield from (_of_product(slug, reading, way) for slug, reading in readings.items())


def _of_product(slug: str, reading: ClockReading | Unread, way: str) -> Beside | Unknown:
    if isinstance(reading, Unread):
        return Unknown(slug, reading.reason)
    return Beside(slug, slug, Span(reading.low, reading.high), way)


def reader_alone(clocks: Sequence[Beside], limit: float) -> Span | None:
    """How far the clocks are ahead of the reader's where they agree with each other against it.

    None where they do not, and where a single target told them: a vCenter and the hosts that go
    with it are one source of time, and no witness against the reader.
    """
    if len({one.target for one in clocks}) < 2 or not all(one.span.off(limit) for one in clocks):  # noqa: PLR2004 - a second target
        return None
    latest, earliest = max(one.span.low for one in clocks), min(one.span.high for one in clocks)
    return Span(*sorted((latest, earliest))) if latest - earliest <= limit else None


def apart_by_themselves(
    environment: Environment, clocks: Sequence[Beside], limit: float
) -> set[str]:
    """Targets whose clocks DSM-TIME-001 finds apart: a manager's nodes and its database."""
    found: set[str] = set()
    for dsm in environment.dsm:
        nodes = {node.slug for node in dsm.nodes}
        slugs = {one.slug for one in environment.node_hosts if one.node in nodes} | {dsm.database}
        spans = [one.span for one in clocks if one.target in slugs]
        if any(apart(one, other).low > limit for one, other in combinations(spans, 2)):
            found |= slugs
    return found
