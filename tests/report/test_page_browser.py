"""The page in a real browser: wide, narrow, printed, without scripts, in Japanese, and hostile."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from kanmon.report.translate import translator
from tests.browser import Browser, chromium, parts
from tests.page_by_hand import NAMES, everything, hostile, many, put
from tests.running import HOME, Ended
from tests.servers import need

pytestmark = pytest.mark.e2e  # the pages are those that pytest-html makes, two for all tests
LIMIT = 2 * 10**6
"""Bytes of a page, however much was found."""
TEXTS = (HOME / "tests" / "contrast.js").read_text(encoding="utf-8")
SHOWN = "return [...document.querySelectorAll('article')].filter(a => a.checkVisibility())"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def report(blocked_run: Ended) -> Path:
    """The page of a run that found much."""
    assert blocked_run.directory, blocked_run.output
    return blocked_run.directory / "report.html"


@pytest.fixture(scope="module")
def whole(blocked_run: Ended, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page that has every part."""
    return put(blocked_run.page, everything(), tmp_path_factory.mktemp("whole") / "report.html")


@pytest.fixture
def japanese(hostile_run: Ended) -> Path:
    """The page of such a run in Japanese, with machines of hostile names."""
    assert hostile_run.directory, hostile_run.output
    return hostile_run.directory / "report.html"


@pytest.fixture(params=["report", "japanese"])
def either(request: pytest.FixtureRequest) -> Path:
    """The page of the run that found much, in each language."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize(
    ("page", "window"),
    [
        ("report", {"width": 1280}),
        ("report", {"width": 400}),
        ("report", {"width": 1280, "scripts": False}),
        ("japanese", {"width": 1280}),
        ("japanese", {"width": 400}),
    ],
)
def test_pictures(
    page: str,
    window: dict[str, Any],
    browser: Browser,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    """The first screen as people see it: of the whole width, and no blank sheet.

    The pictures lie in pytest's temporary directory, to be looked at.
    """
    browser.open(request.getfixturevalue(page), **window)
    browser.picture(tmp_path / "report.png")
    seen = (tmp_path / "report.png").read_bytes()
    assert struct.unpack(">II", seen[16:24]) == (window["width"], 900)
    (tmp_path / "blank.html").write_text("")
    browser.open(tmp_path / "blank.html", **window)
    browser.picture(tmp_path / "blank.png")
    assert len(seen) > 5 * len((tmp_path / "blank.png").read_bytes())


def test_first_screen_answers_the_board(browser: Browser, either: Path) -> None:
    """Verdict, blockers and coverage are in sight without scrolling, in both languages."""
    browser.open(either)
    heights = browser.ask(
        "return ['.k-verdict', '.k-answers li a', '.k-counts', '.k-about dd']"
        ".map(one => document.querySelector(one).getBoundingClientRect().bottom)"
    )
    assert all(0 < height < 900 for height in heights), heights


def test_no_request_leaves_the_page(browser: Browser, either: Path) -> None:
    """Opened from a disk, the page asks nobody for anything, and nothing in it fails."""
    browser.open(either)
    browser.ask("document.querySelectorAll('*').forEach(one => one.scrollIntoView())")
    assert set(browser.requested()) == {either.absolute().as_uri()}
    assert browser.complaints() == []


@pytest.mark.parametrize("width", [400, 760, 800, 1000, 1280])
def test_nothing_is_wider_than_the_window(
    width: int, browser: Browser, blocked_run: Ended, tmp_path: Path
) -> None:
    """No page scrolls sideways: not that of a run, not one of very long names."""
    values = {**hostile(everything()), "verdict": "INCOMPLETE"}  # the longest
    long = put(blocked_run.page, values, tmp_path / "long.html")
    for page in (blocked_run.directory / "report.html", long):
        browser.open(page, width=width)
        assert browser.ask("return document.documentElement.scrollWidth") <= width, page
    wide = "[...document.querySelectorAll('.k-scroll')].some(t => t.scrollWidth > t.clientWidth)"
    assert width < 1280 or not browser.ask(f"return {wide}")


def test_print(browser: Browser, blocked_run: Ended, report: Path, tmp_path: Path) -> None:
    """On A4 stand the verdict, every blocker, and the sign-off; of pytest's table nothing."""
    browser.open(report)
    printed = browser.print(tmp_path / "report.pdf")
    first, *_, last = printed.rstrip("\f").split("\f")
    counted = blocked_run.results["coverage"]
    looked_at = f"{counted['judged']} of {counted['planned']} checks judged"
    for words in ("May we go?", "NO-GO", "What stands against it?", looked_at):
        assert words in first
    assert all(check["id"] in printed for check in blocked_run.results["checks"])
    assert "(https://docs.vmware.com)" in printed
    for line in ("Sign-off", "Decision on change CHG0012345, verdict NO-GO", "Approved by"):
        assert line in last
    for other in ("For engineers", "tests took", "Show all details", "Search in all", "::test_"):
        assert other not in printed
    told = subprocess.run(
        [need("pdfinfo"), tmp_path / "report.pdf"], capture_output=True, check=True
    )
    assert b"(A4)" in told.stdout


def test_a_filter_does_not_reach_the_paper(browser: Browser, report: Path, tmp_path: Path) -> None:
    """What is signed is whole: what a search has hidden is printed all the same."""
    browser.open(report)
    before = browser.print(tmp_path / "before.pdf")
    browser.write("input[type=search]", "zzz-nothing")
    assert browser.ask(SHOWN) == []
    assert browser.print(tmp_path / "after.pdf") == before


def test_without_scripts(browser: Browser, either: Path) -> None:
    """Every text is there without scripts, and no tool that would do nothing."""
    text = "return document.querySelector('main').innerText"
    browser.open(either)
    browser.ask("document.querySelector('.k-tools').remove()")
    browser.ask("document.querySelector('.k-engineers').remove()")
    scripted = browser.ask(text)
    browser.open(either, scripts=False)
    assert browser.ask(text) == scripted
    tools = "return [...document.querySelectorAll('input, select, button, #results-table')]"
    assert not browser.ask(f"{tools}.filter(one => one.checkVisibility()).length")


def test_japanese(browser: Browser, japanese: Path, tmp_path: Path) -> None:
    """The page says which language it speaks, and the machine has its letters."""
    browser.open(japanese)
    assert browser.ask("return document.documentElement.lang") == "ja"
    assert browser.ask("return document.querySelector('main').lang") == "ja"
    printed = browser.print(tmp_path / "report.pdf")
    for word in ("passed", "not applicable", "blocker"):
        assert translator("ja")(word) in printed
        assert translator("ja")(word) != word
    fonts = subprocess.run(
        [need("pdffonts"), tmp_path / "report.pdf"], capture_output=True, check=True
    )
    assert b"Gothic" in fonts.stdout or b"CJK" in fonts.stdout, fonts.stdout


@pytest.mark.parametrize("width", [400, 1280])
def test_keyboard(width: int, browser: Browser, report: Path) -> None:
    """Tab goes down the page in its order; each place is in sight, under nothing, and marked."""
    browser.open(report, width=width)
    last = None
    for _ in range(40):
        place = browser.tab()
        follows, bare, marked, name = browser.ask(
            """const [one, last] = arguments;
            const follows = !last || last.compareDocumentPosition(one) & 4;
            const box = one.getClientRects()[0];
            const top = document.elementFromPoint(box.left + 3, box.top + box.height / 2);
            const style = getComputedStyle(one);
            return [Boolean(follows), one.contains(top), style.outlineStyle !== "none",
                    one.outerHTML.slice(0, 80)];""",
            place,
            last,
        )
        assert (follows, bare, marked) == (True, True, True), name
        last = place


def test_link_to_a_blocker(browser: Browser, report: Path) -> None:
    """A blocker's link in the banner leads to its heading, in sight below the tool bar."""
    browser.open(report)
    browser.click(".k-banner li:nth-child(3) a")
    _wait_until_in_sight(browser)


def test_link_to_what_is_filtered_away(browser: Browser, report: Path) -> None:
    """A link to a blocker that a filter has hidden shows all again: nothing gets lost."""
    browser.open(report)
    browser.write("input[type=search]", "zzz-nothing")
    browser.click(".k-banner li:nth-child(3) a")
    _wait_until_in_sight(browser)
    assert browser.ask("return document.querySelector('[type=search]').value") == ""


def _wait_until_in_sight(browser: Browser) -> None:
    """Wait until the heading of what the address leads to is in sight, with nothing over it."""
    browser.wait(
        """const title = document.getElementById(location.hash.slice(1))?.querySelector("h4");
        const box = title?.getBoundingClientRect();
        return title?.contains(document.elementFromPoint(box.left + 100, box.top + 2));"""
    )


def _choose(browser: Browser, name: str, value: str) -> None:
    browser.ask(
        """const select = document.querySelector(`select[name=${arguments[0]}]`);
        select.value = arguments[1];
        select.dispatchEvent(new Event("change"));""",
        name,
        value,
    )


def _said(browser: Browser) -> str:
    return browser.ask("return document.querySelector('[role=status]').textContent")


def _left(browser: Browser) -> set[tuple[str, str]]:
    """Id and target of the checks in sight, articles and rows."""
    told = browser.ask(
        """return [...document.querySelectorAll("main [data-outcome]:not(.k-note)")]
        .filter(one => one.checkVisibility())
        .map(one => [(one.querySelector("h4") ?? one).textContent, one.dataset.target])"""
    )
    return {(text, target) for text, target in told}


def _ids(checks: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return sorted((c["id"], c["target"] or "the whole estate") for c in checks)


def _found(left: set[tuple[str, str]], checks: list[dict[str, Any]]) -> list[tuple[str, str]]:
    ids = sorted({c["id"] for c in checks}, key=len, reverse=True)
    return sorted((next(i for i in ids if i in text), target) for text, target in left)


def test_filter_by_outcome(browser: Browser, blocked_run: Ended, report: Path) -> None:
    """An outcome leaves the checks that ended so, and says how many of how many."""
    checks = blocked_run.results["checks"]
    browser.open(report)
    assert _said(browser) == f"{len(checks)} of {len(checks)} shown"
    groups = {
        "blocker": [c for c in checks if (c["outcome"], c["severity"]) == ("fail", "blocker")],
        "undetermined": [c for c in checks if c["outcome"] == "undetermined"],
        "pass": [c for c in checks if c["outcome"] == "pass"],
    }
    for outcome, wanted in groups.items():
        _choose(browser, "outcome", outcome)
        assert _found(_left(browser), checks) == _ids(wanted)
        assert _said(browser) == f"{len(wanted)} of {len(checks)} shown"


def test_filter_by_target(browser: Browser, blocked_run: Ended, report: Path) -> None:
    """A target leaves its checks, also those that passed; headings of other targets go."""
    checks = blocked_run.results["checks"]
    browser.open(report)
    _choose(browser, "target", "dsm")
    wanted = [c for c in checks if c["target"] == "dsm"]
    assert {"fail", "pass"} <= {c["outcome"] for c in wanted}
    assert _found(_left(browser), checks) == _ids(wanted)
    headings = "return [...document.querySelectorAll('h3')].filter(h => h.checkVisibility())"
    assert {text.split()[-1] for text in browser.ask(f"{headings}.map(h => h.textContent)")} == {
        "dsm"
    }
    _choose(browser, "target", "the whole estate")
    assert _found(_left(browser), checks) == _ids([c for c in checks if c["target"] is None])


def test_search(browser: Browser, blocked_run: Ended, report: Path) -> None:
    """Every word must be in a check, in any case; without a match the page says so."""
    checks = blocked_run.results["checks"]
    browser.open(report)
    browser.write("input[type=search]", "ROOT win-isolated")
    assert {id_ for id_, _ in _found(_left(browser), checks)} == {"WIN-ROOT-001", "WIN-ROOT-002"}
    assert _said(browser) == f"2 of {len(checks)} shown"
    browser.write("input[type=search]", "zzz-nothing")
    assert (_left(browser), _said(browser)) == (set(), "Nothing matches.")
    browser.write("input[type=search]", " ")
    assert len(_left(browser)) == len(checks)


def test_filters_in_japanese(browser: Browser, japanese: Path) -> None:
    """The filter offers outcomes in the page's language, and filters by them."""
    browser.open(japanese)
    number = len(_left(browser))
    words = browser.ask(
        "return [...document.querySelectorAll('[name=outcome] option')].map(one => one.textContent)"
    )
    assert translator("ja")("blocker") in words
    assert not {"blocker", "undetermined"} & set(words)
    _choose(browser, "outcome", "blocker")
    shown = translator("ja")("{} of {} shown")
    assert _said(browser) == shown.format(len(_left(browser)), number)


def test_hostile_names(browser: Browser, blocked_run: Ended, tmp_path: Path) -> None:
    """No name of the estate, no text of a person runs, in any place of the page: all are shown."""
    for number, values in enumerate((everything(), blocked_run.results)):
        page = put(blocked_run.page, hostile(values), tmp_path / f"{number}.html")
        browser.open(page)
        assert browser.ask("return typeof window.hacked") == "undefined"
        assert not browser.ask("return document.querySelector('main img, main script')")
        handlers = (
            "return [...document.querySelectorAll('main, main *')].flatMap(e => [...e.attributes])"
            ".filter(a => a.name.startsWith('on')).length"
        )
        assert browser.ask(handlers) == 0
        shown = browser.ask("return document.querySelector('main').innerText")
        assert all(shown.count(name) > 20 for name in NAMES)
        assert set(browser.requested()) == {page.absolute().as_uri()}


@pytest.mark.parametrize("url", ["javascript:window.hacked=1", 'https://x/"onfocus="alert(1)'])
def test_hostile_address(url: str, browser: Browser, blocked_run: Ended, tmp_path: Path) -> None:
    """A source whose address is a script becomes no link that would run it."""
    values = everything()
    for check in values["checks"]:
        check["references"] = [f"{url} (a page)"]
        for one in (*check["rests_on"], *(f["source"] for f in check["findings"] if f["source"])):
            one["url"] = url
    browser.open(put(blocked_run.page, values, tmp_path / "report.html"))
    browser.ask(
        "document.querySelectorAll('main a').forEach(a => a.href.startsWith('http') || a.click())"
    )
    assert browser.ask("return typeof window.hacked") == "undefined"
    assert browser.ask("return document.querySelectorAll('main [onfocus]').length") == 0
    assert browser.ask("return document.querySelectorAll('a[href^=\"javascript\" i]').length") == 0


def test_hostile_machines_of_a_run(browser: Browser, japanese: Path) -> None:
    """Machines with such names are found, named, and run nothing: in pytest's own table neither."""
    browser.open(japanese)
    browser.ask("document.getElementById('show_all_details').click()")
    assert browser.ask("return typeof window.hacked") == "undefined"
    assert browser.ask("return document.querySelectorAll('img[src=x]').length") == 0
    for part in ("main", "#results-table"):
        shown = browser.ask(f"return document.querySelector('{part}').innerText")
        assert all(name in shown for name in NAMES)


def test_headings(browser: Browser, report: Path, whole: Path) -> None:
    """One h1, and no heading more than one below the one before."""
    for page in (report, whole):
        browser.open(page)
        levels = browser.ask(
            "return [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')]"
            ".filter(one => one.checkVisibility()).map(one => Number(one.tagName[1]))"
        )
        assert (levels[0], levels.count(1)) == (1, 1)
        assert all(b <= a + 1 for a, b in pairwise(levels)), levels


@pytest.mark.parametrize("verdict", ["GO", "NO-GO", "INCOMPLETE"])
def test_contrast(verdict: str, browser: Browser, blocked_run: Ended, tmp_path: Path) -> None:
    """Every text stands out from its ground by 4.5 to 1, pytest's own table included."""
    values = {**everything(), "verdict": verdict}
    browser.open(put(blocked_run.page, values, tmp_path / "report.html"))
    browser.ask("document.getElementById('show_all_details').click()")
    seen = browser.ask(TEXTS)
    assert len(seen) > 300
    assert [one for one in seen if one[1] < 4.5] == []


def test_links_and_ids(browser: Browser, report: Path, whole: Path) -> None:
    """Every link within the page has its end, and no id stands twice."""
    for page in (report, whole):
        browser.open(page)
        ids = browser.ask("return [...document.querySelectorAll('[id]')].map(one => one.id)")
        links = browser.ask(
            "return [...document.querySelectorAll('a[href^=\"#\"]')]"
            ".map(one => one.getAttribute('href').slice(1))"
        )
        assert links
        assert not set(links) - set(ids)
        assert len(ids) == len(set(ids))


def test_browser_has_nothing_to_mend(browser: Browser, report: Path, whole: Path) -> None:
    """What the browser made of the page is what is written: nothing is nested or closed wrongly."""
    for page in (report, whole):
        text = page.read_text(encoding="utf-8")
        written = text[text.index("<main") : text.index("</main>") + len("</main>")]
        browser.open(page, scripts=False)
        made = browser.ask("return document.querySelector('main').outerHTML")
        assert parts(made) == parts(written)


@pytest.mark.parametrize("checks", [1, 125])
def test_twenty_thousand_findings(
    checks: int, browser: Browser, blocked_run: Ended, tmp_path: Path
) -> None:
    """A page of 20,000 findings stays below 2 MB, says how many there are, and can be searched."""
    page = put(blocked_run.page, many(checks, 20_000), tmp_path / "report.html")
    assert page.stat().st_size < LIMIT
    browser.open(page)
    left = 20_000 // checks - (100 if checks == 1 else 16)
    assert f"and {left} more: the full table is in report.xlsx" in browser.ask(
        "return document.querySelector('.k-more').textContent"
    )
    browser.write("input[type=search]", "vm-00003.example.jp")
    assert _said(browser) == f"1 of {checks} shown"
