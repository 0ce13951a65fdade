"""TLS of a database server: the versions that it takes, its certificate, and a verified line."""

from __future__ import annotations

import ssl
import warnings
from dataclasses import replace

from kanmon.environment.targets import Database
from kanmon.errors import CouldNotRead, TargetLost
from kanmon.facts import Certificate
from kanmon.facts.database.server import Tls, TlsAttempt
from kanmon.readers.database.failures import not_verified
from kanmon.readers.database.line import Line, tell
from kanmon.readers.transport import tls
from kanmon.text import Text

VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_OLD_CIPHERS_TOO = "ALL:@SECLEVEL=0"
_OTHER_VERSION = ("UNSUPPORTED_PROTOCOL", "WRONG_SSL_VERSION", "TLSV1_ALERT_PROTOCOL_VERSION")
_NOT_OURS = ("NO_PROTOCOLS_AVAILABLE", "NO_CIPHERS_AVAILABLE")


def read(target: Database) -> Tls:
    """Every TLS version, each offered alone on a connection of its own.

    No certificate is verified: nothing but a handshake is sent.

    Raises:
        TargetLost: the server does not answer, or is not the product.
    """
    with Line(target) as line:
        encryption, version = line.encryption, line.version
    if encryption == "not supported":
        detail = "the server says that it does not support encryption"
        attempts = tuple(TlsAttempt(name, "refused", "", detail) for name in VERSIONS)
    else:
        attempts = tuple(_attempt(target, name) for name in VERSIONS)
    return Tls(encryption=encryption, attempts=attempts, server_version=version)


def _attempt(target: Database, version: str) -> TlsAttempt:
    try:
        context = _offering(version)
    except ValueError as error:
        return TlsAttempt(
            version, "untried", "", Text("this machine cannot offer it: {error}", error=error)
        )
    with Line(target) as line:
        try:
            secure = line.handshake(context)
        except OSError as error:
            return TlsAttempt(version, _outcome(error), "", tell(error))
    cipher = secure.cipher()
    return TlsAttempt(version, "accepted", cipher[0] if cipher else "", "handshake completed")


def _outcome(error: OSError) -> str:
    reason = getattr(error, "reason", None)
    if reason in _OTHER_VERSION:
        return "refused"
    return "untried" if reason in _NOT_OURS else "failed"


def _offering(version: str) -> ssl.SSLContext:
    """A context that offers exactly one version, with every cipher that this machine has.

    Raises:
        ValueError: this machine's OpenSSL was built or set up without the version.
    """
    name = version.replace(".", "_")
    if not getattr(ssl, f"HAS_{name}"):
        raise ValueError(f"{ssl.OPENSSL_VERSION} was built without {version}")
    made = _unverified(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    _set_range(made, ssl.TLSVersion[name], ssl.TLSVersion[name])
    return made


def _unverified(made: ssl.SSLContext) -> ssl.SSLContext:
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.set_ciphers(_OLD_CIPHERS_TOO)
    made.options |= 0x4  # OP_LEGACY_SERVER_CONNECT: servers without secure renegotiation count too
    return made


def _set_range(made: ssl.SSLContext, lowest: ssl.TLSVersion, highest: ssl.TLSVersion) -> None:
    with warnings.catch_warnings():
        # Python warns of TLS 1.0 and 1.1; to find out whether a server takes them is the purpose.
        warnings.simplefilter("ignore", DeprecationWarning)
        made.minimum_version = lowest
        made.maximum_version = highest


def certificates(target: Database) -> tuple[Certificate, ...]:
    """The server's certificate; its problem says so when only an old TLS version shows it.

    Raises:
        TargetLost: the server does not answer.
        CouldNotRead: no TLS version leads to a handshake, or the server does not encrypt.
    """

    def handshake(context: ssl.SSLContext) -> ssl.SSLObject:
        with Line(target) as line:
            return line.handshake(context)

    used: list[str | None] = []

    def lenient(context: ssl.SSLContext) -> ssl.SSLObject:
        context.set_ciphers(_OLD_CIPHERS_TOO)
        _set_range(context, ssl.TLSVersion.TLSv1, ssl.TLSVersion.MAXIMUM_SUPPORTED)
        secure = handshake(context)
        used.append(secure.version())
        return secure

    try:
        return (tls.certificate(target, handshake),)
    except TargetLost:
        raise
    except CouldNotRead:
        found = tls.certificate(target, lenient)
    problem = Text(
        "shown only with outdated TLS settings allowed (over {version})", version=used[-1]
    )
    if found.problem:
        problem = Text.joined("; ", (found.problem, problem))
    return (replace(found, problem=problem),)


def secured(target: Database) -> Line:
    """A line that is encrypted and verified, by CA, pinned leaf or the system's CAs.

    Raises:
        TargetLost: it cannot be had; the reason names TLS.
    """
    context = tls.context(target)
    if target.product == "sqlserver":
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # TDS 7.x knows no later one
    line = Line(target)
    try:
        _verify(line, context)
    except BaseException:  # an interruption must not leave it open either
        line.close()
        raise
    return line


def _verify(line: Line, context: ssl.SSLContext) -> None:
    target = line.target
    if line.encryption in ("off", "not supported"):
        got = Text("the server answers that encryption is {encryption}", encryption=line.encryption)
        raise not_verified(target, got, Text("let the server encrypt whole sessions"))
    try:
        der = line.handshake(context).getpeercert(binary_form=True)
    except ssl.SSLCertVerificationError as error:
        got = Text("certificate: {verify_message}", verify_message=error.verify_message)
        raise not_verified(target, got, Text("check ca")) from None
    except OSError as error:
        taken = [a.version for a in read(target).attempts if a.outcome == "accepted"]
        versions = ", ".join(taken) or Text("cannot tell, no handshake succeeds")
        got = Text(
            "{reason}; TLS versions that it takes: {versions}",
            reason=tell(error),
            versions=versions,
        )
        raise not_verified(target, got, Text("a login needs TLS 1.2 or later; enable it")) from None
    if problem := tls.mismatch(target, der or b""):
        raise not_verified(
            target, Text("certificate: {problem}", problem=problem), Text("check fingerprint")
        )
