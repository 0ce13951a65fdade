"""``junit.xml``: the run as continuous integration shows it."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from kanmon.report.plain import one_line, visible
from kanmon.report.words import Record, meaning, scope

SHOWN = 20
"""Objects of a check in its case; all of them are in ``results.json``."""


def document(record: Record) -> bytes:
    """The file.

    There is one case for each check that was judged and one for the gate, so that no reader of the
    file sees only green where the verdict is not GO. A claim that does not hold is a failure, of
    whatever severity; one that nobody could judge is an error; one that does not apply or was
    waived is skipped, with the reason.

    Args:
        record: the run's ``results.json``.
    """
    root = ET.Element("testsuites")
    suite = _under(root, "testsuite", name=f"kanmon {scope(record)}")
    properties = _under(suite, "properties")
    for name, value in _properties(record).items():
        _under(properties, "property", name=name, value=value)
    _gate(suite, record)
    for check in record["checks"]:
        _case(suite, record["environment"], check)
    counted = {"tests": "testcase", "failures": "testcase/failure"}
    counted |= {"errors": "testcase/error", "skipped": "testcase/skipped"}
    for attribute, path in counted.items():
        suite.set(attribute, str(len(suite.findall(path))))
    suite.set("time", f"{sum(check['seconds'] for check in record['checks']):.3f}")
    suite.set("timestamp", record["started"])
    ET.indent(root)
    whole: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return whole


def _properties(record: Record) -> Mapping[str, str]:
    change = record["change"] or {}
    named = {
        "verdict": record["verdict"],
        "environment": record["environment"],
        "step": record["step"] or "all",
        "phase": record["phase"],
        "change": change.get("number"),
        "read": record["read"],
        "judged_again": record["judged_again"],
        "version": record["suite"]["version"],
        "commit": record["suite"]["commit"],
    }
    return {name: value for name, value in named.items() if value}


def _gate(suite: ET.Element, record: Record) -> None:
    """The verdict as a case of its own: green for GO alone."""
    case = _under(suite, "testcase", classname=record["environment"], name="The gate", time="0.000")
    if record["verdict"] != "GO":
        told = f"{record['verdict']}: {meaning(record)}"
        kind = "error" if record["verdict"] == "INCOMPLETE" else "failure"
        _told(case, kind, record["verdict"], told, [*record["partial"], *record["unjudged"]])


def _case(suite: ET.Element, environment: str, check: Record) -> None:
    """A check: its class is the target, its name is the id, which stays, and the claim."""
    case = _under(
        suite,
        "testcase",
        classname=f"{environment}.{check['target'] or 'estate'}",
        name=f"{check['id']} {check['title']}",
        time=f"{check['seconds']:.3f}",
    )
    if check["outcome"] == "fail" and check["severity"] == "advice":
        _under(case, "skipped", message=f"advice: {check['reason']}")
    elif check["outcome"] == "fail":
        _told(case, "failure", check["severity"], check["reason"], _objects(check))
    elif check["outcome"] == "undetermined":
        _told(case, "error", "undetermined", check["reason"], _objects(check))
    elif check["outcome"] != "pass":
        _under(case, "skipped", message=f"{check['outcome']}: {check['reason']}")


def _told(case: ET.Element, tag: str, kind: str, reason: str, lines: list[str]) -> None:
    told = _under(case, tag, type=kind, message=reason)
    rest = len(lines) - SHOWN
    more = [f"and {rest} more, see results.json"] if rest > 0 else []
    told.text = "\n".join(visible(line) for line in (reason, *lines[:SHOWN], *more))


def _under(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    """A new element whose attributes XML allows."""
    return ET.SubElement(parent, tag, {name: one_line(text) for name, text in attributes.items()})


def _objects(check: Record) -> list[str]:
    """What was found, object by object, and what to do: first, for it must not be cut off."""
    lines = [f"what to do: {check['remediation']}"] if check["outcome"] == "fail" else []
    for one in check["findings"]:
        waived = f" (waived: {one['waiver']['ticket']})" if one["waiver"] else ""
        found = f"found {one['found']}, expected {one['expected']}"
        lines.append(f"{one['subject']}: {found}{waived}")
    return lines + [f"{one['subject']}: {one['reason']}" for one in check["unknown"]]
