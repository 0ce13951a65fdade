"""WinRM with NTLM, which Windows offers by default; the lab itself offers basic only."""

from __future__ import annotations

import base64

import pytest
import requests
import spnego
from pydantic import SecretStr
from spnego.channel_bindings import GssChannelBindings

from kanmon.environment.credentials import Login
from kanmon.environment.targets import Windows as Fleet
from kanmon.environment.targets import WindowsMachine
from kanmon.facts import Unread
from kanmon.readers import Request, windows
from lab import windows as lab_windows
from lab.transport.pki import Pki
from lab.transport.winrm import WinRmServer
from lab.world.world import make

PASSWORD = "Rd0nly-Lab-Passw0rd"


class NtlmServer(WinRmServer):
    """Takes NTLM only, bound to its own certificate as Windows can demand it."""

    leaf_of_ours = None

    def leaf(self):
        """Remember the certificate."""
        self.leaf_of_ours = super().leaf()
        return self.leaf_of_ours

    def challenge(self, asked):
        """The next message of the handshake, for this connection."""
        state = self.connection
        if "authorization" not in asked.headers:
            done = getattr(state, "ntlm", None) is not None and state.ntlm.complete
            return None if done else "Negotiate, NTLM"
        token = base64.b64decode(asked.headers["authorization"].split(" ")[1])
        if token[8] == 1:  # a negotiate message starts anew
            leaf = b"tls-server-end-point:" + bytes.fromhex(self.leaf_of_ours.fingerprint)
            state.ntlm = spnego.server(
                protocol="ntlm", channel_bindings=GssChannelBindings(application_data=leaf)
            )
        try:
            reply = state.ntlm.step(token)
        except spnego.exceptions.SpnegoError:
            state.ntlm = None
            return "Negotiate, NTLM"
        return None if state.ntlm.complete else f"NTLM {base64.b64encode(reply).decode()}"


@pytest.fixture
def ntlm(tmp_path, monkeypatch):
    """A machine that takes NTLM only, and how to ask it with a password."""
    users = tmp_path / "users"
    users.write_text(f"CORP:kanmon-ro:{PASSWORD}\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(users))
    pki = Pki()
    machine = make("t", {"title": "t", "machine": [{"name": "w", "protection": "agent"}]}).machine[
        0
    ]
    server = NtlmServer(
        make("t", {"title": "t"}),
        "windows",
        pki,
        lambda command, _: lab_windows.cmd(command, machine),
        ("127.0.0.1",),
    )
    server.start()

    def ask(password):
        named = WindowsMachine(name="w", address="127.0.0.1")
        fleet = Fleet(
            slug="windows",
            machines=[named],
            port=server.port,
            ca=str(pki.trusted.path),
            credential="win",
            timeout=10.0,
        )
        login = Login(username="CORP\\kanmon-ro", password=SecretStr(password))
        with windows.connect(Request(fleet, login, lambda *_: None)) as session:
            (machine,) = windows.PARTS["machines"](session)
        return machine.answer

    yield ask
    server.stop()
    pki.close()


def test_a_domain_account_logs_in_with_ntlm(ntlm):
    """What Windows offers by default, bound to the certificate; a wrong password is refused."""
    assert ntlm(PASSWORD).build == "14393"
    refused = ntlm("mistyped-secret")
    assert isinstance(refused, Unread)
    assert "check the credential 'win'" in refused.reason
    assert "mistyped-secret" not in refused.reason


def test_the_environment_is_asked_for_a_proxy_once(ntlm, monkeypatch):
    """Asking changes it for a moment, so two threads that ask for each command break down."""
    asked = []
    bypass = requests.utils.should_bypass_proxies
    monkeypatch.setattr(
        "requests.utils.should_bypass_proxies", lambda *a, **k: asked.append(1) or bypass(*a, **k)
    )
    assert ntlm(PASSWORD).build == "14393"
    assert len(asked) == 1
