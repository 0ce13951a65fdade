"""A real browser without a window: Debian's Chromium, driven through Selenium."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from tests.servers import need

A4 = {"paperWidth": 8.27, "paperHeight": 11.69, "printBackground": True, "preferCSSPageSize": True}


class Browser:
    """One Chromium, which opens one page after the other.

    Args:
        driver: Selenium's, with the logs of network and console switched on.
    """

    def __init__(self, driver: webdriver.Chrome) -> None:
        self._driver = driver

    def open(self, page: Path, *, width: int = 1280, scripts: bool = True) -> None:
        """Show a file, in a window of a width in pixels, with what was logged before forgotten."""
        screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self._command("Emulation.setDeviceMetricsOverride", screen)
        self._command("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        for log in ("performance", "browser"):
            self._driver.get_log(log)
        self._driver.get("about:blank")
        self._driver.get(page.absolute().as_uri())

    def ask(self, script: str, *arguments: Any) -> Any:
        """What a function's body returns in the page; it runs also where the page's own may not."""
        return self._driver.execute_script(script, *arguments)

    def wait(self, script: str, *arguments: Any) -> None:
        """Wait until a function's body returns something true: scrolling takes a browser a while.

        Raises:
            TimeoutException: it did not within ten seconds.
        """
        WebDriverWait(self._driver, 10, 0.05).until(lambda _: self.ask(script, *arguments), script)

    def press(self, *keys: str) -> None:
        """Keys, one after the other."""
        ActionChains(self._driver).send_keys(*keys).perform()

    def tab(self) -> Any:
        """Go on to the next place that the keyboard reaches, and return it."""
        self.press(Keys.TAB)
        return self._driver.switch_to.active_element

    def click(self, selector: str) -> None:
        """Click on the first element of a CSS selector, which must be in sight."""
        self._driver.find_element("css selector", selector).click()

    def write(self, selector: str, text: str) -> None:
        """Replace what stands in a field."""
        field = self._driver.find_element("css selector", selector)
        field.clear()
        field.send_keys(text)

    def requested(self) -> list[str]:
        """Addresses that were asked for since the page was opened, and before."""
        told = [json.loads(entry["message"])["message"] for entry in self._logged("performance")]
        sent = [one for one in told if one["method"] == "Network.requestWillBeSent"]
        return [one["params"]["request"]["url"] for one in sent]

    def complaints(self) -> list[str]:
        """What the browser wrote to its console: errors of scripts, and what it refused to load."""
        return [entry["message"] for entry in self._logged("browser")]

    def print(self, file: Path) -> str:
        """Print on A4, into a file.

        Returns:
            the text of all pages, with a form feed after each.
        """
        printed = self._command("Page.printToPDF", A4)
        file.write_bytes(base64.b64decode(printed["data"]))
        command = [need("pdftotext"), "-layout", str(file), "-"]
        return subprocess.run(command, capture_output=True, check=True).stdout.decode()

    def picture(self, file: Path) -> None:
        """What is in sight, without scroll bars, as a PNG file."""
        self.ask("document.documentElement.style.scrollbarWidth = 'none'")
        file.write_bytes(base64.b64decode(self._command("Page.captureScreenshot", {})["data"]))

    def _command(self, name: str, values: dict[str, Any]) -> Any:
        return self._driver.execute_cdp_cmd(name, values)

    def _logged(self, log: str) -> list[dict[str, Any]]:
        return self._driver.get_log(log)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, which ends with the context."""
    options = webdriver.ChromeOptions()
    options.binary_location = need("chromium")
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(need("chromedriver")))
    try:
        yield Browser(driver)
    finally:
        driver.quit()


class _Read(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[Any] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, sorted((name, value or "") for name, value in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.seen.append(tag)

    def handle_data(self, data: str) -> None:
        self.seen.append(data)


def parts(text: str) -> list[Any]:
    """Tags and texts of HTML, in the order in which they are written."""
    return _Read(text).seen
