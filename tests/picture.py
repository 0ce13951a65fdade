"""Takes ``docs/report.png`` anew: the first screen of the blocked demo's page.

.venv/bin/python -m tests.picture
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.browser import chromium
from tests.running import HOME, run


def main() -> None:
    with tempfile.TemporaryDirectory() as reports, chromium() as browser:
        ended = run(Path(reports), "--env", "demo-blocked")
        assert ended.directory, ended.output
        browser.open(ended.directory / "report.html")
        browser.picture(HOME / "docs" / "report.png")


if __name__ == "__main__":
    main()
