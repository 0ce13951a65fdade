"""A simulated Deep Security Manager: one HTTPS server for each node, one estate behind them all.

Generation 11 offers SOAP and ``/rest``, generation 20 ``/api`` too. What the vendor does not
document is an assumption: the HTTP status of a refused ``/rest`` login (401) and of a missing
``api-version`` (400), the status of an offline agent ("error"), the wording of the sign-in page.
"""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from http.cookies import SimpleCookie

from lab.dsm import api as dsm_api
from lab.dsm import soap as dsm_soap
from lab.dsm import system as dsm_system
from lab.dsm.computers import describe
from lab.estate import api_key
from lab.transport.pki import Pki
from lab.transport.server import Answer, Asked, Faults, HttpsServer, Server
from lab.world.world import Dsm, DsmNode, Misbehaviour, World

SIGN_IN = b"""<!DOCTYPE html>
<html><head><title>Trend Micro Deep Security Manager</title></head>
<body><h1>Deep Security</h1>
<form action="SignIn.screen" method="post">
<input type="text" name="username"><input type="password" name="password">
<input type="submit" value="Sign In">
</form></body></html>
"""


def servers(world: World, pki: Pki) -> list[Server]:
    """A server for each node of each manager."""
    managers = [Manager(world, dsm) for dsm in world.dsm]
    return [Node(manager, node, pki) for manager in managers for node in manager.dsm.nodes]


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
        return "".join(dsm_soap.detail(row) for row in self.visible)

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
    """One manager node; faults of the manager are faults of each of its nodes."""

    def __init__(self, manager: Manager, node: DsmNode, pki: Pki) -> None:
        super().__init__(manager.world, node.slug, pki)
        faults = [*manager.world.faults(node.slug), *manager.world.faults(manager.dsm.slug)]
        if not node.running:
            faults.append(Misbehaviour(target=node.slug, how="refused"))
        self.faults = Faults(tuple(faults))
        self.manager = manager
        self.version = node.version or manager.dsm.version

    def respond(self, asked: Asked) -> Answer:
        """The answer of the interface that the path belongs to."""
        if asked.path in ("/", "/SignIn.screen"):
            return Answer(body=SIGN_IN, content_type="text/html;charset=UTF-8")
        if (asked.method, asked.path) == ("GET", "/rest/alerts"):
            return dsm_system.alerts(self, asked)
        if asked.path.startswith("/rest/"):
            return self._rest(asked)
        if asked.path == "/webservice/Manager":
            return dsm_soap.respond(self, asked)
        if asked.path.startswith("/api/") and self.manager.dsm.generation >= 20:  # noqa: PLR2004 - a release
            return dsm_api.respond(self, asked)
        return Answer(404, b"<html><body>Not Found</body></html>", "text/html;charset=UTF-8")

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

    def _rest(self, asked: Asked) -> Answer:
        match asked.method, asked.path:
            case "GET", "/rest/apiVersion":
                return _text("5")
            case "GET", "/rest/managerInfo/version":
                return _text(self.version)
            case "GET", "/rest/status/manager/current/ping" | "/rest/status/manager/ping":
                return _text("")
            case "POST", "/rest/authentication/login/primary" | "/rest/authentication/login":
                return self._rest_login(asked)
            case "DELETE", "/rest/authentication/logout":
                self.manager.sessions.pop(self.sid(asked), None)
                return _text("")
        return _refusal(404, "Not found")

    def _rest_login(self, asked: Asked) -> Answer:
        try:
            given = json.loads(asked.body)["dsCredentials"]
        except (ValueError, KeyError, TypeError):
            return _refusal(400, "Bad request")
        if not self.accepts(given):
            return _refusal(401, "Authentication failed: unknown user or wrong password")
        return _text(self.manager.open()[0])


def _text(text: str) -> Answer:
    return Answer(body=text.encode(), content_type="text/plain;charset=UTF-8")


def _refusal(status: int, message: str) -> Answer:
    return Answer(status, json.dumps({"error": {"message": message}}).encode())
