"""Frozen records of what was read, one module or folder for each kind of target.

A field is ``None`` only where the product itself says "not set"; what could not be read is an
``Unread`` with the reason, never an empty value. Each kind says in its ``KIND`` what it has.
"""

import importlib
import pkgutil
from typing import Any

from kanmon.facts.common import Apart, Certificate, ClockReading, Kind, Unread


def _kinds() -> dict[str, Kind]:
    """Every kind that a module or a folder of this one describes, by name."""
    modules = [
        (found.name, importlib.import_module(f"{__name__}.{found.name}"))
        for found in pkgutil.iter_modules(__path__)
    ]
    return {name: module.KIND for name, module in modules if hasattr(module, "KIND")}


KINDS = _kinds()
"""What there is to know of each kind of target."""
PARTS: dict[str, dict[str, Any]] = {name: dict(kind.parts) for name, kind in KINDS.items()}
"""The type of every fact, by kind and name."""
IDENTITY = {name: kind.identity for name, kind in KINDS.items()}
"""The fact of each kind that says what the target is; read of every target in use."""

__all__ = [
    "IDENTITY",
    "KINDS",
    "PARTS",
    "Apart",
    "Certificate",
    "ClockReading",
    "Kind",
    "Unread",
]
