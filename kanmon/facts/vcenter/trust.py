"""What is read of that by which others trust a vCenter, and by which people get into it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
