"""VC-PSC-001, VC-BKP-001 and VC-DISK-001: the machine of a vCenter."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.vcenter.appliance import Appliance, Backup, Partition, Storage
from lab.world.appliance import EMBEDDED, EXTERNAL
from tests.checks.estates import TARGETS, steps, world
from tests.facts_by_hand import NOW, VC_MAIN, about, environment, moment
from tests.judging import answered, judged, missed, told

WHERE = "vc-main.example.jp:443"
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DENIED = Unread("vc-main (vc-main.example.jp:443): tried to GET; got: HTTP 403")


# VC-PSC-001


def deployed(appliance, *, os_type="linux-x64", **changes):
    """The check on a vCenter that is to go to 7.0 U2."""
    facts = {"abouts": {"vc-main": about(os_type=os_type)}}
    estate = world(**{**facts, **changes})
    fact = appliance if isinstance(appliance, Unread) else Appliance(appliance, "6.5.0.0", "1")
    return judged(
        "VC-PSC-001",
        vcenter=estate.environment.vcenter[0],
        vcenter_about=estate.read.abouts["vc-main"],
        all_vcenter_appliance={"vc-main": fact},
        planned=estate.planned,
    )


def test_an_embedded_controller_passes():
    """An appliance with everything in it passes and quotes the guide."""
    judgement = deployed(EMBEDDED)
    assert judgement.outcome is Outcome.PASS
    assert [one.row for one in judgement.rests_on] == [f"{EMBEDDED}, from 7.0"]


def test_an_external_controller_is_a_warning():
    """The upgrade converges it by itself: it does not block, and the board signs it off."""
    judgement = deployed(EXTERNAL)
    assert judgement.outcome is Outcome.FAIL
    assert judgement.weight is Severity.WARNING
    assert [(s, f.split(":")[0]) for s, f, _ in told(judgement)] == [(WHERE, EXTERNAL)]
    assert judgement.findings[0].source.confidence == "documented"


def test_windows_blocks_although_it_has_no_appliance_to_ask():
    """What vim25 says of the operating system is enough; the rest may be unread."""
    judgement = deployed(DENIED, os_type="win32-x64")
    assert judgement.outcome is Outcome.FAIL
    assert judgement.weight is Severity.BLOCKER
    assert told(judgement)[0][1].startswith("Windows: there is no vCenter 7.0 for Windows")


def test_an_appliance_that_could_not_be_asked_is_undetermined():
    """Nobody can say where its controller is."""
    judgement = deployed(DENIED)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "HTTP 403" in judgement.reason


def test_a_word_that_nobody_knows_is_undetermined():
    """A deployment of no row is neither good nor bad."""
    judgement = deployed("VMware Platform Services Controller")
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "VMware Platform Services Controller" in judgement.reason


def test_a_vcenter_that_does_not_go_to_7_is_not_applicable():
    """6.7 takes every deployment; a vCenter that the order does not move is let be."""
    to_67 = deployed(EXTERNAL, upgrade={**TARGETS, "vcenter": "6.7 U3"})
    assert (to_67.outcome, to_67.reason) == (
        Outcome.NOT_APPLICABLE,
        "6.7 U3 takes every deployment",
    )
    assert deployed(EXTERNAL, order=steps("manager")).outcome is Outcome.NOT_APPLICABLE


def test_a_vcenter_in_no_state_is_undetermined():
    """One of a build before every row may be anywhere, and so may its way."""
    with_build = {"abouts": {"vc-main": about(build="1")}}
    assert deployed(EMBEDDED, **with_build).outcome is Outcome.UNDETERMINED


# VC-BKP-001


def job(age=3 * HOUR, status="SUCCEEDED", **changes):
    """A job that ended some time before the run; its name is from when it ended."""
    ended = changes.get("ended", NOW - age)
    return Backup(f"{NOW - age:%Y%m%d-%H%M%S}-8307201", status, ended)


def backed_up(jobs, *texts):
    """The check on a vCenter with these jobs; the allowed age is 24 hours."""
    named = environment(VC_MAIN, *texts)
    return judged(
        "VC-BKP-001",
        vcenter=named.vcenter[0],
        vcenter_backups=jobs,
        environment=named,
        moment=moment(step="vsphere-bridge"),
    )


@pytest.mark.parametrize(
    ("age", "outcome"),
    [
        (24 * HOUR - SECOND, Outcome.PASS),
        (24 * HOUR, Outcome.PASS),
        (24 * HOUR + SECOND, Outcome.FAIL),
    ],
)
def test_the_age_of_the_backup(age, outcome):
    """A backup of exactly the allowed age is young enough, one a second older is not."""
    assert backed_up((job(age),)).outcome is outcome


def test_the_operator_says_how_old_a_backup_may_be():
    """The tolerance of the environment decides, not a literal."""
    longer = "[tolerances]\nbackup_hours = 72\n"
    assert backed_up((job(70 * HOUR),)).outcome is Outcome.FAIL
    assert backed_up((job(70 * HOUR),), longer).outcome is Outcome.PASS


def test_an_older_success_counts_beside_a_running_job():
    """The order of the answer is not that of the jobs, and a running job takes nothing away."""
    running = job(HOUR, "RUNNING", ended=None)
    judgement = backed_up((running, job(5 * HOUR), job(90 * HOUR)))
    assert judgement.outcome is Outcome.PASS
    assert judgement.notes == ()


def test_a_failure_after_the_success_is_told():
    """The claim holds, and the board hears that the newest job failed."""
    failed = job(HOUR, "FAILED")
    judgement = backed_up((job(5 * HOUR), failed))
    assert judgement.outcome is Outcome.PASS
    assert [(n.subject, n.text) for n in judgement.notes] == [(failed.id, "this backup is FAILED")]


def test_without_a_recent_success_the_failed_last_job_is_named():
    """The finding names the last success and the job that failed since."""
    failed = job(HOUR, "FAILED")
    judgement = backed_up((job(48 * HOUR), failed))
    assert judgement.weight is Severity.BLOCKER
    assert told(judgement) == [
        (
            WHERE,
            f"last success 2026-11-21 09:00 UTC, last job {failed.id} FAILED",
            "one within 24 hours",
        )
    ]


def test_a_vcenter_without_any_job_may_be_backed_up_in_another_way():
    """Nobody knows, until a person says how."""
    judgement = backed_up(())
    reason = "it knows no job of a file-based backup: is it backed up in another way?"
    assert [why for _, why in missed(judgement)] == [reason]
    assert answered("VC-BKP-001", judgement, "vc-main").outcome is Outcome.ATTESTED


@pytest.mark.parametrize("status", ["PENDING", "RUNNING", "BLOCKED", "INPROGRESS", "NONE"])
def test_a_job_without_a_result_is_no_backup(status):
    """What has not ended well is no way back."""
    assert backed_up((job(HOUR, status, ended=None),)).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (job(HOUR, "PARTIAL"), "PARTIAL, which nobody knows"),
        (job(HOUR, ended=None), "has no end"),
        (job(-HOUR), "do the clocks agree?"),
    ],
)
def test_a_job_that_cannot_be_understood_is_undetermined(one, reason):
    """A new word, a success without an end, an end in the future: no ground for a verdict."""
    judgement = backed_up((one,))
    assert judgement.outcome is Outcome.UNDETERMINED
    ((subject, why),) = missed(judgement)
    assert subject == WHERE
    assert reason in why
    assert answered("VC-BKP-001", judgement, "vc-main").outcome is Outcome.ATTESTED


def test_what_was_strange_long_ago_changes_nothing():
    """A job that ended before the allowed age would be no backup whatever its word means."""
    assert backed_up((job(48 * HOUR, "PARTIAL"),)).outcome is Outcome.FAIL


def test_a_clock_within_the_tolerance_is_believed():
    """A job may end between the start of the run and the look at it."""
    assert backed_up((job(timedelta(seconds=-60)),)).outcome is Outcome.PASS
    assert backed_up((job(timedelta(seconds=-61)),)).outcome is Outcome.UNDETERMINED


# VC-DISK-001

GIB = 2**20


def stored(*partitions):
    """The check on an appliance with these file systems, whatever it says of its health."""
    found = partitions[0] if partitions and isinstance(partitions[0], Unread) else partitions
    return judged(
        "VC-DISK-001",
        vcenter=environment(VC_MAIN).vcenter[0],
        vcenter_storage=Storage("red", Unread("nothing"), found),
    )


def test_healthy_storage_with_room_passes():
    """Every file system is examined, and the board sees how much each has left."""
    judgement = stored(Partition("root", 4 * GIB, 11 * GIB), Partition("db", GIB, 10 * GIB))
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 2
    assert [n.text for n in judgement.notes] == ["free: root 7.0 of 11.0 GiB, db 9.0 of 10.0 GiB"]
    assert {one.row for one in judgement.rests_on} == {
        "any other, from 80 %",
        "any other, from 95 %",
    }


@pytest.mark.parametrize(
    ("used", "outcome", "weight", "limit"),
    [
        (799, Outcome.PASS, None, None),
        (800, Outcome.FAIL, Severity.WARNING, 80),
        (949, Outcome.FAIL, Severity.WARNING, 80),
        (950, Outcome.FAIL, Severity.BLOCKER, 95),
        (1000, Outcome.FAIL, Severity.BLOCKER, 95),
    ],
)
@pytest.mark.parametrize("name", ["root", "db", "log"])
def test_how_full_a_partition_may_be(name, used, outcome, weight, limit):
    """Below 80 % passes, from 80 % it is a warning, from 95 % it blocks; the rule is our own."""
    judgement = stored(Partition(name, used, 1000))
    assert (judgement.outcome, judgement.weight) == (outcome, weight)
    if judgement.findings:
        ((subject, _, expected),) = told(judgement)
        assert (subject, expected) == (f"partition {name}", f"less than {limit} % used")
        assert judgement.findings[0].source.confidence == "engineering"


@pytest.mark.parametrize("name", ["archive", "swap"])
def test_what_may_be_full_may_be_full(name):
    """The archive of database logs fills by design, and swap holds nothing to export."""
    assert stored(Partition(name, 100, 100)).outcome is Outcome.PASS


def test_partitions_that_could_not_be_read_are_undetermined():
    """Nobody knows how full they are."""
    judgement = stored(Unread("no sample of the last 6 hours"))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert missed(judgement) == [("partitions", "no sample of the last 6 hours")]


@pytest.mark.parametrize("silent", [Partition("invsvc", None, None), Partition("invsvc", 5, 0)])
def test_what_the_appliance_does_not_measure_is_undetermined(silent):
    """A name on its list without a value, or of no size, may be full: nobody knows."""
    judgement = stored(Partition("root", GIB, 10 * GIB), silent)
    assert judgement.outcome is Outcome.UNDETERMINED
    reason = "the appliance has no sample of it: look how full it is (df -h)"
    assert missed(judgement) == [("partition invsvc", reason)]
    assert answered("VC-DISK-001", judgement, "vc-main").outcome is Outcome.ATTESTED


def test_partitions_of_which_none_is_measured_are_undetermined():
    """A list of names is no answer."""
    judgement = stored(Partition("root", None, None), Partition("db", None, None))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert [subject for subject, _ in missed(judgement)] == ["partition root", "partition db"]


@pytest.mark.parametrize("name", ["archive", "swap"])
def test_what_may_be_full_needs_no_sample(name):
    """No figure is held against these, so none is missed."""
    assert stored(Partition(name, None, None)).outcome is Outcome.PASS


def test_no_word_for_a_partition_without_a_sample_hides_a_full_one():
    """What was measured is judged as ever."""
    judgement = stored(Partition("root", 9, 10), Partition("invsvc", None, None))
    attested = answered("VC-DISK-001", judgement, "vc-main")
    assert attested.outcome is Outcome.FAIL
    assert [subject for subject, _, _ in told(attested)] == ["partition root"]
    assert attested.unknown == ()
