"""One browser a session, with no network: a page that asks for anything fails its test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from clustercoop.reports.network import LIBRARY

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Locator, Page

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@dataclass
class Opened:
    """A page and what it did that it should not do."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def check(self) -> None:
        assert self.requests == [], "the page asked for something"
        assert self.complaints == []


def barriers(page: Page, scheme: str = "light", context: str = "document") -> list[tuple[str, list[str]]]:
    """Return the rules of axe-core that a page breaks, and where.

    Of a page that is the same in dark colours only what is said of colours can differ: only that is asked.
    """
    folder = Path(str(pytest.importorskip("axe_core_python").__file__)).parent
    page.evaluate((folder / "axe.min.js").read_text("utf-8"))
    only = "" if scheme == "light" else "runOnly: ['cat.color'], "
    found = page.evaluate(f"axe.run({context}, {{{only}resultTypes: ['violations']}})")
    assert len(found["passes"]) > (10 if scheme == "light" else 0)
    return [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in found["violations"]]


def expect(locator: Locator) -> Any:
    """Return what waits for a state of the page, and says what it found instead."""
    from playwright.sync_api import expect as waiting

    waiting.set_options(timeout=60_000)  # for busy machines
    return waiting(locator)


def _missing(reason: str) -> None:
    if os.environ.get("CLUSTERCOOP_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("playwright is not installed: pip install clustercoop[test]")
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        _missing("no Chromium was found: install one, or name it in CHROMIUM")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield started
        started.close()


def unfold(page: Page) -> None:
    """Open all that is folded, and wait until the tables within are drawn."""
    page.evaluate(
        """() => new Promise((done) => {
        document.querySelectorAll("details").forEach((box) => { box.open = true; });
        const left = () => document.querySelector("details [data-drawn]:not(:has(table))");
        const look = () => left() ? setTimeout(look, 20) : done();
        look(); })"""
    )


# What is drawn when the page is next shown has been drawn.
DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


class Watched:
    """A page that opens one file after another, and tells the last of them what it does."""

    def __init__(self, browser: Browser) -> None:
        context = browser.new_context(accept_downloads=True)
        self.page = context.new_page()
        self.opened = Opened(self.page)
        self.allowed: tuple[str, ...] = ()

        def watch(url: str) -> None:
            if not url.startswith(("about:", "blob:", "data:", *self.allowed)):
                self.opened.requests.append(url)

        def complain(text: str) -> None:
            self.opened.complaints.append(text)

        self.page.on("request", lambda request: watch(request.url))
        self.page.on("console", lambda message: complain(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: complain(f"error: {error}"))

        def refuse(dialog: Dialog) -> None:
            complain(f"dialog: {dialog.message}")
            dialog.dismiss()

        self.page.on("dialog", refuse)
        # Whatever is not a file on this disk is refused, so that nothing leaves the machine.
        local = ("file:", "blob:", "data:")
        context.route(lambda url: not url.startswith(local), lambda route: route.abort())
        self.page.set_default_timeout(120_000)

    def open(self, path: Path, width: int, height: int, color_scheme: str) -> Opened:
        """Open a file as in a page of its own: nothing of the one before is left, nor the pointer over it."""
        address = path.resolve().as_uri()
        self.page.goto("about:blank")
        self.opened = Opened(self.page)
        # Itself, and the scripts that network pages of one folder share.
        self.allowed = (address, path.resolve().with_name(LIBRARY).as_uri())
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.emulate_media(media="null", color_scheme="dark" if color_scheme == "dark" else "light")
        self.page.mouse.move(-9, -9)
        self.page.goto(address)
        self.page.evaluate(DRAWN)
        return self.opened


class Opener:
    """Opens files and keeps watch over them; a page is used again once its test is over."""

    def __init__(self, browser: Browser, idle: list[Watched]) -> None:
        self.browser, self.idle = browser, idle
        self.used: list[Watched] = []
        self.opened: list[Opened] = []

    def __call__(self, path: Path, width: int = 1400, height: int = 900, color_scheme: str = "light") -> Page:
        watched = self.idle.pop() if self.idle else Watched(self.browser)
        self.used.append(watched)
        self.opened.append(watched.open(path, width, height, color_scheme))
        return watched.page


@pytest.fixture(scope="session")
def idle_pages() -> list[Watched]:
    return []


@pytest.fixture
def open_page(browser: Browser, idle_pages: list[Watched]) -> Iterator[Opener]:
    opener = Opener(browser, idle_pages)
    yield opener
    for made in opener.opened:
        made.check()
    idle_pages += opener.used  # none of a test that went wrong here
