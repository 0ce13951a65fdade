"""Manager nodes, each dialled on its own address: what needs no login.

The manager's own ping over all nodes asks only those that are online, so it hides a dead one.
"""

from __future__ import annotations

import re
import socket
from concurrent.futures import ThreadPoolExecutor

import requests

from kanmon.environment.targets import Dsm, DsmNode
from kanmon.errors import CouldNotRead, TargetLost
from kanmon.facts import Certificate, Unread
from kanmon.facts.dsm.manager import Node, NodeClock
from kanmon.readers.transport import tls
from kanmon.readers.transport.clock import of_web_server
from kanmon.readers.transport.http import Https
from kanmon.text import Text

PING = "/rest/status/manager/current/ping"
VERSION = "/rest/managerInfo/version"
CONSOLE = "/SignIn.screen"
READING = (("GET", r"/|/SignIn\.screen"), ("GET", PING), ("GET", VERSION))
MONITORING = "is Status Monitoring API switched on (Administration > System Settings > Advanced)?"


def nodes(target: Dsm) -> tuple[Node, ...]:
    """Every node of the manager, dead ones too, in the order of the environment."""
    with ThreadPoolExecutor(len(target.nodes)) as pool:
        return tuple(pool.map(_node, target.nodes))


def clocks(target: Dsm) -> tuple[NodeClock, ...]:
    """The clock of every node, in the order of the environment; one may tell, another not."""
    with ThreadPoolExecutor(len(target.nodes)) as pool:
        return tuple(pool.map(_clock, target.nodes))


def certificates(target: Dsm) -> tuple[Certificate, ...]:
    """The certificate of every node that can be reached.

    Raises:
        TargetLost: no node can be reached.
        CouldNotRead: a node can be reached, but no TLS handshake succeeds.
    """
    with ThreadPoolExecutor(len(target.nodes)) as pool:
        answers = tuple(pool.map(_certificate, target.nodes))
    found = tuple(answer for answer in answers if isinstance(answer, Certificate))
    if not found:
        lost = [answer for answer in answers if isinstance(answer, TargetLost)]
        raise TargetLost(
            Text("see the certificates of {slug}", slug=target.slug),
            Text.joined(
                "; ", (Text("{what}: {error}", what=one.tried, error=one.got) for one in lost)
            ),
            Text("is the manager running?"),
        )
    return found


def said_version(response: requests.Response) -> str | None:
    """The version in an answer of VERSION; None when there is none in it."""
    text = response.text.strip()
    good = response.status_code == requests.codes.ok and re.fullmatch(r"\d+(\.\d+){1,3}", text)
    return text if good else None


def _clock(node: DsmNode) -> NodeClock:
    https = Https(node, READING)
    try:
        tried = f"GET {https.base}{PING}"
        return NodeClock(node.slug, of_web_server(tried, lambda: https.send("GET", PING)))
    except CouldNotRead as error:
        return NodeClock(node.slug, Unread(error.message))
    finally:
        https.close()


def _certificate(node: DsmNode) -> Certificate | TargetLost:
    try:
        return tls.certificate(node)
    except TargetLost as error:
        return error


def _node(node: DsmNode) -> Node:
    if closed := _closed(node):
        return _without_answer(node, *closed)
    https = Https(node, READING)
    try:
        ping = https.send("GET", PING)
    except CouldNotRead as error:
        state = "silent" if "no answer within" in error.got else "failing"
        return _without_answer(node, state, error.got)
    else:
        return _answering(node, https, ping)
    finally:
        https.close()


def _closed(node: DsmNode) -> tuple[str, str] | None:
    """State and reason of a port that cannot be connected to; None when it can."""
    try:
        socket.create_connection((node.address, node.port), node.timeout).close()
    except ConnectionRefusedError:
        return "refused", "connection refused: nothing listens there"
    except TimeoutError:
        return "silent", f"no answer within {node.timeout:g} s"
    except OSError as error:
        return "silent", error.strerror or str(error)
    return None


def _without_answer(node: DsmNode, state: str, detail: str) -> Node:
    return Node(node.slug, node.where, state, None, None, False, None, detail)


def _answering(node: DsmNode, https: Https, ping: requests.Response) -> Node:
    console = _ask(https, CONSOLE)
    if console is None or console.status_code == requests.codes.not_found:
        console = _ask(https, "/") or console
    version = _ask(https, VERSION)
    online = ping.status_code == requests.codes.ok
    is_console = console is not None and _is_sign_in(console)
    return Node(
        slug=node.slug,
        endpoint=node.where,
        state="online" if online else "failing",
        ping_status=ping.status_code,
        console_status=console.status_code if console is not None else None,
        console_valid=is_console,
        version=said_version(version) if version is not None else None,
        detail="; ".join(
            (
                f"ping HTTP {ping.status_code}" + ("" if online else f" ({MONITORING})"),
                f"console {_status(console)}" + ("" if is_console else ", not its sign-in page"),
                f"version {_status(version)}",
            )
        ),
    )


def _ask(https: Https, path: str) -> requests.Response | None:
    try:
        return https.send("GET", path)
    except CouldNotRead:
        return None


def _status(response: requests.Response | None) -> str:
    return "without answer" if response is None else f"HTTP {response.status_code}"


def _is_sign_in(page: requests.Response) -> bool:
    """Whether it is the manager's sign-in page.

    Its wording differs by release and language and may be changed by the operator, so only this is
    asked of it: HTML with a field for a password, that names Deep Security.
    """
    text = page.text.lower()
    return (
        page.status_code == requests.codes.ok
        and "html" in page.headers.get("Content-Type", "").lower()
        and re.search(r"""<input[^>]*type\s*=\s*["']?password""", text) is not None
        and "deep security" in text
    )
