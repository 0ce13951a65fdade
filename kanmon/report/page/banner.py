"""The first screen: may we go, what stands against it, how much was looked at."""

from __future__ import annotations

from collections.abc import Iterator

from kanmon.report.page.checks import anchor
from kanmon.report.page.markup import Content, Html, items, join, pairs, safe, tag
from kanmon.report.plain import cut
from kanmon.report.translate import Translator
from kanmon.report.words import (
    Record,
    alone,
    failed,
    headline,
    left_out,
    moment,
    not_whole,
    outcome,
    overlay,
    tally,
    trouble,
    unread,
    valid,
    where,
)

FIRST = 6
"""Lines of what stands against it; the page below has all of them."""
LENGTH = 160
"""Characters of one of them."""
NAMED = 3
"""Checks that a run left out and that are named; ``results.json`` has all of them."""
PRODUCTS = (
    ("vcenter", "vCenter"),
    ("esxi", "ESXi"),
    ("nsx", ""),  # its version names the product
    ("deep_security", "Deep Security"),
)


def banner(record: Record, tr: Translator) -> Html:
    """The verdict, the answers to the board's three questions, and what the run was about."""
    verdict = record["verdict"]
    answers = tag(
        "div",
        _answer(tr("May we go?"), _may_we_go(record, tr)),
        _answer(tr("What stands against it?"), _against(record, tr)),
        _answer(tr("How much was looked at?"), _looked_at(record, tr)),
        class_="k-answers",
    )
    return join((tag("section", answers, class_=f"k-banner k-{verdict}"), _about(record, tr)))


def _answer(question: str, body: Html) -> Html:
    return tag("div", tag("h2", question), body)


def _may_we_go(record: Record, tr: Translator) -> Html:
    said = headline(record, tr)
    known = tag("p", tr("This estate is simulated.")) if record["simulated"] else Html("")
    return join(
        (
            tag("p", tr(record["verdict"]), class_="k-verdict"),
            tag("p", f"{said[:1].upper()}{said[1:]}", class_="k-meaning"),
            tag("p", tally(record, tr)),
            tag("p", valid(record, tr)),
            *(tag("p", told) for told in alone(record, tr)),
            known,
        )
    )


def _against(record: Record, tr: Translator) -> Html:
    """The blockers by name, then what nobody can say, then the number of the rest."""
    blockers = [
        tag("a", f"{where(check)}: {cut(trouble(check, tr), LENGTH)}", href=f"#{anchor(check)}")
        for check in failed(record, "blocker")
    ]
    lines: list[Content] = [*blockers, *_unsaid(record, tr)]
    shown, rest = lines[:FIRST], len(lines) - FIRST
    if rest > 0:
        shown.append(tag("a", tr("and {} more, below").format(rest), href="#against"))
    if warnings := len(failed(record, "warning")):
        said = f"{tr('Open warnings: to be signed off')} ({warnings})"
        shown.append(tag("a", said, href="#warnings"))
    if not lines:
        shown.insert(0, tr("Nothing blocks in what was judged."))
    return items(shown)


def _unsaid(record: Record, tr: Translator) -> Iterator[Content]:
    """One line for each reason why the run is not whole."""
    for target in unread(record):
        yield tr("Not wholly read: {}").format(target["name"])
    if undetermined := outcome(record, "undetermined"):
        said = tr("{} checks that nobody can answer").format(len(undetermined))
        yield tag("a", said, href="#undetermined")
    if left := left_out(record):
        yield tr("Left out of this run ({}): {}").format(len(left), ", ".join(left[:NAMED]))
    yield from (tr("Not whole: {}").format(tr(one)) for one in not_whole(record))
    if record["unjudged"]:
        yield tr("Nobody judged how the step ended: {}").format(", ".join(record["unjudged"]))


def _looked_at(record: Record, tr: Translator) -> Html:
    counted = record["coverage"]
    targets = [target for target in record["targets"] if target["parts"]]
    read = sum(target["read"] for target in targets)
    said = tr("{} of {} checks judged").format(counted["judged"], counted["planned"])
    words = ("passed", "attested", "waived", "failed", "undetermined", "not_applicable")
    return join(
        (
            tag("p", tag("b", said)),
            tag("p", tr("{} of {} targets read").format(read, len(targets))),
            pairs(((tr(w.replace("_", " ")), str(counted[w])) for w in words), "k-counts"),
        )
    )


def _about(record: Record, tr: Translator) -> Html:
    """What was asked, of what, when, and by which kanmon."""
    change = record["change"] or {}
    window = change.get("window")
    upgrade = record["upgrade"]
    wanted = [f"{product} {upgrade[key]}".strip() for key, product in PRODUCTS if upgrade[key]]
    facts: list[tuple[str, Content]] = [
        (tr("Change"), change.get("number") or tr("none named")),
        (tr("Window"), _times(window, tr) if window else tr("none named")),
        (tr("Step"), tr(record["step"]) if record["step"] else tr("all steps")),
        (tr("Phase"), tr(record["phase"])),
        (tr("Environment"), record["environment"]),
        (tr("Upgrade to"), ", ".join(wanted) or tr("nothing named")),
        (tr("Read"), moment(record["read"])),
        (tr("Judged"), moment(record["finished"])),
        ("kanmon", f"{record['suite']['version']} {_commit(record)}".strip()),
    ]
    facts += _own(record, tr)
    if own := overlay(record):
        facts.append((tr("Operator's overlay"), own))
    if record["judged_again"]:
        facts.append((tr("Facts of an earlier run"), record["judged_again"]))
    return tag("section", pairs(facts), class_="k-about")


def _own(record: Record, tr: Translator) -> Iterator[tuple[str, Content]]:
    """What is not kanmon's as it was released: files, tolerances; what is, is not worth a line."""
    software, tolerances = record["software"], record["tolerances"]
    if not software["compared_with"]:
        yield tr("Files of kanmon"), tr("not compared: neither git nor a RECORD is there")
    if changed := software["changed"]:
        yield tr("Changed files of kanmon"), ", ".join(changed)
    if own := software["own"]:
        yield tr("Files of your own"), ", ".join(own)
    if tolerances:
        said = (f"{key} = {value:g}" for key, value in tolerances.items())
        yield tr("Tolerances of your own"), ", ".join(said)


def _times(window: Record, tr: Translator) -> Html:
    """From when to when; neither is broken over lines."""
    ends = (tag("span", moment(window[key]), class_="k-short") for key in ("start", "end"))
    return Html(safe(tr("{} to {}")).format(*ends))


def _commit(record: Record) -> str:
    commit = record["suite"]["commit"] or ""
    return commit[:12] + ("-dirty" if commit.endswith("-dirty") else "")
