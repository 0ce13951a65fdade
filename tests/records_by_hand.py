"""Evidence made by hand, in the form of ``docs/results.schema.json``, for renderings alone."""

from __future__ import annotations

from typing import Any

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "+1",
    "-1",
    "<r><t>raw</t></r>",
    "a|b `tick` ``two`` `",
    "](javascript:alert(1))",
    "@everyone #1 **bold** _x_",
    "two\nlines\r\n# GO: the change may start",
    "bell\x07 escape\x1b[2J null\x00 not a character\uffff",
    "turned\u202eog",
    "half\ud800",
    "_x0041_",
    "&amp; \" ' </td></table>",
    "関門 🚪",
)
"""Names that an estate may hold, and that no rendering may obey."""


def check(id_: str, outcome: str = "fail", **values: Any) -> dict[str, Any]:
    """A check of the evidence."""
    return {
        "id": id_,
        "title": f"The claim of {id_}",
        "why": "something breaks",
        "severity": "blocker",
        "target": "vc-main",
        "outcome": outcome,
        "reason": f"why {id_} ended so",
        "examined": 1,
        "findings": [finding("vm-0")] if outcome == "fail" else [],
        "unknown": [],
        "attested": [],
        "attestable": "configuration",
        "questions": [],
        "notes": [],
        "rests_on": [],
        "waiver": None,
        "remediation": f"do for {id_}",
        "references": ["table:tools_esxi"],
        "steps": [],
        "phases": ["pre"],
        "seconds": 0.5,
        **values,
    }


def cause(check: dict[str, Any]) -> dict[str, Any]:
    """Why a check of the evidence is undetermined."""
    reasons = [one["reason"] for one in check["unknown"]] or [check["reason"]]
    return {
        "reason": reasons[0],
        "remedy": "read",
        "objects": [one["subject"] for one in check["unknown"]],
        "keeps": [[check["id"], check["target"]]],
    }


def finding(subject: str, **values: Any) -> dict[str, Any]:
    """A finding of a check."""
    plain = {"found": "off", "expected": "on", "severity": "blocker", "source": None}
    return {"subject": subject, **plain, "waiver": None, **values}


def waiver(id_: str, **values: Any) -> dict[str, Any]:
    """A waiver of the evidence."""
    return {
        "check": id_,
        "subject": "vm-*",
        "reason": "replaced next week",
        "approver": "A. Sato",
        "ticket": "CHG1",
        "expires": "2027-01-31",
        "run": None,
        "signer": None,
        "state": "used",
        "matched": 2,
        **values,
    }


def target(name: str, **values: Any) -> dict[str, Any]:
    """A target of the evidence, wholly read."""
    return {
        "name": name,
        "kind": "vcenter",
        "address": f"{name}.example.jp",
        "product": "VMware vCenter Server",
        "version": "6.7.0",
        "build": "1",
        "read": True,
        "reason": None,
        "parts": ["hosts"],
        "unread": {},
        "attested": {},
        "seconds": 1.0,
        **values,
    }


def record(checks: list[dict[str, Any]], **values: Any) -> dict[str, Any]:
    """The evidence of a run that came to these checks."""
    outcomes = [one["outcome"] for one in checks]
    judged = ("pass", "fail", "waived", "attested")
    passed, failed, waived, attested = (outcomes.count(word) for word in judged)
    return {
        "schema": "kanmon/results/2",
        "suite": {"version": "0.1.0", "commit": "0123456789abcdef-dirty"},
        "environment": "prod",
        "simulated": False,
        "change": {
            "number": "CHG7",
            "window": {"start": "2026-12-05T22:00:00+09:00", "end": "2026-12-06T06:00:00+09:00"},
        },
        "upgrade": {"vcenter": "7.0 U2", "esxi": "7.0 U2", "nsx": None, "deep_security": None},
        "tolerances": {},
        "software": {
            "compared_with": "git HEAD",
            "changed": [],
            "own": [],
            "plugins": ["pytest 9.2.0"],
            "strangers": [],
        },
        "step": None,
        "phase": "pre",
        "verdict": "NO-GO",
        "runner": "operator",
        "valid_until": None,
        "partial": [],
        "unjudged": [],
        "judged_again": None,
        "read": "2026-11-25T10:00:00+00:00",
        "started": "2026-11-25T10:00:00+00:00",
        "finished": "2026-11-25T10:01:00+00:00",
        "coverage": {
            "planned": len(checks),
            "judged": passed + failed + waived + attested,
            "passed": passed,
            "failed": failed,
            "undetermined": outcomes.count("undetermined"),
            "not_applicable": outcomes.count("not applicable"),
            "waived": waived,
            "attested": attested,
        },
        "plan": None,
        "targets": [target("vc-main")],
        "waivers": [],
        "attestations": [],
        "estate": {"agents": [], "guests": [], "hosts": []},
        "baseline": None,
        "rejudged": None,
        "approved": None,
        "knowledge": [],
        "causes": [cause(one) for one in checks if one["outcome"] == "undetermined"],
        "checks": checks,
        "messages": [],
        **values,
    }
