"""A real browser on the page: Debian's Chromium, driven by Playwright.

Where it is missing, or where it cannot start, these tests are skipped and say so;
BACKCHECK_CHROMIUM names another one.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from werkzeug.serving import make_server

from service import create_app

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",  # CI runs as root, where Chromium has no sandbox
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OUTSIDE = "ERR_NETWORK_CHANGED"  # the machine's interfaces changed, as containers make them do
WAIT_MS = 10_000  # for an answer on a busy machine; nothing here measures time

expect.set_options(timeout=WAIT_MS)


@dataclass
class Opened:
    """The page in a tab, with everything that it asked for and complained of."""

    tab: Page
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, fragment: str = "") -> None:
        """Load it, as from a link."""
        self.tab.goto("about:blank")
        self.tab.goto(f"{self.address}/{fragment}")
        expect(self.tab.locator("#panels [role=tabpanel]:visible")).to_have_count(1)

    def view(self, name: str) -> Locator:
        """Choose one of the tabs; its panel."""
        self.tab.get_by_role("tab", name=name, exact=True).click()
        return self.tab.locator("#panels [role=tabpanel]:visible")

    def cell(self, at: str) -> Locator:
        """The cell of a number in the panel that is shown."""
        return self.tab.locator(f'[role=tabpanel]:visible .cell[data-at="{at}"]')


@pytest.fixture(scope="session")
def page_address() -> Iterator[str]:
    """Where the application is served, in this process."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each file of each test
    server = make_server("127.0.0.1", 0, create_app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests."""
    found = os.environ.get("BACKCHECK_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), "")
    if not found:
        pytest.skip("no Chromium here (apt-get install chromium): the page is NOT tested")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, page_address: str) -> Iterator[Opened]:
    """The page in a fresh tab; it asks nobody else and complains of nothing, whatever is done."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    opened = Opened(context.new_page(), page_address)
    opened.tab.on("request", lambda request: opened.requests.append(request.url))
    opened.tab.on("console", lambda message: opened.complaints.append(message.text))
    opened.tab.on("pageerror", lambda error: opened.complaints.append(str(error)))
    yield opened
    context.close()
    assert not [url for url in opened.requests if is_foreign(url, page_address)]
    assert not [told for told in opened.complaints if OUTSIDE not in told]


def is_foreign(url: str, address: str) -> bool:
    """Whether a request leaves the service's own origin."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and parts.netloc != urlsplit(address).netloc
