"""The summary for a change ticket."""

from __future__ import annotations

import re
from html import escape

import pytest
from markdown_it import MarkdownIt

from kanmon.report import summary
from kanmon.report.translate import translator
from tests.records_by_hand import HOSTILE, check, finding, record, target, waiver

MANY = 3000
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def everything() -> dict:
    """A run in which there is too much of everything."""
    found = [finding(f"vm-{number}") for number in range(MANY)]
    blockers = [check(f"VC-B-{number:04}", findings=found) for number in range(40)]
    warnings = [check(f"VC-W-{n:04}", severity="warning") for n in range(MANY)]
    undetermined = [check(f"VC-U-{n:04}", "undetermined") for n in range(MANY)]
    return record(
        [*blockers, *warnings, *undetermined],
        targets=[target(f"t-{n}", read=False, unread={"all": "refused"}) for n in range(MANY)],
        partial=[f"VC-P-{n:04}" for n in range(MANY)],
        unjudged=[f"VC-E-{n:04}" for n in range(MANY)],
        waivers=[waiver(f"VC-V-{n:04}") for n in range(MANY)]
        + [waiver(f"VC-X-{n:04}", state="expired") for n in range(MANY)],
        simulated=True,
        judged_again="before",
        approved=approved(MANY),
    )


def approved(count: int) -> dict:
    """What a board approved, with so many differences."""
    one = {"kind": "finding", "name": "A-B-001: vm-1", "before": None, "now": "off"}
    return {
        "run": "20261202T010000.000000Z-manager-pre",
        "by": "Hanako Sato",
        "ticket": "CHG1-B",
        "on": "2026-12-02",
        "verdict": "GO",
        "different": [one] * count,
        "not_seen": [],
    }


def test_what_is_different_from_what_the_board_saw_comes_first() -> None:
    """Before the blockers, with who approved it; nothing different is told as that."""
    text = summary.text(record([check("VC-VER-001")], approved=approved(1)))
    run = "20261202T010000.000000Z-manager-pre"
    whose = f"{run}, which Hanako Sato approved (CHG1-B, 2026-12-02)"
    assert f"- `1 thing is different from {whose}`" in text
    assert "- `finding A-B-001: vm-1: was nothing, is off`" in text
    assert text.index("What the board approved") < text.index("Blockers")
    same = summary.text(record([], approved=approved(0)))
    assert f"- `Nothing is different from {whose}`" in same


@pytest.mark.parametrize("language", ["en", "ja"])
def test_never_sixty_lines(language: str) -> None:
    """However much was found, it is below 60 lines, and each list says what it leaves out."""
    text = summary.text(everything(), translator(language))
    assert len(text.splitlines()) < 60
    assert max(map(len, text.splitlines())) < 3000
    if language == "en":
        for told in ("Blockers (40)", "and 36 more", "nobody can say (3000)", "Waivers (3000)"):
            assert told in text
        assert "and 2996 more" in text  # reasons
        assert "and 2997 more" in text  # waivers
        assert "to be signed off (3000)" in text
        assert text.count("and 2970 more") == 5  # ids of a list


def test_says_what_the_board_asks() -> None:
    """Verdict, number, window, step, phase, coverage, blocker, remedy, warning, waiver, report."""
    checks = [
        check("VC-VER-001", findings=[finding("vm-0", severity="warning"), finding("vm-1")]),
        check("VC-VER-002", severity="warning", target=None),
        check("VC-VER-003", "undetermined", reason="vc-main: refused"),
        check("VC-VER-004", "waived"),
    ]
    text = summary.text(record(checks, waivers=[waiver("VC-VER-004")]))
    for line in (
        "# NO-GO: the change must not start",
        "- Change: `CHG7`",
        "- Window: `2026-12-05 22:00 +09:00 to 2026-12-06 06:00 +09:00`",
        "- Step: `all steps`",
        "- Phase: `pre`",
        (
            "- Looked at: planned 4, judged 3, passed 0, failed 2, undetermined 1, "
            "not applicable 0, waived 1, attested 0"
        ),
        "- Open warnings, to be signed off (1): `VC-VER-002`",
        "- **VC-VER-001** (`vc-main`): `vm-1`: found `off`, expected `on`; and 1 more",
        "  - What to do: do for VC-VER-001",
        "  - The claim: The claim of VC-VER-001",
        (
            "- `vc-main: refused`: `VC-VER-003`. What to do: make readable what the reason names, "
            "and run again"
        ),
        (
            "- **`VC-VER-004`** 2 findings waived by `A. Sato (not authenticated)` until "
            "`2027-01-31`, ticket `CHG1`: `replaced next week`"
        ),
        (
            "The full report is `report.html` and `report.xlsx`, the evidence is `results.json`; "
            "they stand beside this file."
        ),
    ):
        assert line in text.splitlines()


def test_a_waived_finding_is_not_the_first() -> None:
    """Of a partly waived blocker, what still stands is told."""
    told = {"ticket": "CHG1", "approver": "A", "reason": "r", "expires": "2027-01-31"}
    found = [finding("vm-waived", waiver=told), finding("vm-open")]
    text = summary.text(record([check("VC-VER-001", findings=found)]))
    assert "- **VC-VER-001** (`vc-main`): `vm-open`: found `off`, expected `on`" in text
    assert "vm-waived" not in text


def test_waivers_that_waive_nothing_are_named() -> None:
    """An expired or too wide waiver is no matter of course: the ticket says so."""
    written = [waiver("VC-VER-001", state="expired"), waiver("*", state="too wide")]
    text = summary.text(record([], waivers=written))
    assert "- Waivers that waive nothing: `VC-VER-001` (expired), `*` (too wide)" in text


def test_a_clean_go_is_short() -> None:
    """A run that nothing stands against has no section of faults."""
    text = summary.text(record([check("VC-VER-001", "pass")], verdict="GO"))
    assert text.startswith("# GO: the change may start\n")
    assert "##" not in text


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_means_nothing_in_markdown(name: str) -> None:
    """Wherever a name stands, it is shown as a literal: no heading, link, image, HTML, mention."""
    found = finding(name, found=name, expected=name)
    checks = [
        check("VC-VER-001", findings=[found], target=name),
        check("VC-VER-002", "undetermined", reason=name),
        check("VC-VER-003", severity="warning", target=name),
    ]
    evidence = record(
        checks,
        environment=name,
        targets=[target(name, unread={"all": name})],
        waivers=[waiver(name, approver=name, reason=name, ticket=name)],
        judged_again=name,
    )
    text = summary.text(evidence)
    assert shape(text)["h1"] == 1
    assert shape(text)["h2"] == 3
    assert not {"a", "img", "html_inline", "html_block", "em", "table", "s"} & set(shape(text))
    outside = re.sub(r"<code>.*?</code>", "", MARKDOWN.render(text))
    assert "@" not in outside
    assert "alert" not in outside


def shape(text: str) -> dict[str, int]:
    """How often each element of Markdown occurs."""
    counts: dict[str, int] = {}
    for token in MARKDOWN.parse(text):
        for one in (token, *(token.children or ())):
            name = one.tag if one.nesting == 1 else one.type if "html" in one.type else ""
            counts[name] = counts.get(name, 0) + 1
    return counts


@pytest.mark.parametrize("name", ["a|b `tick` ``two`` `", "`first", "`", "``", "plain", "<b>"])
def test_names_can_be_read_back(name: str) -> None:
    """A name with backticks is shown whole, so that an operator can search for it."""
    assert MARKDOWN.render(summary.code(name)) == f"<p><code>{escape(name)}</code></p>\n"
