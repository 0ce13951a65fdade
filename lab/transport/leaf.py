"""A certificate with which a server of the lab answers."""

from __future__ import annotations

import ssl
from functools import cached_property
from pathlib import Path


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
