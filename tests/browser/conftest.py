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


def axe() -> str:
    """Return the script of axe-core."""
    folder = Path(str(pytest.importorskip("axe_core_python").__file__)).parent
    return (folder / "axe.min.js").read_text("utf-8")


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


class Opener:
    """Opens files in fresh pages and keeps watch over them."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.opened: list[Opened] = []

    def __call__(self, path: Path, width: int = 1400, height: int = 900, color_scheme: str = "light") -> Page:
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            accept_downloads=True,
            color_scheme="dark" if color_scheme == "dark" else "light",
        )
        page = context.new_page()
        made = Opened(page)
        self.opened.append(made)
        address = path.resolve().as_uri()
        # The scripts that network pages of one folder share.
        beside = path.resolve().with_name(LIBRARY).as_uri()

        def watch(url: str) -> None:
            if not url.startswith(("blob:", "data:", address)) and url != beside:
                made.requests.append(url)

        page.on("request", lambda request: watch(request.url))
        page.on("console", lambda message: made.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: made.complaints.append(f"error: {error}"))

        def refuse(dialog: Dialog) -> None:
            made.complaints.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        page.on("dialog", refuse)
        # Whatever is not a file on this disk is refused, so that nothing leaves the machine.
        local = ("file:", "blob:", "data:")
        context.route(lambda url: not url.startswith(local), lambda route: route.abort())
        page.set_default_timeout(120_000)
        page.goto(address)
        return page


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Opener]:
    opener = Opener(browser)
    yield opener
    for made in opener.opened:
        made.check()
        made.page.context.close()
