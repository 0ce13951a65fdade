"""Files that others may be reading, or writing, at the same time."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4


def replace(path: Path, content: bytes) -> None:
    """Put a whole file in the place of another: whoever reads sees the one or the other.

    Raises:
        OSError: it could not be written; what stood there before still stands.
    """
    beside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
