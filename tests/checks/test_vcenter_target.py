"""VC-LIC-001 and VC-DVS-001: what the target of a vCenter asks for beforehand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from tests.checks.estates import (
    BRIDGE,
    GOOD,
    STRANGE_BUILD,
    computers,
    hosts_at,
    prepared,
    steps,
    vcenter_at,
    without,
    world,
)
from tests.checks.vcenter_facts import SEVENS, esxi_licence, licence, licences, switch
from tests.facts_by_hand import DSM, NSXT, VC_MAIN, WINDOW_END, about, manager
from tests.judging import answered, missed, told

# Licences

VC_LICENCE = "vCenter Server 6 Standard (key ending in AAAA1)"


def owned(facts=None, *, last_until=WINDOW_END, **changes):
    """The check on these licences before the last step."""
    made = world(**{"step": "vsphere-target", "order": GOOD, **changes})
    moment = replace(made.moment, last_until=last_until)
    other = {**made.other, "vcenter_licences": licences() if facts is None else facts}
    return replace(made, other=other, moment=moment).judge("VC-LIC-001")


def test_lasting_licences_and_keys_of_seven_pass():
    """Two licences in use, and two products that need a new one, are examined."""
    judgement = owned()
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 4


def test_a_host_without_a_licence_is_undetermined():
    """Every host uses one, an evaluation at least: that none is told of it is no answer."""
    told_of = licences()
    judgement = owned(replace(told_of, assigned=told_of.assigned[:2]))
    assert judgement.outcome is Outcome.UNDETERMINED
    reason = "vCenter does not say which licence it uses"
    assert missed(judgement) == [("esx-02.example.jp (host-22)", reason)]


@pytest.mark.parametrize(
    ("after", "outcome"), [(timedelta(0), Outcome.FAIL), (timedelta(seconds=1), Outcome.PASS)]
)
def test_a_licence_must_outlive_the_window(after, outcome):
    """One that ends with the window has ended too soon."""
    ends = licence(expires=WINDOW_END + after)
    judgement = owned(licences(ends, esxi_licence()))
    assert judgement.outcome is outcome


def test_what_expires_is_told_with_its_users():
    """One finding for a licence, however many use it."""
    ends = esxi_licence(expires=WINDOW_END)
    judgement = owned(licences(licence(), ends, ends))
    assert told(judgement) == [
        (
            "vSphere 6 Plus (key ending in BBBB1)",
            "expires 2026-12-05 21:00 UTC, used by esx-01.example.jp, esx-02.example.jp",
            "valid until 2026-12-05 21:00 UTC",
        )
    ]
    assert judgement.weight is Severity.WARNING


def test_without_a_window_nobody_can_say():
    """What has to be outlived stands in the environment."""
    assert owned(last_until=None).outcome is Outcome.UNDETERMINED


def test_an_evaluation_is_named():
    """It counts as a licence until its end, and the board is told."""
    evaluation = licence(
        edition="eval", evaluation=True, expires=WINDOW_END + timedelta(days=1), key_end="00000"
    )
    judgement = owned(licences(evaluation, esxi_licence()))
    assert judgement.outcome is Outcome.PASS
    assert [note.text for note in judgement.notes] == ["an evaluation, used by vc-main"]


def test_an_evaluation_without_an_end_is_undetermined():
    """Every evaluation ends."""
    judgement = owned(licences(licence(edition="eval", evaluation=True), esxi_licence()))
    assert missed(judgement) == [(VC_LICENCE, "no end is told, used by vc-main")]


@pytest.mark.parametrize(("kept", "lost"), [(1, "vCenter"), (0, "ESXi")])
def test_a_key_of_the_target_major_is_missed(kept, lost):
    """Each product needs its own; the rule is unverified, so it can only ask for a sign-off."""
    judgement = owned(licences(keys=(licence(), esxi_licence(), SEVENS[kept])))
    assert told(judgement) == [
        (
            f"a key for {lost} 7",
            "none among 1 licences of this product",
            "one that outlives the window",
        )
    ]
    assert judgement.findings[0].source.confidence == "unverified"


@pytest.mark.parametrize("version", ["7", "7.0", "7.0.2"])
def test_every_release_of_the_major_will_do(version):
    """A key is for a major release."""
    sevens = [replace(one, product_version=version) for one in SEVENS]
    assert owned(licences(keys=(licence(), esxi_licence(), *sevens))).outcome is Outcome.PASS


def test_a_key_of_seven_that_ends_is_none():
    """It must outlive the window like any other."""
    ends = [replace(one, expires=WINDOW_END) for one in SEVENS]
    assert len(owned(licences(keys=tuple(ends))).findings) == 2


def test_a_licence_that_does_not_say_its_release_is_undetermined():
    """It may be the one that is looked for."""
    silent = licence(product_version=None, key_end="CCCCC")
    judgement = owned(licences(keys=(licence(), silent, esxi_licence(), SEVENS[1])))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert [subject for subject, _ in missed(judgement)] == ["a key for vCenter 7"]


def test_keys_that_were_refused_are_undetermined_unless_in_use():
    """A licence that is in use is seen without the inventory of keys."""
    denied = Unread("NoPermission: privilege Global.Licenses")
    judgement = owned(licences(keys=denied))
    assert [reason for _, reason in missed(judgement)] == [denied.reason] * 2
    assert owned(licences(*SEVENS, keys=denied)).outcome is Outcome.PASS


def test_a_product_that_does_not_move_needs_no_key():
    """Only vCenter has a target here."""
    judgement = owned(licences(keys=(licence(), SEVENS[0])), order="", upgrade=without("esxi"))
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 3


def test_a_vcenter_that_could_not_be_placed_is_undetermined():
    """Nobody can say where the step leads it."""
    judgement = owned(abouts={"vc-main": about(build=STRANGE_BUILD)})
    assert judgement.outcome is Outcome.UNDETERMINED


# Switches

MAIN = "dvs-main (dvs-50)"


def switches(*configs, step=None, all_vcenter_hosts=None, **changes):
    """The check on these switches."""
    made = world(step=step, **{"order": GOOD, **changes})
    hosts = all_vcenter_hosts or made.read.hosts
    facts = {"vcenter_switch_configs": configs, "all_vcenter_hosts": hosts}
    return replace(made, other={**made.other, **facts}).judge("VC-DVS-001")


def keys(judgement) -> list[str]:
    return [one.source.row for one in judgement.findings]


BEFORE_THE_MIGRATION = {
    "order": steps("nsxt-build", "nsx-migration", "vsphere-target"),
    "abouts": {"vc-main": vcenter_at("6.7 U3")},
    "hosts": {"vc-main": hosts_at("6.7 U2")},
    "managers": {"dsm": manager(version="20.0.877")},
    "computers": {"dsm": computers("20.0.0.877")},
}


@pytest.mark.parametrize(
    ("step", "changes"),
    [
        (None, {}),
        ("vsphere-bridge", {}),
        ("nsx-migration", BEFORE_THE_MIGRATION),
        ("vsphere-target", {}),
    ],
)
def test_a_new_switch_passes_everywhere(step, changes):
    """6.5.0 with Network I/O Control 3 is enough for each step; a pass cites the rows."""
    judgement = switches(switch(), step=step, **changes)
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 1
    assert judgement.rests_on


@pytest.mark.parametrize("step", [None, "nsx-migration"])
def test_a_declared_order_that_is_refused_is_undetermined(step):
    """What would follow the refused hop asks something of switches that nobody knows."""
    judgement = switches(switch(), step=step, order=steps("nsxt-build", "nsx-migration"))
    assert judgement.outcome is Outcome.UNDETERMINED
    reason = "it is refused at nsxt-build: what follows is open"
    assert missed(judgement) == [("the declared order", reason)]


@pytest.mark.parametrize(
    ("version", "outcome"),
    [("5.5.0", Outcome.FAIL), ("6.0.0", Outcome.PASS), ("6.6.0", Outcome.PASS)],
)
def test_the_bridge_needs_six(version, outcome):
    """The upgrade to 6.7 takes over no switch below 6.0.0: that blocks."""
    judgement = switches(switch(version=version), step="vsphere-bridge")
    assert judgement.outcome is outcome
    assert judgement.weight is (Severity.BLOCKER if outcome is Outcome.FAIL else None)


def test_seven_asks_no_less_but_nobody_verified_it():
    """The rule for 7.0 is unverified: it asks for a sign-off."""
    judgement = switches(switch(version="5.5.0"), step="vsphere-target")
    assert judgement.weight is Severity.WARNING
    assert told(judgement) == [
        (
            MAIN,
            "switch of version 5.5.0",
            "6.0.0 or later before vcenter with vCenter 7.0 U2",
        )
    ]


@pytest.mark.parametrize(("version", "outcome"), [("6.0.0", Outcome.FAIL), ("6.5.0", Outcome.PASS)])
def test_the_migration_needs_six_five(version, outcome):
    """6.0.0 is enough for vCenter and too old for the migration."""
    judgement = switches(switch(version=version))
    assert judgement.outcome is outcome
    if outcome is Outcome.FAIL:
        assert keys(judgement) == ["nsx-migration, vCenter from 6.5 below 7.0: switch"]
        assert judgement.weight is Severity.BLOCKER


def test_old_network_control_blocks():
    """Version 2 of Network I/O Control is refused by vCenter's upgrade and by the migration."""
    judgement = switches(switch(network_control="version2"))
    assert judgement.weight is Severity.BLOCKER
    assert set(keys(judgement)) == {
        "vcenter, vCenter from 6.7 below 7.0: network control",
        "vcenter, vCenter from 7.0 below 8.0: network control",
        "nsx-migration, vCenter from 6.5 below 8.0: network control",
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"version": None},
        {"network_control": None},
        {"version": "6.x"},
        {"network_control": "versionX"},
    ],
)
def test_a_version_that_is_not_told_is_undetermined(changes):
    """An unset property is no version, neither old nor new."""
    judgement = switches(switch(**changes), step="vsphere-bridge")
    assert judgement.outcome is Outcome.UNDETERMINED
    assert [subject for subject, _ in missed(judgement)] == [MAIN]


def test_a_release_of_which_no_row_speaks_is_undetermined():
    """What a later patch of 6.5 asks of switches stands in no table: that is no pass."""
    order = '[[plan]]\nstep = "vsphere-bridge"\nvcenter = "6.5 U3"\n'
    judgement = switches(switch(), step="vsphere-bridge", order=order)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [(MAIN, "no row says what vcenter on vCenter 6.5 U3 asks of it")]


@pytest.mark.parametrize("hosts", [(), None])
def test_vcenter_asks_it_of_a_switch_without_hosts(hosts):
    """VCenter's upgrade refuses every old switch, whoever uses it."""
    old = switch(moref="dvs-51", version="5.5.0", hosts=hosts)
    judgement = switches(switch(), old, step="vsphere-bridge")
    assert (judgement.examined, judgement.blocks) == (2, True)
    assert [subject for subject, _, _ in told(judgement)] == ["dvs-main (dvs-51)"]


def migrated(*configs, **changes):
    """The check before the migration, the vCenter at 6.7 with a host in each of two clusters."""
    first, second = hosts_at("6.7 U2", "6.7 U2")
    apart = (first, replace(second, cluster="domain-c9"))
    estate = {**BEFORE_THE_MIGRATION, "hosts": {"vc-main": apart}, **changes}
    return switches(*configs, step="nsx-migration", **estate)


def test_the_migration_asks_it_of_the_switches_of_nsxv():
    """One member in a cluster that NSX-V has prepared is enough."""
    assert migrated(switch(version="6.0.0")).weight is Severity.BLOCKER


@pytest.mark.parametrize("hosts", [(), ("host-22",)])
def test_the_migration_lets_other_switches_be(hosts):
    """Only hosts that NSX-V did not prepare, or none: a note of what it would say."""
    judgement = migrated(switch(), switch(moref="dvs-51", version="6.0.0", hosts=hosts))
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 2)
    ((subject, text),) = [(note.subject, note.text) for note in judgement.notes]
    assert subject == "dvs-main (dvs-51)"
    assert "switch of version 6.0.0" in text


@pytest.mark.parametrize(
    ("hosts", "preparation", "reason"),
    [
        (None, (prepared(),), "does not say which hosts"),
        (("host-22", "host-99"), (prepared(),), "the cluster of host-99 is not known"),
        (("host-22",), Unread("nsxv-main: refused"), "refused"),
        (("host-22",), (), "tells of no cluster at all"),
    ],
)
def test_an_old_switch_that_nsxv_may_use_is_undetermined(hosts, preparation, reason):
    """Unknown members, hosts or preparation make it neither a blocker nor a note."""
    facts = {"all_nsxv_preparation": {"nsxv-main": preparation}}
    judgement = migrated(switch(version="6.0.0", hosts=hosts), **facts)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert not judgement.findings
    assert reason in missed(judgement)[0][1]
    assert migrated(switch(hosts=hosts), **facts).outcome is Outcome.PASS


def test_hosts_that_could_not_be_read_leave_the_members_open():
    """Without the hosts nobody knows which clusters use the switch."""
    unread = Unread("vc-main: refused")
    judgement = migrated(switch(version="6.0.0"), all_vcenter_hosts={"vc-main": unread})
    assert missed(judgement) == [(MAIN, "whether NSX-V uses it is open: vc-main: refused")]


WITHOUT_NSXV = {
    "named": (VC_MAIN, DSM),
    "extensions": {"vc-main": ()},
    "upgrade": without("nsx"),
    "order": steps(BRIDGE),
}


def test_no_switch_beside_nsxv_is_undetermined():
    """An account that sees none may be too weak to; an NSX-V for guest introspection needs none."""
    judgement = switches(step="vsphere-bridge")
    assert judgement.outcome is Outcome.UNDETERMINED
    reason = "none is seen, though NSX-V is attached: may the account see them?"
    assert missed(judgement) == [("distributed switches of vc-main", reason)]
    assert answered("VC-DVS-001", judgement, "vc-main").outcome is Outcome.ATTESTED


def test_no_switch_does_not_apply():
    """An estate of standard switches without NSX-V has nothing to judge."""
    assert switches(step="vsphere-bridge", **WITHOUT_NSXV).outcome is Outcome.NOT_APPLICABLE


def test_where_nothing_moves_it_does_not_apply():
    """Without a target no change asks anything of a switch."""
    judgement = switches(
        switch(version="5.0.0"),
        order="",
        upgrade={},
        named=(VC_MAIN, NSXT, DSM),
        extensions={"vc-main": ()},
    )
    assert judgement.outcome is Outcome.NOT_APPLICABLE


def test_a_vcenter_that_could_not_be_placed_leaves_switches_undetermined():
    """Nobody can say what is ahead of them."""
    judgement = switches(switch(), abouts={"vc-main": about(build=STRANGE_BUILD)})
    assert judgement.outcome is Outcome.UNDETERMINED
