"""Certificates of the lab: one CA that the environment names, one that nobody was told of."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lab.transport.leaf import Leaf

if TYPE_CHECKING:
    from lab.transport.authority import Authority


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
        return self._authority("kanmon lab CA", self.ca)

    @cached_property
    def stranger(self) -> Authority:
        """A CA that nobody was told of."""
        return self._authority("a CA that nobody was told of", self.home / "stranger.pem")

    def _authority(self, name: str, path: Path) -> Authority:
        from lab.transport.authority import Authority  # noqa: PLC0415 - only a started lab signs

        return Authority(self.home, name, path)

    def leaf(
        self,
        name: str,
        addresses: Iterable[str],
        *,
        trusted: bool = True,
        also: Iterable[str] = (),
    ) -> Leaf:
        """A server certificate, by the CA that the environment names or by the other one."""
        issuer = self.trusted if trusted else self.stranger
        self.issued[name] = issuer.issue(name, addresses, also=also)
        return self.issued[name]

    def old_leaf(self, name: str) -> Leaf:
        """A server certificate that calls itself signed with SHA-1."""
        return self.trusted.issue_old(name)

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
