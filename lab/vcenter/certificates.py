"""Certificates that a simulated vCenter tells of: what it signs with, and which roots it trusts."""

from __future__ import annotations

import datetime as dt
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

OLD = """\
-----BEGIN CERTIFICATE-----
MIIBsTCCAVigAwIBAgIUSJB7nOmYOYxQVMjj5DwjUJahulwwCQYHKoZIzj0EATAu
MRAwDgYDVQQKDAdFeGFtcGxlMRowGAYDVQQDDBFPbGQgRW50ZXJwcmlzZSBDQTAg
Fw0yNjExMzAyMjQxMDJaGA8yMDgxMDkwMjIyNDEwMlowLjEQMA4GA1UECgwHRXhh
bXBsZTEaMBgGA1UEAwwRT2xkIEVudGVycHJpc2UgQ0EwWTATBgcqhkjOPQIBBggq
hkjOPQMBBwNCAARebcPE3vVUzjr2tSjRQWf1v9qKePgKPfmg5cOZOpxdH5qVbQb4
VetMeTPMZzHB8YbDGrhf9+CMrfUroVfpLmIgo1MwUTAdBgNVHQ4EFgQUOffRH3U0
7vONfqd7UiENzxx+GDEwHwYDVR0jBBgwFoAUOffRH3U07vONfqd7UiENzxx+GDEw
DwYDVR0TAQH/BAUwAwEB/zAJBgcqhkjOPQQBA0gAMEUCIGfhDg35EO+CAFxiRfBT
k5v30EQDrCd61BZALV+ypIJhAiEAl6oSUDCFgNZWQtjfXB3Kim2UNTmvJA+aE34t
l4jC4cs=
-----END CERTIFICATE-----
"""
"""A root that is signed with SHA-1 and ends in 2081: today's libraries sign none any more."""


def root(name: str, days: float, *, sha1: bool = False) -> str:
    """A root that ends in so many days, as a PEM text; one with SHA-1 has its own name and end."""
    key = ec.generate_private_key(ec.SECP256R1())
    return OLD if sha1 else _signed(name, key.public_key(), key, days)


def chain_id(name: str) -> str:
    """The identifier by which vCenter keeps a root."""
    return hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest().upper()


def chain(days: float) -> list[str]:
    """A leaf that ends in so many days and the CA that signed it, as PEM texts, the leaf first."""
    ca = ec.generate_private_key(ec.SECP256R1())
    leaf = ec.generate_private_key(ec.SECP256R1())
    return [
        _signed("ssoserverSign", leaf.public_key(), ca, days),
        _signed("CA", ca.public_key(), ca, 3650),
    ]


def _signed(
    name: str, key: ec.EllipticCurvePublicKey, by: ec.EllipticCurvePrivateKey, days: float
) -> str:
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name("CA"))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=400))
        .not_valid_after(now + dt.timedelta(days=days))
    )
    return built.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
