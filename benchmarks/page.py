"""How large a page of 20,000 findings is, and how long Chromium takes to open it, beside the goals.

Needs Chromium and its driver, as tests/report/test_page_browser.py does.

.venv/bin/python -m benchmarks.page
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.browser import Browser, chromium
from tests.page_by_hand import many, put
from tests.running import run

FINDINGS = 20_000
SIZE_GOAL = 2
"""MB of report.html."""
TIME_GOAL = 2
"""Seconds until the page is loaded, searchable, and drawn."""
TIMES = 5
OPENED = """
const [opened] = performance.getEntriesByType("navigation");
const drawn = performance.getEntriesByName("first-contentful-paint").map((one) => one.startTime);
return Math.max(opened.loadEventEnd, ...drawn) / 1000;
"""
TYPED = """
const search = document.querySelector("[type=search]");
const before = performance.now();
search.value = "vm-00003.example.jp";
search.dispatchEvent(new Event("input"));
document.body.getBoundingClientRect();
return (performance.now() - before) / 1000;
"""


def measure(browser: Browser, page: Path) -> tuple[float, float]:
    """Seconds to open a page, and to search in it: the slowest of several times."""
    opened, typed = [], []
    for _ in range(TIMES):
        browser.open(page)
        opened.append(browser.ask(OPENED))
        typed.append(browser.ask(TYPED))
    return max(opened), max(typed)


def main() -> None:
    """Print the figures of one check that found everything, and of many that share it."""
    with tempfile.TemporaryDirectory() as place, chromium() as browser:
        ended = run(Path(place), "--env", "demo-blocked")
        for checks in (1, 125):
            page = put(ended.page, many(checks, FINDINGS), Path(place) / "report.html")
            opened, typed = measure(browser, page)
            size = page.stat().st_size / 10**6
            print(f"{FINDINGS} findings of {checks} checks: {size:.2f} MB (goal {SIZE_GOAL})")
            print(f"  opened in {opened:.2f} s (goal {TIME_GOAL}), searched in {typed:.3f} s")


if __name__ == "__main__":
    main()
