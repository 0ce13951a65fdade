"""The state of an NSX-T manager to facts: health, licences, backups, and its own checks."""

from __future__ import annotations

from datetime import UTC, datetime

from kanmon.errors import CouldNotRead
from kanmon.facts.nsxt.state import (
    Alarm,
    Backup,
    Backups,
    ClusterGroup,
    Feedback,
    Licence,
    Migration,
    NodeService,
    Registration,
    Stage,
    UpgradeChecks,
    UpgradeComponent,
    UpgradeFailure,
)
from kanmon.readers.apart import each
from kanmon.readers.nsxt.client import Session, path_id
from kanmon.readers.transport.fields import (
    Json,
    child,
    children,
    count,
    flag,
    optional_flag,
    optional_text,
    text,
)
from kanmon.text import Text

BACKUPS = ("cluster", "node", "inventory")
SERVICES = "/api/v1/node/services"
COORDINATOR = "migration-coordinator"


def alarms(session: Session) -> tuple[Alarm, ...]:
    """Every alarm but the resolved ones; empty where nothing is wrong.

    All are asked for and the resolved ones left out here, so that a status which nobody knows yet
    is still read.
    """
    listed = [one for one in session.items("/api/v1/alarms") if one.get("status") != "RESOLVED"]
    return each(listed, _alarm, _of_alarm)


def _of_alarm(listed: Json) -> str:
    return f"alarm {listed.get('id') or 'unset'}: {listed.get('event_type') or 'unset'}"


def _alarm(listed: Json) -> Alarm:
    return Alarm(
        id=text(listed, "id"),
        severity=text(listed, "severity"),
        status=text(listed, "status"),
        feature=text(listed, "feature_name"),
        event_type=text(listed, "event_type"),
        summary=text(listed, "summary", "description", "event_type"),
        node=optional_text(listed, "node_display_name") or optional_text(listed, "node_id"),
    )


def cluster_groups(session: Session) -> tuple[ClusterGroup, ...]:
    """The groups of the management cluster, at least one, each with at least one member."""
    path = "/api/v1/cluster/status"
    detailed = child(session.get(path), "detailed_cluster_status")
    groups = each(
        children(detailed, "groups"),
        _group,
        lambda group: f"group {group.get('group_type') or 'unset'}",
    )
    if not groups or not all(group.members for group in groups):
        raise CouldNotRead(f"GET {path}", Text("no group, or one without members"))
    return groups


def _group(listed: Json) -> ClusterGroup:
    return ClusterGroup(
        kind=text(listed, "group_type"),
        status=text(listed, "group_status"),
        members=tuple(
            (text(member, "member_ip", "member_fqdn"), text(member, "member_status"))
            for member in children(listed, "members")
        ),
    )


def node_services(session: Session) -> tuple[NodeService, ...]:
    """The services of the node that answered, at least one: each node has its own."""
    found = each(
        session.items(SERVICES, paged=False),
        lambda listed: _service(session, text(listed, "service_name")),
        lambda listed: str(listed.get("service_name") or "unset"),
    )
    if not found:
        raise CouldNotRead(f"GET {SERVICES}", Text("a node without services"))
    return found


def _service(session: Session, name: str) -> NodeService:
    status = session.get(f"{SERVICES}/{path_id({'id': name})}/status")
    return NodeService(
        name=name,
        state=text(status, "runtime_state"),
        health=optional_text(status, "health"),
        reason=optional_text(status, "reason") or "",
    )


def registrations(session: Session) -> tuple[Registration, ...]:
    """What identifies the registered vCenters; empty on a manager that has none yet."""
    return tuple(
        Registration(
            id=text(listed, "id"),
            thumbprint=_thumbprint(listed),
            instance_uuid=_origin(listed).get("instanceuuid", "").lower() or None,
        )
        for listed in session.items("/api/v1/fabric/compute-managers")
    )


def _thumbprint(listed: Json) -> str | None:
    shown = optional_text(child(listed, "credential", optional=True), "thumbprint") or ""
    return shown.replace(":", "").lower() or None


def _origin(listed: Json) -> dict[str, str]:
    """What NSX-T has learnt of a vCenter, by lower-case name; an empty value may be left out."""
    properties = children(listed, "origin_properties", optional=True)
    return {text(one, "key").lower(): optional_text(one, "value") or "" for one in properties}


def licences(session: Session) -> tuple[Licence, ...]:
    """The licences that NSX-T was given, and the one that it comes with."""
    return each(
        session.items("/api/v1/licenses", paged=False),
        lambda listed: Licence(
            key_end=text(listed, "license_key")[-5:],
            edition=text(listed, "description"),
            expires=_time(listed, "expiry"),
            expired=flag(listed, "is_expired"),
            evaluation=flag(listed, "is_eval"),
        ),
        lambda listed: f"licence {listed.get('description') or 'unset'}",
    )


def backups(session: Session) -> Backups:
    """Schedule and history of the backups; passphrase and server are not looked at.

    A backup that cannot be read may be the newest: it is a fault of the whole history.
    """
    config = session.get("/api/v1/cluster/backups/config")
    history = session.get("/api/v1/cluster/backups/history")
    found = tuple(
        _backup(kind, listed)
        for kind in BACKUPS
        for listed in children(history, f"{kind}_backup_statuses", optional=True)
        if listed.get("end_time")  # not set while it runs
    )
    return Backups(enabled=flag(config, "backup_enabled"), history=found)


def _backup(kind: str, listed: Json) -> Backup:
    ended = _time(listed, "end_time")
    if ended is None:
        raise CouldNotRead(Text("find when a {kind} backup ended", kind=kind), "0")
    said = [optional_text(listed, "error_code"), optional_text(listed, "error_message")]
    error = ": ".join(words for words in said if words)
    return Backup(kind, ended, flag(listed, "success"), error)


def upgrade_checks(session: Session) -> UpgradeChecks:
    """What NSX-T's own pre-upgrade checks found when somebody last ran them."""
    status = session.get("/api/v1/upgrade/status-summary")
    failures = session.items("/api/v1/upgrade/pre-upgrade-checks/failures")
    return UpgradeChecks(
        components=each(
            children(status, "component_status"),
            _component,
            lambda one: str(one.get("component_type") or "unset"),
        ),
        failures=each(
            failures,
            lambda one: UpgradeFailure(
                component=text(one, "component_type"),
                severity=text(one, "type"),
                origin=text(one, "origin_name", "origin_id", "component_type"),
                message=text(child(one, "message"), "message"),
            ),
            lambda one: f"pre-upgrade check of {one.get('component_type') or 'unset'}",
        ),
    )


def _component(listed: Json) -> UpgradeComponent:
    checks = child(listed, "pre_upgrade_status", optional=True)
    return UpgradeComponent(
        kind=text(listed, "component_type"),
        checks=text(checks, "status") if checks else None,
        failures=count(checks, "failure_count", optional=True),
        ended=_time(checks, "end_time", optional=True),
    )


def migration(session: Session) -> Migration:
    """What the migration coordinator says; it is asked for more only while its service runs."""
    service = _service(session, COORDINATOR).state
    if service != "running":
        return Migration(service, None, (), None, (), ())
    setup = session.get("/api/v1/migration/setup")
    status = session.get("/api/v1/migration/status-summary")
    return Migration(
        service=service,
        mode=optional_text(setup, "migration_mode"),
        sources=tuple(text(one, "ip") for one in children(setup, "source_nsx", optional=True)),
        status=text(status, "overall_migration_status"),
        stages=each(
            children(status, "component_status"),
            _stage,
            lambda one: str(one.get("component_type") or "unset"),
        ),
        feedback=each(
            session.items("/api/v1/migration/feedback-requests"),
            _feedback,
            lambda one: f"feedback request {one.get('id') or 'unset'}",
        ),
    )


def _stage(listed: Json) -> Stage:
    details = optional_text(listed, "details") or ""
    return Stage(text(listed, "component_type"), text(listed, "status"), details)


def _feedback(listed: Json) -> Feedback:
    """A request; one that NSX does not call resolved is open."""
    about = [optional_text(listed, key) for key in ("vertical", "sub_vertical")]
    subject = "/".join(word for word in about if word)
    what = optional_text(listed, "v_object_name") or optional_text(listed, "v_object_id") or ""
    return Feedback(
        id=text(listed, "id"),
        subject=f"{subject} {what}".strip(),
        message=text(listed, "message"),
        resolved=optional_flag(listed, "resolved") is True,
        rejected=optional_flag(listed, "rejected") is True,
    )


def _time(parent: Json, key: str, *, optional: bool = False) -> datetime | None:
    """A time in milliseconds since 1970; None for 0, which is NSX's "never".

    Raises:
        CouldNotRead: the field holds something else, or no time.
    """
    milliseconds = count(parent, key, optional=optional)
    if not milliseconds:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        raise CouldNotRead(Text("read {key} as a time", key=repr(key)), str(milliseconds)) from None


PARTS = {
    "alarms": alarms,
    "cluster_groups": cluster_groups,
    "node_services": node_services,
    "registrations": registrations,
    "licences": licences,
    "backups": backups,
    "upgrade_checks": upgrade_checks,
    "migration": migration,
}
