"""A new kind of target touches one file in each room, and no list anywhere else."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mutate import copied, python, write

FACTS = '''"""What was read of a toy."""

from dataclasses import dataclass

from kanmon.facts.common import Kind


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a toy says of itself."""

    version: str


KIND = Kind(
    identity="greeting",
    release=lambda greeting: (greeting.version, None),
    parts={"greeting": Greeting},
)
'''
READER = '''"""How a toy is read: it says its version to whoever calls."""

import socket
from contextlib import contextmanager

from kanmon.facts.toy import Greeting


def greeting(target):
    """The version that it says."""
    with socket.create_connection((target.address, target.port), target.timeout) as line:
        return Greeting(line.recv(100).decode().strip())


@contextmanager
def connect(request):
    """Nothing of it needs a login."""
    yield request


PROBES = {"greeting": greeting}
PARTS = {}
'''
CHECK = '''"""Toys."""

from kanmon.check import Attestable, Finding, Judge, Severity, check
from kanmon.environment.targets import Toy
from kanmon.facts.toy import Greeting


@check(
    "TOY-VER-001",
    severity=Severity.BLOCKER, attestable=Attestable.MOMENTARY,
    steps=("manager",),
    phases=("pre",),
    remediation="Buy a newer one.",
    refs=("https://toys.example",),
)
def test_toy_is_new_enough(toy: Toy, toy_greeting: Greeting, judge: Judge) -> None:
    """The toy is of version 2.

    An older one is no fun.
    """
    old = Finding(toy.where, toy_greeting.version, "2")
    judge(examined=1, of="toys", problems=[] if toy_greeting.version == "2" else [old])
'''
TARGET = '''class Toy(Endpoint):
    """A toy."""

    kind: ClassVar[str] = "toy"
    title: ClassVar[str] = "Toy"
    credential: Text


class Targets(Model):
    """The tables of targets, one list for each kind."""

    toy: list[Toy] = Field(default_factory=list)
'''
ENVIRONMENT = """
[[toy]]
slug = "bear"
address = "127.0.0.1"
port = {port}
credential = "none"

[credentials.none]
username = "nobody"
password = "file:key"
"""


@pytest.fixture
def port() -> Iterator[int]:
    """Where a toy of version 1 answers."""

    class Toy(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(b"1\n")

    with socketserver.TCPServer(("127.0.0.1", 0), Toy) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.mark.e2e
def test_a_toy_is_read_judged_and_told(tmp_path: Path, port: int) -> None:
    """Its class and table, its facts, its reader, a check: no other file knows of it."""
    copied(tmp_path)
    targets = tmp_path / "kanmon" / "environment" / "targets.py"
    before, rest = targets.read_text(encoding="utf-8").split("class Targets(Model):\n", 1)
    write(targets, before + TARGET + rest.partition("\n\n")[2])
    write(tmp_path / "kanmon" / "facts" / "toy.py", FACTS)
    write(tmp_path / "kanmon" / "readers" / "toy.py", READER)
    write(tmp_path / "checks" / "test_toy.py", CHECK)
    (tmp_path / "toys.toml").write_text(ENVIRONMENT.format(port=port), encoding="utf-8")
    (tmp_path / "key").write_text("unused", encoding="utf-8")
    done = python(
        tmp_path,
        *("-m", "pytest", "checks/", "--env", "toys.toml", "--check", "TOY-VER-001"),
        *("--report-dir", "reports", "-p", "no:cacheprovider"),
    )
    assert done.returncode == 1, done.stdout + done.stderr
    (written,) = (tmp_path / "reports" / "toys").glob("*/results.json")
    results = json.loads(written.read_text(encoding="utf-8"))
    (check,) = results["checks"]
    assert (check["target"], check["outcome"]) == ("bear", "fail")
    (target,) = results["targets"]
    assert (target["kind"], target["product"], target["version"]) == ("toy", "Toy", "1")
