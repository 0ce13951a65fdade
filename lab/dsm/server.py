"""A simulated Deep Security Manager: one HTTPS server for each node, one estate behind them all.

Generation 11 offers SOAP and ``/rest``, generation 20 ``/api`` too. What the vendor does not
document is an assumption: the HTTP status of a refused ``/rest`` login (401) and of a missing
``api-version`` (400), the status of an offline agent ("error"), the wording of the sign-in page.
"""

from __future__ import annotations

import json

from lab.dsm import api, soap, system
from lab.dsm.agents import AgentPort
from lab.dsm.node import Manager, Node
from lab.transport.pki import Pki
from lab.transport.server import Answer, Asked, Server
from lab.world.world import World

SIGN_IN = b"""<!DOCTYPE html>
<html><head><title>Trend Micro Deep Security Manager</title></head>
<body><h1>Deep Security</h1>
<form action="SignIn.screen" method="post">
<input type="text" name="username"><input type="password" name="password">
<input type="submit" value="Sign In">
</form></body></html>
"""


def servers(world: World, pki: Pki) -> list[Server]:
    """Two servers for each node of each manager: for those who ask it, and for its agents."""
    managers = [Manager(world, dsm) for dsm in world.dsm]
    nodes = [(manager, node) for manager in managers for node in manager.dsm.nodes]
    return [
        *(AnsweringNode(manager, node, pki) for manager, node in nodes),
        *(AgentPort(world, manager.dsm, node, pki) for manager, node in nodes),
    ]


class AnsweringNode(Node):
    """A node with its interfaces: the sign-in page, ``/rest``, SOAP and ``/api``."""

    def respond(self, asked: Asked) -> Answer:
        """The answer of the interface that the path belongs to."""
        if asked.path in ("/", "/SignIn.screen"):
            return Answer(body=SIGN_IN, content_type="text/html;charset=UTF-8")
        if (asked.method, asked.path) == ("GET", "/rest/alerts"):
            return system.alerts(self, asked)
        if asked.path.startswith("/rest/"):
            return self._rest(asked)
        if asked.path == "/webservice/Manager":
            return soap.respond(self, asked)
        if asked.path.startswith("/api/") and self.manager.dsm.generation >= 20:  # noqa: PLR2004 - a release
            return api.respond(self, asked)
        return Answer(404, b"<html><body>Not Found</body></html>", "text/html;charset=UTF-8")

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
