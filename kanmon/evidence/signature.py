"""A run's manifest signed with the operator's own SSH key, by ``ssh-keygen -Y``.

Nothing here ever asks for a passphrase: a key that has one is used through ssh-agent.
"""

from __future__ import annotations

import base64
import binascii
import os
import subprocess
import tempfile
from pathlib import Path

from kanmon.errors import KanmonError, UsageError
from kanmon.evidence.manifest import FILE, PRIVATE, SIGNATURE

NAMESPACE = "kanmon"
WAIVER = "kanmon-waiver"
"""Of waivers: what was signed as the one is never taken for the other."""
AGENT = "a key with a passphrase is used through ssh-agent: run `ssh-add {key}` before"
SECONDS = 60
"""How long a key may take: one in hardware waits for a touch."""
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"


class NotSigned(KanmonError):  # noqa: N818 - the words that the operator reads
    """A manifest could not be signed, or its signature does not hold."""


def fingerprint(key: Path) -> str:
    """Fingerprint of a key that is able to sign here and now, which is tried.

    Args:
        key: a private key, or the public half of one that ssh-agent holds.

    Raises:
        UsageError: there is no such key, or it cannot sign without a question.
    """
    if not key.is_file():
        raise UsageError(f"--sign-key {key}: there is no such file")
    try:
        told = _ssh_keygen("-l", "-E", "sha256", "-f", str(key))
        with tempfile.TemporaryDirectory() as scratch:
            trial = Path(scratch) / "trial"
            trial.write_bytes(b"kanmon")
            _sign(trial, key, NAMESPACE)
    except NotSigned as error:
        raise UsageError(f"--sign-key {key}: {error}") from None
    return told.split()[1]


def sign(run: Path, key: Path) -> None:
    """Sign the manifest of a run; the signature lies beside it.

    Raises:
        NotSigned: the key did not sign.
    """
    _sign(run / FILE, key, NAMESPACE)
    (run / SIGNATURE).chmod(PRIVATE)


def sign_waiver(file: Path, key: Path) -> None:
    """Sign a waiver of a run; the signature lies beside it.

    Raises:
        NotSigned: the key did not sign.
    """
    _sign(file, key, WAIVER)


def signer_of_waiver(file: Path, allowed: Path) -> str:
    """Who signed a waiver of a run.

    Args:
        file: of the waiver.
        allowed: file in the form of ALLOWED SIGNERS in ssh-keygen(1).

    Raises:
        NotSigned: it has no signature, or none of anybody in ``allowed``.
    """
    made = file.with_name(f"{file.name}.sig")
    if not made.is_file():
        raise NotSigned(f"there is no signature: {made.name} is missing")
    allowed_signers = ("-f", str(allowed))
    known = _ssh_keygen("-Y", "find-principals", *allowed_signers, "-s", str(made)).splitlines()
    signer = known[0] if known else ""
    of = ("-I", signer, "-n", WAIVER, "-s", str(made))
    _ssh_keygen("-Y", "verify", *allowed_signers, *of, stdin=file)
    return signer


def check(run: Path) -> str:
    """Fingerprint of the key that signed a run's manifest, whoever's it is.

    Raises:
        NotSigned: there is no signature, or it is one of other bytes.
    """
    _whole(run)
    told = _ssh_keygen("-Y", "check-novalidate", *_of(run), stdin=run / FILE)
    return told.split()[-1]


def verify(run: Path, allowed: Path, identity: str | None) -> str:
    """Who signed a run's manifest, whose signature is already checked.

    Args:
        run: directory of the run.
        allowed: file in the form of ALLOWED SIGNERS in ssh-keygen(1).
        identity: who is expected; anybody in ``allowed`` where None.

    Raises:
        NotSigned: it is nobody's in ``allowed``, not this identity's, or ``allowed`` is of no use.
    """
    allowed_signers = ("-f", str(allowed))
    found = _ssh_keygen("-Y", "find-principals", *allowed_signers, "-s", str(run / SIGNATURE))
    known = found.splitlines()
    signer = identity or (known[0] if known else "")
    _ssh_keygen("-Y", "verify", *allowed_signers, "-I", signer, *_of(run), stdin=run / FILE)
    return signer


def _of(run: Path) -> tuple[str, ...]:
    return "-n", NAMESPACE, "-s", str(run / SIGNATURE)


def _sign(file: Path, key: Path, namespace: str) -> None:
    made = file.with_name(f"{file.name}.sig")
    made.unlink(missing_ok=True)  # ssh-keygen would ask whether to overwrite it
    try:
        _ssh_keygen("-Y", "sign", "-n", namespace, "-f", str(key), str(file))
    except NotSigned as error:
        raise NotSigned(f"{error}; {AGENT.format(key=key)}") from None
    if not made.is_file():
        raise NotSigned(f"ssh-keygen left no {made.name}")


def _whole(run: Path) -> None:
    """Refuse a signature that is written otherwise than ssh-keygen does; it would not mind."""
    try:
        text = (run / SIGNATURE).read_bytes().decode("ascii")
    except FileNotFoundError:
        raise NotSigned(f"there is no signature: {SIGNATURE} is missing") from None
    except (OSError, UnicodeDecodeError) as error:
        raise NotSigned(f"{SIGNATURE} cannot be read: {error}") from None
    lines = text.replace("\r\n", "\n").split("\n")
    body = "".join(lines[1:-2])
    width = max(1, len(lines[1])) if len(lines) > 1 else 1
    wrapped = [body[at : at + width] for at in range(0, len(body), width)]
    try:
        again = base64.b64encode(base64.b64decode(body, validate=True)).decode()
    except (binascii.Error, ValueError):
        again = ""
    if again != body or lines != [_BEGIN, *wrapped, _END, ""]:
        raise NotSigned(f"{SIGNATURE} was changed: it is not what ssh-keygen writes")


def _ssh_keygen(*arguments: str, stdin: Path | None = None) -> str:
    """What ssh-keygen prints.

    Raises:
        NotSigned: it is not there, it refuses, or it does not end.
    """
    never_asks = {**os.environ, "SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C"}
    command = ["ssh-keygen", *arguments]
    try:
        given = stdin.read_bytes() if stdin else b""
        done = subprocess.run(
            command, input=given, capture_output=True, timeout=SECONDS, check=False, env=never_asks
        )
    except FileNotFoundError:
        raise NotSigned(
            "there is no ssh-keygen on the PATH: install OpenSSH 8.2 or newer"
        ) from None
    except subprocess.TimeoutExpired:
        raise NotSigned(f"ssh-keygen gave no answer within {SECONDS} s") from None
    except OSError as error:
        raise NotSigned(f"ssh-keygen cannot be run: {error.strerror}") from None
    if done.returncode:
        said = " ".join((done.stderr + done.stdout).decode(errors="replace").split())
        raise NotSigned(f"ssh-keygen says: {said or f'exit status {done.returncode}'}")
    return done.stdout.decode(errors="replace")
