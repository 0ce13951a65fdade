"""What a run needs brings its libraries along: the smallest Debian is enough."""

from __future__ import annotations

import shutil
import struct
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.running import HOME

GLIBC = {"libc", "libm", "libdl", "libpthread", "librt", "libresolv", "libutil"}
"""The C library's, and ``ld-linux``: there is no Linux of this kind without them."""
EVERYWHERE = {"libgcc_s", "libz"}
"""What Debian's smallest root has too: its C library depends on the one, dpkg on the other."""
NEEDED, STRINGS, RPATH, RUNPATH = 1, 5, 15, 29

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="wheels of Linux hold ELF files")


def dynamic(file: bytes) -> dict[int, list[str]]:
    """What a 64-bit little-endian ELF file needs, and where it looks for it, by tag."""
    assert file[4:6] == b"\2\1", "a 64-bit little-endian file"
    (start,) = struct.unpack_from("<Q", file, 32)
    size, count = struct.unpack_from("<HH", file, 54)
    segments = [struct.unpack_from("<II5Q", file, start + size * n) for n in range(count)]
    entries: list[tuple[int, int]] = []
    for kind, _, offset, _, _, length, _ in segments:
        if kind == 2:
            entries += struct.iter_unpack("<QQ", file[offset : offset + length])
    if not entries:
        return {}
    where = dict(entries)[STRINGS]
    strings = next(
        where - address + offset
        for kind, _, offset, address, _, length, _ in segments
        if kind == 1 and address <= where < address + length
    )
    found: dict[int, list[str]] = {NEEDED: [], RPATH: [], RUNPATH: []}
    for tag, value in entries:
        if tag == 0:
            break
        if tag in found:
            end = file.index(b"\0", strings + value)
            found[tag].append(file[strings + value : end].decode())
    return found


def missing(path: Path) -> list[str]:
    """Libraries of a shared object that neither lie where it looks for them nor on every Debian."""
    names = dynamic(path.read_bytes())
    paths = ":".join(names[RUNPATH] or names[RPATH]).split(":")
    folders = [Path(one.replace("$ORIGIN", str(path.parent))) for one in paths if one]
    return [
        name
        for name in names[NEEDED]
        if name.partition(".so")[0] not in GLIBC | EVERYWHERE
        and not name.startswith("ld-linux")
        and not any((folder / name).is_file() for folder in folders)
    ]


def shared_objects() -> list[Path]:
    """All that requirements.txt installs here."""
    lines = (HOME / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line.rstrip(" \\")) for line in lines if line[:1].isalnum()]
    here = [pin.name for pin in pins if pin.marker is None or pin.marker.evaluate()]
    files = [file for name in here for file in metadata.files(name) or []]
    paths = [Path(str(file.locate())) for file in files if ".so" in file.suffixes]
    return [path for path in paths if path.read_bytes()[:4] == b"\x7fELF"]


def test_every_shared_object_finds_its_libraries() -> None:
    """Each library that a shared object needs is in its wheel, or in the smallest Debian.

    One that needs a package of the system would fail on the jump host, where that package is not.
    """
    found = {path: missing(path) for path in shared_objects()}
    assert len(found) > 10
    told = [f"{path.name} misses {', '.join(names)}" for path, names in found.items() if names]
    assert not told, "\n".join(told)


def test_a_shared_object_without_its_wheel_misses_libraries(tmp_path: Path) -> None:
    """The driver of PostgreSQL, away from the other files of its wheel, misses libpq."""
    driver = next(path for path in shared_objects() if path.name.startswith("pq."))
    alone = Path(shutil.copy(driver, tmp_path))
    assert any(name.startswith("libpq") for name in missing(alone))
