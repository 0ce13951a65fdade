"""SSH as the readers use it: verified host keys, timed, and only the commands that are allowed.

The session is a testinfra host. Its backend is our own: testinfra's paramiko backend takes host
keys that nobody knows, follows the user's ~/.ssh/config and waits for an answer without end.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Never

import paramiko
from paramiko.hostkeys import InvalidHostKey
from testinfra.backend.base import BaseBackend, CommandResult
from testinfra.host import Host

from kanmon.environment.credentials import Login
from kanmon.errors import CouldNotRead, NotAllowed, TargetLost
from kanmon.readers.transport.tls import dial
from kanmon.text import Text

LARGEST_ANSWER = 16 * 1024 * 1024
SLOWEST_ANSWER = 300.0
"""Seconds for the answer of a command that reads gigabytes on the target before it says a word."""
SSH_PORT = 22

# Paramiko logs a traceback for every connection that fails; the operator gets the reason instead.
_quiet = logging.getLogger("kanmon.ssh")
_quiet.disabled = True


class LoginRefused(TargetLost):
    """The machine answered and did not take the login."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An SSH server and how its host key is known.

    Attributes:
        timeout: seconds for each network operation, and for a whole answer.
        host_key: "ssh-ed25519 AAAA..."; known_hosts is not looked at then.
        known_hosts: path; the user's own file where neither is given.
        credential: name of the login in the environment, for advice.
    """

    address: str
    port: int
    timeout: float
    host_key: str | None
    known_hosts: str | None
    credential: str

    @property
    def where(self) -> str:
        """As an operator types it."""
        return f"{self.address}:{self.port}"

    @property
    def name(self) -> str:
        """As a known_hosts file names it."""
        return self.address if self.port == SSH_PORT else f"[{self.address}]:{self.port}"


@contextlib.contextmanager
def reach(endpoint: Endpoint) -> Iterator[Door]:
    """Connect; whatever happens behind the door, the connection is closed at the end.

    Raises:
        TargetLost: nothing answers, or the known host keys cannot be used.
    """
    with (
        dial(endpoint.address, endpoint.port, endpoint.timeout) as raw,
        contextlib.closing(paramiko.SSHClient()) as client,
    ):
        client.set_log_channel(_quiet.name)
        client.set_missing_host_key_policy(_RejectUnknown(endpoint))
        _load_host_keys(client, endpoint)
        yield Door(endpoint, client, raw)


@dataclass(frozen=True, slots=True)
class Door:
    """A connection that nobody has logged in over yet."""

    endpoint: Endpoint
    client: paramiko.SSHClient
    raw: socket.socket

    def log_in(self, login: Login, allowed: Iterable[str], slow: Iterable[str] = ()) -> Host:
        """A testinfra host that runs the allowed commands and nothing else.

        Args:
            login: a password, a private key or both.
            allowed: every command that may be run, word for word.
            slow: likewise, those that may take ``SLOWEST_ANSWER`` where the timeout is shorter.

        Raises:
            TargetLost: the host key is unknown or has changed, or the connection broke off.
            LoginRefused: the login was not taken.
        """
        _log_in(self.client, self.endpoint, login, self.raw)
        timeout = self.endpoint.timeout
        limits = dict.fromkeys(allowed, timeout) | dict.fromkeys(slow, max(timeout, SLOWEST_ANSWER))
        return Host(_Backend(self.client, self.endpoint, limits))


class _RejectUnknown(paramiko.RejectPolicy):
    """Refuses a host key that nobody vouched for, and shows it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def missing_host_key(
        self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey
    ) -> Never:
        del client
        known = self._endpoint.known_hosts or "~/.ssh/known_hosts"
        raise TargetLost(
            Text("verify the host key of {where}", where=self._endpoint.where),
            Text(
                "{type} {fingerprint}, which is not known",
                type=key.get_name(),
                fingerprint=key.fingerprint,
            ),
            Text(
                "compare it on the machine itself, then set host_key, or add {hostname} to {known}",
                hostname=hostname,
                known=known,
            ),
        )


def _load_host_keys(client: paramiko.SSHClient, endpoint: Endpoint) -> None:
    if endpoint.host_key:
        kind, _, rest = endpoint.host_key.strip().partition(" ")
        try:
            data = base64.b64decode(rest.split(" ")[0], validate=True)
            key = paramiko.PKey.from_type_string(kind, data)
        except (ValueError, paramiko.SSHException, paramiko.pkey.UnknownKeyType):
            raise TargetLost(
                Text("use the host_key of {where}", where=endpoint.where),
                Text("it is not a key: {host_key}", host_key=endpoint.host_key[:40]),
                Text("write it as ssh-keyscan prints it, without the host"),
            ) from None
        client.get_host_keys().add(endpoint.name, kind, key)
        return
    try:
        if endpoint.known_hosts:
            client.load_host_keys(endpoint.known_hosts)
        else:
            client.load_system_host_keys()
    except (OSError, ValueError, InvalidHostKey) as error:
        tried = Text(
            "read the host keys in {known_hosts}",
            known_hosts=endpoint.known_hosts or "~/.ssh/known_hosts",
        )
        raise TargetLost(tried, str(error), Text("correct known_hosts")) from None


def _log_in(
    client: paramiko.SSHClient, endpoint: Endpoint, login: Login, raw: socket.socket
) -> None:
    tried = Text(
        "log in to {where} over SSH as {username}", where=endpoint.where, username=login.username
    )
    advice = Text("check the credential {credential}", credential=repr(endpoint.credential))
    try:
        client.connect(
            endpoint.address,
            endpoint.port,
            username=login.username,
            password=login.password.get_secret_value() if login.password else None,
            pkey=_private_key(login, advice),
            sock=raw,
            allow_agent=False,
            look_for_keys=False,
            timeout=endpoint.timeout,
            banner_timeout=endpoint.timeout,
            auth_timeout=endpoint.timeout,
            channel_timeout=endpoint.timeout,
        )
    except paramiko.BadHostKeyException as error:
        raise TargetLost(
            Text("verify the host key of {where}", where=endpoint.where),
            Text(
                "{type} {fingerprint}, known is {known_type} {known_fingerprint}",
                type=error.key.get_name(),
                fingerprint=error.key.fingerprint,
                known_type=error.expected_key.get_name(),
                known_fingerprint=error.expected_key.fingerprint,
            ),
            Text(
                "find out why it changed before anything is sent there; was the machine "
                "reinstalled?"
            ),
        ) from None
    except paramiko.BadAuthenticationType as error:
        offered = ", ".join(error.allowed_types)
        raise LoginRefused(
            tried, Text("the server takes only: {offered}", offered=offered), advice
        ) from None
    except paramiko.AuthenticationException as error:
        # Paramiko calls a timeout and a broken connection during login the same as a refusal.
        refused = str(error) == "Authentication failed."
        kind = LoginRefused if refused else TargetLost
        raise kind(tried, str(error), advice if refused else Text("is it up?")) from None
    except (paramiko.SSHException, OSError, EOFError, ValueError) as error:
        raise TargetLost(
            tried, _reason(error, endpoint), Text("is it up, and is it SSH?")
        ) from None


def _private_key(login: Login, advice: str) -> paramiko.PKey | None:
    if login.private_key is None:
        return None
    passphrase = login.passphrase.get_secret_value().encode() if login.passphrase else None
    try:
        # Paramiko hands it on to cryptography, which takes bytes whatever paramiko's hint says.
        return paramiko.PKey.from_path(login.private_key, passphrase)  # type: ignore[arg-type]
    except OSError as error:
        problem = error.strerror or str(error)
    except TypeError:  # what cryptography says for a passphrase that is missing, or not needed
        problem = Text("it needs no passphrase") if passphrase else Text("it needs a passphrase")
    except (ValueError, paramiko.SSHException, paramiko.pkey.UnknownKeyType):
        problem = Text("it is not a private key that this passphrase opens")
    raise LoginRefused(
        Text("use the private key {private_key}", private_key=login.private_key), problem, advice
    )


def _reason(error: Exception, endpoint: Endpoint, limit: float | None = None) -> str:
    if isinstance(error, TimeoutError):
        return Text("no answer within {timeout} s", timeout=f"{limit or endpoint.timeout:g}")
    # Which of the two paramiko says when the greeting never came depends on its threads.
    if str(error).startswith(("No existing session", "Error reading SSH protocol banner")):
        return Text("no SSH greeting within {timeout} s", timeout=f"{endpoint.timeout:g}")
    return str(error) or Text("the connection was closed")


class _Backend(BaseBackend):  # type: ignore[misc]  # testinfra publishes no types
    """Runs what is on the allow-list over one connection; standard error comes with the output."""

    NAME = "kanmon-ssh"

    def __init__(
        self, client: paramiko.SSHClient, endpoint: Endpoint, limits: Mapping[str, float]
    ) -> None:
        super().__init__(endpoint.address)
        self._client = client
        self._endpoint = endpoint
        self._limits = limits  # seconds, for each command that is allowed
        self._encoding = "utf-8"  # testinfra would run python on the target to find out

    def run(self, command: str, *args: str, **kwargs: Any) -> CommandResult:
        """Run one allowed command.

        Raises:
            NotAllowed: the allow-list does not name it; nothing was sent.
            CouldNotRead: the answer broke off, took too long or is too long.
        """
        if args or kwargs or command not in self._limits:
            raise NotAllowed(f"{command[:80]!r} is not on the reader's allow-list")
        try:
            status, output = self._execute(command)
        except (paramiko.SSHException, OSError, EOFError) as error:
            reason = _reason(error, self._endpoint, self._limits[command])
            raise CouldNotRead(
                Text("run the reader's command on {where}", where=self._endpoint.where), reason
            ) from None
        # Not self.result(): that writes the whole answer to the log.
        return CommandResult(self, status, command.encode(), output, b"")

    def _execute(self, command: str) -> tuple[int, bytes]:
        limit = self._limits[command]
        transport = self._client.get_transport()
        if transport is None:
            raise EOFError
        deadline = time.monotonic() + limit
        with transport.open_session(timeout=limit) as channel:
            channel.settimeout(limit)
            channel.set_combine_stderr(True)
            channel.exec_command(command)
            output = bytearray()
            while chunk := channel.recv(65536):
                output += chunk
                if len(output) > LARGEST_ANSWER:
                    raise paramiko.SSHException(f"more than {LARGEST_ANSWER} bytes")
                if time.monotonic() > deadline:
                    raise TimeoutError
            if not channel.status_event.wait(limit):
                raise TimeoutError
            return channel.exit_status, bytes(output)
