"""What the tests of both NSX readers share."""

from __future__ import annotations

from contextlib import contextmanager

from pydantic import SecretStr

from kanmon.environment.credentials import Login
from kanmon.readers import Request
from lab.transport.pki import Pki
from lab.transport.server import Answer, HttpsServer
from lab.world.world import make

PASSWORD = "Un1que-Secret-Pass"


class Sample(HttpsServer):
    """Fixed answers by path, whoever asks.

    A text is sent as it is with HTTP status 200; a function makes the answer from the request.
    """

    def __init__(self, pki, answers):
        super().__init__(make("sample", {"title": "Fixed answers"}), "nsx", pki)
        self.answers = answers

    def respond(self, asked):
        """The answer of the sample, or 404."""
        found = self.answers.get(asked.path, Answer(404, b"not in the sample", "text/plain"))
        found = found(asked) if callable(found) else found
        return found if isinstance(found, Answer) else Answer(200, found.encode())


@contextmanager
def running():
    """A lab PKI and a function that starts servers; all are stopped at the end."""
    pki = Pki()
    started = []

    def start(server):
        started.append(server)
        server.start()
        return server

    try:
        yield pki, start
    finally:
        for server in started:
            server.stop()
        pki.close()


def request(kind, server, related, password=PASSWORD, timeout=5.0, **rest):
    """What a reader's connect takes; trust is the lab's CA unless a fingerprint is given.

    Args:
        kind: model of the target.
        server: started.
        related: as in Request.
        password: of the login.
        timeout: of the target, in seconds.
        rest: further fields of the target.
    """
    trust = {} if "fingerprint" in rest else {"ca": str(server.pki.trusted.path)}
    target = kind(
        slug="nsx",
        address="127.0.0.1",
        port=server.port,
        credential="nsx-login",
        timeout=timeout,
        **trust,
        **rest,
    )
    return Request(target, Login(username="kanmon-ro", password=SecretStr(password)), related)
