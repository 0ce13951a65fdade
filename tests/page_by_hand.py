"""Pages of evidence made by hand, in the shell that a real run gave its own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from kanmon.report.page import page
from kanmon.report.translate import translator
from tests.records_by_hand import check, finding, record, target, waiver

MAIN = re.compile(r"<main.*</main><script>.*?</script>", re.DOTALL)
NAMES = ("<img src=x onerror=alert(1)>", '"><script>window.hacked=1</script>')
"""What a VM may be called to run a script in the page."""
WORDS = {"schema", "verdict", "phase", "step", "outcome", "severity", "state", "confidence", "word"}
WORDS |= {"remedy"}
IDS = {"target", "name", "kind", "check", "id", "component", "table", "status", "url", "keeps"}
TIMES = {"retrieved", "review_by", "read", "started", "finished", "start", "end", "date", "expires"}
PLAIN = WORDS | IDS | TIMES
"""Keys whose values the schema or the environment file bounds: no name of the estate gets there."""


def put(shell: str, values: dict[str, Any], file: Path) -> Path:
    """The page of some evidence, as a file.

    Args:
        shell: the report of a real run, whose own part is replaced.
        values: the evidence.
        file: to be written.
    """
    made = page(values, "en", translator("en"))
    text, number = MAIN.subn(lambda _: made, shell)
    assert number == 1
    file.write_text(text, encoding="utf-8")
    return file


def everything() -> dict[str, Any]:
    """Evidence that has something to show in every part of the page."""
    rule = {"table": "tools_esxi", "row": "r", "title": "A rule", "url": "https://example.com/rule"}
    rule |= {"confidence": "documented", "retrieved": "2026-11-01", "overlay": False}
    accepted = {"ticket": "CHG1", "approver": "A. Sato", "reason": "known", "expires": "2027-01-31"}
    told = {"notes": [{"subject": "vm-5", "text": "a note"}], "rests_on": [rule]}
    unknown = [{"subject": "vm-3", "reason": "no answer"}]
    return record(
        [
            check("A-A-001", findings=[finding("vm-1", source=rule)], **told),
            check("A-A-002", severity="warning", findings=[finding("vm-2")]),
            check("A-A-003", severity="advice", findings=[finding("vm-2")], target=None),
            check("A-A-004", "undetermined", unknown=unknown),
            check("A-A-005", "waived", findings=[finding("vm-4", waiver=accepted)]),
            check("A-A-006", "pass", target="dsm", **told),
            check("A-A-007", "not applicable", target=None),
        ],
        targets=[target("vc-main"), target("dsm", kind="dsm", read=False, reason="no answer")],
        waivers=[waiver("A-A-005")],
        attestations=[
            {"check": "A-A-006", "target": None, "subjects": ["x"], "answers": "why {x}"}
            | {"by": "A. Engineer", "seen": "2026-11-24", "says": "seen"}
            | {"state": "used", "matched": 1}
        ],
        baseline={"run": "before", "read": "2026-11-24T10:00:00+00:00", "verdict": "GO"}
        | {"step": None, "phase": "pre", "changes": [_change("vm-6"), _change("vm-7")]}
        | {"not_compared": [{"target": "dsm", "part": "computers", "reason": "no answer"}]},
        estate={
            "agents": [{"target": "dsm", "version": "11.0", "status": "online", "count": 3}],
            "guests": [{"target": "vc-main", "tools": "10.3.10", "count": 4}],
            "hosts": [{"target": "vc-main", "version": "6.7.0", "build": "1", "count": 2}],
        },
    )


def _change(name: str) -> dict[str, Any]:
    where = {"change": "changed", "kind": "VM", "id": "vm-6", "name": name, "target": "vc-main"}
    return where | {"field": "power", "before": "on", "after": "off", "expected": name == "vm-7"}


def hostile(value: Any, key: str = "") -> Any:
    """The same evidence, with hostile names in every text that an estate or a person can fill."""
    if isinstance(value, dict):
        return {name: hostile(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [hostile(inner, key) for inner in value]
    if not isinstance(value, str) or key in PLAIN:
        return value
    return f"{value} {' '.join(NAMES)} {'long' * 40}"


def many(checks: int, findings: int) -> dict[str, Any]:
    """Evidence of many findings, in the words of a real estate."""
    texts = {
        "found": "VMware Tools 10.1.0 (version 10246), running, policy manual",
        "expected": "VMware Tools 10.3.10 or newer, as the target NSX-T 3.1.2 asks",
    }
    rows = [finding(f"vm-{n:05}.example.jp (vm-{n})", **texts) for n in range(findings)]
    share = findings // checks
    return record(
        [check(f"A-A-{n:03}", findings=rows[n * share : (n + 1) * share]) for n in range(checks)]
    )
