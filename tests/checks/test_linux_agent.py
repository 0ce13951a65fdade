"""LNX-KERNEL-001, LNX-SECBOOT-001, LNX-DISK-001: Linux before its agents' upgrade."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kanmon.check import Outcome, Severity
from kanmon.environment.change import Attestation, Tolerances
from kanmon.errors import TargetLost
from kanmon.facts import Unread
from kanmon.facts.linux.agent import SecureBoot
from kanmon.facts.linux.host import Filesystem
from kanmon.gate.attesting import Moment, attest, questions
from kanmon.judging.linux_machines import NOT_ASKED
from kanmon.knowledge import load
from kanmon.knowledge.requirements import SecureBootKey
from tests.facts_by_hand import (
    DSM,
    GIB,
    NOW,
    ONE_LINUX,
    agent,
    agent_host,
    environment,
    linux_host,
    moment,
    unit,
)
from tests.judging import SEEN, answered, by_id, card, judged, missed, told

P, F, U, NA = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED, Outcome.NOT_APPLICABLE
A = Outcome.ATTESTED
IDS = ("LNX-KERNEL-001", "LNX-SECBOOT-001", "LNX-DISK-001")
PLATFORM = "Red Hat Enterprise 7 (64 bit) (3.10.0-1160.el7.x86_64)"
ELREPO = "5.4.226-1.el7.elrepo.x86_64"
NEWER = "3.10.0-1160.119.1.el7.x86_64"
KEY = load(SecureBootKey).get("DS2022.der").sha256
MACHINE = "dsm1 (dsm-1-host)"
GONE = Unread("connection refused")
LOST = Unread(TargetLost("connect", "connection refused").message)
ITSELF = agent(platform=PLATFORM, host_name="dsm1", display_name="first", id=1)
ASKS = {"moment": ("LNX-SECBOOT-001",)}
"""Which checks ask for a fact, where not all do."""
OTHER = agent(platform=PLATFORM, host_name="web", display_name="web", id=2)


def judge(check_id, *, host=None, machine=None, computers=(ITSELF,), to="20.0.0-877", **when):
    """A check on one Linux machine that answered, and what the manager lists."""
    given = {
        "all_dsm_computers": {"dsm": computers},
        "all_linux_host": {"dsm-1-host": host or linux_host()},
        "all_linux_agent": {"dsm-1-host": machine or agent_host()},
        "environment": environment(DSM, ONE_LINUX, **({"deep_security": to} if to else {})),
        "moment": moment(step="agent", **when),
    }
    asked = {name: fact for name, fact in given.items() if check_id in ASKS.get(name, IDS)}
    return judged(check_id, **asked)


def compared(kernel, role="runs"):
    """What a person is asked of a kernel."""
    system = "Red Hat Enterprise Linux Server 7.9 (Maipo)"
    asked = f"is {kernel} ({role}) of {system} in the list of agent 20.0.0-877?"
    return f"{asked} The list is on no interface"


RUNS = (MACHINE, compared("3.10.0-1160.el7.x86_64"))
BOOTS = (MACHINE, compared(NEWER, "the next restart boots it"))


@pytest.mark.parametrize("check", ["LNX-SECBOOT-001", "LNX-DISK-001"])
def test_a_machine_that_is_ready_passes(check):
    """What was looked at."""
    judgement = judge(check)
    assert (judgement.outcome, judgement.examined) == (P, 1)


def test_a_kernel_is_compared_by_a_person():
    """No interface has the vendor's list: without a person's word a kernel is undetermined."""
    judgement = judge("LNX-KERNEL-001")
    assert (judgement.outcome, judgement.examined) == (U, 1)
    assert missed(judgement) == [RUNS]
    assert answered("LNX-KERNEL-001", judgement).outcome is A


def word_of(judgement):
    """What a person answers to all of a judgement: to these builds and kernels, to no others."""
    (question,) = questions(judgement, card(by_id()["LNX-KERNEL-001"]))
    assert set(question.bound) == {"kernel", "platform", "target"}
    return Attestation(
        check="LNX-KERNEL-001",
        subjects=list(question.subjects),
        answers=question.answers,
        bound=question.bound,
        says="it is in the vendor's list",
        by="Taro Yamada",
        at=SEEN,
    )


@pytest.mark.parametrize(
    ("now", "outcome"),
    [
        ({}, A),
        ({"to": "20.0.1-3180"}, U),  # its kernels are those of the packages 20.0.1
        ({"to": "20.0.0-878"}, U),
        ({"host": linux_host(kernel=NEWER)}, U),
        ({"host": linux_host(kernel="3.10.0-1160.el7.aarch64")}, U),
        ({"host": linux_host(hostname="dsm9")}, U),
        ({"host": linux_host(os_name="CentOS Linux 7 (Core)")}, U),  # another list, the same kernel
    ],
)
def test_a_word_on_a_kernel_is_of_its_build_kernel_and_machine(now, outcome):
    """What was compared for agent 877 says nothing of 20.0.1-3180, another kernel or platform."""
    of = card(by_id()["LNX-KERNEL-001"])
    given = [word_of(judge("LNX-KERNEL-001"))]
    after = attest(judge("LNX-KERNEL-001", **now), of, None, given, Moment(SEEN, Tolerances()))
    assert after.outcome is outcome


@pytest.mark.parametrize("check", IDS)
def test_nothing_applies_without_linux_machines(check):
    """Windows has its own checks, and a host without agent and without computer has none to go."""
    bare = linux_host(services=(unit("dsm_s"), unit("ds_agent", loaded=False)))
    windows = agent(platform="Microsoft Windows Server 2016 (64 bit)")
    agentless = agent(
        platform=PLATFORM, agent_version="", agent_status="inactive", appliance_status="active"
    )
    judgement = judge(check, host=bare, computers=(windows, agentless))
    assert judgement.outcome is NA
    assert judge(check, host=bare).examined == 1  # the manager knows it


@pytest.mark.parametrize("check", IDS)
def test_a_machine_that_nobody_asked_is_unknown(check):
    """A Linux computer without a target, or of no platform, is not left out; a person may look."""
    nameless = agent(platform="", host_name="odd", display_name="odd", id=3)
    judgement = judge(check, computers=(ITSELF, OTHER, nameless))
    assert (judgement.outcome, judgement.examined) == (U, 3)
    assert ("odd (dsm 3)", NOT_ASKED) in missed(judgement)
    assert "web (dsm 2)" in [subject for subject, _ in missed(judgement)]
    assert answered(check, judgement).outcome is A


@pytest.mark.parametrize("check", IDS)
@pytest.mark.parametrize("silent", ["host", "machine"])
def test_a_target_that_did_not_answer_is_unknown(check, silent):
    """Its name stands in the report, whatever a person says."""
    judgement = judge(check, **{silent: LOST})
    assert judgement.outcome is U
    assert ("dsm-1-host", LOST.reason) in missed(judgement)
    assert answered(check, judgement).outcome is U


@pytest.mark.parametrize("check", IDS)
def test_a_manager_that_did_not_answer_leaves_it_open(check):
    """Nobody knows then which machines there are, whatever a person says."""
    judgement = judge(check, computers=LOST)
    assert judgement.outcome is U
    assert answered(check, judgement).outcome is U


def test_two_computers_of_one_name_are_not_the_machine():
    """A name that two computers bear tells neither; names and address may not lead to two."""
    twin = agent(platform=PLATFORM, host_name="DSM1", display_name="second", id=9)
    assert judge("LNX-DISK-001", computers=(ITSELF, twin)).examined == 3
    by_address = agent(platform=PLATFORM, host_name="dsm1.example.jp", display_name="x", id=9)
    assert judge("LNX-DISK-001", computers=(by_address,)).examined == 1
    assert judge("LNX-DISK-001", computers=(ITSELF, by_address)).examined == 3


@pytest.mark.parametrize("check", ["LNX-KERNEL-001", "LNX-SECBOOT-001"])
def test_without_a_target_version_nobody_can_say(check):
    """The environment has to say which agent is meant."""
    judgement = judge(check, to=None)
    assert judgement.outcome is U
    assert not judgement.unknown


def test_free_disk_at_the_boundary():
    """Exactly the figure is enough; a byte less is a warning, since the figure is a neighbour's."""
    enough = agent_host(disk=Filesystem("/opt", 9 * GIB, GIB))
    assert judge("LNX-DISK-001", machine=enough).outcome is P
    judgement = judge("LNX-DISK-001", machine=agent_host(disk=Filesystem("/opt", 9 * GIB, GIB - 1)))
    assert told(judgement) == [(MACHINE, "1.0 GiB free on /opt", "1 GiB")]
    assert [finding.severity for finding in judgement.findings] == [Severity.WARNING]
    assert answered("LNX-DISK-001", judgement) == judgement


@pytest.mark.parametrize(("free", "blocks"), [(GIB // 4, False), (GIB // 4 - 1, True)])
def test_a_full_folder_blocks(free, blocks):
    """Below the floor no figure of a neighbour is needed."""
    machine = agent_host(disk=Filesystem("/opt", 9 * GIB, free))
    assert judge("LNX-DISK-001", machine=machine).blocks is blocks


def test_a_disk_that_is_not_told_is_not_an_empty_one():
    """Unknown, until a person looked."""
    closed = agent_host(disk=Unread("df: /opt: Permission denied"))
    judgement = judge("LNX-DISK-001", machine=closed)
    assert judgement.outcome is U
    assert missed(judgement) == [(MACHINE, "df: /opt: Permission denied")]
    assert answered("LNX-DISK-001", judgement).outcome is A


def boot(owner=(), firmware=(), *, on=True):
    return agent_host(secure_boot=SecureBoot(on, owner, firmware))


@pytest.mark.parametrize(
    ("machine", "outcome"),
    [
        (boot(on=False), P),
        (boot((KEY,)), P),
        (boot(("00" * 32, KEY)), P),
        (boot(), F),
        (boot(("00" * 32,)), F),
        (boot((), (KEY,)), U),  # in db: not every kernel takes it
        (boot((), GONE), U),
        (boot(GONE), U),
        (boot(GONE, (KEY,)), U),
        (agent_host(secure_boot=GONE), U),
    ],
)
def test_the_key_of_the_modules(machine, outcome):
    """Enrolled by its owner, not at all, elsewhere, or not to be seen."""
    judgement = judge("LNX-SECBOOT-001", machine=machine)
    assert (judgement.outcome, judgement.severity) == (outcome, Severity.BLOCKER)
    attested = answered("LNX-SECBOOT-001", judgement)
    assert attested.outcome is (A if outcome is U else outcome)  # no word hides what was seen


def test_the_missing_key_is_named():
    """Who is to enrol it needs its name and its hash."""
    (found,) = told(judge("LNX-SECBOOT-001", machine=boot()))
    assert found[0] == MACHINE
    assert found[2] == f"DS2022.der (SHA-256 {KEY})"


@pytest.mark.parametrize(
    ("os_id", "version", "to", "day", "outcome"),
    [
        ("ubuntu", "20.04", "20.0.0-877", NOW, F),
        ("ol", "7.9", "20.0.0-877", NOW, F),  # one key has expired, another took its place
        ("ol", "10.0", "20.0.0-877", NOW, F),
        ("ol", "6.10", "20.0.0-877", NOW, U),
        ("miraclelinux", "9.4", "20.0.0-877", NOW, F),
        ("gentoo", "2", "20.0.0-877", NOW, U),
        ("rhel", "7.9", "12.0.0-1000", NOW, U),
        ("rhel", "7.9", "11.0.0-1617", NOW, F),
    ],
)
def test_which_key_is_asked_for(os_id, version, to, day, outcome):
    """By system, line of the agent, and the last day of the window; no row is no pass."""
    host = linux_host(os_id=os_id, os_version=version)
    judgement = judge("LNX-SECBOOT-001", host=host, machine=boot(), to=to, last_until=day)
    assert judgement.outcome is outcome


@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        (datetime(2026, 10, 23, tzinfo=UTC), P),
        (datetime(2026, 10, 24, tzinfo=UTC), F),
    ],
)
def test_a_key_that_ended_is_named_with_the_one_that_replaces_it(day, outcome):
    """The old key serves until its last day; afterwards who enrolled it reads why it is refused."""
    host = linux_host(os_id="ol", os_version="8.9")
    held = boot((load(SecureBootKey).get("DS20_V2.der").sha256,))
    judgement = judge("LNX-SECBOOT-001", host=host, machine=held, last_until=day)
    assert judgement.outcome is outcome
    if outcome is F:
        ((_, found, expected),) = told(judgement)
        assert "DS20_V2.der ended on 2026-10-24: DS2022.der replaces it" in found
        assert expected == f"DS2022.der (SHA-256 {KEY})"


def test_kernels_that_nobody_compared_are_unknown():
    """What runs and what a restart boots are named with their parts in it, each for itself."""
    judgement = judge("LNX-KERNEL-001", machine=agent_host(default_kernel=NEWER))
    assert judgement.outcome is U
    assert missed(judgement) == [BOOTS, RUNS]
    assert answered("LNX-KERNEL-001", judgement).outcome is A


def test_where_the_default_is_not_told_every_installed_kernel_counts():
    """An account that may not ask grubby sees /boot; one that sees neither leaves it open."""
    judgement = judge("LNX-KERNEL-001", machine=agent_host(default_kernel=GONE))
    may = compared("3.10.0-957.el7.x86_64", "the next restart may boot it")
    assert judgement.outcome is U
    assert sorted(missed(judgement)) == sorted([RUNS, (MACHINE, may)])
    judgement = judge("LNX-KERNEL-001", machine=agent_host(default_kernel=GONE, kernels=GONE))
    assert judgement.outcome is U
    assert missed(judgement) == [
        (MACHINE, "which kernel the next restart boots is not told: connection refused")
    ]


@pytest.mark.parametrize(
    ("given", "subjects"),
    [
        ({"host": linux_host(kernel=ELREPO)}, [MACHINE]),
        ({"machine": agent_host(default_kernel=ELREPO)}, [MACHINE]),
        ({"host": linux_host(os_name="CentOS Stream 8")}, [MACHINE]),
        ({"computers": (ITSELF, agent(id=2, platform=f"CentOS 7 (64 bit) ({ELREPO})"))},
         ["app-01.example.jp (dsm 2)"]),
    ],
)  # fmt: skip
def test_kernels_for_which_there_are_no_drivers(given, subjects):
    """Found, and no person's word hides it."""
    judgement = judge("LNX-KERNEL-001", **given)
    assert (judgement.outcome, judgement.severity) == (F, Severity.BLOCKER)
    assert [subject for subject, _, _ in told(judgement)] == subjects
    attested = answered("LNX-KERNEL-001", judgement)
    assert (attested.outcome, attested.findings) == (F, judgement.findings)
