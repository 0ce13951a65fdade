"""What is read of that by which others trust a vCenter, and by which people get into it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kanmon.facts.common import Unread


@dataclass(frozen=True, slots=True)
class SigningCertificate:
    """The certificate with which single sign-on signs its tokens: the leaf of the active chain.

    Attributes:
        subject: RFC 4514 name.
        not_before, not_after: aware, UTC.
    """

    subject: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class RootAccount:
    """The account root of the appliance (``appliance.local_accounts``).

    Attributes:
        usable: it is enabled and has a password.
        expires: when its password ends, aware, UTC; None where the appliance says that it never
            does.
    """

    usable: bool
    expires: datetime | None


@dataclass(frozen=True, slots=True)
class TrustedCertificate:
    """A certificate that a vCenter trusts.

    Attributes:
        subject: RFC 4514 name.
        not_after: aware, UTC.
        signature: the digest with which it is signed, e.g. "sha256"; of a signature without one, or
            with one that is not known, its object identifier.
        sha256: fingerprint, 64 lower-case hex digits.
    """

    subject: str
    not_after: datetime
    signature: str
    sha256: str

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.subject} ({self.sha256[:16]})"


@dataclass(frozen=True, slots=True)
class TrustedChain:
    """What vCenter keeps of a certificate authority, by its own identifier for it."""

    id: str
    certificates: tuple[TrustedCertificate, ...] | Unread

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"trusted root {self.id}"
