"""WinRM of the lab: WS-Management's remote shell over HTTPS, with basic authentication."""

from __future__ import annotations

import base64
import socket
import threading
import uuid
from dataclasses import dataclass
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from lab.transport.pki import Pki
from lab.transport.server import Answer, Asked, HttpsServer
from lab.transport.ssh import Execute
from lab.world.world import World

SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
NAMESPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "rsp": SHELL,
}
SOAP = "application/soap+xml;charset=UTF-8"


@dataclass
class _Command:
    status: int
    output: list[bytes]  # what is still to be sent, a piece for each Receive


class WinRmServer(HttpsServer):
    """Takes the world's login, opens shells, runs commands; offers basic authentication only."""

    def __init__(
        self, world: World, slug: str, pki: Pki, execute: Execute, addresses: tuple[str, ...]
    ) -> None:
        super().__init__(world, slug, pki, addresses)
        self.execute = execute
        self.connection = threading.local()
        self._shells: dict[str, dict[str, _Command]] = {}

    @property
    def open_shells(self) -> int:
        """How many shells nobody has deleted."""
        return len(self._shells)

    def serve(self, connection: socket.socket, address: str) -> None:
        """HTTPS on one of our addresses; each connection has a thread of its own."""
        self.connection.address = address
        super().serve(connection, address)

    def respond(self, asked: Asked) -> Answer:
        """One WS-Management message."""
        if (asked.method, asked.path) != ("POST", "/wsman"):
            return Answer(404, content_type="text/html")
        if offer := self.challenge(asked):
            return Answer(401, headers={"WWW-Authenticate": offer})
        envelope = ET.fromstring(asked.body)  # noqa: S314 - from our own reader
        header = {
            name: envelope.findtext(f"s:Header/{name}", "", NAMESPACES)
            for name in ("a:Action", "a:MessageID")
        }
        shell = envelope.findtext("s:Header/w:SelectorSet/w:Selector", "", NAMESPACES)
        body = self._act(header["a:Action"].rpartition("/")[2], shell, envelope)
        return Answer(
            200 if body is not None else 500,
            _envelope(header["a:MessageID"], _fault() if body is None else body),
            SOAP,
        )

    def challenge(self, asked: Asked) -> str | None:
        """How one may log in; None once that is done."""
        login = f"{self.world.username}:{self.world.password}".encode()
        given = asked.headers.get("authorization", "").removeprefix("Basic ")
        known = given == base64.b64encode(login).decode()
        refused = self.faults.has("wrong password")
        return None if known and not refused else 'Basic realm="WSMAN"'

    def _act(self, action: str, shell: str, envelope: ET.Element) -> str | None:
        """The body of the answer; None for a shell or a command that nobody opened."""
        if action == "Create":
            shell = str(uuid.uuid4()).upper()
            self._shells[shell] = {}
            return (
                f'<x:ResourceCreated xmlns:x="{TRANSFER}"><a:ReferenceParameters><w:SelectorSet>'
                f'<w:Selector Name="ShellId">{shell}</w:Selector>'
                "</w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>"
            )
        if shell not in self._shells:
            return None
        if action == "Delete":
            del self._shells[shell]
            return ""
        if action == "Command":
            line = envelope.findtext("s:Body/rsp:CommandLine/rsp:Command", "", NAMESPACES)
            command = str(uuid.uuid4()).upper()
            self.requests.append(line)
            status, output = self.execute(line, self.connection.address)
            half = len(output) // 2
            self._shells[shell][command] = _Command(status, [output[:half], output[half:]])
            answer = f"<rsp:CommandId>{command}</rsp:CommandId>"
            return f"<rsp:CommandResponse>{answer}</rsp:CommandResponse>"
        return "<rsp:SignalResponse/>" if action == "Signal" else self._receive(shell, envelope)

    def _receive(self, shell: str, envelope: ET.Element) -> str | None:
        stream = envelope.find("s:Body/rsp:Receive/rsp:DesiredStream", NAMESPACES)
        command = "" if stream is None else stream.get("CommandId", "")
        if command not in self._shells[shell]:
            return None
        running = self._shells[shell][command]
        data = base64.b64encode(running.output.pop(0)).decode()
        state, code = ("Running", "") if running.output else ("Done", running.status)
        return (
            "<rsp:ReceiveResponse>"
            f'<rsp:Stream Name="stdout" CommandId="{command}">{data}</rsp:Stream>'
            f'<rsp:Stream Name="stderr" CommandId="{command}"></rsp:Stream>'
            f'<rsp:CommandState CommandId="{command}" State="{SHELL}/CommandState/{state}">'
            f"<rsp:ExitCode>{code}</rsp:ExitCode></rsp:CommandState></rsp:ReceiveResponse>"
        )


def _fault() -> str:
    code = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
    return (
        "<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text>The shell was not "
        "found on the server.</s:Text></s:Reason><s:Detail>"
        f'<f:WSManFault xmlns:f="{code}" Code="2150858843"/></s:Detail></s:Fault>'
    )


def _envelope(message: str, body: str) -> bytes:
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    return (
        f"<s:Envelope {spaces}><s:Header><a:RelatesTo>{escape(message)}</a:RelatesTo></s:Header>"
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()
