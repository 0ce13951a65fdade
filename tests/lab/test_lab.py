"""``python -m lab``: a simulated estate in the foreground, judged through its environment file."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.__main__ import main
from lab.estate import Estate
from lab.world.world import WORLDS, load
from tests.running import Ended, judge, up, world


@dataclass(frozen=True)
class Moving:
    """An estate of another process.

    Attributes:
        first: a run of its first moment.
        moved: one of its second.
        said: what the process told in between.
        secrets: where it keeps its keys and passwords.
    """

    first: Ended
    moved: Ended
    said: str
    secrets: Path


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Moving:
    """``python -m lab`` in a process of its own, larger than shipped; then a node stops."""
    home = tmp_path_factory.mktemp("lab")
    manager = load("demo").dsm[0].model_dump(mode="json", exclude_unset=True)
    nodes = [{"slug": "dsm-1"}, {"slug": "dsm-2", "running": False}]
    world(home, dsm=[{**manager, "nodes": nodes}])
    file, later = home / "running.toml", home / "changed.toml"
    more = ("--world", "demo", "--then", str(later), "--vms", "250", "--computers", "150")
    with up(file, *more) as lab:
        said = lab.stderr.readline()
        secrets = Path(next(x for x in file.read_text().split('"') if x.endswith("ca.pem"))).parent
        assert (secrets / "password").exists()
        first = judge(home / "reports", "--env", str(file))
        lab.stdin.write("\n")
        lab.stdin.flush()
        said += lab.stderr.readline()
        moved = judge(home / "reports", "--env", str(file), "--check", "DSM-NODE-001")
    return Moving(first, moved, said, secrets)


@pytest.mark.e2e
def test_estate_of_another_process(moving: Moving) -> None:
    """The written environment reaches an estate that runs elsewhere, made larger on request."""
    ended = moving.first
    open_ = {c["id"] for c in ended.results["checks"] if c["outcome"] == "undetermined"}
    assert open_ == {"RB-HUMAN-001"}, ended.output  # no board decided on it
    examined = {(c["id"], c["target"]): c["examined"] for c in ended.results["checks"]}
    assert examined["DSA-STATE-001", "dsm"] == 167
    assert not ended.results["simulated"]  # it is an environment like any other


@pytest.mark.e2e
def test_it_moves_on_at_a_line_on_standard_input(moving: Moving) -> None:
    """It says that it is up, and what it has become; the same environment file reaches it."""
    assert "the estate is up" in moving.said
    assert "the estate is now changed" in moving.said
    assert moving.first.outcomes("DSM-NODE-001") == {"dsm": "pass"}
    assert moving.moved.outcomes("DSM-NODE-001") == {"dsm": "fail"}


@pytest.mark.e2e
def test_nothing_is_left_of_it(moving: Moving) -> None:
    """An estate that is ended takes its keys and passwords with it."""
    assert not moving.secrets.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--world", "nobody"],
        ["--then", "nobody"],
        ["--then", "article"],
        ["--write", "/nonexistent/x.toml"],
    ],
)
def test_mistakes_are_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown world, another estate, or a file that cannot be written is a usage error."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended.value.code == 2
    assert "usage: python -m lab" in capsys.readouterr().err


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
    ended = judge(tmp_path / "reports", "--env", str(environment))
    blockers = {
        c["id"]
        for c in ended.results["checks"]
        if (c["outcome"], c["severity"]) == ("fail", "blocker")
    }
    assert ended.status == 1
    assert blockers == {"DB-TLS-001", "DB-TLS-002", "DSM-MEM-001"}
