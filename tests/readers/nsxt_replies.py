"""Replies of an NSX-T manager in the vendor's own forms, by path."""

from tests.readers import nsxt_state_replies

# Field names and forms are those of VMware's NSX-T 3.1 SDK types (nsx_python_sdk 3.1.2.1.1) and of
# the examples in its REST reference: ListVmToolsInfo, DeployService (compute_collection_id is
# "<compute manager>:domain-c7"), and a transport node as public scripts have recorded it
# (discovered_node_id is "<compute manager>:host-73").
CM = "f42c11d3-fe88-46d4-a1e5-b9f73a30c31a"
NODE = "9c442210-85cb-4407-875f-a31a3818ace0"
SERVICE = "/api/v1/serviceinsertion/services/epp"
TOOLS = "/api/v1/fabric/virtual-machines/tools-info"
REPLIES = {
    **nsxt_state_replies.REPLIES,
    "/api/v1/node/version": {"node_version": "3.1.2.0.0.1", "product_version": "3.1.2.0.0.1"},
    "/api/v1/cluster/status": {
        "cluster_id": "c",
        "mgmt_cluster_status": {"status": "STABLE", "online_nodes": []},
        "control_cluster_status": {"status": "NO_CONTROLLERS"},
        "detailed_cluster_status": {
            "overall_status": "STABLE",
            "groups": [
                {
                    "group_type": "MANAGER",
                    "group_status": "STABLE",
                    "members": [{"member_fqdn": "nsx.example.jp", "member_status": "UP"}],
                }
            ],
        },
    },
    "/api/v1/fabric/compute-managers": {
        "result_count": 1,
        "results": [{"resource_type": "ComputeManager", "id": CM, "server": "192.0.2.5"}],
    },
    f"/api/v1/fabric/compute-managers/{CM}/status": {
        "connection_status": "DOWN",
        "connection_errors": [{"error_message": "no route", "timestamp": 1}],
        "registration_status": "REGISTERED_WITH_ERRORS",
        "registration_errors": [{"error_message": "thumbprint", "timestamp": 1}],
    },
    "/api/v1/fabric/discovered-nodes": {
        "result_count": 1,
        "results": [
            {
                "resource_type": "DiscoveredNode",
                "external_id": f"{CM}:host-73",
                "cm_local_id": "host-73",
                "origin_id": CM,
                "node_type": "HostSystem",
            }
        ],
    },
    "/api/v1/fabric/compute-collections": {
        "result_count": 1,
        "results": [
            {
                "resource_type": "ComputeCollection",
                "external_id": f"{CM}:domain-c7",
                "cm_local_id": "domain-c7",
                "origin_id": CM,
            }
        ],
    },
    "/api/v1/transport-nodes": {
        "result_count": 2,
        "results": [
            {
                "resource_type": "TransportNode",
                "id": NODE,
                "display_name": "tn-esx02",
                "maintenance_mode": "DISABLED",
                "node_deployment_info": {
                    "os_type": "ESXI",
                    "os_version": "6.7.0",
                    "managed_by_server": "172.16.100.45",
                    "discovered_node_id": f"{CM}:host-73",
                    "resource_type": "HostNode",
                    "id": NODE,
                },
            },
            {
                "resource_type": "TransportNode",
                "id": "edge",
                "node_deployment_info": {"resource_type": "EdgeNode", "id": "edge"},
            },
        ],
    },
    f"/api/v1/transport-nodes/{NODE}/state": {"transport_node_id": NODE, "state": "in_progress"},
    f"/api/v1/transport-nodes/{NODE}/status": {"node_uuid": NODE, "status": "DEGRADED"},
    "/api/v1/transport-nodes/edge/state": {"transport_node_id": "edge", "state": "success"},
    "/api/v1/transport-nodes/edge/status": {"node_uuid": "edge", "status": "UP"},
    "/api/v1/serviceinsertion/services": {
        "result_count": 2,
        "results": [
            {"resource_type": "ServiceDefinition", "id": "fw", "functionalities": ["NG_FW"]},
            {"resource_type": "ServiceDefinition", "id": "epp", "functionalities": ["EPP"]},
        ],
    },
    f"{SERVICE}/service-deployments": {
        "result_count": 1,
        "results": [
            {
                "resource_type": "ServiceDeployment",
                "id": "dep",
                "perimeter": "CLUSTER",
                "deployment_type": "HOSTLOCAL",
                "service_deployment_config": {
                    "compute_collection_id": f"{CM}:domain-c7",
                    "compute_manager_id": CM,
                    "storage_id": "datastore-30",
                },
            }
        ],
    },
    f"{SERVICE}/service-deployments/dep/status": {
        "deployment_status": "DEPLOYMENT_SUCCESSFUL",
        "service_deployment_id": "dep",
    },
    f"{SERVICE}/service-instances": {
        "result_count": 1,
        "results": [
            {
                "resource_type": "ServiceInstance",
                "id": "one",
                "service_deployment_id": "dep",
                "attachment_point": "HOST",
                "deployed_to": [{"target_type": "HostNode", "target_id": NODE}],
            }
        ],
    },
    f"{SERVICE}/service-instances/one/status": {
        "service_instance_id": "one",
        "instance_health_status": {
            "solution_status": "UP",
            "mux_connected_status": "UP",
            "is_stale": True,
            "is_sva_mux_incompatible": False,
        },
        "configuration_issue": {"errors": [{"error_id": 1, "error_message": "no OVF"}]},
    },
    f"{SERVICE}/service-instances/one/instance-runtimes": {
        "result_count": 1,
        "results": [{"resource_type": "InstanceRuntime", "runtime_status": "IN_SERVICE"}],
    },
    TOOLS: {
        "result_count": 1,
        "results": [
            {
                "resource_type": "VmToolsInfo",
                "external_id": "a46b3633-22b3-49f9-87bd-b888b1bd0656",
                "host_local_id": "vm-1",
                "source": {"target_type": "HostNode", "target_id": NODE},
                "file_agent_version": "10.3.5.0",
                "network_agent_version": "1.9.1",
                "vm_type": "REGULAR",
            }
        ],
    },
}
PART = {
    **nsxt_state_replies.PART,
    "/api/v1/cluster/status": "manager",
    "/api/v1/fabric/compute-managers": "compute_managers",
    f"/api/v1/fabric/compute-managers/{CM}/status": "compute_managers",
    "/api/v1/fabric/discovered-nodes": "transport_nodes",
    "/api/v1/transport-nodes": "transport_nodes",
    f"/api/v1/transport-nodes/{NODE}/state": "transport_nodes",
    f"/api/v1/transport-nodes/{NODE}/status": "transport_nodes",
    "/api/v1/fabric/compute-collections": "deployments",
    "/api/v1/serviceinsertion/services": "deployments",
    f"{SERVICE}/service-deployments": "deployments",
    f"{SERVICE}/service-deployments/dep/status": "deployments",
    f"{SERVICE}/service-instances": "deployments",
    f"{SERVICE}/service-instances/one/status": "deployments",
    f"{SERVICE}/service-instances/one/instance-runtimes": "deployments",
    TOOLS: "guest_tools",
}
LISTS = [path for path in PART if "results" in REPLIES[path]]
HEALTH = f"{SERVICE}/service-instances/one/status"
OPTIONAL = (HEALTH, *nsxt_state_replies.OPTIONAL)
"""Replies all of whose fields are optional."""
