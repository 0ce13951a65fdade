"""The port on which a simulated manager node meets its agents: both sides show a certificate."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

from lab.transport.server import Faults, Server
from lab.world.world import Dsm, DsmNode, Misbehaviour, World

if TYPE_CHECKING:
    from lab.transport.pki import Pki


class AgentPort(Server):
    """It shows its certificate, and asks for one that nobody but an agent has."""

    def __init__(self, world: World, dsm: Dsm, node: DsmNode, pki: Pki) -> None:
        super().__init__(world, node.to_agents, pki)
        faults = [*world.faults(node.slug), *world.faults(dsm.slug)]
        if not node.running:
            faults.append(Misbehaviour(target=node.slug, how="refused"))
        self.faults = Faults(tuple(faults))
        self.node = node

    def start(self) -> None:
        """Have a certificate before the first client comes, then listen."""
        old = self.node.agent_hash == "sha1"
        leaf = self.pki.old_leaf(self.slug) if old else self.leaf()
        self._secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._secure.set_ciphers("ALL:@SECLEVEL=0")
        self._secure.load_cert_chain(leaf.path)
        self._secure.load_verify_locations(self.pki.trusted.path)
        self._secure.verify_mode = ssl.CERT_REQUIRED
        super().start()

    def serve(self, connection: socket.socket, address: str) -> None:
        """A handshake, which ends where the other side shows nothing."""
        del address
        with self._secure.wrap_socket(connection, server_side=True):
            pass
