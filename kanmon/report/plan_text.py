"""The plan as text, for a terminal or a ticket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kanmon.report.translate import Translator
from kanmon.text import Text

Record = Mapping[str, Any]

DOUBTS = {
    "unverified yes": Text("rests on an unverified row, confirm with the vendor: {}"),
    "unverified no": Text("an unverified row says no, confirm with the vendor: {}"),
    "open": Text("rows differ, confirm with the vendor: {}"),
    "silence": Text("confirm with the vendor: {}"),
}


def text(plan: Record, title: str, tr: Translator) -> str:
    """The plan, step by step, with what forces it and what stands in its way, then the sources.

    Args:
        plan: as ``kanmon.planning.record`` makes it.
        title: its first line.
        tr: of the language.
    """
    rows = _Rows(tr)
    lines = [title, ""]
    if not plan["steps"]:
        done = plan["arrives"] and not plan["unknown"]
        lines += [tr(Text("Nothing is left to do.") if done else Text("There is no plan.")), ""]
    for number, step in enumerate(plan["steps"], start=1):
        lines += [f"{number}. {step['name']}", *_moves(step, rows), *_reasons(step, rows), ""]
    lines += _dead_ends(plan["dead_ends"], rows)
    for one in plan["unknown"]:
        lines.append(tr("Nobody can say: {}: {}").format(one["subject"], tr(one["reason"])))
    lines += _declared(plan["declared"], rows) if plan["declared"] else []
    return "\n".join([*lines, *rows.sources()]).replace("\n\n\n", "\n\n").rstrip()


def component(one: Record, tr: Translator) -> str:
    """A component and what it belongs to."""
    return tr("{} of {}").format(tr(one["component"]), one["owner"])


def question(row: Record, tr: Translator) -> str:
    """What was asked of the tables."""
    template, *places = row["asked"]
    return tr(template).format(*map(tr, places))


def change(move: Record, tr: Translator) -> str:
    """What moves from what to what."""
    before, after = (", ".join(move[key]) or tr("none") for key in ("before", "after"))
    return f"{before} -> {after}"


def trust(source: Record, tr: Translator) -> str:
    """How far a row can be trusted, and whether it is the operator's own."""
    own = [tr("from the operator's overlay")] if source["overlay"] else []
    return ", ".join([tr(source["confidence"]), *own])


def releases(step: Record) -> str:
    """The releases at which a step stops: of vCenter and ESXi, or of NSX on its way in the step."""
    made = [one for one in step["moves"] if one["component"] in ("vCenter", "ESXi")]
    made = made or step["moves"][:-1]
    return ", ".join(dict.fromkeys(version for move in made for version in move["after"]))


class _Rows:
    """Rows of tables as text, each with the number of its source."""

    def __init__(self, tr: Translator) -> None:
        self.tr = tr
        self._numbers: dict[str, int] = {}

    def told(self, row: Record) -> str:
        """The question, how far the answer can be trusted, and where it comes from."""
        asked = question(row, self.tr)
        found = row["source"]
        if found is None:
            return f"{asked} ({self.tr('no row answers')})"
        told = f"{found['title']}, {found['url']}"
        told += f" ({found['note']})" if found["note"] else ""
        number = self._numbers.setdefault(told, len(self._numbers) + 1)
        return f"{asked} ({trust(found, self.tr)}, [{number}])"

    def sources(self) -> Iterator[str]:
        """Every source that was told, by its number."""
        if self._numbers:
            yield from ("", self.tr("Sources"))
        for told, number in self._numbers.items():
            yield f"   [{number}] {told}"


def _moves(step: Record, rows: _Rows) -> Iterator[str]:
    for move in step["moves"]:
        yield f"   {component(move, rows.tr)}: {change(move, rows.tr)}"
        for doubt in move["doubts"]:
            yield "      " + rows.tr(DOUBTS[doubt["word"]]).format(rows.told(doubt))


def _reasons(step: Record, rows: _Rows) -> Iterator[str]:
    if step["detours"]:
        yield "   " + rows.tr("Why it stops at {}: these are closed").format(releases(step))
        yield from (f"      {rows.told(row)}" for row in step["detours"])
    for order in step["orders"]:
        yield "   " + rows.tr("After {}: before it these are closed").format(order["after"])
        yield from (f"      {rows.told(row)}" for row in order["rows"])


def _dead_ends(ends: Sequence[Record], rows: _Rows) -> Iterator[str]:
    tr = rows.tr
    if not ends:
        return
    yield tr("No way leads to the end. This is the nearest state, and every way on is closed:")
    for end in ends:
        stands = ", ".join(end["stands"])
        yield "   " + tr("{}: {}, not yet {}").format(component(end, tr), stands, end["goal"])
        yield from (f"      {rows.told(row)}" for row in end["rows"])


def _declared(declared: Record, rows: _Rows) -> Iterator[str]:
    """What becomes of the operator's own order."""
    tr, refused = rows.tr, declared["refused"]
    yield tr("The declared order: {}").format(", ".join(declared["steps"]))
    if refused:
        where = tr("it is refused at {}, {}:").format(refused["step"], component(refused, tr))
        yield f"   {where}"
        yield from (f"      {rows.told(row)}" for row in refused["rows"])
    for one in declared["missing"]:
        yield "   " + tr("it leaves behind: {}").format(component(one, tr))
    if not refused and not declared["missing"]:
        yield "   " + tr("it works")
