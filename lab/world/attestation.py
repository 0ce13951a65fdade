"""What a person answers for in a simulated estate."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from pydantic import BaseModel, ConfigDict


class Attestation(BaseModel):
    """An attestation of so many days ago; its other fields are those of the environment file."""

    model_config = ConfigDict(extra="forbid")
    check: str
    answers: str
    target: str | None = None
    subjects: tuple[str, ...] = ()
    bound: dict[str, str] = {}
    says: str = "seen to"
    by: str = "A. Engineer"
    days_ago: int = 1

    @property
    def on(self) -> date:
        """The day."""
        return datetime.now(UTC).date() - timedelta(days=self.days_ago)
