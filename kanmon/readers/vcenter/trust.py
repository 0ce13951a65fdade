"""Facts of trust: what single sign-on signs with, and which roots a vCenter trusts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from kanmon.errors import CouldNotRead, Denied, TargetLost
from kanmon.facts import Unread
from kanmon.facts.common import NotKept
from kanmon.facts.vcenter.trust import SigningCertificate, TrustedCertificate, TrustedChain
from kanmon.readers.apart import each
from kanmon.readers.transport.fields import child, children, text, texts
from kanmon.readers.vcenter.session import Session, about, required
from kanmon.text import Text

SIGNING = "/api/vcenter/certificate-management/vcenter/signing-certificate"
ROOTS = "/rest/vcenter/certificate-management/vcenter/trusted-root-chains"

CHAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""An identifier of a chain; it goes into a path, so none of another form is asked for."""

SIGNING_SINCE = (7, 0, 3)
"""The first vCenter that tells its signing certificate, by what vim25 calls it (7.0 U3)."""

ROOTS_SINCE = (6, 7)
"""The first line of vCenter that tells its trusted roots (6.7 U2 and later of it)."""


def signing_certificate(session: Session) -> SigningCertificate | NotKept:
    """What single sign-on signs with: the leaf, which comes first in the active chain."""
    version = _version(session)
    if _numbers(version) < SIGNING_SINCE:
        untold = Text(
            "vCenter {version} tells on no interface when it ends: see checksts.py (KB 79248)",
            version=version,
        )
        return NotKept(untold)
    answer = child({SIGNING: session.rest.get_bare(SIGNING)}, SIGNING)
    leaf, *_ = _certificates(texts(child(answer, "active_cert_chain"), "cert_chain"), SIGNING)
    return SigningCertificate(
        leaf.subject.rfc4514_string(), leaf.not_valid_before_utc, leaf.not_valid_after_utc
    )


def trusted_roots(session: Session) -> tuple[TrustedChain, ...] | NotKept:
    """Every chain that a vCenter trusts; it trusts its own authority at least."""
    version = _version(session)
    if _numbers(version) < ROOTS_SINCE:
        untold = Text(
            "vCenter {version} tells its trusted roots on no interface: look at TRUSTED_ROOTS with"
            " vecs-cli",
            version=version,
        )
        return NotKept(untold)
    listed = children({ROOTS: session.rest.get(ROOTS)}, ROOTS)
    if not listed:
        raise CouldNotRead(f"GET {ROOTS}", Text("no trusted root at all"))
    return each(
        listed,
        lambda one: _chain(session, text(one, "chain")),
        lambda one: Text("the trusted chain after {count} others", count=listed.index(one)),
    )


def _chain(session: Session, id_: str) -> TrustedChain:
    """A chain; one that is not told is unread, the others are not."""
    try:
        return TrustedChain(id_, _trusted(session, id_))
    except (Denied, TargetLost):
        raise
    except CouldNotRead as error:
        return TrustedChain(id_, Unread(error.message))


def _trusted(session: Session, id_: str) -> tuple[TrustedCertificate, ...]:
    path = f"{ROOTS}/{id_}"
    if not CHAIN.fullmatch(id_):
        raise CouldNotRead(f"GET {path}", Text("an identifier of a form that is not known"))
    answer = child({path: session.rest.get(path)}, path)
    told = texts(child(answer, "cert_chain"), "cert_chain")
    return tuple(
        TrustedCertificate(
            subject=one.subject.rfc4514_string(),
            not_after=one.not_valid_after_utc,
            signature=_signature(one),
            sha256=one.fingerprint(hashes.SHA256()).hex(),
        )
        for one in _certificates(told, path)
    )


def _signature(certificate: x509.Certificate) -> str:
    try:
        digest = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        digest = None
    return digest.name if digest else certificate.signature_algorithm_oid.dotted_string


def _version(session: Session) -> str:
    where = session.target.where
    tried = Text("read what {where} is", where=where)
    return str(required(about(session.content, where), "version", tried))


def _numbers(version: str) -> tuple[int, ...]:
    """As in "7.0.3"."""
    try:
        return tuple(int(part) for part in version.split("."))
    except ValueError:
        raise CouldNotRead(
            Text("read the version of vCenter"),
            Text("{version}, expected one as in 7.0.3", version=repr(version)),
        ) from None


def _certificates(told: Sequence[str], path: str) -> list[x509.Certificate]:
    """The certificates of a chain, at least one, in the order in which it tells them."""
    try:
        return x509.load_pem_x509_certificates("\n".join(told).encode())
    except ValueError as error:
        raise CouldNotRead(
            f"GET {path}", Text("no certificate in PEM: {error}", error=str(error))
        ) from None


PARTS: Mapping[str, Callable[[Any], object]] = {
    "signing_certificate": signing_certificate,
    "trusted_roots": trusted_roots,
}
