"""The JUnit file, as continuous integration reads it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from kanmon.report import junit
from kanmon.report.plain import one_line
from tests.records_by_hand import HOSTILE, check, finding, record

WAIVED = {"ticket": "CHG1", "approver": "A", "reason": "r", "expires": "2027-01-31"}


def suite(evidence: dict) -> ET.Element:
    return ET.fromstring(junit.document(evidence)).find("testsuite")


def case(evidence: dict, name: str) -> ET.Element:
    return next(one for one in suite(evidence).iter("testcase") if one.get("name") == name)


def test_each_check_is_a_case_that_keeps_its_name() -> None:
    """A case is named by the permanent id and the claim, and classed by environment and target."""
    checks = [check("A-A-001"), check("A-A-001", target="vc-2"), check("A-A-002", target=None)]
    named = [(c.get("classname"), c.get("name")) for c in suite(record(checks)).iter("testcase")]
    assert named == [
        ("prod", "The gate"),
        ("prod.vc-main", "A-A-001 The claim of A-A-001"),
        ("prod.vc-2", "A-A-001 The claim of A-A-001"),
        ("prod.estate", "A-A-002 The claim of A-A-002"),
    ]


@pytest.mark.parametrize(
    ("outcome", "tag"),
    [
        ("pass", None),
        ("fail", "failure"),
        ("undetermined", "error"),
        ("not applicable", "skipped"),
        ("waived", "skipped"),
    ],
)
def test_outcomes(outcome: str, tag: str | None) -> None:
    """Only what was found to hold is green; what nobody could judge is an error."""
    evidence = record([check("A-A-001", outcome)])
    found = list(case(evidence, "A-A-001 The claim of A-A-001"))
    assert [one.tag for one in found] == ([tag] if tag else [])
    assert all("why A-A-001 ended so" in (one.get("message") or "") for one in found)


@pytest.mark.parametrize(
    ("verdict", "tag"), [("GO", None), ("NO-GO", "failure"), ("INCOMPLETE", "error")]
)
def test_the_gate_is_a_case(verdict: str, tag: str | None) -> None:
    """A run that judged all green and yet is no GO is not all green in the file."""
    evidence = record([check("A-A-001", "pass")], verdict=verdict, partial=["B-B-001"])
    found = list(case(evidence, "The gate"))
    assert [one.tag for one in found] == ([tag] if tag else [])
    assert all("B-B-001" in (one.text or "") for one in found)


def test_a_failure_says_what_to_do_and_what_was_found() -> None:
    """Reason, remedy, first objects with what was waived, and how many more there are."""
    found = [finding("vm-0", waiver=WAIVED), *(finding(f"vm-{n}") for n in range(1, 30))]
    unknown = [{"subject": "vm-x", "reason": "no answer"}]
    failed = check("A-A-001", findings=found, unknown=unknown)
    failure = case(record([failed]), "A-A-001 The claim of A-A-001").find("failure")
    lines = failure.text.splitlines()
    assert failure.get("type") == "blocker"
    assert lines[:3] == [
        "why A-A-001 ended so",
        "what to do: do for A-A-001",
        "vm-0: found off, expected on (waived: CHG1)",
    ]
    assert lines[-1] == "and 12 more, see results.json"
    assert len(lines) == 1 + junit.SHOWN + 1


def test_counts_and_properties() -> None:
    """The suite counts its cases, and says which run it is."""
    ends = ("pass", "fail", "undetermined", "not applicable", "waived")
    whole = suite(record([check(f"A-A-{n:03}", end) for n, end in enumerate(ends)]))
    counts = {name: whole.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "6", "failures": "2", "errors": "1", "skipped": "2"}
    named = {one.get("name"): one.get("value") for one in whole.iter("property")}
    assert named["verdict"] == "NO-GO"
    assert named["change"] == "CHG7"
    assert (whole.get("time"), whole.get("timestamp")) == ("2.500", "2026-11-25T10:00:00+00:00")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(name: str) -> None:
    """Whatever a name holds, the file is XML and holds it as text."""
    checks = [check("A-A-001", findings=[finding(name)], target=name, reason=name)]
    one = suite(record(checks, environment=name)).findall("testcase")[1]
    assert one.get("classname") == one_line(f"{name}.{name}")
    assert one.find("failure").get("message") == one_line(name)
