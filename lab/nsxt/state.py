"""What a simulated NSX-T manager says of its own state, and what stands in it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from lab.transport.leaf import Leaf
from lab.world.nsxt import NsxItem, NsxLicence, NsxPassword
from lab.world.world import NsxT

Json = dict[str, Any]
GROUPS = ("DATASTORE", "CLUSTER_BOOT_MANAGER", "CONTROLLER", "MANAGER", "POLICY", "HTTPS")
SERVICES = ("cluster_manager", "controller", "http", "manager", "policy", "search", "snmp")
COORDINATOR = "migration-coordinator"
HEALTHY = ("http", "manager", "policy")
"""Services that report a health beside their state."""
INFRA = "/policy/api/v1/infra"
DOMAIN = f"{INFRA}/domains/default"
SECTION = "default-layer3-section"
CONTENTS = {
    "segment": f"{INFRA}/segments",
    "tier-0 gateway": f"{INFRA}/tier-0s",
    "tier-1 gateway": f"{INFRA}/tier-1s",
    "endpoint policy": f"{INFRA}/domains/endpoint-policies",
    "transport node profile": "/api/v1/transport-node-profiles",
    "logical switch": "/api/v1/logical-switches",
    "logical router": "/api/v1/logical-routers",
    "group": f"{DOMAIN}/groups",
    "security policy": f"{DOMAIN}/security-policies",
    "firewall rule": f"{DOMAIN}/security-policies/{SECTION}/rules",
}


class State:
    """Lists and single objects of one manager, by path."""

    def __init__(self, told: NsxT) -> None:
        self.told = told
        self.now = datetime.now(UTC)
        self.lists: dict[str, list[Json]] = {
            "/api/v1/alarms": self.alarms(),
            "/api/v1/licenses": [self.licence(one) for one in told.licences],
            "/api/v1/node/services": [{"service_name": name} for name in (*SERVICES, COORDINATOR)],
            "/api/v1/upgrade/pre-upgrade-checks/failures": self.check_failures(),
            f"{INFRA}/domains": [_object("default", system=True)],
            **{f"{DOMAIN}/security-policies/{one.name}/rules": [] for one in told.items},
            **{path: self.contents(kind) for kind, path in CONTENTS.items()},
        }
        self.singles: dict[str, Callable[..., Json | None]] = {
            "/api/v1/cluster/status": self.cluster_status,
            "/api/v1/node/services/([^/]+)/status": self.service,
            "/api/v1/cluster/m-1[123]/node/users": lambda: self.users(told.passwords),
            "/api/v1/cluster/backups/config": self.backup_config,
            "/api/v1/cluster/backups/history": self.backup_history,
            "/api/v1/upgrade/status-summary": self.upgrade,
        }
        if told.coordinator == "running":
            self.lists["/api/v1/migration/feedback-requests"] = self.feedback()
            self.singles["/api/v1/migration/setup"] = self.migration_setup
            self.singles["/api/v1/migration/status-summary"] = self.migration

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

    def cluster_status(self) -> Json:
        """The management cluster: three members, one of them down unless it is stable."""
        told = self.told
        stable = told.management_status == told.control_status == "STABLE"
        members = [
            {"member_ip": f"192.0.2.{number}", "member_status": state, "member_uuid": f"m-{number}"}
            for number, state in ((11, "UP"), (12, "UP"), (13, "UP" if stable else "DOWN"))
        ]
        state = "STABLE" if stable else "DEGRADED"
        groups = [
            {"group_type": one, "group_status": told.groups.get(one, state), "members": members}
            for one in GROUPS
        ]
        return {
            "cluster_id": str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{told.slug}.cluster.kanmon.lab")),
            "mgmt_cluster_status": {"status": told.management_status},
            "control_cluster_status": {"status": told.control_status},
            "detailed_cluster_status": {"overall_status": state, "groups": groups},
        }

    def credential(self, issued: Leaf | None) -> Json:
        """How it logs in to a vCenter, with the certificate that it trusts."""
        shown = self.told.thumbprint or (issued.fingerprint if issued else "")
        pairs = (shown[at : at + 2].upper() for at in range(0, len(shown), 2))
        return {"credential_type": "UsernamePasswordLoginCredential", "thumbprint": ":".join(pairs)}

    def licence(self, licence: NsxLicence) -> Json:
        """A licence, its key in full as the product shows it."""
        ends = self.now + timedelta(days=licence.days) if licence.days is not None else None
        return {
            "license_key": licence.key,
            "description": licence.edition,
            "is_eval": licence.evaluation,
            "is_expired": ends is not None and ends < self.now,
            "expiry": _milliseconds(ends) if ends else 0,
            "capacity_type": "CPU",
            "quantity": 0,
        }

    def service(self, name: str) -> Json | None:
        """The state of one service of the node."""
        if name not in (*SERVICES, COORDINATOR):
            return None
        state = self.told.services.get(name, "running")
        found = {"runtime_state": self.told.coordinator if name == COORDINATOR else state}
        if name in HEALTHY:
            found["health"] = "STABLE"
        if name in self.told.degraded_services:
            found |= {"health": "DEGRADED", "reason": f"{name} does not answer in time"}
        return found

    def users(self, passwords: Sequence[NsxPassword]) -> Json:
        """The users of a node, without their passwords."""
        listed = [
            {
                "userid": number,
                "username": one.user,
                "full_name": one.user,
                "last_password_change": one.age,
                "password_change_frequency": one.life,
                "status": one.status,
            }
            for number, one in enumerate(passwords)
        ]
        told = [{key: value for key, value in one.items() if value is not None} for one in listed]
        return {"result_count": len(told), "results": told}

    def backup_config(self) -> Json:
        """The schedule, with what nobody is to keep."""
        return {
            "backup_enabled": self.told.backup_enabled,
            "passphrase": "never-to-be-kept",
            "remote_file_server": {"server": "192.0.2.90", "port": 22},
        }

    def backup_history(self) -> Json:
        """The last success of each kind, and a later failure where there was one."""
        return {f"{kind}_backup_statuses": self.tries(kind) for kind in self.told.backup_hours}

    def tries(self, kind: str) -> list[Json]:
        """Backups of one kind, the latest first."""
        ended = self.now - timedelta(hours=self.told.backup_hours[kind])
        good = {"backup_id": kind, "success": True, "end_time": _milliseconds(ended)}
        if not self.told.backup_error:
            return [good]
        error = {"error_code": "BACKUP_GENERIC_ERROR", "error_message": self.told.backup_error}
        return [
            {**error, "backup_id": kind, "success": False, "end_time": _milliseconds(self.now)},
            good,
        ]

    def contents(self, kind: str) -> list[Json]:
        """What stands in NSX-T of one kind, with what comes with a new one."""
        made = [_made(item) for item in self.told.items if item.kind == kind]
        if kind == "security policy":
            return [{**_object(SECTION), "is_default": True}, *made]
        if kind == "firewall rule":
            return [{**_object("default-layer3-rule"), "is_default": True}, *made]
        return made

    def check_failures(self) -> list[Json]:
        """What the pre-upgrade checks complain of."""
        return [
            {
                "component_type": one.component,
                "type": one.severity,
                "origin_type": "COMPONENT",
                "origin_id": one.component,
                "message": {"error_code": 30001, "message": one.message},
            }
            for one in self.told.check_failures
        ]

    def upgrade(self) -> Json:
        """How far the pre-upgrade checks are, by kind of component."""
        failures = [o.component for o in self.told.check_failures if o.severity == "FAILURE"]
        return {
            "overall_upgrade_status": "NOT_STARTED",
            "component_status": [
                {
                    "component_type": kind,
                    "status": "NOT_STARTED",
                    "pre_upgrade_status": {
                        "status": self.told.pre_checks,
                        "failure_count": failures.count(kind),
                        "end_time": _milliseconds(self.now - timedelta(hours=2)),
                    },
                }
                for kind in ("EDGE", "HOST", "MP")
            ],
        }

    def migration_setup(self) -> Json:
        """What the migration coordinator was given, with what nobody is to keep."""
        source = {"ip": "192.0.2.80", "nsx_username": "admin", "nsx_password": "never-to-be-kept"}
        return {"migration_mode": self.told.migration_mode, "source_nsx": [source]}

    def migration(self) -> Json:
        """How far the migration coordinator is."""
        stages = self.told.migration_stages
        failed = "FAILED" in stages.values()
        return {
            "overall_migration_status": "FAILED" if failed else "PAUSED",
            "component_status": [
                {"component_type": kind, "status": status, "percent_complete": 0}
                | ({"details": f"{kind} failed"} if status == "FAILED" else {})
                for kind, status in stages.items()
            ],
        }

    def feedback(self) -> list[Json]:
        """What the migration coordinator wants to know."""
        return [
            {
                "id": str(number),
                "vertical": "EDGE",
                "sub_vertical": "UPLINK",
                "v_object_name": f"edge-{number}",
                "message": one.message,
                "resolved": one.resolved,
                "rejected": one.rejected,
            }
            for number, one in enumerate(self.told.feedback, 1)
        ]


def _made(item: NsxItem) -> Json:
    return _object(item.name, system=item.system)


def _object(name: str, *, system: bool = False) -> Json:
    return {"id": name, "display_name": name, "_system_owned": system, "_create_user": "admin"}


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)
