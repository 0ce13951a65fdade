"""What a run was about, as every rendering says it first."""

from __future__ import annotations

from kanmon.report.translate import Translator
from kanmon.report.words import Record, moment
from kanmon.text import Text

COUNTS = (
    ("planned", "planned"),
    ("judged", "judged"),
    ("passed", "passed"),
    ("failed", "failed"),
    ("undetermined", "undetermined"),
    ("not_applicable", Text("not applicable")),
    ("waived", "waived"),
    ("attested", "attested"),
)
"""The keys of the coverage, and their words."""


def about(record: Record, translate: Translator) -> list[tuple[str, str]]:
    """(name, value) of everything that says which run this is."""
    change = record["change"] or {}
    window = change.get("window")
    simulated = f" ({translate('simulated')})" if record["simulated"] else ""
    facts = [
        (Text("Change"), change.get("number") or translate("none named")),
        (Text("Window"), _window(window, translate) if window else translate("none named")),
        (Text("Environment"), record["environment"] + simulated),
        (Text("Step"), record["step"] or translate("all steps")),
        (Text("Phase"), translate(record["phase"])),
        (Text("Read"), moment(record["read"])),
        (Text("Judged"), moment(record["finished"])),
        ("kanmon", _suite(record["suite"])),
    ]
    if life := record["valid_until"]:
        until = f"{moment(life['at'])} ({translate(life['why'])})"
        facts.append((Text("Holds until"), until))
    if record["judged_again"]:
        facts.append((Text("Facts of an earlier run"), record["judged_again"]))
    return [(translate(name), value) for name, value in facts]


def counted(record: Record, translate: Translator) -> list[tuple[str, int]]:
    """(word, number of checks) of the coverage."""
    return [(translate(word), record["coverage"][key]) for key, word in COUNTS]


def _window(window: Record, translate: Translator) -> str:
    return translate("{} to {}").format(moment(window["start"]), moment(window["end"]))


def _suite(suite: Record) -> str:
    """Version and commit, as short as git shows it."""
    commit = suite["commit"] or ""
    edited = "-dirty" if commit.endswith("-dirty") else ""
    return f"{suite['version']} {commit[:12]}{edited}".strip()
