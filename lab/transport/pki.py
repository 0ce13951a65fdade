"""Certificates of the lab: one CA that the environment names, one that nobody was told of."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import ssl
import tempfile
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """A CA and what it signed, as PEM files in a directory."""

    def __init__(self, home: Path, name: str, path: Path) -> None:
        self.home = home
        self.name = name
        self.path = path
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._signed(_name(name), self._key.public_key(), ca=True)
        self.path.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def _signed(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        *,
        ca: bool = False,
        names: Iterable[x509.GeneralName] = (),
        days: int = 3650,
    ) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(_name(self.name))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=400))
            .not_valid_after(now + dt.timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )
        if ca:
            usage = x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                crl_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            )
            builder = builder.add_extension(usage, critical=True)
        else:
            builder = builder.add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
            ).add_extension(x509.SubjectAlternativeName(list(names)), critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def issue(self, name: str, addresses: Iterable[str], days: int = 3650) -> Leaf:
        """A server certificate for "localhost" and the given IP addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.DNSName("localhost")]
        names += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        signed = self._signed(_name(name), key.public_key(), names=names, days=days)
        path = self.home / f"{name}.pem"
        path.write_bytes(
            signed.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return Leaf(
            path, hashlib.sha256(signed.public_bytes(serialization.Encoding.DER)).hexdigest()
        )


class Leaf:
    """A server certificate with its key, in one PEM file."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        self.path = path
        self.fingerprint = fingerprint

    @cached_property
    def context(self) -> ssl.SSLContext:
        """A server context that takes TLS 1.2 and 1.3."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.path)
        return made


class Pki:
    """The lab's directory of certificates, keys and password files; gone after ``close``.

    Attributes:
        issued: the newest server certificate of each name.
    """

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="kanmon-lab-")
        self.home = Path(self._directory.name)
        self.issued: dict[str, Leaf] = {}

    @property
    def ca(self) -> Path:
        """Where the certificate of the trusted CA is, once something was signed."""
        return self.home / "ca.pem"

    @cached_property
    def trusted(self) -> Authority:
        """The CA that the environment names."""
        return Authority(self.home, "kanmon lab CA", self.ca)

    @cached_property
    def stranger(self) -> Authority:
        """A CA that nobody was told of."""
        return Authority(self.home, "a CA that nobody was told of", self.home / "stranger.pem")

    def leaf(self, name: str, addresses: Iterable[str], *, trusted: bool = True) -> Leaf:
        """A server certificate, by the CA that the environment names or by the other one."""
        self.issued[name] = (self.trusted if trusted else self.stranger).issue(name, addresses)
        return self.issued[name]

    @property
    def known_hosts(self) -> Path:
        """The file in which SSH servers write their host keys when they start."""
        return self.home / "known_hosts"

    def secret(self, name: str, value: str) -> Path:
        """A file with a secret, readable by its owner only."""
        path = self.home / name
        path.touch(mode=0o600)
        path.write_text(value, encoding="utf-8")
        return path

    def close(self) -> None:
        """Remove the directory."""
        self._directory.cleanup()
