"""Waivers in whole runs: what they open, and everything that they do not."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from kanmon.check import Outcome
from kanmon.evidence.saved import load as load_run
from kanmon.evidence.saved import save
from kanmon.gate.accepted import load
from kanmon.suite.asked import Options, asked
from kanmon.suite.conclude import conclude
from kanmon.suite.ended import judged
from kanmon.suite.run import Run
from lab.world.world import load as load_world
from tests.running import HOME, Ended, claimed, judge, world

OWN = "GATE-WAIVER-001"
LAB = "LAB-W1"
"""The ticket of what the demo's own board accepts."""
DAY = (datetime.now(UTC) + timedelta(days=90)).date().isoformat()
BLOCKERS = {
    ("DSA-STATE-001", "lnx-lost (computer *)"),
    ("DSA-HEALTH-001", "lnx-web (computer *)"),
    ("DSA-CONTACT-001", "win-distrusting (computer *)"),
    ("DB-TLS-001", "127.0.0.1:*"),
    ("DB-TLS-002", "127.0.0.1:*"),
    ("DSM-MEM-001", "dsm-1 on *"),
    ("DSM-MEM-001", "dsm-2 on *"),
    ("ESX-STATE-001", "esx-02.example.jp (host-22)"),
    ("ESX-STATE-001", "esx-12.example.jp (host-32)"),
    ("ESX-VIB-001", "esx-01.example.jp (host-21)"),
    ("ESX-VSAN-001", "esx-12.example.jp (host-32)"),
    ("ESX-VIB-002", "esx-11.example.jp (host-31)"),
    ("GI-HOST-001", "esx-03.example.jp (host-23)"),
    ("GI-VM-001", "vdi-no-*"),
    ("IOP-TOOLS-NSX-001", "vdi-*"),
    ("NSXT-STATE-001", "manager_disk_usage_very_high*"),
    ("NSXV-MIG-002", "esx-01.example.jp (host-21)"),
    ("VC-BKP-001", "127.0.0.1:*"),
    ("VC-DISK-001", "partition root"),
    ("VC-HA-001", "127.0.0.1:*"),
    ("VC-HEALTH-001", "health of applmgmt"),
    ("VC-NAME-001", "host name"),
    ("WIN-ROOT-001", "win-isolated (*)"),
    ("WIN-ROOT-001", "win-distrusting (*)"),
    ("WIN-ROOT-002", "win-isolated (*)"),
}


def text(*waivers: tuple[str, str], **changes: str) -> str:
    """A file of waivers of checks and subjects."""
    given = {"reason": "known", "approver": "Hanako Sato", "ticket": "CHG1-W1", **changes}
    lines = [f'{key} = "{value}"' for key, value in given.items() if key != "expires"]
    lines.append(f"expires = {changes.get('expires', DAY)}")
    return "".join(
        "\n".join(["[[waiver]]", f'check = "{check}"', f'subject = "{subject}"', *lines, ""])
        for check, subject in waivers
    )


def blocked(path: Path, content: str) -> str:
    """A copy of the blocked demo's environment with waivers beside it: what ``--env`` takes."""
    file = path / "copy.toml"
    shutil.copy(HOME / "envs" / "demo-blocked.toml", file)
    (path / "copy.waivers.toml").write_text(content, encoding="utf-8")
    return str(file)


def states(ended: Ended) -> dict[str, tuple[str, int]]:
    """State and matched findings of each waiver, by check."""
    return {one["check"]: (one["state"], one["matched"]) for one in ended.results["waivers"]}


def check(ended: Ended, id_: str) -> dict[str, Any]:
    """The one judgement of a check."""
    (found,) = (one for one in ended.results["checks"] if one["id"] == id_)
    return found


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """The blocked demo with all its blockers waived."""
    home = tmp_path_factory.mktemp("every")
    return judge(home / "reports", "--env", blocked(home, text(*sorted(BLOCKERS))))


def test_waived_blockers_do_not_hide_what_is_unread(every: Ended) -> None:
    """With every blocker waived, a database that nobody could read still keeps the gate shut."""
    checks = every.results["checks"]
    assert every.status == 6, every.output
    assert every.results["verdict"] == "INCOMPLETE"
    assert not [c["id"] for c in checks if c["outcome"] == "fail" and c["severity"] == "blocker"]
    open_too = {"ESX-VSAN-001"}  # what no host tells of vSAN a person has to answer for beside it
    waived = {c["id"] for c in checks if c["outcome"] == "waived"}
    assert waived == {id_ for id_, _ in BLOCKERS} - open_too
    assert [t["name"] for t in every.results["targets"] if not t["read"]] == ["dsm-db"]


def test_waived_checks_ran_and_are_shown(every: Ended) -> None:
    """Each finding is still there with its waiver; the counts add up; every waiver is used."""
    results = every.results
    waived = [c for c in results["checks"] if c["outcome"] == "waived"]
    by = {"ticket": "CHG1-W1", "approver": "Hanako Sato", "reason": "known", "expires": DAY}
    assert all(f["waiver"] == by for c in waived for f in c["findings"])
    counted = results["coverage"]
    assert counted["waived"] == len(waived) > 10
    ended = ("passed", "failed", "waived", "attested")
    assert counted["judged"] == sum(counted[word] for word in ended)
    total = counted["judged"] + counted["undetermined"] + counted["not_applicable"]
    assert total == counted["planned"]
    assert {one["state"] for one in results["waivers"]} == {"used"}
    assert len(results["waivers"]) == len(BLOCKERS)
    assert check(every, OWN)["outcome"] == "pass"


def test_the_evidence_keeps_its_contract(every: Ended) -> None:
    """results.json with waivers is valid by docs/results.schema.json."""
    schema = json.loads((HOME / "docs" / "results.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    assert [error.message for error in validator.iter_errors(every.results)] == []


def test_the_terminal_counts_and_names_what_is_waived(every: Ended) -> None:
    """The last words tell how many findings are waived, and by whom each."""
    count = sum(1 for c in every.results["checks"] for f in c["findings"] if f["waiver"])
    assert f", {count} findings waived" in every.output
    assert "waived WIN-ROOT-002: " in every.output
    assert f"(waived: CHG1-W1, Hanako Sato, until {DAY})" in every.output
    assert "  blocker: " not in every.output


def test_junit_calls_no_waived_check_a_failure(every: Ended) -> None:
    """In CI a waived check is neither a failure nor a plain pass: it says that it is waived."""
    suite = ET.parse(every.directory / "junit.xml").getroot().find("testsuite")
    counted = every.results["coverage"]
    said = [case.get("message").partition(":")[0] for case in suite.iter("skipped")]
    assert said.count("waived") == counted["waived"]
    failed = [c for c in every.results["checks"] if c["outcome"] == "fail"]
    assert int(suite.get("failures")) == sum(c["severity"] != "advice" for c in failed)


def test_judged_again_comes_to_the_same(every: Ended, tmp_path: Path) -> None:
    """The saved run alone, without the file of waivers, gives the same verdict and findings."""
    copy = tmp_path / "copy"
    shutil.copytree(every.directory, copy)
    again = judge(tmp_path / "reports", "--facts", str(copy))

    def essence(ended: Ended) -> list[Any]:
        keys = ("id", "target", "outcome", "severity", "reason", "findings", "unknown", "waiver")
        return [[c[key] for key in keys] for c in ended.results["checks"]]

    assert again.status == 6, again.output
    assert essence(again) == essence(every)
    assert again.results["waivers"] == every.results["waivers"]


def test_saved_waivers_that_were_changed_are_refused(every: Ended, tmp_path: Path) -> None:
    """A run whose waivers were extended afterwards is not judged again."""
    copy = tmp_path / "copy"
    shutil.copytree(every.directory, copy)
    file = copy / "facts" / "waivers.toml"
    file.write_text(file.read_text(encoding="utf-8") + text(("DSM-PRECHECK-001", "dsm-2*")))
    again = judge(tmp_path / "reports", "--facts", str(copy))
    assert again.status == 4, again.output
    assert "changed: facts/waivers.toml" in again.output
    (copy / "manifest.json").unlink()
    again = judge(tmp_path / "reports", "--facts", str(copy))
    assert again.status == 4, again.output
    assert "not those that the run was judged with" in again.output


def judged_again(every: Ended, home: Path, content: str, *arguments: str, now: Any = None) -> Ended:
    """What the blocked demo read, judged with other waivers, at another time where one is given."""
    saved = saved_with(every, home, content, now)
    return judge(home / "reports", "--facts", str(saved), *arguments)


def saved_with(every: Ended, home: Path, content: str, now: Any = None) -> Path:
    """A run that saved what the blocked demo read, with other waivers."""
    before = load_run(every.directory)
    file = home / "w.waivers.toml"
    file.write_text(content, encoding="utf-8")
    waivers = load(file, before.environment)
    save(home / "saved" / "facts", replace(before, waivers=waivers, now=now or before.now))
    return home / "saved"


def test_a_partial_waiver_leaves_a_no_go(every: Ended, tmp_path: Path) -> None:
    """One of two machines waived: the check stays a blocker for the other."""
    ended = judged_again(every, tmp_path, text(("WIN-ROOT-001", "win-isolated (*)")))
    found = check(ended, "WIN-ROOT-001")
    assert (ended.status, ended.results["verdict"]) == (1, "NO-GO")
    assert (found["outcome"], found["severity"], found["waiver"]) == ("fail", "blocker", None)
    waived = {f["subject"].split(" ")[0]: f["waiver"] is not None for f in found["findings"]}
    assert waived == {"win-isolated": True, "win-distrusting": False}
    assert "1 of 2 findings waived" in found["reason"]
    assert "  blocker: WIN-ROOT-001" in ended.output


@pytest.mark.parametrize(
    ("now", "outcome", "state"),
    [
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), "waived", "used"),
        (datetime(2027, 1, 1, 0, 0, 0, tzinfo=UTC), "fail", "expired"),
    ],
)
def test_the_last_day(
    now: datetime, outcome: str, state: str, every: Ended, tmp_path: Path
) -> None:
    """A waiver holds to the last second of its day in UTC; one second later its blocker stands."""
    content = text(("WIN-ROOT-002", "win-isolated (*)"), expires="2026-12-31")
    ended = judged_again(every, tmp_path, content, now=now)
    assert ended.status == 1
    assert check(ended, "WIN-ROOT-002")["outcome"] == outcome
    assert states(ended) == {"WIN-ROOT-002": (state, 1)}
    assert (OWN in ended.output) is (state == "expired")


@pytest.fixture(scope="module")
def wrong(every: Ended, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """The blocked demo with waivers none of which opens anything."""
    content = (
        text(
            ("DSM-MEM-001", "*"),
            ("ESX-STATE-001", "*(host-*)"),
            ("WIN-ROOT-999", "win-isolated*"),
            ("VC-ROLE-001", "kanmon-ro"),
            ("GI-HOST-001", "esx-01.example.jp (host-21)"),
            ("DB-STATE-001", "127.0.0.1*"),
            (OWN, "WIN-ROOT-999*"),
        )
        + text(("WIN-ROOT-002", "win-isolated*"), expires="2020-01-01")
        + text(("TOOLS-RUN-001", "vdi-no-tools*"), target="vc-plain")
    )
    return judged_again(every, tmp_path_factory.mktemp("wrong"), content)


def test_no_wrong_waiver_opens_anything(wrong: Ended) -> None:
    """Too wide, unknown, forbidden, expired, of another target or object: no finding is waived."""
    results = wrong.results
    assert (wrong.status, results["verdict"]) == (1, "NO-GO")
    assert results["coverage"]["waived"] == 0
    assert not [f for c in results["checks"] for f in c["findings"] if f["waiver"]]
    assert " waived" not in wrong.output.rsplit("NO-GO: ", 1)[1]


def test_each_wrong_waiver_is_a_finding(wrong: Ended) -> None:
    """Each is told by its state; unused is advice, the others are open warnings."""
    assert states(wrong) == {
        "DSM-MEM-001": ("too wide", 2),
        "ESX-STATE-001": ("too wide", 2),
        "WIN-ROOT-999": ("unknown check", 0),
        "VC-ROLE-001": ("not waivable", 0),
        "GI-HOST-001": ("unused", 0),
        "DB-STATE-001": ("not judged", 0),  # its database was not read
        OWN: ("not waivable", 1),
        "WIN-ROOT-002": ("expired", 1),
        "TOOLS-RUN-001": ("unused", 0),
    }
    found = check(wrong, OWN)
    light = {f["subject"] for f in found["findings"] if f["severity"] == "advice"}
    assert (found["outcome"], found["severity"], len(found["findings"])) == ("fail", "warning", 8)
    assert light == {
        "GI-HOST-001: esx-01.example.jp (host-21)",
        "TOOLS-RUN-001 of vc-plain: vdi-no-tools*",
    }


HOST = ("GI-HOST-001", "esx-01.example.jp (host-21)")
ANY_HOST = ("ESX-STATE-001", "esx-77*")


@pytest.mark.parametrize(
    ("arguments", "waiver", "state", "own"),
    [
        (("--check", "WIN-ROOT-001"), HOST, "not judged", None),
        (("--check", OWN), HOST, "not judged", "pass"),
        (("--step", "manager"), HOST, "not judged", "pass"),
        (("--target", "vc-main"), ANY_HOST, "not judged", None),  # it may be of vc-plain
        (("--target", "dsm"), HOST, "unused", None),  # which is all that its check is about
    ],
    ids=str,
)
def test_no_narrowed_run_calls_a_waiver_unused(
    arguments: tuple[str, ...],
    waiver: tuple[str, str],
    state: str,
    own: str | None,
    every: Ended,
    tmp_path: Path,
) -> None:
    """A run that left out what a waiver could be of says nothing about whether it is needed."""
    ended = judged_again(every, tmp_path, text(waiver), *arguments)
    assert states(ended) == {waiver[0]: (state, 0)}
    outcomes = {c["outcome"] for c in ended.results["checks"] if c["id"] == OWN}
    assert outcomes == ({own} if own else set())
    assert ended.status in (1, 6)


def test_a_check_that_is_not_last_does_not_judge_waivers(every: Ended, tmp_path: Path) -> None:
    """Where another plugin turns the order round, nobody knows yet whether a waiver is needed."""
    run = saved_run(saved_with(every, tmp_path, text(HOST)))
    claims = claimed(run)
    run.collected = len(claims)
    run.judged = [judged(run, claim) for claim in reversed(claims)]
    ended = {(one.card.id, one.judgement.outcome) for one in run.judged}
    assert (OWN, Outcome.UNDETERMINED) in ended
    (waiver,) = conclude(run, datetime.now(UTC)).record["waivers"]
    assert (waiver["check"], waiver["state"], waiver["matched"]) == (HOST[0], "unused", 0)


def saved_run(directory: Path, root: Path = HOME) -> Run:
    """A run on saved facts, none of whose claims is judged yet."""
    with ExitStack() as stack:
        run = asked(Options(root, root, facts=str(directory)), stack)
    assert run
    return run


DEMO = load_world("demo")


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The environment of a demo: one machine is offline, a blocker, and memory short, a warning."""
    machines = [m.model_dump(mode="json", exclude_none=True) for m in DEMO.machine]
    (web,) = (machine for machine in machines if machine["name"] == "lnx-web")
    gone = {**web, "name": "lnx-gone", "count": 1, "online": False}
    linux = [{**one.model_dump(mode="json", exclude_none=True), "memory": 16} for one in DEMO.linux]
    return world(tmp_path_factory.mktemp("offline"), machine=[*machines, gone], linux=linux)


def with_waivers(environment: str, content: str | None) -> str:
    file = Path(environment).with_name("estate.waivers.toml")
    file.unlink(missing_ok=True)
    if content is not None:
        file.write_text(content, encoding="utf-8")
    return environment


MEMORY = ("DSM-MEM-001", "dsm-? on *")
GONE = ("DSA-STATE-001", "lnx-gone (computer *)")


def test_what_is_waived_stands_in_no_way(offline: str, tmp_path: Path) -> None:
    """One blocker and one warning: NO-GO, CONDITIONAL once the blocker is accepted, then GO."""
    shut = judge(tmp_path / "a", "--env", with_waivers(offline, None))
    own = [one for one in shut.results["waivers"] if one["ticket"] != LAB]
    assert (shut.status, own) == (1, []), shut.output
    half = judge(tmp_path / "b", "--env", with_waivers(offline, text(GONE)))
    assert (half.status, half.results["verdict"]) == (7, "CONDITIONAL"), half.output
    assert "CONDITIONAL: the change may start with a sign-off: 1 open warning" in half.output
    both = judge(tmp_path / "c", "--env", with_waivers(offline, text(GONE, MEMORY)))
    assert (both.status, both.results["verdict"]) == (0, "GO"), both.output
    failed = {c["severity"] for c in both.results["checks"] if c["outcome"] == "fail"}
    assert failed <= {"advice"}


def test_a_waiver_that_does_not_hold_is_a_warning(offline: str, tmp_path: Path) -> None:
    """Whoever counts on it is told so, and has to sign or to take it out."""
    expired = text(("DSM-MEM-002", "dsm-1 on *"), expires="2020-01-01")
    ended = judge(tmp_path, "--env", with_waivers(offline, text(GONE, MEMORY) + expired))
    assert ended.status == 7
    assert [
        c["id"]
        for c in ended.results["checks"]
        if c["severity"] == "warning" and c["outcome"] == "fail"
    ] == ["GATE-WAIVER-001"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (text(GONE).replace("subject", "subjekt"), "waiver.0.subjekt: unknown key"),
        (text(GONE).replace('ticket = "CHG1-W1"\n', ""), "waiver.0.ticket: Field required"),
        (text(GONE).replace(f"expires = {DAY}\n", ""), "waiver.0.expires: Field required"),
        (text(GONE, target="vc-mian"), "waiver.0.target names 'vc-mian', expected a target: vc-"),
        ("[[waiver", "is not TOML"),
    ],
)
def test_a_broken_file_is_a_usage_error(content: str, told: str, tmp_path: Path) -> None:
    """A typo in the waivers ends the run before anything is read, and names file and key."""
    ended = judge(tmp_path / "reports", "--env", blocked(tmp_path, content))
    assert ended.status == 4, ended.output
    assert told in ended.output
    assert str(tmp_path / "copy.waivers.toml") in ended.output
    assert ended.directory is None


def test_no_waiver_stands_in_the_environment_file(tmp_path: Path) -> None:
    """Neither does an environment hold waivers, nor is a file of waivers an environment."""
    environment = Path(blocked(tmp_path, text(GONE)))
    ended = judge(tmp_path / "reports", "--env", str(tmp_path / "copy.waivers.toml"))
    assert (ended.status, "is a file of waivers" in ended.output) == (4, True)
    with environment.open("a", encoding="utf-8") as file:
        file.write(text(GONE))
    ended = judge(tmp_path / "reports", "--env", str(environment))
    assert (ended.status, "waiver: unknown key" in ended.output) == (4, True)


def test_waivers_are_in_no_list_of_environments(tmp_path: Path) -> None:
    """A usage error that lists the environments lists no file of waivers."""
    ended = judge(tmp_path / "reports", "--env", "prdo")
    assert ended.status == 4
    assert "example" in ended.output
    assert "example.waivers" not in ended.output


def test_a_waived_claim_of_how_a_step_ended_was_judged(tmp_path: Path) -> None:
    """After a step, a waived claim about how far it came is no claim that nobody judged."""
    names = ("dsm-0? (computer *)", "win-app-* (computer *)", "lnx-web-* (computer *)")
    content = text(*(("DSA-VER-001", name) for name in names))
    shutil.copy(HOME / "envs" / "demo.toml", tmp_path / "estate.toml")
    environment = with_waivers(str(tmp_path / "estate.toml"), content)
    ended = judge(tmp_path / "reports", "--env", environment, "--step", "agent", "--phase", "post")
    assert ended.outcomes("DSA-VER-001") == {"dsm": "waived"}
    assert ended.results["unjudged"] == []


def test_checks_that_cannot_be_read_leave_no_waiver_unused(every: Ended, tmp_path: Path) -> None:
    """Where a file of checks is lost nobody can say which checks there are: never GO."""
    home = tmp_path / "copy"
    shutil.copytree(HOME / "checks", home / "checks")
    with (home / "checks" / "test_manager.py").open("a") as file:
        file.write("import nobody_has_this\n")
    run = saved_run(every.directory)
    claims = claimed(run)
    run.root, run.collected = home, len(claims)
    run.judged = [judged(run, claim) for claim in claims]
    conclusion = conclude(run, datetime.now(UTC))
    assert conclusion.gate.exit_status == 6
    assert "nobody_has_this" in " ".join(conclusion.record["partial"])
    assert {one["state"] for one in conclusion.record["waivers"]} == {"not judged"}
    own = [one.judgement.outcome for one in run.judged if one.card.id == OWN]
    assert own == [Outcome.UNDETERMINED]
