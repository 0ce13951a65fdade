"""The state of an NSX-T manager (3.1): what it complains of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm that is not resolved (``/api/v1/alarms``).

    Attributes:
        severity: CRITICAL, HIGH, MEDIUM or LOW.
        status: OPEN, ACKNOWLEDGED or SUPPRESSED; RESOLVED ones are not read.
        feature: feature_name, e.g. "manager_health", "endpoint_protection".
        event_type: e.g. "manager_cpu_usage_high".
        summary: NSX's own words.
        node: display name or id of the node it is about, None where it is about no node.
    """

    id: str
    severity: str
    status: str
    feature: str
    event_type: str
    summary: str
    node: str | None
