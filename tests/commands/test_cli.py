"""The command ``kanmon``."""

from __future__ import annotations

import hashlib
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from kanmon import __version__
from kanmon.commands.cli import main
from lab.transport.pki import Pki
from lab.transport.server import Answer, Asked, HttpsServer
from lab.world.world import make

ESTATE = (
    '[[vcenter]]\nslug = "vc"\naddress = "vc.example.jp"\ncredential = "c"\n'
    '[credentials.c]\nusername = "u"\npassword = "env:KANMON_TEST_PASSWORD"\n'
)


class Silent(HttpsServer):
    """An endpoint of which only the certificate counts."""

    def respond(self, asked: Asked) -> Answer:
        """Nothing."""
        del asked
        return Answer()


@pytest.mark.e2e
def test_the_command_is_installed() -> None:
    """``kanmon`` is a program of its own: what it prints, and the status that it ends with."""
    program = Path(sys.executable).with_name("kanmon")
    for words, status, told in (
        (["--version"], 0, f"kanmon {__version__}\n"),
        (["environment", "nobody"], 1, "kanmon: there is no environment 'nobody'"),
        (["environment"], 2, "the following arguments are required: NAME"),
    ):
        ended = subprocess.run([program, *words], capture_output=True, text=True, check=False)
        assert ended.returncode == status
        assert told in ended.stdout + ended.stderr


def test_environment_that_holds_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole environment file is told target by target, and no secret with it."""
    monkeypatch.setenv("KANMON_TEST_PASSWORD", "never shown")
    (tmp_path / "prod.toml").write_text(ESTATE)
    assert main(["environment", str(tmp_path / "prod.toml")]) == 0
    told = capsys.readouterr().out
    assert "vcenter vc: vc.example.jp:443" in told
    assert "never shown" not in told


def test_environment_that_names_what_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing CA file and an unset variable are named together, with exit status 1."""
    text = ESTATE.replace('credential = "c"\n', 'credential = "c"\nca = "absent.pem"\n')
    (tmp_path / "prod.toml").write_text(text)
    assert main(["environment", str(tmp_path / "prod.toml")]) == 1
    told = capsys.readouterr().err
    assert "absent.pem does not exist" in told
    assert "KANMON_TEST_PASSWORD is not set" in told


def test_environment_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    """A name is looked up in envs/, as --env does; an unknown one lists what there is."""
    assert main(["environment", "demo"]) == 0
    assert main(["environment", "nobody"]) == 1
    assert "demo-blocked" in capsys.readouterr().err


def test_fingerprint_is_that_of_the_endpoint(capsys: pytest.CaptureFixture[str]) -> None:
    """What is printed to be pinned is the certificate that the endpoint presents."""
    pki = Pki()
    server = Silent(make("w", {"title": "w"}), "any", pki)
    server.start()
    try:
        assert main(["fingerprint", f"127.0.0.1:{server.port}"]) == 0
    finally:
        server.stop()
    leaf = (pki.home / "any.pem").read_text()
    pki.close()
    printed = capsys.readouterr().out.split('"', 2)[1].removeprefix("sha256:")
    assert printed == _sha256(leaf)


def _sha256(pem: str) -> str:
    end = "-----END CERTIFICATE-----"
    first = pem.split(end, maxsplit=1)[0] + end + "\n"
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()


def test_fingerprint_of_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    """An address where nobody listens is told, with exit status 1."""
    assert main(["fingerprint", "127.0.0.1:9"]) == 1
    assert "127.0.0.1:9" in capsys.readouterr().err
