"""What the board of a simulated estate accepts although a check finds it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from pydantic import BaseModel, ConfigDict


class Waiver(BaseModel):
    """A waiver that holds for so many days; its other fields are those of a file of waivers."""

    model_config = ConfigDict(extra="forbid")
    check: str
    subject: str
    reason: str
    approver: str = "A. Approver"
    ticket: str = "LAB-W1"
    days: int = 90

    @property
    def expires(self) -> date:
        """The last day on which it holds."""
        return datetime.now(UTC).date() + timedelta(days=self.days)
