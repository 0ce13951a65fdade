"""What a simulated NSX-T manager says of its own state."""

from __future__ import annotations

from typing import Any

from lab.nsxt_world import NsxTState

Json = dict[str, Any]


class State:
    """Lists and single objects of one manager, by path."""

    def __init__(self, told: NsxTState) -> None:
        self.told = told
        self.lists: dict[str, list[Json]] = {"/api/v1/alarms": self.alarms()}

    def alarms(self) -> list[Json]:
        """Every alarm, the resolved ones too."""
        return [
            {
                "resource_type": "Alarm",
                "id": f"alarm-{number}",
                "feature_name": alarm.feature,
                "event_type": alarm.event_type,
                "severity": alarm.severity,
                "status": alarm.status,
                "summary": alarm.summary,
            }
            | ({"node_display_name": alarm.node, "node_id": alarm.node} if alarm.node else {})
            for number, alarm in enumerate(self.told.alarms, 1)
        ]
