"""What the judgement rests on: targets, waivers, attestations, the run before, the knowledge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from kanmon.report import approval
from kanmon.report.page.markup import Content, Html, join, section, table, tag
from kanmon.report.translate import Translator
from kanmon.report.words import Record, approver, moment, seen
from kanmon.text import Text

SHOWN = 100
"""Changes and rows of one list in the page."""


def targets(record: Record, tr: Translator) -> Html:
    """What was read, in which version, and what was not."""
    header = (
        Text("Target"),
        Text("Kind"),
        Text("Address"),
        Text("Product and version"),
        Text("Build"),
        Text("Read"),
        Text("Took"),
    )
    rows = (
        (
            one["name"],
            one["kind"],
            one["address"],
            " ".join(filter(None, (one["product"], one["version"]))) or tr("unknown"),
            one["build"] or "",
            _read(one, tr),
            f"{one['seconds']:.1f} s" if one["parts"] else "",
        )
        for one in record["targets"]
    )
    return section(tr("Targets"), table([tr(cell) for cell in header], rows), anchor="targets")


def _read(target: Record, tr: Translator) -> Content:
    if not target["parts"]:
        return tr("not needed by this run")
    if not target["read"]:
        return tag("b", tr("NOT READ: {}").format(tr(target["reason"])))
    if target["attested"]:
        return tr("read; a person answers for: {}").format(", ".join(target["attested"]))
    return tr("read")


def people(record: Record, tr: Translator) -> Html:
    """Who accepted what, and who answers for what no interface tells."""
    head = (
        Text("Waiver of"),
        Text("Object"),
        Text("Reason"),
        Text("Approver"),
        Text("Ticket"),
        Text("Until"),
        Text("State"),
    )
    waivers = table(
        [tr(cell) for cell in head],
        (_waiver(one, tr) for one in record["waivers"]),
        tr("Waivers"),
    )
    head_ = (
        Text("Attestation for"),
        Text("Target"),
        Text("Object"),
        Text("What was seen"),
        Text("By"),
        Text("When"),
        Text("State"),
    )
    attested = table([tr(cell) for cell in head_], _attested(record, tr), tr("Attestations"))
    return section(tr("Waivers and attestations"), waivers, attested, anchor="people")


def _waiver(waiver: Record, tr: Translator) -> tuple[str, ...]:
    what = (waiver["check"], waiver["subject"], waiver["reason"])
    by = (approver(waiver, tr), waiver["ticket"], waiver["expires"])
    return (*what, *by, _state(waiver, tr))


def _state(waiver: Record, tr: Translator) -> str:
    state = tr(waiver["state"])
    return f"{state} ({waiver['matched']})" if waiver["matched"] else state


def _attested(record: Record, tr: Translator) -> Iterator[Sequence[Content]]:
    for one in record["attestations"]:
        yield (
            one["check"],
            one["target"] or tr("the whole estate"),
            ", ".join(one["subjects"]) or tr("the whole claim"),
            one["says"],
            one["by"],
            seen(one),
            _state(one, tr),
        )


def approved(record: Record, tr: Translator) -> Html:
    """What is different from what the board saw; it stands before everything else."""
    told = record["approved"]
    if told is None:
        return Html("")
    header = (Text("What"), Text("Object"), Text("Before"), Text("Now"))
    rows = (
        (tr(one["kind"]), one["name"], _value(one["before"], tr), _value(one["now"], tr))
        for one in told["different"][:SHOWN]
    )
    rest = len(told["different"]) - SHOWN
    more = tr("and {} more in results.json").format(rest) if rest > 0 else ""
    body = (
        tag("p", tag("b", approval.said(told, tr))),
        table([tr(cell) for cell in header], rows),
        tag("p", more),
        tag("p", approval.not_seen(told, tr)),
    )
    return section(tr("What the board approved"), *body, anchor="approved")


def comparison(record: Record, tr: Translator) -> Html:
    """What changed since the baseline, unexpected changes first."""
    baseline = record["baseline"]
    if baseline is None:
        return Html("")
    said = tr("Compared with {}, read {}, which ended {}.").format(
        baseline["run"], moment(baseline["read"]), baseline["verdict"]
    )
    changes = sorted(baseline["changes"], key=lambda one: bool(one["expected"]))
    header = (
        Text("Change"),
        Text("Kind"),
        Text("Object"),
        Text("What"),
        Text("Before"),
        Text("Now"),
        Text("Expected"),
    )
    rows = [
        (
            tr(one["change"]),
            tr(one["kind"]),
            f"{one['name']} ({one['id']})",
            one["field"] or "",
            _value(one["before"], str),
            _value(one["after"], str),
            tr("by this step") if one["expected"] else tr("no"),
        )
        for one in changes[:SHOWN]
    ]
    rest = len(changes) - SHOWN
    more = tr("and {} more: the full table is in").format(rest) + " report.xlsx" if rest > 0 else ""
    missed = baseline["not_compared"]
    nothing = "" if changes or missed else tag("p", tr("Nothing changed."))
    unseen = table(
        [tr(cell) for cell in (Text("Target"), Text("Not compared"), Text("Why"))],
        ((one["target"], one["part"], tr(one["reason"])) for one in missed),
        tr("Not compared: nobody can say what changed there"),
    )
    listed = table([tr(cell) for cell in header], rows)
    body = (tag("p", said), nothing, unseen, listed, tag("p", more))
    return section(tr("What changed since the baseline"), *body, anchor="baseline")


def _value(value: object, tr: Translator) -> str:
    return "" if value is None else tr(str(value))


def rejudged(record: Record, tr: Translator) -> Html:
    """What a second judgement of the same facts says otherwise, and which tables changed since."""
    again = record["rejudged"]
    if again is None:
        return Html("")
    was, now = again["verdict"]["before"] or tr("no verdict"), again["verdict"]["now"]
    said = tr("The facts of {} were judged again: {} then, {} now.").format(again["run"], was, now)
    tables = ", ".join(one["table"] for one in again["tables"])
    changed = tr("Tables that changed since: {}").format(tables or tr("none"))
    checks = table(
        [
            tr(cell)
            for cell in (Text("Check"), Text("Target"), Text("Then"), Text("Now"), Text("Why"))
        ],
        (
            (
                c["id"],
                c["target"] or "",
                _ended(c["before"], tr),
                _ended(c["now"], tr),
                tr(c["why"]),
            )
            for c in again["checks"][:SHOWN]
        ),
    )
    same = "" if again["checks"] else tag("p", tr("Every check ended as it did then."))
    body = (tag("p", said), tag("p", changed), same, checks)
    return section(tr("Judged again"), *body, anchor="rejudged")


def _ended(side: Record | None, tr: Translator) -> str:
    return tr(side["outcome"]) if side else tr("not judged")


def knowledge(record: Record, tr: Translator) -> Html:
    """The tables that the judgement rests on, and how old they are."""
    judged = datetime.fromisoformat(record["finished"]).date()
    header = (
        Text("Table"),
        Text("What it holds"),
        Text("Oldest source"),
        Text("Review by"),
        Text("Unverified rows that this run rested on"),
        Text("Rows of the operator's overlay"),
    )
    rows = (
        (
            one["table"],
            tr(one["title"]),
            one["retrieved"],
            _review(one["review_by"], judged, tr),
            "; ".join(_some(one["unverified_rows_used"], tr)) or tr("none"),
            _own(one["overlay"], tr),
        )
        for one in record["knowledge"]
    )
    return section(tr("Knowledge"), table([tr(cell) for cell in header], rows), anchor="knowledge")


def _review(review_by: str, judged: date, tr: Translator) -> Content:
    days = (date.fromisoformat(review_by) - judged).days
    if days < 0:
        return join((review_by, " ", tag("b", tr("overdue"))))
    return f"{review_by} ({tr('in {} days').format(days)})"


def _own(overlay: Record | None, tr: Translator) -> str:
    """The operator's own rows of a table, and those that the run rested on."""
    if overlay is None:
        return tr("none")
    rows = "; ".join(_some(overlay["rows"], tr))
    used = "; ".join(_some(overlay["rows_used"], tr)) or tr("none")
    said = tr("{} (review by {}); this run rested on: {}")
    return said.format(rows, overlay["review_by"], used)


def _some(keys: Sequence[str], tr: Translator) -> Iterator[str]:
    yield from keys[:SHOWN]
    if (rest := len(keys) - SHOWN) > 0:
        yield tr("and {} more in results.json").format(rest)


def sign_off(record: Record, tr: Translator) -> Html:
    """Where the board writes its decision."""
    decisions = ("approved", Text("approved with the open warnings"), "refused")
    boxes = tag("p", *(tag("span", f"\u2610 {tr(word)}", class_="k-box") for word in decisions))
    header = (Text("Role"), Text("Name"), Text("Date"), Text("Signature"))
    roles = (
        *(Text("Performed by"), Text("Checked by"), Text("Approved by")),
        *(Text("Decides on the night"), Text("Time of the decision on the way back")),
    )
    rows = ((tr(role), "", "", "") for role in roles)
    said = tr("Decision on change {}, verdict {}").format(
        (record["change"] or {}).get("number") or tr("none named"), record["verdict"]
    )
    body = (tag("p", said), boxes, table([tr(cell) for cell in header], rows))
    return section(tr("Sign-off"), *body, anchor="sign-off", style="k-sign-off")
