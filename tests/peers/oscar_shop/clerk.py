"""A person at the shop's pages, in Chromium: ``python -m oscar_shop.clerk URL FOLDER '[["login", …], …]' LOCALE``.

Steps are carried out in one browser; each prints what it found, as one JSON list. What fails leaves a picture of the page in FOLDER.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]
PATIENCE = 20_000


class Clerk:
    """Does what the steps say."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url

    def login(self, name: str, password: str) -> str:
        """Sign in at the shop's own dashboard."""
        self.goto("/dashboard/login/")
        form = self.page.locator("#dashboard_login_form")
        form.locator("[name=username]").fill(name)
        form.locator("[name=password]").fill(password)
        form.locator("[type=submit]").click()
        return self.page.url

    def goto(self, path: str) -> int:
        """Open a page; returns its HTTP status."""
        answer = self.page.goto(self.url + path)
        return answer.status if answer is not None else 0

    def status(self, path: str, status: str) -> int:
        """Set an order's status in Oscar's own form; returns the HTTP status of the page after it."""
        self.goto(path)
        form = self.page.locator("#order_status_form")
        form.locator("select").select_option(status)
        with self.page.expect_navigation() as after:
            form.locator("[type=submit]").click()
        return after.value.status if after.value is not None else 0

    def tick(self, selector: str) -> None:
        """Tick a box."""
        self.page.locator(selector).check()

    def press(self, selector: str, shows: str) -> None:
        """Click on what changes this page alone, such as a tab, and wait for what it shows."""
        self.page.locator(selector).click()
        self.page.locator(shows).wait_for()

    def fill(self, selector: str, text: str) -> None:
        """Write into a field."""
        self.page.locator(selector).fill(text)

    def click(self, selector: str) -> None:
        """Click, and wait for the page after it."""
        with self.page.expect_navigation():
            self.page.locator(selector).click()

    def double_click(self, selector: str) -> None:
        """Click twice, as impatient people do."""
        with self.page.expect_navigation():
            self.page.locator(selector).dblclick()

    def text(self, selector: str) -> list[str]:
        """Return what people read in all places that match, a line a line."""
        return ["\n".join(filter(None, map(str.strip, text.splitlines()))) for text in self.page.locator(selector).all_inner_texts()]

    def links(self, selector: str) -> list[str | None]:
        """Return where links lead."""
        return [link.get_attribute("href") for link in self.page.locator(selector).all()]

    def source(self) -> str:
        """Return the page's source."""
        return self.page.content()

    def get(self, path: str) -> int:
        """Ask for a page without showing it; returns the HTTP status."""
        return self.page.request.get(self.url + path).status

    def post(self, path: str, form: dict[str, str]) -> int:
        """Post a form without its token, as another site would; returns the HTTP status."""
        return self.page.request.post(self.url + path, form=form).status


def main(url: str, folder: str, steps: list[list[Any]], locale: str) -> None:
    """Carry the steps out."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=os.environ["SHOP_CHROMIUM"], args=FLAGS)
        page = browser.new_page(viewport={"width": 1200, "height": 900}, locale=locale)
        page.set_default_timeout(PATIENCE)
        clerk, found = Clerk(page, url), []
        try:
            for name, *given in steps:
                do: Callable[..., Any] = getattr(clerk, name)
                found.append(do(*given))
        except Exception:
            page.screenshot(path=f"{folder}/failed.png", full_page=True)
            print(f"step {len(found) + 1}, {steps[len(found)][0]}, at {page.url}: picture in {folder}/failed.png", file=sys.stderr)
            raise
        page.screenshot(path=f"{folder}/last.png", full_page=True)
        browser.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), sys.argv[4])
