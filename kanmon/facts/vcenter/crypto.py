"""What is read from a vCenter of encrypted VMs, of the hosts that run them, and of their keys.

Sources: developer.broadcom.com, vSphere Web Services API 6.5: CryptoKeyId, KmipClusterInfo,
HostRuntimeInfo (cryptoState).
"""

from __future__ import annotations

from dataclasses import dataclass

from kanmon.facts.common import Unread


@dataclass(frozen=True, slots=True)
class EncryptedVm:
    """A VM whose files are encrypted; one with a virtual TPM always is.

    Attributes:
        host: moref; None where vCenter knows none.
        running: it is powered on.
        provider: id of the key provider that has its key; None where vCenter does not name one.
    """

    moref: str
    name: str
    host: str | None
    running: bool
    provider: str | None

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.name} ({self.moref})"


@dataclass(frozen=True, slots=True)
class KeyProvider:
    """A key provider (KMS cluster) of a vCenter.

    Attributes:
        servers: as "name address:port"; none where it keeps the keys itself.
    """

    id: str
    servers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HostMode:
    """The encryption mode of a host.

    Attributes:
        mode: incapable, prepared, safe or pendingIncapable; None where vCenter does not say.
    """

    host: str
    host_name: str
    mode: str | None

    @property
    def label(self) -> str:
        """What an operator can search for."""
        return f"{self.host_name} ({self.host})"


@dataclass(frozen=True, slots=True)
class Encryption:
    """Encrypted VMs, and what they need.

    Attributes:
        providers: not asked for (empty) where nothing is encrypted; likewise ``modes``.
        untold: labels of VMs whose configuration vCenter does not have.
    """

    vms: tuple[EncryptedVm, ...]
    providers: tuple[KeyProvider, ...] | Unread
    modes: tuple[HostMode, ...]
    untold: tuple[str, ...] = ()
