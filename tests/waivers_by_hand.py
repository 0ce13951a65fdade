"""Waivers, files of them and judgements, made by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from kanmon.check import Card, Finding, Severity, Unknown
from kanmon.environment.file import parse
from kanmon.gate.accepted import load
from kanmon.gate.judgement import judge
from kanmon.gate.waivers import Waiver
from kanmon.gate.waiving import waive

ESTATE = (
    '[[vcenter]]\nslug = "vc"\naddress = "vc.example.jp"\ncredential = "c"\n'
    '[credentials.c]\nusername = "u"\npassword = "env:KANMON_TEST_PASSWORD"\n'
)
WAIVER = {
    "check": '"ESX-STATE-001"',
    "subject": '"esx-02.example.jp (host-22)"',
    "reason": '"in repair"',
    "approver": '"Hanako Sato"',
    "ticket": '"CHG1-W1"',
    "expires": "2026-12-31",
}
NOW = datetime(2026, 12, 5, 21, 30, tzinfo=UTC)
BLOCKER, WARNING = Severity.BLOCKER, Severity.WARNING
CARD = Card("ESX-STATE-001", "t", "w", BLOCKER, ("manager",), ("pre",), "r", ("https://x",))
CARDS = {CARD.id: CARD}


def waiver(subject="esx-02*", **changes):
    values = {
        "check": CARD.id,
        "subject": subject,
        "reason": "in repair",
        "approver": "Hanako Sato",
        "ticket": "CHG1-W1",
        "expires": date(2026, 12, 31),
    }
    return Waiver.model_validate({**values, **changes})


def text(**changes):
    """A file of one waiver; None leaves a key out."""
    values = {**WAIVER, **changes}
    lines = [f"{key} = {value}" for key, value in values.items() if value is not None]
    return "\n".join(["[[waiver]]", *lines, ""])


def environment():
    return parse(ESTATE, "prod", Path("/etc/kanmon/prod.toml"))


def read(home, content):
    """The waivers of a file with this content."""
    path = home / "prod.waivers.toml"
    path.write_text(content, encoding="utf-8")
    return load(path, environment())


def failed(*subjects, unknown=(), severity=BLOCKER, own=None, examined=99):
    return judge(
        severity,
        examined=examined,
        of="hosts",
        findings=[Finding(subject, "6.5", "7.0", severity=own) for subject in subjects],
        unknown=[Unknown(subject, "no answer") for subject in unknown],
    )


def waived(judgement, *waivers, target="vc", card=CARD, now=NOW):
    return waive(judgement, card, target, waivers, now)
