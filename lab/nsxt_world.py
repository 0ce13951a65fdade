"""What a world file may say of the state of an NSX-T manager; healthy where it says nothing."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NsxAlarm(_Model):
    """An alarm; without a node it is about the manager as a whole."""

    feature: str
    event_type: str
    severity: str = "CRITICAL"
    status: str = "OPEN"
    summary: str = "Something needs attention."
    node: str | None = None


class NsxTState(_Model):
    """The state of an NSX-T manager."""

    alarms: list[NsxAlarm] = []
