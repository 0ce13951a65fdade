"""The simulated manager's ``/api`` (20.0)."""

from __future__ import annotations

import json
import secrets
from bisect import bisect_right

from lab.dsm import role, system
from lab.dsm.node import Node
from lab.transport.server import Answer, Asked

BASIC = (
    "ID",
    "hostName",
    "displayName",
    "description",
    "lastIPUsed",
    "platform",
    "groupID",
    "policyID",
    "assetImportanceID",
    "relayListID",
    "agentFingerPrint",
    "applianceFingerPrint",
    "lastAgentCommunication",
    "lastApplianceCommunication",
    "agentVersion",
    "biosUUID",
    "hostGUID",
)
MODULES = (
    "antiMalware",
    "webReputation",
    "activityMonitoring",
    "firewall",
    "intrusionPrevention",
    "integrityMonitoring",
    "logInspection",
    "applicationControl",
)
VM = "vmwareVMVirtualMachineSummary"
SINGLE = ("computerStatus", "computerSettings", "ESXSummary", "securityUpdates", VM, *MODULES)
EXPAND = {
    **{name: (name,) for name in SINGLE},
    "allSecurityModules": MODULES,
    "allVirtualMachineSummaries": (VM,),
    "all": SINGLE,
    "none": (),
}
EMPTY = ("tasks", "interfaces", "SAP")  # known, and nothing of it is simulated


def respond(node: Node, asked: Asked) -> Answer:
    """The answer to one request."""
    if node.manager.throttled:
        node.manager.throttled -= 1
        return _message(429, "Too many API requests")
    if asked.headers.get("api-version") != "v1":
        return _message(400, "Missing or unknown api-version")
    if (asked.method, asked.path) == ("POST", "/api/sessions"):
        return _sign_in(node, asked)
    return _refusal(node, asked) or _read(node, asked)


def _read(node: Node, asked: Asked) -> Answer:
    if (asked.method, asked.path) == ("POST", "/api/computers/search"):
        return _search(node, asked)
    told = None
    if asked.method == "GET":
        told = role.read(node, asked.path) or system.read(node, asked.path)
    return told or _message(404, "The resource does not exist")


def _sign_in(node: Node, asked: Asked) -> Answer:
    try:
        given = json.loads(asked.body)
    except ValueError:
        return _message(400, "Invalid JSON")
    if not node.accepts(given):
        return _message(401, "Authentication failed")
    sid, rid = node.manager.open()
    answer = {"administratorID": 1, "accessType": "webService", "RID": rid}
    cookie = f"sID={sid}; Path=/; Secure; HttpOnly"
    return Answer(body=json.dumps(answer).encode(), headers={"Set-Cookie": cookie})


def _refusal(node: Node, asked: Asked) -> Answer | None:
    """Why a request is not answered; None when its key or session is good."""
    key = asked.headers.get("api-secret-key")
    if key is not None:
        good = secrets.compare_digest(key, node.manager.api_key)
        if not good or node.faults.has("wrong password") or not node.serves(key):
            return _message(401, "Invalid API Key")
        return None
    sid = node.sid(asked)
    if node.manager.sessions.get(sid) != asked.headers.get("rid", "none") or not node.serves(sid):
        return _message(401, "Not signed in, or the session has ended")
    return None


def _search(node: Node, asked: Asked) -> Answer:
    try:
        body = json.loads(asked.body or b"{}")
        most = body.get("maxItems", 5000)
        start = sum(_after(criterion) for criterion in body.get("searchCriteria") or ())
    except (ValueError, KeyError, TypeError, AttributeError):
        return _message(400, "Invalid search")
    unknown = set(asked.query.get("expand", [])) - {*EXPAND, *EMPTY}
    if unknown or not 1 <= most <= 5000:  # noqa: PLR2004 - the manager's own limit
        return _message(400, "Invalid expand or maxItems")
    rows = node.visible()
    first = bisect_right(rows, start, key=lambda row: int(str(row["ID"])))
    page = rows[first : first + min(most, node.manager.page_limit)]
    names = (*BASIC, *_expanded(asked))
    own = asked.query.get("overrides", ["false"])[0].lower() == "true"
    found = [{name: row[name] for name in names} for row in page]
    if own and "computerSettings" in names:
        for shown, row in zip(found, page, strict=True):
            shown["computerSettings"] = row["overrides"]
    return _json({"computers": found})


def _after(criterion: dict[str, object]) -> int:
    """The number after which a page starts; no other criterion is simulated."""
    if criterion["idTest"] != "greater-than":
        raise ValueError(criterion)
    return int(str(criterion["idValue"]))


def _expanded(asked: Asked) -> tuple[str, ...]:
    asked_for = asked.query.get("expand", ["all"])
    return tuple({name: None for value in asked_for for name in EXPAND.get(value, ())})


def _json(value: object) -> Answer:
    return Answer(body=json.dumps(value).encode())


def _message(status: int, text: str) -> Answer:
    return Answer(status, json.dumps({"message": text}).encode())
