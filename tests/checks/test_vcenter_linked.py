"""VC-ELM-001: vCenters that share a single sign-on domain."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.vcenter.deployment import Linked, LinkedNode, Naming, Replication
from kanmon.gate.judgement import Judgement
from tests.facts_by_hand import VC_MAIN, VC_OTHER, about, environment
from tests.judging import answered, judged, missed, told

UNREAD = Unread("tried to GET /rest/vcenter/topology/nodes; got: HTTP 404")
EMBEDDED = "VCSA_EMBEDDED"
MAIN = LinkedNode("vc-main.example.jp", EMBEDDED)
OTHER = LinkedNode("VC-OTHER.example.jp", EMBEDDED)
FOLLOWS = Replication("vc-main.example.jp", "vc-other.example.jp", True, True)
ORDER = (
    "order of vc-main",
    "in which order, one after the other, does it go with VC-OTHER.example.jp?",
)


def naming(name) -> Naming:
    return Naming(name, name, (name,), (), (name,))


def linked(
    *nodes, replication=(FOLLOWS,), named=(VC_MAIN, VC_OTHER), abouts=None, namings=None
) -> Judgement:
    """The check on vc-main among these nodes."""
    made = environment(*named)
    slugs = [one.slug for one in made.vcenter]
    return judged(
        "VC-ELM-001",
        vcenter=made.vcenter[0],
        environment=made,
        vcenter_linked=Linked(nodes or UNREAD, replication),
        all_vcenter_about=abouts or dict.fromkeys(slugs, about()),
        all_vcenter_naming=namings or {slug: naming(f"{slug}.example.jp") for slug in slugs},
    )


def test_a_vcenter_that_stands_alone_has_no_partners():
    """Most do; a controller of its own is no partner."""
    controller = LinkedNode("psc.example.jp", "PSC_EXTERNAL")
    for nodes in ((MAIN,), (MAIN, controller)):
        assert linked(*nodes, replication=()).outcome is Outcome.NOT_APPLICABLE


def test_partners_that_are_named_and_read_leave_the_order_open():
    """No interface tells which one goes first: a person does."""
    judgement = linked(MAIN, OTHER)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [ORDER]
    assert answered("VC-ELM-001", judgement, "vc-main").outcome is Outcome.ATTESTED


def test_a_partner_that_the_environment_does_not_name_blocks():
    """Nobody judged it, and the upgrade changes what it shares."""
    judgement = linked(MAIN, OTHER, named=(VC_MAIN,))
    assert judgement.weight is Severity.BLOCKER
    assert [(one, wanted) for one, _, wanted in told(judgement)] == [
        (OTHER.name, "named, and read")
    ]


def test_a_certificate_that_both_share_makes_no_partner_its_own():
    """A partner whose name stands in vCenter's certificate is a partner all the same."""
    shared = replace(naming(MAIN.name), certificate=(MAIN.name, OTHER.name.lower()))
    judgement = linked(MAIN, OTHER, named=(VC_MAIN,), namings={"vc-main": shared})
    assert judgement.weight is Severity.BLOCKER


def test_controllers_that_do_not_follow_each_other_are_told():
    """A vCenter alone with two controllers whose directory is in two halves stands not alone."""
    controllers = (LinkedNode(name, "PSC_EXTERNAL") for name in ("psc-a", "psc-b"))
    broken = (Replication("psc-a", "psc-b", False, False),)
    assert linked(MAIN, *controllers, replication=broken).weight is Severity.BLOCKER


def test_a_partner_that_was_not_reached_is_unknown():
    """For the reason of its reader."""
    abouts = {"vc-main": about(), "vc-other": Unread("no answer")}
    assert missed(linked(MAIN, OTHER, abouts=abouts)) == [(OTHER.name, "no answer"), ORDER]


def test_a_node_of_an_unknown_type_is_unknown():
    """It is neither a partner nor none."""
    judgement = linked(MAIN, replace(OTHER, type="VCSA_NEW"))
    assert missed(judgement)[0] == (OTHER.name, "it is of the type VCSA_NEW")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"available": False, "replicating": None}, "the partner does not answer"),
        ({"replicating": False}, "not replicating"),
    ],
)
def test_a_directory_that_does_not_follow_blocks(changes, found):
    """Before anything is upgraded it has to."""
    judgement = linked(MAIN, OTHER, replication=(replace(FOLLOWS, **changes),))
    assert judgement.weight is Severity.BLOCKER
    assert told(judgement) == [
        ("vc-main.example.jp from vc-other.example.jp", found, "replicating")
    ]


@pytest.mark.parametrize(
    ("replication", "subject"),
    [(UNREAD, "replication of vc-main"), ((replace(FOLLOWS, replicating=None),), FOLLOWS.label)],
)
def test_a_replication_that_nobody_tells_is_unknown(replication, subject):
    """As a whole, or of one partner."""
    assert [one for one, _ in missed(linked(MAIN, OTHER, replication=replication))] == [
        subject,
        ORDER[0],
    ]


def test_a_release_that_does_not_tell_is_attestable():
    """6.5 and early 6.7."""
    judgement = linked()
    assert judgement.outcome is Outcome.UNDETERMINED
    assert [subject for subject, _ in missed(judgement)] == ["partners of vc-main"]
    assert answered("VC-ELM-001", judgement, "vc-main").outcome is Outcome.ATTESTED


def test_a_vcenter_that_is_none_of_the_nodes_is_not_alone():
    """Its own names were not read, so that it may be the one node there is."""
    lone = LinkedNode("vcsa.corp.example", EMBEDDED)
    judgement = linked(lone, replication=(), named=(VC_MAIN,), namings={"vc-main": UNREAD})
    assert "partners of vc-main" in [subject for subject, _ in missed(judgement)]


def test_a_domain_without_this_vcenter_is_no_vcenter_that_stands_alone():
    """A controller alone, which is no partner, says nothing of the vCenter itself."""
    controller = LinkedNode("psc.example.jp", "PSC_EXTERNAL")
    judgement = linked(controller, replication=())
    assert judgement.outcome is Outcome.UNDETERMINED
    assert [subject for subject, _ in missed(judgement)] == ["partners of vc-main"]
