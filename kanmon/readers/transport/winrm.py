"""WinRM as the readers use it: HTTPS only, verified, timed, and only the commands that are allowed.

The session is a testinfra host. Its backend is our own: testinfra's WinRM backend knows no CA file
and no basic authentication, retries without end, and leaves its shell open when a command fails.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from xml.etree.ElementTree import ParseError

import requests
from spnego.exceptions import SpnegoError
from testinfra.backend.base import BaseBackend, CommandResult
from testinfra.host import Host
from winrm.exceptions import (
    InvalidCredentialsError,
    WinRMError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
    WSManFaultError,
)
from winrm.protocol import Protocol

from kanmon.environment.credentials import Login
from kanmon.errors import CouldNotRead, NotAllowed, TargetLost
from kanmon.readers.transport.http import Https
from kanmon.readers.transport.ssh import LARGEST_ANSWER, SLOWEST_ANSWER, LoginRefused
from kanmon.text import Text

ACCESS_DENIED = 5
PATH = "/wsman"
_ASKING_THE_ENVIRONMENT = threading.Lock()

# What pywinrm lets out when an exchange fails, or when an answer is not WS-Management.
_FAILURES = (
    WinRMError,
    WinRMTransportError,
    WinRMOperationTimeoutError,
    SpnegoError,
    requests.RequestException,
    ParseError,
    StopIteration,
    AssertionError,
    KeyError,
    ValueError,
    OSError,
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A WinRM listener.

    Attributes:
        timeout: seconds for each network operation, and for a whole answer.
        ca: path of a PEM file, or None for the usual CAs.
        credential: name of the login in the environment, for advice.
    """

    address: str
    port: int
    timeout: float
    ca: str | None
    credential: str
    fingerprint: str | None = None


@contextlib.contextmanager
def reach(endpoint: Endpoint) -> Iterator[Door]:
    """Verify the listener's certificate and see how one may log in; nothing else is sent.

    Raises:
        TargetLost: nothing answers, or its certificate is not trusted.
        CouldNotRead: it is not WinRM, or it offers no login that we have.
    """
    with contextlib.closing(Https(endpoint, [("POST", PATH)])) as https:
        url = https.base + PATH
        answer = https.send("POST", PATH, data=b"")
    offered = answer.headers.get("WWW-Authenticate", "").lower()
    if answer.status_code != requests.codes.unauthorized or not offered:
        got = Text("HTTP {status_code} without an offer to log in", status_code=answer.status_code)
        raise CouldNotRead(
            Text("reach WinRM at {url}", url=url), got, Text("is that port WinRM over HTTPS?")
        )
    method: Literal["ntlm", "basic"]
    if "negotiate" in offered or "ntlm" in offered:
        method = "ntlm"
    elif "basic" in offered:
        method = "basic"
    else:
        advice = Text("enable Negotiate on the listener")
        raise CouldNotRead(
            Text("reach WinRM at {url}", url=url),
            Text("it offers only: {offered}", offered=offered),
            advice,
        )
    with contextlib.ExitStack() as closing:
        yield Door(endpoint, url, method, closing)


@dataclass(frozen=True, slots=True)
class Door:
    """A listener that nobody has logged in to yet."""

    endpoint: Endpoint
    url: str
    method: Literal["ntlm", "basic"]
    closing: contextlib.ExitStack

    def log_in(self, login: Login, allowed: Iterable[str], slow: Iterable[str] = ()) -> Host:
        """A testinfra host that runs the allowed commands and nothing else.

        Args:
            login: user name and password.
            allowed: every command that may be run, word for word.
            slow: likewise, those that may take ``SLOWEST_ANSWER`` where the timeout is shorter.

        Raises:
            LoginRefused: the login was not taken.
            TargetLost: it was taken, and no shell was given.
        """
        tried = Text("log in to {url} as {username}", url=self.url, username=login.username)
        protocol = self._protocol(login)
        try:
            shell = protocol.open_shell()
        except InvalidCredentialsError:
            advice = Text(
                "check the credential {credential}", credential=repr(self.endpoint.credential)
            )
            raise LoginRefused(tried, Text("HTTP 401, the login was refused"), advice) from None
        except _FAILURES as error:
            denied = isinstance(error, WSManFaultError) and error.wsman_fault_code == ACCESS_DENIED
            advice = Text("the account must be allowed to use WinRM (Remote Management Users)")
            raise TargetLost(
                tried, _reason(error, self.endpoint), advice if denied else ""
            ) from None
        finally:
            self.closing.callback(protocol.transport.close_session)
        self.closing.callback(_close, protocol, shell)
        timeout = self.endpoint.timeout
        limits = dict.fromkeys(allowed, timeout) | dict.fromkeys(slow, max(timeout, SLOWEST_ANSWER))
        return Host(_Backend(protocol, shell, self.endpoint, limits))

    def _protocol(self, login: Login) -> Protocol:
        seconds = max(2, math.ceil(self.endpoint.timeout))
        protocol = Protocol(
            self.url,
            transport=self.method,
            username=login.username,
            password=login.password.get_secret_value() if login.password else None,
            ca_trust_path=self.endpoint.ca,  # type: ignore[arg-type]  # None is the usual CAs
            server_cert_validation="validate",
            read_timeout_sec=seconds,
            operation_timeout_sec=seconds - 1,
            proxy=None,
        )
        # No proxy stands between. Asking the environment for one changes it for a moment, in which
        # another thread that asks breaks down: it is done once, by one thread at a time.
        with _ASKING_THE_ENVIRONMENT:
            session = protocol.transport.build_session()
        session.trust_env = False
        session.max_redirects = 0  # a redirect would carry the login to another address
        return protocol


def _close(protocol: Protocol, shell: str) -> None:
    """Delete the shell; when that fails, Windows does it after a while by itself."""
    with contextlib.suppress(*_FAILURES):
        protocol.close_shell(shell)


def _reason(error: Exception, endpoint: Endpoint) -> str:
    if isinstance(error, requests.Timeout | WinRMOperationTimeoutError):
        return Text("no answer within {timeout} s", timeout=f"{endpoint.timeout:g}")
    if isinstance(error, WSManFaultError):
        return str(error.reason)
    if isinstance(error, WinRMTransportError):
        return f"HTTP {error.code}"
    if isinstance(error, requests.RequestException):
        return Text("the connection broke off")
    error_name = type(error).__name__
    return Text("an answer that is not WS-Management ({error_name})", error_name=error_name)


class _Backend(BaseBackend):  # type: ignore[misc]  # testinfra publishes no types
    """Runs what is on the allow-list in one shell."""

    NAME = "kanmon-winrm"

    def __init__(
        self, protocol: Protocol, shell: str, endpoint: Endpoint, limits: Mapping[str, float]
    ) -> None:
        super().__init__(endpoint.address)
        self._protocol = protocol
        self._shell = shell
        self._endpoint = endpoint
        self._limits = limits  # seconds, for each command that is allowed

    def run(self, command: str, *args: str, **kwargs: Any) -> CommandResult:
        """Run one allowed command.

        Raises:
            NotAllowed: the allow-list does not name it; nothing was sent.
            CouldNotRead: the answer broke off, took too long or is too long.
        """
        if args or kwargs or command not in self._limits:
            raise NotAllowed(f"{command[:80]!r} is not on the reader's allow-list")
        tried = Text("run the reader's command on {address}", address=self._endpoint.address)
        try:
            running = self._protocol.run_command(self._shell, command)
            try:
                status, output = self._output(running, tried, self._limits[command])
            finally:
                with contextlib.suppress(*_FAILURES):
                    self._protocol.cleanup_command(self._shell, running)
        except _FAILURES as error:
            raise CouldNotRead(tried, _reason(error, self._endpoint)) from None
        # Not self.result(): that writes the whole answer to the log.
        return CommandResult(self, status, command.encode(), output, b"")

    def _output(self, running: str, tried: str, limit: float) -> tuple[int, bytes]:
        deadline = time.monotonic() + limit
        output = bytearray()
        while True:
            with contextlib.suppress(WinRMOperationTimeoutError):  # it is still running
                out, err, status, done = self._protocol.get_command_output_raw(self._shell, running)
                output += out + err
                if done:
                    return status, bytes(output)
            if len(output) > LARGEST_ANSWER:
                raise CouldNotRead(tried, Text("more than {limit} bytes", limit=LARGEST_ANSWER))
            if time.monotonic() > deadline:
                raise CouldNotRead(
                    tried,
                    Text("no whole answer within {timeout} s", timeout=f"{limit:g}"),
                )
