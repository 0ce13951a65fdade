"""Checks: what was found, what was expected, what to do, and the rule's source."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from kanmon.gate.judgement import OVERLAY, remarks
from kanmon.report.page.markup import Content, Html, join, link, pairs, section, table, tag
from kanmon.report.translate import Translator
from kanmon.report.words import REMEDIES, Record, cause, failed, outcome, seen, trouble
from kanmon.text import Text

ROWS = 2000
"""Objects in the whole page; all of them are in ``results.json`` and ``report.xlsx``."""
MOST, LEAST = 100, 5
"""Objects of one check in the page."""
ESTATE = Text("the whole estate")


def anchor(check: Record) -> str:
    """The id of a check's place in the page: ids and slugs are plain words."""
    return "-".join(filter(None, (check["id"], check["target"])))


class Checks:
    """The checks of a run as parts of its page.

    Args:
        record: the run's ``results.json``.
        tr: of the language.
    """

    def __init__(self, record: Record, tr: Translator) -> None:
        self._record = record
        self._tr = tr
        listed = [
            c
            for c in record["checks"]
            if c["findings"] or c["unknown"] or c["attested"] or c["notes"]
        ]
        self._shown = max(LEAST, min(MOST, ROWS // max(1, len(listed))))
        self._products = {target["name"]: target["product"] for target in record["targets"]}

    def against(self) -> Html:
        """What stands against it: the blockers, or the words that there is none."""
        tr = self._tr
        blockers = failed(self._record, "blocker")
        body = self._by_target(blockers) or tag("p", tr("Nothing blocks in what was judged."))
        return section(
            _counted(tr("Blockers: what stands against it"), blockers), body, anchor="against"
        )

    def undetermined(self) -> Html:
        """What nobody can say: first each reason once, then check by check."""
        tr, checks = self._tr, outcome(self._record, "undetermined")
        causes = join(map(self._cause, self._record["causes"]))
        title = _counted(tr("Undetermined: nobody can say"), checks)
        return section(title, causes, self._by_target(checks), anchor="undetermined")

    def _cause(self, one: Record) -> Html:
        """A cause once, with what helps and the checks that wait for it."""
        tr = self._tr
        waiting = [
            tag("a", id_, href=f"#{anchor({'id': id_, 'target': slug})}")
            for id_, slug in one["keeps"]
        ]
        told: list[tuple[str, Content]] = [(tr("What to do"), tr(REMEDIES[one["remedy"]]))]
        if waiting:
            told.append((tr("So undetermined"), join(waiting, ", ")))
        said = tag("p", tag("b", cause(one, tr)))
        return tag("div", said, pairs(told, "k-do"), class_="k-cause")

    def lesser(self) -> Html:
        """Open warnings, advice, and what named persons accepted or answer for."""
        tr, record = self._tr, self._record
        groups = (
            ("warnings", Text("Open warnings: to be signed off"), failed(record, "warning")),
            ("advice", Text("Advice: know it"), failed(record, "advice")),
            (
                "waived",
                Text("Waived: found, and accepted by a named person"),
                outcome(record, "waived"),
            ),
            (
                "attested",
                Text("Attested: not seen, and a named person answers for it"),
                outcome(record, "attested"),
            ),
        )
        return join(
            section(_counted(tr(title), checks), self._by_target(checks), anchor=name)
            for name, title, checks in groups
        )

    def passed(self) -> Html:
        """What complies, in short, with what the board is to know of it."""
        tr, checks = self._tr, outcome(self._record, "pass")
        notes = [(check, note) for check in checks for note in check["notes"][: self._shown]]
        known = table(
            (tr("Check"), tr("Object"), tr("Good to know")),
            ((f"{c['id']} {c['target'] or ''}", n["subject"], tr(n["text"])) for c, n in notes),
            told=({"class_": "k-note", **self._filtered_by(c, "pass")} for c, _ in notes),
        )
        return section(_counted(tr("Passed"), checks), self._short(checks), known, anchor="passed")

    def not_applicable(self) -> Html:
        """What has no meaning here, and why."""
        checks = outcome(self._record, "not applicable")
        title = _counted(self._tr("Not applicable"), checks)
        return section(title, self._short(checks), anchor="not-applicable")

    def _short(self, checks: Sequence[Record]) -> Html:
        """One row for each check."""
        tr = self._tr
        header = (tr("Check"), tr("Claim"), tr("Target"), tr("Outcome"), tr("Sources"))
        rows = (
            (c["id"], tr(c["title"]), c["target"] or tr(ESTATE), tr(c["reason"]), self._sources(c))
            for c in checks
        )
        return table(header, rows, told=[self._filtered_by(c, c["outcome"]) for c in checks])

    def _by_target(self, checks: Sequence[Record]) -> Html:
        """The checks under the product and target that they are about."""
        ordered = sorted(checks, key=self._place)
        return join(
            tag("div", tag("h3", " ".join(place)), *map(self._article, ones), class_="k-group")
            for place, ones in groupby(ordered, key=self._place)
        )

    def _place(self, check: Record) -> tuple[str, str]:
        slug = check["target"]
        return (self._products.get(slug, ""), slug) if slug else ("", self._tr(ESTATE))

    def _article(self, check: Record) -> Html:
        tr = self._tr
        label = check["severity"] if check["outcome"] == "fail" else check["outcome"]
        style = f"k-{label.replace(' ', '-')}"
        said = tag("span", tr(label), class_=f"k-label {style}")
        lead, second = self._lead(check)
        return tag(
            "article",
            tag("h4", said, f" {lead}"),
            tag("p", second),
            self._findings(check),
            self._unknown(check["unknown"]),
            self._attested(check["attested"]),
            self._notes(check["notes"]),
            self._what_to_do(check),
            id=anchor(check),
            class_=style,
            **self._filtered_by(check, label),
        )

    def _lead(self, check: Record) -> tuple[str, str]:
        """What is wrong, then the claim; the claim alone where nothing is."""
        tr, claim = self._tr, self._tr(check["title"])
        if check["outcome"] == "fail":
            return f"{check['id']}: {trouble(check, tr)}", f"{claim}: {tr(check['reason'])}"
        return f"{check['id']} {claim}", tr(check["reason"])

    def _filtered_by(self, check: Record, label: str) -> dict[str, str]:
        """What the page's script filters a check by."""
        return {"data_outcome": label, "data_target": check["target"] or self._tr(ESTATE)}

    def _what_to_do(self, check: Record) -> Html:
        tr = self._tr
        told: list[tuple[str, Content]] = [
            (tr("What to do"), tr(check["remediation"])),
            (tr("Why it matters"), tr(check["why"])),
        ]
        if check["outcome"] == "undetermined":
            told[:1] = [(tr("What it asks"), tr(check["remediation"]))]
        if sources := self._sources(check):
            told.append((tr("Sources"), sources))
        return pairs(told, "k-do")

    def _findings(self, check: Record) -> Html:
        """The first findings: those that stand before those that are waived."""
        tr = self._tr
        findings = sorted(check["findings"], key=lambda one: one["waiver"] is not None)
        header = (tr("Object"), tr("Found"), tr("Expected"), tr("Severity"), tr("Rule"))
        rows = (
            (
                one["subject"],
                tr(one["found"]),
                tr(one["expected"]),
                self._weight(one),
                self._rule(one),
            )
            for one in findings[: self._shown]
        )
        return join((table(header, rows), self._more(findings)))

    def _weight(self, finding: Record) -> str:
        """How much a finding weighs, or who accepted it."""
        waiver = finding["waiver"]
        if waiver is None:
            return self._tr(finding["severity"])
        return self._tr("waived by {}, {}").format(waiver["approver"], waiver["ticket"])

    def _unknown(self, unknown: Sequence[Record]) -> Html:
        tr = self._tr
        rows = ((one["subject"], tr(one["reason"])) for one in unknown[: self._shown])
        header = (tr("Object that could not be judged"), tr("Why"))
        return join((table(header, rows), self._more(unknown)))

    def _attested(self, attested: Sequence[Record]) -> Html:
        tr = self._tr
        header = (tr("Object"), tr("Could not be judged"), tr("What was seen"), tr("By"))
        rows = (
            (one["subject"] or tr("the whole claim"), tr(one["reason"]), one["says"], _person(one))
            for one in attested[: self._shown]
        )
        return join((table(header, rows), self._more(attested)))

    def _notes(self, notes: Sequence[Record]) -> Html:
        tr = self._tr
        rows = ((one["subject"], tr(one["text"])) for one in notes[: self._shown])
        return join((table((tr("Object"), tr("Good to know")), rows), self._more(notes)))

    def _more(self, records: Sequence[Record]) -> Html:
        rest = len(records) - self._shown
        if rest <= 0:
            return Html("")
        said = self._tr("and {} more: the full table is in").format(rest)
        return tag("p", f"{said} ", tag("a", "report.xlsx", href="report.xlsx"), class_="k-more")

    def _rule(self, finding: Record) -> Content:
        source = finding["source"]
        if source is None:
            return self._tr("the claim itself")
        known = [self._tr(one) for one in remarks(source["confidence"], overlay=source["overlay"])]
        said = "; ".join([source["title"], self._tr(source["confidence"]), *known])
        return link(source["url"], said)

    def _sources(self, check: Record) -> Html:
        """Each row that the judgement rests on, once, and the check's own references."""
        tr = self._tr
        cited = {
            (s["title"], s["url"], s["confidence"], s["retrieved"], s["overlay"])
            for s in [*check["rests_on"], *(f["source"] for f in check["findings"] if f["source"])]
        }
        told: list[Content] = []
        for title, url, confidence, retrieved, own in sorted(cited):
            known = [tr(confidence), tr("retrieved {}").format(retrieved)]
            known += [tr(OVERLAY)] if own else []
            told.append(join((link(url, title), f" ({', '.join(known)})")))
        own_refs = (ref for ref in check["references"] if not ref.startswith("table:"))
        return join([*told, *(link(*_reference(ref)) for ref in own_refs)], "; ")


def _person(attested: Record) -> str:
    """Who answers for it, and when it was seen."""
    return f"{attested['by']}, {seen(attested)}"


def _reference(ref: str) -> tuple[str, str]:
    """The address in a reference, and its words: "https://... (what it is)"."""
    address, _, words = ref.partition(" ")
    return address, words.strip("()") or address


def _counted(title: str, checks: Sequence[Record]) -> str:
    return f"{title} ({len(checks)})" if checks else title
