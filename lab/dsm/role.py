"""Who the simulated manager takes kanmon for, and what that account's role selects.

Assumed: an account that may not see roles gets 403, as for every other resource.
"""

from __future__ import annotations

import json
from typing import Any

from lab.dsm.node import Node
from lab.dsm.system import NO_RIGHT
from lab.transport.server import Answer

ROLE = 2


def read(node: Node, path: str) -> Answer | None:
    """The answer of ``/api``; None where the path is none of these."""
    role = node.manager.dsm.system.role
    told: dict[str, dict[str, Any]] = {
        "/api/apikeys/current": {"ID": 1, "keyName": "kanmon", "roleID": ROLE, "active": True},
        "/api/administrators": {
            "administrators": [
                {"ID": 1, "username": "MasterAdmin", "roleID": 1},
                {"ID": 2, "username": node.manager.world.username, "roleID": ROLE},
            ]
        },
        f"/api/roles/{ROLE}": _role(node),
    }
    if path not in told:
        return None
    if path.startswith("/api/roles/") and not role.names_itself:
        return NO_RIGHT
    return Answer(body=json.dumps(told[path]).encode())


def _role(node: Node) -> dict[str, Any]:
    role = node.manager.dsm.system.role
    return {
        "ID": ROLE,
        "name": "Auditor",
        "allComputers": not role.hidden,
        "computerIDs": [row["ID"] for row in node.visible()] if role.hidden else [],
        "allPolicies": role.all_policies,
        "allowWebService": True,
        "rights": {
            "platformRights": {
                "computerRights": {
                    "canViewOtherComputers": not role.hidden,
                    "canViewNotRelatedToComputers": role.unrelated,
                },
                "multiTenantRights": {"canViewTenants": role.tenants},
                "policyRights": {"canViewOtherPolicies": role.all_policies},
            }
        },
    }
