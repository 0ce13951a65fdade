"""What a world file may say of the state of an NSX-T manager; healthy where it says nothing."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class NsxAlarm(_Model):
    """An alarm; without a node it is about the manager as a whole."""

    feature: str
    event_type: str
    severity: str = "CRITICAL"
    status: str = "OPEN"
    summary: str = "Something needs attention."
    node: str | None = None


class NsxLicence(_Model):
    """A licence; it ends so many days from now, or never."""

    edition: str
    days: float | None = None
    evaluation: bool = False
    key: str = "00000-11111-22222-33333-44444"


class NsxItem(_Model):
    """An object in NSX-T, named as the reader names its kind.

    Attributes:
        system: it comes with NSX-T.
    """

    kind: Literal[
        "segment",
        "tier-0 gateway",
        "tier-1 gateway",
        "endpoint policy",
        "transport node profile",
        "logical switch",
        "logical router",
        "group",
        "security policy",
        "firewall rule",
    ]
    name: str
    system: bool = False


class NsxCheckFailure(_Model):
    """What a pre-upgrade check complains of."""

    message: str
    component: str = "MP"
    severity: str = "FAILURE"


class NsxFeedback(_Model):
    """A request of the migration coordinator."""

    message: str
    resolved: bool = False
    rejected: bool = False


class NsxPassword(_Model):
    """The password of a user, so many days old; it holds for so many, 0 for ever."""

    user: str
    age: int | None = 30
    life: int | None = 90
    status: str | None = None


class NsxTState(_Model):
    """The state of an NSX-T manager.

    Attributes:
        groups: status of groups of the management cluster, where it is not that of the cluster.
        services: state of services, where they do not run.
        degraded_services: those that run in bad health.
        connection, registration: of its vCenters.
        thumbprint: that it trusts; that of vCenter's own certificate where None.
        backup_hours: how long ago the last backup of each kind succeeded.
        backup_error: of a later one that failed, empty where none did.
        edges: names of edge nodes.
        passwords: of the users of each manager node.
        edge_passwords: of those of each edge.
        items: made in it, or by NSX-T itself.
        pre_checks: how far its pre-upgrade checks are.
        migration_stages: of the migration coordinator, by name.
    """

    alarms: list[NsxAlarm] = []
    groups: dict[str, str] = {}
    services: dict[str, str] = {"snmp": "stopped"}
    degraded_services: list[str] = []
    connection: str = "UP"
    registration: str = "REGISTERED"
    thumbprint: str | None = None
    licences: list[NsxLicence] = [NsxLicence(edition="NSX for vShield Endpoint")]
    backup_enabled: bool = True
    backup_hours: dict[str, float] = {"cluster": 3, "node": 3, "inventory": 1}
    backup_error: str = ""
    edges: list[str] = []
    passwords: list[NsxPassword] = [NsxPassword(user=one) for one in ("root", "admin", "audit")]
    edge_passwords: list[NsxPassword] = [NsxPassword(user=one) for one in ("root", "admin")]
    items: list[NsxItem] = []
    pre_checks: str = "COMPLETED"
    check_failures: list[NsxCheckFailure] = []
    coordinator: str = "running"
    migration_mode: str = "ONPREMISE_V2T"
    migration_stages: dict[str, str] = {"IMPORT_CONFIG": "SUCCESS", "MIGRATE_CONFIG": "NOT_STARTED"}
    feedback: list[NsxFeedback] = [NsxFeedback(message="Choose an uplink.", resolved=True)]
