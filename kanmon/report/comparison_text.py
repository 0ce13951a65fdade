"""Two runs beside each other, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from kanmon.report.words import Record, moment

ORDER = ("vanished", "changed", "appeared")


def text(baseline: Record, now: Record) -> str:
    """What changed, the unexpected first, and what nobody can say.

    Args:
        baseline: as ``results.json`` holds it.
        now: run, read, step and phase of the run that it was compared with.
    """
    return "\n".join(_lines(baseline, now))


def counted(baseline: Record) -> str:
    """How much changed, in one line."""
    changes = baseline["changes"]
    beside = sum(not one["expected"] for one in changes)
    told = "nothing changed" if not changes else f"{len(changes)} changes"
    told += f", {beside} of them not by the step" if changes else ""
    missed = len(baseline["not_compared"])
    return f"{told}; {missed} parts could not be compared" if missed else told


def _lines(baseline: Record, now: Record) -> Iterator[str]:
    yield f"before: {_run(baseline)}, {baseline['verdict']}"
    yield f"after:  {_run(now)}"
    yield counted(baseline)
    for expected, title in ((False, "not by the step:"), (True, "by the step itself:")):
        ones = [one for one in baseline["changes"] if one["expected"] == expected]
        if ones:
            yield from ("", title)
            for change in ORDER:
                yield from (f"  {_told(one)}" for one in ones if one["change"] == change)
    if baseline["not_compared"]:
        yield from ("", "not compared, so nobody can say what changed there:")
        for one in baseline["not_compared"]:
            yield f"  {one['target']} {one['part']}: {one['reason']}"


def _run(run: Record) -> str:
    step = f"step {run['step']}" if run["step"] else "all steps"
    return f"{run['run']} ({step}, {run['phase']}, read {moment(run['read'])})"


def _told(one: Record) -> str:
    place = " ".join(dict.fromkeys(part for part in (one["target"], one["id"]) if part))
    subject = f"{one['kind']} {one['name']} ({place})" if one["name"] else f"{one['kind']} {place}"
    if one["change"] == "changed":
        return f"{subject}: {one['field']} {one['before']} -> {one['after']}"
    return f"{subject}: {one['change']}"
