"""The plan as a picture that needs no script: components down, steps across, what moves marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from kanmon.report.plan_text import DOUBTS, component, question, releases, trust
from kanmon.report.translate import Translator

Record = Mapping[str, Any]


def section(plan: Record, current: str | None, tr: Translator) -> str:
    """The whole section.

    Args:
        plan: as ``kanmon.planning.record`` makes it.
        current: the step that the run is about, None for all.
        tr: of the language.
    """
    body = _picture(plan, current, tr) + _refusals(plan, tr) + _reasons(plan["steps"], tr)
    return f'<section class="k-plan"><h2>{escape(tr("The plan"))}</h2>{body}</section>'


def _picture(plan: Record, current: str | None, tr: Translator) -> str:
    """A column for today and one for each step; the last one for what is never reached."""
    steps = plan["steps"]
    if not plan["components"]:
        return f"<p>{escape(tr('Nothing could be placed on a path.'))}</p>"
    here = next((n for n, step in enumerate(steps) if step["name"] == current), None)
    head = [f"<th>{escape(tr('Component'))}</th><th>{escape(tr('Today'))}</th>"]
    for number, step in enumerate(steps):
        mark = f"<br><b>{escape(tr('this step'))}</b>" if number == here else ""
        style = ' class="k-now"' if number == here else ""
        head.append(f"<th{style}>{number + 1}. {escape(step['name'])}{mark}</th>")
    stuck = {(end["component"], end["owner"]): end for end in plan["dead_ends"]}
    if stuck:
        head.append(f"<th>{escape(tr('Not reached'))}</th>")
    rows = [_row(one, here, stuck, tr) for one in plan["components"]]
    table = f"<thead><tr>{''.join(head)}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return f'<div class="k-scroll"><table>{table}</table></div>'


def _row(one: Record, here: int | None, stuck: Mapping[Any, Record], tr: Translator) -> str:
    cells = [f"<th>{escape(component(one, tr))}</th>"]
    stands = one["stands"]
    for number, value in enumerate(stands):
        moved = number > 0 and value != stands[number - 1]
        styles = ["k-moved"] if moved else []
        styles += ["k-now"] if here is not None and number == here + 1 else []
        style = f' class="{" ".join(styles)}"' if styles else ""
        arrow = "&#8594; " if moved else ""
        cells.append(f"<td{style}>{arrow}{escape(', '.join(value) or tr('none'))}</td>")
    if stuck:
        end = stuck.get((one["component"], one["owner"]))
        missed = (
            f'<td class="k-refused">&#10007; {escape(end["goal"])}</td>' if end else "<td></td>"
        )
        cells.append(missed)
    return f"<tr>{''.join(cells)}</tr>"


def _refusals(plan: Record, tr: Translator) -> str:
    """What no way leads to, what nobody can say, and what becomes of the operator's own order."""
    lines = [
        f'<p class="k-refused">{escape(line)}</p>'
        for line in (*_dead_ends(plan["dead_ends"], tr), *_unsaid(plan["unknown"], tr))
    ]
    return "".join(lines) + (_declared(plan["declared"], tr) if plan["declared"] else "")


def _dead_ends(ends: Sequence[Record], tr: Translator) -> Iterator[str]:
    for end in ends:
        closed = "; ".join(_row_text(row, tr) for row in end["rows"]) or tr("no hop leads on")
        told = tr("{}: {}, not yet {}").format(
            component(end, tr), ", ".join(end["stands"]), end["goal"]
        )
        yield tr("No way on for {}. Closed: {}").format(told, closed)


def _unsaid(unknown: Sequence[Record], tr: Translator) -> Iterator[str]:
    for one in unknown:
        yield tr("Nobody can say: {}: {}").format(one["subject"], tr(one["reason"]))


def _declared(declared: Record, tr: Translator) -> str:
    order = tr("The declared order: {}").format(", ".join(declared["steps"]))
    refused = declared["refused"]
    if refused:
        where = tr("it is refused at {}, {}:").format(refused["step"], component(refused, tr))
        closed = "; ".join(_row_text(row, tr) for row in refused["rows"])
        return f'<p class="k-refused">{escape(order)}: {escape(where)} {escape(closed)}</p>'
    left = ", ".join(component(one, tr) for one in declared["missing"])
    told = tr("it leaves behind: {}").format(left) if left else tr("it works")
    style = ' class="k-refused"' if left else ""
    return f"<p{style}>{escape(order)}: {escape(told)}</p>"


def _reasons(steps: Sequence[Record], tr: Translator) -> str:
    """Why each step stands where it does, and which hops rest on rows that nobody verified."""
    items = []
    for number, step in enumerate(steps, start=1):
        lines = "".join(f"<li>{escape(line)}</li>" for line in _lines(step, tr))
        if lines:
            items.append(f"<dt>{number}. {escape(step['name'])}</dt><dd><ul>{lines}</ul></dd>")
    return f'<dl class="k-reasons">{"".join(items)}</dl>' if items else ""


def _lines(step: Record, tr: Translator) -> Iterator[str]:
    if step["detours"]:
        closed = "; ".join(_row_text(row, tr) for row in step["detours"])
        yield tr("Why it stops at {}: these are closed").format(releases(step)) + f": {closed}"
    for order in step["orders"]:
        closed = "; ".join(_row_text(row, tr) for row in order["rows"])
        yield tr("After {}: before it these are closed").format(order["after"]) + f": {closed}"
    for move in step["moves"]:
        for doubt in move["doubts"]:
            told = tr(DOUBTS[doubt["word"]]).format(_row_text(doubt, tr))
            yield f"{component(move, tr)}: {told}"


def _row_text(row: Record, tr: Translator) -> str:
    found = row["source"]
    if found is None:
        return f"{question(row, tr)} ({tr('no row answers')})"
    return f"{question(row, tr)} ({trust(found, tr)}: {found['title']})"
