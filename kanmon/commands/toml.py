"""Values as an environment file has them."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any


def line(key: str, value: Any) -> str:
    """A key and its value."""
    return f"{key} = {told(value)}"


def told(value: Any) -> str:
    """A text, number, date, list or table as TOML has it."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {told(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(told, value))}]"
    if isinstance(value, dt.date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
