"""``python -m lab``: a simulated estate in the foreground, judged through its environment file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lab.estate import Estate
from lab.world.world import WORLDS, load
from tests.running import HOME, run, up


def test_estate_of_another_process(tmp_path: Path) -> None:
    """The written environment reaches an estate that runs elsewhere, made larger on request."""
    file = tmp_path / "estate.toml"
    with up(file, "--world", "demo", "--vms", "250", "--computers", "150"):
        ended = run(tmp_path / "reports", "--env", str(file))
    assert ended.results["verdict"] == "GO", ended.output
    examined = {(c["id"], c["target"]): c["examined"] for c in ended.results["checks"]}
    assert examined["DSA-STATE-001", "dsm"] == 167
    assert not ended.results["simulated"]  # it is an environment like any other


def test_nothing_is_left_of_it(tmp_path: Path) -> None:
    """An estate that is ended takes its keys and passwords with it."""
    file = tmp_path / "estate.toml"
    with up(file, "--world", "article"):
        home = Path(next(x for x in file.read_text().split('"') if x.endswith("ca.pem"))).parent
        assert (home / "password").exists()
    assert not home.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--world", "nobody"),
        ("--then", "nobody"),
        ("--then", "article"),
        ("--write", "/nonexistent/x.toml"),
    ],
)
def test_mistakes_are_told(arguments: tuple[str, ...]) -> None:
    """An unknown world, another estate, or a file that cannot be written is a usage error."""
    command = [sys.executable, "-m", "lab", *arguments]
    done = subprocess.run(command, cwd=HOME, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", sorted(path.stem for path in WORLDS.glob("*.toml")))
def test_servers_listen_on_loopback_only(name: str) -> None:
    """Every address of every shipped world is a loopback address."""
    with Estate(load(name)) as estate:
        addresses = {a for server in estate.servers.values() for a in server.addresses}
    assert addresses
    assert all(address.startswith("127.") for address in addresses)


def test_the_article_is_not_ready(tmp_path: Path) -> None:
    """The estate of the procedure, before anything was made ready, is NO-GO for known reasons."""
    environment = tmp_path / "article.toml"
    environment.write_text('[lab]\nworld = "article"\n')
    ended = run(tmp_path / "reports", "--env", str(environment))
    blockers = {
        c["id"]
        for c in ended.results["checks"]
        if (c["outcome"], c["severity"]) == ("fail", "blocker")
    }
    assert ended.status == 1
    assert blockers == {"DB-TLS-001", "DB-TLS-002", "DSM-MEM-001"}
