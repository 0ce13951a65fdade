"""What manager nodes show to their agents: a look at a certificate, without a login."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from kanmon.environment.targets import Dsm, DsmNode
from kanmon.errors import CouldNotRead
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import AgentPort
from kanmon.readers.transport import hello
from kanmon.text import Text


def agent_ports(target: Dsm) -> tuple[AgentPort, ...]:
    """Every node of the manager, in the order of the environment; a dead one is unread."""
    with ThreadPoolExecutor(len(target.nodes)) as pool:
        return tuple(pool.map(_agent_port, target.nodes))


def _agent_port(node: DsmNode) -> AgentPort:
    endpoint = f"{node.address}:{node.to_agents}"
    try:
        shown = hello.shown(node.address, node.to_agents, node.timeout)
        hashes: tuple[str, ...] | Unread = tuple(map(_hash, shown))
    except CouldNotRead as error:
        hashes = Unread(error.message)
    except (ValueError, UnsupportedAlgorithm) as error:
        tried = Text("read the certificate of {endpoint}", endpoint=endpoint)
        hashes = Unread(CouldNotRead(tried, str(error)).message)
    return AgentPort(node.slug, endpoint, hashes)


def _hash(der: bytes) -> str:
    """How a certificate is signed.

    Raises:
        ValueError: it is none.
        UnsupportedAlgorithm: its signature is of a kind that nobody here knows.
    """
    certificate = x509.load_der_x509_certificate(der)
    found = certificate.signature_hash_algorithm
    return found.name if found else certificate.signature_algorithm_oid._name  # noqa: SLF001 - its only name
