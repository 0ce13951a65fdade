"""A certificate authority of the lab, and what it signs."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import ssl
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab.transport.leaf import Leaf

_RSA_SHA256 = bytes.fromhex("06092a864886f70d01010b")
_RSA_SHA1 = bytes.fromhex("06092a864886f70d010105")


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

    def issue(
        self, name: str, addresses: Iterable[str], days: int = 3650, also: Iterable[str] = ()
    ) -> Leaf:
        """A server certificate for "localhost", other names, and the given IP addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.DNSName(one) for one in ("localhost", *also)]
        names += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        signed = self._signed(_name(name), key.public_key(), names=names, days=days)
        return self._kept(name, signed.public_bytes(serialization.Encoding.DER), key)

    def issue_old(self, name: str) -> Leaf:
        """A server certificate, by itself, that calls itself signed with SHA-1.

        Nobody here signs with it any more, so the signature is another's: who looks at the name of
        the algorithm sees an old one, who verifies it a forged one.
        """
        key = rsa.generate_private_key(65537, 2048)
        now = dt.datetime.now(dt.UTC)
        signed = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name(name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=400))
            .not_valid_after(now + dt.timedelta(days=3650))
            .sign(key, hashes.SHA256())
        )
        der = signed.public_bytes(serialization.Encoding.DER)
        return self._kept(name, der.replace(_RSA_SHA256, _RSA_SHA1), key)

    def _kept(
        self, name: str, der: bytes, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    ) -> Leaf:
        """A certificate and its key in a file."""
        path = self.home / f"{name}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path.write_bytes(ssl.DER_cert_to_PEM_cert(der).encode() + private)
        return Leaf(path, hashlib.sha256(der).hexdigest())
