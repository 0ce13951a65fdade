"""The simulated manager's nodes: what they share, who may ask them, what an account sees."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from http.cookies import SimpleCookie

from lab.dsm.computers import describe
from lab.dsm.details import detail
from lab.estate import api_key
from lab.transport.leaf import Leaf
from lab.transport.pki import Pki
from lab.transport.server import Asked, Faults, HttpsServer
from lab.world.world import Dsm, DsmNode, Misbehaviour, World


class Manager:
    """What the nodes of one manager share.

    Attributes:
        throttled: how many more requests to ``/api`` are answered "too many".
        page_limit: how many computers a page of ``/api`` holds at most, however many are asked for.
    """

    def __init__(self, world: World, dsm: Dsm) -> None:
        self.world = world
        self.dsm = dsm
        self.api_key = api_key(world)
        self.sessions: dict[str, str] = {}  # sID to rID
        self.uses: Counter[str] = Counter()  # by session or key
        self.throttled = 0
        self.page_limit = 5000

    @cached_property
    def computers(self) -> list[dict[str, object]]:
        """Every computer as ``/api`` tells it, in the order of the numbers."""
        machines = sorted(self.world.of_dsm(self.dsm.slug), key=self.world.computer_id)
        return [describe(self.world, machine) for machine in machines]

    @cached_property
    def visible(self) -> list[dict[str, object]]:
        """Those that the role of kanmon's account selects."""
        hidden = self.dsm.system.role.hidden
        return [row for row in self.computers if row["hostName"] not in hidden]

    @cached_property
    def details(self) -> str:
        """Every host as SOAP's hostDetailRetrieve tells it."""
        return "".join(detail(row) for row in self.visible)

    @cached_property
    def by_number(self) -> dict[object, dict[str, object]]:
        """The computers by their number."""
        return {row["ID"]: row for row in self.computers}

    def open(self) -> tuple[str, str]:
        """A new session: sID and rID."""
        sid, rid = secrets.token_hex(16).upper(), secrets.token_hex(16).upper()
        self.sessions[sid] = rid
        return sid, rid

    def knows(self, given: Mapping[str, object]) -> bool:
        """Whether user and password are right."""
        return given.get("userName") == self.world.username and (
            given.get("password") == self.world.password
        )


class Node(HttpsServer):
    """One manager node; faults of the manager are faults of each of its nodes.

    What it answers is `lab.dsm.server`'s.
    """

    def __init__(self, manager: Manager, node: DsmNode, pki: Pki) -> None:
        super().__init__(manager.world, node.slug, pki)
        faults = [*manager.world.faults(node.slug), *manager.world.faults(manager.dsm.slug)]
        if not node.running:
            faults.append(Misbehaviour(target=node.slug, how="refused"))
        self.faults = Faults(tuple(faults))
        self.manager = manager
        self.clock = node.clock
        self.version = node.version or manager.dsm.version
        self.issued_to = node.issued_to or node.slug

    def leaf(self) -> Leaf:
        """A certificate made out to what the node is called."""
        trusted = not self.faults.has("wrong certificate")
        return self.pki.leaf(self.issued_to, self.addresses, trusted=trusted)

    def accepts(self, given: Mapping[str, object]) -> bool:
        """Whether a login with user and password succeeds."""
        return self.manager.knows(given) and not self.faults.has("wrong password")

    def serves(self, session: str) -> bool:
        """Whether a session or key is good for one more answer."""
        self.manager.uses[session] += 1
        return not self.faults.has("expired session") or self.manager.uses[session] == 1

    def visible(self) -> list[dict[str, object]]:
        """The computers that the account sees."""
        return [] if self.faults.has("weak rights") else self.manager.visible

    def sid(self, asked: Asked) -> str:
        """The session that a request names, in its cookie or in its query."""
        cookie = SimpleCookie(asked.headers.get("cookie", "")).get("sID")
        return cookie.value if cookie else asked.query.get("sID", [""])[0]
