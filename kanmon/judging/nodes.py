"""What checks ask of a manager's nodes: the host of each, and what the target needs of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from kanmon.check import Note, Problem, Unknown, known
from kanmon.environment.file import Environment
from kanmon.environment.targets import Dsm, DsmNode
from kanmon.errors import Undetermined
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer, Node
from kanmon.facts.linux.host import Host
from kanmon.knowledge.lookup import sizing
from kanmon.knowledge.requirements import ManagerSizing
from kanmon.text import Text
from kanmon.versions import DeepSecurity, VersionError

Fact = TypeVar("Fact")


def in_order(dsm: Dsm, answers: Iterable[Node]) -> list[Node]:
    """What is known of every node, in the order of the environment: the first is upgraded first.

    Raises:
        Undetermined: nothing is known of one.
    """
    found = {node.slug: node for node in answers}
    if missing := [node.slug for node in dsm.nodes if node.slug not in found]:
        raise Undetermined(
            Text("{slug}: nothing is known of {missing}", slug=dsm.slug, missing=", ".join(missing))
        )
    return [found[node.slug] for node in dsm.nodes]


def named(node: Node) -> str:
    """What an operator can search for."""
    return f"{node.slug} ({node.endpoint})"


def count_agents(computers: Sequence[Computer]) -> int:
    """How many of a manager's computers count for its size: those that it manages.

    A connector lists every VM of its vCenter, also those with neither agent nor appliance.
    """
    return sum(
        one.kind == "appliance" or (one.kind != "esx" and (one.has_agent or one.by_appliance))
        for one in computers
    )


def needed(target: DeepSecurity, computers: Sequence[Computer]) -> ManagerSizing:
    """What each node needs for the target.

    Raises:
        Undetermined: no row covers it.
    """
    agents = count_agents(computers)
    row = sizing(target, agents)
    if row is None:
        raise Undetermined(
            Text(
                "no row of {table} covers {agents} agents on {target}",
                table="manager_sizing",
                agents=agents,
                target=target,
            )
        )
    return row


def fact_of(node: DsmNode, environment: Environment, facts: Mapping[str, Fact | Unread]) -> Fact:
    """A fact of the one host on which a node runs.

    Raises:
        Undetermined: the environment names none, or several, or the fact could not be read.
    """
    hosts = [host.slug for host in environment.node_hosts if host.node == node.slug]
    if len(hosts) != 1:
        raise Undetermined(
            Text(
                "the environment must name one manager_host with node = {node}, it names {hosts}",
                node=repr(node.slug),
                hosts=", ".join(hosts) or Text("none"),
            )
        )
    return known(facts[hosts[0]])


def host_of(node: DsmNode, environment: Environment, hosts: Mapping[str, Host | Unread]) -> Host:
    """The machine on which a node runs; where a manager is newly installed, is to run.

    Raises:
        Undetermined: see ``fact_of``; or no manager is there, so that it is another machine.
    """
    host = fact_of(node, environment, hosts)
    if environment.upgrade.installation == "upgrade" and not host.manager.installed:
        raise Undetermined(
            Text(
                "{hostname} has no folder of a manager: is it the machine of this node?",
                hostname=host.hostname,
            )
        )
    return host


def each(
    dsm: Dsm, of_node: Callable[[DsmNode], Iterable[Problem | Note]]
) -> tuple[list[Problem], list[Note]]:
    """What is to be said of every node; one that cannot be judged does not hide the others.

    Notes that say the same of several objects become one.
    """
    problems: list[Problem] = []
    notes: dict[str, list[str]] = {}
    for node in dsm.nodes:
        try:
            for said in of_node(node):
                if isinstance(said, Note):
                    notes.setdefault(said.text, []).append(said.subject)
                else:
                    problems.append(said)
        except (Undetermined, VersionError) as error:
            problems.append(Unknown(node.slug, error.message))
    return problems, [Note(", ".join(who), text) for text, who in notes.items()]
