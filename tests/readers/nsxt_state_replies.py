"""Replies of an NSX-T manager about its own state, in the vendor's own forms, by path."""

# Field names are those of VMware's NSX-T 3.1 SDK types (nsx_python_sdk 3.1.2.1.1) and of its REST
# reference (License, UsernamePasswordLoginCredential, ComponentMigrationStatus); a default firewall
# section that is not system-owned but "is_default" is as a public client has recorded it.
ALARMS = "/api/v1/alarms"
LICENCES = "/api/v1/licenses"
SERVICES = "/api/v1/node/services"
SERVICE_STATUS = f"{SERVICES}/http/status"
COORDINATOR = f"{SERVICES}/migration-coordinator/status"
CONFIG = "/api/v1/cluster/backups/config"
HISTORY = "/api/v1/cluster/backups/history"
UPGRADE = "/api/v1/upgrade/status-summary"
FAILURES = "/api/v1/upgrade/pre-upgrade-checks/failures"
SETUP = "/api/v1/migration/setup"
MIGRATION = "/api/v1/migration/status-summary"
FEEDBACK = "/api/v1/migration/feedback-requests"
INFRA = "/policy/api/v1/infra"
DOMAINS = f"{INFRA}/domains"
GROUPS = f"{DOMAINS}/default/groups"
SECTIONS = f"{DOMAINS}/default/security-policies"
RULES = f"{SECTIONS}/default-layer3-section/rules"
SEGMENTS = f"{INFRA}/segments"
SWITCHES = "/api/v1/logical-switches"


def listed(*objects):
    """A list that is whole."""
    return {"result_count": len(objects), "results": list(objects), "sort_by": "display_name"}


REPLIES = {
    ALARMS: listed(
        {
            "resource_type": "Alarm",
            "id": "a1",
            "feature_name": "manager_health",
            "event_type": "manager_cpu_usage_high",
            "severity": "HIGH",
            "status": "ACKNOWLEDGED",
            "summary": "The manager's CPU usage is high.",
            "node_id": "6f3b",
            "node_resource_type": "ClusterNodeConfig",
        }
    ),
    LICENCES: listed(
        {
            "license_key": "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE",
            "description": "NSX Data Center Evaluation",
            "is_eval": True,
            "is_expired": False,
            "expiry": 1796169600000,
            "capacity_type": "CPU",
            "features": "ROUTING;VPN",
        },
        {
            "license_key": "FFFFF-GGGGG-HHHHH-IIIII-JJJJJ",
            "description": "NSX for vShield Endpoint",
            "is_eval": False,
            "is_expired": False,
            "expiry": 0,
        },
    ),
    SERVICES: listed({"service_name": "http", "service_properties": {"session_timeout": 1800}}),
    SERVICE_STATUS: {
        "health": "DEGRADED",
        "monitor_pid": 1,
        "monitor_runtime_state": "running",
        "pids": [1, 2],
        "reason": "slow",
        "runtime_state": "running",
    },
    COORDINATOR: {"runtime_state": "running", "monitor_runtime_state": "running"},
    CONFIG: {
        "backup_enabled": True,
        "backup_schedule": {"resource_type": "IntervalBackupSchedule"},
        "passphrase": "hidden",
        "remote_file_server": {"server": "192.0.2.9", "protocol": {"authentication_scheme": {}}},
    },
    HISTORY: {
        "cluster_backup_statuses": [
            {"backup_id": "b2", "start_time": 1795000000000},
            {
                "backup_id": "b1",
                "start_time": 1794999000000,
                "end_time": 1794999900000,
                "success": False,
                "error_code": "BACKUP_TIMEOUT",
                "error_message": "The server did not answer.",
            },
        ],
        "node_backup_statuses": [
            {"backup_id": "b1", "end_time": 1794999900000, "success": True},
        ],
    },
    UPGRADE: {
        "overall_upgrade_status": "NOT_STARTED",
        "component_status": [
            {
                "component_type": "MP",
                "status": "NOT_STARTED",
                "pre_upgrade_status": {
                    "status": "COMPLETED",
                    "failure_count": 1,
                    "end_time": 1794999900000,
                },
            },
            {"component_type": "EDGE", "status": "NOT_STARTED"},
        ],
    },
    FAILURES: listed(
        {
            "component_type": "MP",
            "type": "FAILURE",
            "origin_type": "COMPONENT",
            "origin_id": "MP",
            "message": {"error_code": 30001, "message": "The disk is full."},
        }
    ),
    SETUP: {
        "migration_mode": "ONPREMISE_V2T",
        "source_nsx": [{"ip": "192.0.2.8", "nsx_username": "admin", "nsx_password": "hidden"}],
    },
    MIGRATION: {
        "overall_migration_status": "PAUSED",
        "component_status": [
            {"component_type": "CONFIG", "status": "PAUSED", "percent_complete": 50.0},
        ],
    },
    FEEDBACK: listed(
        {
            "id": "f1",
            "vertical": "EDGE",
            "v_object_id": "edge-7",
            "message": "Choose an uplink.",
            "resolved": False,
            "accepted_values": [],
        }
    ),
    DOMAINS: listed({"resource_type": "Domain", "id": "default", "_system_owned": True}),
    GROUPS: listed(
        {"resource_type": "Group", "id": "own", "display_name": "web", "_system_owned": False},
        {"resource_type": "Group", "id": "sys", "_system_owned": True},
    ),
    SECTIONS: listed(
        {"id": "default-layer3-section", "is_default": True, "_system_owned": False},
    ),
    RULES: listed(
        {"id": "default-layer3-rule", "is_default": True, "_create_user": "system"},
        {"id": "default-ndp-rule", "_create_user": "system"},
        {"id": "mine", "_create_user": "admin", "display_name": "allow web"},
    ),
    SEGMENTS: listed({"resource_type": "Segment", "id": "s1", "display_name": "vlan 10"}),
    f"{INFRA}/tier-0s": listed(),
    f"{INFRA}/tier-1s": listed(),
    f"{DOMAINS}/endpoint-policies": listed({"id": "ep", "display_name": "Protect"}),
    "/api/v1/transport-node-profiles": listed(),
    SWITCHES: listed(
        {"id": "ls1", "display_name": "vlan 10", "_create_user": "nsx_policy"},
        {"id": "ls2", "display_name": "old", "_create_user": "admin"},
    ),
    "/api/v1/logical-routers": listed(),
}
PART = {
    ALARMS: "alarms",
    LICENCES: "licences",
    SERVICES: "node_services",
    SERVICE_STATUS: "node_services",
    COORDINATOR: "migration",
    CONFIG: "backups",
    HISTORY: "backups",
    UPGRADE: "upgrade_checks",
    FAILURES: "upgrade_checks",
    SETUP: "migration",
    MIGRATION: "migration",
    FEEDBACK: "migration",
    **{
        path: "contents"
        for path in REPLIES
        if path.startswith(INFRA) or "logical" in path or "profiles" in path
    },
}
OPTIONAL = (HISTORY, SETUP)
"""Replies all of whose fields are optional."""
