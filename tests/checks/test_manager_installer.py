"""DSM-INST-001, DSM-PRECHECK-001 and RB-INST-001: installers, and the report of the pre-check."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from tests.facts_by_hand import (
    DSM,
    GIB,
    LINUX,
    NOW,
    ONE_LINUX,
    ONE_NODE,
    environment,
    installer,
    installer_content,
    linux_host,
    manager,
    manager_files,
    manager_node,
    precheck,
)
from tests.judging import SEEN, answered, judged, missed, told

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED
A = Outcome.ATTESTED
TARGET = "20.0.0-877"
NEW = "/root/Manager-Linux-20.0.877.x64.sh"
OLD = "/root/Manager-Linux-11.0.510.x64.sh"
ONE, OTHER = "ab" * 32, "cd" * 32
GONE = Unread("dsm-2-host: connection refused")
PUBLISHED = DSM.replace(
    'database = "dsm-db"\n', f'database = "dsm-db"\ninstaller_checksum = "{ONE}"\n'
)


def host(*files):
    """A node's host on which these installers lie."""
    lying = files or (installer(),)
    unread = isinstance(lying[0], Unread)
    return linux_host(manager=manager_files(installers=lying[0] if unread else lying))


def installers(*hosts, contents=None, text=DSM, target=TARGET):
    """DSM-INST-001 on the hosts of the nodes and what is in their files."""
    linux = ONE_LINUX if text == ONE_NODE else LINUX
    given = environment(text + linux, **({"deep_security": target} if target else {}))
    slugs = [one.slug for one in given.linux]
    facts = {
        "manager_hosts": dict(zip(slugs, hosts or [host()] * 2, strict=False)),
        "manager_installers": dict(
            zip(slugs, contents or [(installer_content(),)] * 2, strict=False)
        ),
    }
    return judged("DSM-INST-001", dsm=given.dsm[0], environment=given, **facts)


def content(**changes):
    """What is in the one installer of a node."""
    return (installer_content(**changes),)


def test_equal_installers_pass_with_a_note():
    """Equal files on both nodes pass; that nobody compared them with the published one is noted."""
    judgement = installers()
    assert judgement.outcome is P
    assert judgement.examined == 2
    (note,) = judgement.notes
    assert note.subject == "dsm-1, dsm-2"
    assert "installer_checksum is not given" in note.text


def test_the_published_checksum_decides():
    """With the published SHA-256 equal files are not enough, and a single node can be judged."""
    assert installers(text=PUBLISHED).outcome is P
    assert not installers(text=PUBLISHED).notes
    wrong = installers(contents=[content(sha256=OTHER)] * 2, text=PUBLISHED)
    assert [subject for subject, _, _ in told(wrong)] == [f"dsm-1, {NEW}", f"dsm-2, {NEW}"]
    assert told(wrong)[0][1:] == (f"SHA-256 {OTHER}", f"{ONE} as published")
    assert wrong.blocks


def test_a_checksum_in_capitals_is_the_same():
    """The published sum is often written in capitals; what is no SHA-256 is refused."""
    assert installers(text=PUBLISHED.replace(ONE, ONE.upper())).outcome is P
    with pytest.raises(Exception, match="installer_checksum"):
        installers(text=PUBLISHED.replace(ONE, ONE[1:]))


def test_different_installers_fail():
    """Another content or another size than on the first node names the second."""
    other = installers(contents=[content(), content(sha256=OTHER)])
    assert told(other) == [(f"dsm-2, {NEW}", f"SHA-256 {OTHER}", f"{ONE} as on dsm-1")]
    assert other.blocks
    short = installers(host(), host(installer(size=GIB - 1)))
    assert told(short) == [(f"dsm-2, {NEW}", f"{GIB - 1} bytes", f"{GIB} bytes as on dsm-1")]
    assert short.blocks


def test_a_single_node_needs_the_published_checksum():
    """With nothing to compare it with, nobody can say whether the file is whole."""
    judgement = installers(text=ONE_NODE)
    assert judgement.outcome is U
    assert "installer_checksum" in missed(judgement)[0][1]


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ((installer(OLD),), OLD),
        (
            (installer("/root/Manager-Linux-20.0.844.x64.sh"),),
            "/root/Manager-Linux-20.0.844.x64.sh",
        ),
        ((installer("/root/Manager-Linux-20.0.877.x64.sh.part"),), f"{NEW}.part"),
        ((installer(), installer("/srv/Manager-Linux-20.0.877.x64.sh")), f"{NEW}, /srv{NEW[5:]}"),
    ],
)
def test_another_version_or_more_than_one_fails(files, found):
    """Exactly one file of the promised version, by its name, must lie on every node."""
    judgement = installers(host(*files), host())
    assert told(judgement) == [("dsm-1 on dsm1", found, "one installer of 20.0.0-877")]
    assert judgement.blocks


def test_no_installer_at_all_fails():
    """An empty folder is a finding; a folder that may not be read is not taken for an empty one."""
    empty = linux_host()
    assert told(installers(empty, host()))[0][1] == "none"
    denied = installers(host(Unread("read /root: Permission denied")), host())
    assert denied.outcome is U
    assert missed(denied) == [("dsm-1", "read /root: Permission denied")]


def test_a_line_as_the_target():
    """A target that is a whole line takes any of its builds, as long as there is one."""
    assert installers(target="20.0").outcome is P
    both = host(installer(), installer("/root/Manager-Linux-20.0.844.x64.sh"))
    assert installers(both, host(), target="20.0").outcome is F
    assert installers(host(installer(OLD)), host(), target="20.0").outcome is F


@pytest.mark.parametrize(
    "contents",
    [
        [content(), content(sha256=Unread("read it: Permission denied; let the account read it"))],
        [content(), ()],
        [content(), GONE],
    ],
)
def test_a_file_that_was_not_read_is_undetermined(contents):
    """A file that the account may not read, or that took too long, is neither whole nor broken."""
    judgement = installers(contents=contents)
    assert judgement.outcome is U
    assert missed(judgement)[0][0] == "dsm-2"


def test_what_the_file_says_of_itself():
    """A page in place of the file, and another version within, warn: the marks are unverified."""
    page = content(first_line="<!DOCTYPE html>", numbers=())
    judgement = installers(contents=[page] * 2)
    assert told(judgement)[0][1] == "its first line is <!DOCTYPE html>"
    assert judgement.weight is Severity.WARNING
    other = content(numbers=("# Deep Security Manager 20.0.844",))
    judgement = installers(contents=[other] * 2)
    assert told(judgement)[0][1:] == ("it calls itself 20.0.0-844", "20.0.0-877")
    assert judgement.weight is Severity.WARNING
    both = content(numbers=("# Deep Security 11.0.510 or later", "name=Manager-Linux-20.0.877"))
    assert installers(contents=[both] * 2).outcome is P
    silent = installers(contents=[content(numbers=("# openssl 1.1.123",))] * 2)
    assert silent.outcome is P
    assert any("it tells no other" in note.text for note in silent.notes)


def test_an_empty_file_blocks():
    """Two empty files are equal, and no installers."""
    empty = host(installer(size=0))
    judgement = installers(empty, empty, contents=[content(first_line="", numbers=())] * 2)
    assert judgement.blocks
    assert told(judgement)[0][1] == "an empty file"


def prechecks(*reports, hosts=None, changed=2.0, text=DSM + LINUX, **of_nodes):
    """DSM-PRECHECK-001 on these reports of the nodes; the installer is two days old."""
    given = environment(text, deep_security=TARGET)
    slugs = [one.slug for one in given.linux]
    changes = () if changed is None else ((NEW, NOW - timedelta(days=changed)),)
    lying = [one if isinstance(one, tuple | Unread) else (one,) for one in reports]
    nodes = [manager_node(prechecks=one, changes=changes, **of_nodes) for one in lying]
    facts = {
        "manager_hosts": dict(zip(slugs, hosts or [host()] * 2, strict=False)),
        "manager_nodes": dict(zip(slugs, nodes, strict=False)),
    }
    return judged("DSM-PRECHECK-001", dsm=given.dsm[0], environment=given, **facts)


GOOD = precheck()
REPORT = "/root/precheck.csv"


def test_good_reports_pass():
    """A newer report with known good results on every node passes, and rests on the words."""
    judgement = prechecks(GOOD, GOOD)
    assert judgement.outcome is P
    assert judgement.examined == 2
    assert [one.row for one in judgement.rests_on] == ["good OK"]
    assert judgement.notes[0].subject == "dsm-1, dsm-2"
    assert "1 results were understood" in judgement.notes[0].text


def test_errors_block_and_warnings_warn():
    """An error blocks by the procedure's rule; a warning waits for a sign-off."""
    bad = prechecks(precheck("Check,Status\nMemory,Warning\nDatabase,Error\n"), GOOD)
    assert told(bad) == [
        (f"dsm-1, {REPORT}", "Memory,Warning", "no warning of the pre-check"),
        (f"dsm-1, {REPORT}", "Database,Error", "no error of the pre-check"),
    ]
    assert bad.blocks
    warned = prechecks(GOOD, precheck("項目,結果\nメモリ,警告\n"))
    assert warned.weight is Severity.WARNING
    assert told(warned)[0][:2] == (f"dsm-2, {REPORT}", "メモリ,警告")


@pytest.mark.parametrize(
    "text", ["", "Check,Status\n", "Check,Status\nMemory,Skipped\n", "all is well\n"]
)
def test_a_report_that_is_not_understood_is_undetermined(text):
    """What is not understood is told with its raw text, whatever the other node says."""
    judgement = prechecks(GOOD, precheck(text))
    assert judgement.outcome is U
    (missing,) = missed(judgement)
    assert missing[0] == f"dsm-2, {REPORT}"
    assert not text.strip() or text.splitlines()[-1].split(",", maxsplit=1)[0] in missing[1]


def test_an_error_and_a_strange_row_are_both_told():
    """A row that nobody understands does not hide an error beside it."""
    judgement = prechecks(precheck("Check,Status\nMemory,Skipped\nDisk,Error\n"), GOOD)
    assert judgement.blocks
    assert "Memory,Skipped" in missed(judgement)[0][1]


@pytest.mark.parametrize(
    "reports",
    [
        (GOOD, ()),
        (GOOD, Unread("the environment does not say where it lies")),
        (GOOD, precheck(Unread("read it: Permission denied"))),
    ],
)
def test_no_report_is_undetermined(reports):
    """No report, no path, no rights: nobody can say that the pre-check was run there."""
    judgement = prechecks(*reports)
    assert judgement.outcome is U
    assert missed(judgement)[0][0] == "dsm-2"


@pytest.mark.parametrize(
    ("report_days", "outcome", "weight"),
    [(2.0, P, None), (2.0001, F, Severity.BLOCKER), (1, P, None)],
)
def test_a_report_older_than_the_installer_fails(report_days, outcome, weight):
    """A report from before the installer came is of another installer."""
    old = precheck(modified=NOW - timedelta(days=report_days))
    judgement = prechecks(old, GOOD)
    assert judgement.outcome is outcome
    assert judgement.weight is weight


def test_an_installer_that_was_put_there_after_the_report_warns():
    """A copy that keeps the file's old date shows by the day on which it came; so does a chmod."""
    judgement = prechecks(GOOD, GOOD, changed=0.5)
    assert judgement.weight is Severity.WARNING
    assert "came, or got its name or rights" in told(judgement)[0][2]


def test_an_installer_of_which_nobody_tells_when_it_came_is_undetermined():
    """Its own date may be older than the copy."""
    judgement = prechecks(GOOD, GOOD, changed=None)
    assert missed(judgement)[0] == ("dsm-1", f"nobody tells when {NEW} came")


def test_the_newest_report_counts():
    """Of several reports the newest is the one of the last run."""
    good = precheck(modified=NOW)
    bad = precheck("Check,Status\nDisk,Error\n", path="/root/precheck-0.csv")
    assert prechecks((bad, good), GOOD).outcome is P
    worse = precheck("Check,Status\nDisk,Error\n", modified=NOW)
    assert prechecks((GOOD, worse), GOOD).outcome is F


def test_without_the_installer_no_report_is_judged():
    """Where no installer of the promised version lies, the report is of something else."""
    judgement = prechecks(GOOD, GOOD, hosts=[host(installer(OLD)), host()])
    assert judgement.outcome is U
    assert "of which installer is its report?" in missed(judgement)[0][1]


STRANGE = precheck("all is well\n")
UNCLEAR = f"dsm-1, {REPORT}", "1 of it not understood: no column of results is known: all is well"


def test_a_person_answers_for_what_is_not_understood():
    """Without a person's word it is undetermined; with one, that stands for what kanmon misses."""
    judgement = prechecks(STRANGE, GOOD)
    assert judgement.outcome is U
    assert missed(judgement) == [UNCLEAR]
    assert answered("DSM-PRECHECK-001", judgement, "dsm").outcome is A


@pytest.mark.parametrize(("later", "outcome"), [(0, A), (1, U)])
def test_a_person_answers_for_this_report(later, outcome):
    """Who looked before the report was written read another one, and answers nothing."""
    judgement = prechecks(precheck("all is well\n", modified=SEEN + timedelta(seconds=later)), GOOD)
    assert missed(judgement) == [UNCLEAR]
    assert answered("DSM-PRECHECK-001", judgement, "dsm").outcome is outcome


def test_a_report_is_of_the_nodes_own_date():
    """A report of 5 o'clock in Japan is of that day, and last evening nobody can have read it."""
    evening = SEEN.replace(day=22, hour=20)
    ((one,),) = [prechecks(precheck("all is well\n", modified=evening), GOOD).unknown]
    assert one.since.isoformat() == "2026-11-23T05:00:00+09:00"


def test_nobody_answers_for_a_report_of_an_unknown_time():
    """Where the node does not tell its clock, nobody can say whether this report was read."""
    judgement = prechecks(STRANGE, GOOD, clock=Unread("date: no"))
    assert missed(judgement) == [UNCLEAR]
    assert answered("DSM-PRECHECK-001", judgement, "dsm").outcome is U


def test_a_person_does_not_answer_for_an_error():
    """What is understood is a finding, and stands beside what a person answers for."""
    judgement = prechecks(precheck("Check,Status\nDisk,Error\n"), GOOD)
    assert answered("DSM-PRECHECK-001", judgement, "dsm") == judgement
    both = prechecks(precheck("Check,Status\nMemory,Skipped\nDisk,Error\n"), GOOD)
    assert answered("DSM-PRECHECK-001", both, "dsm").blocks


def test_a_manager_on_windows_is_undetermined():
    """Nodes without a Linux host are told, not left out."""
    judgement = prechecks(text=DSM)
    assert judgement.outcome is U
    assert [subject for subject, _ in missed(judgement)] == ["dsm-1", "dsm-2"]
    judgement = rollback(text=DSM)
    assert judgement.outcome is U


def rollback(*kept, version="11.0.510", text=DSM + LINUX):
    """RB-INST-001 on the installers that are kept on the nodes."""
    given = environment(text)
    slugs = [one.slug for one in given.linux]
    nodes = [one if one is GONE else manager_node(old_installers=one) for one in kept]
    facts = {"manager_nodes": dict(zip(slugs, nodes, strict=False))}
    values = {"dsm": given.dsm[0], "environment": given}
    return judged("RB-INST-001", **values, dsm_manager=manager(version=version), **facts)


@pytest.mark.parametrize(
    ("kept", "outcome"),
    [
        (((installer(OLD),), ()), P),
        (((), (installer(), installer(OLD))), P),
        (((installer(OLD),), GONE), P),
        (((), ()), F),
        (((installer(),), (installer("/root/Manager-Linux-11.0.511.x64.sh"),)), F),
        (((), GONE), U),
        ((Unread("ls: denied"), ()), U),
        (((installer(OLD, readable=False),), ()), U),
        (((installer(OLD, readable=False),), (installer(OLD),)), P),
        (((installer(OLD, size=0),), ()), F),  # a copy that ended before it began
    ],
)
def test_todays_installer_at_hand(kept, outcome):
    """One readable file of today's version on any node is enough; none on all of them warns."""
    judgement = rollback(*kept)
    assert judgement.outcome is outcome
    assert judgement.examined == 2
    assert judgement.weight is (Severity.WARNING if outcome is F else None)


def test_what_is_told_of_a_missing_installer():
    """The finding names the version to look for."""
    assert told(rollback((), ())) == [
        ("dsm", "no such file on its nodes", "an installer of 11.0.0-510"),
    ]
