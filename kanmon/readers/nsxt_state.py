"""The state of an NSX-T manager to facts: what it complains of."""

from __future__ import annotations

from kanmon.facts.nsxt_state import Alarm
from kanmon.readers.nsxt_client import Session, optional_text, text


def alarms(session: Session) -> tuple[Alarm, ...]:
    """Every alarm but the resolved ones; empty where nothing is wrong.

    All are asked for and the resolved ones left out here, so that a status which nobody knows yet
    is still read.
    """
    return tuple(
        Alarm(
            id=text(listed, "id"),
            severity=text(listed, "severity"),
            status=text(listed, "status"),
            feature=text(listed, "feature_name"),
            event_type=text(listed, "event_type"),
            summary=text(listed, "summary", "description", "event_type"),
            node=optional_text(listed, "node_display_name") or optional_text(listed, "node_id"),
        )
        for listed in session.items("/api/v1/alarms")
        if text(listed, "status") != "RESOLVED"
    )
