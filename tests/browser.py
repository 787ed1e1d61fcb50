"""Pages as a headless Chromium shows them, without a network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--disable-dev-shm-usage",
)
AXE = Path(__file__).parent / "axe" / "axe.min.js"  # see the README beside it
OFFLINE = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}


@contextmanager
def chromium(profile: Path) -> Iterator:
    """A browser with a fresh profile; skips the test where there is none."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (binary and driver):
        pytest.skip("needs Chromium: apt-get install chromium chromium-driver")
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    options = ChromeOptions()
    options.binary_location = binary
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = Chrome(options=options, service=ChromeService(driver))
    try:
        browser.execute_cdp_cmd("Network.enable", {})
        browser.execute_cdp_cmd("Network.emulateNetworkConditions", OFFLINE)
        yield browser
    finally:
        browser.quit()


def visit(browser, page: Path, width: int) -> None:
    """Open a file at a width in pixels, on a phone if that is narrow."""
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.get(page.as_uri())


def complaints(browser) -> list[str]:
    """What the console says."""
    return [entry["message"] for entry in browser.get_log("browser")]


def broken_images(browser) -> list[str]:
    """What stands for the images that did not load."""
    return browser.execute_script(
        "return [...document.images].filter(i => !i.complete || !i.naturalWidth).map(i => i.alt)"
    )


def overhang(browser) -> int:
    """By how many pixels the page is wider than its window."""
    return browser.execute_script(
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def faults_of_access(browser) -> list[str]:
    """What axe-core finds serious or worse."""
    browser.execute_script(AXE.read_text("utf-8") + ";")
    return browser.execute_async_script(
        "const done = arguments[0];"
        "axe.run({resultTypes: ['violations']}).then(found => done(found.violations"
        ".filter(each => ['serious', 'critical'].includes(each.impact))"
        ".map(each => `${each.id}: ${each.nodes[0].html}`)))"
    )


def headings(browser) -> list[int]:
    """The levels of the headings, in order."""
    script = "return [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => +h.tagName[1])"
    return browser.execute_script(script)


def dead_links(browser) -> list[str]:
    """Links to anchors and files that are not there, and all that lead elsewhere."""
    here = unquote(urlsplit(browser.current_url).path)
    anchors = set(
        browser.execute_script("return [...document.querySelectorAll('[id]')].map(e => e.id)")
    )
    links = browser.execute_script("return [...document.querySelectorAll('a')].map(a => a.href)")
    return [link for link in links if not _resolves(link, here, anchors)]


def _resolves(link: str, here: str, anchors: set[str]) -> bool:
    parts = urlsplit(link)
    path = unquote(parts.path)
    if parts.scheme != "file" or not Path(path).is_file():
        return False
    return path != here or unquote(parts.fragment) in anchors
