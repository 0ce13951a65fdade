"""Facts of that by which others trust a vCenter: what single sign-on signs with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cryptography import x509

from kanmon.errors import CouldNotRead
from kanmon.facts.database.state import NotKept
from kanmon.facts.vcenter.trust import SigningCertificate
from kanmon.readers.transport.fields import child, texts
from kanmon.readers.vcenter.session import Session, about, required
from kanmon.text import Text

SIGNING = "/api/vcenter/certificate-management/vcenter/signing-certificate"

SIGNING_SINCE = (7, 0, 3)
"""The first vCenter that tells its signing certificate, by what vim25 calls it (7.0 U3)."""


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


PARTS: Mapping[str, Callable[[Any], object]] = {"signing_certificate": signing_certificate}
