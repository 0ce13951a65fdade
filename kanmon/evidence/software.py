"""Which kanmon judged: its own files beside those that were released, and what pytest loaded."""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

SHIPPED = ("checks", "fixtures", "kanmon", "conftest.py")
"""What of a release decides a verdict."""
HOME = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Software:
    """The code that a run was judged by.

    Attributes:
        commit: of the suite, "-dirty" where a shipped file was changed; None outside a checkout.
        compared_with: "git HEAD" or "RECORD" (of the wheel); None where neither is there.
        changed: shipped files that are not as they were released, or gone.
        own: files among the shipped ones that the release does not have.
        plugins: what pytest loaded beside its own parts.
        strangers: those of them that take part in a run and that kanmon does not know.
    """

    commit: str | None = None
    compared_with: str | None = None
    changed: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()


def compared(root: Path, home: Path = HOME) -> Software:
    """Compare every shipped file with its release.

    Args:
        root: the directory of the ``checks/`` that were judged.
        home: the one that ``kanmon/`` is in.
    """
    found = _with_git(home) or _with_record(home)
    if found is None:
        return Software()
    if (home / "checks").is_dir() and root.resolve() != home:
        elsewhere = (f"{root / 'checks'}", *found.changed)
        return Software(found.commit, found.compared_with, elsewhere, found.own)
    return found


def _with_git(home: Path) -> Software | None:
    """One call: the commit, what differs from it, what it does not have."""
    if not (home / ".git").exists():
        return None
    command = ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-C", str(home)]
    asked = ["status", "--porcelain=v2", "--branch", "-z", "--no-renames", "--untracked-files=all"]
    try:
        done = subprocess.run(
            [*command, *asked, "--", *SHIPPED],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=10,
            check=True,
            env={key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
        )
    except (OSError, subprocess.SubprocessError):
        return None
    lines = done.stdout.split("\0")
    commit = next((one.split(" ")[2] for one in lines if one.startswith("# branch.oid ")), None)
    changed = tuple(sorted(_path(one) for one in lines if one[:2] in ("1 ", "u ")))
    own = tuple(sorted(one[2:] for one in lines if one.startswith("? ")))
    return Software(f"{commit}-dirty" if changed else commit, "git HEAD", changed, own)


def _path(line: str) -> str:
    """The path of a changed entry: the last of its fields, which are fewer where it is merged."""
    return line.split(" ", 8 if line.startswith("1 ") else 10)[-1]


def _with_record(home: Path) -> Software | None:
    """The digests that an installed wheel names."""
    try:
        wheel = metadata.distribution("kanmon")
    except metadata.PackageNotFoundError:
        return None
    if Path(str(wheel.locate_file(""))).resolve() != home:
        return None
    lines = csv.reader((wheel.read_text("RECORD") or "").splitlines())  # of missing files as well
    released = {
        name: digest.removeprefix("sha256=")
        for name, digest, _ in lines
        if digest and name.partition("/")[0] in SHIPPED
    }
    if not released:
        return None
    changed = sorted(name for name, digest in released.items() if _digest(home / name) != digest)
    own = sorted(set(_sources(home)) - released.keys())
    return Software(None, "RECORD", tuple(changed), tuple(own))


def _digest(path: Path) -> str | None:
    """SHA-256 as a RECORD writes it; None where there is no such file."""
    try:
        digest = hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return None
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _sources(home: Path) -> Iterator[str]:
    """The modules that lie among the shipped files."""
    for top in SHIPPED:
        yield from (path.relative_to(home).as_posix() for path in (home / top).rglob("*.py"))
