"""SSH servers of the lab: a host key each, password login, one simulated command after another."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Callable

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)

from lab.transport.pki import Pki
from lab.transport.server import Server
from lab.world.world import World

_quiet = logging.getLogger("lab.transport.ssh")
_quiet.disabled = True  # paramiko logs a traceback for every client that goes away

Execute = Callable[[str, str], tuple[int, bytes]]
"""Exit status and output of a command on the machine with an address."""


class SshServer(Server):
    """Takes the world's login and answers commands; ``known_hosts`` gets its key when it starts."""

    def __init__(
        self,
        world: World,
        slug: str,
        pki: Pki,
        execute: Execute,
        addresses: tuple[str, ...] = (),
    ) -> None:
        super().__init__(world, slug, pki, addresses)
        self.execute = execute
        self.key = paramiko.ECDSAKey.generate()

    def start(self) -> None:
        """Listen, and tell the world our host key (another one for "wrong certificate")."""
        super().start()
        wrong = self.faults.has("wrong certificate")
        told = paramiko.ECDSAKey.generate() if wrong else self.key
        with self.pki.known_hosts.open("a", encoding="utf-8") as known:
            for address in self.addresses:
                line = f"[{address}]:{self.port} {told.get_name()} {told.get_base64()}"
                known.write(f"{line}\n")

    def serve(self, connection: socket.socket, address: str) -> None:
        """Speak SSH until the client leaves."""
        transport = paramiko.Transport(connection)
        transport.set_log_channel(_quiet.name)
        transport.add_server_key(self.key)
        with contextlib.suppress(paramiko.SSHException, EOFError):
            transport.start_server(event=threading.Event(), server=_Door(self, address))
            transport.join()

    def answer(self, channel: paramiko.Channel, command: str, address: str) -> None:
        """Run one command and send what it prints, with the faults of the server."""
        self.requests.append(command)
        self.faults.delay()
        status, output = self.execute(command, address)
        if self.faults.has("echo"):
            login = f"{self.world.username}:{self.world.password}"
            self.echoed.append(said := f"{login} is refused; the login was {login}")
            status, output = 1, f"{said}\n".encode()
            channel.sendall_stderr(output)
        with contextlib.suppress(OSError, EOFError):
            if self.faults.has("cut off"):
                channel.sendall(output[: len(output) // 2])
                channel.get_transport().close()
                return
            half = self.faults.has("half a page")
            channel.sendall(output[: len(output) // 2] if half else output)
            channel.send_exit_status(status)
            # The client closes: our close could overtake the reply to its request.
            channel.shutdown_write()


class _Door(paramiko.ServerInterface):
    """Who comes in, and what a session may ask for: one command."""

    def __init__(self, owner: SshServer, address: str) -> None:
        self._owner = owner
        self._address = address

    def get_allowed_auths(self, username: str) -> str:
        del username
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        world = self._owner.world
        known = (username, password) == (world.username, world.password)
        if known and not self._owner.faults.has("wrong password"):
            return AUTH_SUCCESSFUL
        return AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        del chanid
        if kind == "session":
            return OPEN_SUCCEEDED
        return OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        arguments = (channel, command.decode(), self._address)
        threading.Thread(target=self._owner.answer, args=arguments, daemon=True).start()
        return True
