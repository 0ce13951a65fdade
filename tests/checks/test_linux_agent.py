"""LNX-KERNEL-001, LNX-SECBOOT-001, LNX-DISK-001: Linux before its agents' upgrade."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.linux.agent import SecureBoot
from kanmon.facts.linux.host import Filesystem
from kanmon.judging.linux_machines import NOT_ASKED, names_kernel
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
from tests.judging import judged, missed, told

P, F, U, NA = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED, Outcome.NOT_APPLICABLE
IDS = ("LNX-KERNEL-001", "LNX-SECBOOT-001", "LNX-DISK-001")
PLATFORM = "Red Hat Enterprise 7 (64 bit) (3.10.0-1160.el7.x86_64)"
ELREPO = "5.4.226-1.el7.elrepo.x86_64"
NEWER = "3.10.0-1160.119.1.el7.x86_64"
KEY = load(SecureBootKey).get("DS2022.der").sha256
MACHINE = "dsm1 (dsm-1-host)"
GONE = Unread("connection refused")
ITSELF = agent(platform=PLATFORM, host_name="dsm1", display_name="first", id=1)
OTHER = agent(platform=PLATFORM, host_name="web", display_name="web", id=2)


def word(check, says="seen: 3.10.0-1160.el7", days=1, target=None):
    """An attestation, so many days old."""
    on = (NOW - timedelta(days=days)).date()
    about = f'target = "{target}"\n' if target else ""
    head = f'[[attestation]]\ncheck = "{check}"\n{about}'
    return f'{head}says = "{says}"\nby = "Sato"\non = {on}\n'


def judge(check_id, *words, host=None, machine=None, computers=(ITSELF,), to="20.0.0-877", **when):
    """A check on one Linux machine that answered, and what the manager lists."""
    given = environment(DSM, ONE_LINUX, *words, **({"deep_security": to} if to else {}))
    return judged(
        check_id,
        all_dsm_computers={"dsm": computers},
        all_linux_host={"dsm-1-host": host or linux_host()},
        all_linux_agent={"dsm-1-host": machine or agent_host()},
        environment=given,
        moment=moment(step="agent", **when),
    )


WORDS = {id_: word(id_) for id_ in IDS}


@pytest.mark.parametrize("check", IDS)
def test_a_machine_that_is_ready_passes(check):
    """What was looked at, and the kernel by the word of a person."""
    judgement = judge(check, WORDS["LNX-KERNEL-001"])
    assert (judgement.outcome, judgement.examined) == (P, 1)


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
    assert judge(check, WORDS["LNX-KERNEL-001"], host=bare).examined == 1  # the manager knows it


@pytest.mark.parametrize("check", IDS)
def test_a_machine_that_nobody_asked_is_unknown(check):
    """A Linux computer without a target, or of no platform, is never left out."""
    nameless = agent(platform="", host_name="odd", display_name="odd", id=3)
    judgement = judge(check, word("LNX-KERNEL-001", "none"), computers=(ITSELF, OTHER, nameless))
    assert judgement.outcome is U
    assert judgement.examined == 3
    assert ("odd (dsm 3)", NOT_ASKED) in missed(judgement)
    assert "web (dsm 2)" in [subject for subject, _ in missed(judgement)]


@pytest.mark.parametrize("check", IDS)
def test_a_person_answers_for_those_that_nobody_asked(check):
    """One note for all that are alike; an old attestation is none, nor one of another target."""
    third = agent(platform=PLATFORM, host_name="web2", display_name="web2", id=3)
    given = {"computers": (ITSELF, OTHER, third)}
    judgement = judge(check, WORDS[check], **given)
    assert (judgement.outcome, judgement.examined) == (P, 3)
    assert len(judgement.notes) == 1
    assert "and" in judgement.notes[0].subject
    assert judge(check, word(check, days=400), **given).outcome is U
    assert judge(check, word(check, target="dsm"), **given).outcome is P
    if check != "LNX-KERNEL-001":  # a kernel's word holds wherever the kernel runs
        assert judge(check, word(check, target="dsm-1-host"), **given).outcome is U


@pytest.mark.parametrize("check", IDS)
@pytest.mark.parametrize("silent", ["host", "machine"])
def test_a_target_that_did_not_answer_is_unknown(check, silent):
    """Its name stands in the report, whatever a person says."""
    judgement = judge(check, WORDS[check], **{silent: GONE})
    assert judgement.outcome is U
    assert ("dsm-1-host", GONE.reason) in missed(judgement)


@pytest.mark.parametrize("check", IDS)
def test_a_manager_that_did_not_answer_leaves_it_open(check):
    """Nobody knows then which machines there are."""
    assert judge(check, WORDS[check], computers=GONE).outcome is U


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
    assert judge(check, WORDS[check], to=None).outcome is U


def test_free_disk_at_the_boundary():
    """Exactly the figure is enough; a byte less is a warning, since the figure is a neighbour's."""
    enough = agent_host(disk=Filesystem("/opt", 9 * GIB, GIB))
    assert judge("LNX-DISK-001", machine=enough).outcome is P
    judgement = judge("LNX-DISK-001", machine=agent_host(disk=Filesystem("/opt", 9 * GIB, GIB - 1)))
    assert told(judgement) == [(MACHINE, "1.0 GiB free on /opt", "1 GiB")]
    assert [finding.severity for finding in judgement.findings] == [Severity.WARNING]


def test_a_disk_that_is_not_told_is_not_an_empty_one():
    """Unknown, until a person looked."""
    closed = agent_host(disk=Unread("df: /opt: Permission denied"))
    judgement = judge("LNX-DISK-001", machine=closed)
    assert missed(judgement) == [(MACHINE, "df: /opt: Permission denied")]
    assert judge("LNX-DISK-001", word("LNX-DISK-001"), machine=closed).outcome is P


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
    attested = judge("LNX-SECBOOT-001", word("LNX-SECBOOT-001"), machine=machine)
    assert attested.outcome is (P if outcome is U else outcome)  # no word hides what was seen


def test_the_missing_key_is_named():
    """Who is to enrol it needs its name and its hash."""
    (found,) = told(judge("LNX-SECBOOT-001", machine=boot()))
    assert found[0] == MACHINE
    assert found[2] == f"DS2022.der (SHA-256 {KEY})"


@pytest.mark.parametrize(
    ("os_id", "version", "to", "day", "outcome"),
    [
        ("ubuntu", "20.04", "20.0.0-877", NOW, F),
        ("ol", "7.9", "20.0.0-877", NOW, U),  # its key has expired, and no row has another
        ("ol", "7.9", "20.0.0-877", datetime(2026, 10, 23, tzinfo=UTC), F),
        ("ol", "7.9", "20.0.0-877", datetime(2026, 10, 24, tzinfo=UTC), U),
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


def test_kernels_that_nobody_compared_are_unknown():
    """What runs and what a restart boots are named with their parts in it."""
    judgement = judge("LNX-KERNEL-001", machine=agent_host(default_kernel=NEWER))
    assert judgement.outcome is U
    assert [reason.partition(" as ")[0] for _, reason in missed(judgement)] == [
        f"no attestation names {NEWER} (the next restart boots it)",
        "no attestation names 3.10.0-1160.el7.x86_64 (runs)",
    ]
    running = judge(
        "LNX-KERNEL-001", WORDS["LNX-KERNEL-001"], machine=agent_host(default_kernel=NEWER)
    )
    assert [NEWER in reason for _, reason in missed(running)] == [True]
    both = word("LNX-KERNEL-001", f"3.10.0-1160.el7 and {NEWER}: both are listed")
    assert judge("LNX-KERNEL-001", both, machine=agent_host(default_kernel=NEWER)).outcome is P


def test_the_word_for_the_managers_packages_holds_here_too():
    """Who named the kernel for DSM-IMPORT-003 compared it with the same list; several may speak."""
    one = word("DSM-IMPORT-003")
    assert judge("LNX-KERNEL-001", one).outcome is P
    machine = agent_host(default_kernel=NEWER)
    assert judge("LNX-KERNEL-001", one, machine=machine).outcome is U
    other = word("LNX-KERNEL-001", NEWER, target="dsm-1-host")
    assert judge("LNX-KERNEL-001", one, other, machine=machine).outcome is P


def test_where_the_default_is_not_told_every_installed_kernel_counts():
    """An account that may not ask grubby sees /boot; one that sees neither leaves it open."""
    blind = agent_host(default_kernel=GONE)
    assert len(missed(judge("LNX-KERNEL-001", word("LNX-KERNEL-001"), machine=blind))) == 1
    both = word("LNX-KERNEL-001", "3.10.0-957.el7, 3.10.0-1160.el7")
    assert judge("LNX-KERNEL-001", both, machine=blind).outcome is P
    neither = agent_host(default_kernel=GONE, kernels=GONE)
    judgement = judge("LNX-KERNEL-001", both, machine=neither)
    assert judgement.outcome is U
    assert "which kernel the next restart boots is not told" in missed(judgement)[0][1]


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
    """Found, and no attestation hides it."""
    judgement = judge(
        "LNX-KERNEL-001", word("LNX-KERNEL-001", f"3.10.0-1160.el7 {ELREPO}"), **given
    )
    assert (judgement.outcome, judgement.severity) == (F, Severity.BLOCKER)
    assert [subject for subject, _, _ in told(judgement)] == subjects


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("3.10.0-1160.el7 is listed.", True),
        ("listed: 3.10.0-1160.el7.", True),
        ("(3.10.0-1160.el7.x86_64)", True),
        ("3.10.0-1160.el7.aarch64", True),
        ("3.10.0-1160.el7_9", False),
        ("3.10.0-1160.el7.elrepo", False),
        ("13.10.0-1160.el7", False),
        ("3.10.0-1160.el7-rt", False),
        ("3.10.0-1160", False),
        ("all kernels are listed", False),
    ],
)
def test_a_text_names_a_kernel_whole(text, named):
    """One that only begins or ends like it is another."""
    assert names_kernel(text, "3.10.0-1160.el7.x86_64") is named
