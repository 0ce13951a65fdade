"""What belongs to guest introspection among what NSX has deployed."""

from __future__ import annotations

from kanmon.facts.nsxt.inventory import Deployment

APPLIANCE = "trend micro deep security"
"""What the name of the appliance's service holds in NSX-V, in small letters."""

VENDOR = "trend micro"
"""The same in NSX-T, where the manager registers it under a name that an operator may change."""

ENDPOINT_PROTECTION = "EPP"


def protects(deployment: Deployment) -> bool:
    """Whether a deployment of NSX-T protects files, whoever made its appliance."""
    return ENDPOINT_PROTECTION in deployment.functionalities


def is_ours(deployment: Deployment) -> bool:
    """Whether it is Deep Security's that does: another partner's appliance is none of it."""
    return protects(deployment) and VENDOR in deployment.service.lower()
