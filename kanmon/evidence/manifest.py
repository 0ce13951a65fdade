"""``manifest.json``: what a run consists of, byte for byte, and which run came before it.

It is written when every other file of the run exists. Its own seal tells a changed byte, its digest
in the next run's manifest and a signature tell more: ``docs/integrity.md`` says how much.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import socket
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from kanmon.environment.file import faults
from kanmon.errors import KanmonError
from kanmon.gate.verdict import Verdict

FILE = "manifest.json"
SIGNATURE = "manifest.json.sig"
PRIVATE = 0o600
"""Mode of a run's files; Windows hands down what its directory allows."""
OWN = (FILE, SIGNATURE)
"""The files of a run that its manifest cannot name."""

SCHEMA: Literal["kanmon/manifest/1"] = "kanmon/manifest/1"
NO_FILE = "not a file"
"""In place of the digest of what has no bytes of its own: a link, a device."""
_BLOCK = 1 << 20

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class NotIntact(KanmonError):  # noqa: N818 - the word that the operator reads
    """A manifest is not there, or is not what kanmon wrote."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class File(_Part):
    """A file of a run; the size is in bytes."""

    sha256: Digest | Literal["not a file"]
    size: Annotated[int, Field(ge=0)]


class Suite(_Part):
    """Which kanmon it was; the commit ends in -dirty where it was edited."""

    version: str
    commit: str | None


class Operator(_Part):
    """Who ran it, as the machine knows.

    Attributes:
        sudo: who became ``user`` by sudo.
        login_from: address that the operator's SSH session came from.
    """

    user: str
    sudo: str | None
    host: str
    login_from: str | None
    directory: str


class Previous(_Part):
    """The run before, and the SHA-256 of its manifest."""

    run: str
    sha256: Digest


class Manifest(_Part):
    """A whole manifest.

    Attributes:
        run: name of its directory.
        verdict: as ``results.json`` has it.
        command: the command line, without secrets.
        started, finished: of the run.
        written: when this was, after every other file.
        files: by their path inside the run.
        previous: None for the first run of an environment.
        signed_with: fingerprint of the key that signs it, None for a run without signature.
    """

    form: Literal["kanmon/manifest/1"] = Field(default=SCHEMA, alias="schema")
    run: str
    environment: str
    step: str | None
    phase: str
    verdict: Verdict
    suite: Suite
    operator: Operator
    command: tuple[str, ...] = Field(strict=False)
    started: AwareDatetime
    finished: AwareDatetime
    written: AwareDatetime
    files: dict[str, File]
    previous: Previous | None
    signed_with: str | None


class _Sealed(Manifest):
    """A manifest with the SHA-256 of all that stands before it."""

    seal: Digest


def operator(directory: Path) -> Operator:
    """Who runs this process, from which directory."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container's user without a name
        user = f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"
    return Operator(
        user=user,
        sudo=os.environ.get("SUDO_USER"),
        host=socket.gethostname(),
        login_from=os.environ.get("SSH_CLIENT", "").partition(" ")[0] or None,
        directory=str(directory),
    )


def write(directory: Path, manifest: Manifest) -> None:
    """Write the manifest of a run, whole or not at all; its files are its owner's alone from then.

    Raises:
        OSError: it cannot be written.
    """
    unfinished = directory / f"{FILE}.part"
    unfinished.write_bytes(_sealed(manifest))
    for path in directory.rglob("*"):
        if path.is_file() and not path.is_symlink():
            path.chmod(PRIVATE)
    unfinished.replace(directory / FILE)


def read(directory: Path) -> Manifest:
    """The manifest of a run, in the very bytes in which ``write`` wrote it.

    Raises:
        NotIntact: there is none, or a byte of it is another.
    """
    path = directory / FILE
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise NotIntact(
            f"it has no {FILE}: it was interrupted before its verdict, or the file was removed"
        ) from None
    except OSError as error:
        raise NotIntact(f"{FILE} cannot be read: {error.strerror}") from None
    try:
        sealed = _Sealed.model_validate_json(content)
    except ValidationError as error:
        raise NotIntact(f"{FILE} is not what kanmon wrote: {'; '.join(faults(error))}") from None
    manifest = Manifest.model_validate(sealed.model_dump(by_alias=True, exclude={"seal"}))
    if content != _sealed(manifest):
        raise NotIntact(f"{FILE} was changed: its seal does not fit what it says")
    return manifest


def digest(directory: Path) -> str:
    """SHA-256 of a run's manifest, as the next run names it.

    Raises:
        OSError: it cannot be read.
    """
    return hashlib.sha256((directory / FILE).read_bytes()).hexdigest()


def files(directory: Path) -> dict[str, File]:
    """Every file below a run's directory but the manifest's own, by relative POSIX path.

    Raises:
        OSError: one of them cannot be read.
    """
    found = {path.relative_to(directory).as_posix(): path for path in _below(directory)}
    return {name: _file(found[name]) for name in sorted(found) if name not in OWN}


def changes(run: Path, manifest: Manifest) -> Iterator[str]:
    """What is not as a run's manifest says: "changed: facts/run.json"."""
    try:
        found = files(run)
    except OSError as error:
        yield f"cannot be read: {error.filename}: {error.strerror}"
        return
    for name in sorted(found.keys() | manifest.files.keys()):
        if name not in found:
            yield f"missing: {name}"
        elif name not in manifest.files:
            yield f"added: {name}"
        elif found[name] != manifest.files[name]:
            yield f"changed: {name}"


def latest(directory: Path) -> Previous | None:
    """The run beside ``directory`` whose manifest was written last; None where there is none.

    Raises:
        OSError: its manifest cannot be read.
    """
    runs = [one for one in beside(directory.parent) if one != directory]
    last = max(runs, key=_written, default=None)
    return Previous(run=last.name, sha256=digest(last)) if last else None


def beside(home: Path) -> list[Path]:
    """The runs of an environment that have a manifest; a link to one is no other run."""
    runs = (path.parent for path in sorted(home.glob(f"*/{FILE}")))
    return [run for run in runs if not run.is_symlink()]


def _written(run: Path) -> tuple[str, str]:
    """When a run's manifest was written, as text that sorts; one that was changed is no gap."""
    try:
        moment: datetime | None = read(run).written
    except NotIntact:
        moment = None
    return (f"{moment:%Y%m%dT%H%M%S.%fZ}" if moment else run.name), run.name


def _below(directory: Path) -> Iterator[Path]:
    """What is no directory; a link to one is not followed."""

    def stop(error: OSError) -> None:
        raise error

    for home, directories, names in os.walk(directory, onerror=stop):
        links = [name for name in directories if (Path(home) / name).is_symlink()]
        yield from (Path(home) / name for name in (*names, *links))


def _file(path: Path) -> File:
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        return File(sha256=NO_FILE, size=0)
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            hashed.update(block)
        size = file.tell()
    return File(sha256=hashed.hexdigest(), size=size)


def _sealed(manifest: Manifest) -> bytes:
    """The one form in which a manifest is written."""
    plain = manifest.model_dump(by_alias=True)
    body = manifest.model_dump_json(by_alias=True, indent=1)
    seal = hashlib.sha256(body.encode()).hexdigest()
    sealed = _Sealed.model_validate({**plain, "seal": seal})
    return f"{sealed.model_dump_json(by_alias=True, indent=1)}\n".encode()
