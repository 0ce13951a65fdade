"""Breaks kanmon in one place after the other, in a copy of the tree: each time a test must notice.

    python -m tests.mutate [NAME ...]

`tests/mutations.toml` lists the places. The exit status is 1 where a break is not noticed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
LIST = HOME / "tests" / "mutations.toml"
ROOMS = ("kanmon", "fixtures", "lab", "checks")
PASSED, FAILED = 0, 1
"""What pytest ends with; any other status says nothing about what a test noticed."""
LONGEST = 300
"""Seconds that the tests of one break may take."""


@dataclass(frozen=True)
class Mutation:
    """A place to break.

    Attributes:
        old: source text that stands in one place only, wherever that is.
        noticed_by: what pytest is to run.
    """

    name: str
    why: str
    old: str
    new: str
    noticed_by: tuple[str, ...]


def mutations() -> list[Mutation]:
    """The list, in its order."""
    listed = tomllib.loads(LIST.read_text(encoding="utf-8"))["mutation"]
    return [Mutation(**{**one, "noticed_by": tuple(one["noticed_by"])}) for one in listed]


def copied(copy: Path) -> None:
    """Copy what git knows or would add."""
    command = ["git", "-C", str(HOME), "ls-files", "-z", "--cached", "--others"]
    told = subprocess.run([*command, "--exclude-standard"], capture_output=True, check=True)
    for name in filter(None, told.stdout.decode().split("\0")):
        if (HOME / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(HOME / name, copy / name)
    imported = python(copy, "-c", "import kanmon, lab; print(kanmon.__file__, lab.__file__)")
    if imported.stdout.count(str(copy)) != len(("kanmon", "lab")):
        sys.exit(f"the copy's own kanmon is not the one that is tested: {imported.stdout}")


def python(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python in the copy, whose packages come before those that are installed."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )


def ended(copy: Path, tests: tuple[str, ...]) -> tuple[int | None, str]:
    """How pytest ends there and what it says; None where it takes too long."""
    try:
        options = ("-x", "-q", "-p", "no:cacheprovider")
        done = python(copy, "-m", "pytest", *options, *tests)
    except subprocess.TimeoutExpired:
        return None, f"no end within {LONGEST} s"
    return done.returncode, done.stdout + done.stderr


def write(path: Path, text: str) -> None:
    """Write source text, and let no compiled form of what stood there before be taken for it."""
    path.write_text(text, encoding="utf-8")
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
        compiled.unlink()


def place(copy: Path, old: str) -> Path:
    """The one file that holds a text once."""
    paths = [path for room in ROOMS for path in sorted((copy / room).rglob("*.py"))]
    found = [path for path in paths for _ in range(path.read_text(encoding="utf-8").count(old))]
    if len(found) != 1:
        sys.exit(f"{old!r} stands in {len(found)} places, expected one: {LIST.name} is stale")
    return found[0]


def main() -> int:
    """Break each place that is named, or every one."""
    wanted, known = sys.argv[1:], mutations()
    if unknown := set(wanted) - {one.name for one in known}:
        sys.exit(f"no such mutation: {', '.join(sorted(unknown))}")
    missed = 0
    with tempfile.TemporaryDirectory(prefix="kanmon-mutate-") as home:
        copy = Path(home).resolve()
        copied(copy)
        whole = cache(lambda tests: ended(copy, tests))  # of the unbroken copy
        for one in known:
            if wanted and one.name not in wanted:
                continue
            path = place(copy, one.old)
            status, told = whole(one.noticed_by)
            if status != PASSED:
                sys.exit(f"{told}\n{one.name}: its tests do not pass before anything is broken")
            text, started = path.read_text(encoding="utf-8"), time.monotonic()
            write(path, text.replace(one.old, one.new))
            noticed = ended(copy, one.noticed_by)[0] == FAILED
            write(path, text)
            missed += not noticed
            word = "noticed" if noticed else "NOT NOTICED"
            line = f"{one.name}: {word} ({time.monotonic() - started:.1f} s): {one.why}\n"
            sys.stdout.write(line)
            sys.stdout.flush()
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
