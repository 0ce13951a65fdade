"""A run keeps account of every byte of itself, of the run before it, and of who signed it."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kanmon.commands.cli import main
from kanmon.evidence import manifest
from kanmon.evidence.manifest import FILE, SIGNATURE, Manifest
from kanmon.gate.verdict import Gate
from tests.running import HOME, PASSWORD, Ended, judge, run
from tests.servers import need

NARROW = ("--check", "PLAN-DATA-001")
"""A whole run of one check: it reads nobody, and is INCOMPLETE."""


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys of two people and of one with a passphrase, and who is allowed: Alice alone."""
    home = tmp_path_factory.mktemp("keys")
    for name, passphrase in (("alice", ""), ("bob", ""), ("locked", "a passphrase")):
        _ssh_keygen("-q", "-t", "ed25519", "-N", passphrase, "-f", str(home / name))
    public = (home / "alice.pub").read_text(encoding="utf-8")
    (home / "allowed").write_text(f'alice@example.jp namespaces="kanmon" {public}')
    return home


def _ssh_keygen(*arguments: str) -> None:
    subprocess.run([need("ssh-keygen"), *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Ended:
    """A whole run, signed by Alice."""
    reports = tmp_path_factory.mktemp("demo")
    return judge(reports, "--env", "demo", "--sign-key", str(keys / "alice"))


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Ended:
    """The same run as a whole process, with secrets on its command line and in its environment."""
    return run(
        tmp_path_factory.mktemp("signed"),
        *("--env", "demo", "--sign-key", str(keys / "alice")),
        *("--metadata", "api-token", "hunter2-secret"),
        SSH_CLIENT="192.0.2.7 50000 22",
        SUDO_USER="alice",
        PYTEST_ADDOPTS=f"--metadata Source https://u:{PASSWORD}@h/",
    )


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs of one environment, one after the other."""
    reports = tmp_path_factory.mktemp("chain")
    for _ in range(3):
        judge(reports, "--env", "demo", *NARROW)
    return reports / "demo"


@pytest.fixture
def chain(runs: Path, tmp_path: Path) -> list[Path]:
    """Copies of the three runs, the first one first."""
    shutil.copytree(runs, tmp_path / "demo")
    return sorted(one for one in (tmp_path / "demo").iterdir() if one.is_dir())


def verify(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    """Exit status and words of ``kanmon verify``."""
    status = main(["verify", *map(str, arguments)])
    return status, capsys.readouterr().out


@pytest.mark.e2e
def test_a_manifest_names_every_file_of_a_run(signed: Ended) -> None:
    """It holds digest and size of every file but its own two, by relative path."""
    found = {
        path.relative_to(signed.directory).as_posix(): path.stat().st_size
        for path in signed.directory.rglob("*")
        if path.is_file() and path.name not in (FILE, SIGNATURE)
    }
    named = manifest.read(signed.directory).files
    assert {"report.html", "junit.xml", "results.json", "facts/run.json"} <= named.keys()
    assert {name: one.size for name, one in named.items()} == found


@pytest.mark.e2e
def test_a_manifest_says_what_how_and_by_whom(signed: Ended) -> None:
    """Verdict, suite, command line, operator and machine stand in it."""
    written = json.loads((signed.directory / FILE).read_text(encoding="utf-8"))
    assert written["verdict"] == signed.results["verdict"] == "GO"
    assert written["suite"] == signed.results["suite"]
    assert written["operator"]["host"] == os.uname().nodename
    assert written["operator"]["directory"] == str(HOME)
    assert written["command"][:2] == ["pytest", "checks/"]
    told = manifest.read(signed.directory)
    assert told.started <= told.finished <= told.written
    assert written["previous"] is None


@pytest.mark.e2e
def test_command_line_and_login_are_told_without_secrets(signed: Ended) -> None:
    """A secret on the command line is masked; SSH and sudo say where the operator came from."""
    written = (signed.directory / FILE).read_text(encoding="utf-8")
    told = manifest.read(signed.directory).operator
    assert (told.sudo, told.login_from) == ("alice", "192.0.2.7")
    assert "hunter2" not in written
    assert PASSWORD not in written
    assert "https://***@h/" in written
    assert "hunter2" not in signed.output + signed.page
    assert PASSWORD not in signed.output + signed.page


@pytest.mark.e2e
def test_what_a_process_signed_is_intact(
    signed: Ended, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All files are there before the manifest, and nothing comes after its signature."""
    status, told = verify(capsys, "--allowed-signers", keys / "allowed", signed.directory)
    assert status == 0, told
    assert "signed by alice@example.jp with SHA256:" in told


@pytest.mark.skipif(os.name == "nt", reason="Windows hands down what the directory allows")
def test_a_run_is_its_operators_alone(demo: Ended) -> None:
    """Nobody else on the machine reads a run: neither its directory nor any file in it."""
    assert demo.directory
    assert demo.directory.stat().st_mode & 0o777 == 0o700
    files = [path for path in demo.directory.rglob("*") if path.is_file()]
    assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o600"}


def test_a_run_is_intact(demo: Ended, capsys: pytest.CaptureFixture[str]) -> None:
    """A run that nobody touched is intact, exit status 0, with verdict and operator in words."""
    status, told = verify(capsys, demo.directory)
    assert status == 0, told
    assert told.startswith(f"{demo.directory.name}: intact\n  GO, ")
    assert "1 run, the first of them" in told


@pytest.mark.parametrize("gate", Gate)
def test_the_verdict_as_exit_status(
    gate: Gate, chain: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A pipeline gets the status of the verdict from a process of its own."""
    _resealed(chain[-1], gate.word)
    status, told = verify(capsys, "--verdict", chain[-1])
    assert status == gate.exit_status, told
    assert f"intact\n  {gate.word}, " in told


def _resealed(run: Path, verdict: str) -> None:
    """Give a run another verdict, as a run of another estate has it."""
    said = json.loads((run / "results.json").read_text(encoding="utf-8"))
    (run / "results.json").write_text(json.dumps({**said, "verdict": verdict}), encoding="utf-8")
    told = manifest.read(run)
    found = {"verdict": verdict, "files": manifest.files(run)}
    manifest.write(run, told.model_copy(update=found))


def test_no_verdict_of_a_run_that_is_not_intact(
    chain: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that was changed, or that has no manifest, ends with 1 and says why."""
    _resealed(chain[-1], "GO")
    (chain[-1] / "junit.xml").write_text("")
    assert verify(capsys, "--verdict", chain[-1])[0] == 1
    (chain[-1] / FILE).unlink()
    status, told = verify(capsys, "--verdict", chain[-1])
    assert (status, "NOT INTACT" in told) == (1, True)


def test_manifest_and_evidence_say_one_verdict(
    chain: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A manifest that says GO of evidence that does not is no manifest of it."""
    manifest.write(chain[-1], manifest.read(chain[-1]).model_copy(update={"verdict": "GO"}))
    status, told = verify(capsys, "--verdict", chain[-1])
    assert status == 1
    assert "its manifest says GO, its evidence INCOMPLETE" in told


def test_any_byte_of_any_file_is_found(
    demo: Ended, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whichever byte of whichever file is another, the run is not intact, and the file is named."""
    copy = tmp_path / demo.directory.name
    shutil.copytree(demo.directory, copy)
    chance = random.Random(20261125)  # noqa: S311 - which bytes, not a secret
    for path in sorted(path for path in copy.rglob("*") if path.is_file()):
        whole = path.read_bytes()
        for at in {0, len(whole) - 1, *(chance.randrange(len(whole)) for _ in range(3))}:
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            status, told = verify(capsys, copy)
            assert status == 1, (path, at)
            assert path.relative_to(copy).as_posix() in told or path.name in (FILE, SIGNATURE)
            assert "intact\n" not in told.replace("NOT INTACT", "")
        path.write_bytes(whole)
    assert verify(capsys, copy)[0] == 0


def test_every_byte_of_the_manifest_and_the_signature_is_found(
    demo: Ended, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A flipped, an added or a lost byte of the two files that no manifest names is found."""
    copy = tmp_path / demo.directory.name
    shutil.copytree(demo.directory, copy)
    for name, step in ((FILE, 40), (SIGNATURE, 1)):
        whole = (copy / name).read_bytes()
        for at in range(0, len(whole), step):
            (copy / name).write_bytes(whole[:at] + whole[at + 1 :])
            assert verify(capsys, "--alone", copy)[0] == 1, (name, at, "lost")
        for more in (b"\n", b" "):
            (copy / name).write_bytes(whole + more)
            assert verify(capsys, "--alone", copy)[0] == 1, (name, "added")
        (copy / name).write_bytes(whole)


def test_every_byte_of_an_unsigned_manifest_is_found(chain: list[Path]) -> None:
    """Without a signature, the seal of the newest manifest tells any byte that is another."""
    path = chain[-1] / FILE
    whole = path.read_bytes()
    for at in range(len(whole)):
        for other in (whole[at : at + 1].swapcase(), bytes([whole[at] ^ 1]), b"", b"0"):
            changed = whole[:at] + other + whole[at + 1 :]
            path.write_bytes(changed)
            if changed != whole:
                with pytest.raises(manifest.NotIntact):
                    manifest.read(chain[-1])


def test_missing_added_and_linked_files_are_named(
    chain: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is gone, one that came, and one that a link stands for are each named."""
    last = chain[-1]
    (last / "junit.xml").unlink()
    (last / "facts" / "more.json").write_text("{}")
    (last / "report.html").rename(tmp_path / "elsewhere.html")
    (last / "report.html").symlink_to(tmp_path / "elsewhere.html")
    (last / "linked").symlink_to(tmp_path, target_is_directory=True)
    status, told = verify(capsys, last)
    assert status == 1
    for line in (
        "missing: junit.xml",
        "added: facts/more.json",
        "changed: report.html",
        "added: linked",
    ):
        assert line in told


def test_the_chain_holds(chain: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Each run names the one before it, and several runs are verified at once."""
    status, told = verify(capsys, *chain)
    assert status == 0, told
    assert f"chain: 3 runs, the first of them {chain[0].name}" in told


@pytest.mark.parametrize("which", [0, 1])
def test_a_removed_run_is_found(
    which: int, chain: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that was removed is missed by the last one, with its name."""
    shutil.rmtree(chain[which])
    status, told = verify(capsys, chain[-1])
    assert status == 1
    assert f"chain: broken at {chain[which].name}: the run is missing" in told


def test_an_edited_earlier_run_is_found(
    chain: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A file of an earlier run that was edited is found by the last run, and by its own."""
    with (chain[0] / "results.json").open("a") as file:
        file.write(" ")
    assert f"chain: {chain[0].name}: changed: results.json" in verify(capsys, chain[-1])[1]
    assert verify(capsys, chain[0])[0] == 1


def test_an_earlier_run_that_was_sealed_anew_is_found(
    chain: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Who changes a run and writes it a faultless new manifest is told by the runs after it."""
    forged = chain[1]
    (forged / "results.json").write_text("{}")
    _seal_anew(forged, verdict="GO", files=manifest.files(forged))
    status, told = verify(capsys, chain[2])
    assert status == 1
    assert f"chain: broken at {forged.name}: its manifest is not the one" in told
    assert f"the later run {chain[2].name} saw another manifest of it" in verify(capsys, forged)[1]


def test_a_run_that_was_slipped_in_is_found(
    chain: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A faultless run that no later run names is told, by itself and by the last one."""
    slipped = chain[0].with_name(chain[0].name.replace("Z-all", "Z-agent"))
    shutil.copytree(chain[0], slipped)
    _seal_anew(slipped, run=slipped.name)
    assert "2 runs came later, and none of them names it" in verify(capsys, slipped)[1]
    assert f"no run names {slipped.name}" in verify(capsys, chain[-1])[1]


def test_a_link_to_a_run_is_no_other_run(
    chain: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A link such as "latest" beside the runs breaks no chain, and comes into none."""
    link = chain[0].with_name("latest")
    link.symlink_to(chain[-1].name, target_is_directory=True)
    assert verify(capsys, chain[0])[0] == verify(capsys, chain[-1])[0] == 0
    following = manifest.latest(chain[0].with_name("the next"))
    assert following
    assert following.run == chain[-1].name
    link.unlink()


def test_a_run_of_another_name_is_found(
    chain: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A run whose directory was renamed is not taken for another one."""
    chain[-1].rename(chain[-1].with_name("20991231T000000.000000Z-all-pre"))
    status, told = verify(capsys, chain[-1].with_name("20991231T000000.000000Z-all-pre"))
    assert status == 1
    assert f"it is the manifest of another run: {chain[-1].name}" in told


def test_a_chain_in_a_circle_ends(chain: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Manifests that name each other, or a place outside, end in words."""
    for name in (chain[-1].name, "../demo"):
        _seal_anew(chain[-1], previous=manifest.Previous(run=name, sha256="0" * 64))
        status, told = verify(capsys, chain[-1])
        assert status == 1
        assert f"{name} comes before itself, or is no run" in told


def _seal_anew(run_directory: Path, **changes: object) -> None:
    """What somebody can do who knows the form of a manifest and has no key."""
    manifest.write(run_directory, manifest.read(run_directory).model_copy(update=changes))


def test_a_run_alone(chain: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run that was filed elsewhere is verified alone, and says that it was."""
    filed = tmp_path / "filed" / chain[-1].name
    shutil.copytree(chain[-1], filed)
    assert verify(capsys, filed)[0] == 1
    status, told = verify(capsys, "--alone", filed)
    assert status == 0
    assert "were not looked at (--alone)" in told


def test_a_run_without_verdict(chain: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    """A run that has no manifest says so, and is not intact."""
    (chain[-1] / FILE).unlink()
    status, told = verify(capsys, chain[-1])
    assert status == 1
    assert "it has no manifest.json: it was interrupted before its verdict" in told


@pytest.mark.e2e
def test_an_interrupted_run_has_no_manifest(stopped_run: Ended) -> None:
    """A run that its operator stops writes no manifest; what it read is there."""
    assert stopped_run.status == 2, stopped_run.output
    assert (stopped_run.directory / "facts" / "run.json").is_file()
    assert not (stopped_run.directory / FILE).exists()


def test_wrong_usage_of_verify(demo: Ended, capsys: pytest.CaptureFixture[str]) -> None:
    """What is not there is a usage error, exit status 2."""
    for arguments in (
        ("reports/none",),
        (str(demo.directory), "--allowed-signers", "nobody"),
        (str(demo.directory), "--signer", "alice@example.jp"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(["verify", *arguments])
        assert ended.value.code == 2
    assert "there is no run reports/none" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"schema": "kanmon/manifest/1"}'])
def test_a_manifest_that_is_none(
    content: bytes, chain: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever stands in its place is told, by the run and by the one after it."""
    (chain[1] / FILE).write_bytes(content)
    assert "manifest.json is not what kanmon wrote" in verify(capsys, chain[1])[1]
    assert f"chain: broken at {chain[1].name}" in verify(capsys, chain[2])[1]


def test_the_run_before_is_the_one_written_last(tmp_path: Path) -> None:
    """Of two runs that overlapped, the one that ended last is the one before the next."""
    first, second, third = (tmp_path / f"2026112{n}T000000.000000Z-all-pre" for n in (1, 2, 3))
    for directory, hour in ((first, 9), (second, 8)):
        directory.mkdir()
        manifest.write(
            directory, _manifest(directory.name, datetime(2026, 11, 25, hour, tzinfo=UTC))
        )
    third.mkdir()
    assert manifest.latest(third) == manifest.Previous(
        run=first.name, sha256=manifest.digest(first)
    )


def _manifest(name: str, written: datetime) -> Manifest:
    return Manifest.model_validate(
        {
            "run": name,
            "environment": "prod",
            "step": None,
            "phase": "pre",
            "verdict": "GO",
            "suite": {"version": "0.1.0", "commit": None},
            "operator": {
                "user": "u",
                "sudo": None,
                "host": "h",
                "login_from": None,
                "directory": "/",
            },
            "command": ["pytest"],
            **dict.fromkeys(("started", "finished", "written"), written),
            "files": {},
            "previous": None,
            "signed_with": None,
        }
    )


def test_a_run_that_changed_is_not_judged_again(chain: list[Path], tmp_path: Path) -> None:
    """Facts of which a byte changed are refused: nothing could be said of the estate from them."""
    with (chain[-1] / "facts" / "run.json").open("a") as file:
        file.write("\n")
    again = judge(tmp_path / "again", "--facts", str(chain[-1]))
    assert again.status == 4, again.output
    assert "is not as kanmon wrote it (changed: facts/run.json)" in again.output


def test_signed_by_whom(demo: Ended, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run that Alice signed is hers, and nobody else's."""
    allowed = ("--allowed-signers", keys / "allowed")
    status, told = verify(capsys, *allowed, demo.directory)
    assert status == 0, told
    assert "signed by alice@example.jp with SHA256:" in told
    assert verify(capsys, *allowed, "--signer", "alice@example.jp", demo.directory)[0] == 0
    status, told = verify(capsys, *allowed, "--signer", "bob@example.jp", demo.directory)
    assert status == 1
    assert "NOT INTACT" in told


def test_signed_by_somebody_else(
    demo: Ended, keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that somebody sealed and signed anew with a key of his own is not intact."""
    copy = tmp_path / demo.directory.name
    shutil.copytree(demo.directory, copy)
    (copy / "results.json").write_text("{}")
    _seal_anew(copy, files=manifest.files(copy))
    status, told = verify(capsys, copy)
    assert status == 1
    assert "signature: ssh-keygen says: " in told
    (copy / SIGNATURE).unlink()
    _ssh_keygen("-Y", "sign", "-n", "kanmon", "-f", str(keys / "bob"), str(copy / FILE))
    status, told = verify(capsys, copy)
    assert status == 1
    assert "but the manifest names SHA256:" in told
    bob = _fingerprint(keys / "bob.pub")
    (copy / SIGNATURE).unlink()
    _seal_anew(copy, signed_with=bob)
    _ssh_keygen("-Y", "sign", "-n", "kanmon", "-f", str(keys / "bob"), str(copy / FILE))
    assert verify(capsys, copy)[0] == 0  # whose key it is, only the signers' file tells
    status, told = verify(capsys, "--allowed-signers", keys / "allowed", copy)
    assert status == 1
    assert "signature: ssh-keygen says: " in told


def _fingerprint(public: Path) -> str:
    told = subprocess.run(
        [need("ssh-keygen"), "-l", "-f", str(public)],
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    return told.stdout.split()[1]


def test_signed_for_another_purpose(
    demo: Ended, keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A signature that Alice made of the same bytes for something else is none of the run."""
    copy = tmp_path / demo.directory.name
    shutil.copytree(demo.directory, copy)
    (copy / SIGNATURE).unlink()
    _ssh_keygen("-Y", "sign", "-n", "file", "-f", str(keys / "alice"), str(copy / FILE))
    assert verify(capsys, copy)[0] == 1


def test_a_missing_signature_is_told(
    demo: Ended,
    chain: list[Path],
    keys: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A run that was signed misses its signature; one that never was is not Alice's."""
    copy = tmp_path / demo.directory.name
    shutil.copytree(demo.directory, copy)
    (copy / SIGNATURE).unlink()
    for arguments in ((copy,), ("--allowed-signers", keys / "allowed", chain[0])):
        status, told = verify(capsys, *arguments)
        assert status == 1
        assert "there is no signature: manifest.json.sig is missing" in told


def test_a_signature_that_is_written_otherwise(
    demo: Ended, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same signature with one line broken elsewhere is not what ssh-keygen wrote."""
    copy = tmp_path / demo.directory.name
    shutil.copytree(demo.directory, copy)
    first, second, third, *rest = (copy / SIGNATURE).read_text().split("\n")
    broken = "\n".join([first, second + third[:1], third[1:], *rest])
    (copy / SIGNATURE).write_text(broken)
    status, told = verify(capsys, copy)
    assert status == 1
    assert "it is not what ssh-keygen writes" in told


def test_without_ssh_keygen(
    demo: Ended, keys: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where there is no ssh-keygen, a signed run is not called intact."""
    monkeypatch.setenv("PATH", "/nowhere")
    for arguments in ((), ("--allowed-signers", str(keys / "allowed"))):
        status, told = verify(capsys, *arguments, demo.directory)
        assert status == 1
        assert "there is no ssh-keygen on the PATH" in told


def test_a_signers_file_that_is_none(
    demo: Ended, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A signers' file of no use lets nobody through."""
    for text in ("", "# nobody\n", "alice@example.jp no key\n"):
        (tmp_path / "allowed").write_text(text)
        assert verify(capsys, "--allowed-signers", tmp_path / "allowed", demo.directory)[0] == 1


def test_a_key_that_would_ask_is_refused(keys: Path, tmp_path: Path) -> None:
    """A key with a passphrase that no agent holds is a usage error before reading."""
    asked = ("--env", "demo", "--sign-key", str(keys / "locked"))
    ended = judge(tmp_path, *asked, SSH_AUTH_SOCK="")
    assert ended.status == 4, ended.output
    assert "ssh-agent" in ended.output
    assert ended.directory is None


@pytest.mark.e2e
def test_a_key_that_is_not_there_ends_the_process(keys: Path, tmp_path: Path) -> None:
    """The key is tried before anything is read: pytest ends as after wrong usage, with no run."""
    ended = run(tmp_path, "--env", "demo", "--sign-key", str(keys / "nobody"))
    assert ended.status == 4, ended.output
    assert "no such file" in ended.output
    assert ended.directory is None


def test_a_key_in_ssh_agent(keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A key with a passphrase signs through ssh-agent, by its public half."""
    socket = tmp_path / "agent"
    agent = subprocess.Popen(
        [need("ssh-agent"), "-D", "-a", str(socket)], stdout=subprocess.DEVNULL
    )
    try:
        askpass = tmp_path / "askpass"
        askpass.write_text("#!/bin/sh\necho a passphrase\n")
        askpass.chmod(0o700)
        asked = {"SSH_ASKPASS": str(askpass), "SSH_ASKPASS_REQUIRE": "force"}
        there = {**os.environ, "SSH_AUTH_SOCK": str(socket)}
        while not socket.exists():
            assert agent.poll() is None
        subprocess.run(
            [need("ssh-add"), str(keys / "locked")],
            env={**there, **asked},
            check=True,
            capture_output=True,
        )
        key = str(keys / "locked.pub")
        ended = judge(
            tmp_path / "r", "--env", "demo", *NARROW, "--sign-key", key, SSH_AUTH_SOCK=str(socket)
        )
    finally:
        agent.terminate()
        agent.wait()
    assert ended.status == 6, ended.output
    status, told = verify(capsys, ended.directory)
    assert status == 0, told
    assert _fingerprint(keys / "locked.pub") in told


@pytest.mark.e2e
def test_a_key_that_fails_at_the_end(keys: Path, tmp_path: Path) -> None:
    """A run that could not be signed in the end does not end as one that was."""
    key = tmp_path / "key"
    shutil.copy(keys / "alice", key)
    ended = run(
        tmp_path / "r", "--env", "demo", *NARROW, "--sign-key", str(key), "-p", "tests.losing_a_key"
    )
    assert ended.status == 3, ended.output
    assert "NOT SIGNED: ssh-keygen says" in ended.output


def test_a_verdict_ends(demo: Ended, capsys: pytest.CaptureFixture[str]) -> None:
    """A GO holds to its last second; after it a pipeline hears that nobody can say any more."""
    until = datetime.fromisoformat(demo.results["valid_until"]["at"])
    asked = ("--alone", demo.directory, "--at")
    status, told = verify(capsys, *asked, until.isoformat())
    assert (status, "GO holds at" in told) == (0, True), told
    late = (until + timedelta(seconds=1)).isoformat()
    status, told = verify(capsys, *asked, late)
    assert (status, "GO is OVER at" in told) == (1, True), told
    assert verify(capsys, *asked, late, "--verdict")[0] == 6
    assert verify(capsys, *asked, until.isoformat(), "--verdict")[0] == 0


def test_a_time_has_its_zone(demo: Ended, capsys: pytest.CaptureFixture[str]) -> None:
    """22:00 without a zone is an hour that nobody knows."""
    with pytest.raises(SystemExit):
        verify(capsys, demo.directory, "--at", "2026-12-05T22:00")
    assert "expected a time with its zone" in capsys.readouterr().err
