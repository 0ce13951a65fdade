"""The page that a change board reads: plain HTML, complete without scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from kanmon.check import Card
from kanmon.report import plan_html
from kanmon.report.page import context
from kanmon.report.page.banner import banner
from kanmon.report.page.checks import Checks
from kanmon.report.page.estate import glance
from kanmon.report.page.markup import Html, join, tag
from kanmon.report.translate import Translator
from kanmon.report.words import Record
from kanmon.text import Text

_HERE = Path(__file__).parent
STYLE = f"<style>{(_HERE / 'report.css').read_text(encoding='utf-8')}</style>"
SCRIPT = f"<script>{(_HERE / 'report.js').read_text(encoding='utf-8')}</script>"
LABELS = {
    "blocker": "blocker",
    "warning": "warning",
    "advice": "advice",
    "undetermined": "undetermined",
    "waived": "waived",
    "attested": "attested",
    "pass": "passed",
    "not applicable": Text("not applicable"),
}
"""How a check ended, as the page's filter names it."""


def page(record: Record, language: str, tr: Translator) -> str:
    """Verdict first, then what stands against it, then what the judgement rests on.

    Args:
        record: the run's ``results.json``.
        language: of the texts, as HTML names it: "en", "ja".
        tr: into that language.
    """
    checks = Checks(record, tr)
    plan = record["plan"]
    body = (
        context.approved(record, tr),
        checks.against(),
        checks.undetermined(),
        checks.lesser(),
        context.comparison(record, tr),
        context.rejudged(record, tr),
        context.people(record, tr),
        Html(plan_html.section(plan, record["step"], tr)) if plan else Html(""),
        glance(record, tr),
        context.targets(record, tr),
        checks.passed(),
        checks.not_applicable(),
        context.knowledge(record, tr),
        context.sign_off(record, tr),
    )
    parts = (
        banner(record, tr),
        _contents(body, tr),
        *body,
        tag("h2", tr("For engineers: every item as pytest saw it"), class_="k-engineers"),
    )
    words = {
        "search": tr("Search in all checks"),
        "all": tr("all"),
        "shown": tr("{} of {} shown").format("{found}", "{all}"),
        "outcome": tr("Outcome"),
        "target": tr("Target"),
        "nothing": tr("Nothing matches."),
        "words": json.dumps({label: tr(word) for label, word in LABELS.items()}),
    }
    told = {f"data_{key}": word for key, word in words.items()}
    return tag("main", *parts, class_="kanmon", lang=language, **told) + SCRIPT


def _contents(body: Sequence[Html], tr: Translator) -> Html:
    """Where to find what, of the sections that have something to say."""
    places = (
        ("approved", Text("What the board approved")),
        ("against", Text("Blockers")),
        ("people", Text("Waivers and attestations")),
        ("targets", Text("Targets")),
        ("passed", Text("Passed")),
        ("knowledge", Text("Knowledge")),
        ("sign-off", Text("Sign-off")),
    )
    links = [
        tag("a", tr(name), href=f"#{place}")
        for place, name in places
        if any(f' id="{place}"' in section for section in body)
    ]
    return tag("nav", join(links, " "), aria_label=tr("Contents"))


def not_judged(tr: Translator) -> str:
    """The page of a run that ended before its verdict."""
    verdict = tag("p", tr("NOT JUDGED"), class_="k-verdict")
    said = tag("p", tr("The run ended before a verdict: this page holds none."))
    return tag(
        "main", tag("section", verdict, said, class_="k-banner k-INCOMPLETE"), class_="kanmon"
    )


def row_cell(card: Card | None) -> str:
    """The cell of pytest-html's own table that names the check."""
    return tag("td", f"{card.id} {card.title}" if card else "", class_="col-check")
