"""A real browser: one Chromium for all tests, one context per person, a screenshot on failure."""

import re
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from sandbox.server import Sandbox
from tests.people import PATIENCE

SCREENSHOTS = Path(__file__).parents[2] / ".local" / "screenshots"
NAMES = ("chromium", "chromium-browser", "google-chrome")
# Run as root in a container, and without calls home, which time out on a closed network.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=PATIENCE * 1000)
REPORT = pytest.StashKey[dict[str, pytest.TestReport]]()

Play = Callable[..., Page]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep each phase's report for the fixtures below."""
    report = yield
    item.stash.setdefault(REPORT, {})[report.when] = report
    return report


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The system's Chromium; Playwright's event loop ends with the last browser test."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    assert found, "no Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def webex() -> Iterator[Sandbox]:
    """A Webex for this test only, with its page."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def play(browser: Browser, webex: Sandbox, request: pytest.FixtureRequest) -> Iterator[Play]:
    """`play("partner-admin", space_id)`: the page in a browser of that person's own, in Sofia.

    The test fails if a page reports an error. A failed test leaves a screenshot of each page.
    """
    pages: dict[str, Page] = {}
    errors: list[str] = []

    def open_page(
        role: str, space: str = "", width: int = 1280, height: int = 800, scale: int = 1
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
            timezone_id="Europe/Sofia",
            locale="en-GB",
        )
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: said.type == "error" and errors.append(said.text))
        page.goto(f"{webex.url}/#/people/{role}" + (f"/spaces/{space}" if space else ""))
        pages[role] = page
        return page

    yield open_page
    report = request.node.stash[REPORT].get("call")
    for role, page in pages.items():
        if errors or (report and report.failed):
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            name = re.sub(r"\W+", "-", f"{request.node.name}-{role}")
            page.screenshot(path=SCREENSHOTS / f"{name}.png")
        page.context.close()
    assert not errors
