"""The state of an NSX-T manager (3.1): health, licences, backups, contents, its own checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kanmon.facts.common import Unread


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


@dataclass(frozen=True, slots=True)
class ClusterGroup:
    """A group of the management cluster (``detailed_cluster_status``).

    Attributes:
        kind: e.g. "DATASTORE", "CONTROLLER", "MANAGER", "POLICY", "HTTPS".
        status: STABLE, DEGRADED, UNSTABLE or UNAVAILABLE.
        members: (address, status) of each member; UP, DOWN or UNKNOWN.
    """

    kind: str
    status: str
    members: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class NodeService:
    """A service of the manager node that answered.

    Attributes:
        state: running or stopped.
        health: STABLE or DEGRADED; None for the many services that report none.
        reason: NSX's own words for a bad health, empty where it gives none.
    """

    name: str
    state: str
    health: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Registration:
    """What identifies a registered vCenter, beside what `nsxt.ComputeManager` says of it.

    Attributes:
        id: of the compute manager.
        thumbprint: fingerprint of the certificate that NSX-T trusts, lower-case hex digits: 64 of a
            SHA-256, 40 of a SHA-1; None where NSX shows none.
        instance_uuid: lower-case; None where ``origin_properties`` do not hold it.
    """

    id: str
    thumbprint: str | None
    instance_uuid: str | None


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence; of its key only the end is kept.

    Attributes:
        key_end: the last five characters of the key.
        edition: e.g. "NSX Data Center Enterprise Plus".
        expires: aware, UTC; None for a permanent one (NSX writes 0).
    """

    key_end: str
    edition: str
    expires: datetime | None
    expired: bool
    evaluation: bool


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that NSX-T made or tried.

    Attributes:
        kind: cluster, node or inventory.
        ended: aware, UTC.
        error: NSX's own words, empty where it succeeded.
    """

    kind: str
    ended: datetime
    success: bool
    error: str


@dataclass(frozen=True, slots=True)
class Backups:
    """Backups of NSX-T.

    Attributes:
        enabled: they are scheduled.
        history: as NSX remembers it, successful or not.
    """

    enabled: bool
    history: tuple[Backup, ...]


@dataclass(frozen=True, slots=True)
class Password:
    """When the password of a user of a node ends; it is told by nobody.

    Attributes:
        status: NOT_ACTIVATED of a user that never had one; None where NSX does not say.
        age: whole days since it was set; None where NSX does not say.
        life: days for which it holds, 0 for ever; likewise.
    """

    user: str
    status: str | None
    age: int | None
    life: int | None


@dataclass(frozen=True, slots=True)
class NodePasswords:
    """The passwords of a manager node or an edge.

    Attributes:
        node: address of a manager node; name and id of an edge.
    """

    node: str
    passwords: tuple[Password, ...] | Unread


@dataclass(frozen=True, slots=True)
class Item:
    """An object that somebody made in NSX-T; what comes with a new manager is left out.

    Attributes:
        kind: as in the table ``nsxt_before_migration``, e.g. "segment".
    """

    kind: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class UpgradeComponent:
    """NSX-T's own pre-upgrade checks of one kind of component.

    Attributes:
        kind: MP, EDGE or HOST.
        checks: NOT_STARTED, IN_PROGRESS, ABORTING, ABORTED or COMPLETED; None where NSX does not
            say.
        failures: how many checks failed.
        ended: aware, UTC; None where they never ended.
    """

    kind: str
    checks: str | None
    failures: int
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class UpgradeFailure:
    """What a pre-upgrade check complains of.

    Attributes:
        severity: FAILURE or WARNING.
        origin: name or id of the unit, or of the component where it is about all of it.
        message: NSX's own words.
    """

    component: str
    severity: str
    origin: str
    message: str


@dataclass(frozen=True, slots=True)
class UpgradeChecks:
    """The pre-upgrade checks as they were last run; kanmon never runs them."""

    components: tuple[UpgradeComponent, ...]
    failures: tuple[UpgradeFailure, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the migration coordinator.

    Attributes:
        status: SUCCESS, FAILED, IN_PROGRESS, NOT_STARTED, PAUSING or PAUSED.
        details: NSX's own words, may be empty.
    """

    kind: str
    status: str
    details: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """A question or a complaint of the migration coordinator about NSX-V's configuration.

    Attributes:
        subject: what it is about, e.g. "EDGE/NAT edge-7".
        message: NSX's own words.
        rejected: NSX did not take the answer that was given.
    """

    id: str
    subject: str
    message: str
    resolved: bool
    rejected: bool


@dataclass(frozen=True, slots=True)
class Migration:
    """The migration coordinator of the node that answered; nothing but ``service`` while it stops.

    Attributes:
        service: running or stopped.
        mode: e.g. "ONPREMISE_V2T"; None where none was chosen.
        sources: addresses of the NSX-V managers that it was given.
        status: of the whole, words as those of a stage; None while the service is stopped.
    """

    service: str
    mode: str | None
    sources: tuple[str, ...]
    status: str | None
    stages: tuple[Stage, ...]
    feedback: tuple[Feedback, ...]
