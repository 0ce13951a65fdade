"""NSXT-STATE-001 and NSXT-VC-001: NSX-T is healthy, and attached to the vCenter that is meant."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from tests import nsxt_by_hand as by_hand
from tests.checks.estates import steps
from tests.facts_by_hand import (
    DSM,
    NSXT,
    OTHER_VCENTER_UUID,
    VC_MAIN,
    VC_OTHER,
    about,
    certificate,
    compute_manager,
    environment,
    moment,
    transport_node,
)
from tests.judging import answered, judged, missed, told


def state(step="nsxt-build", phase="pre", order="", **changes):
    """NSXT-STATE-001 on a healthy NSX-T with one host, changed by fixture."""
    described = environment(VC_MAIN, NSXT, DSM, order, nsx="NSX-T 3.1.2")
    facts = {
        "nsxt_manager": by_hand.manager(),
        "nsxt_cluster_groups": (by_hand.group(),),
        "nsxt_node_services": (by_hand.service(),),
        "nsxt_compute_managers": (compute_manager(),),
        "nsxt_transport_nodes": (transport_node(),),
        "nsxt_alarms": (),
        "environment": described,
        "moment": moment(step=step, phase=phase),
    }
    return judged("NSXT-STATE-001", nsxt=described.nsxt[0], **{**facts, **changes})


def test_a_healthy_nsxt_passes():
    """Cluster, group, service, compute manager and host are good: six objects, nothing to tell."""
    judgement = state()
    assert judgement.outcome is Outcome.PASS
    assert (judgement.examined, judgement.notes) == (6, ())


def test_a_new_nsxt_without_hosts_and_vcenters_passes():
    """Before it is attached to anything an NSX-T is judged by its own cluster."""
    judgement = state(nsxt_compute_managers=(), nsxt_transport_nodes=())
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 4)


@pytest.mark.parametrize(
    ("step", "phase", "order", "outcome"),
    [
        ("nsxt-build", "post", "", Outcome.PASS),
        ("nsx-migration", "pre", "", Outcome.PASS),
        ("nsx-migration", "post", "", Outcome.FAIL),
        ("vsphere-target", "pre", "", Outcome.FAIL),
        ("vsphere-target", "pre", steps("vsphere-target", "nsx-migration"), Outcome.PASS),
        (None, "post", "", Outcome.FAIL),
    ],
)
@pytest.mark.parametrize("nodes", [(), (transport_node(node_type="EdgeNode"),)])
def test_after_the_migration_there_are_hosts(nodes, step, phase, order, outcome):
    """An empty list is a new NSX-T's before it, and afterwards one to which nothing came."""
    judgement = state(step, phase, order, nsxt_transport_nodes=nodes)
    assert judgement.outcome is outcome
    if outcome is Outcome.FAIL:
        found = "no host is a transport node"
        assert told(judgement) == [("nsxt", found, "the hosts that were migrated")]
        assert judgement.blocks


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({"nsxt_manager": by_hand.manager(management_status="DEGRADED")}, "management cluster"),
        ({"nsxt_manager": by_hand.manager(control_status="NO_CONTROLLERS")}, "control cluster"),
        ({"nsxt_cluster_groups": (by_hand.group(status="UNSTABLE"),)}, "cluster group MANAGER"),
        (
            {"nsxt_cluster_groups": (by_hand.group(members=(("192.0.2.13", "DOWN"),)),)},
            "cluster group MANAGER",
        ),
        ({"nsxt_node_services": (by_hand.service(health="DEGRADED"),)}, "service http"),
        (
            {"nsxt_compute_managers": (compute_manager(connection_status="DOWN"),)},
            "compute manager vc-main (vc-main.example.jp)",
        ),
        (
            {"nsxt_compute_managers": (compute_manager(errors=("no route",)),)},
            "compute manager vc-main (vc-main.example.jp)",
        ),
        (
            {"nsxt_transport_nodes": (transport_node(status="DOWN"),)},
            "esx-01.example.jp (host-21)",
        ),
        (
            {"nsxt_transport_nodes": (transport_node(state="failed"),)},
            "esx-01.example.jp (host-21)",
        ),
        (
            {"nsxt_transport_nodes": (transport_node(state="partial_success", status="DOWN"),)},
            "esx-01.example.jp (host-21)",
        ),
        ({"nsxt_alarms": (by_hand.alarm(),)}, "manager_disk_full on nsx-1 (alarm a1)"),
    ],
)
def test_what_is_down_blocks(changes, subject):
    """One object that is not up is one finding, named as an operator finds it, and it blocks."""
    judgement = state(**changes)
    assert [finding.subject for finding in judgement.findings] == [subject]
    assert judgement.blocks


@pytest.mark.parametrize(
    "changes",
    [
        {"nsxt_transport_nodes": (transport_node(status="DEGRADED"),)},
        {"nsxt_transport_nodes": (transport_node(state="in_progress"),)},
        {"nsxt_alarms": (by_hand.alarm(severity="HIGH"),)},
        {"nsxt_alarms": (by_hand.alarm(status="ACKNOWLEDGED"),)},
        {"nsxt_alarms": (by_hand.alarm(status="SUPPRESSED"),)},
        {"nsxt_alarms": (by_hand.alarm(severity="HIGH", status="SUPPRESSED"),)},
    ],
)
def test_what_is_half_well_asks_for_a_sign_off(changes):
    """A degraded host, a HIGH alarm, or a critical one that somebody has seen is a warning."""
    judgement = state(**changes)
    assert (judgement.outcome, judgement.weight) == (Outcome.FAIL, Severity.WARNING)


@pytest.mark.parametrize(
    "changes",
    [
        {"nsxt_manager": by_hand.manager(management_status="UNKNOWN")},
        {"nsxt_cluster_groups": (by_hand.group(members=(("192.0.2.11", "UNKNOWN"),)),)},
        {"nsxt_cluster_groups": (by_hand.group(status="GREAT"),)},
        {"nsxt_node_services": (by_hand.service(state="starting"),)},
        {"nsxt_compute_managers": (compute_manager(registration_status="NEW_WORD"),)},
        {"nsxt_transport_nodes": (transport_node(status="UNKNOWN"),)},
        {"nsxt_transport_nodes": (transport_node(state="in_progress", status="UNKNOWN"),)},
        {"nsxt_alarms": (by_hand.alarm(severity="EMERGENCY"),)},
        {"nsxt_alarms": (by_hand.alarm(severity="LOW", status="NEW_WORD"),)},
    ],
)
def test_a_word_that_nobody_knows_is_not_good(changes):
    """UNKNOWN and words that no document explains leave the object unjudged."""
    judgement = state(**changes)
    assert (judgement.outcome, len(judgement.unknown)) == (Outcome.UNDETERMINED, 1)


def test_an_alarm_without_a_node_is_about_the_manager():
    """The finding names the NSX-T where the alarm names no node, and quotes NSX."""
    assert told(state(nsxt_alarms=(by_hand.alarm(node=None),))) == [
        (
            "manager_disk_full on nsxt (alarm a1)",
            "CRITICAL, OPEN: The disk is full.",
            "no critical alarm",
        )
    ]


def test_lesser_alarms_and_stopped_services_are_notes():
    """They ask for nothing: alike ones stand in one note, and the claim holds."""
    alarms = [by_hand.alarm(id=f"a{n}", severity="LOW") for n in range(3)]
    services = (by_hand.service(name="snmp", state="stopped", health=None), by_hand.service())
    judgement = state(nsxt_alarms=tuple(alarms), nsxt_node_services=services)
    assert judgement.outcome is Outcome.PASS
    assert [(note.subject, note.text) for note in judgement.notes] == [
        ("services", "stopped on the node that answered: snmp; some run only where they are used"),
        ("alarms of severity LOW", "manager_disk_full (3)"),
    ]


SHA_1 = "ab" * 20
NO_THUMBPRINT = "NSX-T shows no thumbprint of vc-main.example.jp to this account"
ANOTHER_KIND = f"NSX-T shows the thumbprint {SHA_1} of vc-main.example.jp"


def attached(*texts, managers=None, registrations=None, **changes):
    """NSXT-VC-001 on an NSX-T that has vc-main registered."""
    described = environment(*(texts or (VC_MAIN, NSXT, DSM)), nsx="NSX-T 3.1.2")
    facts = {
        "nsxt_compute_managers": (compute_manager(),) if managers is None else managers,
        "nsxt_registrations": (
            (by_hand.registration(),) if registrations is None else registrations
        ),
        "all_vcenter_about": {"vc-main": about()},
        "all_vcenter_certificates": {"vc-main": (certificate(sha256=by_hand.SHA_256),)},
        "environment": described,
    }
    return judged("NSXT-VC-001", nsxt=described.nsxt[0], **{**facts, **changes})


def test_the_registered_vcenter_passes():
    """Registered, up, trusted by its certificate and the same instance."""
    judgement = attached()
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"connection_status": "CONNECTING"},
        {"registration_status": "REGISTERED_WITH_ERRORS"},
        {"errors": ("the account lacks a privilege",)},
    ],
)
def test_a_registration_that_is_not_up_blocks(changes):
    """What is on its way, or has errors, is not registered and up."""
    judgement = attached(managers=(compute_manager(**changes),))
    assert judgement.blocks
    assert [finding.subject for finding in judgement.findings] == ["vc-main (vc-main.example.jp)"]


def test_a_vcenter_that_is_not_registered_blocks():
    """An NSX-T without compute managers has not been attached."""
    judgement = attached(managers=(), registrations=())
    assert [found for _, found, _ in told(judgement)] == ["registered: none"]
    assert judgement.blocks


def test_another_vcenter_under_its_address_blocks():
    """The address alone proves nothing where NSX-T tells the instance."""
    judgement = attached(
        registrations=(
            by_hand.registration(instance_uuid=OTHER_VCENTER_UUID, thumbprint="cd" * 32),
        )
    )
    assert judgement.blocks
    assert OTHER_VCENTER_UUID in told(judgement)[0][1]


def test_a_certificate_that_was_renewed_blocks():
    """NSX-T still trusts the old one, and loses vCenter at its next login."""
    judgement = attached(registrations=(by_hand.registration(thumbprint="cd" * 32),))
    assert [found for _, found, _ in told(judgement)] == [
        f"NSX-T trusts the certificate {'cd' * 32}"
    ]
    assert judgement.blocks


@pytest.mark.parametrize(
    ("thumbprint", "reason"),
    [
        (None, f"{NO_THUMBPRINT}: nobody can say which certificate it trusts"),
        (SHA_1, f"{ANOTHER_KIND}, which is no SHA-256 to compare"),
    ],
)
def test_a_thumbprint_that_cannot_be_compared_is_attested_or_unknown(thumbprint, reason):
    """None, or a SHA-1, says nothing of the certificate; a person may answer for it."""
    judgement = attached(registrations=(by_hand.registration(thumbprint=thumbprint),))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [("vc-main (vc-main.example.jp)", reason)]
    assert answered("NSXT-VC-001", judgement, "nsxt").outcome is Outcome.ATTESTED


def test_a_person_answers_for_nothing_else():
    """What is down stays down, whoever answers for the thumbprint."""
    judgement = attached(
        managers=(compute_manager(connection_status="DOWN"),),
        registrations=(by_hand.registration(thumbprint=None),),
    )
    attested = answered("NSXT-VC-001", judgement, "nsxt")
    assert attested.blocks
    assert (attested.findings, attested.unknown) == (judgement.findings, ())


@pytest.mark.parametrize(
    "registration",
    [
        by_hand.registration(thumbprint=None),
        by_hand.registration(instance_uuid=None),
    ],
)
def test_a_vcenter_registered_under_another_address_is_found_by_its_marks(registration):
    """Instance uuid or certificate is enough to know it again."""
    judgement = attached(
        managers=(compute_manager(server="192.0.2.5"),), registrations=(registration,)
    )
    assert not judgement.findings


def test_a_server_without_marks_could_be_it():
    """Under an unknown address, with nothing to know it by, nobody can say."""
    judgement = attached(
        managers=(compute_manager(server="192.0.2.5"),),
        registrations=(by_hand.registration(thumbprint=None, instance_uuid=None),),
    )
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "192.0.2.5" in missed(judgement)[0][1]


BOTH = NSXT.replace('["vc-main"]', '["vc-main", "vc-other"]')
ORDER = '[[plan]]\nstep = "nsxt-build"\nvcenters = ["vc-main"]\n'


def test_every_vcenter_of_nsxt_is_asked_for():
    """Of two vCenters the one that is not registered is the finding."""
    judgement = attached(
        VC_MAIN,
        VC_OTHER,
        BOTH,
        DSM,
        all_vcenter_about={
            "vc-main": about(),
            "vc-other": about(instance_uuid=OTHER_VCENTER_UUID),
        },
        all_vcenter_certificates={
            "vc-main": (certificate(sha256=by_hand.SHA_256),),
            "vc-other": (certificate(sha256="ef" * 32),),
        },
    )
    assert [finding.subject for finding in judgement.findings] == ["vc-other (vc-other.example.jp)"]
    assert judgement.examined == 2


def test_a_declared_order_says_which_vcenters_the_step_is_about():
    """A vCenter that nsxt-build does not name is not asked for, and not even read."""
    judgement = attached(VC_MAIN, VC_OTHER, BOTH, DSM, ORDER)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 1)


@pytest.mark.parametrize("fact", ["all_vcenter_about", "all_vcenter_certificates"])
def test_a_vcenter_that_could_not_be_read_leaves_it_open(fact):
    """Without vCenter's own word there is nothing to compare with."""
    judgement = attached(**{fact: {"vc-main": Unread("vc-main: refused")}})
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "refused" in judgement.reason
