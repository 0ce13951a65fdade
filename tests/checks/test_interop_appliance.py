"""IOP-DSVA-NSX-001: the appliance beside NSX and hosts."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from tests.checks.estates import (
    DSVA_VM,
    OTHER_DSM,
    TARGETS,
    appliance,
    ended,
    hosts_at,
    listed,
    nsxt_manager,
    relay,
    rows,
    two_vcenters,
    vcenter_at,
    world,
)
from tests.facts_by_hand import (
    DSM,
    NSXT,
    NSXV,
    OTHER_VCENTER_UUID,
    VC_MAIN,
    VC_OTHER,
    agent,
    compute_manager,
    computer,
    manager,
)
from tests.judging import missed, told

FITS = "IOP-DSVA-NSX-001"
SIGNED = "appliance below 12.0.0-682 on from NSX-T 2.5 and ESXi any"
T_25 = {"nsxt": {"nsxt": nsxt_manager("2.5.1.0.0.15314288")}}


def on_nsxt(*versions, **changes):
    """The check at the end of the upgrade, with appliances of these versions."""
    appliances = [appliance(version, id=301 + n) for n, version in enumerate(versions)]
    fleet = listed(computer(), relay(), agent(), *appliances)
    return ended(**{"upgrade": {}, **fleet, **changes}).judge(FITS)


def test_the_procedure_fits_from_start_to_end():
    """Now and after each step the appliance fits its NSX and its hosts; the rows are told."""
    judgement = world().judge(FITS)
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 8)
    assert "appliance 11.0 on NSX-V 6.4.5 and ESXi 6.5 U2" in {
        one.row for one in judgement.rests_on
    }
    assert ended(phase="post").judge(FITS).outcome is Outcome.PASS


def test_11_on_nsxt_is_refused():
    """An appliance of 11.0 cannot be deployed on NSX-T 3.1.2: the signature is missing."""
    judgement = on_nsxt("11.0.0.582")
    assert judgement.blocks
    found = "appliance 11.0.0-582 on NSX-T 3.1.2.0.0.17883596 and ESXi 7.0 U2: not supported"
    subject = "appliance 11.0.0-582 in vc-main now"
    assert told(judgement) == [(subject, found, "supported")]
    assert rows(judgement) == [SIGNED]


@pytest.mark.parametrize(
    ("build", "on_31", "on_25"),
    [(681, Severity.BLOCKER, Severity.BLOCKER), (682, Severity.WARNING, None)],
)
def test_the_first_signed_build(build, on_31, on_25):
    """12.0.0-682 is the first that NSX-T deploys; that 3.1 supports it is doubted, unverified."""
    version = f"12.0.0.{build}"
    assert on_nsxt(version).weight is on_31
    older = on_nsxt(version, **T_25, hosts={"vc-main": hosts_at("6.7 U3")})
    assert older.weight is on_25
    assert (SIGNED in rows(on_nsxt(version))) == (build == 681)


def test_two_versions_are_told_apart():
    """Of two appliances the one that does not fit is named."""
    judgement = on_nsxt("20.0.0.877", "11.0.0.582")
    assert judgement.examined == 2
    assert [subject for subject, _, _ in told(judgement)] == ["appliance 11.0.0-582 in vc-main now"]


def test_an_unverified_no_is_a_warning():
    """11.0 on NSX-V with hosts of 7.0 is refused by a row that was recalled, not read."""
    seven = {"abouts": {"vc-main": vcenter_at("7.0")}, "hosts": {"vc-main": hosts_at("7.0")}}
    judgement = world(**seven, upgrade={}).judge(FITS)
    assert judgement.weight is Severity.WARNING
    assert judgement.findings[0].source.confidence == "unverified"


def test_what_no_row_says_is_undetermined():
    """Of an appliance 20.0 on NSX 4.1 no row speaks."""
    judgement = on_nsxt("20.0.0.877", nsxt={"nsxt": nsxt_manager("4.1.0.0.0.1")})
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement)[0][1].startswith("no row answers: appliance 20.0.0-877 on NSX 4.1")


@pytest.mark.parametrize(
    ("step", "outcome"),
    [
        ("vsphere-bridge", Outcome.PASS),
        ("nsxt-build", Outcome.FAIL),
        ("nsx-migration", Outcome.FAIL),
    ],
)
def test_the_step_that_is_run_too_early_fails(step, outcome):
    """With 11.0 still there, NSX-T must not come; the hosts may go to the bridge."""
    judgement = world(step=step).judge(FITS)
    assert judgement.outcome is outcome
    assert judgement.examined == 2
    if outcome is Outcome.FAIL:
        assert rows(judgement) == [SIGNED]
        assert told(judgement)[0][0] == f"appliance 11.0.0-582 in vc-main after {step}"


def test_no_appliance_is_not_applicable():
    """A manager of agents alone has nothing to deploy, whatever else could not be read."""
    assert world(**listed(agent(), relay())).judge(FITS).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"hosts": {"vc-main": ()}}, "no NSX with a host is known for them"),
        ({"named": (DSM,)}, "no NSX with a host is known for them"),
        ({"named": (VC_MAIN, DSM)}, "it has com.vmware.vShieldManager registered"),
        ({"hosts": {"vc-main": Unread("vc-main: refused")}}, "vc-main: refused"),
    ],
)
def test_an_appliance_without_a_known_place_is_undetermined(changes, reason):
    """An appliance is somewhere: where nobody can say, nobody can say that it fits."""
    judgement = world(upgrade={"deep_security": "20.0"}, **changes).judge(FITS)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement)[0][1].startswith(reason)


def test_unread_vms_make_it_undetermined():
    """Where a vCenter's VMs could not be read nobody knows what its appliances protect."""
    judgement = world(vms={"vc-main": Unread("vc-main: no VMs")}, step="nsxt-build").judge(FITS)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert ("vc-main", "vc-main: no VMs") in missed(judgement)


def test_an_appliance_in_the_vcenter_without_nsx_is_undetermined():
    """An appliance that works beside no known NSX is told, also where another one fits."""
    there = appliance(vcenter_uuid=OTHER_VCENTER_UUID)
    judgement = two_vcenters(
        vms={"vc-main": (), "vc-other": (DSVA_VM,)}, **listed(there, agent())
    ).judge(FITS)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert ("dsm", "its appliances work in vc-other, for which no NSX is known") in missed(
        judgement
    )


def test_protected_vms_without_an_appliance_are_undetermined():
    """A manager that lists no appliance while one protects its VMs hides it."""
    judgement = world(**listed(computer(), agent(), relay())).judge(FITS)
    reason = "appliances protect 1 of its VMs, but it lists none as activated"
    assert missed(judgement) == [("dsm", reason)]
    idle = appliance("0.0.0.0", agent_status="inactive", online=None)  # noqa: S104 - a version
    asleep = world(**listed(computer(), idle, agent())).judge(FITS)
    assert missed(asleep) == [("dsm", reason)]


def test_two_managers_are_judged_by_their_own_appliances():
    """The appliance of one manager is none of the other's."""
    both = ended(
        named=(VC_MAIN, NSXT, DSM, OTHER_DSM),
        upgrade={},
        managers={"dsb": manager(version="20.0.877")},
        computers={"dsb": (appliance("11.0.0.582"),)},
    )
    assert both.judge(FITS, "dsm").outcome is Outcome.PASS
    assert rows(both.judge(FITS, "dsb")) == [SIGNED]


def test_a_manager_is_judged_where_its_own_appliances_are():
    """The vCenter of the other manager's appliances is no place of this one's."""
    far = appliance("20.0.0.877", vcenter_uuid=OTHER_VCENTER_UUID)
    both = two_vcenters(
        named=(
            VC_MAIN,
            VC_OTHER,
            NSXV,
            NSXT.replace('["vc-main"]', '["vc-other"]'),
            DSM,
            OTHER_DSM,
        ),
        upgrade={},
        vms={"vc-other": (DSVA_VM,)},
        hosts={"vc-other": hosts_at("7.0 U2")},
        abouts={"vc-other": vcenter_at("7.0 U2", instance_uuid=OTHER_VCENTER_UUID)},
        compute_managers={"nsxt": (compute_manager(server="vc-other.example.jp"),)},
        managers={"dsb": manager(version="20.0.877")},
        computers={"dsb": (far,)},
    )
    assert (both.judge(FITS, "dsm").outcome, both.judge(FITS, "dsm").examined) == (Outcome.PASS, 1)
    assert both.judge(FITS, "dsb").outcome is Outcome.PASS


def test_a_target_too_vague_for_a_row_is_undetermined():
    """The line 12.0 has builds on both sides of the first signed one: nobody can say."""
    vague = world(upgrade={**TARGETS, "appliance": "12.0"}, named=(VC_MAIN, NSXV, NSXT, DSM))
    judgement = vague.judge(FITS)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "no way leads it to 12.0" in judgement.unknown[0].reason
