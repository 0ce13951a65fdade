"""Lists of keys as EFI keeps them: ``EFI_SIGNATURE_LIST`` of the UEFI specification, chapter 32."""

from __future__ import annotations

import hashlib
import struct
import uuid
from collections.abc import Iterator

from kanmon.text import Text

X509 = uuid.UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072").bytes_le
_HEAD = struct.Struct("<16sIII")
_OWNER = 16


def certificates(data: bytes) -> tuple[str, ...]:
    """SHA-256 of each X.509 certificate in lists that follow each other, upper-case hex digits.

    Raises:
        ValueError: the lists are not whole.
    """
    return tuple(hashlib.sha256(one).hexdigest().upper() for one in _certificates(data))


def _certificates(data: bytes) -> Iterator[bytes]:
    while data:
        if len(data) < _HEAD.size:
            raise ValueError(
                Text("{count} bytes are left, too few for a list of keys", count=len(data))
            )
        kind, size, header, each = _HEAD.unpack_from(data)
        start = _HEAD.size + header
        if not start <= size <= len(data) or each <= _OWNER or (size - start) % each:
            raise ValueError(
                Text(
                    "a list of keys of {size} bytes, of which {count} are there",
                    size=size,
                    count=len(data),
                )
            )
        if kind == X509:
            yield from (data[at + _OWNER : at + each] for at in range(start, size, each))
        data = data[size:]
