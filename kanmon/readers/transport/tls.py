"""TLS as every reader uses it: verified by a CA file, a pinned leaf or the system's CAs."""

from __future__ import annotations

import hashlib
import socket
import ssl
from collections.abc import Callable
from datetime import UTC
from typing import Protocol

from cryptography import x509

from kanmon.errors import CouldNotRead, TargetLost
from kanmon.facts import Certificate
from kanmon.text import Text


class Trust(Protocol):
    """What says whom to trust at an address."""

    @property
    def ca(self) -> str | None:
        """Path of a PEM file, or None."""

    @property
    def fingerprint(self) -> str | None:
        """SHA-256 of the leaf, 64 lower-case hex digits, or None."""


class TlsEndpoint(Trust, Protocol):
    """An address with what is trusted there."""

    @property
    def address(self) -> str:
        """Host name or IP address."""

    @property
    def port(self) -> int:
        """TCP port."""

    @property
    def timeout(self) -> float:
        """Seconds for each network operation."""


def context(trust: Trust) -> ssl.SSLContext:
    """A client context that verifies by CA; with a pinned fingerprint the caller compares the leaf.

    Raises:
        TargetLost: the CA file cannot be used.
    """
    try:
        made = ssl.create_default_context(cafile=trust.ca)
    except (OSError, ssl.SSLError) as error:
        raise TargetLost(
            Text("load the CA file {ca}", ca=trust.ca), str(error), Text("correct ca")
        ) from None
    if trust.fingerprint:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


def dial(address: str, port: int, timeout: float) -> socket.socket:
    """A TCP connection.

    Raises:
        TargetLost: nothing answers, or the name does not resolve.
    """
    try:
        return socket.create_connection((address, port), timeout)
    except (socket.gaierror, UnicodeError) as error:
        got = getattr(error, "strerror", None) or str(error)
        raise TargetLost(
            Text("resolve {address}", address=address), got, Text("check the name")
        ) from None
    except TimeoutError:
        raise TargetLost(
            Text("connect to {address}:{port}", address=address, port=port),
            Text("no answer within {timeout} s", timeout=f"{timeout:g}"),
            Text("is it up?"),
        ) from None
    except OSError as error:
        raise TargetLost(
            Text("connect to {address}:{port}", address=address, port=port),
            error.strerror or str(error),
            Text("is it up?"),
        ) from None


def describe(endpoint: str, der: bytes, problem: str | None) -> Certificate:
    """The facts of a certificate in DER form."""
    parsed = x509.load_der_x509_certificate(der)
    return Certificate(
        endpoint=endpoint,
        subject=parsed.subject.rfc4514_string(),
        issuer=parsed.issuer.rfc4514_string(),
        not_before=parsed.not_valid_before_utc.astimezone(UTC),
        not_after=parsed.not_valid_after_utc.astimezone(UTC),
        sha256=hashlib.sha256(der).hexdigest(),
        problem=problem,
    )


def names(endpoint: TlsEndpoint) -> tuple[str, ...]:
    """The DNS names and IP addresses that the leaf of a trusted endpoint is for, as it spells them.

    Raises:
        TargetLost: nothing answers.
        CouldNotRead: no handshake succeeds, or the leaf is not to be trusted.
    """
    tried = Text("make a TLS handshake with {where}", where=f"{endpoint.address}:{endpoint.port}")
    try:
        der = _leaf(lambda made: _plain_handshake(endpoint, made), context(endpoint))
    except (ssl.SSLError, OSError) as error:
        raise CouldNotRead(tried, str(error)) from None
    if problem := mismatch(endpoint, der):
        raise CouldNotRead(tried, problem)
    extensions = x509.load_der_x509_certificate(der).extensions
    try:
        listed = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = listed.get_values_for_type(x509.IPAddress)
    return (*listed.get_values_for_type(x509.DNSName), *map(str, addresses))


def mismatch(trust: Trust, der: bytes) -> str | None:
    """Why a leaf is not the pinned one; None when it is, or when nothing is pinned."""
    found = hashlib.sha256(der).hexdigest()
    if trust.fingerprint and found != trust.fingerprint:
        return Text(
            "its fingerprint is sha256:{found}, pinned is sha256:{pinned}",
            found=found,
            pinned=trust.fingerprint,
        )
    return None


Handshake = Callable[[ssl.SSLContext], ssl.SSLSocket | ssl.SSLObject]


def certificate(endpoint: TlsEndpoint, handshake: Handshake | None = None) -> Certificate:
    """The certificate of an endpoint, and whether it is the one that the environment trusts.

    The first handshake verifies as every reader does; only when that fails is a second one made
    without verification, to see what was presented. Nothing is sent over either.

    Args:
        endpoint: where to look.
        handshake: makes the TLS connection where TLS does not start at once (databases).

    Raises:
        TargetLost: nothing answers.
        CouldNotRead: no handshake succeeds at all.
    """
    where = f"{endpoint.address}:{endpoint.port}"
    shake = handshake or (lambda made: _plain_handshake(endpoint, made))
    problem = None
    try:
        der = _leaf(shake, context(endpoint))
    except ssl.SSLCertVerificationError as error:
        problem = error.verify_message
        der = _unverified_leaf(shake, where)
    except (ssl.SSLError, OSError) as error:
        raise CouldNotRead(
            Text("make a TLS handshake with {where}", where=where), str(error)
        ) from None
    return describe(where, der, problem or mismatch(endpoint, der))


def _unverified_leaf(shake: Handshake, where: str) -> bytes:
    made = ssl.create_default_context()
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    try:
        return _leaf(shake, made)
    except (ssl.SSLError, OSError) as error:
        raise CouldNotRead(
            Text("make a TLS handshake with {where}", where=where), str(error)
        ) from None


def _leaf(shake: Handshake, made: ssl.SSLContext) -> bytes:
    connection = shake(made)
    try:
        der = connection.getpeercert(binary_form=True)
    finally:
        if isinstance(connection, ssl.SSLSocket):
            connection.close()
    if der is None:
        raise ssl.SSLError("the server presented no certificate")
    return der


def _plain_handshake(endpoint: TlsEndpoint, made: ssl.SSLContext) -> ssl.SSLSocket:
    raw = dial(endpoint.address, endpoint.port, endpoint.timeout)
    try:
        return made.wrap_socket(raw, server_hostname=endpoint.address)
    except BaseException:  # an interruption must not leave it open either
        raw.close()
        raise
