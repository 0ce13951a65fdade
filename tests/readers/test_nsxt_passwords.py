"""The reader of NSX-T's passwords: whose they are, how long they hold, and never what they are."""

from __future__ import annotations

import json

import pytest

from kanmon.errors import CouldNotRead, Denied
from kanmon.facts import Unread
from kanmon.facts.nsxt.state import Password
from lab.transport.server import Answer
from tests.readers.test_nsxt import lab, read
from tests.readers.test_nsxt_samples import changed, sample

__all__ = ["lab", "sample"]

STATUS = "/api/v1/cluster/status"
USERS = "/api/v1/cluster/m-1/node/users"
EDGE_USERS = "/api/v1/transport-nodes/edge/node/users"
VENDORS = {
    "result_count": 3,
    "results": [
        {
            "full_name": "root",
            "userid": 0,
            "username": "root",
            "last_password_change": 12,
            "password_change_frequency": 90,
        },
        {
            "full_name": "",
            "userid": 10000,
            "username": "admin",
            "status": "ACTIVE",
            "last_password_change": 0,
            "password_change_frequency": 0,
        },
        {"full_name": "", "userid": 10002, "username": "audit"},
    ],
}
"""The example of VMware's reference (NSX-T 3.2, List node users), the first two with the fields of
its NodeUserProperties; the third shows as little as the example does."""


def test_managers_and_edges_are_asked(lab):
    """Three manager nodes and an edge, each with its users; hosts have none that NSX-T keeps."""
    server = lab(edges=["edge-1"], passwords=[{"user": "admin", "age": 89}])
    found = {one.node.split(" ")[0]: one.passwords for one in read(server, "passwords")}
    assert list(found) == ["192.0.2.11", "192.0.2.12", "192.0.2.13", "edge-1"]
    assert found["192.0.2.12"] == (Password("admin", None, 89, 90),)
    assert [one.user for one in found["edge-1"]] == ["root", "admin"]


WHOLE = json.dumps(VENDORS)


def member(reply):
    """The reply with a member of the group of managers, whose node has an id."""
    reply["detailed_cluster_status"]["groups"] = [
        {
            "group_type": kind,
            "group_status": "STABLE",
            "members": [{"member_ip": address, "member_uuid": id_, "member_status": "UP"}],
        }
        for kind, id_, address in (
            ("CONTROLLER", "c-1", "192.0.2.19"),
            ("MANAGER", "m-1", "192.0.2.11"),
        )
    ]


def passwords(sample, of_the_edge=WHOLE):
    """Those of the vendor's replies, of a manager node and of an edge."""
    made = {USERS: WHOLE, EDGE_USERS: of_the_edge, **changed(STATUS, member)}
    return {one.node: one.passwords for one in read(sample(made), "passwords")}


def test_the_vendors_form_is_understood(sample):
    """A controller's own id is asked for nothing; what is not told of a password is None."""
    found = passwords(sample)
    assert list(found) == ["192.0.2.11", "edge (edge)"]
    assert found["192.0.2.11"] == (
        Password("root", None, 12, 90),
        Password("admin", "ACTIVE", 0, 0),
        Password("audit", None, None, None),
    )
    assert found["edge (edge)"] == found["192.0.2.11"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(404, b"{}"), "404"),
        (Answer(503, b"{}"), "503"),
        (json.dumps({"results": []}), "no user at all"),
        (
            json.dumps({"results": [{"username": "root", "last_password_change": "12"}]}),
            "whole number",
        ),
        (json.dumps({"users": []}), "results"),
        ("<html></html>", "no JSON"),
        (Answer(403, b"{}"), "Auditor"),
    ],
    ids=["absent", "down", "nobody", "no number", "another form", "no JSON", "denied"],
)
def test_a_node_whose_answer_is_none_is_unread_by_itself(sample, answer, reason):
    """The other nodes are read."""
    found = passwords(sample, answer)
    assert isinstance(found["edge (edge)"], Unread)
    assert reason in found["edge (edge)"].reason
    assert len(found["192.0.2.11"]) == 3


def test_a_cluster_without_managers_is_not_believed(sample):
    """No node would be asked, and that is no answer."""
    with pytest.raises(CouldNotRead, match="no group of managers"):
        read(sample(changed(STATUS, lambda reply: reply.update(no_managers()))), "passwords")


def no_managers():
    """A status in which only controllers are a group."""
    group = {"group_type": "CONTROLLER", "group_status": "STABLE", "members": []}
    return {"detailed_cluster_status": {"groups": [group]}}


def test_an_account_without_rights_is_denied(lab):
    """The grant is named."""
    with pytest.raises(Denied, match="Auditor"):
        read(lab("weak rights"), "passwords")
