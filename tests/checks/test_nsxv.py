"""NSXV-STATE-001 and NSXV-BKP-001: an NSX-V that is whole, at rest, and backed up."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from tests import nsxv_by_hand as by_hand
from tests.facts_by_hand import DSM, NSXV, VC_MAIN, environment, moment
from tests.judging import judged, missed, told

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED
HOST = "esx-01.example.jp (host-21)"


def health(**changes):
    """NSXV-STATE-001 on a healthy manager, changed by keyword."""
    described = environment(VC_MAIN, NSXV, DSM)
    facts = {
        "nsxv": described.nsxv[0],
        "nsxv_manager": by_hand.manager(),
        "nsxv_state": by_hand.state(),
        "nsxv_preparation": (by_hand.prepared(),),
        "nsxv_connections": (by_hand.connection(),),
        "nsxv_firewall": by_hand.firewall(),
        "nsxv_jobs": (by_hand.job(),),
    }
    return judged("NSXV-STATE-001", **{**facts, **changes})


def test_a_healthy_manager_passes():
    """Component, three controllers, agent manager, host, connections, two of rules, and a job."""
    judgement = health()
    assert (judgement.outcome, judgement.examined) == (P, 10)


def test_guest_introspection_alone_needs_no_preparation():
    """Without controllers, prepared hosts and firewall there is less, and nothing is wrong."""
    bare = by_hand.feature(installed=False, version=None, status="UNKNOWN")
    judgement = health(
        nsxv_manager=by_hand.manager(controllers=()),
        nsxv_preparation=(by_hand.prepared(bare),),
        nsxv_connections=(),
        nsxv_firewall=by_hand.firewall(hosts=()),
        nsxv_jobs=(),
    )
    assert judgement.outcome is P


def controller(status):
    """A manager of which one of three controllers is in this state."""
    first, *others = by_hand.manager().controllers
    return by_hand.manager(controllers=((first[0], status), *others))


CLUSTER = by_hand.prepared(resource="domain-c7", name="Protected")
BARE = by_hand.feature(installed=False, version=None, status="UNKNOWN")


def test_a_host_is_prepared_where_its_cluster_is():
    """A VM that lands on the one that was left out has no rules; other clusters say nothing."""
    left_out = by_hand.prepared(BARE)
    found = "not prepared, and its cluster is"
    judgement = health(nsxv_preparation=(CLUSTER, left_out), nsxv_connections=())
    assert told(judgement) == [(f"preparation of {HOST}", found, "prepared like its cluster")]
    assert judgement.blocks
    other = by_hand.prepared(resource="domain-c9", name="Other", cluster="domain-c9")
    assert health(nsxv_preparation=(other, left_out)).outcome is P


def test_a_preparation_that_failed_is_told():
    """Nothing is installed, and NSX-V says so in red."""
    failed = by_hand.feature(installed=False, version=None, status="RED", message="no VIB")
    judgement = health(nsxv_preparation=(by_hand.prepared(failed),))
    assert told(judgement)[0][:2] == (HOST, f"{by_hand.HOST_PREP}: RED (no VIB)")


RULES = by_hand.firewall().hosts[0]


@pytest.mark.parametrize(
    ("changes", "subject", "found"),
    [
        (
            {"nsxv_state": by_hand.state(components=(by_hand.component(status="STOPPED"),))},
            "component NSX Manager (NSX)",
            "STOPPED",
        ),
        (
            {"nsxv_manager": controller("Deploying")},
            "controller controller-1",
            "Deploying",
        ),
        (
            {"nsxv_manager": controller("UNKNOWN")},
            "controller controller-1",
            "UNKNOWN",
        ),
        (
            {"nsxv_preparation": (by_hand.prepared(by_hand.feature(status="RED")),)},
            HOST,
            f"{by_hand.HOST_PREP}: RED",
        ),
        (
            {"nsxv_connections": (by_hand.connection(control_plane="DOWN"),)},
            f"connections of {HOST}",
            "control plane agent: DOWN",
        ),
        (
            {"nsxv_manager": by_hand.manager(vcenter_connected=False)},
            "vCenter vc-main.example.jp of nsxv-main",
            "not connected",
        ),
        (
            {"nsxv_state": by_hand.state(sso_connected=False)},
            "single sign-on of nsxv-main",
            "not connected",
        ),
        (
            {"nsxv_state": by_hand.state(controllers_upgradable=True)},
            "controllers",
            "older than the manager",
        ),
        (
            {"nsxv_preparation": (by_hand.prepared(by_hand.feature(update_available=True)),)},
            f"update of {HOST}",
            f"older than the manager: {by_hand.HOST_PREP}",
        ),
    ],
)
def test_what_is_not_whole_blocks(changes, subject, found):
    """Each part is judged, and named so that an operator finds it."""
    judgement = health(**changes)
    assert [one[:2] for one in told(judgement)] == [(subject, found)]
    assert judgement.blocks


@pytest.mark.parametrize(
    "changes",
    [
        {"nsxv_firewall": by_hand.firewall(status="failed")},
        {"nsxv_state": by_hand.state(agent_manager="DOWN")},
    ],
)
def test_what_is_down_blocks_without_a_text(changes):
    """That a part which is down, or failed, does not work needs no document."""
    judgement = health(**changes)
    assert judgement.blocks
    assert {one.source.confidence for one in judgement.findings} == {"engineering"}


@pytest.mark.parametrize(
    "changes",
    [
        {"nsxv_preparation": (by_hand.prepared(by_hand.feature(status="YELLOW")),)},
        {"nsxv_firewall": by_hand.firewall(status="inprogress")},
        {"nsxv_jobs": (by_hand.job(status="RUNNING"),)},
        {"nsxv_jobs": (by_hand.job(status="EXECUTING"),)},
        {"nsxv_connections": (by_hand.connection(firewall="NOT_AVAILABLE"),)},
        {"nsxv_connections": (by_hand.connection(controller="NOT_AVAILABLE"),)},
    ],
)
def test_what_is_doubtful_warns(changes):
    """A yellow light, a host without a heartbeat, and what is under way ask for a sign-off."""
    judgement = health(**changes)
    assert (judgement.outcome, judgement.weight) == (F, Severity.WARNING)


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        (
            {"nsxv_state": by_hand.state(components=(by_hand.component(status="ODD"),))},
            "component NSX Manager (NSX)",
        ),
        ({"nsxv_preparation": (by_hand.prepared(by_hand.feature(status="UNKNOWN")),)}, HOST),
        ({"nsxv_connections": (by_hand.connection(firewall="ODD"),)}, None),
        ({"nsxv_state": by_hand.state(agent_manager="ODD")}, "ESX Agent Manager"),
        ({"nsxv_jobs": (by_hand.job(status="ODD"),)}, "job Deploy service (jobdata-1)"),
        ({"nsxv_firewall": by_hand.firewall(status="odd")}, "distributed firewall"),
    ],
)
def test_a_word_that_nobody_knows_is_not_judged(changes, subject):
    """A new word, and UNKNOWN, are neither good nor bad."""
    judgement = health(**changes)
    assert judgement.outcome is U
    assert [one for one, _ in missed(judgement)] == [subject or f"connections of {HOST}"]


def test_the_monitor_of_the_logical_router_is_unknown_in_good_health():
    """Its word is good for it alone, and its other words count like everybody's."""
    monitor = by_hand.feature(feature_id=by_hand.VDR_MON, status="UNKNOWN")
    assert health(nsxv_preparation=(by_hand.prepared(monitor),)).outcome is P
    red = by_hand.feature(feature_id=by_hand.VDR_MON, status="RED")
    assert health(nsxv_preparation=(by_hand.prepared(red),)).blocks


def test_without_controllers_no_connection_leads_to_them():
    """NOT_AVAILABLE is what a host says of controllers that do not exist."""
    judgement = health(
        nsxv_manager=by_hand.manager(controllers=()),
        nsxv_connections=(by_hand.connection(controller="NOT_AVAILABLE"),),
    )
    assert judgement.outcome is P


@pytest.mark.parametrize("count", [1, 2, 4])
def test_another_number_of_controllers_asks_for_a_sign_off(count):
    """Three is what the vendor supports; what runs all the same keeps nothing from starting."""
    controllers = tuple((f"controller-{n}", "RUNNING") for n in range(count))
    judgement = health(nsxv_manager=by_hand.manager(controllers=controllers))
    assert told(judgement) == [("number of controllers", str(count), "3")]
    assert judgement.weight is Severity.WARNING


def test_none_is_no_number_to_sign():
    """Guest introspection alone needs no controller."""
    judgement = health(nsxv_manager=by_hand.manager(controllers=()))
    assert judgement.outcome is Outcome.PASS


def test_what_is_switched_off_is_told():
    """A component that is not meant to run is no fault, but the board reads of it."""
    off = by_hand.component(id="SSH", name="SSH Service", status="STOPPED", enabled=False)
    judgement = health(nsxv_state=by_hand.state(components=(by_hand.component(), off)))
    assert judgement.outcome is P
    assert [note.text for note in judgement.notes] == ["switched off: SSH Service"]


def test_a_host_is_one_line():
    """Of several features the worst decides, and all of its kind are named."""
    bad = by_hand.feature(feature_id="a", status="RED", message="VIB missing")
    worse = by_hand.feature(feature_id="b", status="RED")
    odd = by_hand.feature(feature_id="c", status="ODD")
    judgement = health(nsxv_preparation=(by_hand.prepared(bad, worse, odd),))
    assert [one[:2] for one in told(judgement)] == [(HOST, "a: RED (VIB missing); b: RED")]
    assert judgement.unknown == ()


def backup(found, **tolerances):
    """NSXV-BKP-001 on these backups."""
    text = "\n[tolerances]\n" + "".join(f"{key} = {value}\n" for key, value in tolerances.items())
    described = environment(VC_MAIN, NSXV, DSM, text)
    return judged(
        "NSXV-BKP-001",
        nsxv=described.nsxv[0],
        nsxv_backups=found,
        environment=described,
        moment=moment(step="nsx-migration"),
    )


def test_a_recent_backup_passes():
    """The newest counts, however old the others are."""
    assert backup(by_hand.backups(300, 6, 30)).outcome is P


@pytest.mark.parametrize(("hours", "outcome"), [(24, P), (24.001, F)])
def test_the_allowed_age(hours, outcome):
    """Exactly the tolerance is allowed, anything older is not; the operator sets it."""
    judgement = backup(by_hand.backups(hours))
    assert judgement.outcome is outcome
    assert judgement.blocks is (outcome is F)
    assert backup(by_hand.backups(hours), backup_hours=48).outcome is P


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (by_hand.backups(server=""), "no place for backups is set"),
        (by_hand.backups(), "no file on backup.example.jp"),
    ],
)
def test_no_backup_blocks(found, words):
    """A place that was never set, and an empty one, are named."""
    judgement = backup(found)
    assert told(judgement) == [("backup of nsxv-main", words, "one of the last 24 h")]
    assert judgement.blocks


def test_an_empty_backup_blocks():
    """A file of no byte is no backup; one of which no size is told may be such a one."""
    (file,) = by_hand.backups(1).files
    empty = by_hand.backups(files=(type(file)(file.name, 0, file.created),))
    unsized = by_hand.backups(files=(type(file)(file.name, None, file.created),))
    assert "which is empty" in told(backup(empty))[0][1]
    assert backup(unsized).outcome is U


def test_a_backup_of_the_future_is_not_judged():
    """A clock is wrong: within the tolerance it is taken for now, beyond it nobody can say."""
    assert backup(by_hand.backups(-0.01)).outcome is P
    judgement = backup(by_hand.backups(-1))
    assert judgement.outcome is U
    assert "whose clock is wrong?" in missed(judgement)[0][1]


def test_backups_without_a_schedule_are_told():
    """Made by hand they count, and the board knows that no other will come."""
    judgement = backup(by_hand.backups(1, frequency=None))
    assert judgement.outcome is P
    assert "no schedule" in judgement.notes[0].text
