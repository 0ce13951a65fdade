"""The demos, as a newcomer runs them."""

from __future__ import annotations

import json
import re
from html import escape
from pathlib import Path

import jsonschema
import pytest

from kanmon.report import page
from kanmon.report.translate import translator
from kanmon.report.words import moment
from kanmon.steps import STEPS
from tests.running import HOME, PASSWORD, Ended, judge, run

PLANTED = {
    ("DSA-STATE-001", "lnx-lost"),
    ("DSA-HEALTH-001", "lnx-web"),
    ("DSA-CONTACT-001", "win-distrusting"),
    ("DB-TLS-003", "TLSv1"),
    ("DB-TLS-001", "127.0.0.1"),  # TLS 1.0 only
    ("DB-TLS-002", "127.0.0.1"),  # a CU build between the GDR and the CU that brought TLS 1.2
    ("NET-CERT-001", "127.0.0.1"),  # shown over TLS 1.0 only
    ("DSM-MEM-001", "dsm-1"),  # the demo's own open warning
    ("DSM-MEM-001", "dsm-2"),
    ("DSM-MEM-002", "dsm-2"),
    ("DSM-NAME-001", "dsm-2"),  # its certificate is made out to an IP address
    ("DSM-TLS-001", "directory"),  # of every manager of 11.0
    ("DSM-TLS-001", "mail"),
    ("DSM-TLS-001", "log"),
    ("DSM-PRECHECK-001", "dsm-2,"),
    ("ESX-BOOT-001", "esx-03.example.jp"),  # from an SD card
    ("ESX-ISSUE-001", "esx-02.example.jp"),  # a lost path, and SSH, which is an advice
    ("ESX-KMS-001", "esx-12.example.jp"),  # it has no key, and runs an encrypted VM
    ("ESX-PROF-001", "plain"),  # a host profile that its host does not comply with
    ("ESX-STATE-001", "esx-02.example.jp"),
    ("ESX-STATE-001", "esx-12.example.jp"),
    ("ESX-TIME-001", "esx-12.example.jp"),  # seven minutes behind
    ("ESX-VIB-001", "esx-01.example.jp"),  # a driver for vmklinux, which 7.0 does not have
    ("ESX-VIB-002", "esx-11.example.jp"),  # packages of an NSX-V that is gone
    ("ESX-VSAN-001", "esx-12.example.jp"),
    ("NET-TIME-001", "nsxt-new"),  # an hour and a half ahead
    ("GI-HOST-001", "esx-03.example.jp"),
    ("GI-VM-001", "vdi-no-driver"),
    ("GI-VM-001", "vdi-no-tools"),
    ("IOP-TOOLS-NSX-001", "vdi-old-tools"),
    ("IOP-TOOLS-NSX-001", "vdi-no-tools"),
    ("IOP-TOOLS-ESX-001", "vdi-no-tools"),
    ("NSXT-STATE-001", "manager_disk_usage_very_high"),
    ("NSXT-PWD-001", "admin"),  # on each manager node
    ("NSXT-VER-001", "nsxt-new"),  # another patch of the planned line
    ("NSXV-MIG-002", "esx-01.example.jp"),  # in lockdown mode
    *(("REL-BAD-001", name) for name in ("agent", "relay", "ESXi")),  # the procedure is of 2021
    *(("REL-LIFE-001", name) for name in ("vCenter", "ESXi", "VMware", "NSX-V", "NSX-T", "Deep")),
    *(("REL-LIFE-001", name) for name in ("manager", "relay", "agent", "appliance")),
    ("VC-EAM-001", "Monitoring"),  # an agent that could not be deployed
    ("VC-BKP-001", "127.0.0.1"),  # the newest job failed, the last success is two days old
    ("VC-HA-001", "127.0.0.1"),  # its network alone was prepared
    ("VC-NAME-001", "host"),  # renamed after it was deployed
    ("VC-RULE-001", "vdi-old-tools"),  # shares a disk
    ("VC-VUM-001", "com.vmware.vcIntegrity"),  # Update Manager on a machine of its own
    ("TOOLS-BAD-001", "vdi-old-tools"),  # ESXi 6.7 U2 brings along Tools 10.3.5
    ("TOOLS-RUN-001", "vdi-no-tools"),
    ("VC-DISK-001", "partition"),  # root, of which 97 % are used
    ("VC-HEALTH-001", "health"),  # the management service is red
    ("VC-VER-001", "127.0.0.1"),
    ("WIN-ROOT-001", "win-isolated"),
    ("WIN-ROOT-001", "win-distrusting"),
    ("WIN-ROOT-002", "win-isolated"),
    ("WIN-TIME-001", "win-distrusting"),  # a quarter of an hour behind
}


WARNINGS = {  # and advice
    "DB-TLS-003",
    "ESX-BOOT-001",
    "ESX-ISSUE-001",
    "ESX-KMS-001",
    "ESX-PROF-001",
    "ESX-TIME-001",
    "DSM-MEM-002",
    "DSM-NAME-001",
    "DSM-TLS-001",
    "NET-CERT-001",
    "NSXT-PWD-001",
    "NSXT-VER-001",
    "NET-TIME-001",
    "VC-VER-001",
    "VC-EAM-001",
    "VC-RULE-001",
    "VC-VUM-001",
    "IOP-TOOLS-ESX-001",
    "DSM-PRECHECK-001",
    "REL-BAD-001",
    "REL-LIFE-001",
    "TOOLS-BAD-001",
    "TOOLS-RUN-001",
    "WIN-TIME-001",
}


@pytest.mark.e2e
def test_a_newcomer_runs_the_demo(demo: Ended, tmp_path: Path) -> None:
    """The process comes to what its functions come to here, and its page holds what they say.

    No directory of the machine stands in the page, no secret in anything, and the last words are
    the last.
    """
    ended = run(tmp_path, "--env", "demo")
    assert ended.status == demo.status == 0, ended.output
    assert ended.results.keys() == demo.results.keys()
    assert judgements(ended) == judgements(demo)
    last_words(ended)
    assert page.page(ended.results, "en", translator("en")) in ended.page
    assert 'id="results-table"' in ended.page
    assert str(HOME) not in ended.page
    assert left(ended) == left(demo)
    no_secret(ended)


def left(ended: Ended) -> set[Path]:
    """The files of a run."""
    assert ended.directory
    files = filter(Path.is_file, ended.directory.rglob("*"))
    return {path.relative_to(ended.directory) for path in files}


def judgements(ended: Ended) -> list[tuple[object, ...]]:
    """How each check ended and why, in order; a lab is elsewhere in each run."""
    keys = ("id", "target", "outcome", "severity")
    return [tuple(check[key] for key in keys) for check in ended.results["checks"]]


def test_demo_is_go(demo: Ended) -> None:
    """The estate that was made ready is judged whole: GO, exit status 0, nothing undetermined."""
    counted = demo.results["coverage"]
    assert demo.status == 0, demo.output
    assert demo.results["verdict"] == "GO"
    assert counted["undetermined"] == 0
    assert counted["judged"] + counted["not_applicable"] == counted["planned"]
    absent = [c for c in demo.results["checks"] if c["outcome"] == "not applicable"]
    # No NSX and no agency is at the one, nothing is encrypted, no vSAN is in either, no upgrade or
    # migration of NSX-T is next, the agents are old and their manager does not tell how they guard
    # themselves; 7.0 asks for no signature of trusted roots; no node runs on Windows.
    assert {c["id"] for c in absent if c["target"] is None} == set()
    assert sorted(c["target"] for c in absent if c["target"]) == [
        *["dsm"] * 3,
        "nsxt-new",
        *["vc-main"] * 3,
        *["vc-plain"] * 7,
    ]
    assert all(target["read"] for target in demo.results["targets"])


def test_demo_is_go_on_its_own_account_and_on_peoples_word(demo: Ended) -> None:
    """Nothing is open; how much a person answers for is said on the terminal and in the banner."""
    count, waived = peoples_word(demo)
    said = f"{waived} findings waived, {count} open questions attested"
    assert f"GO: the change may start: {said}" in demo.output
    assert f"The change may start</p><p>{said}, rests on" in demo.page
    assert {one["state"] for one in demo.results["attestations"]} == {"used"}
    assert {one["state"] for one in demo.results["waivers"]} == {"used"}


def peoples_word(ended: Ended) -> tuple[int, int]:
    """How many questions people answered, and how many findings a board accepted."""
    checks = ended.results["checks"]
    waived = [one for check in checks for one in check["findings"] if one["waiver"]]
    return sum(len(check["attested"]) for check in checks), len(waived)


def last_words(demo: Ended) -> None:
    """The last lines of a run are the verdict, what stands open, and the report's path."""
    assert demo.directory
    lines = demo.output.strip().splitlines()
    counted = demo.results["coverage"]
    count, waived = peoples_word(demo)
    judged = f"{counted['judged']} of {counted['planned']} checks judged"
    rows = sum(len(table["unverified_rows_used"]) for table in demo.results["knowledge"])
    until = moment(demo.results["valid_until"]["at"])
    assert lines[-5:] == [
        (
            f"GO: the change may start: {waived} findings waived, {count} open questions attested, "
            f"rests on {rows} rows that nobody has verified"
        ),
        f"holds until {until}: 24 hours after the facts were read",
        f"(simulated estate demo, all steps, pre; {judged})",
        f"plan: {', '.join(STEPS)}",
        f"report: {demo.directory / 'report.html'}",
    ]


def test_blocked_names_what_was_planted_and_nothing_else(blocked: Ended) -> None:
    """The blocked estate is NO-GO, exit status 1, and its findings are the planted faults."""
    found = {
        (check["id"], re.split(r"[ :]", finding["subject"])[0])
        for check in blocked.results["checks"]
        for finding in check["findings"]
    }
    assert blocked.status == 1, blocked.output
    assert blocked.results["verdict"] == "NO-GO"
    assert found == PLANTED
    unknown = {u["reason"] for c in blocked.results["checks"] for u in c["unknown"]}
    assert {reason.split(" (")[0] for reason in unknown} == {
        (
            "build 4602586 of 6.5 is older than every row of vcenter_releases: put a row of your "
            "own for it there"
        ),
        "do its servers answer",
        "hosts do not tell it; vSAN's own health service does",
        "dsm-db",
    }
    assert [t["name"] for t in blocked.results["targets"] if not t["read"]] == ["dsm-db"]


def test_blockers_stand_in_the_last_words(blocked: Ended) -> None:
    """Every blocker is named on the terminal, with its target and what is wrong there."""
    for id_ in {id_ for id_, _ in PLANTED} - WARNINGS:
        told = rf"^  blocker: {id_}( \(\S+\))?: .*: found .*, expected "
        assert re.search(told, blocked.output, re.MULTILINE), id_


@pytest.mark.parametrize("name", ["demo", "blocked"])
def test_results_keep_the_contract(name: str, request: pytest.FixtureRequest) -> None:
    """results.json is valid by docs/results.schema.json."""
    schema = json.loads((HOME / "docs" / "results.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    errors = validator.iter_errors(request.getfixturevalue(name).results)
    assert [error.message for error in errors] == []


def test_page_says_everything_without_scripts(blocked: Ended) -> None:
    """Verdict, blockers, findings, remediation and sources stand in the page's static part."""
    static = blocked.page
    checks = blocked.results["checks"]
    texts = ["NO-GO", "CHG0012345", "esx-02.example.jp (host-22)", "in maintenance"]
    texts += [escape(check["title"]) for check in checks]
    texts += [escape(check["remediation"]) for check in checks if check["findings"]]
    assert [text for text in texts if text not in static] == []


def test_page_lists_what_is_good_to_know(demo: Ended) -> None:
    """What a passed check has to tell stands beside it, and asks for nothing."""
    notes = [
        (note["subject"], note["text"])
        for check in demo.results["checks"]
        if check["outcome"] == "pass"
        for note in check["notes"]
    ]
    assert notes
    for subject, text in notes:
        row = f">{escape(subject)}</td><td"
        assert row in demo.page
        assert f">{escape(text)}</td>" in demo.page


def test_judged_again_comes_to_the_same(blocked: Ended, tmp_path: Path) -> None:
    """The saved facts alone give the same verdict and findings, with every server gone."""
    again = judge(tmp_path, "--facts", str(blocked.directory))

    def essence(ended: Ended) -> list[tuple[object, ...]]:
        keys = ("id", "target", "outcome", "severity", "reason", "findings", "unknown")
        return [tuple(check[key] for key in keys) for check in ended.results["checks"]]

    assert again.status == 1
    assert essence(again) == essence(blocked)
    assert again.results["judged_again"] == blocked.directory.name


@pytest.mark.parametrize("name", ["demo", "blocked"])
def test_no_secret_is_left(name: str, request: pytest.FixtureRequest) -> None:
    """No password or key of the run stands in its output or in any file that it wrote."""
    no_secret(request.getfixturevalue(name))


def no_secret(ended: Ended) -> None:
    """Neither the lab's password nor its key is there, in a whole run's texts."""
    secrets = [PASSWORD, PASSWORD[::-1]]
    texts = ended.texts
    assert len(texts) > 20  # facts of every target, the reports, the parts of the workbook
    assert not [secret for secret in secrets for text in texts if secret in text]


@pytest.mark.e2e
@pytest.mark.parametrize(("arguments", "options"), [(("--strict",), ""), ((), "--strict")])
def test_strict_is_refused(
    arguments: tuple[str, ...], options: str, demo: Ended, tmp_path: Path
) -> None:
    """--strict, which pytest owns, is refused with a sentence wherever pytest takes it from."""
    again = ("--facts", str(demo.directory), *arguments)
    ended = run(tmp_path, *again, PYTEST_ADDOPTS=options)
    assert ended.status == 4
    assert "CONDITIONAL, exit status 7" in ended.output
